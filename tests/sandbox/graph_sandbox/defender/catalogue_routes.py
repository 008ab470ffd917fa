# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``resourceNamespaces`` and ``customAppScopes``: what can be granted, and on what (Defender 1.6, 1.7)."""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .catalogue import ALL_ACTIONS
from .common import answers, make_router
from .types import CUSTOM_APP_SCOPE, READ_ROLES, RESOURCE_NAMESPACE

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


@router.get("/resourceNamespaces", READ_ROLES)
def list_namespaces(call: Call) -> Reply:
    """One namespace; its actions come with $expand=resourceActions only."""
    rows = [_NAMESPACE] if answers(call, reading=True) else []
    return answer_collection(call, RESOURCE_NAMESPACE, rows, "roleManagement/defender/resourceNamespaces")


@router.get("/resourceNamespaces/{id}", READ_ROLES)
def get_namespace(call: Call, id: str) -> Reply:
    """The namespace by its id."""
    if id.lower() != _NAMESPACE["id"] or not answers(call, reading=True):
        raise not_found(Area.DEFENDER, id)
    return answer_entity(call, RESOURCE_NAMESPACE, _NAMESPACE, "roleManagement/defender/resourceNamespaces")


@router.get("/resourceNamespaces/{id}/resourceActions", READ_ROLES)
def list_actions(call: Call, id: str) -> Reply:
    """404, although Graph's metadata has it (T live)."""
    raise not_found(Area.DEFENDER, id)


@router.get("/customAppScopes", READ_ROLES)
def list_custom_scopes(call: Call) -> Reply:
    """Scopes within a workload."""
    rows = _CUSTOM_SCOPES if answers(call, reading=True) else []
    return answer_collection(call, CUSTOM_APP_SCOPE, rows, "roleManagement/defender/customAppScopes")


@router.get("/customAppScopes/{id}", READ_ROLES)
def get_custom_scope(call: Call, id: str) -> Reply:
    """One scope."""
    row = next((scope for scope in _CUSTOM_SCOPES if scope["id"] == id), None)
    if row is None:
        raise not_found(Area.DEFENDER, id)
    return answer_entity(call, CUSTOM_APP_SCOPE, row, "roleManagement/defender/customAppScopes")


@router.get("", READ_ROLES)
def get_container(call: Call, **_unused: Any) -> Reply:
    """The container itself answers 404 (T live)."""
    raise not_found(Area.DEFENDER, "defender")
