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

import abc
import copy
import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, doing
from ansible_collections.mssp.defender.plugins.module_utils._normalise import Normaliser

Entity = dict[str, t.Any]

# What the server will give, in the place of a value that only exists after the run. Check mode only.
KNOWN_AFTER_APPLY = "(known after apply)"


@dataclasses.dataclass(frozen=True)
class Property:
    """One managed property of an entity.

    :param path: where it stands in Graph's entity, with dots: `requestorSettings.enableTargetsToSelfAddAccess`.
    :param option: the module's option that states it, for documentation and messages.
    :param same: maps a value to its meaning; the property differs when the meanings do.
    :param fixed: what to do when it differs but cannot be changed, as a sentence; None when it can be changed.
    :param compared: False for what is sent but means nothing afterwards, such as a start date in the past.
    """

    path: str
    option: str
    same: Normaliser
    fixed: str | None = None
    compared: bool = True


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


@dataclasses.dataclass(frozen=True)
class Link:
    """One element of a set that belongs to an object: a member, an assignment, a role scope.

    :param key: identifies it; equal keys are the same link.
    :param name: for people.
    :param value: what a result shows of it.
    :param raw: what the resource needs to add or to remove it.
    """

    key: t.Hashable
    name: str
    value: t.Any
    raw: t.Any = None


class Part(abc.ABC):
    """A set of links of an object, compared as a set.

    `property` names it in the object's view. When `link_type` is None the set is a property of the object and a
    difference is one change; otherwise each link is an object of its own, with changes of its own.
    """

    property: str
    link_type: str | None = None
    # Whether links that are there and not wanted are removed.
    purge: bool = True

    @abc.abstractmethod
    def wanted(self) -> list[Link] | None:
        """What the user stated; None when nothing."""

    @abc.abstractmethod
    def stored(self, entity: Entity) -> list[Link]:
        """What is there."""

    @abc.abstractmethod
    def add(self, entity: Entity, link: Link) -> Link:
        """Add it; returns it as it is now."""

    @abc.abstractmethod
    def remove(self, entity: Entity, link: Link) -> None:
        """Remove it."""


class Resource(abc.ABC):
    """One kind of Graph object, with what the user wants of one of them."""

    # In people's words, for messages and for `changes`: "group", "Defender role".
    type: t.ClassVar[str]
    properties: t.ClassVar[tuple[Property, ...]]
    # Extra properties that a create sends when the user did not state them.
    on_create: t.ClassVar[t.Mapping[str, t.Any]] = {}

    # Only what the user stated, nested as Graph nests it.
    desired: Entity

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """How people call this object."""

    @abc.abstractmethod
    def find(self, *, fresh: bool = False) -> Entity | None:
        """The object as Graph has it, or None. More than one match is a Failure that lists them."""

    def guard(self, current: Entity) -> None:  # noqa: B027
        """Raise a Failure when this object must not be taken over (decisions M6)."""

    def check(self, current: Entity | None) -> None:  # noqa: B027
        """Raise a Failure, before the first write, for what the service would refuse."""

    @abc.abstractmethod
    def create(self, body: Entity) -> Entity:
        """POST once."""

    @abc.abstractmethod
    def update(self, current: Entity, changed: Entity) -> Entity:
        """Write the changed properties; returns the entity as it is now."""

    @abc.abstractmethod
    def delete(self, current: Entity) -> None:
        """Delete it and, where a later step relies on it, wait until it is gone."""

    def obstacles(self, current: Entity) -> list[str]:
        """What stands in the way of deleting it without `force`, each as a clause."""
        return []

    def parts(self) -> t.Sequence[Part]:
        """The sets of links it has."""
        return ()

    def shown(self, entity: Entity) -> Entity:
        """The object as the module returns it."""
        return entity


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


