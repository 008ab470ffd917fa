# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cross_tenant_access and cross_tenant_access_info, by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness import world
from harness.story import Play, same_changes
from harness.tenants import Tenant

POLICY = "policies/crossTenantAccessPolicy"
PARTNERS = f"{POLICY}/partners"
ENTRY = f"{PARTNERS}/{world.MSSP_TENANT}"
MSSP = {"partner_tenant_id": world.MSSP_TENANT}
GONE = {**MSSP, "state": "absent"}
# A partner that is not the MSSP and lets chosen people out.
CHOSEN = {
    "usersAndGroups": {
        "accessType": "allowed",
        "targets": [{"target": "6f546279-4da5-4b53-a095-09ea0cef9971", "targetType": "group"}],
    },
    "applications": {"accessType": "allowed", "targets": [{"target": "Office365", "targetType": "application"}]},
}


def all_of(access: str) -> dict[str, t.Any]:
    """Everybody, to everything."""
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


def trust(mfa: bool, device: bool = False, joined: bool = False) -> dict[str, bool]:
    """What is accepted of the other tenant."""
    return {"isMfaAccepted": mfa, "isCompliantDeviceAccepted": device, "isHybridAzureADJoinedDeviceAccepted": joined}


def test_from_nothing_to_nothing(play: Play) -> None:
    wanted = {**MSSP, "inbound": "allow", "trust_mfa": True}
    changed = {**MSSP, "inbound": "block", "trust_mfa": False, "trust_compliant_device": True}
    predicted = play.check("cross_tenant_access", **wanted)
    nothing = play.list(PARTNERS)
    created = play.task("cross_tenant_access", **wanted)
    there = play.get(ENTRY)
    again = play.task("cross_tenant_access", **wanted)
    predicted_change = play.check("cross_tenant_access", **changed)
    unchanged = play.get(ENTRY)
    change = play.task("cross_tenant_access", **changed)
    after = play.get(ENTRY)
    change_again = play.task("cross_tenant_access", **changed)
    predicted_end = play.check("cross_tenant_access", **GONE)
    still = play.get(ENTRY)
    end = play.task("cross_tenant_access", **GONE)
    none = play.list(PARTNERS)
    end_again = play.task("cross_tenant_access", **GONE)
    play.run()

    assert predicted.writes == []
    assert nothing.result == []
    same_changes(predicted, created)
    assert created.paths == [("create", None)]
    assert created.writes == [f"POST /v1.0/{PARTNERS}"]
    assert there.result["tenantId"] == world.MSSP_TENANT
    assert there.result["b2bCollaborationInbound"] == all_of("allowed")
    assert there.result["inboundTrust"] == trust(mfa=True)
    assert there.result["b2bCollaborationOutbound"] is None
    assert created.result["partner"] == {key: value for key, value in there.result.items() if "@" not in key}
    for key in ("tenantId", "b2bCollaborationInbound", "inboundTrust"):
        assert predicted.result["partner"][key] == there.result[key]
    assert (again.changed, again.writes) == (False, [])

    assert predicted_change.writes == []
    assert unchanged.result == there.result
    same_changes(predicted_change, change)
    assert change.paths == [
        ("update", "b2bCollaborationInbound"),
        ("update", "inboundTrust.isMfaAccepted"),
        ("update", "inboundTrust.isCompliantDeviceAccepted"),
    ]
    assert {item["object"]["id"] for item in change.changes} == {world.MSSP_TENANT}
    assert change.writes == [f"PATCH /v1.0/{ENTRY}"]
    assert after.result == {
        **there.result,
        "b2bCollaborationInbound": all_of("blocked"),
        "inboundTrust": trust(mfa=False, device=True),
    }
    assert change.result["partner"] == predicted_change.result["partner"]
    assert (change_again.changed, change_again.writes) == (False, [])

    assert predicted_end.writes == []
    assert still.result == after.result
    same_changes(predicted_end, end)
    assert end.result["partner"] is None
    assert none.result == []
    assert (end_again.changed, end_again.writes) == (False, [])


