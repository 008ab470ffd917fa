# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group, nickname
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.tests.unit.fakes import URL, A, B, C, Http, Routes, answer, graph, page, refusal

SELECT = (
    "$select=id,displayName,description,mailNickname,mailEnabled,securityEnabled,groupTypes,uniqueName,"
    "isAssignableToRole,isManagementRestricted,onPremisesSyncEnabled"
)
BY_NAME = f"GET groups?$filter=displayName eq 'Tier 1'&{SELECT}"
THERE = {
    "id": A,
    "displayName": "Tier 1",
    "description": None,
    "mailNickname": "tier-1",
    "mailEnabled": False,
    "securityEnabled": True,
    "groupTypes": [],
}
NAMED = {"displayName": "Tier 1"}
EMPTY = {f"GET groups/{A}/owners": page(), f"GET groups/{A}/members": page()}


def group(table, desired=None, **options):
    http = Routes(table)
    return Group(graph(http), dict(desired or NAMED), **options), http


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Tier 1 Analyst", "tier-1-analyst"),
        ("  --MSSP--  ", "mssp"),
        ("Größe/Über", "gr-e-ber"),
        ("名前", "group"),
        ("", "group"),
        ("a" * 100, "a" * 64),
        ("{{ 7*7 }}", "7-7"),
    ],
)
def test_nickname(name, made):
    assert nickname(name) == made


# -- finding ---------------------------------------------------------------------------------------------------------


def test_by_name_exactly():
    resource, dummy = group({BY_NAME: page({**THERE, "displayName": "TIER 1"}, THERE)})
    assert resource.find() == THERE
    resource, dummy = group({BY_NAME: page({**THERE, "displayName": "TIER 1"})})
    assert resource.find() is None


def test_several_of_a_name_are_listed():
    resource, dummy = group({BY_NAME: page(THERE, {**THERE, "id": B})})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        f"Cannot read the group 'Tier 1': 2 groups have this name ({A}, {B}). "
        "Name the right one by group_id, or rename the others."
    )
    assert caught.value.code == "Ambiguous"


def test_the_unique_name_is_looked_for_first_and_the_name_second():
    key = "GET groups(uniqueName='mssp-o''brien')"
    desired = {**NAMED, "uniqueName": "mssp-o'brien"}
    resource, http = group({key: THERE}, desired)
    assert resource.find() == THERE
    assert len(http.sent) == 1
    resource, dummy = group({key: refusal(404, "Request_ResourceNotFound"), BY_NAME: page(THERE)}, desired)
    assert resource.find() == THERE


def test_by_id():
    resource, dummy = group({f"GET groups/{A}": THERE}, {"displayName": "Other"}, group_id=A)
    assert resource.find() == THERE


def test_an_id_that_is_not_there():
    resource, dummy = group({f"GET groups/{A}": refusal(404)}, group_id=A)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value).endswith(f"there is no group with the id {A}. Check the id, or leave it out and name the object.")


def test_an_id_cannot_leave_its_place_in_the_path():
    resource, http = group({"GET groups/../users/x": THERE}, group_id="../users/x?y")
    resource.find()
    assert http.sent[0].url.startswith(f"{URL}/v1.0/groups/..%2Fusers%2Fx%3Fy?")


# -- whose it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"securityEnabled": False}, "it is not a security group"),
        ({"mailEnabled": True, "groupTypes": ["Unified"]}, "it is not a security group"),
        ({"groupTypes": ["DynamicMembership"]}, "its members are decided by a rule (dynamic group)"),
        ({"onPremisesSyncEnabled": True}, "it is synchronised from an on-premises directory"),
        (
            {"isManagementRestricted": True},
            "it lies in a restricted management administrative unit, where entitlement management cannot manage it",
        ),
    ],
)
@pytest.mark.parametrize("options", [{}, {"adopt": True}])
def test_groups_that_cannot_be_managed(facts, cause, options):
    resource, http = group({BY_NAME: page({**THERE, **facts}), **EMPTY}, **options)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        f"Cannot take over the group 'Tier 1': {cause} (id {A}). Use another name, or let the customer rename that group."
    )
    assert caught.value.code == "CannotBeAdopted"
    assert {sent.method for sent in http.sent} == {"GET"}


def test_a_group_with_another_unique_name():
    table = {"GET groups(uniqueName='ours')": refusal(404), BY_NAME: page({**THERE, "uniqueName": "theirs"})}
    resource, dummy = group(table, {**NAMED, "uniqueName": "ours"}, adopt=True)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        f"Cannot take over the group 'Tier 1': the group {A} carries another unique name ('theirs'), which cannot be changed. "
        "Another tool or another MSSP made it: use another name, or name a prefix."
    )


PEOPLE = {
    f"GET groups/{A}/owners": page({"id": B, "displayName": "Mallory"}),
    f"GET groups/{A}/members": page({"id": B, "displayName": "Mallory"}, {"id": C, "displayName": None}),
}


