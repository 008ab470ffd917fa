# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The portal page of what a finding is about. Pages of other clouds than the public one are not documented: none is invented."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Finding

_ENTRA = "https://entra.microsoft.com/#view"
_ENTITLEMENT = f"{_ENTRA}/Microsoft_AAD_ERM/DashboardBlade/~/elmEntitlement"
_PAGES = {
    "group": f"{_ENTRA}/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Overview/groupId/{{id}}",
    "user": f"{_ENTRA}/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/{{id}}",
    **dict.fromkeys(("access package", "assignment policy", "assignment", "catalog", "connected organization"), _ENTITLEMENT),
}


def link(facts: Facts, found: Finding) -> str | None:
    """Where to look, or None."""
    target = found["object"]
    links = (facts.raw.get("tenant") or {}).get("links") or {}
    if target["type"].startswith("Defender role"):
        return links.get("portal")
    if target["type"] in ("request", "access review"):
        return links.get("approvals")
    if facts.raw.get("cloud") not in (None, "", "public"):
        return None
    page = _PAGES.get(target["type"])
    if page is None or ("{id}" in page and not target["id"]):
        return None
    return page.replace("{id}", str(target["id"]))
