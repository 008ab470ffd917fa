# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The one loop: compare what is with what is wanted, say what differs, make it so.

No Ansible and no HTTP of its own. A resource (`_resources/`) says how one kind of object is found, compared and
written; `reconcile` decides what happens in which order, the same for every kind. In check mode it stops after
planning, so what it predicts is by construction what a run then does.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput, doing
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, has, pick, put
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import (
    KNOWN_AFTER_APPLY,
    Link,
    Part,
    Property,
    Resource,
)


@dataclasses.dataclass(frozen=True)
class Change:
    """One difference, and with it one thing that a run does. Property is None when an object comes or goes."""

    type: str
    name: str
    id: str | None
    action: t.Literal["create", "update", "delete"]
    property: str | None
    before: t.Any
    after: t.Any

    def as_result(self) -> dict[str, t.Any]:
        """As modules return it in `changes`."""
        return {
            "object": {"type": self.type, "name": self.name, "id": self.id},
            "action": self.action,
            "property": self.property,
            "before": self.before,
            "after": self.after,
        }


@dataclasses.dataclass
class Outcome:
    """What happened, or what would happen."""

    changes: list[Change]
    # The object as it is now (in check mode: as it would be); None when it is absent.
    entity: Entity | None
    # Exactly what is managed, for the diff.
    before: Entity
    after: Entity

    @property
    def changed(self) -> bool:
        """Whether anything differs from what was wanted."""
        return bool(self.changes)


def differences(properties: t.Sequence[Property], current: Entity, desired: Entity) -> list[tuple[Property, t.Any, t.Any]]:
    """(property, before, after) for each stated property whose meaning differs. Pure.

    Where a whole differs (the number of approval stages), what lies inside it is not reported again.
    """
    found: list[tuple[Property, t.Any, t.Any]] = []
    for prop in properties:
        if not prop.compared or not has(desired, prop.path):
            continue
        if any(prop.path.startswith(whole.path + ".") for whole, dummy, dummy2 in found):
            continue
        before, after = pick(current, prop.path), pick(desired, prop.path)
        if prop.same(before) != prop.same(after):
            found.append((prop, before, after))
    return found


@dataclasses.dataclass
class _PartPlan:
    part: Part
    stored: list[Link]
    add: list[Link]
    remove: list[Link]

    @property
    def result(self) -> list[Link]:
        gone = {link.key for link in self.remove}
        return [link for link in self.stored if link.key not in gone] + self.add


def plan_links(part: Part, stored: t.Sequence[Link], wanted: t.Sequence[Link]) -> _PartPlan:
    """What to add to a set and what to remove from it. Pure."""
    there = {link.key for link in stored}
    unique = {link.key: link for link in wanted}
    add = [link for key, link in unique.items() if key not in there]
    remove = [link for link in stored if link.key not in unique] if part.purge else []
    return _PartPlan(part, list(stored), add, remove)


def reconcile(resource: Resource, *, state: str = "present", check_mode: bool = False, force: bool = False) -> Outcome:
    """Bring one object to the wanted state; in check mode only say what that would take.

    :param state: `present` or `absent`.
    :param force: delete the object although it is in use.
    :raises Failure: what the resource refuses, and with `GraphError` what Graph does; it says what was being done.
    """
    label = f"{resource.type} '{resource.name}'"
    with doing(f"read the {label}"):
        current = resource.find()
        if current is None and resource.identifier and state == "present":
            raise InvalidInput(
                f"there is no {resource.type} with the id {resource.identifier}",
                remedy="Check the id, or leave it out and name the object.",
            )
    if current is not None:
        with doing(f"take over the {label}"):
            resource.manageable(current)
            if state == "present":
                resource.guard(current)
    if state == "absent":
        return _absent(resource, current, label, check_mode, force)
    with doing(f"plan the {label}"):
        resource.check(current)
        planned = _plan(resource, current)
    if check_mode:
        return planned.outcome(_predicted(planned))
    if current is None and planned.changes:
        with doing(f"create the {label}"):
            current, made_by_us = _create(resource, planned.body)
        if not made_by_us:
            # Something made it meanwhile (a lost answer of ours, or another run): what remains to be done is a plan anew.
            with doing(f"take over the {label}"):
                resource.guard(current)
            with doing(f"plan the {label}"):
                after_find = _plan(resource, current)
            return _apply(resource, after_find, label, first=planned.changes[:1])
        planned.entity = _as_kept(resource, planned, current)
    return _apply(resource, planned, label)


