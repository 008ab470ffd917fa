# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a group already gives to its members: Defender roles, catalogs that it is in, policies that name it.

A group that is used elsewhere is somebody's, although nobody is in it: whoever may join it there would get what we link to it
(practice M6).
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word, words
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import find_resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import ROLE_ASSIGNMENTS
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import CATALOGS, POLICIES


def uses(graph: Graph, group_id: str) -> list[str]:
    """Where the group is used, each as a clause; what may not be read is one as well, since it cannot be ruled out."""
    return [
        clause
        for what, look in (("Defender roles", _defender_roles), ("catalogs", _catalogs), ("policies", _policies))
        for clause in _readable(what, lambda look=look: look(graph, group_id))  # type: ignore[misc]
    ]


def _readable(what: str, look: t.Callable[[], list[str]]) -> list[str]:
    try:
        return look()
    except GraphError as error:
        if error.status == 404:
            # A tenant without unified RBAC has no such assignments.
            return []
        if error.status != 403:
            raise
        return [f"{what}, which this application may not read, could use it"]


def _defender_roles(graph: Graph, group_id: str) -> list[str]:
    return [
        f"the Defender role assignment '{x.get('displayName') or x.get('id')}' names it"
        for x in graph.list(ROLE_ASSIGNMENTS, beta=True)
        if word(group_id) in words(x.get("principalIds"))
    ]


def _catalogs(graph: Graph, group_id: str) -> list[str]:
    return [
        f"the catalog '{catalog.get('displayName')}' has it"
        for catalog in graph.list(CATALOGS)
        if find_resource(graph, str(catalog["id"]), group_id)
    ]


def _policies(graph: Graph, group_id: str) -> list[str]:
    found = [policy for policy in graph.list(POLICIES, {"$expand": "accessPackage"}) if _names(policy, group_id)]
    return [f"the policy '{x.get('displayName')}' of the package '{_package(x)}' names it" for x in found]


def _package(policy: Entity) -> t.Any:
    return (policy.get("accessPackage") or {}).get("displayName")


def _names(value: t.Any, group_id: str) -> bool:
    """Whether a subject set anywhere in the policy is the group: requestors, approvers of any stage, reviewers."""
    if isinstance(value, list):
        return any(_names(item, group_id) for item in value)
    if not isinstance(value, dict):
        return False
    entity: Entity = value
    return word(entity.get("groupId")) == word(group_id) or any(_names(item, group_id) for item in entity.values())
