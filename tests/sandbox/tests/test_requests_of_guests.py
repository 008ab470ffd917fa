# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People whom nobody has invited yet: how they ask, when they become guests, what becomes of them (EM B.2, G.2; S9, M5, M7)."""

from __future__ import annotations

from typing import Any

import pytest
from requests_building import (
    CONFIG,
    add,
    advance,
    assignments_of,
    change,
    decide,
    from_the_mssp,
    known,
    make_policy,
    members,
    person,
    refusal,
    send,
    stage,
    state_of,
    user_set,
)
from sandbox_building import EM, grant_chain, mssp_organization
from sandbox_harness import Graph, Running

SANDBOX = CONFIG
pytestmark = pytest.mark.usefixtures("real_time")

ENDLESS = {"startDateTime": None, "expiration": {"type": "noExpiration"}}


def outside(sandbox: Running, email: str, body: dict[str, Any]) -> Any:
    """Ask at the package's link as somebody who is no user of the tenant; the response."""
    asked = {"tenant": "contoso.example", "email": email, "name": email.partition("@")[0], "request": body}
    return sandbox.session().post(f"{sandbox.url}/_sandbox/my-access", json=asked)


def users(graph: Graph, email: str) -> list[dict[str, Any]]:
    names = "id,accountEnabled,externalUserState,userType,creationType"
    found: list[dict[str, Any]] = graph.ok("GET", f"/users?$filter=mail eq '{email}'&$select={names}")["value"]
    return found


def by_email(package: str, policy: str, email: str) -> dict[str, Any]:
    """adminAdd of somebody who is not in the directory yet, as the page writes it."""
    wanted = {"target": {"email": email}, "assignmentPolicy": {"id": policy}, "accessPackage": {"id": package}}
    return {"requestType": "adminAdd", "assignment": wanted}


def test_from_the_link_to_the_group(sandbox: Running, graph: Graph) -> None:
    """EM G.2: a new external target has objectId null until invited; delivering until the invitation is redeemed."""
    graph.quirk(delivering_until_redeemed=True)
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package, stage(user_set(graph, "boss")), **from_the_mssp(graph))
    request = outside(sandbox, "nora@mssp.example", add(package, policy, justification="new")).json()["id"]
    url = f"{EM}/assignmentRequests/{request}?$expand=requestor($expand=connectedOrganization)"
    waiting = graph.ok("GET", url)
    assert (waiting["state"], waiting["requestType"]) == ("pendingApproval", "userAdd")
    requestor = waiting["requestor"]
    assert (requestor["objectId"], requestor["email"]) == (None, "nora@mssp.example")
    assert requestor["connectedOrganization"]["id"] == mssp_organization(graph)
    assert users(graph, "nora@mssp.example") == []
    assert decide(person(sandbox, "boss"), request, "Approve").status_code == 204
    assert [state_of(graph, request) for _unused in range(2)] == ["delivering", "delivering"]
    [guest] = users(graph, "nora@mssp.example")
    assert {name: guest[name] for name in guest if name != "id"} == {
        "accountEnabled": True,
        "externalUserState": "PendingAcceptance",
        "userType": "Guest",
        "creationType": "Invitation",
    }
    [row] = assignments_of(graph, package)
    assert (row["state"], row["target"]["objectId"], row["target"]["subjectLifecycle"]) == ("delivering", guest["id"], "governed")
    assert members(graph, group) == []
    sandbox.control("POST", "redemptions", {"tenant": "contoso.example", "user": "nora@mssp.example"})
    assert state_of(graph, request) == "delivered"
    assert members(graph, group) == [guest["id"]]
    assert users(graph, "nora@mssp.example")[0]["externalUserState"] == "Accepted"


