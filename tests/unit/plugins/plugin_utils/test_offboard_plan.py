# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a tenant is ours to end, and what is left and why."""

from __future__ import annotations

import copy
import dataclasses
import datetime

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_plan import Seen, judge

NOW = datetime.datetime(2026, 11, 23, 12)
PLAN = {
    "groups": [{"name": "G", "key": "g", "options": {}}],
    "roles": [{"name": "R", "number": 0, "options": {}}],
    "packages": [{"name": "P"}, {"name": "Q"}],
    "catalog": {"name": "C"},
}
SCOPE = {"id": "s1", "role": {"displayName": "Member"}, "scope": {"originId": "G1"}}
BOB = {"id": "bob", "displayName": "Bob", "subjectLifecycle": "governed"}
HELD = {"id": "a1", "state": "delivered", "accessPackage": {"id": "p1", "displayName": "P"}, "target": BOB}


def seen(**more):
    there = {
        "groups": [[{"id": "g1", "displayName": "G", "members": [{"id": "bob", "displayName": "Bob"}]}]],
        "catalogs": [{"id": "c1", "displayName": "C", "resources": [{"id": "r1", "displayName": "G", "originId": "g1"}]}],
        "packages": [{"id": "p1", "displayName": "P", "catalog": {"id": "C1"}, "resourceRoleScopes": [SCOPE]}],
        "policies": [{"id": "po1", "displayName": "Direct", "accessPackage": {"id": "P1", "displayName": "P"}}],
        "roles": [{"id": "ro1", "displayName": "R", "assignments": [{"id": "ra1", "principalIds": ["G1"]}]}],
        "organizations": [{"id": "o1", "displayName": "M"}],
        "assignments": [HELD],
        "requests": [{"id": "rq1", "requestType": "userAdd", "accessPackage": {"id": "p1"}}],
        "settings": {"externalUserLifecycleAction": "blockSignInAndDelete"},
    }
    return Seen(**{**copy.deepcopy(there), **more})


def ids(found):
    return [x["id"] for x in found]


def left(ending):
    return {(x["type"], x["id"]): x["reasons"] for x in ending.left}


def ended(there, force=False):
    return judge(PLAN, there, force=force, now=NOW)


def test_everything_of_ours_ends():
    ending = ended(seen())
    kinds = ("groups", "catalogs", "packages", "policies", "roles", "unassigned", "organizations", "assignments", "requests")
    assert {kind: ids(getattr(ending, kind)) for kind in kinds} == {
        "groups": ["g1"],
        "catalogs": ["c1"],
        "packages": ["p1"],
        "policies": ["po1"],
        "roles": ["ro1"],
        "unassigned": ["ro1"],
        "organizations": ["o1"],
        "assignments": ["a1"],
        "requests": ["rq1"],
    }
    assert (ending.left, ending.nothing, ending.accounted) == ([], False, {"g1": ["bob"]})


def test_a_tenant_with_nothing_of_ours():
    foreign = {"id": "p9", "displayName": "P", "catalog": {"id": "c9"}}
    ending = ended(Seen(groups=[[]], packages=[foreign], roles=[{"id": "ro9", "displayName": "Other"}]))
    assert ending.nothing
    assert ending.left == []


@pytest.mark.parametrize(
    ("kind", "twice"),
    [
        ("catalogs", "2 catalogs have the name C (1, 2)"),
        ("organizations", "2 connected organizations have the tenant of the MSSP"),
    ],
)
def test_what_nobody_can_tell(kind, twice):
    ending = ended(seen(**{kind: [{"id": "1"}, {"id": "2"}]}))
    assert twice in ending.problem
    assert ending.problem.endswith("nothing was removed.")
    assert ending.nothing


def other(**more):
    return {"id": "p2", "displayName": "Red team", "catalog": {"id": "c1"}, **more}


def test_a_catalog_with_another_package_is_left():
    there = seen()
    there = dataclasses.replace(there, packages=[*there.packages, other()])
    ending = ended(there)
    assert left(ending) == {("catalog", "c1"): ["the access package 'Red team' in it is not ours"]}
    # Our groups go out of it all the same.
    assert (ids(ending.emptied), ending.kept, ids(ending.groups)) == (["c1"], [], ["g1"])
    forced = ended(there, force=True)
    assert (ids(forced.catalogs), ids(forced.packages), forced.left) == (["c1"], ["p1", "p2"], [])


def test_a_group_that_another_package_grants_is_left_in_the_catalog():
    there = seen()
    ending = ended(dataclasses.replace(there, packages=[*there.packages, other(resourceRoleScopes=[SCOPE])]))
    assert left(ending)["group", "g1"] == ["the access package 'Red team' grants it"]
    assert (ending.emptied, ids(ending.kept)) == ([], ["r1"])


def test_another_group_in_the_catalog():
    catalog = {"id": "c1", "displayName": "C", "resources": [{"id": "r9", "displayName": "Finance", "originId": "g9"}]}
    ending = ended(seen(catalogs=[catalog]))
    assert left(ending) == {("catalog", "c1"): ["the group 'Finance' in it is not ours"]}
    assert ids(ended(seen(catalogs=[catalog]), force=True).emptied) == ["c1"]


@pytest.mark.parametrize(
    ("state", "expired", "known"),
    [
        ("delivered", None, True),
        ("deliveryFailed", None, True),
        ("expired", "2026-11-22T13:00:00Z", True),
        ("Expired", "2026-11-20T13:00:00Z", False),
        ("expired", None, False),
    ],
)
def test_members_whom_an_assignment_explains(state, expired, known):
    ending = ended(seen(assignments=[{**HELD, "state": state, "expiredDateTime": expired}]))
    assert bool(ending.groups) == known
    if not known:
        assert left(ending)["group", "g1"] == ["Bob (bob) is a member whom no assignment explains"]


