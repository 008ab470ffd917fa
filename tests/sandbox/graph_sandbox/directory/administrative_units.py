# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/directory/administrativeUnits``: read, with their members, and what a restricted one forbids.

Sources: administrativeunit-get, -list-members; entra-docs admin-units-restricted-management (practice S4).
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..graph.routing import Router
from ..odata.options import answer_entity
from ..store import Row
from .queries import answer, count
from .state import DirectoryState
from .types import ADMINISTRATIVE_UNIT, DIRECTORY_OBJECT, with_type

router = Router(Area.DIRECTORY)
READ_UNITS = ("AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
_BASE = "/directory/administrativeUnits"


def is_restricted(directory: DirectoryState, object_id: str) -> bool:
    """Whether an object is a member of a restricted management administrative unit."""
    return any(
        unit["isMemberManagementRestricted"] and object_id in directory.unit_members.get(unit["id"], {})
        for unit in directory.administrative_units
    )


def check_unrestricted(directory: DirectoryState, row: Row) -> None:
    """Refuse a change of an object that only administrators scoped to its unit may change."""
    if is_restricted(directory, row["id"]):
        raise GraphError(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation. Target object is a member of a restricted management "
            "administrative unit and can only be modified by administrators scoped to that administrative unit. Check that "
            "you are assigned a role that has permission to perform the operation for this restricted management "
            "administrative unit. Learn more: http://go.microsoft.com/fwlink/?linkid=2197831",
        )


def make_unit(row_id: str, name: str, description: str | None, *, restricted: bool) -> Row:
    """An administrative unit with every property that reads show."""
    return {
        "_type": "administrativeUnit",
        "id": row_id,
        "deletedDateTime": None,
        "displayName": name,
        "description": description,
        "isMemberManagementRestricted": restricted,
        "membershipType": None,
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "visibility": None,
    }


def _members(call: Call, unit_id: str) -> list[Row]:
    directory = call.tenant.directory
    found = (directory.find(object_id) for object_id in directory.unit_members.get(_unit(call, unit_id)["id"], {}))
    return [with_type(row) for row in found if row is not None]


def _unit(call: Call, unit_id: str) -> Row:
    row = call.tenant.directory.administrative_units.read(unit_id)
    if row is None:
        raise not_found(Area.DIRECTORY, unit_id)
    return row


@router.get(_BASE, READ_UNITS)
def list_units(call: Call) -> Reply:
    """All units."""
    return answer(call, ADMINISTRATIVE_UNIT, call.tenant.directory.administrative_units.list(), "administrativeUnits")


@router.get(f"{_BASE}/{{id}}", READ_UNITS)
def get_unit(call: Call, id: str) -> Reply:
    """One unit."""
    return answer_entity(call, ADMINISTRATIVE_UNIT, _unit(call, id), "administrativeUnits")


@router.get(f"{_BASE}/{{id}}/members", READ_UNITS)
def list_unit_members(call: Call, id: str) -> Reply:
    """Users and groups; what is in a group is not in the unit."""
    return answer(call, DIRECTORY_OBJECT, _members(call, id), "directoryObjects")


@router.get(f"{_BASE}/{{id}}/members/$count", READ_UNITS)
def count_unit_members(call: Call, id: str) -> Reply:
    """Their number."""
    return count(call, DIRECTORY_OBJECT, _members(call, id))
