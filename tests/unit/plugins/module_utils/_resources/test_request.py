# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests: which are meant, and what is shown of them."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._resources.request import (
    Wanted,
    find,
    gives,
    is_of,
    name_of,
    read,
    shown,
    timed_out,
)
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Routes, graph, page, refusal

PATH = "identityGovernance/entitlementManagement/assignmentRequests"
MINE = f"{PATH}/filterByCurrentUser(on='approver')"


def request(**more):
    return {
        "id": A,
        "requestType": "userAdd",
        "state": "pendingApproval",
        "createdDateTime": "2026-11-23T08:00:00Z",
        "requestor": {"objectId": B, "email": "Ana@mssp.example", "principalName": "ana#EXT#@x.example", "displayName": "Ana"},
        "accessPackage": {"id": C, "displayName": "Tier 1", "catalog": {"id": A, "displayName": "Accesses"}},
        **more,
    }


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(package="Tier 1"),
        Wanted(package=C.upper()),
        Wanted(catalog="Accesses"),
        Wanted(catalog=A),
        Wanted(target="ana@MSSP.example"),
        Wanted(target=B.upper()),
        Wanted(target="Ana#ext#@x.example"),
        Wanted("Tier 1", "Accesses", B),
    ],
)
def test_what_fits(wanted):
    assert wanted.fits(request())


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(package="tier 1"),
        Wanted(package=A),
        Wanted(catalog="Other"),
        Wanted(target="ana"),
        Wanted(target=""),
        Wanted("Tier 1", "Other", B),
    ],
)
def test_what_does_not_fit(wanted):
    assert not wanted.fits(request())


def test_who_gets_it_counts_as_well_as_who_asked():
    # An administrator asks for somebody.
    asked = request(
        requestor={"objectId": A, "displayName": "Admin"}, assignment={"target": {"objectId": C, "displayName": "Cyd"}}
    )
    assert Wanted(target=C).fits(asked)
    assert Wanted(target=A).fits(asked)
    assert is_of(asked, C.upper())
    assert is_of(asked, A)
    assert not is_of(asked, B)
    assert not is_of(asked, None)
    assert name_of(asked) == "Cyd: Tier 1"
    assert name_of({"id": A}) == "somebody: a package"


@pytest.mark.parametrize(
    ("state", "status", "lapsed"),
    [
        ("denied", "Expired", True),
        ("canceled", "Expired", True),
        ("expired", "Expired", True),
        ("Expired", None, True),
        ("denied", "Denied", False),
        ("canceled", "Canceled", False),
        ("pendingApproval", "Expired", False),
        ("delivered", None, False),
    ],
)
def test_what_ran_out(state, status, lapsed):
    assert timed_out({"state": state, "status": status}) is lapsed


@pytest.mark.parametrize(
    ("kind", "yes"), [("userAdd", True), ("AdminAdd", True), ("userUpdate", True), ("adminRemove", False), (None, False)]
)
def test_what_gives_access(kind, yes):
    assert gives({"requestType": kind}) is yes


def test_one_state_and_a_package_are_asked_for_and_compared_all_the_same():
    http = Routes({f"GET {PATH}": page(request(), request(id=B, state="Denied"), request(id=C, accessPackage={"id": A}))})
    found = read(graph(http), Wanted(package=C), ["pendingApproval"], person=False)
    assert [x["id"] for x in found] == [A]
    assert http.sent[0].query.endswith(f"&$filter=accessPackage/id eq '{C}' and state eq 'pendingApproval'")


def test_several_states_are_compared_here_and_the_oldest_comes_first():
    late = request(id=C, createdDateTime="2026-11-24T08:00:00.1234567Z", state="Denied")
    http = Routes({f"GET {PATH}": page(late, request(), request(id=B, state="delivered"))})
    found = read(graph(http), Wanted(package="Tier 1"), ["pendingApproval", "denied"], person=True)
    assert [x["id"] for x in found] == [A, C]
    assert "$filter" not in http.sent[0].query


def test_a_person_who_may_not_list_sees_what_waits_for_them():
    http = Routes({f"GET {PATH}": refusal(403, "UnAuthorized"), f"GET {MINE}": page(request(), request(id=B, state="denied"))})
    assert [x["id"] for x in read(graph(http), Wanted(), ["pendingApproval"], person=True)] == [A]


@pytest.mark.parametrize(("status", "person"), [(403, False), (429, True), (400, True)])
def test_other_refusals_are_raised(status, person):
    with pytest.raises(GraphError) as raised:
        read(graph(Routes({f"GET {PATH}": lambda sent: refusal(status)}), seconds=0), Wanted(), None, person=person)
    assert raised.value.status == status


def test_an_id_is_one_segment():
    http = Routes({f"GET {PATH}/../x'": refusal(404)})
    assert find(graph(http), "../x'") is None
    assert "/assignmentRequests/..%2Fx%27?" in http.sent[0].url


def test_what_is_shown():
    told = shown(request(assignment={"assignmentPolicy": {"id": B, "displayName": "P", "more": 1}}, extra=1), {"id": A})
    assert set(told) == {
        "id", "requestType", "state", "status", "justification", "createdDateTime", "completedDateTime", "schedule", "requestor",
        "target", "accessPackage", "assignmentPolicy", "timed_out", "approval",
    }  # fmt: skip
    assert told["assignmentPolicy"] == {"id": B, "displayName": "P"}
    assert told["target"] is None
    assert told["approval"] == {"id": A}
    assert set(shown({"id": A})) == set(told)


@pytest.mark.parametrize(
    ("subject", "tenant"),
    [
        (
            {"connectedOrganization": {"displayName": "MSSP", "identitySources": [{"tenantId": C, "displayName": "x"}]}},
            {"id": C, "domain": None, "displayName": "MSSP", "known_from": "connectedOrganization"},
        ),
        (
            {"connectedOrganization": {"identitySources": [{"domainName": "m.example", "displayName": "M"}]}},
            {"id": None, "domain": "m.example", "displayName": "M", "known_from": "connectedOrganization"},
        ),
        (
            {"email": "ana@MSSP.example", "connectedOrganization": {"identitySources": []}},
            {"id": None, "domain": "mssp.example", "displayName": None, "known_from": "email"},
        ),
        ({"email": None, "principalName": "ana@mssp.example"}, None),
    ],
)
def test_where_somebody_comes_from(subject, tenant):
    assert shown(request(requestor={"id": B, **subject}))["requestor"]["tenant"] == tenant
