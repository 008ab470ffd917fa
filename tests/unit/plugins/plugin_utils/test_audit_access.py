# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members, assignments, approvers and guests: what triggers each rule, and the near misses that must not."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    GROUPS,
    OTHER,
    PACKAGES,
    PEOPLE,
    POLICIES,
    TENANT,
    ago,
    ahead,
    assignment,
    facts,
    found,
    group,
    member,
    merged,
    policy,
    request,
    user,
)

ALIEN = {"id": OTHER, "type": "group", "displayName": "Nested", "groupTypes": []}
_DIRECT = {"requestType": "adminAdd"}


def replaced(raw, name, *new):
    """The facts with one list replaced."""
    return {**raw, name: list(new)}


def people(raw, *changed):
    """The facts with users changed."""
    named = {x["id"]: x for x in changed}
    for kind in ("users", "people"):
        raw[kind] = [{**x, **named.get(x["id"], {})} for x in raw[kind]]
    return raw


def policies(raw, **changed):
    """The facts with policies changed, by tier."""
    return replaced(raw, "policies", *(policy(key, **changed.get(key, {})) for key in POLICIES))


def with_groups(raw, **members):
    """The facts with other members in groups."""
    there = {"tier1": [member("ana")], "tier2": [], "approvers": [member("anna")], **members}
    return replaced(raw, "groups", *(group(key, *each) for key, each in there.items()))


def holds(raw, *assignments, requests=()):
    """The facts with assignments beside anna's."""
    raw = replaced(raw, "assignments", assignment("anna", "approvers"), *assignments)
    return replaced(raw, "requests", request("anna", "approvers"), *requests)


def deliver_to(raw, name, key, **more):
    """The facts with somebody in a tier, governed."""
    raw["assignments"].append(assignment(name, key, **more))
    raw["requests"].append(request(name, key))
    where = next(x for x in raw["groups"] if x["id"] == GROUPS[key])
    where["members"] = where["transitive_members"] = [*where["members"], member(name)]
    return raw


def owners_package():
    """A package that makes people owners of the group of tier 1."""
    grant = {"role": {"originId": f"Owner_{GROUPS['tier1']}", "displayName": "Owner"}, "scope": {"originId": GROUPS["tier1"]}}
    return {"id": OTHER, "displayName": "Owners", "resourceRoleScopes": [grant]}


def single(*names):
    """A stage with these people."""
    return {"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": PEOPLE[x]} for x in names]}


