# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``resourceNamespaces`` and ``customAppScopes``: what can be granted, and on what (Defender 1.6, 1.7)."""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..odata.options import answer_entity
from ..store import Row
from .catalogue import ALL_ACTIONS
from .common import answers, counted, listed, make_router, not_served
from .types import CUSTOM_APP_SCOPE, READ_ROLES, RESOURCE_ACTION, RESOURCE_NAMESPACE, WRITE_ROLES

router = make_router()

# The action string is the action's id, and its name is text for people (T live, Defender 1.7).
_ACTIONS: list[Row] = [
    {"id": action, "name": name, "description": name, "actionVerb": None} for action, name in ALL_ACTIONS.items()
]
_NAMESPACE: Row = {"id": "microsoft.xdr", "name": "microsoft.xdr", "_actions": _ACTIONS}

# The two types that a live tenant was seen to have; device groups were not among them (Defender 1.6).
_CUSTOM_SCOPES: list[Row] = [
    {"id": "00567", "type": "CloudSet", "displayName": "Production clouds", "description": "", "customAttributes": []},
    {"id": "00123", "type": "UserGroupId", "displayName": "Identity scope", "description": "", "customAttributes": []},
]


_DEVICE_GROUP: Row = {
    "id": "00789",
    "type": "DeviceGroups",
    "displayName": "Servers",
    "description": "",
    "customAttributes": [],
}


def _namespaces(call: Call) -> list[Row]:
    if call.tenant.quirks.namespaces_need_write:
        call.require(*WRITE_ROLES)
    return [_NAMESPACE] if answers(call, reading=True) else []


def _custom_scopes(call: Call) -> list[Row]:
    rows = _CUSTOM_SCOPES if answers(call, reading=True) else []
    return [*rows, _DEVICE_GROUP] if call.tenant.quirks.device_group_scopes and rows else rows


@router.get("/resourceNamespaces", READ_ROLES)
def list_namespaces(call: Call) -> Reply:
    """One namespace; its actions come with $expand=resourceActions only."""
    rows = _namespaces(call)
    if call.tenant.quirks.flat_namespaces:
        call.query.pop("$expand", None)
        return listed(call, RESOURCE_ACTION, _ACTIONS if rows else [], "resourceNamespaces")
    return listed(call, RESOURCE_NAMESPACE, rows, "resourceNamespaces")


@router.get("/resourceNamespaces/$count", READ_ROLES)
def count_namespaces(call: Call) -> Reply:
    """Their number."""
    return counted(call, RESOURCE_NAMESPACE, _namespaces(call))


@router.get("/resourceNamespaces/{id}", READ_ROLES)
def get_namespace(call: Call, id: str) -> Reply:
    """The namespace by its id."""
    if id.lower() != _NAMESPACE["id"] or not _namespaces(call):
        raise not_found(Area.DEFENDER, id)
    return answer_entity(call, RESOURCE_NAMESPACE, _NAMESPACE, "roleManagement/defender/resourceNamespaces")


@router.get("/resourceNamespaces/{id}/resourceActions", READ_ROLES)
def list_actions(call: Call, id: str) -> Reply:
    """404, although Graph's metadata has it (T live)."""
    raise not_found(Area.DEFENDER, id)


@router.get("/customAppScopes", READ_ROLES)
def list_custom_scopes(call: Call) -> Reply:
    """Scopes within a workload."""
    return listed(call, CUSTOM_APP_SCOPE, _custom_scopes(call), "customAppScopes")


@router.get("/customAppScopes/$count", READ_ROLES)
def count_custom_scopes(call: Call) -> Reply:
    """Their number."""
    return counted(call, CUSTOM_APP_SCOPE, _custom_scopes(call))


@router.get("/customAppScopes/{id}", READ_ROLES)
def get_custom_scope(call: Call, id: str) -> Reply:
    """One scope."""
    row = next((scope for scope in _custom_scopes(call) if scope["id"] == id), None)
    if row is None:
        raise not_found(Area.DEFENDER, id)
    return answer_entity(call, CUSTOM_APP_SCOPE, row, "roleManagement/defender/customAppScopes")


@router.get("", READ_ROLES)
def get_container(call: Call, **_unused: Any) -> Reply:
    """The container itself answers 404 (T live)."""
    raise not_found(Area.DEFENDER, "defender")


# What the metadata has beside these has no page and no permission (Defender 1.1).
not_served(router, "PATCH", "")
not_served(router, "DELETE", "")
not_served(router, "POST", "/resourceNamespaces")
not_served(router, "PATCH", "/resourceNamespaces/{id}")
not_served(router, "DELETE", "/resourceNamespaces/{id}")
not_served(router, "POST", "/resourceNamespaces/{id}/importResourceActions")
not_served(router, "POST", "/resourceNamespaces/{id}/resourceActions")
not_served(router, "GET", "/resourceNamespaces/{id}/resourceActions/{action_id}")
