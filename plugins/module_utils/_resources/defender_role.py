# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Roles of Defender's unified role-based access control, with their assignment. Graph beta only.

Facts: Defender 1, 2 and 8: no `@odata.type` in bodies, the Location header is not followed, display names are not
unique, assignments are changed by making a new one before the old one goes.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import key_segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import exact, text, words
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Link, Part, Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import effective
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.module_utils._resources.twins import keep_one

_ROLES = "roleManagement/defender/roleDefinitions"
ROLE_ASSIGNMENTS = "roleManagement/defender/roleAssignments"

# A new role or a new group is not known everywhere at once.
_NOT_YET = ("NotFound", "ResourceNotFound", "Request_ResourceNotFound")


def allowed_actions(role_permissions: t.Any) -> list[str]:
    """All actions of a role, over all its permission sets, in order."""
    return [action for each in role_permissions or () for action in each.get("allowedResourceActions") or ()]


def _same_permissions(role_permissions: t.Any) -> frozenset[str]:
    return effective(allowed_actions(role_permissions))


def all_roles(graph: Graph, *, fresh: bool = False) -> list[Entity]:
    """The whole list: names are not unique, and $filter alone is not to be trusted here.

    :raises Failure: unified RBAC does not answer in this tenant (404).
    """
    try:
        return graph.list(_ROLES, beta=True, fresh=fresh)
    except GraphError as error:
        if error.status == 404:
            raise _no_unified_rbac(error) from error
        raise


class Assignments(Part):
    """The one assignment that links the role to the groups: all groups together, on the same scopes."""

    property = "assignments"
    link_type = "Defender role assignment"

    def __init__(
        self,
        graph: Graph,
        groups: list[Ref] | None,
        scopes: list[str],
        purge_foreign: bool,
        append: bool,
        unassign: bool = False,
    ) -> None:
        self._graph = graph
        self._groups = groups
        # The groups are to lose the role: what gives it to nobody but them goes.
        self._unassign = unassign
        self._scopes = scopes
        self._purge_foreign = purge_foreign
        self.purge = not append
        self._covering: list[Link] | None = None

    def cover(self, entity: Entity) -> None:
        """Where others stay: an assignment that gives the groups these scopes, and perhaps more, is what is wanted."""
        if self.purge or not self._groups:
            return
        groups, scopes = words(ref.id for ref in self._groups), words(self._scopes)
        found = [x for x in self.of_role(entity) if groups <= words(x.get("principalIds")) and scopes <= words(_scopes(x))]
        self._covering = [self._link(x) for x in found[:1]] or None

    def wanted(self) -> list[Link] | None:
        if self._groups is None:
            return None
        if not self._groups or self._unassign:
            return []
        if self._covering:
            return self._covering
        return [self._link({"principalIds": [ref.id for ref in self._groups], "appScopeIds": list(self._scopes)})]

    def stored(self, entity: Entity) -> list[Link]:
        covering = [link.key for link in self._covering or ()]
        found = [(item, self._link(item)) for item in self.of_role(entity)]
        return [link for item, link in found if self._purge_foreign or link.key in covering or not self.is_foreign(item)]

    def of_role(self, entity: Entity, *, fresh: bool = False) -> list[Entity]:
        """Every assignment of the role."""
        # Filtered here: what $filter honours is not documented for Defender.
        listed = self._graph.list(ROLE_ASSIGNMENTS, beta=True, fresh=fresh)
        return [item for item in listed if str(item.get("roleDefinitionId")).lower() == str(entity["id"]).lower()]

    def look_for_groups(self) -> bool:
        """Look for groups that are planned only, by the unique name they will carry: somebody may have renamed them."""
        found = []
        for ref in self._groups or ():
            unique_name = None if ref.known else ref.told.get("uniqueName")
            group = (
                self._graph.find(f"groups{key_segment('uniqueName', unique_name)}", {"$select": "id"}) if unique_name else None
            )
            found.append(dataclasses.replace(ref, id=str(group["id"])) if group else ref)
        renamed = found != (self._groups or [])
        if renamed:
            self._groups = found
        return renamed

    def is_foreign(self, assignment: Entity) -> bool:
        """Whether it gives the role to somebody other than the wanted groups."""
        ours = words(ref.id for ref in self._groups or ())
        return not words(assignment.get("principalIds")) <= ours

    @staticmethod
    def _link(item: Entity) -> Link:
        scopes = _scopes(item)
        value = {"principalIds": list(item.get("principalIds") or []), "appScopeIds": list(scopes)}
        if item.get("id"):
            value["id"] = item["id"]
        return Link((words(value["principalIds"]), words(scopes)), f"on {', '.join(scopes)}", value, item)

    def add(self, entity: Entity, link: Link) -> Link:
        body = {
            "displayName": entity["displayName"],
            "roleDefinitionId": entity["id"],
            "principalIds": link.value["principalIds"],
            "appScopeIds": link.value["appScopeIds"],
        }
        made = self._graph.when_ready(
            f"Defender to know the role '{entity['displayName']}' and its groups",
            _NOT_YET,
            lambda: self._graph.post(ROLE_ASSIGNMENTS, body, beta=True),
        )
        if words(made.get("appScopeIds")) - words(link.value["appScopeIds"]):
            # Wider than asked for is worse than none: take it back and stop (practice B.1).
            self._graph.delete(f"{ROLE_ASSIGNMENTS}/{made['id']}", beta=True)
            raise Failure(
                f"Defender stored the assignment with the scopes {made.get('appScopeIds')} instead of "
                f"{link.value['appScopeIds']}; it was taken back",
                remedy="Choose scopes that this tenant knows, such as Mde, Mdo, Mdi, Mda or / for all.",
                code="ScopeWidened",
            )

        def same() -> list[str]:
            return [str(x["id"]) for x in self.of_role(entity, fresh=True) if self._link(x).key == link.key]

        if made.get("id"):
            keep_one(self._graph, "assignment", str(made["id"]), same, f"{ROLE_ASSIGNMENTS}/{made['id']}")
        return Link(link.key, link.name, {**link.value, "id": made.get("id")}, made)

    def remove(self, entity: Entity, link: Link) -> None:
        self._graph.delete(f"{ROLE_ASSIGNMENTS}/{link.raw['id']}", beta=True)