def test_a_clean_customer():
    assert findings(facts())["findings"] == []
    assert findings(facts())["complete"] is True


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        (lambda raw: with_groups(raw, tier2=[member("lea")]), [("MSSP001", "Lea")]),
        # Any package of any catalog that grants the group counts.
        (
            lambda raw: {
                **holds(with_groups(raw, tier1=[]), assignment("ana", "tier1", accessPackage={"id": OTHER})),
                "groups": [group("tier1", member("ana")), group("tier2"), group("approvers", member("anna"))],
                "packages": [
                    *raw["packages"],
                    {
                        "id": OTHER,
                        "displayName": "Second",
                        "resourceRoleScopes": [
                            {"role": {"originId": f"Member_{GROUPS['tier1']}"}, "scope": {"originId": GROUPS["tier1"]}}
                        ],
                    },
                ],
            },
            [("MSSP405", "Second")],
        ),
        *(
            (
                lambda raw, state=state: holds(raw, assignment("ana", "tier1", state=state), requests=[request("ana", "tier1")]),
                rest,
            )
            for state, rest in (
                ("delivering", []),
                ("Delivered", []),
                ("partiallyDelivered", [("MSSP005", "Ana")]),
                ("deliveryFailed", [("MSSP001", "Ana"), ("MSSP005", "Ana")]),
            )
        ),
        # Within the grace time it is being removed, afterwards it is not.
        *(
            (
                lambda raw, hours=hours: holds(
                    raw, assignment("ana", "tier1", state="expired", expiredDateTime=ago(hours=hours))
                ),
                [(rule, "Ana")],
            )
            for hours, rule in ((23, "MSSP003"), (25, "MSSP001"))
        ),
        # Ended by a request, of whose end the assignment says nothing.
        (
            lambda raw: holds(
                raw,
                assignment("ana", "tier1", state="expired"),
                requests=[
                    request("ana", "tier1"),
                    request("ana", "tier1", requestType="adminRemove", completedDateTime=ago(hours=2)),
                ],
            ),
            [("MSSP003", "Ana")],
        ),
        (lambda raw: with_groups(raw, tier2=[ALIEN]), [("MSSP004", "Tier 2 Analyst")]),
        (
            lambda raw: merged(
                with_groups(raw, tier2=[ALIEN, member("lea")]),
                {"options": {"accepted_principals": [OTHER, PEOPLE["lea"].upper()]}},
            ),
            [],
        ),
        (lambda raw: with_groups(raw, tier1=[]), [("MSSP002", "Ana")]),
        # A guest's access is delivering until the invitation is accepted.
        (lambda raw: holds(with_groups(raw, tier1=[]), assignment("ana", "tier1", state="delivering")), []),
        # Whoever may own the group is no member by that.
        (
            lambda raw: {
                **holds(raw, assignment("ana", "tier1", accessPackage={"id": OTHER})),
                "packages": [*raw["packages"], owners_package()],
            },
            [("MSSP001", "Ana"), ("MSSP405", "Owners")],
        ),
        # Delivered a moment ago: not there yet.
        (
            lambda raw: holds(
                with_groups(raw, tier1=[]),
                assignment("ana", "tier1"),
                requests=[request("ana", "tier1", completedDateTime=ago(hours=3))],
            ),
            [],
        ),
        (
            lambda raw: holds(
                raw,
                assignment("ana", "tier1", schedule={"expiration": {"type": "noExpiration"}}),
                requests=[request("ana", "tier1")],
            ),
            [("MSSP006", "Ana")],
        ),
        *(
            (
                lambda raw, days=days, more=more: holds(
                    raw,
                    assignment(
                        "ana", "tier1", schedule={"expiration": {"type": "afterDateTime", "endDateTime": ahead(days=days)}}
                    ),
                    requests=[request("ana", "tier1"), *more],
                ),
                rest,
            )
            for days, more, rest in (
                (265.5, (), []),
                (270, (), [("MSSP006", "Ana")]),
                # Extended five days ago: it may count from the old end.
                (600, (request("ana", "tier1", requestType="userUpdate", completedDateTime=ago(days=5)),), []),
                (800, (request("ana", "tier1", requestType="userUpdate", completedDateTime=ago(days=5)),), [("MSSP006", "Ana")]),
            )
        ),
        (lambda raw: holds(raw, assignment("ana", "tier1"), requests=[request("ana", "tier1", **_DIRECT)]), [("MSSP007", "Ana")]),
        # Assigned directly, and approved all the same.
        (
            lambda raw: {
                **holds(raw, assignment("ana", "tier1"), requests=[request("ana", "tier1", **_DIRECT)]),
                "approved": [
                    {"initiatedBy": {"user": {"userPrincipalName": "anna"}}, "targetResources": [{"id": "request-ana-tier1"}]}
                ],
            },
            [],
        ),
        # Under a policy that wants none.
        (
            lambda raw: policies(
                holds(raw, assignment("ana", "tier1"), requests=[request("ana", "tier1", **_DIRECT)]),
                tier1={"requestApprovalSettings": {"isApprovalRequiredForAdd": False}},
            ),
            [],
        ),
    ],
)
def test_access(spoilt, expected):
    assert found(spoilt(facts())) == expected


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        # Nobody can approve the tiers, and anna's assignment is gone too.
        (
            lambda raw: people(raw, user("anna", accountEnabled=False)),
            [("MSSP101", f"{name}: MSSP SOC users") for name in ("MSSP Analyst Approvers", "Tier 1 Analyst", "Tier 2 Analyst")],
        ),
        (
            lambda raw: people(raw, user("anna", externalUserState="PendingAcceptance")),
            [("MSSP101", f"{name}: MSSP SOC users") for name in ("MSSP Analyst Approvers", "Tier 1 Analyst", "Tier 2 Analyst")],
        ),
        # Of two stages each needs somebody.
        (
            lambda raw: policies(
                people(raw, user("carl", accountEnabled=False)),
                tier1={"requestApprovalSettings": {"stages": [single("anna"), single("carl")]}},
                tier2={"requestApprovalSettings": {"stages": [single("anna", "carl")]}},
            ),
            [("MSSP101", "Tier 1 Analyst: MSSP SOC users")],
        ),
        # A policy that cannot be requested needs nobody.
        (
            lambda raw: policies(
                {**with_groups(raw, approvers=[]), "assignments": [assignment("ana", "tier1")]},
                tier1={"requestorSettings": {"enableTargetsToSelfAddAccess": False}},
                tier2={"allowedTargetScope": "notSpecified"},
            ),
            [],
        ),
        (
            lambda raw: policies(
                raw,
                tier1={
                    "requestApprovalSettings": {
                        "stages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.requestorManager"}]}]
                    }
                },
            ),
            [],
        ),
        (lambda raw: deliver_to(people(raw, user("carl", accountEnabled=False)), "carl", "approvers"), [("MSSP102", "Carl")]),
        (lambda raw: deliver_to(raw, "anna", "tier1"), [("MSSP103", "Anna")]),
        (
            lambda raw: policies(
                raw,
                approvers={
                    "requestApprovalSettings": {
                        "stages": [
                            {
                                "primaryApprovers": [
                                    {"@odata.type": "#microsoft.graph.groupMembers", "groupId": GROUPS["approvers"]}
                                ]
                            }
                        ]
                    }
                },
            ),
            [("MSSP104", "MSSP Analyst Approvers: MSSP SOC users")],
        ),
        (
            lambda raw: deliver_to(
                {**with_groups(raw, approvers=[]), "assignments": [assignment("ana", "tier1")]}, "lea", "approvers"
            ),
            [("MSSP105", "Tier 1 Analyst: MSSP SOC users"), ("MSSP105", "Tier 2 Analyst: MSSP SOC users")],
        ),
        # One person of the customer among them is enough.
        (lambda raw: deliver_to(raw, "lea", "approvers"), []),
    ],
)
def test_approvers(spoilt, expected):
    assert found(spoilt(facts())) == expected


