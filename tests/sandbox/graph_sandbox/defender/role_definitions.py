# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``roleDefinitions``: the roles (Defender 1.4)."""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..odata.options import answer_entity
from ..store import Row
from .catalogue import ALL_ACTIONS, is_dataops, reduce_actions, with_prerequisites
from .common import CHECKER, answers, counted, created, invalid, listed, make_router, not_served
from .types import READ_ROLES, ROLE_DEFINITION, WRITE_ROLES

router = make_router()
_CONTEXT = "roleManagement/defender/roleDefinitions"
_MAXIMUM_NAME = 256


@router.get("/roleDefinitions", READ_ROLES)
def list_roles(call: Call) -> Reply:
    """All roles. Names are not unique."""
    return listed(call, ROLE_DEFINITION, _readable(call), "roleDefinitions")


@router.get("/roleDefinitions/$count", READ_ROLES)
def count_roles(call: Call) -> Reply:
    """Their number."""
    return counted(call, ROLE_DEFINITION, _readable(call))


@router.get("/roleDefinitions/{id}", READ_ROLES)
def get_role(call: Call, id: str) -> Reply:
    """One role; the bare object, without ``value``."""
    row = call.tenant.defender.roles.read(id) if answers(call, reading=True) else None
    if row is None:
        raise not_found(Area.DEFENDER, id)
    return answer_entity(call, ROLE_DEFINITION, row, _CONTEXT)


@router.post("/roleDefinitions", WRITE_ROLES)
def create_role(call: Call) -> Reply:
    """201. The same name twice makes two roles."""
    answers(call)
    quirks = call.tenant.quirks
    if quirks.post_roledef_500:
        raise GraphError(500, "InternalServerError", "An error has occurred.")
    body = call.body_object()
    CHECKER.check(body, ROLE_DEFINITION)
    if not str(body.get("displayName") or "").strip():
        raise invalid("The input was not valid. DisplayName: The DisplayName field is required.")
    if not body.get("rolePermissions"):
        raise invalid("The input was not valid. RolePermissions: The RolePermissions field is required.")
    row = make_role(call.tenant.ids.next(), **_accepted(call, body))
    call.tenant.defender.roles.add(row, quirks.read_lag)
    return created(call, ROLE_DEFINITION, row, "roleDefinitions")


@router.patch("/roleDefinitions/{id}", WRITE_ROLES)
def update_role(call: Call, id: str) -> Reply:
    """204, or 200 with the role: which of them Defender answers is not documented."""
    answers(call)
    row = _changeable(call, id)
    body = call.body_object()
    CHECKER.check(body, ROLE_DEFINITION)
    if "displayName" in body and not str(body["displayName"] or "").strip():
        raise invalid("The input was not valid. DisplayName: The DisplayName field is required.")
    row.update(_accepted(call, body))
    if call.tenant.quirks.patch_answers_body:
        return answer_entity(call, ROLE_DEFINITION, row, _CONTEXT)
    return Reply(204)


@router.delete("/roleDefinitions/{id}", WRITE_ROLES)
def delete_role(call: Call, id: str) -> Reply:
    """204; its assignments go with it, for good."""
    answers(call)
    row = _changeable(call, id)
    defender = call.tenant.defender
    defender.roles.remove(row["id"])
    for assignment in defender.assignments:
        if assignment["roleDefinitionId"].lower() == row["id"]:
            defender.assignments.remove(assignment["id"])
    return Reply(204)


# The directory's roles have these, Defender's do not: the metadata is the same for both (Defender 1.1).
not_served(router, "POST", "/roleDefinitions/{id}/restore")
not_served(router, "GET", "/roleDefinitions/{id}/inheritsPermissionsFrom")
not_served(router, "GET", "/roleDefinitions/{id}/assignedPrincipals(transitive={transitive})")


def make_role(row_id: str, **properties: Any) -> Row:
    """A role with every property that reads show."""
    return {
        "id": row_id,
        "displayName": None,
        "description": None,
        "isBuiltIn": False,
        "isEnabled": True,
        "templateId": None,
        "version": None,
        "rolePermissions": [],
        **properties,
    }


def _readable(call: Call) -> list[Row]:
    return call.tenant.defender.roles.list() if answers(call, reading=True) else []


def _changeable(call: Call, role_id: str) -> Row:
    row = call.tenant.defender.roles.get(role_id)
    if row is None:
        raise not_found(Area.DEFENDER, role_id)
    if row["isBuiltIn"]:
        raise invalid("Built-in roles cannot be changed or deleted.")
    return row


def _accepted(call: Call, body: dict[str, Any]) -> Row:
    """The body as it is stored: actions checked and reduced."""
    kept = {name: value for name, value in body.items() if "@" not in name}
    if len(kept.get("displayName") or "") > _MAXIMUM_NAME:
        raise invalid("The input was not valid. DisplayName: The field is too long.")
    if "rolePermissions" in kept:
        kept["rolePermissions"] = [_permission(call, item) for item in kept["rolePermissions"] or []]
    return kept


def _permission(call: Call, item: Row) -> Row:
    actions = item.get("allowedResourceActions") or []
    quirks = call.tenant.quirks
    for action in actions:
        known = action.lower() in ALL_ACTIONS
        if not known or (is_dataops(action.lower()) and not quirks.dataops_available):
            raise invalid(f"{action} is not a valid permission for storage")
    if item.get("condition") or item.get("excludedResourceActions"):
        raise invalid("condition and excludedResourceActions are not supported for custom roles.")
    if quirks.adds_prerequisites:
        actions = with_prerequisites(actions)
    return {
        "allowedResourceActions": reduce_actions(actions) if quirks.reduce_actions else list(actions),
        "condition": None,
    }