@pytest.mark.parametrize(
    ("options", "who"),
    [
        ({}, f"owners 'Mallory' and members 'Mallory', '{C}'"),
        ({"owners": [Ref(B.upper(), "Mallory")]}, f"members 'Mallory', '{C}'"),
        ({"owners": [Ref(B, "m")], "members": [Ref(C, "c")]}, "members 'Mallory'"),
        ({"owners": [], "members": []}, f"owners 'Mallory' and members 'Mallory', '{C}'"),
    ],
)
def test_a_squatted_name(options, who):
    resource, http = group({BY_NAME: page(THERE), **PEOPLE}, **options)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        f"Cannot take over the group 'Tier 1': a group of this name (id {A}) is there already, with {who} whom nobody named. "
        "Check who they are; then name the group by group_id, or set adopt: true."
    )
    assert caught.value.code == "AdoptionRefused"
    assert {sent.method for sent in http.sent} == {"GET"}


@pytest.mark.parametrize(
    ("table", "desired", "options"),
    [
        ({BY_NAME: page(THERE), **EMPTY}, NAMED, {}),
        ({BY_NAME: page(THERE), **PEOPLE}, NAMED, {"adopt": True}),
        ({BY_NAME: page(THERE), **PEOPLE}, NAMED, {"owners": [Ref(B, "m")], "members": [Ref(B, "m"), Ref(C, "c")]}),
        ({f"GET groups/{A}": THERE, **PEOPLE}, NAMED, {"group_id": A}),
        ({"GET groups(uniqueName='u')": {**THERE, "uniqueName": "U"}, **PEOPLE}, {**NAMED, "uniqueName": "u"}, {}),
    ],
    ids=["empty", "adopt", "all named", "by id", "by unique name"],
)
def test_what_may_be_taken_over(table, desired, options):
    resource, dummy = group(table, desired, **options)
    assert not reconcile(resource).changed


def test_the_refusal_stands_in_check_mode_too():
    resource, dummy = group({BY_NAME: page(THERE), **PEOPLE})
    with pytest.raises(Failure, match="whom nobody named"):
        reconcile(resource, check_mode=True)


# -- writing ---------------------------------------------------------------------------------------------------------


def test_create():
    resource, http = group({BY_NAME: page(), "POST groups": answer(201, {**THERE, "extra": 1})}, {**NAMED, "description": "d"})
    outcome = reconcile(resource)
    assert http.sent[-1].body == {
        "displayName": "Tier 1",
        "description": "d",
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
        "mailNickname": "tier-1",
    }
    assert outcome.entity["id"] == A
    assert "extra" not in outcome.entity


def test_create_with_a_unique_name_is_an_upsert():
    key = "groups(uniqueName='ours')"
    table = {f"GET {key}": refusal(404), BY_NAME: page(), f"PATCH {key}": answer(201, THERE)}
    resource, http = group(table, {**NAMED, "uniqueName": "ours"})
    outcome = reconcile(resource)
    assert http.sent[-1].headers["Prefer"] == "create-if-missing"
    assert "uniqueName" not in http.sent[-1].body
    assert outcome.entity["uniqueName"] == "ours"


def test_an_upsert_without_an_answer_is_looked_up():
    key = "groups(uniqueName='ours')"
    table = {f"GET {key}": [refusal(404), refusal(404), THERE], BY_NAME: page(), f"PATCH {key}": answer(204)}
    resource, dummy = group(table, {**NAMED, "uniqueName": "ours"})
    assert reconcile(resource).entity["id"] == A


def test_a_lost_create_is_looked_up_and_posted_once():
    table = {BY_NAME: [page(), page(THERE)], "POST groups": [answer(504)], **EMPTY}
    resource, http = group(table)
    assert reconcile(resource).entity["id"] == A
    assert [sent.method for sent in http.sent].count("POST") == 1


def test_update_clears_with_null():
    table = {BY_NAME: page({**THERE, "description": "old"}), **EMPTY, f"PATCH groups/{A}": answer(204)}
    resource, http = group(table, {**NAMED, "description": ""})
    outcome = reconcile(resource)
    assert http.sent[-1].body == {"description": None}
    assert outcome.entity["description"] == ""


def test_role_assignable_is_decided_at_creation():
    resource, dummy = group({BY_NAME: page(THERE), **EMPTY}, {**NAMED, "isAssignableToRole": True})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot plan the group 'Tier 1': role_assignable is not set and cannot be changed to true. "
        "Entra ID decides this when a group is created: create another group, or leave role_assignable out."
    )