def test_blocked_as_in_a_cut_off(play: Play, tenant: Tenant) -> None:
    """One option, and nothing else of the entry changes; then the default again, and the entry stays."""
    tenant.post(
        PARTNERS, {"tenantId": world.MSSP_TENANT, "inboundTrust": trust(True, joined=True), "b2bDirectConnectInbound": CHOSEN}
    )
    before = play.get(ENTRY)
    capital = {"partner_tenant_id": f" {world.MSSP_TENANT.upper()} "}
    block = play.task("cross_tenant_access", **capital, inbound="block")
    blocked = play.get(ENTRY)
    again = play.task("cross_tenant_access", **MSSP, inbound="block")
    nothing = play.task("cross_tenant_access", **MSSP)
    default = play.task("cross_tenant_access", **MSSP, inbound="default")
    after = play.get(ENTRY)
    default_again = play.task("cross_tenant_access", **MSSP, inbound="default")
    play.run()

    assert block.paths == [("update", "b2bCollaborationInbound")]
    assert [entry["body"] for entry in block.requests if entry["write"]] == [{"b2bCollaborationInbound": all_of("blocked")}]
    assert blocked.result == {**before.result, "b2bCollaborationInbound": all_of("blocked")}
    for step in (again, nothing, default_again):
        assert (step.changed, step.writes) == (False, [])
    assert default.paths == [("update", "b2bCollaborationInbound")]
    assert after.result == before.result


def test_trust_that_is_not_stated_goes_on_as_the_default_has_it(play: Play, tenant: Tenant) -> None:
    """An entry says all of trust or nothing: what the default accepts must not be lost by stating one thing."""
    tenant.patch(f"{POLICY}/default", {"inboundTrust": trust(mfa=False, device=True, joined=True)})
    tenant.post(PARTNERS, {"tenantId": world.OTHER_TENANT})
    made = play.task("cross_tenant_access", **MSSP, trust_mfa=True)
    entry = play.get(ENTRY)
    other = {"partner_tenant_id": world.OTHER_TENANT}
    predicted = play.check("cross_tenant_access", **other, trust_mfa=False)
    # Null follows the default: that is not the same as false.
    changed = play.task("cross_tenant_access", **other, trust_mfa=False)
    stored = play.get(f"{PARTNERS}/{world.OTHER_TENANT}")
    again = play.task("cross_tenant_access", **other, trust_mfa=False)
    one = play.task("cross_tenant_access", **other, trust_compliant_device=False)
    rest = play.get(f"{PARTNERS}/{world.OTHER_TENANT}")
    play.run()

    assert made.changed
    assert entry.result["inboundTrust"] == trust(mfa=True, device=True, joined=True)
    same_changes(predicted, changed)
    assert changed.paths == [("update", "inboundTrust.isMfaAccepted")]
    assert stored.result["inboundTrust"] == trust(mfa=False, device=True, joined=True)
    assert predicted.result["partner"] == changed.result["partner"]
    assert not again.changed
    assert one.paths == [("update", "inboundTrust.isCompliantDeviceAccepted")]
    assert rest.result["inboundTrust"] == trust(mfa=False, device=False, joined=True)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"b2bCollaborationOutbound": CHOSEN}, "b2bCollaborationOutbound"),
        ({"b2bDirectConnectInbound": all_of("blocked")}, "b2bDirectConnectInbound"),
        ({"b2bCollaborationInbound": CHOSEN}, "b2bCollaborationInbound for chosen users or applications"),
        ({"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": None}}, "automaticUserConsentSettings"),
        ({"inboundTrust": trust(False, joined=True)}, "inboundTrust.isHybridAzureADJoinedDeviceAccepted"),
        ({"isServiceProvider": True}, "isServiceProvider"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_others_set_is_deleted_by_force_only(play: Play, tenant: Tenant, settings: dict[str, t.Any], word: str) -> None:
    tenant.post(PARTNERS, {"tenantId": world.MSSP_TENANT, **settings})
    predicted = play.refused("cross_tenant_access", check=True, **GONE)
    refused = play.refused("cross_tenant_access", **GONE)
    there = play.list(PARTNERS)
    forced = play.task("cross_tenant_access", **GONE, force=True)
    none = play.list(PARTNERS)
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "InUse")
        assert f"the entry also holds {word}." in step.msg
    assert len(there.result) == 1
    assert forced.changed
    assert none.result == []


