# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The link sheet as lines, one for each customer and package, and as CSV and Markdown.

A record is what roles/mssp_onboard/tasks/links.yml leaves of one customer: `customer` and either `problem`, a sentence, or
`tenant` and `links` (of tenant_info), `catalog` (its name), `tiers`, `approvers_package` and `prefix` (variables of the role),
`catalogs`, `packages` and `policies` (in Graph's terms).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import Link, csv_text, markdown_escape, markdown_table

APPROVERS = "approvers"

ANALYST_NOTES = (
    "The Defender portal shows one tenant per browser window. Open each customer in a window of its own, and look whose it "
    "is before you act.",
    "Sign in with your account of the MSSP. Use the links as they are: without the customer's domain in them, My Access shows "
    "your own tenant.",
    "Say in the justification which ticket or contract the access is for.",
)
APPROVER_NOTES = (
    "Decide through the customer's own link: without its domain, My Access shows the requests of your own tenant.",
    "Nobody decides his own request.",
)


@dataclasses.dataclass(frozen=True)
class Line:
    """One package of one customer; a customer without packages has one line, of which `note` says why."""

    customer: str
    name: str = ""
    domain: str = ""
    tenant_id: str = ""
    tier: str = ""
    package: str = ""
    request: str = ""
    approvals: str = ""
    portal: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """What people call the customer."""
        return self.name or self.customer


def lines(records: t.Iterable[t.Mapping[str, t.Any]]) -> list[Line]:
    """All lines: customers by name, each with its tiers in their order and the approvers last."""
    found = [_customer(record) for record in records]
    found.sort(key=lambda its: (its[0].title.casefold(), its[0].customer))
    return [line for its in found for line in its]


def for_analysts(all_lines: t.Iterable[Line]) -> list[Line]:
    """The tiers, and the customers that have none."""
    return [line for line in all_lines if line.tier != APPROVERS]


def for_approvers(all_lines: t.Iterable[Line]) -> list[Line]:
    """One line a customer."""
    return [line for line in all_lines if line.tier in (APPROVERS, "")]


def _customer(record: t.Mapping[str, t.Any]) -> list[Line]:
    tenant, links = record.get("tenant") or {}, record.get("links") or {}
    about = Line(
        customer=str(record["customer"]),
        name=str(tenant.get("display_name") or ""),
        domain=str(tenant.get("domain") or ""),
        tenant_id=str(tenant.get("id") or ""),
        approvals=_address(links.get("approvals")),
        portal=_address(links.get("portal")),
    )
    if record.get("problem"):
        return [dataclasses.replace(about, note=f"Could not be read. {record['problem']}")]
    catalogs = record.get("catalogs") or []
    if len(catalogs) != 1:
        return [dataclasses.replace(about, note=_no_catalog(len(catalogs), record["catalog"]))]
    names = {str(tier["key"]): str(tier.get("package") or tier["group"]) for tier in record["tiers"]}
    names[APPROVERS] = str(record["approvers_package"])
    prefix = str(record.get("prefix") or "")
    wanted = [dataclasses.replace(about, tier=key, package=f"{prefix}{name}") for key, name in names.items()]
    return [line for one in wanted for line in _packages(one, catalogs[0], record)]


def _no_catalog(count: int, name: str) -> str:
    if count:
        return f"There are {count} catalogs '{name}', and nobody can tell which one is ours. Rename the others."
    return f"Not onboarded: there is no catalog '{name}'. Run mssp.defender.onboard for this customer."


def _packages(about: Line, catalog: t.Mapping[str, t.Any], record: t.Mapping[str, t.Any]) -> list[Line]:
    found = [package for package in record["packages"] if package.get("displayName") == about.package]
    if not found:
        return [dataclasses.replace(about, note="There is no such package. Run mssp.defender.onboard for this customer.")]
    shown = []
    for package in found:
        of_it = [policy for policy in record["policies"] if (policy.get("accessPackage") or {}).get("id") == package["id"]]
        line = dataclasses.replace(about, request=_address(package.get("request_url")))
        notes = [
            _closed(catalog, of_it),
            "Hidden: only this link leads to it." if package.get("isHidden") else "",
            _unknown(line),
        ]
        shown.append(dataclasses.replace(line, note=" ".join(filter(None, notes))))
    return shown


def _closed(catalog: t.Mapping[str, t.Any], policies: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """Why nobody of the MSSP can request a package, or an empty text."""
    if str(catalog.get("state") or "published").lower() != "published":
        return "Closed: its catalog is not published."
    if catalog.get("isExternallyVisible") is False:
        return "Closed: its catalog is not open to people of other tenants."
    if not any(map(_lets_in, policies)):
        return "Closed: no policy lets anybody request it."
    return ""


def _lets_in(policy: t.Mapping[str, t.Any]) -> bool:
    """Whether somebody can request the package by this policy; who, is not looked at."""
    settings = policy.get("requestorSettings") or {}
    scope = str(policy.get("allowedTargetScope") or "notSpecified").lower()
    return bool(settings.get("enableTargetsToSelfAddAccess")) and scope != "notspecified"


def _unknown(line: Line) -> str:
    """Which addresses are missing, and why: they are never guessed."""
    if not line.domain and not (line.request and line.approvals):
        return "The tenant's domain cannot be read, and links to My Access need it: grant Organization.Read.All."
    missing = [name for name, url in (("My Access", line.approvals), ("the Defender portal", line.portal)) if not url]
    return f"Microsoft documents no address of {' and '.join(missing)} in this cloud." if missing else ""


def _address(url: t.Any) -> str:
    """An address as the modules make them; whatever else it may be leads nowhere."""
    return str(url) if str(url or "").startswith("https://") else ""


HEADER = (
    "customer",
    "name",
    "domain",
    "tenant_id",
    "tier",
    "package",
    "request_link",
    "approval_link",
    "portal_link",
    "note",
)


def as_csv(records: t.Iterable[t.Mapping[str, t.Any]], made: str) -> str:
    """Every line with all that is known of it; when it was made is not in there."""
    del made
    return csv_text(HEADER, [dataclasses.astuple(line) for line in lines(records)])


def as_markdown(records: t.Iterable[t.Mapping[str, t.Any]], made: str) -> str:
    """A part for analysts and one for approvers."""
    found = lines(records)
    analysts = [
        [_who(line), line.package or None, _link(line.request, "request"), _link(line.portal, "portal"), line.note]
        for line in for_analysts(found)
    ]
    approvers = [
        [_who(line), _link(line.approvals, "decide"), _link(line.request, "become an approver"), line.note]
        for line in for_approvers(found)
    ]
    return "\n".join(
        [
            "# Links",
            "",
            f"As of {markdown_escape(made)}.",
            "",
            "## For analysts",
            "",
            *(f"- {note}" for note in ANALYST_NOTES),
            "",
            markdown_table(("Customer", "Access package", "Request access", "Defender portal", "Note"), analysts),
            "## For approvers",
            "",
            *(f"- {note}" for note in APPROVER_NOTES),
            "",
            markdown_table(("Customer", "Decide requests", "Become an approver", "Note"), approvers),
        ]
    )


def _who(line: Line) -> str:
    return f"{line.title} ({line.domain or line.tenant_id or line.customer})" if line.name else line.customer


def _link(url: str, text: str) -> Link | None:
    return Link(url, text) if url else None
