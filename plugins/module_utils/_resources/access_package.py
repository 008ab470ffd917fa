# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Access packages, and the group roles that they grant.

Facts: EM E: names are unique per catalog only; role scopes are read through `$expand` alone; a role that no package
uses yet shows the zero GUID, so its origin id identifies it.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import exact, flag, text, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_reading import not_ended
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Link, Part, Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import find_resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.directory_objects import DirectoryObjects
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import ASSIGNMENTS, PACKAGES
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref

EXPAND = "catalog,resourceRoleScopes($expand=role,scope)"
_ZERO = "00000000-0000-0000-0000-000000000000"

_NOT_YET = ("ResourceNotFound", "RoleNotFound")


class GroupRole(t.NamedTuple):
    """A role of a group that a package grants: `Member` or `Owner`."""

    group: Ref
    role: str


class RoleScopes(Part):
    """What a package grants."""

    property = "resourceRoleScopes"
    link_type = "role scope"

    def __init__(self, graph: Graph, catalog: Ref | None, roles: list[GroupRole] | None, append: bool) -> None:
        self._graph = graph
        self._catalog = catalog
        self._roles = roles
        self.purge = not append

    def wanted(self) -> list[Link] | None:
        if self._roles is None:
            return None
        return [
            Link(
                (word(f"{item.role}_{item.group.key}"), item.group.key),
                f"{item.role} of {item.group.name}",
                {"role": item.role, "group": item.group.id},
                item,
            )
            for item in self._roles
        ]

    def stored(self, entity: Entity) -> list[Link]:
        scopes = entity.get("resourceRoleScopes")
        if scopes is None:
            found = self._graph.get(f"{PACKAGES}/{entity['id']}", {"$expand": EXPAND}, fresh=True)
            scopes = found.get("resourceRoleScopes") or []
        return [self._link(item) for item in scopes]

    @staticmethod
    def _link(item: Entity) -> Link:
        role, scope = item.get("role") or {}, item.get("scope") or {}
        name = f"{role.get('displayName')} of {scope.get('displayName') or scope.get('originId')}"
        value = {"id": item.get("id"), "role": role.get("displayName"), "group": scope.get("originId")}
        return Link((word(role.get("originId")), word(scope.get("originId"))), name, value, item)

    def add(self, entity: Entity, link: Link) -> Link:
        item: GroupRole = link.raw
        group_id = item.group.id
        catalog_id = str((entity.get("catalog") or {}).get("id") or (self._catalog.id if self._catalog else ""))
        resource = self._told(group_id) or self._graph.budget.poll(
            f"the group '{item.group.name}' to be in the package's catalog",
            lambda: find_resource(self._graph, catalog_id, group_id, fresh=True),
        )
        body = _body(resource, group_id, item.role)
        made = self._graph.when_ready(
            f"entitlement management to know the role '{item.role}' of the group '{item.group.name}'",
            _NOT_YET,
            lambda: self._graph.post(f"{PACKAGES}/{entity['id']}/resourceRoleScopes", body),
        )
        return Link(link.key, link.name, {**link.value, "id": made.get("id")})

    def _told(self, group_id: str) -> Entity | None:
        # The task that saw to the catalog has seen its groups.
        known = (self._catalog.told.get("resources") if self._catalog else None) or []
        return next((x for x in known if x.get("id") and word(x.get("originId")) == word(group_id)), None)

    def remove(self, entity: Entity, link: Link) -> None:
        self._graph.delete(f"{PACKAGES}/{entity['id']}/resourceRoleScopes/{segment(str(link.value['id']))}")


def _body(resource: Entity, group_id: str, role_name: str) -> Entity:
    origin = {"originSystem": "AadGroup"}
    role_origin = f"{role_name}_{group_id}"
    role: Entity = {"displayName": role_name, "originId": role_origin, **origin}
    for known in resource.get("roles") or []:
        if word(known.get("originId")) == word(role_origin) and known.get("id") not in (None, _ZERO):
            role["id"] = known["id"]
    role["resource"] = {"id": resource["id"], "originId": group_id, **origin}
    scope: Entity = {"originId": group_id, "isRootScope": True, **origin}
    for known in resource.get("scopes") or []:
        if word(known.get("originId")) == word(group_id) and known.get("id") not in (None, _ZERO):
            scope["id"] = known["id"]
    return {"role": role, "scope": scope}


