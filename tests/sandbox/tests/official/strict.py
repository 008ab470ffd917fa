# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A strict reading of JSON into the models of the official SDKs.

The SDKs read leniently: what a model does not know goes to its ``additional_data``, a value that does not fit becomes
None. This parse node builds the same models with the same readers, and writes down each time that happens.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from kiota_serialization_json.json_parse_node import JsonParseNode

_ANNOTATION = re.compile(r"^(?P<owner>[^@]*)@(?P<name>.+)$")


class StrictNode(JsonParseNode):
    """A value of a body, that knows where it stands.

    :param found: where complaints are written, as sentences that begin with the place: ``value[0].state: ...``.
    """

    def __init__(self, node: Any, found: list[str], place: str = "") -> None:
        super().__init__(node)
        self._found = found
        self._place = place

    # -- objects -------------------------------------------------------------------------------------------------

    def get_object_value(self, factory: Any) -> Any:
        """A model; its fields are read strictly too."""
        if not isinstance(self._json_node, dict):
            self._complain("is no object")
            return None
        model = factory.create_from_discriminator_value(self)
        self._check_type(model)
        readers = model.get_field_deserializers()
        for name, value in self._json_node.items():
            annotation = _ANNOTATION.match(name)
            known = (annotation["owner"] or "@odata.type") if annotation else name
            if annotation and annotation["owner"] and known not in readers:
                self._complain(f"{name} annotates what {type(model).__name__} does not know")
            elif not annotation and name not in readers:
                self._complain(f"{name} is unknown to {type(model).__name__}")
            elif name in readers and value is not None:
                readers[name](StrictNode(value, self._found, f"{self._place}.{name}".lstrip(".")))
        return model

    def get_child_node(self, identifier: str) -> StrictNode | None:
        """A part by its name, as a model looks at ``@odata.type``."""
        if isinstance(self._json_node, dict) and identifier in self._json_node:
            return StrictNode(self._json_node[identifier], self._found, f"{self._place}.{identifier}".lstrip("."))
        return None

    # -- collections ---------------------------------------------------------------------------------------------

    def get_collection_of_object_values(self, factory: Any) -> Any:
        """Models, one after the other."""
        return [item.get_object_value(factory) for item in self._items()]

    def get_collection_of_enum_values(self, enum_class: Any) -> Any:
        """Members of an enumeration, or several in one text where the enumeration allows it."""
        if isinstance(self._json_node, str):
            return [
                StrictNode(x.strip(), self._found, self._place).get_enum_value(enum_class) for x in self._json_node.split(",")
            ]
        return [item.get_enum_value(enum_class) for item in self._items()]

    def get_collection_of_primitive_values(self, primitive_type: Any) -> Any:
        """Texts, numbers and the like."""
        read = {str: "get_str_value", bool: "get_bool_value", int: "get_int_value", float: "get_float_value"}
        reader = read.get(primitive_type) or f"get_{primitive_type.__name__.lower()}_value"
        return [getattr(item, reader)() for item in self._items()]

    # -- values --------------------------------------------------------------------------------------------------

    def get_enum_value(self, enum_class: Any) -> Any:
        """A member of an enumeration."""
        value = super().get_enum_value(enum_class) if isinstance(self._json_node, str) else None
        return self._must_fit(value, f"no member of {enum_class.__name__}")

    def get_str_value(self) -> str | None:
        """A text."""
        return self._must_fit(super().get_str_value(), "no text")

    def get_bool_value(self) -> bool | None:
        """True or false."""
        return self._must_fit(super().get_bool_value(), "neither true nor false")

    def get_int_value(self) -> int | None:
        """A whole number."""
        return self._must_fit(None if isinstance(self._json_node, bool) else super().get_int_value(), "no whole number")

    def get_float_value(self) -> float | None:
        """A number."""
        return self._must_fit(None if isinstance(self._json_node, bool) else super().get_float_value(), "no number")

    def get_uuid_value(self) -> Any:
        """A GUID."""
        return self._must_fit(_or_none(super().get_uuid_value), "no GUID")

    def get_datetime_value(self) -> datetime | None:
        """A moment; one without a zone is none."""
        moment = _or_none(super().get_datetime_value)
        return self._must_fit(moment if moment is None or moment.tzinfo else None, "no time with a zone")

    def get_timedelta_value(self) -> Any:
        """A duration."""
        return self._must_fit(_or_none(super().get_timedelta_value), "no duration")

    def get_date_value(self) -> Any:
        """A day."""
        return self._must_fit(_or_none(super().get_date_value), "no date")

    def get_time_value(self) -> Any:
        """A time of day."""
        return self._must_fit(_or_none(super().get_time_value), "no time of day")

    def get_bytes_value(self) -> Any:
        """Bytes, written in base64."""
        return self._must_fit(_or_none(super().get_bytes_value), "no base64")

    # -- complaints ----------------------------------------------------------------------------------------------

    def _items(self) -> list[StrictNode]:
        if not isinstance(self._json_node, list):
            self._complain("is no list")
            return []
        return [StrictNode(item, self._found, f"{self._place}[{at}]") for at, item in enumerate(self._json_node)]

    def _check_type(self, model: Any) -> None:
        """A model is of the type that the body names, or the SDK does not know that type here."""
        named = self._json_node.get("@odata.type")
        if isinstance(named, str) and named.rsplit(".", 1)[-1].casefold() != type(model).__name__.casefold():
            self._complain(f"{named} was read as {type(model).__name__}")

    def _must_fit(self, value: Any, problem: str) -> Any:
        if value is None:
            self._complain(f"{self._json_node!r} is {problem}")
        return value

    def _complain(self, words: str) -> None:
        self._found.append(f"{self._place}: {words}".lstrip(": "))


def _or_none(read: Any) -> Any:
    try:
        return read()
    except ValueError:
        return None


def judge(model: Any, body: Any) -> list[str]:
    """What does not fit when a JSON value is read as a model of the SDK; empty when all does."""
    found: list[str] = []
    StrictNode(body, found).get_object_value(model)
    return found
