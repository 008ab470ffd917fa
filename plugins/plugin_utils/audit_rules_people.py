# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Kinds of findings about access (MSSP0xx), and about approvers and people (1xx)."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rule import Rule

ROWS = (
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
    Rule(
        "MSSP109",
        "approved-by-own-tenant",
        "info",
        "Request approved by the MSSP alone",
        "A person of the MSSP has access by a request that only people of the MSSP approved, although others could have. It is "
        "not told where nobody else can approve: that is MSSP105.",
        "Nothing, unless the customer wants a person of theirs to look at each request: then a second stage of the customer's.",
    ),
)
