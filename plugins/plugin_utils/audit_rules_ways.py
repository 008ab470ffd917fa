# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Kinds of findings about other ways in (MSSP4xx), what ends and waits (5xx), and what could not be checked (9xx)."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rule import Rule

ROWS = (
    # ---- other ways in ----------------------------------------------------------------------------------------------
    Rule(
        "MSSP401",
        "group-owner",
        "warning",
        "Group has an owner",
        "A tier's or the approvers' group has an owner, who can put anybody into it past every approval.",
        "Remove the owner.",
    ),
    Rule(
        "MSSP402",
        "catalog-role",
        "warning",
        "Somebody administers the catalog",
        "Somebody holds a role on the catalog of these packages, or one for all catalogs, and can rewrite its policies or "
        "assign directly.",
        "Take the role away, or accept the holder in mssp_audit_accepted_principals.",
    ),
    Rule(
        "MSSP403",
        "other-organization",
        "grave",
        "Another organization can request",
        "A further policy on a managed package lets people of other organizations request it.",
        "Delete the policy, or limit who can request under it.",
    ),
    Rule(
        "MSSP404",
        "further-policy",
        "warning",
        "Further policy on a package",
        "A managed package has a policy that the variables do not describe: another way to get the same access, with rules of "
        "its own.",
        "Delete the policy, or look at what it allows.",
    ),
    Rule(
        "MSSP405",
        "other-package",
        "warning",
        "Another package grants the group",
        "A package that is none of the managed ones grants membership of a tier's or the approvers' group.",
        "Take the group out of that package.",
    ),
    Rule(
        "MSSP406",
        "mssp-in-other-group",
        "notice",
        "Person of the MSSP in other groups",
        "A person of the MSSP is in groups beside those that the packages grant. Groups with a rule for their members are "
        "left out.",
        "Check that each of these groups is meant for the person.",
    ),
    Rule(
        "MSSP407",
        "mssp-entra-role",
        "grave",
        "Person of the MSSP holds an Entra role",
        "A person of the MSSP holds a role of the directory, directly or through a group. Global and Security Administrators "
        "have live response as well.",
        "Take the role away.",
    ),
    Rule(
        "MSSP408",
        "write-permission",
        "grave",
        "The audit's application can write",
        "The token that the audit ran with carries permissions to write. It ran because mssp_audit_allow_write_token says so.",
        "Give the audit an application of its own that can only read.",
    ),
    Rule(
        "MSSP409",
        "surplus-permission",
        "notice",
        "The application may read more than the audit needs",
        "The token carries read permissions that no check needs.",
        "Take them from the application, and consent anew.",
    ),
    # ---- ends and waits ---------------------------------------------------------------------------------------------
    Rule(
        "MSSP501",
        "ends-soon",
        "notice",
        "Access ends soon",
        "An assignment ends within the days that are set. Only within the least of them it is a notice, else for information.",
        "Let the person request an extension in time, if the access is still needed.",
    ),
    Rule(
        "MSSP502",
        "review-open",
        "notice",
        "Review open",
        "An access review waits for decisions. Unanswered means removed, unless the policy says otherwise.",
        "Decide it in My Access before it closes.",
    ),
    Rule(
        "MSSP503",
        "review-overdue",
        "warning",
        "Review overdue",
        "The end of an access review has passed, and it is neither completed nor applied.",
        "Look at the review in the portal, and stop or apply it.",
    ),
    Rule(
        "MSSP504",
        "request-waiting",
        "warning",
        "Request waits too long",
        "A request has waited for approval longer than the time that is set.",
        "Decide it (playbook mssp.defender.requests), or find approvers who do.",
    ),
    # ---- not checked ------------------------------------------------------------------------------------------------
    Rule(
        "MSSP900",
        "not-read",
        "warning",
        "Something could not be read",
        "A part of the tenant could not be read, so that findings can be missing.",
        "Mend what the message says, most often a permission, and audit again.",
    ),
    Rule(
        "MSSP901",
        "drift-not-checked",
        "warning",
        "Drift was not fully checked",
        "The onboarding in check mode stopped before its end, so that drift can be missing.",
        "Mend what the message says, and audit again.",
    ),
)