class AccessPackage(Resource):
    """One access package, by catalog and name, or by id.

    :param catalog: None when the package is named by its id.
    :param roles: what it grants; None leaves that alone.
    :param append: leave what else it grants.
    :param append_incompatible: leave what else it excludes.
    :param incompatible_groups: whose members cannot get it; None leaves that alone, as for `incompatible_packages`.
    """

    type = "access package"
    permissions: t.ClassVar[Permissions] = Permissions(
        read=("EntitlementManagement.Read.All",), write=("EntitlementManagement.ReadWrite.All",)
    )
    properties = (
        Property("displayName", "name", exact),
        Property("description", "description", text),
        Property("isHidden", "hidden", flag),
    )
    on_create = {"description": "", "isHidden": False}

    def __init__(
        self,
        graph: Graph,
        desired: Entity,
        *,
        package_id: str | None = None,
        catalog: Ref | None = None,
        roles: list[GroupRole] | None = None,
        append: bool = False,
        append_incompatible: bool = False,
        incompatible_groups: list[Ref] | None = None,
        incompatible_packages: list[Ref] | None = None,
    ) -> None:
        self.graph = graph
        self.desired = desired
        self.identifier = package_id
        self._catalog = catalog
        excluded = (("incompatibleGroups", incompatible_groups), ("incompatibleAccessPackages", incompatible_packages))
        self._parts = (
            RoleScopes(graph, catalog, roles, append),
            *(DirectoryObjects(graph, PACKAGES, prop, refs, append=append_incompatible) for prop, refs in excluded),
        )

    @property
    def name(self) -> str:
        return str(self.desired.get("displayName") or self.identifier)

    def parts(self) -> t.Sequence[Part]:
        return self._parts

    def find(self, *, fresh: bool = False) -> Entity | None:
        if self.identifier:
            found = self.graph.find(f"{PACKAGES}/{segment(self.identifier)}", {"$expand": EXPAND}, fresh=fresh)
            return t.cast("Entity | None", found)
        if self._catalog is None:
            raise Failure("the catalog is not named, and package names are unique only in a catalog", remedy="Set catalog.")
        if not self._catalog.known or (not fresh and self._catalog.empty):
            return None
        # The catalog's packages in one request, which the items of a loop share.
        query = {"$filter": f"catalog/id eq {literal(self._catalog.id)}", "$expand": EXPAND}
        listed = self.graph.list(PACKAGES, query, fresh=fresh)
        same = [package for package in listed if package.get("displayName") == self.desired["displayName"]]
        if len(same) > 1:
            ids = ", ".join(str(package["id"]) for package in same)
            raise Failure(
                f"{len(same)} access packages of the catalog have this name ({ids})",
                remedy="Name the right one by package_id.",
                code="Ambiguous",
            )
        return same[0] if same else None

    def check(self, current: Entity | None) -> None:
        if current is None or self._catalog is None or not self._catalog.known:
            return
        there = (current.get("catalog") or {}).get("id")
        if there and word(there) != word(self._catalog.id):
            raise Failure(
                f"it lies in another catalog ({there}), and Graph v1.0 cannot move it",
                remedy="Leave catalog out, or delete the package and let it be made anew.",
                code="CannotBeChanged",
            )

    def create(self, body: Entity) -> Entity:
        catalog = t.cast(Ref, self._catalog)
        made = self.graph.when_ready(
            f"the catalog '{catalog.name}' to be known",
            _NOT_YET,
            lambda: self.graph.post(PACKAGES, {**body, "catalog": {"id": catalog.id}}),
        )
        return {**body, **made, "catalog": {"id": catalog.id}, "resourceRoleScopes": []}

    def update(self, current: Entity, changed: Entity) -> Entity:
        self.graph.patch(f"{PACKAGES}/{current['id']}", changed)
        return {**current, **changed}

    def obstacles(self, current: Entity) -> list[str]:
        query = {"$filter": f"accessPackage/id eq {literal(current['id'])}", "$expand": "target"}
        live = not_ended(self.graph.list(ASSIGNMENTS, query))
        people = ", ".join(repr((x.get("target") or {}).get("displayName") or "somebody") for x in live[:5])
        return [f"{some(len(live), 'live assignment')} ({people})"] if live else []

    def delete(self, current: Entity) -> None:
        self.graph.delete(f"{PACKAGES}/{current['id']}")
