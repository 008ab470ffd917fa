# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What Microsoft documents that each cloud has, and where it says so.

Graph's reference marks each operation with the clouds that have it ("This API is available in the following national cloud
deployments"). Such a mark is a `yes` or a `no`. What is marked nowhere is `UNDOCUMENTED`: it is tried, and told beforehand.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t


class Offer(enum.Enum):
    """What Microsoft says of a feature in a cloud."""

    YES = "yes"
    NO = "no"
    UNDOCUMENTED = "not documented"


@dataclasses.dataclass(frozen=True)
class Feature:
    """Something that the collection uses.

    :param what: as part of a sentence.
    :param effect: what its absence means for a run, as a sentence.
    :param source: Microsoft's page, and its date where that is known.
    :param no: the clouds that are marked as without it.
    :param undocumented: the clouds about which nothing is said, or not enough.
    """

    what: str
    effect: str
    source: str
    no: frozenset[str] = frozenset()
    undocumented: frozenset[str] = frozenset()

    def offer(self, cloud: str) -> Offer:
        """What is said of the cloud of this name."""
        if cloud in self.no:
            return Offer.NO
        return Offer.UNDOCUMENTED if cloud in self.undocumented else Offer.YES


_CHINA = frozenset({"china"})
_REFERENCE = "Microsoft Graph reference"

FEATURES: t.Mapping[str, Feature] = {
    "groups": Feature(
        "security groups",
        "Nothing can be built without them.",
        f"{_REFERENCE}, group-upsert (2025-08)",
    ),
    "tenant_lookup": Feature(
        "the lookup of other tenants by id or domain",
        "Name the MSSP by its tenant id and its domain.",
        f"{_REFERENCE}, findTenantInformationByTenantId: all four clouds; an older copy marked the public one only",
    ),
    "entitlement": Feature(
        "entitlement management",
        "No connected organization, catalog, package or policy can be made.",
        f"{_REFERENCE}, entitlementmanagement-post-assignmentpolicies (2026-03); Entra feature availability (Azure Government)",
    ),
    "approvals": Feature(
        "decisions on requests by API",
        "Decide in My Access instead.",
        f"{_REFERENCE}, approvalstage-update",
    ),
    "reviews": Feature(
        "access reviews",
        "Set reviews to null; access then ends by its date alone.",
        f"{_REFERENCE}, accessreviewset-list-definitions; Entra feature availability (Azure Government)",
    ),
    "defender": Feature(
        "Defender roles (unified RBAC)",
        "Where Graph refuses them, onboard without them (mssp_onboard_skip_defender).",
        f"{_REFERENCE}, rbacapplication-post-roledefinitions (2024-07): all four; Defender for Office 365 blog (2024): GCC High "
        "and DoD; no page of Defender XDR names China",
        undocumented=_CHINA,
    ),
    "audit_log": Feature(
        "the audit log in Microsoft Graph",
        "Who changed what, and when, cannot be told there.",
        f"{_REFERENCE}, directoryaudit-list (2024-08)",
        no=_CHINA,
    ),
    "cross_tenant": Feature(
        "cross-tenant access settings",
        "A tenant cannot be let in or blocked as a whole.",
        f"{_REFERENCE}, crosstenantaccesspolicy-list-partners",
    ),
    "partner": Feature(
        "delegated admin relationships (GDAP)",
        "Customers cannot be listed from them: keep a static inventory.",
        f"{_REFERENCE}, tenantrelationship-list-delegatedadmincustomers",
    ),
    "my_access": Feature(
        "an address of My Access",
        "Links to request and to decide are left out: ask the customer for that page.",
        "Entra documentation, entitlement-management-access-package-settings: public and US Government",
        undocumented=_CHINA,
    ),
    "portal": Feature(
        "an address of the Defender portal",
        "Links to it are left out: ask the customer for that page.",
        "Defender for Endpoint documentation, gov (2026-01)",
        undocumented=_CHINA,
    ),
}
