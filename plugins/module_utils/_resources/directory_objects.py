# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Sets of references that belong to an object: members and owners of groups, sponsors, what a package excludes."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Link, Part
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref

# A new object is not known everywhere at once.
_NOT_YET = ("Request_ResourceNotFound", "ResourceNotFound")


class DirectoryObjects(Part):
    """References to users, groups or other objects, by id.

    :param owners_path: the collection that the owning object is in: `groups`.
    :param prop: the set's name in Graph: `members`.
    :param wanted: None leaves the set alone.
    :param append: leave others in the set.
    :param targets_path: the collection that a reference names, where it is not the referred object's own.
    """

    def __init__(
        self,
        graph: Graph,
        owners_path: str,
        prop: str,
        wanted: list[Ref] | None,
        *,
        append: bool = False,
        targets_path: str | None = None,
    ) -> None:
        self._targets_path = targets_path
        self._graph = graph
        self._owners_path = owners_path
        self.property = prop
        self._wanted = wanted
        self.purge = not append

    def wanted(self) -> list[Link] | None:
        if self._wanted is None:
            return None
        return [Link(ref.key, ref.name, ref.id, self._targets_path or ref.collection) for ref in self._wanted]

    def stored(self, entity: Entity) -> list[Link]:
        found = self._graph.list(self._path(entity), {"$select": "id,displayName"})
        return [Link(x["id"].lower(), x.get("displayName") or x["id"], x["id"]) for x in found]

    def add(self, entity: Entity, link: Link) -> Link:
        body = {"@odata.id": f"{self._graph.base_url}/v1.0/{link.raw}/{link.value}"}
        self._graph.when_ready(
            f"the directory to know both '{entity.get('displayName')}' and {link.name}",
            _NOT_YET,
            lambda: self._graph.post(f"{self._path(entity)}/$ref", body),
        )
        return link

    def remove(self, entity: Entity, link: Link) -> None:
        # Always with $ref: without it Graph deletes the member itself.
        self._graph.delete(f"{self._path(entity)}/{segment(str(link.value))}/$ref")

    def _path(self, entity: Entity) -> str:
        return f"{self._owners_path}/{entity['id']}/{self.property}"
