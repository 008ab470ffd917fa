# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things of entitlement management, made by hand."""

from __future__ import annotations

import collections.abc
import typing as t

from harness.tenants import EM, Tenant


def organization(tenant: Tenant, name: str, tenant_id: str) -> str:
    """A connected organization; its id."""
    source = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": tenant_id, "displayName": name}
    return str(tenant.post(f"{EM}/connectedOrganizations", {"displayName": name, "identitySources": [source]})["id"])


def catalog(tenant: Tenant, name: str, groups: collections.abc.Iterable[str] = ()) -> str:
    """A catalog with groups; its id."""
    made = str(tenant.post(f"{EM}/catalogs", {"displayName": name, "isExternallyVisible": True})["id"])
    for group in groups:
        resource = {"originId": group, "originSystem": "AadGroup"}
        tenant.post(f"{EM}/resourceRequests", {"requestType": "adminAdd", "resource": resource, "catalog": {"id": made}})
    return made


def package(tenant: Tenant, name: str, catalog_id: str) -> str:
    """A package; its id."""
    return str(tenant.post(f"{EM}/accessPackages", {"displayName": name, "catalog": {"id": catalog_id}})["id"])


def policy(tenant: Tenant, name: str, package_id: str, organization_id: str | None = None) -> str:
    """A policy for direct assignment, or for an organization; its id."""
    target = {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": organization_id}
    body: dict[str, t.Any] = {
        "displayName": name,
        "description": "By hand",
        "allowedTargetScope": "specificConnectedOrganizationUsers" if organization_id else "notSpecified",
        "specificAllowedTargets": [target] if organization_id else [],
        "expiration": {"type": "noExpiration"},
        "requestorSettings": {"enableTargetsToSelfAddAccess": bool(organization_id)},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": False, "stages": []},
        "accessPackage": {"id": package_id},
    }
    return str(tenant.post(f"{EM}/assignmentPolicies", body)["id"])


def open_to_all(tenant: Tenant, package_id: str) -> str:
    """A policy for the users of every connected organization, without approval; its id."""
    body = {
        "displayName": "For all",
        "allowedTargetScope": "allConfiguredConnectedOrganizationUsers",
        "expiration": {"type": "noExpiration"},
        "requestorSettings": {"enableTargetsToSelfAddAccess": True},
        "accessPackage": {"id": package_id},
    }
    return str(tenant.post(f"{EM}/assignmentPolicies", body)["id"])


def assigned(tenant: Tenant, package_id: str) -> str:
    """A policy `Direct` by which Ada has the package; its id."""
    direct = policy(tenant, "Direct", package_id)
    assignment = {"targetId": tenant.user("ada"), "assignmentPolicyId": direct, "accessPackageId": package_id}
    tenant.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": assignment})
    # The sandbox delivers an assignment after some reads.
    for _delivering in range(3):
        tenant.list(f"{EM}/assignments")
    return direct
