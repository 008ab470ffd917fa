# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The audit as one HTML page that needs nothing else: totals, customers and findings, access, and what ends when."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES, SEVERITIES
from ansible_collections.mssp.defender.plugins.plugin_utils.html_page import data_block, frame
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import Fleet, headline, who
from ansible_collections.mssp.defender.plugins.plugin_utils.report_page_script import SCRIPT
from ansible_collections.mssp.defender.plugins.plugin_utils.report_page_style import STYLE
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.report_tables import value
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import html_escape, one_line

_KINDS = ("assignment", "review", "request")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def as_html(fleet: Fleet) -> str:
    """The whole page."""
    body = f"""<a class="skip" href="#findings">To the findings</a>
<header>
<h1>Audit of the MSSP's access{_of_one(fleet)}</h1>
<p class="soft">Made {html_escape(fleet.made)} by mssp.defender {html_escape(fleet.version)}.</p>
{_totals(fleet)}
<nav aria-label="Parts"><a href="#customers">Customers</a><a href="#findings">Findings</a><a href="#access">Access</a><a
 href="#ends">What ends when</a><a href="#unchecked">Not checked</a></nav>
</header>
{_without_script(fleet)}
<form role="search" hidden>
<label for="find">Find</label>
<input id="find" type="search" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" placeholder="Press / to type here">
<fieldset aria-label="Severities of findings">{"".join(map(_severity, SEVERITIES))}</fieldset>
<button id="picked" class="chip" type="button" hidden></button>
<output id="told" for="find" class="soft"></output>
</form>
<main>
{_section("customers", "Customers and findings", _table("heat", "", "customers"), _LEGEND)}
{_section("findings", "Findings", "<div data-rows></div>", _ORDER)}
{_section("access", "Who has access", _table("people", "fill", "access"))}
{_section("ends", "What ends when", '<div id="timeline"></div>' + _table("endings", "fill", "ends"))}
{_unchecked(fleet)}
</main>
{data_block("data", _data(fleet))}"""
    return frame("Audit of the MSSP's access", STYLE, SCRIPT, body)


def _of_one(fleet: Fleet) -> str:
    """Whose page it is, where it is one customer's alone."""
    if len(fleet.customers) != 1 or fleet.missing:
        return ""
    return f" at <bdi>{html_escape(fleet.customers[0].title)}</bdi>"


_LEGEND = (
    '<p class="soft">A cell says the worst severity, <span class="grave">G</span> grave, <span class="warning">W</span> warning, '
    '<span class="notice">N</span> notice or <span class="info">i</span> info, and the number of findings; it opens them. '
    "A heading sorts.</p>"
)
_ORDER = (
    '<p class="controls"><label for="order">Order</label> <select id="order"><option value="severity">the gravest first</option>'
    '<option value="customer">by customer</option><option value="rule">by rule</option>'
    '<option value="since">the newest first</option>'
    "</select></p>"
)


def _section(identifier: str, title: str, content: str, above: str = "") -> str:
    return (
        f'<section id="{identifier}" aria-labelledby="{identifier}-title">\n<h2 id="{identifier}-title">{title}</h2>\n'
        f"{above}\n{content}\n"
        '<p class="none soft" hidden>Nothing to show.</p>\n</section>'
    )


def _table(identifier: str, style: str, section: str) -> str:
    return _scrolls(f'<table id="{identifier}" class="{style}"><thead></thead><tbody data-rows></tbody></table>', section)


def _scrolls(table: str, section: str) -> str:
    """What scrolls can be scrolled by keyboard, and whoever comes there hears where they are."""
    return f'<div class="wide" tabindex="0" role="region" aria-labelledby="{section}-title">{table}</div>'


def _severity(severity: str) -> str:
    return f'<label><input type="checkbox" id="severity-{severity}" checked> {severity}</label>'


def _totals(fleet: Fleet) -> str:
    numbers = fleet.counts()
    shown: list[tuple[str, int, str]] = [
        ("customer" if numbers["customers"] == 1 else "customers", numbers["customers"], ""),
        ("not audited", numbers["not_audited"], "grave" if numbers["not_audited"] else ""),
        (
            "not complete",
            numbers["audited"] - numbers["complete"],
            "warning" if numbers["audited"] > numbers["complete"] else "",
        ),
        *((severity, numbers[severity], severity if numbers[severity] else "") for severity in SEVERITIES),
    ]
    items = (f'<li class="{style}"><b>{number}</b> {name}</li>' for name, number, style in shown)
    return f'<ul class="totals">{"".join(items)}</ul>'


