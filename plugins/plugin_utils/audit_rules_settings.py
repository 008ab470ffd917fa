# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Kinds of findings about policies and drift (MSSP2xx), and about Defender roles (3xx)."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rule import Rule

ROWS = (
    # ---- policies and drift -----------------------------------------------------------------------------------------
    Rule(
        "MSSP201",
        "approval-removed",
        "grave",
        "Approval was taken away or weakened",
        "A managed policy wants less approval than it should: none for new requests or extensions, fewer stages, or other "
        "people decide.",
        "Run the onboarding again, and find out who changed it.",
    ),
    Rule(
        "MSSP202",
        "requestors-changed",
        "grave",
        "Others can request",
        "A managed policy can be requested by others than it should, or in other ways.",
        "Run the onboarding again, and look through requests and assignments made meanwhile.",
    ),
    Rule(
        "MSSP203",
        "expiry-lengthened",
        "grave",
        "Access lasts longer",
        "Assignments under a managed policy end later than they should, or never.",
        "Run the onboarding again; assignments made meanwhile keep their end and are changed one by one.",
    ),
    Rule(
        "MSSP204",
        "review-weakened",
        "grave",
        "Reviews are off or weaker",
        "The access review of a managed policy is off, rarer, done by others, or keeps access that nobody confirms.",
        "Run the onboarding again.",
    ),
    Rule(
        "MSSP205",
        "permission-added",
        "grave",
        "A Defender role or a package grants more",
        "A managed Defender role has an action or an assignment that it should not have, or a managed package grants "
        "something else too.",
        "Run the onboarding again, and find out who changed it.",
    ),
    Rule(
        "MSSP206",
        "object-missing",
        "warning",
        "Something managed is missing",
        "A group, role, catalog, package, policy or connected organization that the variables describe is not there.",
        "Run the onboarding again, if it was not taken away on purpose.",
    ),
    Rule(
        "MSSP207",
        "setting-changed",
        "warning",
        "A setting differs",
        "A managed property has another value than the variables say, with an effect on what works or who sees it.",
        "Run the onboarding again, or change the variables.",
    ),
    Rule(
        "MSSP208",
        "wording-changed",
        "notice",
        "A text differs",
        "A managed name, description or question reads otherwise than the variables say.",
        "Run the onboarding again, or change the variables.",
    ),
    Rule(
        "MSSP209",
        "extension-without-approval",
        "warning",
        "Extension without approval",
        "People can extend their own access without anybody's approval, although new requests need one. It is grave where "
        "they also review themselves: access then renews itself for ever without a second person.",
        "Set mssp_onboard_approval_for_extension to true, or correct the policy.",
    ),
    # ---- Defender ---------------------------------------------------------------------------------------------------
    Rule(
        "MSSP301",
        "tier-reaches-too-much",
        "grave",
        "A tier reaches more than it may",
        "Members of a tier's group reach live response or security settings that the tier is not meant to have; tier 1 is "
        "meant to have neither, whatever the variables say. Wildcards and roles got through other groups count.",
        "Take the action from the role, or the role from the group.",
    ),
    Rule(
        "MSSP302",
        "tier-2-lacks-tier-1",
        "warning",
        "Tier 2 does not include tier 1",
        "The role of tier 2 lacks something that the role of tier 1 grants, by the variables themselves.",
        "Add it to the permissions of tier 2.",
    ),
    Rule(
        "MSSP303",
        "defender-role-outside-tiers",
        "grave",
        "Defender role outside the tiers",
        "A person of the MSSP holds a Defender role directly or through a group that is no tier's: without an approval, an "
        "end or a review.",
        "Take the role assignment away, or the person out of that group.",
    ),
    Rule(
        "MSSP304",
        "unresolved-principal",
        "notice",
        "Defender role of somebody unknown",
        "A Defender role is assigned to an id that is neither a person's nor a group's in the directory, most likely not "
        "any more.",
        "Remove the id from the role assignment in the Defender portal.",
    ),
)
