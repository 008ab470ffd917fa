# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the two tables of docs/clouds.md from the table of clouds and from what each has.

    python tests/unit/consistency/cloud_reference.py

writes them anew; a test sees to it that they are what this makes.
"""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "clouds.md"
HOSTS = ("login_url", "graph_url", "my_access_url", "portal_url")
MARK = "<!-- {}: made by tests/unit/consistency/cloud_reference.py -->\n"
END = "<!-- end -->\n"


def hosts_table(clouds: t.Iterable[t.Any]) -> str:
    """A row for each cloud."""
    lines = ["| `cloud` | identity platform | Microsoft Graph | My Access | Defender portal |", "|---|---|---|---|---|"]
    for cloud in clouds:
        urls = [getattr(cloud, name) for name in HOSTS]
        lines.append(f"| `{cloud.name}` | " + " | ".join(f"`{url}`" if url else "not documented" for url in urls) + " |")
    return "\n".join(lines) + "\n"


def features_table(features: t.Mapping[str, t.Any], names: t.Sequence[str]) -> str:
    """A row for each feature, with what is said of each cloud, and where."""
    lines = ["| what | " + " | ".join(f"`{name}`" for name in names) + " | where Microsoft says so |"]
    lines.append("|---" * (len(names) + 2) + "|")
    for feature in features.values():
        offers = [feature.offer(name).value for name in names]
        lines.append(f"| {feature.what} | " + " | ".join(offers) + f" | {feature.source} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, name: str, table: str) -> str:
    """The page with one of its tables made anew."""
    begin = MARK.format(name)
    return re.sub(f"{re.escape(begin)}.*?{re.escape(END)}", lambda _found: f"{begin}\n{table}\n{END}", text, flags=re.DOTALL)


def made(text: str) -> str:
    """The page with both."""
    from ansible_collections.mssp.defender.plugins.module_utils._graph._cloud_features import FEATURES
    from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import NAMES, find_cloud

    text = with_table(text, "hosts", hosts_table(find_cloud(name) for name in NAMES))
    return with_table(text, "features", features_table(FEATURES, NAMES))


if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY / ".venv" / "collections"))
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
