# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a JSON body against a type: unknown properties, wrong types, unknown enumeration values, what is read only."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from ..graph.errors import Area, GraphError, bad_request
from .schema import ComplexType, EntityType, Property

_DURATION = re.compile(r"^-?P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$")


class BodyChecker:
    """Checks bodies for one area, whose words it uses."""

    def __init__(self, area: Area) -> None:
        self._area = area

    def check(self, body: dict[str, Any], kind: EntityType | ComplexType, allowed: frozenset[str] = frozenset()) -> None:
        """Raise GraphError unless every property is known and holds what it may; ``allowed`` ones are not looked at."""
        for name, value in body.items():
            if "@" in name or name in allowed:
                continue  # annotations; what they mean is their handler's business
            declared = kind.properties.get(name)
            if declared is None:
                raise self._unknown(name, kind.name)
            if declared.read_only:
                raise bad_request(
                    self._area,
                    self._words("The model is invalid.", f"Property '{name}' is read-only and cannot be set."),
                )
            self._value(name, value, declared)

    def _value(self, name: str, value: Any, declared: Property) -> None:
        if value is None:
            if not declared.nullable:
                raise bad_request(
                    self._area,
                    self._words("The model is invalid.", f"Invalid value specified for property '{name}': it cannot be null."),
                )
            return
        kind = declared.kind
        if kind == "objects":
            self._list(name, value)
            for item in value:
                self._object(name, item, declared.of)
        elif kind == "object":
            self._object(name, value, declared.of)
        elif kind == "strings":
            self._list(name, value)
            if not all(isinstance(item, str) for item in value):
                raise self._mistyped(name, "Collection(Edm.String)")
        else:
            self._primitive(name, value, declared)

    def _object(self, name: str, value: Any, of: ComplexType | None) -> None:
        if not isinstance(value, dict):
            raise self._mistyped(name, of.name if of else "object")
        if of is None:
            return
        actual = of
        if of.subtypes:
            type_name = str(value.get("@odata.type", "")).removeprefix("#").removeprefix("microsoft.graph.")
            if type_name not in of.subtypes:
                raise bad_request(
                    self._area,
                    self._words(
                        "The model is invalid.",
                        f"A type named '{value.get('@odata.type')}' could not be resolved by the model.",
                    ),
                )
            actual = of.subtypes[type_name]
        self.check(value, actual)

    def _list(self, name: str, value: Any) -> None:
        if not isinstance(value, list):
            raise self._mistyped(name, "Collection")

    def _primitive(self, name: str, value: Any, declared: Property) -> None:
        kind = declared.kind
        if kind == "bool":
            fits = isinstance(value, bool)
        elif kind == "int":
            fits = isinstance(value, int) and not isinstance(value, bool)
        elif kind == "any":
            fits = True
        else:
            fits = isinstance(value, str) and _fits_text(kind, value)
        if not fits:
            raise self._mistyped(name, f"Edm.{kind.capitalize()}")
        if declared.values and value.lower() not in (known.lower() for known in declared.values):
            raise self._unknown_value(name, value)
        if declared.max_length and len(value) > declared.max_length:
            raise bad_request(self._area, f"Property '{name}' cannot be longer than {declared.max_length} characters.")

    def _words(self, entitlement: str, others: str) -> str:
        """Entitlement management says little; the others name the property."""
        return entitlement if self._area is Area.ENTITLEMENT else others

    def _unknown(self, name: str, type_name: str) -> GraphError:
        if self._area is Area.DIRECTORY:
            return bad_request(self._area, f"Invalid property '{name}'.")
        if self._area is Area.DEFENDER:
            return bad_request(
                self._area,
                f"The property '{name}' does not exist on type 'microsoft.graph.{type_name}'. Make sure "
                "to only use property names that are defined by the type.",
            )
        return bad_request(self._area, "The model is invalid.")

    def _mistyped(self, name: str, expected: str) -> GraphError:
        if self._area is Area.ENTITLEMENT:
            return bad_request(self._area, "The model is invalid.")
        return bad_request(self._area, f"Invalid value specified for property '{name}' of resource: {expected} was expected.")

    def _unknown_value(self, name: str, value: str) -> GraphError:
        if self._area is Area.ENTITLEMENT:
            return GraphError(400, "ArgumentException", f"Requested value '{value}' was not found.")
        return bad_request(self._area, f"Invalid value '{value}' specified for property '{name}'.")


def _fits_text(kind: str, value: str) -> bool:
    if kind == "guid":
        return is_guid(value)
    if kind == "duration":
        return _DURATION.match(value) is not None
    if kind == "datetime":
        return parse_time(value) is not None
    return True


def is_guid(value: str) -> bool:
    """Whether a text is a GUID with dashes."""
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def parse_time(value: str) -> datetime | None:
    """An OData DateTimeOffset, or None. Python 3.10 reads at most six digits of a second, so the rest is cut."""
    match = re.match(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d{1,12})?(Z|[+-]\d\d:\d\d)$", value)
    if match is None:
        return None
    fraction = (match[3] or ".0")[:7].ljust(7, "0")
    zone = "+00:00" if match[4] == "Z" else match[4]
    try:
        return datetime.fromisoformat(f"{match[1]}{match[2] or ':00'}{fraction}{zone}")
    except ValueError:
        return None