def test_members_are_added_by_reference_and_removed_by_reference():
    table = {
        f"GET groups/{A}": THERE,
        f"GET groups/{A}/members": page({"id": B, "displayName": "Old"}),
        f"POST groups/{A}/members/$ref": [refusal(404, "Request_ResourceNotFound"), answer(204)],
        f"DELETE groups/{A}/members/{B}/$ref": answer(204),
    }
    resource, http = group(table, group_id=A, members=[Ref(C, "New")])
    outcome = reconcile(resource)
    writes = [sent for sent in http.sent if sent.method != "GET"]
    assert [str(sent) for sent in writes] == [
        f"POST /v1.0/groups/{A}/members/$ref",
        f"POST /v1.0/groups/{A}/members/$ref",
        f"DELETE /v1.0/groups/{A}/members/{B}/$ref",
    ]
    assert writes[0].body == {"@odata.id": f"{URL}/v1.0/directoryObjects/{C}"}
    assert outcome.entity["members"] == [C]


def test_a_member_that_the_directory_never_learns_of():
    table = {
        f"GET groups/{A}": THERE,
        f"GET groups/{A}/members": page(),
        f"POST groups/{A}/members/$ref": lambda sent: refusal(404, "Request_ResourceNotFound", "No.", request_id="r-1"),
    }
    resource, dummy = group(table, group_id=A, members=[Ref(C, "New")])
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot add New to the group 'Tier 1': waited 300 seconds for the directory to know both 'Tier 1' and New, "
        "in vain; Graph answered 404 Request_ResourceNotFound: No (request-id r-1). "
        "Microsoft Graph becomes consistent with a delay: run again, or raise wait_timeout."
    )


@pytest.mark.parametrize(("members", "words"), [([1], "it has 1 member"), ([1, 2], "it has 2 members")])
def test_a_group_with_members_is_not_deleted(members, words):
    table = {BY_NAME: page(THERE), f"GET groups/{A}/members": page(*({"id": f"user-{x}"} for x in members))}
    resource, http = group(table)
    with pytest.raises(Failure, match=f"it is still in use: {words}\\."):
        reconcile(resource, state="absent")
    assert {sent.method for sent in http.sent} == {"GET"}


def test_members_who_are_accounted_for_do_not_keep_a_group():
    table = {BY_NAME: page(THERE), f"GET groups/{A}/members": page({"id": B}, {"id": C}), f"DELETE groups/{A}": answer(204)}
    resource, dummy = group(table, members=[Ref(B.upper(), "known")])
    with pytest.raises(Failure, match="it has 1 member"):
        reconcile(resource, state="absent")
    resource, http = group(table, members=[Ref(B.upper(), "known"), Ref(C, "known too")])
    assert reconcile(resource, state="absent").changed
    assert http.lines[-1] == f"DELETE /v1.0/groups/{A}"


def test_delete():
    resource, http = group({BY_NAME: page(THERE), f"GET groups/{A}/members": page(), f"DELETE groups/{A}": answer(204)})
    assert reconcile(resource, state="absent").changed
    assert http.lines[-1] == f"DELETE /v1.0/groups/{A}"


def test_check_mode_shows_the_object_as_it_would_be():
    resource, http = group({BY_NAME: page()}, {**NAMED, "description": "d"}, members=[Ref(B, "b")])
    outcome = reconcile(resource, check_mode=True)
    assert outcome.entity == {"id": KNOWN_AFTER_APPLY, "displayName": "Tier 1", "description": "d", "members": [B]}
    assert {sent.method for sent in http.sent} == {"GET"}


def test_a_refusal_keeps_graphs_words():
    resource = Group(graph(Http(refusal(403, "Authorization_RequestDenied", "Insufficient privileges."))), dict(NAMED))
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot read the group 'Tier 1': Graph answered 403 Authorization_RequestDenied: Insufficient privileges."
    )


def test_a_group_that_may_hold_roles_takes_another_permission():
    table = {BY_NAME: page(), "POST groups": refusal(403, "Authorization_RequestDenied")}
    resource, dummy = group(table, {**NAMED, "isAssignableToRole": True})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert caught.value.needs == ("Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")


def test_a_unique_name_that_another_group_has_is_told_before_any_write():
    held = f"GET groups(uniqueName='mssp-1-tier1')?{SELECT}"
    table = {f"GET groups/{A}?{SELECT}": THERE, held: {**THERE, "id": B, "displayName": "Old"}}
    resource, http = group(table, {"uniqueName": "mssp-1-tier1"}, group_id=A)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert f"the unique name 'mssp-1-tier1' belongs to another group ('Old', id {B})" in str(caught.value)
    assert {sent.method for sent in http.sent} == {"GET"}


def test_a_group_that_carries_our_unique_name_is_ours_however_it_is_found():
    """Owners and members are not even looked at."""
    unique = f"GET groups(uniqueName='mssp-1-tier1')?{SELECT}"
    table = {unique: refusal(404, "Request_ResourceNotFound"), BY_NAME: page({**THERE, "uniqueName": "MSSP-1-tier1"})}
    resource, dummy = group(table, {**NAMED, "uniqueName": "mssp-1-tier1"})
    assert reconcile(resource).changes == []
