# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The link sheet as one HTML page that needs nothing else: no other file, no network, and no script to be read."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.link_sheet import (
    ANALYST_NOTES,
    APPROVER_NOTES,
    Line,
    for_analysts,
    for_approvers,
    lines,
)
from ansible_collections.mssp.defender.plugins.plugin_utils.sheet_page import Part, link, page, row
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import html_escape


def as_html(records: t.Iterable[t.Mapping[str, t.Any]], made: str) -> str:
    """The whole page."""
    found = lines(records)
    customers = len({line.customer for line in found})
    analysts = Part(
        "analysts",
        "For analysts",
        ANALYST_NOTES,
        ("Customer", "Access package", "Request access", "Defender portal", "Note"),
        map(_analyst, for_analysts(found)),
    )
    approvers = Part(
        "approvers",
        "For approvers",
        APPROVER_NOTES,
        ("Customer", "Decide requests", "Become an approver", "Note"),
        map(_approver, for_approvers(found)),
    )
    about = f"{customers} {'customer' if customers == 1 else 'customers'}, as of {made}."
    return page("Links", about, "Find a customer or a tier", (analysts, approvers))


def _analyst(line: Line) -> str:
    return _row(
        line,
        f"<bdi>{html_escape(line.package)}</bdi>",
        link(line.request, "Request", f"{line.package} of {line.title}"),
        link(line.portal, "Portal", f"of {line.title}"),
    )


def _approver(line: Line) -> str:
    return _row(
        line,
        link(line.approvals, "Decide", f"requests for {line.title}"),
        link(line.request, "Request", f"{line.package} of {line.title}"),
    )


def _row(line: Line, *cells: str) -> str:
    return row(line.title, (line.domain, line.tenant_id, line.customer if line.name else ""), cells, line.note)
