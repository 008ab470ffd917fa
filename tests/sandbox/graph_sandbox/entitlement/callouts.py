# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to custom extensions in the course of a request, and the answers that a request waits for (EM G.1 resume).

Nothing is really called: the instance on the request says what the service would have sent. A test answers with
``resume``. Sources: accesspackageassignmentrequest-resume, customextensioncalloutinstance,
customextensioncallbackconfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.errors import GraphError
from ..ids import derive_guid
from ..store import Row
from .common import invalid_model
from .policy_rules import parse_duration

if TYPE_CHECKING:
    from datetime import datetime

    from ..graph.call import Call

REQUEST_EXTENSION = "accessPackageAssignmentRequestWorkflowExtension"
ASSIGNMENT_EXTENSION = "accessPackageAssignmentWorkflowExtension"
REQUEST_STAGES = ("assignmentRequestCreated", "assignmentRequestApproved", "assignmentRequestGranted", "assignmentRequestRemoved")
_WAITING_STAGES = REQUEST_STAGES[:2]
"""Where the request can still be held up. Whether it waits after delivery too is not documented: here it does not."""
_DEFAULT_TIMEOUT = "PT1H"


def call_out(call: Call, policy: Row, stage: str, rows: list[Row]) -> list[Row]:
    """Call each extension that a policy names for a stage; noted on the request and the assignment. Those that wait."""
    waiting = []
    for setting in policy["_extensions"]:
        if setting["stage"] != stage:
            continue
        extension = call.tenant.entitlement.extensions.get(str(setting["customExtension"]["id"]))
        if extension is None:
            continue
        row_id = call.tenant.ids.next()
        waits = bool(extension["callbackConfiguration"]) and stage in _WAITING_STAGES
        instance = {
            "id": row_id,
            "customExtensionId": extension["id"],
            "detail": None,
            "externalCorrelationId": derive_guid(0, row_id, "workflow run"),
            "status": "waitingForCallback" if waits else "calloutSent",
        }
        for row in rows:
            row["customExtensionCalloutInstances"].append(instance)
        if waits:
            waiting.append(instance)
    return waiting


def hold(call: Call, request: Row, stage: str) -> bool:
    """Call the extensions of a stage; True when the request waits for an answer now."""
    waiting = call_out(call, request["_policy"], stage, [request])
    if not waiting:
        return False
    limits = [_timeout(call, instance) for instance in waiting]
    request["_waits_for"] = {"stage": stage, "instances": waiting, "until": min(limits)}
    request.update(state="submitted", status="WaitingForCallback")
    return True


def answered(request: Row, body: dict[str, Any]) -> str | None:
    """Take the answer of an extension. Returns what it makes of the request (``denied``, ``canceled``), or None."""
    waits, data = request["_waits_for"], body.get("data")
    if waits is None:
        raise GraphError(400, "InvalidRequestState", "The request is not waiting for a callback.")
    if not isinstance(data, dict) or str(data.get("stage")).lower() != waits["stage"].lower():
        raise invalid_model()
    if str(body.get("type")).rpartition(".")[2].lower() != waits["stage"].lower():
        raise invalid_model()
    wanted = str(data.get("customExtensionStageInstanceId")).lower()
    instance = next((item for item in waits["instances"] if item["id"] == wanted), None)
    if instance is None:
        raise GraphError(404, "ResourceNotFound", "The resource was not found.")
    outcome = str(data["state"]).lower() if data.get("state") else None
    # "This property can only be set for an assignmentRequestCreated stage."
    if outcome is not None and (outcome not in ("denied", "canceled") or waits["stage"] != REQUEST_STAGES[0]):
        raise invalid_model()
    instance.update(status="callbackReceived", detail=data.get("customExtensionStageInstanceDetail"))
    waits["instances"].remove(instance)
    return outcome


def time_out(request: Row) -> None:
    """Nobody answered."""
    for instance in request["_waits_for"]["instances"]:
        instance["status"] = "callbackTimedOut"
    request["_waits_for"] = None


def check_extensions(call: Call, catalog_id: str, policy: Row) -> None:
    """Each extension that a policy names must be in the package's catalog, and of the kind that its stage takes."""
    for setting in policy["_extensions"]:
        named = setting["customExtension"]
        extension = call.tenant.entitlement.extensions.get(str(named.get("id"))) if isinstance(named, dict) else None
        if extension is None or extension["_catalog_id"] != catalog_id:
            raise GraphError(404, "ResourceNotFound", "The resource was not found.")
        wanted = REQUEST_EXTENSION if setting["stage"] in REQUEST_STAGES else ASSIGNMENT_EXTENSION
        if not extension["@odata.type"].endswith(f".{wanted}"):
            raise invalid_model()


def _timeout(call: Call, instance: Row) -> datetime:
    extension = call.tenant.entitlement.extensions.get(instance["customExtensionId"])
    configured = (extension["callbackConfiguration"] if extension else None) or {}
    return call.world.clock.now() + parse_duration(configured.get("timeoutDuration") or _DEFAULT_TIMEOUT)