def _without_script(fleet: Fleet) -> str:
    """What is left where scripts are forbidden: the customers with their numbers."""
    rows = []
    for customer in fleet.worst_first:
        state = customer.problem or ("complete" if customer.complete else "NOT complete")
        cells = [html_escape(state), *(str(customer.count(severity)) for severity in SEVERITIES)]
        rows.append(f"<tr><th scope=row>{html_escape(customer.title)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    heads = "".join(f"<th scope=col>{name}</th>" for name in ("Customer", "Audited", *SEVERITIES))
    note = (
        "<p>This page shows its findings by a script, which is switched off here. findings.md and findings.csv hold the same.</p>"
    )
    return f"<noscript>{note}<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></noscript>"


def _unchecked(fleet: Fleet) -> str:
    """What the audit could not tell: once, with the number of customers it holds for."""
    counted: dict[tuple[str, str, str], int] = {}
    for customer in fleet.customers:
        for item in {(_line(x.get("what")), _line(x.get("why")), _line(x.get("how"))) for x in customer.not_checked}:
            counted[item] = counted.get(item, 0) + 1
    rows = "".join(
        f"<tr><th scope=row>{html_escape(what)}</th><td>{html_escape(why)}</td><td>{html_escape(how)}</td><td>{count}</td></tr>"
        for (what, why, how), count in sorted(counted.items())
    )
    heads = "".join(f"<th scope=col>{name}</th>" for name in ("What", "Why", "How to look yourself", "Customers"))
    table = _scrolls(f'<table class="fill"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>', "unchecked")
    empty = '<p class="soft">Nothing was left out.</p>'
    title = '<h2 id="unchecked-title">What cannot be checked</h2>'
    return f'<section id="unchecked" aria-labelledby="unchecked-title">{title}{table if rows else empty}</section>'


# -- what the script shows -------------------------------------------------------------------------------------------


def _data(fleet: Fleet) -> Json:
    """Everything as plain lines of text, since the script shows them as they are."""
    places = {customer.name: place for place, customer in enumerate(fleet.customers)}
    missing = [
        {
            "name": _line(x),
            "title": _line(x),
            "tenant": "",
            "domain": "",
            "ended": "",
            "state": 0,
            "problem": "There is no document.",
        }
        for x in fleet.missing
    ]
    found = fleet.findings()
    rules = {finding["id"]: (RULES.get(finding["id"]), finding) for dummy, finding in found}
    return {
        "made": f"{fleet.made[:10]}T{fleet.made[11:16]}:00Z",
        "rules": {
            key: [_line(headline(finding)), *((rule.explains, rule.remedy) if rule else ("", ""))]
            for key, (rule, finding) in rules.items()
        },
        "customers": [*map(_customer, fleet.customers), *missing],
        "findings": [_finding(places[customer.name], finding) for customer, finding in found],
        "access": [_access(places[customer.name], row) for customer in fleet.customers for row in customer.access],
        "ends": [_end(places[customer.name], row) for customer in fleet.customers for row in customer.ends if _known(row)],
    }


def _customer(customer: Customer) -> Json:
    return {
        "name": _line(customer.name),
        "title": _line(customer.title),
        "tenant": _line(customer.tenant.get("id")),
        "domain": _line(customer.tenant.get("domain")),
        "ended": _line(customer.ended),
        "state": 2 if customer.complete else 1 if customer.audited else 0,
        "problem": _line(customer.problem),
    }


def _lean(row: Json) -> Json:
    """Without what is empty: of a large fleet most of the page would be that."""
    return {key: value for key, value in row.items() if value != ""}


def _finding(place: int, finding: Json) -> Json:
    where, link, rule = finding["object"], _line(finding.get("link")), RULES.get(finding["id"])
    remedy = _line(finding["remedy"])
    made = {
        "customer": place,
        "id": finding["id"],
        "severity": SEVERITIES.index(finding["severity"]),
        "what": _line(f"{where.get('type') or ''} {where.get('name') or where.get('id') or ''}"),
        "who": _line(who(finding.get("person"))),
        "is": _line(finding["is"]),
        "should": _line(finding["should"]),
        # Mostly that of the rule, which is there once.
        "remedy": "" if rule and remedy == _line(rule.remedy) else remedy,
        # Whatever else an address may be, it leads nowhere.
        "link": link if link.startswith("https://") else "",
        **{key: _line(value(finding.get(key))) for key in ("property", "before", "after", "since", "by")},
    }
    return _lean(made)


def _access(place: int, row: Json) -> Json:
    assignment, enabled = row.get("assignment") or {}, row.get("enabled")
    made = {
        "customer": place,
        "who": _line(row["person"].get("display_name") or who(row["person"])),
        "mail": _line(row["person"].get("mail") or row["person"].get("principal_name")),
        "home": _line(row["person"].get("home_tenant")),
        "tier": _line(row.get("tier")),
        "package": _line((row.get("package") or {}).get("name")),
        "state": _line(assignment.get("state")),
        "expires": _instant(assignment.get("expires")),
        "approved": ", ".join(_line(x) for x in row.get("approved_by") or []),
        "live": bool(row.get("live_response")),
        "signed": _instant(row.get("last_sign_in")),
        "enabled": None if enabled is None else bool(enabled),
    }
    return _lean(made)


def _known(row: Json) -> bool:
    return row.get("kind") in _KINDS and bool(_instant(row.get("when")))


def _end(place: int, row: Json) -> Json:
    return {"customer": place, **{key: _line(row.get(key)) for key in ("kind", "who", "what", "when")}}


def _instant(its: t.Any) -> str:
    """An instant; whatever else it may be is no date."""
    return its if isinstance(its, str) and _INSTANT.fullmatch(its) else ""


def _line(its: t.Any) -> str:
    return one_line(its)
