# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cut-off takes away, of what was read: whose things they are, and what others keep."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils import cutoff_items as items
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff import Found

MSSP = "11111111-2222-3333-4444-555555555555"
PLAN = {
    "mssp": MSSP,
    "tenant": "contoso.example",
    "groups": [{"key": "tier1", "name": "Tier 1 Analyst"}, {"key": "approvers", "name": "Approvers"}],
    "packages": [{"name": "Tier 1 Analyst"}],
}


def scope(group):
    return {"role": {"originId": f"Member_{group}"}, "scope": {"originId": group}}


def policy(key, package, *organizations, wanted=None, **more):
    targets = [{"connectedOrganizationId": one} for one in organizations]
    wanted = wanted or ("specificConnectedOrganizationUsers" if organizations else "notSpecified")
    return {
        "id": key,
        "displayName": key.upper(),
        "accessPackage": {"id": package},
        "allowedTargetScope": wanted,
        "specificAllowedTargets": targets,
        "requestorSettings": {"enableTargetsToSelfAddAccess": True},
        **more,
    }


def package(key, catalog, *groups):
    name = f"Package {key}"
    return {"id": key, "displayName": name, "catalog": catalog, "resourceRoleScopes": [scope(group) for group in groups]}


OURS = {"id": "cat-1", "displayName": "MSSP Accesses"}
OTHERS = {"id": "cat-2", "displayName": "Partners"}
ANA = {"id": "ana", "userPrincipalName": "ana_msp#EXT#@contoso.example"}
READ = {
    "preflight": {"tenant": {"id": "t"}, "groups": [{"id": "g-1", "displayName": "T1", "uniqueName": f"MSSP-{MSSP}-TIER1"}]},
    "found_organizations": {"connected_orgs": [{"id": "ORG", "displayName": "Fabrikam", "identitySources": []}]},
    "found_policies": {
        "policies": [policy("p-1", "k-1", "org"), policy("p-2", "k-1"), policy("p-3", "k-2", "org", "tailspin")],
    },
    "found_packages": {"access_packages": [package("k-1", OURS, "g-1", "g-2"), package("k-2", OTHERS, "g-3")]},
    "found_catalogs": {"catalogs": []},
    "found_users": {"users": [ANA]},
}


def found(plan=None, **results):
    read = {**copy.deepcopy(READ), **results}
    return Found(
        {
            "mssp_onboard_plan": PLAN if plan is None else plan,
            **{f"mssp_onboard_result_{name}": value for name, value in read.items()},
        }
    )


def ids(listed):
    return [item["id"] for item in listed]


# -- whose packages --------------------------------------------------------------------------------------------------


def test_a_package_that_only_the_mssp_may_request_is_the_mssps():
    assert ids(found().packages) == ["k-1"]
    assert ids(found().shared_packages) == ["k-2"]


@pytest.mark.parametrize(
    "other",
    [
        policy("p-9", "k-1", "tailspin"),
        policy("p-9", "k-1", wanted="allDirectoryUsers"),
        policy("p-9", "k-1", wanted="allConfiguredConnectedOrganizationUsers"),
        policy("p-9", "k-1", wanted="allExternalUsers"),
    ],
)
def test_a_policy_for_others_makes_it_shared(other):
    read = found(found_policies={"policies": [policy("p-1", "k-1", "org"), other]})
    assert ids(read.packages) == []
    assert ids(read.shared_packages) == ["k-1"]
    # Of a shared package only the policies that name the MSSP are closed.
    assert ids(items.policies(read)) == ["p-1"]


def test_by_name_a_package_is_the_mssps_only_in_the_catalog_of_that_name():
    policies = {"policies": []}
    named = {**package("k-7", OURS), "displayName": "Tier 1 Analyst"}
    both = {"access_packages": [named, {**named, "id": "k-8", "catalog": OTHERS}, package("k-9", OURS)]}
    read = found(found_policies=policies, found_packages=both, found_catalogs={"catalogs": [OURS]})
    assert ids(read.packages) == ["k-7"]


def test_in_the_catalog_of_that_name_what_grants_our_group_is_the_mssps():
    read = found(found_policies={"policies": []}, found_catalogs={"catalogs": [OURS]})
    assert ids(read.packages) == ["k-1"]


# -- what is taken away ----------------------------------------------------------------------------------------------


