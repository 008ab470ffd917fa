# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The last page of a cut-off: what was cut when, what was not, what cannot be, and how to come back (practice M4)."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import some
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff import Json
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff_record import ALREADY, CUT, FAILED, PLANNED, not_cut
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import markdown_escape, markdown_table, one_line, text_table

# Decisions M4: what a report of an incident must not leave out.
SESSIONS = (
    "Sessions already open can last as long as their access token (default about one hour; continuous access evaluation does not "
    "cover guests); Defender's own delay is not published."
)
OTHERS = (
    "NOT cut: GDAP and CSP relationships, and service principals (enterprise applications), that of the MSSP's own application "
    "among them. The customer ends them: docs/customer-runbook.md."
)
PEOPLE = "Onboarding again restores configuration, not people: they must request and be approved again."
LIFECYCLE = (
    "Where the last assignment of a guest ends, the tenant's own settings for external users may block the guest, and delete it "
    "later."
)
_HEADER = ("when", "after s", "what", "name", "outcome")


def page(record: Json) -> list[str]:
    """The page for a terminal, line by line."""
    told = [_title(record), *_problem(record)]
    if record.get("rows"):
        told += text_table(_HEADER, _rows(record)).splitlines()
    return [*told, *(f"NOT known: {one_line(x)}" for x in _unread(record)), *map(one_line, _sentences(record))]


def as_markdown(record: Json) -> str:
    """The page as a file for the incident's records."""
    parts = [f"# {markdown_escape(_title(record))}", *map(markdown_escape, _problem(record))]
    if record.get("rows"):
        parts.append(markdown_table(_HEADER, _rows(record)))
    for title, lines in (
        ("What is not known", _unread(record)),
        ("What to know", _sentences(record, restoring=False)),
        ("How to come back", _restoring(record)),
    ):
        if lines:
            parts.append(f"## {title}\n\n" + "\n".join(f"* {markdown_escape(line)}" for line in lines))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def as_json(record: Json) -> str:
    """All that is known, for other programs."""
    told = {**record, "said": _sentences(record, restoring=False), "restore": _restoring(record), "not_cut": not_cut(record)}
    return json.dumps(told, indent=2, sort_keys=True, default=str) + "\n"


def failure(record: Json) -> str:
    """One sentence that names what was not cut; empty when everything was."""
    missed = not_cut(record)
    if record.get("problem"):
        return one_line(" ".join([str(record["problem"]), *([f"NOT cut: {', '.join(missed)}."] if missed else [])]))
    if not missed:
        return ""
    reasons = list(dict.fromkeys([x["why"] for x in _failed(record)] + [x["why"] for x in record.get("unread") or ()]))
    more = f" (and {some(len(reasons) - 1, 'other reason')}, on the page above)" if len(reasons) > 1 else ""
    return f"NOT cut: {one_line(', '.join(missed))}. Run again, nothing is done twice. {one_line(reasons[0])}{more}"


def summary(records: t.Sequence[Json]) -> list[str]:
    """A line for each customer."""
    header = ("customer", "state", "cut", "was cut already", "NOT cut", "last write accepted after s")
    rows = []
    for record in records:
        counts = [sum(row["outcome"] == outcome for row in record.get("rows") or ()) for outcome in (CUT, PLANNED, ALREADY)]
        seconds = record.get("seconds")
        rows.append(
            (
                str(record["customer"]),
                _state(record),
                counts[0] + counts[1],
                counts[2],
                len(not_cut(record)),
                "" if seconds is None else f"{seconds:.1f}",
            )
        )
    return text_table(header, rows).splitlines()


def _state(record: Json) -> str:
    if failure(record):
        return "NOT cut off entirely" if record.get("rows") else "NOT cut off"
    return "would be cut off" if record.get("check_mode") else "cut off"


def _title(record: Json) -> str:
    tenant = record.get("tenant") or {}
    name = tenant.get("display_name") or tenant.get("named") or ""
    said = "What a cut-off would take away" if record.get("check_mode") else "Cut-off"
    when = str(record.get("started") or "")[:19].replace("T", " ")
    return f"{said}: {record['customer']} ({name}, tenant {tenant.get('id') or tenant.get('named')}), begun {when} UTC"


def _problem(record: Json) -> list[str]:
    problem = one_line(record.get("problem") or "")
    lacking = ", ".join(record.get("missing_permissions") or ())
    said = [problem] if problem else []
    return [*said, f"The application {record.get('application')} lacks {lacking}."] if lacking else said


def _failed(record: Json) -> list[Json]:
    return [row for row in record.get("rows") or () if row["outcome"] == FAILED]


def _rows(record: Json) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            "" if row["outcome"] == PLANNED else str(row["at"])[11:19],
            "" if row["outcome"] == PLANNED or row["seconds"] is None else f"{row['seconds']:.1f}",
            row["kind"],
            row["name"],
            _outcome(row),
        )
        for row in record.get("rows") or ()
    ]


def _outcome(row: Json) -> str:
    if row["outcome"] == FAILED:
        return f"NOT {row['done']}: {row['why']}"
    word = {CUT: row["done"], PLANNED: f"would be {row['done']}", ALREADY: f"was {row['done']} already"}[row["outcome"]]
    gone = ", ".join(row.get("gone") or ())
    return f"{word} ({gone})" if gone else word


def _unread(record: Json) -> list[str]:
    return [f"{x['what']}: {x['why']}" for x in record.get("unread") or ()]


def _sentences(record: Json, *, restoring: bool = True) -> list[str]:
    left = [f"Note: {x}" for x in record.get("left") or ()]
    if record.get("problem") and not record.get("rows"):
        return [*left, OTHERS]
    said = []
    if record.get("seconds") is not None:
        said.append(f"Last write accepted after {record['seconds']:.1f} s, measured at the end of its step.")
    elif record.get("check_mode"):
        said.append("Check mode: nothing was written.")
    elif not_cut(record):
        said.append("No write was accepted.")
    elif record.get("rows"):
        said.append("Nothing was left to cut: everything had been cut already.")
    else:
        said.append("Nothing of the MSSP was found.")
    said += [*left, SESSIONS, OTHERS, PEOPLE, LIFECYCLE]
    return [*said, *_restoring(record)] if restoring else said


def _restoring(record: Json) -> list[str]:
    if all(row["outcome"] == FAILED for row in record.get("rows") or ()):
        return []
    told = []
    blocked = ", ".join(record.get("blocked") or ())
    if blocked:
        told.append(
            f"To come back, first enable the users that were blocked here, since a blocked user cannot ask: {blocked} "
            "(mssp.defender.aad_user with enabled: true)."
        )
    if any(row["step"] == "tenant" and row["outcome"] == CUT for row in record.get("rows") or ()):
        told.append("Let the MSSP's tenant in again: mssp.defender.cross_tenant_access with inbound: default.")
    told.append("Then run mssp.defender.onboard. What it does not manage itself is in the table: open it by hand.")
    return told
