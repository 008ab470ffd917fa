# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The table of what waits for approval, and which of it is meant to be decided.

A record is what `mssp_onboard` leaves of a customer when its steps are `requests`: `customer`, `requests` as
access_package_request_info returns them, and `decided`, the results of the decisions. Of a customer that could not be read it has
`customer` and `problem`, a sentence.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import some
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import csv_text, markdown_table, one_line, text_table

Request = t.Mapping[str, t.Any]
Record = t.Mapping[str, t.Any]

_HEADER = ("customer", "tier", "who", "home tenant", "justification", "since", "expires", "request")
_OUTCOME = "decision"
_DONE = {"approve": "approved", "deny": "denied"}


def chosen(
    requests: t.Iterable[Request], wanted: t.Mapping[str, t.Any], entries: t.Iterable[Request], prefix: str
) -> list[Request]:
    """The requests that the operator means: all that is stated must fit, and something must be stated.

    :param wanted: `request_id`, `requestor` (id, user principal name or mail address) and `tier`; what is empty is not stated.
    :param entries: the tiers of the customer, each with its key, group and package.
    :param prefix: before the names of the customer's packages.
    """
    stated = {key: _word(value) for key, value in wanted.items() if _word(value)}
    packages = _packages(stated.get("tier", ""), entries, prefix)
    return [
        request
        for request in requests
        if stated
        and stated.get("request_id", "") in ("", _word(request.get("id")))
        and ("requestor" not in stated or stated["requestor"] in _names(request))
        and ("tier" not in stated or _word((request.get("accessPackage") or {}).get("displayName")) in packages)
    ]


def _packages(tier: str, entries: t.Iterable[Request], prefix: str) -> set[str]:
    """The packages of what is called like that: by its key, or by its group's or package's name, with the prefix or without."""
    found = set()
    for entry in entries:
        package = _word(f"{prefix}{entry.get('package') or entry.get('group')}")
        names = [entry.get("key"), entry.get("group"), entry.get("package")]
        if tier in {package, *map(_word, names), *(_word(f"{prefix}{name}") for name in names[1:] if name)}:
            found.add(package)
    return found


def _names(request: Request) -> set[str]:
    people = [request.get("requestor") or {}, request.get("target") or {}]
    return {_word(x.get(key)) for x in people for key in ("id", "objectId", "principalName", "email") if x.get(key)}


def _word(value: t.Any) -> str:
    return str(value or "").strip().lower()


# -- the table -------------------------------------------------------------------------------------------------------


def lines(records: t.Sequence[Record], decision: str) -> list[str]:
    """The table for a terminal, and in a sentence how many there are."""
    header, rows = _table(records, decision)
    return [*(text_table(header, rows).splitlines() if rows else []), _summary(records, decision)]


def as_markdown(records: t.Sequence[Record], decision: str, made: str) -> str:
    """A page with the table."""
    header, rows = _table(records, decision)
    table = f"\n{markdown_table(header, rows)}" if rows else ""
    return f"# Requests that wait for approval\n\n{made}. {_summary(records, decision)}\n{table}"


def as_csv(records: t.Sequence[Record], decision: str) -> str:
    """A line for each request, and for each customer that could not be read."""
    header, rows = _table(records, decision)
    return csv_text(header, rows)


def as_json(records: t.Sequence[Record], decision: str, made: str) -> str:
    """All that is known, for other programs."""
    customers = [
        {
            "customer": record["customer"],
            "problem": record.get("problem"),
            "requests": [
                {**request, **({_OUTCOME: _outcome(record, request, decision)} if decision else {})}
                for request in record.get("requests") or []
            ],
        }
        for record in records
    ]
    # Through JSON with plain types only: Ansible's own strings are no others there.
    return json.dumps({"made": made, "customers": customers}, indent=2, sort_keys=True, default=str) + "\n"


def _table(records: t.Sequence[Record], decision: str) -> tuple[list[str], list[list[str]]]:
    header = [*_HEADER, _OUTCOME] if decision else list(_HEADER)
    rows = []
    for record in records:
        if record.get("problem"):
            rows.append([str(record["customer"]), "not read", "", "", str(record["problem"])])
        for request in record.get("requests") or []:
            row = [str(record["customer"]), *_cells(request)]
            rows.append([*row, _outcome(record, request, decision)] if decision else row)
    return header, rows


def _cells(request: Request) -> list[str]:
    person = request.get("target") or request.get("requestor") or {}
    name, email = person.get("displayName"), person.get("email") or person.get("principalName")
    return [
        str((request.get("accessPackage") or {}).get("displayName") or ""),
        f"{name} <{email}>" if name and email else str(name or email or "not known"),
        _home(person.get("tenant") or {}),
        str(request.get("justification") or ""),
        _moment(request.get("createdDateTime")),
        _moment((request.get("approval") or {}).get("deadline")),
        str(request.get("id") or ""),
    ]


def _home(tenant: t.Mapping[str, t.Any]) -> str:
    name = str(tenant.get("displayName") or tenant.get("domain") or tenant.get("id") or "not known")
    # A mail address proves less than a connected organization: it is told which it is.
    return f"{name} (by mail address)" if tenant.get("known_from") == "email" else name


def _moment(value: t.Any) -> str:
    text = str(value or "")
    return f"{text[:10]} {text[11:16]} UTC" if text else "not known"


def _outcome(record: Record, request: Request, decision: str) -> str:
    """What became of a request: in words, since a decision that failed is no reason to stop."""
    for result in record.get("decided") or []:
        if (result.get("item") or {}).get("id") != request.get("id") or result.get("skipped"):
            continue
        if "changes" not in result:
            return f"NOT {_DONE[decision]}: {one_line(result.get('msg') or 'it is not known why')}"
        if not result["changes"]:
            return f"{_DONE[decision]} already"
        return f"would be {_DONE[decision]}" if result.get("check_mode") else _DONE[decision]
    return "left alone"


def failures(record: Record) -> list[str]:
    """What went wrong at a customer, as sentences."""
    told = [str(record["problem"])] if record.get("problem") else []
    return told + [str(x.get("msg")) for x in record.get("decided") or [] if "changes" not in x and not x.get("skipped")]


def _summary(records: t.Sequence[Record], decision: str) -> str:
    waiting = [(record, request) for record in records for request in record.get("requests") or []]
    unread = sum(1 for record in records if record.get("problem"))
    at = len({str(record["customer"]) for record, dummy in waiting})
    said = [f"{some(len(waiting), 'request')} for approval at {at} of {some(len(records), 'customer')}."]
    if decision:
        outcomes = [_outcome(record, request, decision) for record, request in waiting]
        for what in (f"{_DONE[decision]} already", _DONE[decision], f"would be {_DONE[decision]}"):
            if what in outcomes:
                said.append(f"{outcomes.count(what)} {what}.")
        if failed := sum(outcome.startswith("NOT ") for outcome in outcomes):
            said.append(f"{failed} NOT {_DONE[decision]}.")
        if len(said) == 1:
            said.append("None fits: nothing was decided.")
    if unread:
        said.append(f"{some(unread, 'customer')} could not be read.")
    return " ".join(said)
