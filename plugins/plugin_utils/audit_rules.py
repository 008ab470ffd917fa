# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What the audit can find: a table of data. Identifiers and slugs never change their meaning.

MSSP0xx access, 1xx approvers and people, 2xx policies and drift, 3xx Defender, 4xx other ways in, 5xx ends and waits,
9xx what could not be checked. The definitions are in decisions M10, M13, S5 and B.6; docs/audit.md explains the same rows.
"""

from __future__ import annotations

import typing as t

# From the worst down. `info` needs nobody's hand.
SEVERITIES = ("grave", "warning", "notice", "info")


class Rule(t.NamedTuple):
    """One kind of finding.

    :param severity: of a finding unless the rule that makes it rates it lower.
    :param title: what is found, as a headline without a full stop.
    :param explains: when it is found, and why it matters.
    :param remedy: what to do about it.
    """

    id: str
    slug: str
    severity: str
    title: str
    explains: str
    remedy: str


_RULES = (
    # ---- access -----------------------------------------------------------------------------------------------------
    Rule(
        "MSSP001",
        "out-of-band-member",
        "grave",
        "Member without an assignment",
        "A person is a direct member of a tier's or the approvers' group, and no package that grants this group is assigned "
        "to them, nor was one within the grace time. Nobody approved this access, nothing ends it, and no review asks about "
        "it.",
        "Remove the person from the group, and let them request the package.",
    ),
    Rule(
        "MSSP002",
        "assigned-not-member",
        "warning",
        "Assigned, but not in the group",
        "A package was delivered to a person longer ago than the grace time, and they are not in the group that it grants: "
        "somebody took them out, or the delivery did not last.",
        "Reprocess the assignment in the portal, or end it if the person should not have the access.",
    ),
    Rule(
        "MSSP003",
        "removal-pending",
        "info",
        "Removal pending",
        "An assignment ended within the grace time and the person is still in the group. Microsoft takes minutes for it, at "
        "most a day.",
        "Nothing; if the next audit reports the person as a member without an assignment, remove them.",
    ),
    Rule(
        "MSSP004",
        "non-user-member",
        "grave",
        "Member that is not a person",
        "A group, a service principal or a device is a direct member of a tier's or the approvers' group. Whoever stands "
        "behind it has the access without an assignment.",
        "Remove it from the group; its people request the package.",
    ),
    Rule(
        "MSSP005",
        "delivery-failed",
        "warning",
        "Delivery failed",
        "An assignment is only partly delivered, or its delivery failed: the person does not have what was approved.",
        "Reprocess the assignment (Microsoft allows it for 7 to 14 days), else end it and request anew.",
    ),
    Rule(
        "MSSP006",
        "end-beyond-policy",
        "warning",
        "Assignment ends never or too late",
        "An assignment has no end, or ends later than its policy would let it.",
        "Give the assignment the end that the policy allows (access_package_assignment), or end it.",
    ),
    Rule(
        "MSSP007",
        "direct-under-approval",
        "warning",
        "Assigned directly under a policy that wants approval",
        "An administrator assigned the package under a policy whose requests need an approval. Whether anybody approved it "
        "depends on how the request was sent.",
        "End the assignment and let the person request it, or find out who agreed and write it down.",
    ),
    # ---- approvers and people ---------------------------------------------------------------------------------------
    Rule(
        "MSSP101",
        "no-approver",
        "grave",
        "Nobody can approve",
        "A policy can be requested and wants approval, and none of its approvers is a person who is enabled and has accepted "
        "the invitation: requests wait until they are denied.",
        "Name approvers, or put people into the approvers' group by an assignment (mssp_onboard_initial_approvers).",
    ),
    Rule(
        "MSSP102",
        "approver-disabled",
        "warning",
        "Approver disabled or gone",
        "An approver of a policy has a disabled account, or is not in the directory any more, while others can still approve.",
        "Take the person off the approvers, or enable the account.",
    ),
    Rule(
        "MSSP103",
        "analyst-and-approver",
        "warning",
        "Analyst and approver at once",
        "A person has a tier's access and can approve requests for a tier. Microsoft lets nobody approve their own request, "
        "but two such people can admit each other.",
        "Take one of the two from the person; mssp_onboard_separate_duties keeps them apart from now on.",
    ),
    Rule(
        "MSSP104",
        "approvers-admit-approvers",
        "warning",
        "Approvers admit approvers",
        "Requests for the approvers' package are decided by the approvers' group: the first of them can admit all others, and "
        "the customer is out of the loop.",
        "Name people of the customer in mssp_onboard_customer_approvers.",
    ),
    Rule(
        "MSSP105",
        "only-mssp-approvers",
        "info",
        "Only people of the MSSP approve",
        "All who can approve requests under a policy are of the MSSP's tenant. Microsoft's walkthrough has it so; some "
        "customers want a person of theirs among them.",
        "If the customer wants it, set mssp_onboard_tier_approvers to both or customer, or name initial approvers.",
    ),
    Rule(
        "MSSP106",
        "pending-acceptance",
        "notice",
        "Guest never accepted the invitation",
        "A guest with access has not accepted the invitation within the time that is set. Such guests get no mail of reviews.",
        "Ask the person to sign in once to the customer's My Access, or end the access.",
    ),
    Rule(
        "MSSP107",
        "stale-guest",
        "warning",
        "Guest with access does not sign in",
        "A guest with access has not signed in for longer than the time that is set, or never since the account was made.",
        "End the assignment if the person does not need it.",
    ),
    Rule(
        "MSSP108",
        "sign-ins-unknown",
        "notice",
        "No sign-in is known of anybody",
        "Guests look as if they had never signed in, and so does everybody else who was looked at: most likely the tenant "
        "lacks Entra ID P1 or the application lacks AuditLog.Read.All.",
        "Grant AuditLog.Read.All to the audit application, and check the customer's licence.",
    ),
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

RULES: t.Mapping[str, Rule] = {rule.id: rule for rule in _RULES}
