# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What the one loop (`_reconcile.py`) needs to know of a kind of object: the contract that every resource fulfils.

In this directory whatever is given a `Graph` can raise `GraphError`, for a request that Graph refuses or does not answer.
Docstrings name only what is raised beyond that.
"""

from __future__ import annotations

import abc
import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import Normaliser
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, overlay
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

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
    :param fragile: True for what the service of some tenants does not keep.
    """

    path: str
    option: str
    same: Normaliser
    fixed: str | None = None
    compared: bool = True
    fragile: bool = False


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

    def settle(self, entity: Entity, added: t.Sequence[Link]) -> t.Sequence[Link]:
        """After all of them were added: wait for what a later step relies on; returns them as they are now."""
        return added

    @abc.abstractmethod
    def remove(self, entity: Entity, link: Link) -> None:
        """Remove it."""


def stated(properties: t.Sequence[Property], params: t.Mapping[str, t.Any]) -> Entity:
    """The properties that the module's arguments state, where an option is the property's value as it is."""
    return {prop.path: params[prop.option] for prop in properties if params.get(prop.option) is not None}


class Resource(abc.ABC):
    """One kind of Graph object, with what the user wants of one of them."""

    # In people's words, for messages and for `changes`: "group", "Defender role".
    type: t.ClassVar[str]
    permissions: t.ClassVar[Permissions]
    properties: t.ClassVar[tuple[Property, ...]]
    # Extra properties that a create sends when the user did not state them.
    on_create: t.ClassVar[t.Mapping[str, t.Any]] = {}

    # Only what the user stated, nested as Graph nests it.
    desired: Entity
    # The id that the user gave: the object is looked for by it alone, and is never created.
    identifier: str | None = None
    # What the operator should know although it is no reason to stop; shown as warnings.
    notes: t.Sequence[str] = ()

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """How people call this object."""

    @abc.abstractmethod
    def find(self, *, fresh: bool = False) -> Entity | None:
        """The object as Graph has it, or None. More than one match is a Failure that lists them."""

    def manageable(self, current: Entity) -> None:  # noqa: B027
        """Raise a Failure when this object is of a kind that is not ours to change or to delete."""

    def guard(self, current: Entity) -> None:  # noqa: B027
        """Raise a Failure when this object must not be taken over (practice M6)."""

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

    def merge(self, current: Entity, changed: Entity) -> Entity:
        """The object as it would be with these properties changed."""
        return t.cast(Entity, overlay(current, changed))

    def parts(self) -> t.Sequence[Part]:
        """The sets of links it has."""
        return ()

    def shown(self, entity: Entity) -> Entity:
        """The object as the module returns it: without OData's annotations, unless a resource chooses what it shows."""
        return {key: value for key, value in entity.items() if not key.startswith("@")}