def test_catalogs_by_name_and_those_that_hold_nothing_else():
    assert ids(items.catalogs(found())) == ["cat-1"]
    assert ids(items.catalogs(found(found_catalogs={"catalogs": [{"id": "cat-0", "displayName": "MSSP Accesses"}]}))) == [
        "cat-0",
        "cat-1",
    ]
    beside = {"access_packages": [*READ["found_packages"]["access_packages"], package("k-5", OURS)]}
    assert items.catalogs(found(found_packages=beside)) == []


def test_policies():
    assert ids(items.policies(found())) == ["p-1", "p-2", "p-3"]


def request(key, package_id, kind="userAdd", **person):
    return {"id": key, "requestType": kind, "accessPackage": {"id": package_id}, "requestor": person, "target": None}


@pytest.mark.parametrize(
    ("asked", "cancelled"),
    [
        (request("r", "k-1", objectId="somebody"), True),
        (request("r", "k-1", kind="userRemove", objectId="somebody"), False),
        (request("r", "k-2", objectId="somebody"), False),
        (request("r", "k-2", objectId="ANA"), True),
        (request("r", "k-2", connectedOrganization={"id": "org"}), True),
        (request("r", "k-2", tenant={"id": MSSP.upper()}), True),
        (request("r", "k-2", tenant={"id": None, "domain": "msp.example"}), False),
    ],
)
def test_requests(asked, cancelled):
    assert bool(items.requests(found(found_requests={"requests": [asked]}))) == cancelled


def role(*held):
    assignments = [{"id": str(n), "principalIds": list(who), "appScopeIds": list(on)} for n, (who, on) in enumerate(held)]
    return {"roles": [{"id": "role", "displayName": "R", "assignments": assignments}]}


@pytest.mark.parametrize(
    ("held", "principals", "others"),
    [
        ([(["soc"], ["Mde"])], None, None),
        ([(["G-1"], ["Mde"])], ["G-1"], []),
        # g-2 is granted by a package that is for the MSSP alone, g-3 by one that others use.
        ([(["g-2"], ["Mde"]), (["g-3"], ["Mde"])], ["g-2"], []),
        ([(["g-1", "soc"], ["Mde"])], ["g-1", "soc"], [{"principals": ["soc"], "scopes": ["Mde"]}]),
        # The module removes what is to nobody but those: their own assignment comes back as well.
        (
            [(["g-1", "soc"], ["Mde"]), (["soc"], ["Mdo"])],
            ["g-1", "soc"],
            [{"principals": ["soc"], "scopes": ["Mde"]}, {"principals": ["soc"], "scopes": ["Mdo"]}],
        ),
    ],
)
def test_roles(held, principals, others):
    listed = items.roles(found(found_roles=role(*held)))
    if principals is None:
        assert listed == []
    else:
        assert [(x["principals"], x["others"]) for x in listed] == [(principals, others)]


def test_roles_come_back_to_others_once_and_only_when_they_were_taken():
    (item,) = items.roles(found(found_roles=role((["g-1", "soc"], ["Mde"]), (["soc"], ["mde"]))))
    taken = {"results": [{"item": item, "changes": [{}]}]}
    assert [(x["id"], x["principals"]) for x in items.given_back(found(cut_roles=taken))] == [("role", ["soc"])]
    assert items.given_back(found(cut_roles={"results": [{"item": item, "msg": "refused"}]})) == []


def test_roles_of_people():
    assert [x["principals"] for x in items.personal_roles(found(found_roles=role((["ana"], ["Mde"]), (["bob"], ["Mde"]))))] == [
        ["ana"]
    ]


def test_groups_that_carry_the_claim_are_emptied_and_others_of_the_mssps_people_only():
    groups = {
        "results": [
            {"item": {}, "groups": [{"id": "g-2", "displayName": "Two", "members": [{"id": "ana"}, {"id": "eve"}]}]},
            {"item": {}, "groups": [{"id": "g-3", "displayName": "Three", "members": [{"id": "eve"}]}]},
            {"item": {}, "msg": "refused"},
        ]
    }
    assert [(x["id"], x["stay"]) for x in items.members(found(found_groups=groups))] == [("g-1", []), ("g-2", ["eve"])]


