# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all entitlement management routes share: router, permissions, licence, Location header, times."""

from __future__ import annotations

from typing import Any

from ..clock import long_time, short_time
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..graph.routing import Router
from ..odata.bodies import BodyChecker
from ..odata.schema import ComplexType, Property
from ..store import Row, Store

PATH = "/identityGovernance/entitlementManagement"
CONTEXT = "identityGovernance/entitlementManagement/"
READ = ("EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All")
WRITE = ("EntitlementManagement.ReadWrite.All",)
PERSONAL = ("EntitlementMgmt-SubjectAccess.ReadWrite", *READ)
"""Delegated scopes by which people look after their own access, whatever directory roles they have (EM 1.4)."""
PERSONAL_WRITE = ("EntitlementMgmt-SubjectAccess.ReadWrite", *WRITE)
CHECKER = BodyChecker(Area.ENTITLEMENT)
REFERENCE = ComplexType("reference", {"id": Property("guid")})
_BACK_END = "https://igaelm-asev3-ecapi-sandbox.azurewebsites.net/api/v1"


def make_router() -> Router:
    """A router under entitlement management. Only v1.0: beta has other names and shapes."""
    return Router(Area.ENTITLEMENT, PATH, versions=("v1.0",), before=check_licence)


def check_licence(call: Call) -> None:
    """Nothing answers in a tenant without a licence (EM 1.3, NoLicense)."""
    if call.tenant.quirks.licence in ("p1", "none"):
        raise GraphError(
            403,
            "NoLicense",
            "User is not authorized to perform the operation. Reason: Tenant does not meet license requirement!",
            details=[],
        )


def location(call: Call, entity: str, row_id: str) -> dict[str, str]:
    """The Location of a new object: the back-end's own address, of no use to a caller (EM 1.2)."""
    return {"Location": f"{_BACK_END}/{entity}('{row_id}')"} if call.tenant.quirks.foreign_location else {}


def invalid_model() -> GraphError:
    """Entitlement management's usual refusal: it does not say what is wrong."""
    return GraphError(400, "InvalidModel", "The model is invalid.")


def now(call: Call) -> str:
    """The time as it is stored."""
    return long_time(call.world.clock.now())


def require(store: Store, row_id: Any, *, reading: bool = False) -> Row:
    """The object of that id, or a 404."""
    row = None
    if isinstance(row_id, str):
        row = store.read(row_id) if reading else store.get(row_id)
    if row is None:
        raise not_found(Area.ENTITLEMENT, str(row_id))
    return row


def nested_id(body: dict[str, Any], name: str) -> str | None:
    """The id in a body's ``{"name": {"id": ...}}``, in lower case."""
    value = body.get(name)
    found = value.get("id") if isinstance(value, dict) else None
    return found.lower() if isinstance(found, str) and found else None


def with_read_times(call: Call, row: Row) -> Row:
    """A row as it is shown: a GET shows two or three digits of a second where the POST showed seven (EM F.5)."""
    if call.exchange.method != "GET":
        return row
    return {
        name: short_time(value) if name in ("createdDateTime", "modifiedDateTime") and isinstance(value, str) else value
        for name, value in row.items()
    }


def writable(body: dict[str, Any]) -> dict[str, Any]:
    """A body without annotations."""
    return {name: value for name, value in body.items() if "@" not in name}
