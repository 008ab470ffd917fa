# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members and assignments: what triggers each rule, and the near misses that must not."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    GROUPS,
    OTHER,
    PACKAGES,
    PEOPLE,
    TENANT,
    ago,
    ahead,
    assignment,
    facts,
    found,
    group,
    member,
    merged,
    request,
)
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_spoiling import (
    ALIEN,
    DIRECT,
    eligible,
    holds,
    owners_package,
    policies,
    with_groups,
)


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
        # Eligible by PIM: a member while it is activated, none while it is not, and neither is anything wrong (practice M13).
        *(
            (lambda raw, origin=origin, there=there: eligible(with_groups(raw, tier1=there), origin), [])
            for origin in (f"Eligible Member_{GROUPS['tier1']}", f"EligibleMember_{GROUPS['tier1']}", "x")
            for there in ([member("ana")], [])
        ),
        (
            lambda raw: eligible(with_groups(raw, tier1=[member("ana"), member("lea")]), f"EligibleMember_{GROUPS['tier1']}"),
            [("MSSP001", "Lea")],
        ),
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
        (lambda raw: holds(raw, assignment("ana", "tier1"), requests=[request("ana", "tier1", **DIRECT)]), [("MSSP007", "Ana")]),
        # Assigned directly, and approved all the same.
        (
            lambda raw: {
                **holds(raw, assignment("ana", "tier1"), requests=[request("ana", "tier1", **DIRECT)]),
                "approved": [
                    {"initiatedBy": {"user": {"userPrincipalName": "anna"}}, "targetResources": [{"id": "request-ana-tier1"}]}
                ],
            },
            [],
        ),
        # Under a policy that wants none.
        (
            lambda raw: policies(
                holds(raw, assignment("ana", "tier1"), requests=[request("ana", "tier1", **DIRECT)]),
                tier1={"requestApprovalSettings": {"isApprovalRequiredForAdd": False}},
            ),
            [],
        ),
    ],
)
def test_access(spoilt, expected):
    assert found(spoilt(facts())) == expected


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


@pytest.mark.parametrize(("days", "forgotten"), [(29, False), (31, True)])
def test_an_approval_that_the_log_cannot_know_any_more(days, forgotten):
    one = request("ana", "tier1", **DIRECT, createdDateTime=ago(days=days), completedDateTime=ago(days=days))
    (found_,) = findings(holds(facts(), assignment("ana", "tier1"), requests=[one]))["findings"]
    assert found_["id"] == "MSSP007"
    assert ("older than the log" in found_["is"]) is forgotten