def test_the_claim_of_another_mssp_is_none_of_ours():
    other = {"tenant": {"id": "t"}, "groups": [{"id": "g-1", "uniqueName": "mssp-99999999-2222-3333-4444-555555555555-tier1"}]}
    assert found(preflight=other).own_groups == {}
    # Nor is anything claimed while nobody knows who the MSSP is.
    unknown = found(plan={**PLAN, "mssp": ""}, preflight={"groups": [{"id": "g", "uniqueName": "mssp--tier1"}]})
    assert (unknown.mssp, unknown.own_groups) == ("", {})


def test_groups_to_look_at():
    listed = items.unknown_groups(found())
    assert [x.get("unique_name") or x.get("group_id") for x in listed] == [f"mssp-{MSSP}-approvers", "g-2", "g-3"]


def assignment(key, package_id, **target):
    return {"id": key, "state": "delivered", "accessPackage": {"id": package_id}, "target": target}


def test_assignments():
    listed = [
        assignment("a-1", "k-1", id="eve"),
        assignment("a-2", "k-2", id="eve"),
        assignment("a-3", "k-2", id="ana"),
        {**assignment("a-4", "k-2", id=None), "connectedOrganization": {"id": "org"}},
    ]
    assert ids(items.assignments(found(found_assignments={"assignments": listed}))) == ["a-1", "a-3", "a-4"]


# -- who is of the MSSP ----------------------------------------------------------------------------------------------


GUEST = {"principalName": "x_msp#EXT#@contoso.example"}


@pytest.mark.parametrize(
    ("results", "people"),
    [
        ({}, ["ana"]),
        # Users could not be read: whom entitlement management counts to the organization.
        (
            {
                "found_users": {"msg": "refused"},
                "found_assignments": {
                    "assignments": [
                        {**assignment("a", "k-2", id="lea", **GUEST), "connectedOrganization": {"id": "org"}},
                        assignment("b", "k-1", id="pat", **GUEST),
                    ]
                },
            },
            ["lea"],
        ),
        # The organization is gone: guests who hold or ask for what is the MSSP's alone, and nobody of the house.
        (
            {
                "found_organizations": {"connected_orgs": []},
                "found_users": {"skipped": True},
                "found_catalogs": {"catalogs": [OURS]},
                "found_assignments": {
                    "assignments": [
                        assignment("a", "k-1", id="pat", **GUEST),
                        assignment("b", "k-1", id="eve", principalName="eve@contoso.example"),
                        assignment("c", "k-2", id="sam", **GUEST),
                    ]
                },
                "found_requests": {"requests": [request("r", "k-1", id="subject", objectId="kim", **GUEST)]},
            },
            ["pat", "kim"],
        ),
        (
            {
                "found_users": {"msg": "refused"},
                "found_members": {
                    "results": [
                        {"users": [{"id": "lea", "userPrincipalName": "L#EXT#@x"}, {"id": "eve", "userPrincipalName": "e@x"}]}
                    ]
                },
            },
            ["lea"],
        ),
    ],
)
def test_people(results, people):
    assert ids(items.users(found(**results))) == people


def test_groups_are_asked_for_their_members_only_where_users_are_not_known():
    assert items.asked_groups(found()) == []
    assert items.asked_groups(found(found_users={"users": []})) == []
    assert ids(items.asked_groups(found(found_users={"msg": "refused"}))) == ["g-1"]


# -- what is told ----------------------------------------------------------------------------------------------------


def test_names_of_a_tenant_stay_on_their_line():
    hostile = {"roles": [{"id": "r", "displayName": "x\x1b[31m\ny", "assignments": [{"principalIds": ["g-1"]}]}]}
    assert [x["label"] for x in items.roles(found(found_roles=hostile))] == ["x [31m y"]


def test_doors_that_many_may_use():
    listed = [
        policy("p-5", "k-2", wanted="allExternalUsers"),
        policy("p-6", "k-2", wanted="allExternalUsers", requestorSettings={"enableTargetsToSelfAddAccess": False}),
        policy("p-7", "k-2", wanted="allMemberUsers"),
    ]
    assert found(found_policies={"policies": listed}).open_to_all() == [
        "The package 'Package k-2' can be requested by anybody from outside (policy 'P-5')."
    ]


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"users": []}, ""),
        ({}, ""),
        ({"skipped": True}, ""),
        ({"msg": "refused"}, "refused"),
        ({"failed": False}, "it is not known why"),
    ],
)
def test_what_could_not_be_read(result, why):
    assert found(found_users=result).unread("found_users") == why