def _scopes(assignment: Entity) -> list[str]:
    return list(assignment.get("appScopeIds") or assignment.get("directoryScopeIds") or [])


class DefenderRole(Resource):
    """One custom role.

    :param groups: who gets it; None leaves assignments alone.
    :param scopes: data sources of the assignment, such as `Mde`.
    :param adopt: take a role over that is matched by name although others hold it.
    :param purge_foreign: remove assignments to others.
    :param append: only add permissions, groups and scopes.
    :param unassign: the groups lose the role instead.
    """

    type = "Defender role"
    permissions: t.ClassVar[Permissions] = Permissions(
        read=("RoleManagement.Read.Defender",), write=("RoleManagement.ReadWrite.Defender",)
    )
    properties = (
        Property("displayName", "name", exact),
        Property("description", "description", text),
        Property("rolePermissions", "permissions", _same_permissions),
    )

    def __init__(
        self,
        graph: Graph,
        desired: Entity,
        *,
        role_id: str | None = None,
        groups: list[Ref] | None = None,
        scopes: t.Sequence[str] = ("Mde",),
        adopt: bool = False,
        purge_foreign: bool = False,
        append: bool = False,
        unassign: bool = False,
    ) -> None:
        self._append = append
        self.graph = graph
        self.desired = desired
        self.identifier = role_id
        self._adopt = adopt or bool(role_id) or purge_foreign or unassign
        self._unassign = unassign
        self._assignments = Assignments(graph, groups, list(scopes), purge_foreign, append, unassign)

    @property
    def name(self) -> str:
        return str(self.desired.get("displayName") or self.identifier)

    def parts(self) -> t.Sequence[Part]:
        return (self._assignments,)

    def find(self, *, fresh: bool = False) -> Entity | None:
        listed = all_roles(self.graph, fresh=fresh)
        if self.identifier:
            found = [role for role in listed if str(role.get("id")).lower() == self.identifier.lower()]
        else:
            found = [role for role in listed if role.get("displayName") == self.desired["displayName"]]
        if len(found) > 1:
            ids = ", ".join(str(role["id"]) for role in found)
            raise Failure(
                f"{len(found)} Defender roles have this name ({ids})",
                remedy="Name the right one by role_id, or delete the others in the Defender portal.",
                code="Ambiguous",
            )
        if not found:
            return None
        # Only what roles consist of: the service adds members such as `condition` that no custom role may have.
        granted = [{"allowedResourceActions": allowed_actions(found[0].get("rolePermissions"))}]
        return {**found[0], "rolePermissions": granted}

    def manageable(self, current: Entity) -> None:
        # Who holds it is the customer's business, whoever made it.
        if not self._unassign:
            self._refuse_built_in(current)

    @staticmethod
    def _refuse_built_in(current: Entity) -> None:
        if current.get("isBuiltIn"):
            raise Failure("it is a built-in role of Defender", remedy="Choose another name.", code="CannotBeAdopted")

    def guard(self, current: Entity) -> None:
        if self._adopt or self._assignments.wanted() is None:
            return
        foreign = [x for x in self._assignments.of_role(current) if self._assignments.is_foreign(x)]
        if foreign and self._assignments.look_for_groups():
            foreign = [x for x in foreign if self._assignments.is_foreign(x)]
        if foreign:
            who = ", ".join(str(principal) for x in foreign for principal in x.get("principalIds") or ["nobody"])
            raise Failure(
                f"a role of this name (id {current['id']}) is assigned to others as well ({who}), "
                "who would gain what is granted to it now",
                remedy="Check who they are; then set adopt: true to leave them, or purge_assignments: true to remove them.",
                code="AdoptionRefused",
            )

    def check(self, current: Entity | None) -> None:
        if current is not None:
            self._assignments.cover(current)
        if self._append and current is not None and "rolePermissions" in self.desired:
            there = allowed_actions(current.get("rolePermissions"))
            more = allowed_actions(self.desired["rolePermissions"])
            self.desired["rolePermissions"] = [{"allowedResourceActions": [*there, *(x for x in more if x not in there)]}]

    def create(self, body: Entity) -> Entity:
        made = self.graph.post(_ROLES, body, beta=True)
        if not made.get("id"):
            # Some answers carry no body: find it by name, and never post it again.
            made = self.graph.budget.poll("the role to be listed", lambda: self.find(fresh=True))
            return t.cast(Entity, {**body, **made})

        def same() -> list[str]:
            return [str(x["id"]) for x in all_roles(self.graph, fresh=True) if x.get("displayName") == body["displayName"]]

        keep_one(self.graph, "role", str(made["id"]), same, f"{_ROLES}/{made['id']}")
        return t.cast(Entity, {**body, **made})

    def update(self, current: Entity, changed: Entity) -> Entity:
        self.graph.patch(f"{_ROLES}/{current['id']}", changed, beta=True)
        return {**current, **changed}

    def obstacles(self, current: Entity) -> list[str]:
        held = [x for x in self._assignments.of_role(current) if self._assignments.is_foreign(x)]
        if not held:
            return []
        return [f"{some(len(held), 'assignment')} to others"]

    def delete(self, current: Entity) -> None:
        self._refuse_built_in(current)
        # Deletes its assignments with it.
        self.graph.delete(f"{_ROLES}/{current['id']}", beta=True)

    def shown(self, entity: Entity) -> Entity:
        keep = ("id", "displayName", "description", "rolePermissions", "isBuiltIn", "isEnabled", "assignments")
        return {key: entity[key] for key in keep if key in entity}


def _no_unified_rbac(error: GraphError) -> Failure:
    return Failure(
        f"Defender's unified role-based access control does not answer in this tenant ({error.cause})",
        remedy="The tenant needs Defender for Endpoint Plan 2 with the Endpoint workload activated under unified RBAC; "
        "the role mssp_onboard goes on without it when mssp_onboard_skip_defender is true.",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )
