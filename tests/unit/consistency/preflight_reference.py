# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of docs/preflight.md from the table of findings in the code.

    python tests/unit/consistency/preflight_reference.py

writes it anew; a test sees to it that it is what this makes.
"""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "preflight.md"
BEGIN = "<!-- findings: made by tests/unit/consistency/preflight_reference.py -->\n"
END = "<!-- end -->\n"
# Variables with what they are set to, options, files.
_CODE = re.compile(r"mssp_onboard_\w+(?:: (?:\[\w+\]|\w+))?|partner_tenant_id|docs/\w+\.md")


def table(kinds: t.Mapping[str, t.Any]) -> str:
    """A row for each finding."""
    lines = ["| finding | severity | what it means | what to do |", "|---|---|---|---|"]
    for name, kind in kinds.items():
        remedy = _CODE.sub(r"`\g<0>`", kind.remedy.format(consent="(link)", missing="the permission"))
        severities = " or ".join(severity.replace("_", " ") for severity in kind.severities)
        lines.append(f"| `{name}` | {severities} | {kind.means} | {remedy} |")
    return "\n".join(lines) + "\n"


def made(text: str) -> str:
    """The page with its table made anew."""
    from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import KINDS

    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _found: f"{BEGIN}\n{table(KINDS)}\n{END}", text, flags=re.DOTALL
    )


if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY / ".venv" / "collections"))
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
