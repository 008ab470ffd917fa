# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in one tenant: groups, Defender roles, access packages, requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .html import Markup, element, join, table

if TYPE_CHECKING:
    from ..store import Row
    from ..world import Tenant

_MOST_ROWS = 100


def tenant_section(tenant: Tenant) -> Markup:
    """Everything of one tenant."""
    return element(
        "section",
        element("h2", tenant.display_name),
        element("p", tenant.domain, " · ", element("code", tenant.id), class_="lead"),
        element("h3", "Groups"),
        table(("Name", "Members", "Owners", "Description"), _first(_groups(tenant)), "No groups."),
        element("h3", "Defender roles"),
        table(("Name", "Assigned to", "Permissions"), _first(_roles(tenant)), "No roles."),
        element("h3", "Access packages"),
        table(("Name", "Catalog", "Grants", "Policies"), _first(_packages(tenant)), "No access packages."),
        element("h3", "Requests"),
        table(("Who", "Kind", "Package", "State"), _first(_requests(tenant)), "No requests."),
        id=tenant.domain,
    )


def _first(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for number, row in enumerate(rows):
        if number == _MOST_ROWS:
            yield ("… and more", *[""] * (len(row) - 1))
            return
        yield row


def _groups(tenant: Tenant) -> Iterator[tuple[object, ...]]:
    directory = tenant.directory
    for group in directory.groups:
        members, owners = (len(links.get(group["id"], ())) for links in (directory.members, directory.owners))
        yield group["displayName"], members, owners, group["description"]


def _roles(tenant: Tenant) -> Iterator[tuple[object, ...]]:
    for role in tenant.defender.roles:
        holders = [
            _name(tenant, principal)
            for assignment in tenant.defender.assignments
            if assignment["roleDefinitionId"] == role["id"]
            for principal in assignment["principalIds"]
        ]
        actions = [action for part in role["rolePermissions"] for action in part["allowedResourceActions"]]
        built_in = [" ", element("small", "built in")] if role["isBuiltIn"] else []
        yield join([role["displayName"], *built_in]), ", ".join(holders), element("small", ", ".join(actions))


def _packages(tenant: Tenant) -> Iterator[tuple[object, ...]]:
    state = tenant.entitlement
    for package in state.packages:
        catalog = state.catalogs.get(package["_catalog_id"])
        grants = [
            f"{scope['_role']['displayName']} of {_name(tenant, scope['_role']['originId'].partition('_')[2])}"
            for scope in state.scopes_of(package["id"])
        ]
        policies = [str(policy["displayName"]) for policy in state.policies if policy["_package_id"] == package["id"]]
        yield package["displayName"], catalog["displayName"] if catalog else "", ", ".join(grants), ", ".join(policies)


def _requests(tenant: Tenant) -> Iterator[tuple[object, ...]]:
    state = tenant.entitlement
    for request in reversed(list(state.requests)):
        assignment: Row = state.assignments.get(request.get("_assignment_id") or "") or {}
        package = state.packages.get(assignment.get("_package_id") or request.get("_package_id") or "")
        target = assignment.get("_target") or {}
        person = request.get("_target_id") or target.get("objectId")
        who = _name(tenant, str(person)) if person else target.get("email")
        yield who, request["requestType"], package["displayName"] if package else "", request["state"]


def _name(tenant: Tenant, object_id: str) -> str:
    """What people call a directory object; its id when it is gone."""
    row = tenant.directory.find(object_id)
    return str(row["displayName"]) if row else object_id