def test_an_approver_who_is_gone():
    raw = policies(
        facts(),
        tier1={
            "requestApprovalSettings": {
                "stages": [
                    {
                        "primaryApprovers": [
                            {"@odata.type": "#microsoft.graph.singleUser", "userId": OTHER},
                            {"@odata.type": "#microsoft.graph.singleUser", "userId": PEOPLE["anna"]},
                        ]
                    }
                ]
            }
        },
    )
    (one,) = findings(raw)["findings"]
    assert (one["id"], one["person"]["id"]) == ("MSSP102", OTHER)
    assert "is not in the directory" in one["is"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"externalUserState": "PendingAcceptance", "createdDateTime": ago(days=15)}, ["MSSP106"]),
        ({"externalUserState": "PendingAcceptance", "createdDateTime": ago(days=13)}, []),
        ({"signInActivity": {"lastSignInDateTime": ago(days=61)}}, ["MSSP107"]),
        ({"signInActivity": {"lastSignInDateTime": ago(days=61), "lastNonInteractiveSignInDateTime": ago(days=2)}}, []),
        ({"signInActivity": {"lastSignInDateTime": ago(days=90), "lastSuccessfulSignInDateTime": ago(days=59)}}, []),
        ({"signInActivity": None}, ["MSSP107"]),
        # Too new to have been missed.
        ({"signInActivity": None, "createdDateTime": ago(days=20)}, []),
    ],
)
def test_guests(changed, expected):
    raw = facts()
    raw["users"] = [{**user(name), **(changed if name == "ana" else {})} for name in PEOPLE]
    raw["people"] = [{key: value for key, value in x.items() if key not in ("signInActivity", *changed)} for x in raw["people"]]
    assert [rule for rule, _who in found(raw)] == expected