def test_who_is_sent_away_at_the_link(sandbox: Running, graph: Graph) -> None:
    """EM F.3, 1.3: somebody of another organization; one open request for each person and package, known or not."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")), **from_the_mssp(graph))
    everybody = make_policy(graph, package)
    for email, wanted in (("eve@nowhere.example", policy), ("pia@mssp.example", everybody)):
        refused = outside(sandbox, email, add(package, wanted))
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "PolicyRequirementNotMet")
    assert outside(sandbox, "pia@mssp.example", add(package, policy)).status_code == 201
    again = outside(sandbox, "pia@mssp.example", add(package, policy))
    assert again.json()["error"]["code"] == "ExistingOpenRequest"
    assert outside(sandbox, "quin@mssp.example", add(package, policy, opinion="x")).status_code == 400
    assert outside(sandbox, "no address", add(package, policy)).status_code == 400


@pytest.mark.parametrize(
    "switches",
    [{"allow_invites_from": "none"}, {"b2b_domain_list": {"blocked": ["mssp.example"]}}, {"b2b_domain_list": {"allowed": []}}],
)
def test_invitations_that_the_tenant_forbids(sandbox: Running, graph: Graph, switches: dict[str, Any]) -> None:
    """Decisions M7: delivery fails after approval, for whoever would have to be invited; reprocess helps once it is allowed."""
    graph.quirk(**switches)
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, **from_the_mssp(graph))
    email = f"rita{len(str(switches))}@mssp.example"
    request = outside(sandbox, email, add(package, policy)).json()["id"]
    assert state_of(graph, request) == "deliveryFailed"
    assert users(graph, email) == []
    assert [row["state"] for row in assignments_of(graph, package)] == ["deliveryFailed"]
    # Somebody who is a guest already needs no invitation.
    assert state_of(graph, send(person(sandbox, "lena@mssp.example"), add(package, policy))) == "delivered"
    graph.quirk(allow_invites_from="everyone", b2b_domain_list={})
    assert graph("POST", f"{EM}/assignmentRequests/{request}/reprocess").status_code == 202
    assert state_of(graph, request) == "delivered"
    assert len(users(graph, email)) == 1
    assert graph("POST", f"{EM}/assignmentRequests/{request}/reprocess").status_code == 400


def test_an_organization_that_nobody_configured(sandbox: Running, graph: Graph) -> None:
    """EM B.2: under "all external users" the service itself makes the organization, as proposed."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, allowedTargetScope="allExternalUsers")
    request = outside(sandbox, "sam@newcomer.example", add(package, policy)).json()["id"]
    assert state_of(graph, request) == "delivered"
    rows = graph.ok("GET", f"{EM}/connectedOrganizations")["value"]
    [made] = [row for row in rows if any(source.get("domainName") == "newcomer.example" for source in row["identitySources"])]
    assert made["state"] == "proposed"


def test_administrators_add_by_address(sandbox: Running, graph: Graph) -> None:
    """EM G.1, practice S9, M9: adminAdd by e-mail is a Governance feature, billed, and lies within the policy's domain."""
    package = grant_chain(graph)[2]
    policy, everybody = make_policy(graph, package, **from_the_mssp(graph)), make_policy(graph, package)
    url = f"{EM}/assignmentRequests"
    graph.quirk(licence="p2")
    assert graph.refused("POST", url, by_email(package, policy, "tom@mssp.example")) == (403, "NoGovernanceSku")
    graph.quirk(licence="governance", subscription_linked=False)
    assert graph.refused("POST", url, by_email(package, policy, "tom@mssp.example")) == (403, "GuestBillingRequired")
    graph.quirk(subscription_linked=True)
    for email, wanted in (("tom@nowhere.example", policy), ("tom@mssp.example", everybody)):
        assert graph.refused("POST", url, by_email(package, wanted, email)) == (400, "PolicyRequirementNotMet")
    request = send(graph, by_email(package, policy, "tom@mssp.example"))
    assert users(graph, "tom@mssp.example") == []
    assert state_of(graph, request) == "delivered"
    assert [row["target"]["objectId"] for row in assignments_of(graph, package)] == [users(graph, "tom@mssp.example")[0]["id"]]


