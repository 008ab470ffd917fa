# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page at the root: the tenants, what is in them, and the last requests. It shows no secret, no token, no body."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from ..clock import directory_time
from ..exchange import Reply
from .html import Markup, document, element, join, table
from .tenant import tenant_section

if TYPE_CHECKING:
    from ..journal import Journal
    from ..world import Tenant, World

LAST_REQUESTS = 50
_WHOLE = 10
"""So many tenants are shown whole on the first page; more of them have a page each."""
_MOST_LISTED = 1000
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    # Even a name that got through as markup could load and run nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def show_home(world: World, journal: Journal, wanted: str | None) -> Reply:
    """The first page, or with the id or domain of a tenant that one's."""
    if wanted is not None:
        tenant = world.find_tenant(wanted)
        if tenant is None:
            return Reply(404, headers=_HEADERS, text=document("No such tenant", element("h1", "No such tenant"), _back()))
        body = [_header(world, tenant.display_name), _back(), tenant_section(tenant), _last_requests(world, journal, tenant)]
        return Reply(200, headers=_HEADERS, text=document(f"{tenant.display_name} - Graph sandbox", *body))
    configured = world.config.tenants
    whole = [config.domain for config in configured] if len(configured) <= _WHOLE else []
    sections = [tenant_section(tenant) for tenant in map(world.find_tenant, whole) if tenant]
    body = [_header(world, "Graph sandbox"), _overview(world), *sections]
    return Reply(200, headers=_HEADERS, text=document("Graph sandbox", *body, _last_requests(world, journal, None)))


def _header(world: World, title: str) -> Markup:
    now = directory_time(world.clock.now()).replace("T", " ").replace("Z", " UTC")
    count = len(world.tenants)
    where = element("code", world.base_url)
    lead = element("p", f"{count} tenant{'s' * (count != 1)} at ", where, f" · its clock says {now}", class_="lead")
    return element("header", element("h1", title), lead)


def _back() -> Markup:
    return element("p", element("a", "All tenants", href="/"))


def _overview(world: World) -> Markup:
    made = {tenant.domain: tenant for tenant in world.tenants.made()}
    rows = [
        _overview_row(config.display_name, config.domain, made.get(config.domain))
        for config in world.config.tenants[:_MOST_LISTED]
    ]
    headings = ("Tenant", "Domain", "Groups", "Roles", "Packages", "Requests")
    return element("section", element("h2", "Tenants"), table(headings, rows, "No tenants."))


def _overview_row(name: str, domain: str, tenant: Tenant | None) -> tuple[object, ...]:
    link = element("a", name, href=f"/?tenant={quote(domain)}")
    if tenant is None:
        return (link, domain, element("span", "not called yet", class_="none"), "", "", "")
    state = tenant.entitlement
    return (link, domain, len(tenant.directory.groups), len(tenant.defender.roles), len(state.packages), len(state.requests))


def _last_requests(world: World, journal: Journal, tenant: Tenant | None) -> Markup:
    entries = journal.last(LAST_REQUESTS, tenant.id if tenant else None)
    rows = []
    for entry in entries:
        known = world.known.get(str(entry["tenant_id"]))
        asked = element("code", f"{entry['method']} {unquote(entry['path'])}")
        rows.append((entry["n"], known.domain if known else "", asked, _status(entry["status"])))
    title = f"Last {LAST_REQUESTS} requests, newest first"
    return element("section", element("h2", title), table(("No.", "Tenant", "Request", "Status"), rows, "Nobody has called yet."))


def _status(status: int | None) -> Markup:
    if status is None:
        return element("span", "dropped", class_="bad")
    kind = "good" if status < 400 else "bad" if status >= 500 else "warn"
    return join([element("span", status, class_=kind)])
