# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role in one catalog lets its holder do without EntitlementManagement.ReadWrite.All (EM 1.4, practice S18).

The catalog follows from the address, the body or the filter; where it does not, or the object is gone, the holder of a
catalog's role is refused like anybody else, as was seen after the deletion of a policy. Lists across catalogs are not
served to such a caller here, although the service shows what the caller may see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .role_assignments import CATALOG_CREATOR

if TYPE_CHECKING:
    from ..graph.call import Call

_BASE = "/identitygovernance/entitlementmanagement/"
_PACKAGE = re.compile(r"accessPackage/id eq '(?P<id>[^']+)'", re.IGNORECASE)
_OWNER = "ae79f266-94d4-4dab-b730-feca7e132178"
_READER = "44272f93-9762-48e8-af59-1b5351b1d6b3"
_PACKAGES = "7f480852-ebdc-47d4-87de-0d8498384a83"
_ASSIGNMENTS = "e2182095-804a-4656-ae11-64734e9b7ae5"
_WRITERS = {
    "catalogs": {_OWNER},
    "resourceRequests": {_OWNER},
    "accessPackages": {_OWNER, _PACKAGES},
    "assignmentPolicies": {_OWNER, _PACKAGES},
    "assignmentRequests": {_OWNER, _PACKAGES, _ASSIGNMENTS},
    "assignments": {_OWNER, _PACKAGES, _ASSIGNMENTS},
}
_READERS = {_OWNER, _READER, _PACKAGES, _ASSIGNMENTS}
_COLLECTIONS = {name.lower(): name for name in _WRITERS}


def catalog_role_allows(call: Call) -> bool:
    """Whether a role that the caller holds in a catalog, or as a creator of catalogs, covers this request."""
    held = _held(call)
    path = call.exchange.raw_path.lower().partition(_BASE)[2].split("/")
    collection = _COLLECTIONS.get(path[0])
    if not held or collection is None:
        return False
    method = call.exchange.method
    if (collection, method, len(path)) == ("catalogs", "POST", 1):
        return (CATALOG_CREATOR, "/") in held
    catalog = _catalog_of(call, collection, path[1] if len(path) > 1 else "")
    if catalog is None:
        return False
    wanted = _READERS if method == "GET" else _WRITERS[collection]
    return any((role, f"/AccessPackageCatalog/{catalog}") in held for role in wanted)


def _held(call: Call) -> set[tuple[str, str]]:
    """Roles and scopes of the caller and of the groups that the caller is in."""
    directory, caller = call.tenant.directory, call.user_id or call.caller.object_id
    holders = {caller, *(group for group, members in directory.members.items() if caller in members)}
    rows = call.tenant.entitlement.role_assignments
    return {(row["roleDefinitionId"], row["appScopeId"]) for row in rows if row["principalId"] in holders}


def _catalog_of(call: Call, collection: str, object_id: str) -> str | None:
    state = call.tenant.entitlement
    if collection == "catalogs":
        return object_id if object_id in state.catalogs else None
    if object_id:
        store = {
            "accessPackages": state.packages,
            "assignmentPolicies": state.policies,
            "assignmentRequests": state.requests,
            "assignments": state.assignments,
        }.get(collection)
        row = store.get(object_id) if store is not None else None
        if row is None:
            return None
        return str(row["_catalog_id"]) if "_catalog_id" in row else _catalog_of_package(call, row["_package_id"])
    if call.exchange.method == "GET":
        match = _PACKAGE.search(call.query.get("$filter", ""))
        return _catalog_of_package(call, match["id"]) if match else None
    body = call.body_object()
    if collection in ("accessPackages", "resourceRequests"):
        return _text(body.get("catalog"), "id")
    if collection == "assignmentPolicies":
        return _catalog_of_package(call, _text(body.get("accessPackage"), "id"))
    return _catalog_of_package(call, _package_of(call, body.get("assignment")))


def _package_of(call: Call, assignment: Any) -> str | None:
    """The package that a request is about: named flat or nested, or by the assignment that it changes."""
    known = call.tenant.entitlement.assignments.get(_text(assignment, "id") or "")
    if known is not None:
        return str(known["_package_id"])
    nested = assignment.get("accessPackage") if isinstance(assignment, dict) else None
    return _text(assignment, "accessPackageId") or _text(nested, "id")


def _catalog_of_package(call: Call, package_id: str | None) -> str | None:
    row = call.tenant.entitlement.packages.get(package_id or "")
    return None if row is None else str(row["_catalog_id"])


def _text(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found.lower() if isinstance(found, str) else None
