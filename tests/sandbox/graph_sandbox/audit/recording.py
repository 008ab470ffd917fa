# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write one entry of the audit log (directoryaudit-list, resources/auditactivityinitiator, resources/targetresource)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..ids import derive_guid
from ..store import Row
from .state import Activity, Changed, Entry, Target

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..world import Tenant

Actor = tuple[tuple[str, str | None], ...]

USER_MANAGEMENT = "Azure AD Identity Governance - User Management"
"""Who puts people into groups for entitlement management (governance-custom-alerts)."""
ENTITLEMENT_MANAGEMENT = "Azure AD Identity Governance - Entitlement Management"
ACCESS_REVIEWS = "Azure AD Access Reviews"
"""Which name access reviews act under is not recorded."""
_HIDDEN = {"id", "createdDateTime", "modifiedDateTime", "deletedDateTime", "signInActivity", "passwordProfile"}


def record(
    tenant: Tenant,
    activity: Activity,
    moment: datetime,
    actor: Actor,
    targets: Iterable[Target],
    *,
    failure: str = "",
    details: Iterable[tuple[str, str]] = (),
) -> None:
    """Add an entry. ``failure`` is the reason when the activity failed."""
    log = tenant.audit
    log.entries.append(
        Entry(
            len(log.entries),
            activity,
            moment,
            actor,
            tuple(targets),
            log.correlation,
            "failure" if failure else "success",
            failure,
            tuple(details),
        )
    )


def caller(call: Call) -> Actor:
    """Whoever makes the request: a person, or an application for itself."""
    return principal(call, call.user_id or call.caller.object_id)


def principal(call: Call, object_id: str | None) -> Actor:
    """A person, or an application by its service principal; of the core directory's entries appId is null."""
    user = call.tenant.directory.users.get(object_id or "")
    if user is None:
        found = call.tenant.directory.find(object_id or "") or {}
        return _application(found.get("displayName"), object_id)
    return (
        ("id", user["id"]),
        ("displayName", None),
        ("userPrincipalName", user["userPrincipalName"]),
        ("ipAddress", "127.0.0.1"),
        ("userType", None),
        ("homeTenantId", _home(call, user)),
        ("homeTenantName", None),
    )


def service(tenant: Tenant, name: str) -> Actor:
    """One of Microsoft's own applications, acting by itself."""
    return _application(name, derive_guid(tenant.id, "first-party application", name))


def target(row: Row, kind: str | None = None, changed: Iterable[Changed] = (), name: str | None = None) -> Target:
    """An object of the directory or of entitlement management as something that was written."""
    type_name = kind or _TYPES.get(str(row.get("_type")), "Other")
    shown = name if name is not None else row.get("displayName")
    return Target(row.get("id"), shown, type_name, row.get("userPrincipalName"), tuple(changed))


def changes(before: Row | None, after: Row) -> tuple[Changed, ...]:
    """The properties of an object that a write changed, then their names, as the core directory lists them."""
    names = [name for name in after if name not in _HIDDEN and not name.startswith(("_", "@"))]
    changed = [(name, (before or {}).get(name), after[name]) for name in names if (before or {}).get(name) != after[name]]
    changed = [(name, old, new) for name, old, new in changed if before is not None or new not in (None, [], False)]
    result = [Changed(_pascal(name), _listed(old), _listed(new)) for name, old, new in changed]
    if result:
        included = ", ".join(item.name for item in result)
        result.append(Changed("Included Updated Properties", None, json.dumps(included)))
    return tuple(result)


def _listed(value: Any) -> str:
    return json.dumps([] if value is None else value if isinstance(value, list) else [value])


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _application(name: str | None, principal_id: str | None) -> Actor:
    return (("appId", None), ("displayName", name), ("servicePrincipalId", principal_id), ("servicePrincipalName", None))


def _home(call: Call, user: Row) -> str | None:
    """The home tenant of a guest (practice S10)."""
    if user["userType"] != "Guest":
        return None
    known = call.world.find_known(str(user["mail"]).rpartition("@")[2])
    return known.tenant_id if known else None


_TYPES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal", "administrativeUnit": "AdministrativeUnit"}
