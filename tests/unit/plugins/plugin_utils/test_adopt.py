# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.filter import adopt_variables as plugin
from ansible_collections.mssp.defender.plugins.filter import adopt_wanted
from ansible_collections.mssp.defender.plugins.module_utils._paths import put
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt import adopt
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import Word

MSSP = "11111111-2222-3333-4444-555555555555"
READ = "microsoft.xdr/secops/securitydata/basics/read"
ALERTS = "microsoft.xdr/secops/securitydata/alerts/manage"
CLOSED_BY = "Users of the MSSP SOC tenant may request approver access; the customer decides"


def ident(kind, number):
    return f"{'guryp'.index(kind):08d}-0000-4000-8000-{number:012d}"


ADA, BEN = ident("u", 1), ident("u", 2)
PEOPLE = {ADA: "Ada", BEN: "Ben"}


def user(identifier):
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": identifier, "description": PEOPLE[identifier]}


def members(number):
    return {"@odata.type": "#microsoft.graph.groupMembers", "groupId": ident("g", number)}


def stage(*approvers):
    return {
        "durationBeforeAutomaticDenial": "P14D",
        "isApproverJustificationRequired": True,
        "isEscalationEnabled": False,
        "primaryApprovers": list(approvers),
    }


def policy(number, *approvers, description="", reviewers=()):
    schedule = {
        "startDateTime": "2030-01-01T00:00:00Z",
        "expiration": {"type": "afterDuration", "duration": "P25D"},
        "recurrence": {"pattern": {"type": "absoluteYearly", "interval": 1}, "range": {"type": "noEnd"}},
    }
    return {
        "id": ident("y", number),
        "displayName": "MSSP SOC users",
        "description": description,
        "accessPackage": {"id": ident("p", number)},
        "allowedTargetScope": "specificConnectedOrganizationUsers",
        "specificAllowedTargets": [
            {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": "o1"}
        ],
        "expiration": {"type": "afterDuration", "duration": "P365D"},
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": True,
            "enableTargetsToSelfUpdateAccess": True,
            "enableTargetsToSelfRemoveAccess": True,
        },
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": True,
            "isApprovalRequiredForUpdate": True,
            "isRequestorJustificationRequired": True,
            "stages": [stage(*approvers)],
        },
        "reviewSettings": {
            "isEnabled": True,
            "expirationBehavior": "removeAccess",
            "isSelfReview": not reviewers,
            "primaryReviewers": list(reviewers),
            "schedule": schedule,
        },
    }


def package(number, name):
    group = ident("g", number)
    granted = {
        "role": {"displayName": "Member", "originId": f"Member_{group}"},
        "scope": {"originId": group, "displayName": "Root"},
    }
    return {
        "id": ident("p", number),
        "displayName": name,
        "description": "",
        "isHidden": False,
        "catalog": {"id": "c1", "displayName": "Catalog"},
        "resourceRoleScopes": [granted],
    }


def role(number, name, *actions):
    return {
        "id": ident("r", number),
        "displayName": name,
        "description": None,
        "isBuiltIn": False,
        "rolePermissions": [{"allowedResourceActions": list(actions)}],
        "assignments": [{"principalIds": [ident("g", number)], "appScopeIds": ["Mde"]}],
    }


def group(number, name):
    return {"id": ident("g", number), "displayName": name, "description": None, "securityEnabled": True, "uniqueName": None}


def base():
    return {
        "tenant": "contoso.onmicrosoft.com",
        "mssp": MSSP,
        "organizations": [{"id": "o1", "displayName": "Fabrikam", "description": None, "state": "configured"}],
        "policies": [
            policy(1, members(3), description="For one"),
            policy(2, members(3), description="For two"),
            policy(3, user(ADA), description=CLOSED_BY, reviewers=[user(ADA)]),
        ],
        "packages": [package(1, "One"), package(2, "Two"), package(3, "Leads")],
        "catalogs": [
            {
                "id": "c1",
                "displayName": "Catalog",
                "description": "",
                "state": "published",
                "isExternallyVisible": True,
                "resources": [{"originId": ident("g", number), "displayName": f"Group {number}"} for number in (1, 2, 3)],
            }
        ],
        "groups": [group(1, "Group one"), group(2, "Group two"), group(3, "Group leads")],
        "roles": [role(1, "Role one", READ), role(2, "Role two", READ, ALERTS)],
    }


