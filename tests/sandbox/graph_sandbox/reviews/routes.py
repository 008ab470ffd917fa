# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``accessReviews/definitions`` with instances, decisions and reviewers: reading (EM H)."""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden, not_found
from ..odata.options import answer_entity
from ..store import Row
from .common import CONTEXT, PATH, READ, WRITE, answer_page, find, make_router
from .types import DECISION, DEFINITION, INSTANCE, REVIEWER, contacted

router = make_router()
_INSTANCES = "/definitions/{id}/instances"
_SUPPORTED = (
    "/users/{userId}, /groups/{groupId}/owners, /groups/{groupId}/transitiveMembers, "
    "/groups/{groupId}/transitiveMembers/microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest') or "
    "/roleManagement/directory/roleAssignmentAndEligbilitySchedules?$filter=roleDefinitionId eq '{roleDefinitionId}'"
)


def find_instance(call: Call, definition_id: str, instance_id: str) -> tuple[Row, Row]:
    """A definition and one of its instances."""
    definition = find(call.tenant.reviews.definitions, definition_id)
    instance = find(call.tenant.reviews.instances, instance_id)
    if instance["_definition_id"] != definition["id"]:
        raise not_found(Area.GOVERNANCE, instance_id)
    return definition, instance


def find_decision(call: Call, instance: Row, decision_id: str) -> Row:
    """A decision of an instance."""
    decision = find(call.tenant.reviews.decisions, decision_id)
    if decision["_instance_id"] != instance["id"]:
        raise not_found(Area.GOVERNANCE, decision_id)
    return decision


def reviewed_by(call: Call, instance: Row) -> list[Row]:
    """The decisions of an instance that are the caller's to take."""
    return [row for row in call.tenant.reviews.decisions_of(instance) if call.user_id in row["_reviewers"]]


def _check_role(call: Call, on: str) -> None:
    if call.user_id is None:
        raise forbidden(Area.GOVERNANCE)  # an application reviews nothing
    if on.lower() != "reviewer":
        raise GraphError(400, "BadRequest", f"Requested value '{on}' was not found.")


@router.get("/definitions", READ)
def list_definitions(call: Call) -> Reply:
    """All definitions; the filter that everybody uses is contains() on the query of the scope."""
    return answer_page(call, DEFINITION, call.tenant.reviews.definitions.list(), f"{CONTEXT}definitions")


@router.get("/definitions/filterByCurrentUser(on={on})", READ, delegated=READ)
def list_own_definitions(call: Call, on: str) -> Reply:
    """Those in which the person who signed in is a reviewer."""
    _check_role(call, on)
    state = call.tenant.reviews
    rows = [row for row in state.definitions.list() if any(reviewed_by(call, instance) for instance in state.instances_of(row))]
    return answer_page(call, DEFINITION, rows, f"{CONTEXT}definitions")


@router.get("/definitions/{id}", READ)
def get_definition(call: Call, id: str) -> Reply:
    """One definition."""
    return answer_entity(call, DEFINITION, find(call.tenant.reviews.definitions, id), f"{CONTEXT}definitions")


@router.post("/definitions", WRITE)
def create_definition(call: Call) -> Reply:
    """400 for a review of access packages: only its policy makes one (EM N 15; T graph-docs#19809)."""
    scope: Any = call.body_object().get("scope")
    query = str(scope.get("query", "")) if isinstance(scope, dict) else ""
    if "accesspackageassignment" in str(scope).lower():
        message = f"Query {query} is not supported. Please pass in one of the following queries : {_SUPPORTED}"
        raise GraphError(400, "BadRequest", message)
    raise GraphError(501, "NotImplemented", "The sandbox knows reviews of access packages only.")


@router.put("/definitions/{id}", WRITE)
def replace_definition(call: Call, id: str) -> Reply:
    """400: of access package reviews only reading is supported (EM H)."""
    find(call.tenant.reviews.definitions, id)
    raise GraphError(400, "BadRequest", "Updating a review of access package assignments is not supported.")


