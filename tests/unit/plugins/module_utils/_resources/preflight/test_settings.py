# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional Access, entitlement management, Defender, groups: each verdict by a table."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight import conditional, defender, groups
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gates import questions
from ansible_collections.mssp.defender.tests.unit.preflight_building import (
    ACTION,
    MSSP,
    findings,
    listed,
    policy,
    refusal,
    told,
    wanted,
)

EM = conditional.ENTITLEMENT_MANAGEMENT
GUESTS = {"includeUsers": ["GuestsOrExternalUsers"]}
ALL = {"includeApplications": ["All"]}
OTHER = "22222222-0000-4000-8000-000000000009"


def kinds(types, *tenants):
    said = {"guestOrExternalUserTypes": types}
    if tenants:
        said["externalTenants"] = {"membershipKind": "enumerated", "members": list(tenants)}
    return said


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({}, False),
        ({"includeUsers": ["All"]}, True),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, True),
        ({"includeUsers": ["None"]}, False),
        ({"includeUsers": [OTHER]}, False),
        ({"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]}, False),
        ({"includeUsers": ["All"], "excludeUsers": [OTHER]}, True),
        ({"includeGuestsOrExternalUsers": kinds("b2bCollaborationGuest")}, True),
        ({"includeGuestsOrExternalUsers": kinds("internalGuest, b2bCollaborationGuest")}, True),
        ({"includeGuestsOrExternalUsers": kinds("internalGuest,serviceProvider")}, False),
        ({"includeGuestsOrExternalUsers": kinds("b2bCollaborationGuest", MSSP.upper())}, True),
        ({"includeGuestsOrExternalUsers": kinds("b2bCollaborationGuest", OTHER)}, False),
        ({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": kinds("b2bCollaborationGuest")}, False),
        ({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": kinds("b2bCollaborationGuest", OTHER)}, True),
        ({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": kinds("b2bCollaborationGuest", MSSP)}, False),
        ({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": None}, True),
    ],
)
def test_whom_a_policy_concerns(users, expected):
    assert conditional.concerns_guests(users, MSSP) is expected


@pytest.mark.parametrize(
    ("applications", "expected"),
    [
        ({"includeApplications": ["All"]}, True),
        ({"includeApplications": [EM]}, True),
        ({"includeApplications": ["Office365"]}, False),
        ({"includeApplications": ["All"], "excludeApplications": [EM.upper()]}, False),
        ({"includeApplications": ["All"], "excludeApplications": ["Office365"]}, True),
        ({}, False),
    ],
)
def test_whether_requests_are_concerned(applications, expected):
    assert conditional.concerns_requests(applications) is expected


def access_policy(*controls, state="enabled", operator="OR", users=None, applications=None, **conditions):
    return {
        "displayName": "Rule",
        "state": state,
        "conditions": {
            "users": GUESTS if users is None else users,
            "applications": ALL if applications is None else applications,
            "clientAppTypes": ["all"],
            **conditions,
        },
        "grantControls": {"operator": operator, "builtInControls": list(controls)},
    }


FLOW = {"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (access_policy("mfa"), [("conditional_access_guests", "warning")]),
        (access_policy("mfa", state="disabled"), []),
        (access_policy("mfa", state="enabledForReportingButNotEnforced"), []),
        (access_policy("mfa", applications={**ALL, "excludeApplications": [EM]}), []),
        (access_policy("mfa", users={"includeGroups": [OTHER]}), []),
        (access_policy("block"), [("conditional_access_blocks", "stop")]),
        (access_policy("block", locations={"includeLocations": ["All"]}), [("conditional_access_guests", "warning")]),
        (access_policy("block", clientAppTypes=["other"]), [("conditional_access_guests", "warning")]),
        (access_policy("block", signInRiskLevels=["high"]), [("conditional_access_guests", "warning")]),
        (access_policy("block", applications={"includeApplications": ["Office365"]}), []),
        (
            access_policy("compliantDevice"),
            [("conditional_access_guests", "warning"), ("device_not_trusted", "warning")],
        ),
        (access_policy("compliantDevice", "mfa"), [("conditional_access_guests", "warning")]),
        (
            access_policy("compliantDevice", "mfa", operator="AND"),
            [("conditional_access_guests", "warning"), ("device_not_trusted", "warning")],
        ),
        (
            access_policy("compliantDevice", "domainJoinedDevice"),
            [("conditional_access_guests", "warning"), ("device_not_trusted", "warning")],
        ),
        (access_policy("block", **FLOW), [("device_code_blocked", "info")]),
        (access_policy("mfa", **FLOW), []),
        (access_policy("block", authenticationFlows={"transferMethods": "authenticationTransfer"}), []),
        ({"displayName": "Odd", "state": "enabled"}, []),
    ],
)
def test_conditional_access(rule, expected):
    assert told({"conditional": listed(rule)}) == expected


def test_devices_that_are_trusted():
    trust = {"inboundTrust": {"isMfaAccepted": True, "isCompliantDeviceAccepted": True}}
    rule = access_policy("compliantDevice", applications={**ALL, "excludeApplications": [EM]})
    assert told({"conditional": listed(rule), "cross_partner": trust}) == []
    assert told({"conditional": listed(rule)}) == [("device_not_trusted", "warning")]


def test_approvers_are_warned_of_the_device_code():
    rule = access_policy("block", **FLOW)
    assert ("device_code_blocked", "warning") in told({"conditional": listed(rule)}, features=("onboard", "approve"))


def test_names_of_policies_are_data():
    rule = {**access_policy("mfa"), "displayName": "{{ x }}\nsecond {line}"}
    (found,) = findings({"conditional": listed(rule)})
    assert "'{{ x }} second {line}'" in found.says


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"externalUserLifecycleAction": "blockSignIn"}, "blocked from signing in."),
        (
            {"externalUserLifecycleAction": "BlockSignInAndDelete", "durationUntilExternalUserDeletedAfterBlocked": "P30D"},
            "blocked from signing in and deleted 30 days later.",
        ),
        (
            {"externalUserLifecycleAction": "blockSignInAndDelete", "durationUntilExternalUserDeletedAfterBlocked": "PT12H"},
            "deleted after PT12H.",
        ),
        ({"externalUserLifecycleAction": "blockSignInAndDelete"}, "blocked from signing in and deleted."),
    ],
)
def test_guests_whose_access_ends(settings, says):
    (found,) = findings({"settings": settings})
    assert (found.id, found.severity) == ("lifecycle_blocks", "info")
    assert found.says.endswith(says)


CONFIGURED, PROPOSED = {"state": "configured"}, {"state": "proposed"}


@pytest.mark.parametrize(
    ("policies", "organizations", "state", "expected"),
    [
        ([policy()], [], None, "stop"),
        ([policy(approval=True)], [], None, "warning"),
        ([policy(approval=True), policy()], [], None, "stop"),
        ([policy(scope="specificConnectedOrganizationUsers")], [], None, None),
        ([policy(scope="allExternalUsers")], [], None, None),
        ([policy(requestorSettings={"enableTargetsToSelfAddAccess": False})], [], None, None),
        ([policy()], [CONFIGURED], None, None),
        ([policy()], [PROPOSED], None, None),
        ([policy()], [PROPOSED], "configured", "stop"),
        ([policy()], [CONFIGURED], "configured", None),
        ([policy()], [], "configured", "stop"),
    ],
)
def test_what_connecting_the_mssp_opens(policies, organizations, state, expected):
    """Decisions M8."""
    found = told({"policies": listed(*policies), "organizations": listed(*organizations)}, org_state=state)
    assert found == ([("opens_policies", expected)] if expected else [])


def test_who_proposes_opens_nothing_and_asks_nothing():
    assert "policies" not in [question.name for question in questions(wanted(org_state="proposed"))]
    assert told({"policies": listed(policy())}, org_state="proposed") == []


def test_accepting_by_name():
    (found,) = findings({"policies": listed(policy())}, accepted=frozenset({"opens_policies"}))
    assert (found.severity, found.accepted) == ("warning", True)
    (other,) = findings({"policies": listed(policy())}, accepted=frozenset({"invitations_off"}))
    assert (other.severity, other.accepted) == ("stop", False)


@pytest.mark.parametrize(
    ("roles", "namespaces", "answer"),
    [
        (listed({"id": "1"}), listed(), True),
        (listed(), listed({"id": "microsoft.xdr"}), True),
        (listed(), listed(), False),
        (listed(), refusal(403), None),
        # A refusal of the moment, such as of a permission that was granted just now.
        (refusal(403), listed({"id": "microsoft.xdr"}), True),
        (refusal(403), listed(), False),
        (refusal(403), refusal(403), False),
        (refusal(404), refusal(404), False),
        (refusal(400), refusal(400), False),
        (refusal(500), listed(), None),
    ],
)
def test_whether_unified_rbac_answers(roles, namespaces, answer):
    assert defender.answers_at_all({"roles": roles, "namespaces": namespaces}) is answer
    found = told({"roles": roles, "namespaces": namespaces})
    assert (("urbac_silent", "stop") in found) is (answer is False)


def test_unified_rbac_that_is_not_wanted():
    assert told({"roles": refusal(403), "namespaces": refusal(403)}, features=("entitlement", "groups")) == []


@pytest.mark.parametrize(
    ("permissions", "strange"),
    [
        ([ACTION], []),
        (["alerts_investigation"], []),
        (["secops/securitydata/alerts/manage"], []),
        (["secops/*/manage"], []),
        (["secops/nothing/manage"], ["microsoft.xdr/secops/nothing/manage"]),
        # What is no permission at all, the module for roles refuses in its own words.
        (["nonsense"], []),
    ],
)
def test_permissions_of_the_tiers(permissions, strange):
    found = [x for x in findings({}, permissions=tuple(permissions)) if x.id == "permission_unknown"]
    assert [x.severity for x in found] == (["warning"] if strange else [])
    assert all(name in found[0].says for name in strange)


def test_a_wildcard_in_the_catalogue_vouches_for_nothing_else():
    catalogue = listed({"id": "microsoft.xdr", "resourceActions": [{"id": "microsoft.xdr/secops/*/manage"}]})
    (found,) = findings({"namespaces": catalogue})
    assert (found.id, ACTION in found.says) == ("permission_unknown", True)
    assert told({"namespaces": catalogue}, permissions=("secops/*/manage",)) == []


@pytest.mark.parametrize(
    "namespaces",
    [
        [{"id": "microsoft.xdr", "resourceActions": [{"id": ACTION}, {"id": None}]}],
        [{"id": ACTION, "name": "text"}],
        [{"id": ACTION.upper()}],
    ],
)
def test_the_catalogue_in_both_its_forms(namespaces):
    assert defender.catalogue(namespaces) == {ACTION}


def test_a_catalogue_that_may_not_be_read():
    assert told({"namespaces": refusal(403)}) == [("not_readable", "not_checked")]


def naming(requirement="", blocked=""):
    values = {"PrefixSuffixNamingRequirement": requirement, "CustomBlockedWordsList": blocked, "EnableGroupCreation": "true"}
    return {"displayName": "Group.Unified", "values": [{"name": name, "value": value} for name, value in values.items()]}


@pytest.mark.parametrize(
    ("requirement", "blocked", "odd"),
    [
        ("", "", []),
        ("[GroupName]", "", []),
        ("GRP_[GroupName]", "", ["Tier 1 Analyst"]),
        ("Tier[GroupName]", "", []),
        ("[Contoso-][GroupName]", "", ["Tier 1 Analyst"]),
        ("[Department][GroupName]", "", []),
        ("[GroupName]_[Department]", "", ["Tier 1 Analyst"]),
        ("", "ceo, payroll", []),
        ("", "CEO,analyst ", ["Tier 1 Analyst"]),
        ("", "Analys", []),
        ("", "1 Analyst", ["Tier 1 Analyst"]),
        ("", ",,", []),
        ("no placeholder", "", []),
    ],
)
def test_naming_policies(requirement, blocked, odd):
    assert groups.misfits(["Tier 1 Analyst"], [naming(requirement, blocked)]) == odd
    assert told({"group_settings": listed(naming(requirement, blocked))}) == [("naming_policy", "info")] * len(odd)


def test_groups_that_nobody_may_manage():
    """Decisions S4."""
    held = {"id": "g", "displayName": "Tier 1 Analyst", "isManagementRestricted": True}
    free = {"id": "h", "displayName": "Other", "isManagementRestricted": None}
    assert told(groups=(held, free)) == [("restricted_group", "stop")]
    assert told(groups=(free,)) == []
    by_id = told({"group g": held}, group_ids=("g",))
    assert by_id == [("restricted_group", "stop")]
    # Found by its name and by its id, it is one group.
    (found,) = findings({"group g": held}, groups=(held,), group_ids=("g",))
    assert found.says.count("'Tier 1 Analyst'") == 1
