# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drift test is made of: a table with a case for each property of a resource, and the hand that changes it.

Values in a table may name what exists only later: `{ada}` is the id of a person, `{ADA}` the same in capitals, `{name}`
the name of the object that is tried.
"""

from __future__ import annotations

import abc
import collections.abc
import copy
import dataclasses
import re
import typing as t

from harness.server import Sandbox
from harness.tenants import Tenant
from harness.world import PEOPLE

Body = dict[str, t.Any]

# Why a table has nothing to try.
NO_NAME = "an object always has a name"
EXACT = "text is compared as it is"
BOOLEAN = "the service always answers true or false"
FALSE_IS_STATED = "false is what is stated: the drift shows it"
ONE_SPELLING = "the sandbox spells an enumeration in one way, whatever it is sent"


@dataclasses.dataclass(frozen=True)
class Empty:
    """A stated empty value.

    :param options: what the task states beside the object's id.
    :param value: what the tenant then holds.
    :param beside: what a hand sets first, because the service takes the empty value only then.
    :param also: other properties that the same option clears.
    """

    options: Body
    value: t.Any
    beside: Body = dataclasses.field(default_factory=dict)
    also: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Spelled:
    """A spelling of another value than the usual one.

    :param put: what a hand sets, by path.
    :param options: what the task states beside the object's id.
    :param means: how the collection itself would write what the options state.
    """

    put: Body
    options: Body
    means: t.Any


@dataclasses.dataclass(frozen=True)
class Case:
    """How one property, or one set of links, is tried.

    :param drifted: the value that a hand sets.
    :param empty: the stated empty value, or why there is none.
    :param spellings: spellings of the usual value by name, or why there is none.
    :param without: the options that state it, when they are not the one that the product's table names.
    """

    drifted: t.Any
    empty: Empty | str
    spellings: t.Mapping[str, t.Any] | str
    without: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Fixed:
    """What cannot drift.

    :param why: the reason.
    :param options: stated instead of the usual value, so that it differs.
    :param code: the failure; None when it is no difference.
    :param words: what the failure's sentence says.
    """

    why: str
    options: Body
    code: str | None = None
    words: str = ""


class Kind(abc.ABC):
    """One kind of object in one tenant: made, changed and looked at by plain HTTP."""

    module: t.ClassVar[str]
    # A task that states everything.
    options: t.ClassVar[Body]
    # The sets of links, each with the type of the link's own changes, or None when the set changes as a whole.
    sets: t.ClassVar[t.Mapping[str, str | None]] = {}

    def __init__(self, sandbox: Sandbox, tenant: Tenant) -> None:
        self.sandbox = sandbox
        self.tenant = tenant
        self.names: dict[str, str] = {}
        # The names that mean something for one object only.
        self.own_names: dict[str, dict[str, str]] = {}
        self.call_ids({name: tenant.user(name) for name in PEOPLE})
        self.call_ids({name: tenant.group(name.title()) for name in ("one", "two", "three")})

    def call_ids(self, ids: t.Mapping[str, str]) -> None:
        """Let tables name these ids, in capitals too."""
        for name, identifier in ids.items():
            self.names |= {name: identifier, name.upper(): identifier.upper()}

    def filled(self, value: t.Any, identifier: str | None = None) -> t.Any:
        """A table's value with the names of one object put in."""
        return _filled(value, {**self.names, **self.own_names.get(identifier or "", {})})

    def make(self, number: int) -> str:
        """An object as everything states it, made by hand; its id. Each number makes another."""
        name = f"By hand {number}"
        own = {"name": name, "renamed": f"Renamed {number}", "another": f"Another {number}", "unique": f"mssp-{number}"}
        self.own_names[""] = own
        identifier = self.create(number)
        self.own_names[identifier] = {**own, **self.own_names.get(identifier, {})}
        return identifier

    @abc.abstractmethod
    def create(self, number: int) -> str:
        """POST it, with its sets; its id."""

    @abc.abstractmethod
    def key(self, identifier: str) -> Body:
        """The options that name an object by its identity, so that all else may change."""

    @abc.abstractmethod
    def raw(self, identifier: str) -> Body:
        """All that Graph says of it, its sets included."""

    @abc.abstractmethod
    def write(self, identifier: str, path: str, value: t.Any) -> None:
        """Change a property, or make a set be exactly this, in this order."""

    def beside(self, path: str) -> tuple[str, Body] | None:
        """Another property, and the options that change it; None where there is no other."""
        return (
            ("displayName", {"name": "{another}"}) if path == "description" else ("description", {"description": "Other words"})
        )

    def methods(self, path: str) -> list[str]:
        """The requests that put it right."""
        return ["DELETE", "POST"] if path in self.sets else ["PATCH"]

    def owned(self, raw: Body) -> set[str]:
        """Ids of other objects that belong to this one alone."""
        return set()

    def plain(self, path: str, value: t.Any) -> t.Any:
        """A value without what the service adds on its own."""
        return value

    def element(self, path: str, item: t.Any) -> t.Any:
        """What tells an element of a set apart, however Graph or a result shows it."""
        return str(item["id"] if isinstance(item, dict) else item)

    def elements(self, path: str, items: t.Any) -> list[t.Any]:
        """A set, to be compared."""
        return sorted(self.element(path, item) for item in items)

    def told(self, path: str, value: t.Any) -> t.Any:
        """A property's value, or a set, to be compared."""
        return self.elements(path, value) if path in self.sets else self.plain(path, value)

    def picture(self, raw: Body, *without: str) -> Body:
        """What must be equal for nothing to have changed, but for some paths."""
        seen = {name: self.elements(name, value) if name in self.sets else value for name, value in raw.items()}
        seen.pop("modifiedDateTime", None)
        for path in without:
            seen = with_value(seen, path, None)
        return seen


