# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``subjects``: whoever entitlement management knows from a request or an assignment (EM 1.1).

Sources: entitlementmanagement-list-subjects, accesspackagesubject-update. ``governed`` says that the tenant's setting for
guests who have nothing left applies; marking somebody as governed is a feature of the Governance licence (practice M9).
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..odata.bodies import BodyChecker
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import ComplexType, choice
from ..store import Row
from .assignment_types import SUBJECT
from .common import CONTEXT, READ, WRITE, make_router

router = make_router()
_CHECKER = BodyChecker(Area.ENTITLEMENT)
_BODY = ComplexType("accessPackageSubject", {"subjectLifecycle": choice("notDefined", "notGoverned", "governed", nullable=False)})


def _mentions(call: Call) -> list[Row]:
    """Every place where a subject stands: requests and assignments keep what they were told of it."""
    state = call.tenant.entitlement
    rows: list[Row] = [*state.requests, *state.assignments]
    found = (row.get(name) for row in rows for name in ("_requestor", "_target"))
    return [subject for subject in found if isinstance(subject, dict)]


def _subjects(call: Call) -> list[Row]:
    """Each once; the newest mention wins."""
    return list({str(row["objectId"] or row["email"]).lower(): row for row in _mentions(call)}.values())


def _update(call: Call, subject: Row) -> Reply:
    body = call.body_object()
    _CHECKER.check(body, _BODY)
    wanted = str(body["subjectLifecycle"]) if "subjectLifecycle" in body else subject["subjectLifecycle"]
    wanted = next((name for name in _BODY.properties["subjectLifecycle"].values if name.lower() == wanted.lower()), wanted)
    if wanted == "governed" and call.tenant.quirks.licence == "p2":
        raise GraphError(403, "NoGovernanceSku", "This feature requires a Microsoft Entra ID Governance Subscription")
    for row in _mentions(call):
        if row["objectId"] == subject["objectId"]:
            row["subjectLifecycle"] = wanted
    return answer_entity(call, SUBJECT, subject, f"{CONTEXT}subjects")


def _find(call: Call, key: str, name: str) -> Row:
    row = next((row for row in _subjects(call) if str(row[name]).lower() == key.lower()), None)
    if row is None:
        raise not_found(Area.ENTITLEMENT, key)
    return row


@router.get("/subjects", READ)
def list_subjects(call: Call) -> Reply:
    """All of them."""
    return answer_collection(call, SUBJECT, _subjects(call), f"{CONTEXT}subjects")


@router.get("/subjects(objectId={object_id})", READ)
def get_by_object(call: Call, object_id: str) -> Reply:
    """One by the directory object's id."""
    return answer_entity(call, SUBJECT, _find(call, object_id, "objectId"), f"{CONTEXT}subjects")


@router.patch("/subjects/{id}", WRITE)
def update_subject(call: Call, id: str) -> Reply:
    """200 with the subject."""
    return _update(call, _find(call, id, "id"))


@router.patch("/subjects(objectId={object_id})", WRITE)
def update_by_object(call: Call, object_id: str) -> Reply:
    """200 with the subject, found by the directory object's id."""
    return _update(call, _find(call, object_id, "objectId"))
