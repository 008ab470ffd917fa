# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of findings in docs/audit.md from the rules, and that of variables in the README of the role mssp_audit.

    python tests/unit/consistency/audit_reference.py

writes them anew; a test sees to it that they are what this makes.
"""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
ROLE = REPOSITORY / "roles" / "mssp_audit"
PAGE = REPOSITORY / "docs" / "audit.md"
README = ROLE / "README.md"
BEGIN, END = "<!-- made by tests/unit/consistency/audit_reference.py -->\n", "<!-- end -->\n"


def load(path: str) -> t.Any:
    """A YAML file of the role."""
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


def options() -> dict[str, t.Any]:
    """The role's variables as documented."""
    return t.cast("dict[str, t.Any]", load("meta/argument_specs.yml")["argument_specs"]["main"]["options"])


def findings_table(rules: t.Iterable[t.Any]) -> str:
    """A row for each rule, which begins with its id."""
    lines = ["| id | severity | finding | when, and why it matters | what to do |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {x.id} | {x.severity} | {x.title} | {x.explains} | {x.remedy} |" for x in rules]
    return "\n".join(lines) + "\n"


def variables_table() -> str:
    """A row for each variable."""
    lines = ["| variable | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, option in options().items():
        said = option["description"]
        text = " ".join(said if isinstance(said, list) else [said])
        default = option["default"]
        shown = (
            "below `mssp_reports`"
            if "{{" in str(default)
            else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        )
        lines.append(f"| `{name}` | {option['type']} | {shown} | {text} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, table: str) -> str:
    """A page with its table made anew."""
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _found: f"{BEGIN}\n{table}\n{END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY / ".venv" / "collections"))
    from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES

    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), findings_table(RULES.values())), encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8"), variables_table()), encoding="utf-8")
