# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A resource and a set of links in memory, for what decides and does without Graph."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._normalise import exact, flag, text
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Link, Part, Property, Resource


class MemoryPart(Part):
    """Links are words; case does not matter. They are stored in the entity."""

    def __init__(self, owner: Memory, prop: str, wanted: list[str] | None, purge: bool, link_type: str | None) -> None:
        self.property = prop
        self.purge = purge
        self.link_type = link_type
        self._owner = owner
        self._wanted = wanted

    @staticmethod
    def _links(values: t.Iterable[str]) -> list[Link]:
        return [Link(value.lower(), f"name of {value}", value) for value in values]

    def wanted(self) -> list[Link] | None:
        return None if self._wanted is None else self._links(self._wanted)

    def stored(self, entity: Entity) -> list[Link]:
        stored = self._owner.stored or {}
        return self._links(stored.get(self.property) or [])

    def add(self, entity: Entity, link: Link) -> Link:
        self._owner.log.append(f"add {link.key}")
        assert self._owner.stored is not None
        self._owner.stored.setdefault(self.property, []).append(link.value)
        return link

    def remove(self, entity: Entity, link: Link) -> None:
        self._owner.log.append(f"remove {link.key}")
        assert self._owner.stored is not None
        self._owner.stored[self.property].remove(link.value)


class Memory(Resource):
    """A thing by its display name. `log` holds every write, `finds` whether each look was fresh."""

    type = "thing"
    properties = (
        Property("displayName", "name", exact),
        Property("note", "note", text),
        Property("hidden", "hidden", flag),
        Property("kind", "kind", exact, fixed="Leave kind out."),
        Property("nested.deep", "deep", text),
    )
    on_create = {"note": "", "hidden": False}

    def __init__(
        self,
        desired: Entity,
        stored: Entity | None = None,
        *,
        links: t.Mapping[str, list[str] | None] | None = None,
        purge: bool = True,
        link_type: str | None = None,
    ) -> None:
        self.desired = copy.deepcopy(desired)
        self.stored = copy.deepcopy(stored)
        self.log: list[str] = []
        self.finds: list[bool] = []
        self.on_post: t.Callable[[], GraphError] | None = None
        self._parts = [MemoryPart(self, prop, wanted, purge, link_type) for prop, wanted in (links or {}).items()]
        self._body: Entity = {}
        self._hidden_for = 0

    @property
    def part(self) -> MemoryPart:
        """The only set of links."""
        return self._parts[0]

    @property
    def name(self) -> str:
        return str(self.desired["displayName"])

    def parts(self) -> t.Sequence[Part]:
        return self._parts

    def find(self, *, fresh: bool = False) -> Entity | None:
        self.finds.append(fresh)
        if self._hidden_for > 0:
            self._hidden_for -= 1
            return None
        return copy.deepcopy(self.stored)

    def create(self, body: Entity) -> Entity:
        self.log.append(f"create {body}")
        self._body = body
        if self.on_post is not None:
            raise self.on_post()
        self.keep()
        return copy.deepcopy(t.cast(Entity, self.stored))

    def keep(self, visible_after: int = 0) -> None:
        """Store what was posted; only the n-th look finds it."""
        self.stored = {"id": "id-1", **copy.deepcopy(self._body)}
        self._hidden_for = max(0, visible_after - 1)

    def update(self, current: Entity, changed: Entity) -> Entity:
        self.log.append(f"update {changed}")
        assert self.stored is not None
        for key, value in changed.items():
            if isinstance(value, dict):
                value = {**(self.stored.get(key) or {}), **value}
            self.stored[key] = value
        return copy.deepcopy(self.stored)

    def delete(self, current: Entity) -> None:
        self.log.append(f"delete {current['id']}")
        self.stored = None