def test_settings_for_chosen_people_are_replaced_when_stated_only(play: Play, tenant: Tenant) -> None:
    tenant.post(PARTNERS, {"tenantId": world.MSSP_TENANT, "b2bCollaborationInbound": CHOSEN})
    unstated = play.task("cross_tenant_access", **MSSP, trust_mfa=True)
    kept = play.get(ENTRY)
    stated = play.task("cross_tenant_access", **MSSP, inbound="allow")
    after = play.get(ENTRY)
    play.run()

    assert unstated.paths == [("update", "inboundTrust.isMfaAccepted")]
    assert kept.result["b2bCollaborationInbound"] == CHOSEN
    assert stated.changes[0]["before"] == CHOSEN
    assert after.result["b2bCollaborationInbound"] == all_of("allowed")


def test_the_policy_as_it_is(play: Play, tenant: Tenant) -> None:
    for other in (world.MSSP_TENANT, world.OTHER_TENANT):
        tenant.post(PARTNERS, {"tenantId": other, "inboundTrust": trust(True)})
    play.quirks(inbound_b2b_blocked=True)
    everything = play.task("cross_tenant_access_info")
    one = play.task("cross_tenant_access_info", partner_tenant_id=world.OTHER_TENANT.upper())
    none = play.check("cross_tenant_access_info", partner_tenant_id=tenant.tenant_id)
    empty = play.refused("cross_tenant_access_info", partner_tenant_id="")
    domain = play.refused("cross_tenant_access_info", partner_tenant_id=world.MSSP_DOMAIN)
    default = play.get(f"{POLICY}/default")
    play.run()

    for step in (everything, one, none):
        assert (step.changed, step.writes) == (False, [])
        assert step.result["default"] == {key: value for key, value in default.result.items() if "@" not in key}
    assert everything.result["default"]["b2bCollaborationInbound"] == all_of("blocked")
    assert {x["tenantId"] for x in everything.result["partners"]} == {world.MSSP_TENANT, world.OTHER_TENANT}
    (entry,) = one.result["partners"]
    assert (entry["tenantId"], entry["inboundTrust"]) == (world.OTHER_TENANT, trust(True))
    assert none.result["partners"] == []
    for step in (empty, domain):
        assert (step.code, step.requests) == ("InvalidInput", [])


def test_an_application_that_may_not(play: Play) -> None:
    read = play.refused("cross_tenant_access_info")
    written = play.refused("cross_tenant_access", **MSSP, inbound="block")
    play.run(client="reader")

    for step, permission in ((read, "Policy.Read.All"), (written, "Policy.ReadWrite.CrossTenantAccess")):
        assert step.writes == []
        assert step.result["failure"]["status"] == 403
        assert f"lacks {permission}: " in step.msg
        assert "adminconsent" in step.msg


def test_a_lost_answer_makes_no_second_one(play: Play) -> None:
    """The entry is found by its tenant."""
    play.faults({"method": "POST", "path": "partners", "times": 1, "drop": "after"})
    created = play.task("cross_tenant_access", **MSSP, inbound="block", trust_mfa=True)
    play.faults()
    again = play.task("cross_tenant_access", **MSSP, inbound="block", trust_mfa=True)
    play.faults({"method": "PATCH", "path": "partners", "times": 1, "drop": "after"})
    changed = play.task("cross_tenant_access", **MSSP, inbound="allow")
    play.faults({"method": "DELETE", "path": "partners", "times": 1, "drop": "after"})
    gone = play.task("cross_tenant_access", **GONE)
    play.faults()
    none = play.list(PARTNERS)
    play.run()

    assert created.changed
    assert created.writes == [f"POST /v1.0/{PARTNERS}"]
    assert not again.changed
    assert (changed.paths, len(changed.writes)) == ([("update", "b2bCollaborationInbound")], 2)
    assert (gone.changed, len(gone.writes)) == (True, 2)
    assert none.result == []
