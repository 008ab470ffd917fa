# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which write is which activity: names and categories of Microsoft's audit activity reference (reference-audit-activities).

Writes of Defender's roles are not among them: they go to the unified audit log of Purview. ``operationType`` of
entitlement management is recorded for two activities only; the others say what the core directory would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..store import Row, Store
from .state import Activity

if TYPE_CHECKING:
    from ..graph.routing import Route, Router
    from ..world import Tenant

CORE, ENTITLEMENT, REVIEWS, INVITED = "Core Directory", "Entitlement Management", "Access Reviews", "Invited Users"
_VARIABLE = re.compile(r"\{\w+\}")
Find = Callable[["Tenant", str], "Row | None"]


@dataclass(frozen=True, slots=True)
class Write:
    """What a route writes."""

    activity: Activity
    kind: str | None = None
    """The type of the target; of objects of the directory their own."""
    find: Find | None = None
    """The target by the path's id, or by the id in the answer."""
    always: bool = True
    """False: only when a property of the target changed."""


def core(name: str, category: str, operation: str) -> Activity:
    """An activity of the core directory."""
    return Activity(name, category, CORE, operation)


def entitlement(name: str, operation: str) -> Activity:
    """An activity of entitlement management."""
    return Activity(name, "EntitlementManagement", ENTITLEMENT, operation)


def review(name: str) -> Activity:
    """An activity of access reviews."""
    category = "UserManagement" if name in ("Apply review", "Auto review", "Auto apply review") else "Policy"
    return Activity(name, category, REVIEWS, "Update")


def _object(tenant: Tenant, key: str) -> Row | None:
    """An object of the directory by id, or by the names that keys of a path allow; a deleted one too."""
    directory = tenant.directory
    found = directory.find(key)
    for store in (directory.deleted_users, directory.deleted_groups, directory.deleted_service_principals):
        found = found or store.get(key)
    if found is not None:
        return found
    names = ("uniqueName", "userPrincipalName", "appId")
    for rows in (directory.groups, directory.users, directory.service_principals):
        for row in rows:
            if key.lower() in (str(row.get(name)).lower() for name in names):
                return row
    return None


def _in(store: Callable[[Tenant], Store]) -> Find:
    return lambda tenant, key: store(tenant).get(key)


_CATALOG = _in(lambda tenant: tenant.entitlement.catalogs)
_PACKAGE = _in(lambda tenant: tenant.entitlement.packages)
_POLICY = _in(lambda tenant: tenant.entitlement.policies)
_ORGANIZATION = _in(lambda tenant: tenant.entitlement.connected_organizations)
_REQUEST = _in(lambda tenant: tenant.entitlement.requests)


def _crud(collection: str, label: str, kind: str, find: Find, change: str = "PATCH") -> dict[tuple[str, str], Write]:
    path = f"{_EM}/{collection}"
    return {
        ("POST", path): Write(entitlement(f"Create {label}", "Create"), kind, find),
        (change, f"{path}/{{}}"): Write(entitlement(f"Update {label}", "Update"), kind, find),
        ("DELETE", f"{path}/{{}}"): Write(entitlement(f"Delete {label}", "Delete"), kind, find),
    }


_EM = "/identityGovernance/entitlementManagement"
_PARTNERS = "/policies/crossTenantAccessPolicy/partners"
_SETTING = "CrossTenantAccessSettings"

