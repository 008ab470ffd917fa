# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tables of docs/permissions.md and the manifests in docs/manifests from the preflight's table of permissions.

    python tests/unit/consistency/permissions_reference.py

writes them anew; a test sees to it that they are what this makes.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
import typing as t

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "permissions.md"
MANIFESTS = REPOSITORY / "docs" / "manifests"
APPLICATIONS = ("onboard", "audit", "approve")
# Microsoft Graph, in every tenant.
GRAPH = "00000003-0000-0000-c000-000000000000"
_KINDS = {"Role": "application", "Scope": "delegated"}
# What is chosen, in a reader's words. A feature that needs nothing beyond an application's own set is not here.
CHOICES = {
    "role_assignable_groups": "groups that may hold Entra roles: `mssp_onboard_role_assignable`",
    "catalog_owner": "one catalog only: `mssp_onboard_catalog_owner`, in the place of those that write",
    "cut_off": "blocking users: the playbook `cutoff`, and letting guests in again",
    "block_tenant": "blocking the MSSP's tenant: `mssp_cutoff_block_tenant`",
    "cross_tenant": "letting the MSSP's tenant in, or trusting its second factor",
    "delete_guests": "deleting guests at the end: `mssp_onboard_offboard_guests`",
    "preflight": "the preflight's look at what keeps guests out; without them it says that it could not check",
}


def core_table(rows: t.Iterable[t.Any], application: str) -> str:
    """What an application cannot do without."""
    lines = ["| permission | kind | id | why |", "| --- | --- | --- | --- |"]
    lines += [f"| `{x.name}` | {_KINDS[x.kind]} | `{x.guid}` | {x.reason} |" for x in rows if x.core(application)]
    return "\n".join(lines) + "\n"


def chosen_table(rows: t.Iterable[t.Any], application: str) -> str:
    """What it needs for a choice; an empty text when there is nothing of that kind."""
    lines = []
    for x in rows:
        if application in x.modes and not x.core(application):
            chosen = "; ".join(CHOICES[feature] for feature in x.features if feature in CHOICES)
            lines.append(f"| `{x.name}` | {_KINDS[x.kind]} | `{x.guid}` | {x.reason} | {chosen} |")
    head = ["| permission | kind | id | why | for |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *lines]) + "\n" if lines else ""


def with_tables(text: str, rows: t.Sequence[t.Any]) -> str:
    """The page with its tables made anew: between `<!-- core: onboard -->` and `<!-- end -->`, and so on."""

    def made(found: re.Match[str]) -> str:
        make = {"core": core_table, "chosen": chosen_table}[found[1]]
        return f"<!-- {found[1]}: {found[2]} -->\n\n{make(rows, found[2])}\n<!-- end -->\n"

    return re.sub(r"<!-- (core|chosen): (\w+) -->\n.*?<!-- end -->\n", made, text, flags=re.DOTALL)


def manifest(rows: t.Iterable[t.Any], application: str) -> str:
    """What `az ad app create --required-resource-accesses` takes: all that the application cannot do without."""
    asks = [{"id": x.guid, "type": x.kind} for x in rows if x.core(application)]
    return json.dumps([{"resourceAppId": GRAPH, "resourceAccess": asks}], indent=2) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY / ".venv" / "collections"))
    from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions_table import rows as all_rows

    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), all_rows()), encoding="utf-8")
    MANIFESTS.mkdir(exist_ok=True)
    for each in APPLICATIONS:
        (MANIFESTS / f"{each}.json").write_text(manifest(all_rows(), each), encoding="utf-8")
