# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The sheet of consent as lines, one for each customer and application, and as CSV, Markdown and text for a terminal.

A record is what playbooks/consent.yml leaves of one customer: `customer` and either `problem`, a sentence, or `plan` (of
`consent_plan.py`) and `answers`, the results of tenant_info, each with the application under `item`.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import missing
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions_table import CORE, Row, rows
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import Link, csv_text, markdown_escape, markdown_table

Record = t.Mapping[str, t.Any]

GIVEN, INCOMPLETE, NOT_GIVEN, DISABLED = "given", "incomplete", "not given", "disabled"
NOT_ASKED, NOT_KNOWN = "not asked", "not known"

NOTES = (
    "An administrator of the customer opens the link, reads what the application asks for, and accepts: a Privileged Role "
    "Administrator or a Global Administrator. A Cloud Application Administrator may not, for permissions of Microsoft Graph.",
    "A link asks for all that the application's registration names. Consent to a part of it could take away the rest.",
    "What was accepted may take minutes to show. What stays missing is not in the registration.",
    "The application that onboards is for the change window only: disable it afterwards, under Enterprise applications, "
    "Properties, Enabled for users to sign-in.",
)
HEADER = (
    "customer",
    "name",
    "domain",
    "tenant_id",
    "application",
    "client_id",
    "consent",
    "consent_link",
    "missing",
    "carries",
    "note",
)
# What the identity platform says when nobody has consented, or somebody has taken it back.
_NO_CONSENT = frozenset({"AADSTS700016", "AADSTS65001", "AADSTS7000229"})
_DISABLED = "AADSTS7000112"
# What every person's token may carry.
_ANYBODY = frozenset({"openid", "profile", "email", "offline_access"})


@dataclasses.dataclass(frozen=True)
class Line:
    """One application of one customer; a customer of whom nothing can be said has one line, of which `note` says why.

    :param consent: one of the words above.
    :param missing: permissions that the application cannot do without, and its token lacks.
    :param carries: what its token carries.
    """

    customer: str
    name: str = ""
    domain: str = ""
    tenant_id: str = ""
    application: str = ""
    client_id: str = ""
    consent: str = NOT_KNOWN
    link: str = ""
    missing: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    note: str = ""

    @property
    def title(self) -> str:
        """What people call the customer."""
        return self.name or self.customer


def lines(records: t.Iterable[Record]) -> list[Line]:
    """All lines: customers by name, each with its applications in their order."""
    found = [_customer(record) for record in records]
    found.sort(key=lambda its: (its[0].title.casefold(), its[0].customer))
    return [line for its in found for line in its]


def asked_for(application: str) -> list[Row]:
    """The permissions that an application cannot do without."""
    return [row for row in rows() if row.core(application)]


def _customer(record: Record) -> list[Line]:
    plan = record.get("plan") or {}
    about = Line(customer=str(record["customer"]))
    if problem := record.get("problem") or plan.get("problem"):
        return [dataclasses.replace(about, note=str(problem))]
    answers = {answer["item"]["application"]: answer for answer in record.get("answers") or [] if answer.get("item")}
    tenant: Record = next((answer["tenant"] for answer in answers.values() if answer.get("tenant")), {})
    named = str(plan["tenant"])
    about = dataclasses.replace(
        about,
        name=str(tenant.get("display_name") or ""),
        domain=str(tenant.get("domain") or (named if "." in named else "")),
        tenant_id=str(tenant.get("id") or ("" if "." in named else named)),
    )
    found: list[Line] = []
    for entry in plan["applications"]:
        application, client_id = str(entry["application"]), str(entry["client_id"])
        line = dataclasses.replace(about, application=application, client_id=client_id, link=str(entry["link"]))
        line = _judged(line, entry, answers.get(application), bool(plan["verify"]))
        if twin := next((x.application for x in found if x.client_id.lower() == client_id.lower()), ""):
            said = f"This is the application that is named for {twin} as well: each work has one of its own."
            line = dataclasses.replace(line, note=f"{said} {line.note}".strip())
        found.append(line)
    return found


def _judged(line: Line, entry: Record, answer: Record | None, verify: bool) -> Line:
    if entry.get("problem"):
        return dataclasses.replace(line, note=str(entry["problem"]))
    if answer is None or answer.get("skipped"):
        return dataclasses.replace(line, consent=NOT_ASKED, note=_why_not_asked(line.application) if verify else "")
    if answer.get("tenant"):
        return _by_token(line, answer)
    code = (answer.get("failure") or {}).get("code")
    if code in _NO_CONSENT:
        return dataclasses.replace(line, consent=NOT_GIVEN)
    if code == _DISABLED:
        return dataclasses.replace(line, consent=DISABLED, note="It gets no token until the customer enables it again.")
    return dataclasses.replace(line, note=str(answer.get("msg") or "The tenant has given no answer."))


