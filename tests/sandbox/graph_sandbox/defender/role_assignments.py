# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``roleAssignments``: who holds which role on what (Defender 1.5, 2)."""

from __future__ import annotations

import re
from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..odata.options import answer_entity
from ..store import Row
from .common import CHECKER, answers, counted, created, invalid, listed, make_router, not_served
from .types import READ_ROLES, ROLE_ASSIGNMENT, WRITE_ROLES

router = make_router()
_CONTEXT = "roleManagement/defender/roleAssignments"
_WORKLOADS = frozenset({"mde", "mdo", "mdi", "mda", "mdc", "securescoreexternal"})
_SCOPE = re.compile(r"^/[A-Za-z]+/[^/]+$")


@router.get("/roleAssignments", READ_ROLES)
def list_assignments(call: Call) -> Reply:
    """All assignments."""
    return listed(call, ROLE_ASSIGNMENT, _readable(call), "roleAssignments")


@router.get("/roleAssignments/$count", READ_ROLES)
def count_assignments(call: Call) -> Reply:
    """Their number."""
    return counted(call, ROLE_ASSIGNMENT, _readable(call))


@router.get("/roleAssignments/{id}", READ_ROLES)
def get_assignment(call: Call, id: str) -> Reply:
    """One assignment."""
    row = call.tenant.defender.assignments.read(id) if answers(call, reading=True) else None
    if row is None:
        raise not_found(Area.DEFENDER, id)
    return answer_entity(call, ROLE_ASSIGNMENT, row, _CONTEXT)


@router.post("/roleAssignments", WRITE_ROLES)
def create_assignment(call: Call) -> Reply:
    """201. The same role, principals and scopes twice make two assignments: no rule against it is known."""
    answers(call)
    body = call.body_object()
    if "@odata.type" in body and call.tenant.quirks.reject_odata_type:
        raise invalid("The input was not valid. roleAssignment: The roleAssignment field is required.")
    CHECKER.check(body, ROLE_ASSIGNMENT)
    if not str(body.get("displayName") or "").strip():
        raise invalid("The input was not valid. DisplayName: The DisplayName field is required.")
    if not body.get("principalIds"):
        raise invalid("The input was not valid. PrincipalIds: The PrincipalIds field is required.")
    if not body.get("appScopeIds") and not body.get("directoryScopeIds"):
        raise invalid("The input was not valid. You must provide either directoryScopeIds or appScopeIds.")
    if str(body.get("roleDefinitionId", "")) not in call.tenant.defender.roles:
        raise invalid(f"The role definition '{body.get('roleDefinitionId')}' was not found.")
    _check_scopes(body.get("appScopeIds") or [])
    row = make_assignment(call.tenant.ids.next(), **{name: value for name, value in body.items() if "@" not in name})
    call.tenant.defender.assignments.add(row, call.tenant.quirks.read_lag)
    return created(call, ROLE_ASSIGNMENT, row, "roleAssignments")


@router.patch("/roleAssignments/{id}", WRITE_ROLES)
def update_assignment(call: Call, id: str) -> Reply:
    """Stands in the permission metadata, not on the update page; refused unless the quirk says otherwise."""
    answers(call)
    row = call.tenant.defender.assignments.get(id)
    if row is None:
        raise not_found(Area.DEFENDER, id)
    if not call.tenant.quirks.assignment_patch:
        raise GraphError(400, "BadRequest", "The operation is not supported for this provider.")
    body = call.body_object()
    CHECKER.check(body, ROLE_ASSIGNMENT)
    if str(body.get("roleDefinitionId") or row["roleDefinitionId"]).lower() != row["roleDefinitionId"].lower():
        raise invalid("The roleDefinitionId of an assignment cannot be changed.")
    _check_scopes(body.get("appScopeIds") or [])
    row.update({name: value for name, value in body.items() if "@" not in name})
    return Reply(204)


@router.delete("/roleAssignments/{id}", WRITE_ROLES)
def delete_assignment(call: Call, id: str) -> Reply:
    """204."""
    answers(call)
    if call.tenant.defender.assignments.remove(id) is None:
        raise not_found(Area.DEFENDER, id)
    return Reply(204)


for _relation in ("appScopes", "directoryScopes", "principals", "roleDefinition"):
    # In the metadata, and named for Defender nowhere; $expand works (Defender 1.1).
    not_served(router, "GET", f"/roleAssignments/{{id}}/{_relation}")


def make_assignment(row_id: str, **properties: Any) -> Row:
    """An assignment with every property that reads show."""
    return {
        "id": row_id,
        "displayName": None,
        "description": None,
        "roleDefinitionId": None,
        "principalIds": [],
        "directoryScopeIds": [],
        "appScopeIds": [],
        "condition": None,
        **properties,
    }


def _readable(call: Call) -> list[Row]:
    return call.tenant.defender.assignments.list() if answers(call, reading=True) else []


def _check_scopes(scopes: list[str]) -> None:
    for scope in scopes:
        if scope != "/" and scope.lower() not in _WORKLOADS and not _SCOPE.match(scope):
            raise invalid(f"The app scope '{scope}' is not valid.")