def changed(path, value, state=None):
    state = state or base()
    put(state, path, value)
    return state


def differs(state):
    """What a run would change."""
    return [(x.type, x.property) for x in adopt(state).differs]


def test_the_variables_of_a_tenant():
    found = adopt(base())
    assert found.variables["mssp_onboard_tenant_id"] == "contoso.onmicrosoft.com"
    one, two = found.variables["mssp_onboard_tiers"]
    assert (one["key"], one["group"], one["role"], one["package"]) == ("tier1", "Group one", "Role one", "One")
    assert (one["group_id"], one["role_id"]) == (ident("g", 1), ident("r", 1))
    assert (two["key"], two["permissions"], two["scopes"]) == ("tier2", [ALERTS, READ], ["Mde"])
    assert one["approval_stages"][0]["approvers"] == [{"group": ident("g", 3)}]
    assert found.variables["mssp_onboard_customer_approvers"] == [{"user": ADA}]
    assert found.comments[("mssp_onboard_customer_approvers", 0)] == ["Ada"]
    assert found.comments[("mssp_onboard_tiers", 0, "approval_stages", 0, "approvers", 0)] == ["Group leads"]
    assert found.left == []
    assert found.differs == []


def free_texts(value):
    """Every text that is no checked word."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in free_texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in free_texts(item)]
    return [value] if isinstance(value, str) and not isinstance(value, Word) and value else []


def test_whatever_a_person_of_the_tenant_can_write_is_no_word():
    evil = "{{ evil }}"
    state = base()
    for path in (
        *(f"groups.{number}.displayName" for number in range(3)),
        *(f"packages.{number}.displayName" for number in range(3)),
        *(f"policies.{number}.description" for number in range(3)),
        "roles.0.displayName",
        "roles.1.displayName",
        "catalogs.0.displayName",
        "catalogs.0.description",
        "organizations.0.displayName",
        "organizations.0.description",
        "roles.0.assignments.0.appScopeIds.0",
        "groups.0.uniqueName",
        "groups.0.id",
    ):
        state = changed(path, f"{evil} {path}" if path != "groups.0.uniqueName" else f"mssp-{MSSP}-null", state)
    state["groups"][0]["id"] = ident("g", 1)
    texts = free_texts(adopt(state).variables)
    # Names of groups, roles, packages, catalog, policy and organization, and what describes them; a scope that nobody knows.
    assert sum(evil in text for text in texts) == 16
    assert "null" in texts  # the key in a unique name
    assert not any(evil in x for x in plugin_words(adopt(state).variables))


def plugin_words(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in plugin_words(item)]
    if isinstance(value, list):
        return [text for item in value for text in plugin_words(item)]
    return [value] if isinstance(value, Word) else []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("policy", "MSSP SOC users"),
        ("role_description", "of the role"),
        ("package_description", "of the package"),
        ("approval_for_extension", True),
        ("requestor_justification", True),
    ],
)
def test_a_tier_says_its_own(name, value):
    state = changed("packages.0.description", "of the package")
    put(state, "roles.0.description", "of the role")
    assert adopt(state).variables["mssp_onboard_tiers"][0][name] == value


def test_groups_that_the_role_made_are_known_by_their_keys():
    state = base()
    for number, key in enumerate(("watch", "tier1", "approvers")):
        put(state, f"groups.{number}.uniqueName", f"mssp-{MSSP}-{key}")
    found = adopt(state)
    assert [x["key"] for x in found.variables["mssp_onboard_tiers"]] == ["watch", "tier1"]
    assert found.differs == []


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("policies.0.notificationSettings", {"isAssignmentNotificationDisabled": True},
         [("assignment policy", "notificationSettings.isAssignmentNotificationDisabled")]),
        ("policies.0.expiration", {"type": "noExpiration"}, [("assignment policy", "expiration")]),
        ("policies.0.expiration", {"type": "afterDuration", "duration": "P30D"}, []),
        ("policies.2.expiration", {"type": "afterDuration", "duration": "P30D"}, []),
        ("policies.0.requestorSettings.enableTargetsToSelfAddAccess", False,
         [("assignment policy", "requestorSettings.enableTargetsToSelfAddAccess")]),
        ("policies.0.requestApprovalSettings.isApprovalRequiredForAdd", False,
         [("assignment policy", "requestApprovalSettings.isApprovalRequiredForAdd")]),
        ("policies.0.requestApprovalSettings.stages", [], [("assignment policy", "requestApprovalSettings.stages")]),
        ("policies.0.requestApprovalSettings.stages", [stage(user(BEN)), stage(members(3)), stage(user(ADA))], []),
        ("policies.2.requestApprovalSettings.stages", [stage(user(BEN)), stage(user(ADA))],
         [("assignment policy", "requestApprovalSettings.stages"), ("assignment policy", "reviewSettings.primaryReviewers")]),
        ("policies.2.reviewSettings.primaryReviewers", [user(BEN)], [("assignment policy", "reviewSettings.primaryReviewers")]),
        ("policies.0.reviewSettings", None, []),
        ("policies.0.reviewSettings.primaryReviewers", [user(BEN)], []),
        ("catalogs.0.state", "unpublished", [("catalog", "state")]),
        ("catalogs.0.isExternallyVisible", False, [("catalog", "isExternallyVisible")]),
        ("catalogs.0.resources", [], [("catalog resource", None)]),
        ("packages.0.isHidden", True, []),
        ("packages.2.isHidden", True, []),
        ("roles.0.assignments.0.appScopeIds", ["/"], []),
        ("roles.0.assignments.0.principalIds", [ident("g", 1), ADA], [("Defender role assignment", None)]),
        ("roles.0.rolePermissions.0.allowedResourceActions", [READ, "other/x/read"], [("Defender role", "rolePermissions")]),
        ("organizations.0.state", "proposed", []),
    ],
)  # fmt: skip
def test_what_a_run_would_still_change(path, value, wanted):
    assert differs(changed(path, value)) == wanted


def test_a_closed_package_of_the_approvers_stays_closed():
    """Naming who decides would open it: then the stage is what differs."""
    state = changed("policies.2.requestorSettings.enableTargetsToSelfAddAccess", False)
    put(state, "policies.2.requestorSettings.enableTargetsToSelfUpdateAccess", False)
    found = adopt(state)
    assert found.variables["mssp_onboard_customer_approvers"] == []
    assert found.variables["mssp_onboard_approvers_approve_approvers"] is False
    assert ("assignment policy", "requestApprovalSettings.stages.0.primaryApprovers") in differs(state)
    assert not [x for x in differs(state) if "requestorSettings" in str(x[1])]


def test_approvers_who_decide_about_themselves():
    state = changed("policies.2.requestApprovalSettings.stages", [stage(members(3))])
    put(state, "policies.2.reviewSettings.primaryReviewers", [])
    put(state, "policies.2.reviewSettings.isSelfReview", True)
    found = adopt(state)
    assert found.variables["mssp_onboard_approvers_approve_approvers"] is True
    assert differs(state) == []


def test_no_approvers_at_all():
    """The role makes some: group, package and policy."""
    state = base()
    state["packages"].pop()
    state["policies"].pop()
    state["policies"] = [policy(number, user(ADA), description="x") for number in (1, 2)]
    assert differs(state) == [
        ("group", None),
        ("catalog resource", None),
        ("access package", None),
        ("assignment policy", None),
    ]


def test_without_defender_roles():
    state = {**base(), "roles": []}
    found = adopt(state)
    assert found.variables["mssp_onboard_skip_defender"] is True
    assert "permissions" not in found.variables["mssp_onboard_tiers"][0]
    assert differs(state) == []


def test_names_that_are_not_unique_stop_a_run():
    state = base()
    state["policies"].append({**copy.deepcopy(state["policies"][0]), "id": ident("y", 9)})
    state["catalogs"].append({"id": "c9", "displayName": "Catalog"})
    said = [x.text for x in adopt(state).differs if "stops" in x.text]
    assert len(said) == 2


def test_variables_that_the_role_refuses_are_said():
    state = changed("organizations.0.displayName", "   ")
    (found,) = adopt(state).differs
    assert found.text.startswith("The role refuses these variables: mssp_onboard_connected_org_name is empty.")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("organizations.0.internalSponsors", [{"id": ADA, "displayName": "Ada"}], "'Fabrikam' has internal sponsors: 'Ada'."),
        ("packages.0.incompatibleGroups", [{"id": "1", "displayName": "IT"}], "'One' is incompatible with the groups 'IT'."),
        ("packages.0.incompatibleAccessPackages", [{"id": "1", "displayName": "X"}], "incompatible with the packages 'X'."),
        ("groups.0.owners", [{"id": ADA, "displayName": "Ada"}], "'Group one' has owners, who decide who is in it: 'Ada'."),
        ("policies.0.questions", [{"text": "Why?"}], "'MSSP SOC users' of the package 'One' asks 1 question."),
        ("policies.0.customExtensionStageSettings", [{}, {}], "has 2 custom extensions."),
        ("policies.0.automaticRequestSettings", {"requestAccessForAllowedTargets": True}, "settings for automatic requests."),
        ("policies.0.reviewSettings.expirationBehavior", "new", "outcome without an answer has no word: new."),
        ("policies.0.reviewSettings.schedule.expiration.duration", "PT5H", "reviews whose expiration has no word"),
        ("policies.0.reviewSettings.schedule.recurrence.pattern.interval", 3, "reviews whose recurrence has no word"),
    ],
)
def test_what_is_left_alone(path, value, says):
    state = changed(path, value)
    (line,) = adopt(state).left
    assert line.endswith(says) or says in line
    assert differs(state) == []


def test_what_others_have_beside_it():
    state = base()
    foreign = {**package(9, "Printing"), "resourceRoleScopes": []}
    state["packages"].append(foreign)
    state["catalogs"][0]["resources"].append({"originId": ident("g", 9), "displayName": "Printers"})
    state["roles"].append({**role(1, "Zero more", READ), "id": ident("r", 9)})
    state["roles"][1]["assignments"].append({"principalIds": [BEN], "appScopeIds": ["/"]})
    direct = {**policy(2), "id": ident("y", 9), "displayName": "Direct", "specificAllowedTargets": []}
    state["policies"].append(direct)
    found = adopt(state)
    assert found.left == [
        "The package 'Printing' in the catalog is somebody else's: no policy of it names the MSSP.",
        "The catalog 'Catalog' also has the groups 'Printers'.",
        "The group 'Group one' also holds the Defender role 'Zero more'.",
        "The package 'Two' has another policy, 'Direct'.",
        f"The Defender role 'Role two' is also held by {BEN}.",
    ]
    assert differs(state) == []


def test_the_filter_makes_the_file():
    state = base()
    state["policies"] += [{**state["policies"][0], "displayName": "read again, less of it"}]
    found = plugin.adopt_variables(state, "contoso")
    assert found["problem"] == ""
    assert found["text"].startswith("---\n# Customer contoso, as read from its tenant by mssp.defender.adopt.")
    assert found["differs"] == []
    assert found["chosen"] == [
        "mssp_onboard_tiers: In the order of what they can do, those that can do less first; then by name."
    ]
    assert "leaves alone: nothing." in found["text"]


def test_the_filter_says_why_there_is_nothing():
    found = plugin.adopt_variables({**base(), "organizations": []}, "contoso")
    assert found["problem"].startswith("the MSSP is no connected organization of this tenant.")
    assert found["text"] == ""


@pytest.mark.parametrize("module", [plugin, adopt_wanted])
def test_the_filters_and_their_documentation(module):
    (name,) = module.FilterModule().filters()
    assert yaml.safe_load(module.DOCUMENTATION)["name"] == name
    assert yaml.safe_load(module.EXAMPLES)
    assert "_value" in yaml.safe_load(module.RETURN)
