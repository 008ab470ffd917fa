# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugins say when they fail, read from their source: so that a sentence without a row is noticed.

A text is known by its literal parts in their order; what is computed stands for anything.
"""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import re
import typing as t
from pathlib import Path

from .table import REPOSITORY

PLUGINS = REPOSITORY / "plugins"
_RAISED = {"Failure", "InvalidInput", "GraphError"}
# Calls whose text becomes a part of a sentence: what is waited for.
_WAITS = {"poll", "when_ready"}
# Files whose functions return the problem as a text: the variables of the role.
_RETURNING = ("plugin_utils/onboard_",)
# A text that is a sentence, and not a word or a part of one.
_SENTENCE = re.compile(r"\. [A-Z…]|^[A-Z].*\.$")


@dataclasses.dataclass(frozen=True)
class Site:
    """One place that says something.

    :param place: `_graph/_http.py:40`.
    :param pattern: what a sentence that comes from here has in it.
    :param code: the code of the failure; None where it is computed.
    :param of_role: whether it speaks of the variables of the role.
    """

    place: str
    text: str
    pattern: re.Pattern[str]
    code: str | None
    of_role: bool = False

    def says(self, sentence: str) -> bool:
        """Whether the sentence may come from here."""
        return self.pattern.search(sentence) is not None


def sites(root: Path = PLUGINS) -> list[Site]:
    """Every place of the plugins that makes a sentence or a part of one."""
    return [site for path in sorted(root.rglob("*.py")) for site in _of(path, root)]


def _of(path: Path, root: Path) -> collections.abc.Iterator[Site]:
    name = path.relative_to(root).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        place = f"{name.removeprefix('module_utils/')}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call) and _called(node) in _RAISED:
            yield _raised(node, place)
        elif isinstance(node, ast.Call) and _called(node) in _WAITS and isinstance(node.func, ast.Attribute):
            what = _parts(node.args[0])
            if what != [None]:
                yield Site(place, _readable(what), _pattern(["waited ", None, " for ", *what, ", in vain"]), None)
        elif isinstance(node, ast.Return) and name.startswith(_RETURNING):
            said = _parts(node.value) if node.value is not None else [None]
            if _SENTENCE.search(_readable(said)):
                yield Site(place, _readable(said), _pattern(said), None, of_role=True)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


def _raised(node: ast.Call, place: str) -> Site:
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    cause = _parts(node.args[0]) if node.args else [None]
    parts = [*cause, ". ", *_parts(given["remedy"])] if "remedy" in given else cause
    code: str | None = "InvalidInput" if _called(node) == "InvalidInput" else None
    stated = given.get("code")
    if isinstance(stated, ast.Constant) and isinstance(stated.value, str):
        code = stated.value
    return Site(place, _readable(parts), _pattern(parts), code)


def _parts(node: ast.expr) -> list[str | None]:
    """The literal parts of a text; None for what is computed."""
    if isinstance(node, ast.Constant):
        return [node.value if isinstance(node.value, str) else None]
    if isinstance(node, ast.JoinedStr):
        return [part for value in node.values for part in _parts(value)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _parts(node.left) + _parts(node.right)
    return [None]


def _pattern(parts: t.Sequence[str | None]) -> re.Pattern[str]:
    # A remedy's own full stop may follow the cause's: "x. ". What is computed may be empty.
    return re.compile("".join(".*" if part is None else re.escape(part) for part in parts), re.DOTALL)


def _readable(parts: t.Sequence[str | None]) -> str:
    return "".join("…" if part is None else part for part in parts)