class Patched(Kind):
    """A kind whose properties are changed by PATCH and whose sets are references."""

    collection: t.ClassVar[str]
    beta: t.ClassVar[bool] = False
    select: t.ClassVar[str] = ""

    def raw(self, identifier: str) -> Body:
        at = f"{self.collection}/{identifier}"
        found: Body = self.tenant.get(at + self.select, beta=self.beta)
        return {**found, **{name: self.tenant.list(f"{at}/{name}") for name in self.sets}}

    def write(self, identifier: str, path: str, value: t.Any) -> None:
        if path in self.sets:
            self.set_links(f"{self.collection}/{identifier}/{path}", value)
        else:
            self.tenant.patch(f"{self.collection}/{identifier}", {path: value}, beta=self.beta)

    def set_links(self, path: str, ids: t.Sequence[str]) -> None:
        """Make a set of references hold these, in this order. It is never empty meanwhile: the last owner stays."""
        there = {str(item["id"]) for item in self.tenant.list(path)}
        for identifier in ids:
            if identifier in there and len(there) > 1:
                self.tenant.delete(f"{path}/{identifier}/$ref")
                there.remove(identifier)
            if identifier not in there:
                self.tenant.link(path, identifier)
                there.add(identifier)
        for identifier in there - set(ids):
            self.tenant.delete(f"{path}/{identifier}/$ref")


def at(value: t.Any, path: str) -> t.Any:
    """The value at a dotted path, or None."""
    for step in path.split("."):
        inner = {str(number): item for number, item in enumerate(value)} if isinstance(value, list) else value
        value = (inner or {}).get(step)
    return value


def with_value(body: Body, path: str, value: t.Any) -> Body:
    """A copy with another value at a dotted path; what the path goes through must be there."""
    made = copy.deepcopy(body)
    *way, last = path.split(".")
    inner = at(made, ".".join(way)) if way else made
    if isinstance(inner, list):
        inner[int(last)] = value
    elif inner is not None:
        inner[last] = value
    return made


def leaves(value: t.Any, path: str = "") -> dict[str, t.Any]:
    """The innermost values by their dotted paths."""
    items: collections.abc.Iterable[tuple[t.Any, t.Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    found = {key: leaf for name, inner in items for key, leaf in leaves(inner, f"{path}.{name}").items()}
    return found or {path: value}


def _filled(value: t.Any, names: t.Mapping[str, str]) -> t.Any:
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(item, names) for item in value]
    if isinstance(value, str) and (found := re.fullmatch(r"\{(\w+)\}", value)):
        return names[found[1]]
    return value
