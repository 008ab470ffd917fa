# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types as data: which properties an object has, what they may hold, who may write them.

Handlers validate bodies and answer queries from these tables. Names and types are those of Graph's v1.0 metadata
(microsoftgraph/msgraph-metadata, August 2026), reduced to what the sandbox keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call
from ..graph.errors import Area

Kind = Literal["string", "bool", "int", "guid", "datetime", "duration", "strings", "object", "objects", "any"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property."""

    kind: Kind = "string"
    read_only: bool = False
    on_request: bool = False
    """Returned only when $select names it."""
    nullable: bool = True
    values: tuple[str, ...] = ()
    """The names of an enumeration."""
    of: ComplexType | None = None
    """The type of an object or of the objects of a collection."""
    max_length: int = 0
    default: Any = None
    """What the service fills in when the property is absent from an object; booleans and collections have their own."""


@dataclass(frozen=True, slots=True)
class ComplexType:
    """A type without identity. An abstract one has ``subtypes`` and is told apart by ``@odata.type``."""

    name: str
    properties: dict[str, Property]
    subtypes: dict[str, ComplexType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Navigation:
    """A relation that $expand and $filter can follow."""

    resolve: Callable[[Call, Row], Any]
    """The related object, or a list of them, or None."""
    target: Callable[[], EntityType]
    many: bool = False


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type with identity."""

    name: str
    area: Area
    properties: dict[str, Property]
    navigation: dict[str, Navigation] = field(default_factory=dict)
    present: Callable[[Call, Row], Row] | None = None
    """Turns a stored row into what is read back."""
    advanced_only: bool = False
    """$count, ne, not and endsWith need ConsistencyLevel: eventual (directory objects)."""
    derived: Callable[[], tuple[EntityType, ...]] = tuple
    """The types that its objects really have: nothing is answered of an object that its own type does not declare."""

    def actual(self, row: Row) -> EntityType:
        """The type of one object, by what it says of itself."""
        said = str(row.get("@odata.type", "")).rpartition(".")[2]
        return next((kind for kind in self.derived() if kind.name == said), self)


def text(max_length: int = 0, **more: Any) -> Property:
    """A string property."""
    return Property("string", max_length=max_length, **more)


def flag(**more: Any) -> Property:
    """A boolean property."""
    return Property("bool", **more)


def choice(*values: str, **more: Any) -> Property:
    """An enumeration property."""
    return Property("string", values=values, **more)


READ_ONLY_ID = Property("guid", read_only=True)
READ_ONLY_TIME = Property("datetime", read_only=True)


def filled(kind: ComplexType, value: dict[str, Any]) -> dict[str, Any]:
    """An object with every property of its type: defaults for what is absent, enumerations in their own spelling."""
    actual = kind
    result: dict[str, Any] = {}
    if kind.subtypes:
        type_name = str(value["@odata.type"]).removeprefix("#").removeprefix("microsoft.graph.")
        actual = kind.subtypes[type_name]
        result["@odata.type"] = f"#microsoft.graph.{type_name}"
    for name, declared in actual.properties.items():
        result[name] = _filled_property(declared, value.get(name))
    return result


def _filled_property(declared: Property, value: Any) -> Any:
    if value is None:
        if declared.default is not None:
            return declared.default
        return {"bool": False, "strings": [], "objects": []}.get(declared.kind)
    if declared.kind == "objects" and declared.of:
        return [filled(declared.of, item) for item in value]
    if declared.kind == "object" and declared.of:
        return filled(declared.of, value)
    if declared.values:
        return next((known for known in declared.values if known.lower() == value.lower()), value)
    return value
