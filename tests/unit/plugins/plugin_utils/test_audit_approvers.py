# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approvers and guests: what triggers each rule, and the near misses that must not."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    GROUPS,
    OTHER,
    PEOPLE,
    ago,
    assignment,
    facts,
    found,
    group,
    member,
    user,
)
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_spoiling import (
    ALIEN,
    deliver_to,
    people,
    policies,
    single,
    with_groups,
)


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
        # Through a nested group they can decide as well; that it is nested is a finding of its own.
        (
            lambda raw: {
                **raw,
                "assignments": [assignment("ana", "tier1")],
                "groups": [
                    *raw["groups"][:2],
                    group("approvers", ALIEN, transitive_members=[ALIEN, member("anna")]),
                ],
            },
            [("MSSP004", "MSSP Analyst Approvers")],
        ),
        # Nobody behind it, or a group that is not there any more.
        (
            lambda raw: {
                **raw,
                "assignments": [assignment("ana", "tier1")],
                "groups": [*raw["groups"][:2], group("approvers", ALIEN, transitive_members=[ALIEN])],
            },
            [("MSSP004", "MSSP Analyst Approvers")] + [("MSSP101", f"Tier {x} Analyst: MSSP SOC users") for x in (1, 2)],
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
    """Cross-tenant synchronization makes members (practice S5)."""
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


def approved(*names, request="request-ana-tier1", **by):
    """Entries of the log that say who approved ana's request."""
    who = [{"user": {"id": PEOPLE[x], "userPrincipalName": f"{x}@there"}} for x in names] + ([by] if by else [])
    return [{"initiatedBy": x, "targetResources": [{"id": request.upper()}, {"id": OTHER}]} for x in who]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (approved("lea"), [("MSSP109", "Ana")]),
        (approved("lea", "lea"), [("MSSP109", "Ana")]),
        # One of the customer's decided too, or alone.
        (approved("lea", "anna"), []),
        (approved("anna"), []),
        # Older than the log, of another request, by nobody known, by an application.
        ([], []),
        (approved("lea", request="request-of-another"), []),
        (approved(user={"id": OTHER}), []),
        (approved("lea", app={"displayName": "Tool"}), []),
    ],
)
def test_requests_that_the_mssp_alone_approved(entries, expected):
    assert found({**deliver_to(facts(), "lea", "approvers"), "approved": entries}) == expected


def test_where_nobody_else_can_approve_it_is_told_once_of_the_policy():
    raw = {**with_groups(facts(), approvers=[]), "assignments": [assignment("ana", "tier1")], "approved": approved("lea")}
    assert {rule for rule, _who in found(deliver_to(raw, "lea", "approvers"))} == {"MSSP105"}


def test_people_of_the_customer_may_approve_each_other():
    raw = {**deliver_to(facts(), "carl", "tier1"), "approved": approved("anna", request="request-carl-tier1")}
    assert found(raw) == []


def test_who_approved_is_named():
    (one,) = findings({**deliver_to(facts(), "lea", "approvers"), "approved": approved("lea")})["findings"]
    assert (one["by"], one["object"]["id"], one["severity"]) == ("lea@there", "request-ana-tier1", "info")