def pick(entity: t.Any, path: str) -> t.Any:
    """The value at a dotted path, or None. Numbers index lists: `stages.0.primaryApprovers`."""
    for step in path.split("."):
        if isinstance(entity, list):
            entity = entity[int(step)] if int(step) < len(entity) else None
        elif isinstance(entity, dict):
            entity = entity.get(step)
        else:
            return None
    return entity


def has(entity: t.Any, path: str) -> bool:
    """Whether the user stated a value at this path."""
    for step in path.split("."):
        if isinstance(entity, list):
            if int(step) >= len(entity):
                return False
            entity = entity[int(step)]
        elif isinstance(entity, dict) and step in entity:
            entity = entity[step]
        else:
            return False
    return True


def put(entity: Entity, path: str, value: t.Any) -> None:
    """Set the value at a dotted path, making the objects and lists on the way."""
    steps = path.split(".")
    at: t.Any = entity
    for step, following in zip(steps, [*steps[1:], ""], strict=True):
        made: t.Any = ([] if following.isdigit() else {}) if following else value
        if isinstance(at, list):
            at.extend({} for dummy in range(int(step) + 1 - len(at)))
            key: t.Any = int(step)
            there = at[key]
        else:
            key = step
            there = at.get(step)
        if not following or not isinstance(there, type(made)):
            at[key] = made
        at = at[key]


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
    """Bring one object to the wanted state; in check mode only say what that would take."""
    label = f"{resource.type} '{resource.name}'"
    with doing(f"read the {label}"):
        current = resource.find()
    if state == "absent":
        return _absent(resource, current, label, check_mode, force)
    if current is not None:
        with doing(f"take over the {label}"):
            resource.guard(current)
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
        planned.entity = current
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
                    f"{prop.path} is {old!r} and cannot be changed to {new!r}", remedy=prop.fixed, code="CannotBeChanged"
                )
            put(body, prop.path, copy.deepcopy(new))
            changes.append(Change(resource.type, resource.name, identifier, "update", prop.path, old, new))
        for prop in resource.properties:
            if not prop.compared or not has(resource.desired, prop.path):
                continue
            if has(current, prop.path):
                put(before, prop.path, copy.deepcopy(pick(current, prop.path)))
            if has(body, prop.path) or has(current, prop.path):
                shown = pick(body, prop.path) if has(body, prop.path) else pick(current, prop.path)
                put(after, prop.path, copy.deepcopy(shown))
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
    entity = overlay(planned.entity or {"id": KNOWN_AFTER_APPLY}, planned.body)
    for part in planned.parts:
        entity[part.part.property] = [link.value for link in part.result]
    return planned.resource.shown(entity)


def overlay(current: t.Any, changed: t.Any) -> t.Any:
    """`current` with the values of `changed` put over it, objects by key; both stay as they are."""
    if not isinstance(current, dict) or not isinstance(changed, dict):
        return copy.deepcopy(changed)
    merged = copy.deepcopy(current)
    for key, value in changed.items():
        merged[key] = overlay(merged.get(key), value)
    return merged


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
    budget = getattr(getattr(resource, "graph", None), "budget", None)
    for pause in (0.0, 1.0, 3.0, 6.0):
        if pause and budget is not None:
            if not budget.fits(pause):
                break
            budget.sleep(pause)
        found = look()
        if found is not None:
            return found
    return None


def _apply(resource: Resource, planned: _Planned, label: str, first: t.Sequence[Change] = ()) -> Outcome:
    entity = t.cast(Entity, planned.entity)
    if planned.exists and planned.body:
        with doing(f"change the {label}"):
            entity = resource.update(entity, planned.body)
    for part in planned.parts:
        kept = {link.key: link for link in part.result}
        # Adding before removing: access never has a gap.
        for link in part.add:
            with doing(f"add {link.name} to the {label}"):
                kept[link.key] = _add(resource, part.part, entity, link)
        for link in part.remove:
            with doing(f"remove {link.name} from the {label}"):
                part.part.remove(entity, link)
        entity = {**entity, part.part.property: [link.value for link in kept.values()]}
    return planned.outcome(resource.shown(entity), first)


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
