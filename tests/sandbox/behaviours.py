# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the table of behaviours into docs/sandbox.md: ``python tests/sandbox/behaviours.py``.

It is made from the code: every switch with its default, meaning and source as config/quirks.py says them, and the tests
that turn it; then every label of docs/sources.md that a test names in its docstring.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "sandbox.md"
BEGIN, END = "<!-- begin: behaviours -->", "<!-- end: behaviours -->"
_MOST_TESTS = 3
_SOURCE = re.compile(r"\(([^()]*\b(?:EM|Defender|practice|T|D|DC|unknown|unsettled|not documented|not recorded)\b[^()]*)\)")
_LINE = re.compile(r"\b(?:EM [A-Z0-9](?:[.\d ]*\d)?|Defender \d[\d.]*\d|Defender \d|practice [A-Z]\d+)")


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch of config/quirks.py."""

    name: str
    default: str
    meaning: str
    source: str


@dataclass(frozen=True, slots=True)
class Test:
    """One test function: where it is, its code with decorators, its docstring."""

    name: str
    code: str
    docstring: str


def read_switches() -> list[Switch]:
    """All switches in the order of the file; a source that none names itself is its section's."""
    text = (HERE / "graph_sandbox" / "config" / "quirks.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    sections = {number: line.strip(" #") for number, line in enumerate(lines, 1) if re.match(r"    # [A-Z]", line)}
    body = next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == "Quirks").body
    found = []
    for node, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.value is None:
            continue
        documented = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        meaning = " ".join(str(following.value.value).split()) if documented else ""
        section = sections[max(number for number in sections if number < node.lineno)]
        default = ast.unparse(node.value).replace("'", "")
        words = _SOURCE.sub("", meaning).replace(" .", ".").strip()
        found.append(Switch(node.target.id, default, words, _source(meaning, section)))
    return found


def _source(meaning: str, section: str) -> str:
    """Its own, else its section's; beside a word such as "unsettled" the section's as well."""
    own, common = _SOURCE.search(meaning), _SOURCE.search(section)
    if own is None or not re.search(r"[A-Z]", own[1]):
        return "; ".join(match[1] for match in (common, own) if match)
    return own[1]


def read_tests() -> list[Test]:
    """All test functions of the sandbox."""
    return [test for file in sorted((HERE / "tests").glob("test_*.py")) for test in _tests_of(file)]


def _tests_of(file: Path) -> Iterator[Test]:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            code = "\n".join(lines[first - 1 : node.end_lineno])
            yield Test(f"{file.stem}::{node.name}", code, ast.get_docstring(node) or "")


def tests_of(switch: Switch, tests: list[Test]) -> list[str]:
    """The tests that turn a switch: by keyword, in a mapping, or by its name in a table of cases."""
    word = re.compile(rf"""\b{switch.name}=|["']{switch.name}["']""")
    return [test.name for test in tests if word.search(test.code)]


def render() -> str:
    """The generated part of the page."""
    tests = read_tests()
    lines = ["| behaviour | source | switch and default | test |", "|---|---|---|---|"]
    for switch in read_switches():
        shown = _listed(tests_of(switch, tests))
        lines.append(f"| {_cell(switch.meaning)} | {_cell(switch.source)} | `{switch.name}: {switch.default}` | {shown} |")
    lines += [
        "",
        "What needs no switch, by the label of the [source](sources.md) that the test names:",
        "",
        "| label | test |",
        "|---|---|",
    ]
    cited: dict[str, list[str]] = {}
    for test in tests:
        for line in dict.fromkeys(_LINE.findall(test.docstring)):
            cited.setdefault(line, []).append(test.name)
    lines += [f"| {line} | {_listed(names)} |" for line, names in sorted(cited.items(), key=lambda item: _order(item[0]))]
    return "\n".join(lines)


def current(page: str) -> str:
    """The page with its generated part made anew."""
    before, _unused, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{render()}\n{END}{rest.partition(END)[2]}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_TESTS} more" if len(names) > _MOST_TESTS else ""
    return ", ".join(f"`{name}`" for name in names[:_MOST_TESTS]) + more


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def _order(line: str) -> tuple[object, ...]:
    return tuple(part.zfill(4) if part.isdigit() else part for part in re.split(r"(\d+)", line))


def main() -> int:
    """Write the page; with --check only say whether it is as it should be."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = current(page)
    if "--check" in sys.argv[1:]:
        return int(fresh != page)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
