# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Who holds roles of the directory, and of entitlement management on its catalogs. Read only.

Facts: EM 1.4 (its roles); Microsoft Graph, rbacapplication-list-roleassignments.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import type_name, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

_PATHS = {"directory": "directory", "entitlement_management": "entitlementManagement"}
PROVIDERS = tuple(_PATHS)
PERMISSIONS: t.Mapping[str, Permissions] = {
    "directory": Permissions(read=("RoleManagement.Read.Directory",), write=()),
    "entitlement_management": Permissions(read=("EntitlementManagement.Read.All",), write=()),
}


def read(graph: Graph, provider: str) -> list[Entity]:
    """All active assignments of a provider, each with its role and its principal."""
    base = f"roleManagement/{_PATHS[provider]}"
    # Graph expands one relation in a request: roles are few, and read once.
    names = {word(role["id"]): role.get("displayName") for role in graph.list(f"{base}/roleDefinitions")}
    return [_shown(x, names) for x in graph.list(f"{base}/roleAssignments", {"$expand": "principal"})]


def _shown(assignment: Entity, names: t.Mapping[t.Any, t.Any]) -> Entity:
    principal = assignment.get("principal") or {}
    role = assignment.get("roleDefinitionId")
    return {
        "id": assignment.get("id"),
        "role": {"id": role, "displayName": names.get(word(role))},
        # The id alone where it is nobody's any more.
        "principal": {
            "id": assignment.get("principalId"),
            "type": type_name(principal) or None,
            "displayName": principal.get("displayName"),
            "userPrincipalName": principal.get("userPrincipalName"),
        },
        "scope": assignment.get("appScopeId") or assignment.get("directoryScopeId"),
    }
