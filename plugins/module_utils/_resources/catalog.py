# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Catalogs of entitlement management, and the groups in them.

Facts: EM C and D: a resource is added by a request that is accepted before the resource can be seen, and before a
fresh group is known to entitlement management.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import has_code
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import exact, flag, text, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Link, Part, Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import (
    CATALOGS,
    PACKAGES,
    RESOURCE_REQUESTS,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.module_utils._resources.twins import keep_one

_GROUP = "AadGroup"

# A fresh group, as entitlement management sees it. ("ResourceNotFound" is also what it says of a fresh catalog.)
_NOT_YET = ("ResourceNotFoundInOriginSystem", "ResourceNotFound", "Request_ResourceNotFound")
_GRANTED = "InvalidDeleteResourceHasEntitlements"


def find_resource(graph: Graph, catalog_id: str, group_id: str, *, fresh: bool = False) -> Entity | None:
    """A group as resource of a catalog, with its roles and scopes; None when it is not in it."""
    query = {"$filter": f"originId eq {literal(group_id)}", "$expand": "roles,scopes"}
    listed = graph.list(f"{CATALOGS}/{segment(catalog_id)}/resources", query, fresh=fresh)
    found = [resource for resource in listed if word(resource.get("originId")) == word(group_id)]
    return found[0] if found else None


class Resources(Part):
    """The groups of a catalog."""

    property = "resources"
    link_type = "catalog resource"

    def __init__(self, graph: Graph, groups: list[Ref] | None, append: bool) -> None:
        self._graph = graph
        self._groups = groups
        self.purge = not append

    def wanted(self) -> list[Link] | None:
        if self._groups is None:
            return None
        return [Link(ref.key, ref.name, {"displayName": ref.name, "originId": ref.id}) for ref in self._groups]

    def stored(self, entity: Entity, *, fresh: bool = False) -> list[Link]:
        listed = self._graph.list(f"{CATALOGS}/{entity['id']}/resources", fresh=fresh)
        return [self._link(x) for x in listed if word(x.get("originSystem")) == word(_GROUP)]

    @staticmethod
    def _link(resource: Entity) -> Link:
        value = {key: resource.get(key) for key in ("id", "displayName", "originId")}
        return Link(word(resource.get("originId")), resource.get("displayName") or resource["originId"], value, resource)

    def add(self, entity: Entity, link: Link) -> Link:
        group_id = link.value["originId"]
        body = {
            "requestType": "adminAdd",
            "resource": {"originId": group_id, "originSystem": _GROUP},
            "catalog": {"id": entity["id"]},
        }
        try:
            self._graph.when_ready(
                f"entitlement management to know the group '{link.name}'",
                _NOT_YET,
                lambda: self._graph.post(RESOURCE_REQUESTS, body),
            )
        except GraphError as error:
            if not has_code(error, "ResourceAlreadyOnboarded"):
                raise
        return link

    def settle(self, entity: Entity, added: t.Sequence[Link]) -> t.Sequence[Link]:
        # One look for all of them.
        def visible() -> list[Link] | None:
            there = {link.key: link for link in self.stored(entity, fresh=True)}
            return [there[link.key] for link in added] if all(link.key in there for link in added) else None

        which = ", ".join(f"'{link.name}'" for link in added)
        groups = "group" if len(added) == 1 else "groups"
        what = f"the {groups} {which} to be visible in the catalog '{entity.get('displayName')}'"
        return self._graph.budget.poll(what, visible)

    def remove(self, entity: Entity, link: Link) -> None:
        body = {
            "requestType": "adminRemove",
            "resource": {"id": link.raw["id"], "originId": link.raw["originId"], "originSystem": _GROUP},
            "catalog": {"id": entity["id"]},
        }
        try:
            self._remove(entity, link, body)
        except GraphError as error:
            if not has_code(error, _GRANTED):
                raise
            if self._granted(entity, link):
                error.remedy = "An access package still grants this group: change the package first, or set append: true."
                raise
            # For a while after the last package has let go of it, the group still counts as granted.
            self._graph.when_ready(
                f"entitlement management to know that no access package grants the group '{link.name}'",
                (_GRANTED,),
                lambda: self._remove(entity, link, body),
            )

    def _remove(self, entity: Entity, link: Link, body: Entity) -> bool:
        try:
            self._graph.post(RESOURCE_REQUESTS, body)
        except GraphError as error:
            # Sent once. Unknown whether it was done, or not there any more: look.
            if not error.outcome_unknown and error.status != 404:
                raise
            if any(there.key == link.key for there in self.stored(entity, fresh=True)):
                raise
        return True

    def _granted(self, entity: Entity, link: Link) -> bool:
        query = {"$filter": f"catalog/id eq {literal(entity['id'])}", "$expand": "resourceRoleScopes($expand=role,scope)"}
        return any(
            word((item.get("scope") or {}).get("originId")) == link.key
            for package in self._graph.list(PACKAGES, query, fresh=True)
            for item in package.get("resourceRoleScopes") or []
        )


class Catalog(Resource):
    """One catalog, by name.

    :param groups: the groups in it; None leaves them alone.
    :param append: leave other groups in it alone.
    """

    type = "catalog"
    permissions: t.ClassVar[Permissions] = Permissions(
        read=("EntitlementManagement.Read.All",),
        # A group is added to a catalog only by who may change groups.
        write=("EntitlementManagement.ReadWrite.All", "Group.ReadWrite.All"),
    )
    properties = (
        Property("displayName", "name", exact),
        Property("description", "description", text),
        Property("state", "published", word),
        Property("isExternallyVisible", "externally_visible", flag),
    )
    # Without published and visible to externals nobody of the MSSP could request anything (practice S1). What the
    # service takes when they are left out is not documented, so they are always sent.
    on_create = {"description": "", "state": "published", "isExternallyVisible": True}

    def __init__(
        self,
        graph: Graph,
        desired: Entity,
        *,
        catalog_id: str | None = None,
        groups: list[Ref] | None = None,
        append: bool = False,
    ) -> None:
        self.graph = graph
        self.desired = desired
        self.identifier = catalog_id
        self._parts = (Resources(graph, groups, append),)

    @property
    def name(self) -> str:
        return str(self.desired.get("displayName") or self.identifier)

    def parts(self) -> t.Sequence[Part]:
        return self._parts

    def find(self, *, fresh: bool = False) -> Entity | None:
        if self.identifier:
            found = self.graph.find(f"{CATALOGS}/{segment(self.identifier)}", fresh=fresh)
            return t.cast("Entity | None", found)
        same = self._of_name(self.desired["displayName"], fresh)
        if len(same) > 1:
            ids = ", ".join(str(catalog["id"]) for catalog in same)
            raise Failure(
                f"{len(same)} catalogs have this name ({ids})", remedy="Name the right one by catalog_id.", code="Ambiguous"
            )
        return same[0] if same else None

    def _of_name(self, name: str, fresh: bool) -> list[Entity]:
        listed = self.graph.list(CATALOGS, {"$filter": f"displayName eq {literal(name)}"}, fresh=fresh)
        return [catalog for catalog in listed if catalog.get("displayName") == name]

    def manageable(self, current: Entity) -> None:
        if word(current.get("catalogType")) not in ("usermanaged", ""):
            raise Failure("it is a catalog that Microsoft manages", remedy="Choose another name.", code="CannotBeAdopted")

    def create(self, body: Entity) -> Entity:
        made = {**body, **self.graph.post(CATALOGS, body)}
        # Whether a tenant takes two catalogs of one name is not documented.
        keep_one(
            self.graph,
            "catalog",
            str(made["id"]),
            lambda: [str(x["id"]) for x in self._of_name(str(body["displayName"]), fresh=True)],
            f"{CATALOGS}/{made['id']}",
        )
        return made

    def update(self, current: Entity, changed: Entity) -> Entity:
        self.graph.patch(f"{CATALOGS}/{current['id']}", changed)
        return {**current, **changed}

    def obstacles(self, current: Entity) -> list[str]:
        listed = self.graph.list(PACKAGES, {"$filter": f"catalog/id eq {literal(current['id'])}"})
        return [f"the access package '{package.get('displayName')}' is in it" for package in listed]

    def delete(self, current: Entity) -> None:
        self.graph.delete(f"{CATALOGS}/{current['id']}")
