# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The sheet of consent as one HTML page that needs nothing else."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions_table import Row
from ansible_collections.mssp.defender.plugins.plugin_utils.consent_sheet import NOTES, Line, applications, asked_for, lines
from ansible_collections.mssp.defender.plugins.plugin_utils.sheet_page import Part, link, page, row
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import html_escape


def as_html(records: t.Iterable[t.Mapping[str, t.Any]], made: str) -> str:
    """The whole page."""
    found = lines(records)
    customers = len({line.customer for line in found})
    header = ("Customer", "Application", "Consent", "Link", "Note")
    parts = [Part("consent", "By customer", NOTES, header, map(_line, found))]
    for application in applications(found):
        asks = [_permission(each) for each in asked_for(application)]
        parts.append(Part(application, f"What {application} asks for", (), ("Permission", "Kind", "Why"), asks))
    about = f"{customers} {'customer' if customers == 1 else 'customers'}, as of {made}."
    return page("Consent", about, "Find a customer or an application", parts)


def _line(line: Line) -> str:
    cells = (
        html_escape(line.application),
        html_escape(line.consent),
        link(line.link, "Consent", f"to {line.application} for {line.title}"),
    )
    lacks = f"Missing: {', '.join(line.missing)}." if line.missing else ""
    note = " ".join(filter(None, (lacks, line.note)))
    return row(line.title, (line.domain, line.tenant_id, line.customer if line.name else ""), cells, note)


def _permission(asked: Row) -> str:
    kind = "application" if asked.kind == "Role" else "delegated"
    return row(asked.name, (), (kind, html_escape(asked.reason)), None)