def test_members_of_the_customer_may_stay_away():
    raw = people(facts(), user("anna", signInActivity={"lastSignInDateTime": ago(days=300)}))
    assert found(raw) == []


def test_people_of_the_mssp_are_guests_whatever_their_type():
    """Cross-tenant synchronization makes members (decisions S5)."""
    stale = {"lastSignInDateTime": ago(days=100)}
    raw = people(facts(), user("ana", userType="Member", userPrincipalName="ana@contoso.example", signInActivity=stale))
    assert found(raw) == [("MSSP107", "Ana")]


def test_null_for_everybody_is_one_finding():
    raw = deliver_to(facts(), "lea", "tier2")
    for kind in ("users", "people"):
        raw[kind] = [{**x, "signInActivity": None} for x in raw[kind]]
    assert found(raw) == [("MSSP108", "Contoso")]


def test_without_sign_ins_nobody_is_stale():
    raw = {**facts(), "sign_ins_read": False}
    for kind in ("users", "people"):
        raw[kind] = [{**x, "signInActivity": None} for x in raw[kind]]
    assert found(raw) == []


@pytest.mark.parametrize(
    ("entries", "since", "by"),
    [
        ([], None, None),
        ([{"by": {"user": {"userPrincipalName": "eve@contoso.example"}}, "days": 2}], 2, "eve@contoso.example"),
        ([{"by": {"app": {"displayName": "Tool"}}, "days": 9}, {"by": {"user": {"id": "x"}}, "days": 3}], 3, "x"),
        ([{"by": {}, "days": 4}], 4, "an unknown initiator"),
    ],
)
def test_since_when_and_by_whom(entries, since, by):
    raw = with_groups(facts(), tier2=[member("lea")])
    raw["added"] = [
        {
            "activityDateTime": ago(days=x["days"]),
            "initiatedBy": x["by"],
            "targetResources": [{"id": PEOPLE["lea"]}, {"id": GROUPS["tier2"]}],
        }
        for x in entries
    ]
    (one,) = findings(raw)["findings"]
    assert (one["since"], one["by"]) == (ago(days=since) if since else None, by)
    assert ("older than the log" in one["is"]) == (not entries)


def test_the_same_finding_has_the_same_fingerprint():
    first, second = (findings({**with_groups(facts(), tier2=[member("lea")]), "began": began}) for began in ("1", "2"))
    assert [x["fingerprint"] for x in first["findings"]] == [x["fingerprint"] for x in second["findings"]]
    other = with_groups(facts(), tier2=[member("lea")])
    other["tenant"]["tenant"]["id"] = OTHER
    assert first["tenant"]["id"] == TENANT
    assert findings(other)["findings"][0]["fingerprint"] != first["findings"][0]["fingerprint"]


def test_access_rows():
    rows = {(x["tier"], x["person"]["display_name"]): x for x in findings(with_groups(facts(), tier2=[member("lea")]))["access"]}
    ana, lea = rows["tier1", "Ana"], rows["tier2", "Lea"]
    assert ana["package"] == {"id": PACKAGES["tier1"], "name": "Tier 1 Analyst"}
    assert (ana["assignment"]["since"], ana["assignment"]["expires"]) == (ago(days=100), ahead(days=265))
    assert (ana["live_response"], lea["live_response"]) == (False, True)
    assert (lea["package"], lea["assignment"]) == (None, None)
    assert lea["person"]["determined_by"] == "domain"
