# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tables in the role's README from its argument specification and its defaults.

    python tests/unit/consistency/role_reference.py

writes them anew; a test sees to it that they are what this makes.
"""

from __future__ import annotations

import pathlib
import re
import typing as t

import yaml

ROLE = pathlib.Path(__file__).resolve().parents[3] / "roles" / "mssp_onboard"
README = ROLE / "README.md"
BEGIN, END = "<!-- made by tests/unit/consistency/role_reference.py -->\n", "<!-- end -->\n"
_FIRST_WORDS = re.compile(r"(Type (?P<type>.+?)|One of (?P<choices>.+?))\. ")

Options = t.Mapping[str, t.Mapping[str, t.Any]]


def load(path: str) -> t.Any:
    """A YAML file of the role."""
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


def options() -> Options:
    """The role's variables as documented."""
    return t.cast(Options, load("meta/argument_specs.yml")["argument_specs"]["main"]["options"])


def first_words(option: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """(type, meaning) of an option. The type is in the first words where core must not check it."""
    said = option["description"]
    text = " ".join(said if isinstance(said, list) else [said])
    found = _FIRST_WORDS.match(text)
    if not found:
        return option["type"], text
    kind = re.sub(r"C\((\w+)\)", r"\1", found["type"] or "")
    return kind or found["choices"], text[found.end() :]


def markdown(text: str) -> str:
    """Ansible's markup as Markdown, fit for a table's cell."""
    return re.sub(r"\b[A-Z]\(([^()]*)\)", r"`\1`", text).replace("|", "\\|")


def _default(name: str, defaults: t.Mapping[str, t.Any]) -> str:
    if name not in defaults or name == "mssp_onboard_tenant_id":
        return ""
    value = defaults[name]
    if isinstance(value, str):
        return "computed" if "{{" in value else f"`{value}`" if value else "empty"
    if isinstance(value, list) and value:
        return f"`[{value[0]}]`" if len(value) == 1 else f"{len(value)} entries"
    return f"`{yaml.safe_dump(value).splitlines()[0]}`"


def _table(rows: t.Iterable[tuple[str, ...]], *head: str) -> str:
    lines = [head, tuple("---" for dummy in head), *rows]
    return "".join("| " + " | ".join(cells).replace("|  |", "| |") + " |\n" for cells in lines)


def generated() -> str:
    """The tables."""
    defaults = load("defaults/main.yml")
    rows = []
    for name, option in options().items():
        kind, meaning = first_words(option)
        wanted = "required" if option.get("required") else _default(name, defaults)
        rows.append((f"`{name}`", markdown(kind), wanted, markdown(meaning)))
    tiers = []
    for name, option in options()["mssp_onboard_tiers"]["options"].items():
        kind, meaning = first_words(option)
        tiers.append((f"`{name}`", markdown(kind), markdown(meaning)))
    return (
        _table(rows, "variable", "type or choices", "default", "meaning")
        + "\nA tier, which is an entry of `mssp_onboard_tiers`:\n\n"
        + _table(tiers, "name", "type", "meaning")
    )


def with_tables(text: str) -> str:
    """The README with its tables made anew."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{generated()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