@dataclasses.dataclass
class _Planned:
    resource: Resource
    entity: Entity | None
    changes: list[Change]
    # Create: the whole body. Update: the changed properties only.
    body: Entity
    parts: list[_PartPlan]
    before: Entity
    after: Entity
    exists: bool

    def outcome(self, entity: Entity | None, first: t.Sequence[Change] = ()) -> Outcome:
        return Outcome([*first, *self.changes], entity, self.before, self.after)


def _plan(resource: Resource, current: Entity | None) -> _Planned:
    changes: list[Change] = []
    before: Entity = {}
    after: Entity = {}
    body: Entity = {}
    identifier = current.get("id") if current else None
    if current is None:
        body = copy.deepcopy(resource.desired)
        for path, value in resource.on_create.items():
            if not has(body, path):
                put(body, path, copy.deepcopy(value))
        after = copy.deepcopy(body)
        changes.append(Change(resource.type, resource.name, None, "create", None, None, copy.deepcopy(body)))
    else:
        for prop, old, new in differences(resource.properties, current, resource.desired):
            if prop.fixed:
                raise Failure(
                    f"{prop.option} is {_in_words(old)} and cannot be changed to {_in_words(new)}",
                    remedy=prop.fixed,
                    code="CannotBeChanged",
                )
            put(body, prop.path, copy.deepcopy(new))
            changes.append(Change(resource.type, resource.name, identifier, "update", prop.path, old, new))
        whole = resource.merge(current, body)
        for prop in resource.properties:
            if not prop.compared or not has(resource.desired, prop.path):
                continue
            if has(current, prop.path):
                put(before, prop.path, copy.deepcopy(pick(current, prop.path)))
            if has(whole, prop.path):
                put(after, prop.path, copy.deepcopy(pick(whole, prop.path)))
    parts = []
    for part in resource.parts():
        wanted = part.wanted()
        if wanted is None:
            continue
        planned = plan_links(part, part.stored(current) if current else [], wanted)
        parts.append(planned)
        changes.extend(_link_changes(resource, identifier, planned, created=current is None))
        if current is not None:
            before[part.property] = [link.value for link in planned.stored]
        if current is not None or planned.result:
            after[part.property] = [link.value for link in planned.result]
    return _Planned(resource, current, changes, body, parts, before, after, exists=current is not None)