@router.delete("/definitions/{id}", WRITE)
def delete_definition(call: Call, id: str) -> Reply:
    """400, as above."""
    find(call.tenant.reviews.definitions, id)
    raise GraphError(400, "BadRequest", "Deleting a review of access package assignments is not supported.")


@router.get(_INSTANCES, READ)
def list_instances(call: Call, id: str) -> Reply:
    """The instances of a definition; the one to come is among them."""
    definition = find(call.tenant.reviews.definitions, id)
    rows = call.tenant.reviews.instances.list(lambda row: row["_definition_id"] == definition["id"])
    if not call.tenant.quirks.review_upcoming_instance:
        rows = [row for row in rows if row["status"] != "NotStarted"]
    return answer_page(call, INSTANCE, rows, f"{CONTEXT}definitions('{id}')/instances")


@router.get(f"{_INSTANCES}/filterByCurrentUser(on={{on}})", READ, delegated=READ)
def list_own_instances(call: Call, id: str, on: str) -> Reply:
    """Those in which the person who signed in is a reviewer."""
    _check_role(call, on)
    definition = find(call.tenant.reviews.definitions, id)
    rows = [row for row in call.tenant.reviews.instances_of(definition) if reviewed_by(call, row)]
    return answer_page(call, INSTANCE, rows, f"{CONTEXT}definitions('{id}')/instances")


@router.get(f"{_INSTANCES}/{{instance_id}}", READ)
def get_instance(call: Call, id: str, instance_id: str) -> Reply:
    """One instance."""
    _definition, instance = find_instance(call, id, instance_id)
    return answer_entity(call, INSTANCE, instance, f"{CONTEXT}definitions('{id}')/instances")


@router.get(f"{_INSTANCES}/{{instance_id}}/decisions", READ)
def list_decisions(call: Call, id: str, instance_id: str) -> Reply:
    """The decisions of an instance, a hundred on a page."""
    _definition, instance = find_instance(call, id, instance_id)
    rows = call.tenant.reviews.decisions.list(lambda row: row["_instance_id"] == instance["id"])
    return answer_page(call, DECISION, rows, f"{CONTEXT}definitions('{id}')/instances('{instance_id}')/decisions")


@router.get(f"{_INSTANCES}/{{instance_id}}/decisions/filterByCurrentUser(on={{on}})", READ, delegated=READ)
def list_own_decisions(call: Call, id: str, instance_id: str, on: str) -> Reply:
    """Those that are the person's to take."""
    _check_role(call, on)
    _definition, instance = find_instance(call, id, instance_id)
    context = f"{CONTEXT}definitions('{id}')/instances('{instance_id}')/decisions"
    return answer_page(call, DECISION, reviewed_by(call, instance), context)


@router.get(f"{_INSTANCES}/{{instance_id}}/decisions/{{decision_id}}", READ)
def get_decision(call: Call, id: str, instance_id: str, decision_id: str) -> Reply:
    """One decision."""
    _definition, instance = find_instance(call, id, instance_id)
    context = f"{CONTEXT}definitions('{id}')/instances('{instance_id}')/decisions"
    return answer_entity(call, DECISION, find_decision(call, instance, decision_id), context)


@router.get(f"{_INSTANCES}/{{instance_id}}/contactedReviewers", READ)
def list_reviewers(call: Call, id: str, instance_id: str) -> Reply:
    """Who was asked."""
    _definition, instance = find_instance(call, id, instance_id)
    context = f"{CONTEXT}definitions('{id}')/instances('{instance_id}')/contactedReviewers"
    return answer_page(call, REVIEWER, contacted(call, instance), context)


@router.get(f"{_INSTANCES}/{{instance_id}}/stages", READ)
def list_stages(call: Call, id: str, instance_id: str) -> Reply:
    """None: a policy's review has one stage."""
    find_instance(call, id, instance_id)
    context = f"{call.world.base_url}/{call.version}/$metadata#{PATH.strip('/')}/definitions/instances/stages"
    return Reply(200, {"@odata.context": context, "value": []})
