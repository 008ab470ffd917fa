# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build what tests need, through Graph."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from sandbox_harness import MSSP_TENANT, Graph

EM = "/identityGovernance/entitlementManagement"
POLICIES: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "policies.json").read_text(encoding="utf-8"))
"""The bodies that an onboarding sends, word for word."""

_counter = itertools.count(1)


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix} {next(_counter)}"


def make_group(graph: Graph, **properties: Any) -> str:
    """A security group; returns its id."""
    name = unique("Group")
    body = {
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": name.replace(" ", ""),
        "securityEnabled": True,
        **properties,
    }
    return str(graph.ok("POST", "/groups", body, 201)["id"])


def user_id(graph: Graph, name: str = "admin@contoso.example") -> str:
    """A user's id."""
    return str(graph.ok("GET", f"/users?$filter=userPrincipalName eq '{name}'")["value"][0]["id"])


def guest_id(graph: Graph) -> str:
    """The id of the guest from the MSSP."""
    return str(graph.ok("GET", "/users?$filter=mail eq 'ana@mssp.example'")["value"][0]["id"])


def mssp_organization(graph: Graph) -> str:
    """The MSSP as connected organization, made when it is not there."""
    found = graph.ok(
        "GET",
        f"{EM}/connectedOrganizations?$filter=identitySources/any(is:is/microsoft.graph."
        f"azureActiveDirectoryTenant/tenantId eq '{MSSP_TENANT}')",
    )["value"]
    if found:
        return str(found[0]["id"])
    body = {
        "displayName": "MSSP",
        "description": "",
        "identitySources": [
            {
                "@odata.type": "#microsoft.graph.azureActiveDirectoryTenant",
                "displayName": "MSSP",
                "tenantId": MSSP_TENANT,
            }
        ],
    }
    return str(graph.ok("POST", f"{EM}/connectedOrganizations", body, 201)["id"])


def make_catalog(graph: Graph, **properties: Any) -> str:
    """A catalog."""
    body = {
        "displayName": unique("Catalog"),
        "description": "",
        "state": "published",
        "isExternallyVisible": True,
        **properties,
    }
    return str(graph.ok("POST", f"{EM}/catalogs", body, 201)["id"])


def add_resource(graph: Graph, catalog: str, group: str, status: int = 201) -> Any:
    """Put a group into a catalog."""
    body = {
        "requestType": "adminAdd",
        "resource": {"originId": group, "originSystem": "AadGroup"},
        "catalog": {"id": catalog},
    }
    return graph("POST", f"{EM}/resourceRequests", body, status)


def resource_of(graph: Graph, catalog: str, group: str) -> Any:
    """The resource of a group in a catalog, with roles and scopes."""
    url = f"{EM}/catalogs/{catalog}/resources?$filter=originId eq '{group}'&$expand=roles,scopes"
    return graph.ok("GET", url)["value"][0]


def make_package(graph: Graph, catalog: str, **properties: Any) -> str:
    """An access package."""
    body = {"displayName": unique("Package"), "description": "", "catalog": {"id": catalog}, **properties}
    return str(graph.ok("POST", f"{EM}/accessPackages", body, 201)["id"])


def role_scope_body(group: str, resource: str, role: str = "Member") -> dict[str, Any]:
    """The body that lets a package grant a group's role."""
    return {
        "role": {
            "displayName": role,
            "originSystem": "AadGroup",
            "originId": f"{role}_{group}",
            "resource": {"id": resource, "originId": group, "originSystem": "AadGroup"},
        },
        "scope": {"originId": group, "originSystem": "AadGroup", "isRootScope": True},
    }


def policy_body(graph: Graph, name: str, package: str, approvers: str = "", **changes: Any) -> dict[str, Any]:
    """One of the onboarding's bodies, its placeholders filled."""
    text = json.dumps(POLICIES[name])
    approvers = approvers or make_group(graph)
    for placeholder, value in {
        "connectedOrganizationId": mssp_organization(graph),
        "mssp-analyst-approvers": approvers,
        "customer-admin": user_id(graph),
    }.items():
        text = text.replace("{" + placeholder + "}", value)
    return {**json.loads(text), "accessPackage": {"id": package}, **changes}


def grant_chain(graph: Graph) -> tuple[str, str, str]:
    """A group in a catalog, granted by a package: (group, catalog, package)."""
    group, catalog = make_group(graph), make_catalog(graph)
    add_resource(graph, catalog, group)
    package = make_package(graph, catalog)
    resource = resource_of(graph, catalog, group)["id"]
    graph("POST", f"{EM}/accessPackages/{package}/resourceRoleScopes", role_scope_body(group, resource), 201)
    return group, catalog, package
