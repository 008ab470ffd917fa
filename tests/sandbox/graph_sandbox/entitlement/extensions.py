# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``catalogs/{id}/customWorkflowExtensions``: logic apps that requests call (EM 1.1; practice M9).

Sources: accesspackagecatalog-post-accesspackagecustomworkflowextensions, accesspackageassignmentrequestworkflowextension-get,
-update (PUT) and -delete. The pages wrap their example answers in ``value``; the official SDK could not read that, so
answers here are the object itself.
"""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import GraphError
from ..ids import derive_guid
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import ComplexType, filled
from ..store import Row
from .callouts import ASSIGNMENT_EXTENSION, REQUEST_EXTENSION
from .common import CHECKER, CONTEXT, READ, WRITE, invalid_model, location, make_router, now, require
from .extension_types import EXTENSION, EXTENSION_BODY
from .policy_rules import parse_duration

router = make_router()
_BASE = "/catalogs/{id}/customWorkflowExtensions"
_SHORTEST, _LONGEST = parse_duration("PT5M"), parse_duration("P14D")
_LOGIC_APP = "#microsoft.graph.logicAppTriggerEndpointConfiguration"


@router.get(_BASE, READ)
def list_extensions(call: Call, id: str) -> Reply:
    """The catalog's extensions."""
    catalog = require(call.tenant.entitlement.catalogs, id)
    rows = call.tenant.entitlement.extensions.list(lambda row: row["_catalog_id"] == catalog["id"])
    return answer_collection(call, EXTENSION, rows, _collection(catalog["id"]))


@router.get(_BASE + "/{extension_id}", READ)
def get_extension(call: Call, id: str, extension_id: str) -> Reply:
    """One of them."""
    row = _require(call, id, extension_id)
    return answer_entity(call, EXTENSION, row, _collection(row["_catalog_id"]))


@router.post(_BASE, WRITE)
def create_extension(call: Call, id: str) -> Reply:
    """201; a feature of Microsoft Entra ID Governance (practice M9)."""
    catalog = require(call.tenant.entitlement.catalogs, id)
    if call.tenant.quirks.licence != "governance":
        raise GraphError(403, "NoGovernanceSku", "This feature requires a Microsoft Entra ID Governance Subscription")
    body = call.body_object()
    checked = _checked(body, _kind(body))
    if not checked["displayName"] or not checked["endpointConfiguration"] or not checked["authenticationConfiguration"]:
        raise invalid_model()
    moment, author = now(call), _author(call)
    row_id = call.tenant.ids.next()
    row: Row = {
        "id": row_id,
        "_catalog_id": catalog["id"],
        **_completed(row_id, checked),
        "createdBy": author,
        "createdDateTime": moment,
        "lastModifiedBy": author,
        "lastModifiedDateTime": moment,
    }
    call.tenant.entitlement.extensions.add(row)
    headers = location(call, "customAccessPackageWorkflowExtensions", row_id)
    return answer_entity(call, EXTENSION, row, _collection(catalog["id"]), 201, headers)


@router.put(_BASE + "/{extension_id}", WRITE)
@router.patch(_BASE + "/{extension_id}", WRITE)
def update_extension(call: Call, id: str, extension_id: str) -> Reply:
    """200. The page knows PUT and the SDK PATCH; with both, what the body leaves out stays as it was."""
    row = _require(call, id, extension_id)
    body = call.body_object()
    kind = row["@odata.type"].rpartition(".")[2]
    if "@odata.type" in body and _kind(body) != kind:
        raise invalid_model()
    checked = _checked(body, kind)
    if "displayName" in body and not body["displayName"]:
        raise invalid_model()
    changes = {name: value for name, value in _completed(row["id"], checked).items() if name in body}
    row.update(changes, lastModifiedBy=_author(call), lastModifiedDateTime=now(call))
    return answer_entity(call, EXTENSION, row, _collection(row["_catalog_id"]))


@router.delete(_BASE + "/{extension_id}", WRITE)
def delete_extension(call: Call, id: str, extension_id: str) -> Reply:
    """204; refused while a policy calls it. The code of that refusal is not recorded."""
    row = _require(call, id, extension_id)
    policies = call.tenant.entitlement.policies
    if any(str(item["customExtension"]["id"]).lower() == row["id"] for policy in policies for item in policy["_extensions"]):
        raise GraphError(400, "InvalidDeleteExtensionInUse", "The custom extension can not be deleted because a policy uses it.")
    call.tenant.entitlement.extensions.remove(row["id"])
    return Reply(204)


def _require(call: Call, catalog_id: str, extension_id: str) -> Row:
    catalog = require(call.tenant.entitlement.catalogs, catalog_id)
    row = require(call.tenant.entitlement.extensions, extension_id, reading=call.exchange.method == "GET")
    if row["_catalog_id"] != catalog["id"]:
        raise GraphError(404, "ResourceNotFound", "The resource was not found.")
    return row


def _kind(body: dict[str, Any]) -> str:
    """ "You must explicitly provide an @odata.type property"."""
    kind = str(body.get("@odata.type") or "").rpartition(".")[2]
    if kind not in (REQUEST_EXTENSION, ASSIGNMENT_EXTENSION):
        raise invalid_model()
    return kind


def _checked(body: dict[str, Any], kind: str) -> Row:
    """The body with every property; the older spelling of the timeout is what the page shows."""
    callback = body.get("callbackConfiguration")
    if isinstance(callback, dict) and "durationBeforeTimeout" in callback:
        callback = {**callback, "timeoutDuration": callback["durationBeforeTimeout"]}
        callback.pop("durationBeforeTimeout")
        body = {**body, "callbackConfiguration": callback}
    CHECKER.check(body, EXTENSION_BODY)
    if callback is not None:
        length = parse_duration(callback.get("timeoutDuration") or "")
        if kind != REQUEST_EXTENSION or not _SHORTEST <= length <= _LONGEST:
            raise invalid_model()  # "between 5 minutes and 14 days", and only while a request can wait
    return {**filled(ComplexType(kind, EXTENSION_BODY.properties), body), "@odata.type": f"#microsoft.graph.{kind}"}


def _completed(row_id: str, checked: Row) -> Row:
    """The service adds the address at which it found the logic app."""
    endpoint = checked["endpointConfiguration"]
    if endpoint and endpoint["@odata.type"] == _LOGIC_APP and not endpoint["url"]:
        workflow = derive_guid(0, row_id, "workflow").replace("-", "")
        address = f"https://prod-00.logic.sandbox.example:443/workflows/{workflow}/triggers/manual/paths/invoke"
        endpoint = {**endpoint, "url": f"{address}?api-version=2016-10-01"}
    return {**checked, "endpointConfiguration": endpoint}


def _author(call: Call) -> str:
    """ "The userPrincipalName of the user or identity of the subject"."""
    return str(call.user["userPrincipalName"]) if call.user else call.caller.object_id


def _collection(catalog_id: str) -> str:
    return f"{CONTEXT}catalogs('{catalog_id}')/customWorkflowExtensions"