def _why_not_asked(application: str) -> str:
    if application == "approve":
        return "Only a person can show it: mssp_consent_approve_refresh_token of somebody who has signed in."
    return f"There is no credential of it here, such as mssp_consent_{application}_certificate_path."


def _by_token(line: Line, answer: Record) -> Line:
    """What the token says that was given."""
    told = answer["application"]
    other = str(told.get("client_id") or "")
    if other.lower() != line.client_id.lower():
        note = f"The credential is that of another application, {other or 'nobody knows which'}."
        return dataclasses.replace(line, note=note)
    delegated = line.application == "approve"
    if bool(answer.get("delegated")) != delegated:
        own = "The token is the application's own, and only a person can approve."
        persons = "The token is a person's, and this application works without one."
        return dataclasses.replace(line, note=own if delegated else persons)
    carries = tuple(str(name) for name in told.get("permissions") or [])
    lacking = tuple(missing(needed([CORE[line.application]]), carries))
    consent = GIVEN if not lacking else INCOMPLETE if carries else NOT_GIVEN
    return dataclasses.replace(line, consent=consent, missing=lacking, carries=carries, note=_surplus(line.application, carries))


def _surplus(application: str, carries: t.Iterable[str]) -> str:
    """What the token carries and this collection has no use for, with this application; a sentence or an empty text."""
    kind = "Scope" if application == "approve" else "Role"
    useful = {row.name.lower() for row in rows() if row.kind == kind and application in row.modes} | _ANYBODY
    more = [name for name in carries if name.lower() not in useful]
    return f"It may do more than its work takes: {', '.join(more)}." if more else ""


def as_csv(records: t.Iterable[Record], made: str) -> str:
    """Every line with all that is known of it; when it was made is not in there."""
    del made
    rows_ = [
        [" ".join(cell) if isinstance(cell, tuple) else cell for cell in dataclasses.astuple(line)] for line in lines(records)
    ]
    return csv_text(HEADER, rows_)


def as_markdown(records: t.Iterable[Record], made: str) -> str:
    """The table, and below it what each application asks for."""
    found = lines(records)
    table = [
        [_who(line), line.application, line.consent, Link(line.link, "consent") if line.link else None, ", ".join(line.missing)]
        + [line.note]
        for line in found
    ]
    parts = [
        "# Consent",
        "",
        f"As of {markdown_escape(made)}.",
        "",
        *(f"- {markdown_escape(note)}" for note in NOTES),
        "",
        markdown_table(("Customer", "Application", "Consent", "Link", "Missing", "Note"), table),
    ]
    for application in applications(found):
        asks = [[row.name, "application" if row.kind == "Role" else "delegated", row.reason] for row in asked_for(application)]
        parts += [f"## What {application} asks for", "", markdown_table(("Permission", "Kind", "Why"), asks)]
    return "\n".join(parts)


def applications(found: t.Iterable[Line]) -> list[str]:
    """Those that the sheet is about, in the order in which they first stand there."""
    return list(dict.fromkeys(line.application for line in found if line.application))


def as_lines(records: t.Iterable[Record], made: str = "") -> list[str]:
    """A sentence for each line, for a terminal."""
    del made
    return [_sentence(line) for line in lines(records)]


def _sentence(line: Line) -> str:
    if not line.application:
        return f"{line.customer}: {line.note}"
    lacks = f", without {', '.join(line.missing)}" if line.missing else ""
    leads = "" if line.consent == GIVEN or not line.link else f" Consent: {line.link}"
    note = f" {line.note}" if line.note else ""
    return f"{line.customer}, {line.application}: {line.consent}{lacks}.{note}{leads}"


def as_problems(records: t.Iterable[Record], made: str = "", verify: bool = False) -> list[str]:
    """What went wrong at these customers, as sentences; with `verify` also what is not consented to.

    An application that was disabled after its work is none, and neither is one that only a person can ask for.
    """
    del made
    wrong = {INCOMPLETE, NOT_GIVEN} if verify else set()
    return [
        _sentence(line)
        for line in lines(records)
        if line.consent == NOT_KNOWN
        or line.consent in wrong
        or (verify and line.consent == NOT_ASKED and line.application != "approve")
    ]


def _who(line: Line) -> str:
    return f"{line.title} ({line.domain or line.tenant_id or line.customer})" if line.name else line.customer