def _in_words(value: t.Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "not set" if value is None else f"'{value}'"


def _link_changes(resource: Resource, identifier: str | None, planned: _PartPlan, *, created: bool) -> list[Change]:
    part = planned.part
    if part.link_type is not None:
        kind = part.link_type
        return [Change(kind, f"{resource.name}: {x.name}", None, "create", None, None, x.value) for x in planned.add] + [
            Change(kind, f"{resource.name}: {x.name}", None, "delete", None, x.value, None) for x in planned.remove
        ]
    if not planned.add and not planned.remove:
        return []
    return [
        Change(
            resource.type,
            resource.name,
            KNOWN_AFTER_APPLY if created else identifier,
            "update",
            part.property,
            [link.value for link in planned.stored],
            [link.value for link in planned.result],
        )
    ]


def _predicted(planned: _Planned) -> Entity:
    entity = planned.resource.merge(planned.entity or {"id": KNOWN_AFTER_APPLY}, planned.body)
    for part in planned.parts:
        entity[part.part.property] = [link.value for link in part.result]
    return planned.resource.shown(entity)


def _create(resource: Resource, body: Entity) -> tuple[Entity, bool]:
    try:
        return resource.create(copy.deepcopy(body)), True
    except GraphError as error:
        if not error.outcome_unknown:
            raise
        # Never post again blindly: the object may be there, or may become visible in a moment.
        found = _look_up(resource)
        if found is None:
            error.remedy = "Whether it was created is not known; run again: the next run looks for it first."
            raise
        return found, False


def _look_up(resource: Resource) -> Entity | None:
    return _until_seen(resource, lambda: resource.find(fresh=True))


T = t.TypeVar("T")


def _until_seen(resource: Resource, look: t.Callable[[], T | None]) -> T | None:
    """What `look` finds within a few seconds of the task's budget: what was written may not be visible at once."""
    graph = getattr(resource, "graph", None)
    # A resource that is kept elsewhere has nothing to wait for.
    return t.cast("T | None", graph.budget.glance(look)) if graph else look()


def _apply(resource: Resource, planned: _Planned, label: str, first: t.Sequence[Change] = ()) -> Outcome:
    entity = t.cast(Entity, planned.entity)
    if planned.exists and planned.body:
        with doing(f"change the {label}"):
            entity = _as_kept(resource, planned, resource.update(entity, planned.body))
    for part in planned.parts:
        kept = {link.key: link for link in part.result}
        # Adding before removing: access never has a gap.
        added = []
        for link in part.add:
            with doing(f"add {link.name} to the {label}"):
                added.append(_add(resource, part.part, entity, link))
        if added:
            with doing(f"add {', '.join(link.name for link in added)} to the {label}"):
                kept.update({link.key: link for link in part.part.settle(entity, added)})
        for link in part.remove:
            with doing(f"remove {link.name} from the {label}"):
                part.part.remove(entity, link)
        entity = {**entity, part.part.property: [link.value for link in kept.values()]}
    return planned.outcome(resource.shown(entity), first)


def _as_kept(resource: Resource, planned: _Planned, written: Entity) -> Entity:
    """The object after a write, corrected by what the service has forgotten of it.

    Some tenants' services accept a few flags and do not keep them (practice S8). What was not kept is no change of this run, or
    every run would report it: it is told as a note instead.
    """
    fragile = [x for x in resource.properties if x.fragile and x.same(pick(planned.body, x.path)) != x.same(None)]
    if not fragile:
        return written
    # The answer to a create shows what was stored. After a change it is read again.
    stored = resource.find(fresh=True) if planned.exists else written
    before = planned.entity or {}
    if stored is None or (planned.exists and stored.get("modifiedDateTime") == before.get("modifiedDateTime")):
        # A read that does not know the write yet tells nothing.
        return written
    forgotten = [x for x in fragile if x.same(pick(stored, x.path)) == x.same(None)]
    for prop in forgotten:
        kept = pick(stored, prop.path)
        put(written, prop.path, kept)
        put(planned.after, prop.path, kept)
    paths = {x.path for x in forgotten}
    planned.changes[:] = [change for change in planned.changes if change.property not in paths]
    if forgotten:
        resource.notes = [
            *resource.notes,
            f"the service of this tenant does not keep {', '.join(sorted(paths))} of the {resource.type} '{resource.name}': "
            "set it in the portal, or state the value that the tenant has",
        ]
    return written


def _add(resource: Resource, part: Part, entity: Entity, link: Link) -> Link:
    try:
        return part.add(entity, link)
    except GraphError as error:
        # Sent once. Unknown whether it was done, or refused because it is there already: look.
        if not error.outcome_unknown and error.status not in (400, 409):
            raise
        # Without what was read before: the part reads anew.
        bare = {key: value for key, value in entity.items() if key != part.property}

        def look() -> Link | None:
            return next((there for there in part.stored(bare) if there.key == link.key), None)

        found = _until_seen(resource, look) if error.outcome_unknown else look()
        if found is None:
            raise
        return found


def _absent(resource: Resource, current: Entity | None, label: str, check_mode: bool, force: bool) -> Outcome:
    if current is None:
        return Outcome([], None, {}, {})
    with doing(f"delete the {label}"):
        obstacles = [] if force else resource.obstacles(current)
        if obstacles:
            raise Failure(
                f"it is still in use: {'; '.join(obstacles)}",
                remedy="Remove what stands in the way, or set force: true to delete it all the same.",
                code="InUse",
            )
        before = {"displayName": current.get("displayName"), "id": current.get("id")}
        if not check_mode:
            resource.delete(current)
    change = Change(resource.type, resource.name, current.get("id"), "delete", None, before, None)
    return Outcome([change], None, before, {})