def invited(sandbox: Running, graph: Graph, email: str) -> tuple[str, str, str]:
    """A guest whom a request brought in for 30 days: (package, policy, user id)."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, **from_the_mssp(graph))
    state_of(graph, outside(sandbox, email, add(package, policy)).json()["id"])
    return package, policy, users(graph, email)[0]["id"]


def test_the_life_of_a_guest_by_the_clock(sandbox: Running, graph: Graph) -> None:
    """Decisions M5.4: the last assignment's end blocks the guest; after the tenant's days the guest is deleted."""
    graph.quirk(duration_until_external_user_deleted="P10D")
    package, policy, guest = invited(sandbox, graph, "uma@mssp.example")
    advance(sandbox, 29.9)
    assert users(graph, "uma@mssp.example")[0]["accountEnabled"] is True
    advance(sandbox, 0.2)
    assert users(graph, "uma@mssp.example")[0]["accountEnabled"] is False
    again = outside(sandbox, "uma@mssp.example", add(package, policy))  # "will be unable to re-request"
    assert again.json()["error"]["code"] == "PolicyRequirementNotMet"
    advance(sandbox, 9.8)
    assert users(graph, "uma@mssp.example")[0]["id"] == guest
    advance(sandbox, 0.2)
    assert users(graph, "uma@mssp.example") == []
    deleted = graph.ok("GET", f"/directory/deletedItems/{guest}")
    assert deleted["mail"] == "uma@mssp.example"


def test_guests_who_are_let_in_again(sandbox: Running, graph: Graph) -> None:
    """Decisions M5.4: who was enabled again by hand is not deleted; other guests than EM's own are left alone."""
    _unused, _unused, guest = invited(sandbox, graph, "vera@mssp.example")
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package)
    state_of(graph, send(person(sandbox, "otto@mssp.example"), add(package, policy)))
    advance(sandbox, 31)
    assert users(graph, "vera@mssp.example")[0]["accountEnabled"] is False
    assert users(graph, "otto@mssp.example")[0]["accountEnabled"] is True
    graph("PATCH", f"/users/{guest}", {"accountEnabled": True}, 204)
    advance(sandbox, 40)
    assert users(graph, "vera@mssp.example")[0]["id"] == guest


def test_an_assignment_that_is_left_keeps_the_guest(sandbox: Running, graph: Graph) -> None:
    """Decisions M5.4: it is the last assignment that counts; blocked only, where the tenant does not delete."""
    graph.quirk(lifecycle_action="blockSignIn", duration_until_external_user_deleted="P1D")
    package, _unused, guest = invited(sandbox, graph, "wim@mssp.example")
    second = grant_chain(graph)[2]
    other = make_policy(graph, second)
    state_of(graph, send(graph, add(second, other, guest, "adminAdd")))
    [row] = assignments_of(graph, package)
    state_of(graph, send(graph, change("adminRemove", row["id"])))
    assert users(graph, "wim@mssp.example")[0]["accountEnabled"] is True
    [row] = assignments_of(graph, second)
    state_of(graph, send(graph, change("adminRemove", row["id"])))
    assert users(graph, "wim@mssp.example")[0]["accountEnabled"] is False
    advance(sandbox, 5)
    assert len(users(graph, "wim@mssp.example")) == 1
    assert known(graph, "wim@mssp.example") == guest


def test_a_guest_who_never_accepts(sandbox: Running, graph: Graph) -> None:
    """EM B.3, G.2: access that waits for the invitation to be accepted can be taken back; nothing is granted any more."""
    graph.quirk(delivering_until_redeemed=True)
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package, **from_the_mssp(graph))
    request = outside(sandbox, "xena@mssp.example", add(package, policy)).json()["id"]
    assert state_of(graph, request) == "delivering"
    [row] = assignments_of(graph, package)
    removal = send(graph, change("adminRemove", row["id"]))
    assert refusal(graph, change("adminRemove", row["id"])) == (400, "ExistingOpenRequest")
    assert state_of(graph, removal) == "delivered"
    assert [item["state"] for item in assignments_of(graph, package)] == ["expired"]
    sandbox.control("POST", "redemptions", {"tenant": "contoso.example", "user": "xena@mssp.example"})
    assert state_of(graph, request) == "canceled"
    assert members(graph, group) == []


def test_assignments_of_deleted_people(sandbox: Running, graph: Graph) -> None:
    """Decisions M5.3: for 30 days a deleted user still has assignments, which keep the package from being deleted."""
    first, _unused, guest = invited(sandbox, graph, "yara@mssp.example")
    second, _unused, purged = invited(sandbox, graph, "zoe@mssp.example")
    for user in (guest, purged):
        graph("DELETE", f"/users/{user}", status=204)
    assert graph("DELETE", f"{EM}/accessPackages/{first}").status_code == 400
    assert [row["state"] for package in (first, second) for row in assignments_of(graph, package)] == ["delivered"] * 2
    graph("DELETE", f"/directory/deletedItems/{purged}", status=204)
    assert [row["state"] for row in assignments_of(graph, second)] == ["expired"]
    state_of(graph, send(graph, change("adminUpdate", assignments_of(graph, first)[0]["id"], schedule=ENDLESS)))
    advance(sandbox, 29.9)
    assert [row["state"] for row in assignments_of(graph, first)] == ["delivered"]
    advance(sandbox, 0.2)
    assert [row["state"] for row in assignments_of(graph, first)] == ["expired"]
    graph("DELETE", f"{EM}/accessPackages/{first}", status=204)