def test_an_assignment_of_another_package_explains_nothing():
    ending = ended(seen(assignments=[{**HELD, "accessPackage": {"id": "p2"}}]))
    assert ("group", "g1") in left(ending)
    forced = ended(seen(assignments=[]), force=True)
    assert (ids(forced.groups), forced.accounted) == (["g1"], {"g1": ["bob"]})


MIXED = [
    {"id": "ra1", "principalIds": ["g1"]},
    {"id": "ra2", "principalIds": ["g1", "x9"]},
    {"id": "ra3", "principalIds": ["x9"]},
]


@pytest.mark.parametrize(
    ("held", "roles", "unassigned", "reasons"),
    [
        (MIXED[:1], ["ro1"], ["ro1"], None),
        ([], ["ro1"], [], None),
        (MIXED[2:], [], [], ["it is assigned to x9 (assignment ra3)"]),
        ([MIXED[0], MIXED[2]], [], ["ro1"], ["it is assigned to x9 (assignment ra3)"]),
        (MIXED[:2], [], ["ro1"], ["it is assigned to x9 and to ours (assignment ra2)"]),
    ],
)
def test_defender_roles(held, roles, unassigned, reasons):
    ending = ended(seen(roles=[{"id": "ro1", "displayName": "R", "assignments": held}]))
    assert (ids(ending.roles), ids(ending.unassigned)) == (roles, unassigned)
    assert left(ending).get(("Defender role", "ro1")) == reasons
    # A group that keeps a role is left with it.
    assert bool(ending.groups) == (MIXED[1] not in held)


def test_roles_that_nobody_holds_are_ours_only_beside_our_group_and_alone():
    role = {"id": "ro1", "displayName": "R", "assignments": []}
    why = ["nobody holds it, and nothing tells that it is ours"]
    assert left(ended(seen(groups=[[]], roles=[role]))) == {
        ("Defender role", "ro1"): why,
        ("catalog", "c1"): ["the group 'G' in it is not ours"],
    }
    twins = ended(seen(roles=[role, {**role, "id": "ro2"}]))
    assert [x["id"] for x in twins.left] == ["ro1", "ro2"]
    assert ended(seen(roles=[{**role, "isBuiltIn": True}])).roles == []


def test_a_role_by_its_id_whatever_its_name():
    plan = {**PLAN, "roles": [{"name": "R", "number": 0, "options": {"role_id": "RO1"}}]}
    there = seen(roles=[{"id": "ro1", "displayName": "Old", "assignments": MIXED[:1]}, {"id": "ro2", "displayName": "R"}])
    assert ids(judge(plan, there, force=False, now=NOW).roles) == ["ro1"]


@pytest.mark.parametrize("key", ["specificAllowedTargets", "onBehalfRequestors"])
def test_an_organization_that_others_name(key):
    named = {"id": "po2", "displayName": "Auditors", "accessPackage": {"id": "p2", "displayName": "Finance"}}
    there = seen()
    policy = {**named, "requestorSettings": {key: [{"connectedOrganizationId": "O1"}]}}
    there = dataclasses.replace(there, policies=[*there.policies, policy])
    assert left(ended(there)) == {("connected organization", "o1"): ["the policy 'Auditors' of the package 'Finance' names it"]}
    assert ids(ended(there, force=True).organizations) == ["o1"]


def test_a_group_that_a_policy_of_others_names():
    there = seen()
    stage = {"primaryApprovers": [{"groupId": "G1"}]}
    policy = {"id": "po2", "displayName": "Direct", "accessPackage": {"displayName": "Finance"}, "stages": [stage]}
    ending = ended(dataclasses.replace(there, policies=[*there.policies, policy]))
    assert left(ending) == {("group", "g1"): ["the policy 'Direct' of the package 'Finance' names it"]}


def test_requests_that_take_access_away_go_on():
    removal = {"id": "rq2", "requestType": "userRemove", "accessPackage": {"id": "p1"}}
    assert ended(seen(requests=[removal])).requests == []


OTHERWISE = {"id": "a2", "state": "delivered", "accessPackage": {"id": "p9", "displayName": "Finance"}, "target": BOB}


@pytest.mark.parametrize(
    ("more", "blocked"),
    [
        ({}, ["bob"]),
        ({"settings": None}, ["bob"]),
        ({"settings": {"externalUserLifecycleAction": "none"}}, []),
        ({"assignments": [HELD, OTHERWISE]}, []),
        ({"assignments": [HELD, {**OTHERWISE, "state": "expired"}]}, ["bob"]),
        ({"assignments": [{**HELD, "target": {**BOB, "subjectLifecycle": "notGoverned"}}]}, []),
    ],
)
def test_whom_the_tenants_own_setting_blocks(more, blocked):
    assert ids(ended(seen(**more)).blocked) == blocked


def test_guests():
    guests = [{"id": "bob", "userType": "Guest"}, {"id": "eve", "userType": "Member", "displayName": "Eve"}]
    assert ids(ended(seen(users=guests)).users) == ["bob"]
    there = seen(users=guests, assignments=[HELD, OTHERWISE])
    assert left(ended(there)) == {
        ("user", "bob"): ["an assignment of the access package 'Finance' is live"],
        ("user", "eve"): ["it is a member of this directory and no guest"],
    }
    assert ids(ended(there, force=True).users) == ["bob", "eve"]
