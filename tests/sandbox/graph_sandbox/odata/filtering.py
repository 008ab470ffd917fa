# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$filter``: parse with odata-query, evaluate against stored objects.

Comparison of strings ignores case, as the directory does. A segment such as
``microsoft.graph.azureActiveDirectoryTenant`` in a path is a cast: it lets only objects of that type through.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from ..graph.errors import Area, GraphError, bad_query
from .bodies import is_guid, parse_time
from .schema import ComplexType, EntityType, Property

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..store import Row

_LITERAL = re.compile(r"('(?:[^']|'')*')")
_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
}


@dataclass(frozen=True, slots=True)
class ParsedFilter:
    """A filter, and whether a directory calls it advanced (ne, not, endsWith: aad-advanced-queries)."""

    tree: ast._Node
    advanced: bool


@lru_cache(maxsize=4096)
def _parse(text: str) -> ParsedFilter:
    # The parser knows functions in lower case only, and ``not`` only with a space after it; Graph is laxer.
    parts = _LITERAL.split(text)
    for index in range(0, len(parts), 2):
        part = re.sub(r"\b(startsWith|endsWith|toLower|toUpper)\(", lambda match: match[0].lower(), parts[index])
        parts[index] = re.sub(r"\bnot\(", "not (", part)
    plain = "".join(parts)
    tree = ODataParser().parse(ODataLexer().tokenize(plain))
    outside = " ".join(parts[::2])
    return ParsedFilter(tree, re.search(r"\bne\b|\bnot\b|\bendswith\b", outside) is not None)


def parse_filter(text: str, kind: EntityType) -> ParsedFilter:
    """The syntax tree of a filter, or a 400."""
    try:
        return _parse(text)
    except (ODataException, AttributeError):
        raise bad_query(kind.area, f"Invalid filter clause: {text}") from None


def matches(call: Call, row: Row, kind: EntityType, tree: ast._Node) -> bool:
    """Whether an object passes."""
    return bool(_Evaluation(call, kind).value(tree, {"": row}))


class _Evaluation:
    """Evaluates a tree; ``scope`` holds the object itself under an empty name, and lambda variables."""

    def __init__(self, call: Call, kind: EntityType) -> None:
        self._call = call
        self._kind = kind

    def value(self, node: ast._Node, scope: dict[str, Any]) -> Any:
        if isinstance(node, ast.BoolOp):
            if isinstance(node.op, ast.And):
                return self.value(node.left, scope) and self.value(node.right, scope)
            return self.value(node.left, scope) or self.value(node.right, scope)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return not self.value(node.operand, scope)
        if isinstance(node, ast.Compare):
            return self._compare(node, scope)
        if isinstance(node, ast.Call):
            return self._function(node, scope)
        if isinstance(node, ast.CollectionLambda):
            return self._lambda(node, scope)
        if isinstance(node, (ast.Identifier, ast.Attribute)):
            return self._path(node, scope)[0]
        if isinstance(node, ast.List):
            return [self.value(item, scope) for item in node.val]
        if isinstance(node, ast.Null):
            return None
        if isinstance(node, ast.Boolean):
            return node.val == "true"
        if isinstance(node, (ast.Integer, ast.Float)):
            return node.py_val
        if isinstance(node, ast._Literal):
            return str(node.val)  # type: ignore[attr-defined]  # every literal has one; the base class does not say so
        raise bad_query(self._kind.area, "The filter uses an expression that is not supported.")

    def _compare(self, node: ast.Compare, scope: dict[str, Any]) -> bool:
        left, declared = (
            self._path(node.left, scope)
            if isinstance(node.left, (ast.Identifier, ast.Attribute))
            else (self.value(node.left, scope), None)
        )
        right = self.value(node.right, scope)
        self._check_guid(declared, right)
        if isinstance(node.comparator, ast.In):
            return any(_comparable(left) == _comparable(item) for item in right)
        a, b = _comparable(left), _comparable(right)
        if isinstance(node.comparator, (ast.Eq, ast.NotEq)):
            return _COMPARE[type(node.comparator)](a, b)
        return a is not None and b is not None and type(a) is type(b) and _COMPARE[type(node.comparator)](a, b)

    def _check_guid(self, declared: Property | None, value: Any) -> None:
        if declared is not None and declared.kind == "guid" and self._kind.area is Area.ENTITLEMENT:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str) and not is_guid(item):
                    raise GraphError(
                        400,
                        "InvalidFilter",
                        "OData query is invalid: Guid should contain 32 digits with 4 dashes "
                        "(xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
                    )

    def _function(self, node: ast.Call, scope: dict[str, Any]) -> Any:
        name = node.func.name.lower()
        arguments = [self.value(argument, scope) for argument in node.args]
        if name in _TEXT and len(arguments) == 2:
            text, part = arguments
            return isinstance(text, str) and isinstance(part, str) and _TEXT[name](text.lower(), part.lower())
        if name in ("tolower", "toupper") and len(arguments) == 1:
            return arguments[0].lower() if isinstance(arguments[0], str) else arguments[0]
        raise bad_query(self._kind.area, f"The function '{node.func.name}' is not supported in a filter.")

    def _lambda(self, node: ast.CollectionLambda, scope: dict[str, Any]) -> bool:
        items = self.value(node.owner, scope) or []
        if node.lambda_ is None:
            return bool(items)
        variable = node.lambda_.identifier.name
        results = (self.value(node.lambda_.expression, {**scope, variable: item}) for item in items)
        return any(results) if isinstance(node.operator, ast.Any) else all(results)

    def _path(self, node: ast._Node, scope: dict[str, Any]) -> tuple[Any, Property | None]:
        """The value at a path, with the declaration of the property if the path is the object's own."""
        if isinstance(node, ast.Identifier):
            if node.name in scope:
                return scope[node.name], None
            return self._own(scope[""], node.name)
        assert isinstance(node, ast.Attribute)
        owner = self._path(node.owner, scope)[0]
        if isinstance(owner, dict) and str(owner.get("@odata.type", "")).rsplit(".", 1)[-1] == node.attr:
            return owner, None  # a cast that the object satisfies
        if not isinstance(owner, dict):
            return None, None
        related = self._related_type(node.owner)
        declared = related.properties.get(node.attr) if related else None
        if related is not None and declared is None:
            raise self._no_such(node.attr, related.name)
        return owner.get(node.attr), declared

    def _own(self, row: Row, name: str) -> tuple[Any, Property | None]:
        navigation = self._kind.navigation.get(name)
        if navigation is not None:
            return navigation.resolve(self._call, row), None
        declared = self._kind.properties.get(name)
        if declared is None:
            raise self._no_such(name, self._kind.name)
        return row.get(name), declared

    def _related_type(self, node: ast._Node) -> EntityType | ComplexType | None:
        if isinstance(node, ast.Identifier):
            navigation = self._kind.navigation.get(node.name)
            if navigation is not None:
                return navigation.target()
        return None

    def _no_such(self, name: str, type_name: str) -> GraphError:
        return GraphError(400, "BadRequest", f"Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'.")


def _comparable(value: Any) -> Any:
    """Strings without case; instants as instants, however their fraction is written."""
    if isinstance(value, str):
        moment = parse_time(value) if len(value) >= 17 and value[4] == "-" and "T" in value else None
        return moment if moment is not None else value.lower()
    return value