WRITES: dict[tuple[str, str], Write] = {
    ("POST", "/groups"): Write(core("Add group", "GroupManagement", "Add"), "Group", _object),
    ("PATCH", "/groups/{}"): Write(core("Update group", "GroupManagement", "Update"), "Group", _object, always=False),
    ("PATCH", "/groups(uniqueName={})"): Write(core("Update group", "GroupManagement", "Update"), "Group", _object, always=False),
    ("DELETE", "/groups/{}"): Write(core("Delete group", "GroupManagement", "Delete"), "Group", _object),
    ("DELETE", "/groups(uniqueName={})"): Write(core("Delete group", "GroupManagement", "Delete"), "Group", _object),
    ("POST", "/users"): Write(core("Add user", "UserManagement", "Add"), "User", _object),
    ("PATCH", "/users/{}"): Write(core("Update user", "UserManagement", "Update"), "User", _object, always=False),
    ("DELETE", "/users/{}"): Write(core("Delete user", "UserManagement", "Delete"), "User", _object),
    ("POST", "/users/{}/revokeSignInSessions"): Write(
        core("Update StsRefreshTokenValidFrom Timestamp", "UserManagement", "Update"), "User", _object
    ),
    ("PUT", "/users/{}/manager/$ref"): Write(core("Set user manager", "UserManagement", "Update"), "User", _object),
    ("DELETE", "/users/{}/manager/$ref"): Write(core("Update user", "UserManagement", "Update"), "User", _object),
    ("POST", "/users/{}/sponsors/$ref"): Write(core("Update user", "UserManagement", "Update"), "User", _object),
    ("DELETE", "/users/{}/sponsors/{}/$ref"): Write(core("Update user", "UserManagement", "Update"), "User", _object),
    ("POST", "/servicePrincipals"): Write(core("Add service principal", "ApplicationManagement", "Add"), None, _object),
    ("PATCH", "/servicePrincipals/{}"): Write(
        core("Update service principal", "ApplicationManagement", "Update"), None, _object, always=False
    ),
    ("PATCH", "/servicePrincipals(appId={})"): Write(
        core("Update service principal", "ApplicationManagement", "Update"), None, _object, always=False
    ),
    ("DELETE", "/servicePrincipals/{}"): Write(
        core("Remove service principal", "ApplicationManagement", "Delete"), None, _object
    ),
    ("DELETE", "/servicePrincipals(appId={})"): Write(
        core("Remove service principal", "ApplicationManagement", "Delete"), None, _object
    ),
    ("POST", "/servicePrincipals/{}/appRoleAssignments"): Write(
        core("Add app role assignment to service principal", "ApplicationManagement", "Assign"), None, _object
    ),
    ("POST", "/servicePrincipals/{}/appRoleAssignedTo"): Write(
        core("Add app role assignment to service principal", "ApplicationManagement", "Assign"), None, _object
    ),
    ("DELETE", "/servicePrincipals/{}/appRoleAssignments/{}"): Write(
        core("Remove app role assignment from service principal", "ApplicationManagement", "Unassign"), None, _object
    ),
    ("DELETE", "/servicePrincipals/{}/appRoleAssignedTo/{}"): Write(
        core("Remove app role assignment from service principal", "ApplicationManagement", "Unassign"), None, _object
    ),
    ("DELETE", "/oauth2PermissionGrants/{}"): Write(
        core("Remove delegated permission grant", "ApplicationManagement", "Unassign"), "ServicePrincipal"
    ),
    ("POST", "/invitations"): Write(Activity("Invite external user", "UserManagement", INVITED, "Add"), "User"),
    ("PATCH", "/policies/authorizationPolicy"): Write(
        core("Update authorization policy", "AuthorizationPolicy", "Update"), "Policy"
    ),
    ("PATCH", "/policies/authorizationPolicy/authorizationPolicy"): Write(
        core("Update authorization policy", "AuthorizationPolicy", "Update"), "Policy"
    ),
    ("POST", _PARTNERS): Write(core("Add a partner to cross-tenant access setting", _SETTING, "Add"), "Policy"),
    ("PATCH", f"{_PARTNERS}/{{}}"): Write(core("Update a partner cross-tenant access setting", _SETTING, "Update"), "Policy"),
    ("DELETE", f"{_PARTNERS}/{{}}"): Write(
        core("Delete partner specific cross-tenant access setting", _SETTING, "Delete"), "Policy"
    ),
    ("PATCH", "/policies/crossTenantAccessPolicy/default"): Write(
        core("Update the company default cross-tenant access setting", _SETTING, "Update"), "Policy"
    ),
    ("POST", "/policies/crossTenantAccessPolicy/default/resetToSystemDefault"): Write(
        core("Reset the cross-tenant access default setting", _SETTING, "Update"), "Policy"
    ),
    **_crud("catalogs", "access package catalog", "AccessPackageCatalog", _CATALOG),
    **_crud("accessPackages", "access package", "AccessPackage", _PACKAGE),
    **_crud("assignmentPolicies", "access package assignment policy", "AccessPackageAssignmentPolicy", _POLICY, "PUT"),
    **_crud("connectedOrganizations", "connected organization", "ConnectedOrganization", _ORGANIZATION),
    ("POST", f"{_EM}/accessPackages/{{}}/resourceRoleScopes"): Write(
        entitlement("Update access package", "Update"), "AccessPackage", _PACKAGE
    ),
    ("DELETE", f"{_EM}/accessPackages/{{}}/resourceRoleScopes/{{}}"): Write(
        entitlement("Update access package", "Update"), "AccessPackage", _PACKAGE
    ),
    ("POST", f"{_EM}/accessPackages/{{}}/incompatibleAccessPackages/$ref"): Write(
        entitlement("Create incompatible access package", "Create"), "AccessPackage", _PACKAGE
    ),
    ("POST", f"{_EM}/accessPackages/{{}}/incompatibleGroups/$ref"): Write(
        entitlement("Create incompatible group", "Create"), "AccessPackage", _PACKAGE
    ),
    ("DELETE", f"{_EM}/accessPackages/{{}}/incompatibleAccessPackages/{{}}/$ref"): Write(
        entitlement("Delete incompatible access package", "Delete"), "AccessPackage", _PACKAGE
    ),
    ("DELETE", f"{_EM}/accessPackages/{{}}/incompatibleGroups/{{}}/$ref"): Write(
        entitlement("Delete incompatible group", "Delete"), "AccessPackage", _PACKAGE
    ),
    ("POST", f"{_EM}/assignmentRequests/{{}}/cancel"): Write(
        entitlement("Cancel access package assignment request", "Update"), "AccessPackageAssignmentRequest", _REQUEST
    ),
    ("DELETE", f"{_EM}/assignmentRequests/{{}}"): Write(
        entitlement("Delete access package assignment request", "Delete"), "AccessPackageAssignmentRequest", _REQUEST
    ),
    ("PATCH", f"{_EM}/settings"): Write(entitlement("Update tenant setting", "Update"), "EntitlementManagementSettings"),
    ("POST", "/roleManagement/entitlementManagement/roleAssignments"): Write(
        entitlement("Add Entitlement Management role assignment", "Create"), "RoleAssignment"
    ),
    ("DELETE", "/roleManagement/entitlementManagement/roleAssignments/{}"): Write(
        entitlement("Remove Entitlement Management role assignment", "Delete"), "RoleAssignment"
    ),
}


class ActivityTable:
    """The activity of a route, found by the route itself."""

    def __init__(self, routers: list[Router]) -> None:
        self._writes: dict[int, Write] = {}
        self._paths: dict[int, str] = {}
        for router in routers:
            for method, template, route in router.entries:
                path = _VARIABLE.sub("{}", template.partition("/")[2].partition("/")[2])
                self._paths[id(route)] = f"{method} /{path}"
                write = WRITES.get((method, f"/{path}"))
                if write is not None:
                    self._writes[id(route)] = write

    def write_of(self, route: Route) -> Write | None:
        """What the log says of a route, or None when more must be known or nothing is written."""
        return self._writes.get(id(route))

    def path_of(self, route: Route) -> str:
        """Method and template of a route, without the version and with ``{}`` for each variable."""
        return self._paths.get(id(route), "")
