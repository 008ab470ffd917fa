# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Access reviews that policies of access packages bring about. They are only read: their policy makes them.

Facts: EM H. Which policy a review belongs to stands in its scope, as a query or, newer, as a resource.
"""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

DEFINITIONS = "identityGovernance/accessReviews/definitions"
PERMISSIONS = Permissions(read=("AccessReview.Read.All", "EntitlementManagement.Read.All"), write=())
_BY_QUERY = {"$filter": "contains(scope/microsoft.graph.accessReviewQueryScope/query,'accessPackageAssignments')"}
# The query of a scope: (accessPackageId eq '...' and assignmentPolicyId eq '...').
_PACKAGE = re.compile(r"accessPackageId eq '([^']+)'", re.IGNORECASE)
_POLICY = re.compile(r"assignmentPolicyId eq '([^']+)'", re.IGNORECASE)
# What stands for nobody in reviewedBy.
_NOBODY = "00000000-0000-0000-0000-000000000000"

STATES = (
    "Initializing",
    "NotStarted",
    "Starting",
    "InProgress",
    "Completing",
    "Completed",
    "AutoReviewing",
    "AutoReviewed",
    "Applying",
    "Applied",
)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which reviews are meant; None is any.

    :param packages: ids of access packages.
    :param policy: id of an assignment policy.
    :param states: of their instances, in Graph's words.
    """

    packages: frozenset[str] | None = None
    policy: str | None = None
    states: frozenset[str] | None = None


def read(graph: Graph, wanted: Wanted, *, decisions: bool) -> list[Entity]:
    """The reviews with their instances, and with what was decided in them.

    Where states are wanted, a review without an instance in one of them is left out.
    """
    found = []
    for definition in _definitions(graph):
        package, policy = subject_of(definition)
        if package is None or (wanted.packages is not None and word(package) not in map(word, wanted.packages)):
            continue
        if wanted.policy is not None and word(policy) != word(wanted.policy):
            continue
        path = f"{DEFINITIONS}/{segment(str(definition['id']))}/instances"
        instances = [x for x in graph.list(path) if wanted.states is None or word(x.get("status")) in map(word, wanted.states)]
        if wanted.states is not None and not instances:
            continue
        found.append(_shown(definition, package, policy, [_instance(graph, path, x, decisions) for x in instances]))
    return found


def _definitions(graph: Graph) -> list[Entity]:
    # The filter that is documented finds the query, and not the newer shape of a scope; whether a list without a filter has
    # reviews of packages in it is not documented.
    found = {x["id"]: x for query in (_BY_QUERY, {"$top": "100"}) for x in graph.list(DEFINITIONS, query)}
    return list(found.values())


def subject_of(definition: Entity) -> tuple[str | None, str | None]:
    """(package id, policy id) of what a definition reviews; (None, None) when that is no access package. Pure."""
    scope = definition.get("scope") or {}
    query = str(scope.get("query") or "")
    package, policy = _PACKAGE.search(query), _POLICY.search(query)
    if package:
        return package[1], policy[1] if policy else None
    for resource in (scope, *(scope.get("resourceScopes") or [])):
        if resource.get("accessPackageId"):
            return str(resource["accessPackageId"]), resource.get("assignmentPolicyId") or resource.get("resourceId")
    return None, None


def _instance(graph: Graph, path: str, instance: Entity, decisions: bool) -> Entity:
    keys = ("id", "status", "startDateTime", "endDateTime", "reviewers")
    made: Entity = {key: instance.get(key) for key in keys}
    listed = graph.list(f"{path}/{segment(str(instance['id']))}/decisions", {"$top": "100"}) if decisions else None
    made["decisions"] = None if listed is None else [_decision(x) for x in listed]
    return made


def _decision(decision: Entity) -> Entity:
    keys = ("id", "decision", "recommendation", "justification", "reviewedDateTime", "appliedDateTime", "applyResult")
    made: Entity = {key: decision.get(key) for key in keys}
    for key in ("principal", "reviewedBy"):
        person = decision.get(key) or {}
        known = {name: person.get(name) for name in ("id", "displayName", "userPrincipalName")}
        made[key] = known if word(known["id"]) not in ("", _NOBODY) else None
    return made


def _shown(definition: Entity, package: str, policy: str | None, instances: list[Entity]) -> Entity:
    keys = ("id", "displayName", "status", "createdDateTime", "reviewers")
    made: Entity = {key: definition.get(key) for key in keys}
    return {**made, "accessPackage": {"id": package}, "assignmentPolicy": {"id": policy}, "instances": instances}
