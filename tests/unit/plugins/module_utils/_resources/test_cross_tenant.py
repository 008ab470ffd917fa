# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of the cross-tenant access policy: what is sent, what counts as the same, and what is not deleted."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.cross_tenant import (
    DEFAULT,
    PARTNERS,
    CrossTenantPartner,
    inbound_setting,
    listed,
    partner_key,
    same_inbound,
    unmanaged,
)
from ansible_collections.mssp.defender.plugins.modules import cross_tenant_access
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, A, Routes, answer, graph, page, refusal, writes

ENTRY = f"{PARTNERS}/{TENANT}"
TRUST = {"isMfaAccepted": False, "isCompliantDeviceAccepted": True, "isHybridAzureADJoinedDeviceAccepted": False}


def partner(table, desired=None, **more):
    http = Routes(table)
    return CrossTenantPartner(graph(http), dict(desired or {}), tenant_id=TENANT, **more), http


def test_the_properties_are_options_of_the_module():
    assert {prop.option for prop in CrossTenantPartner.properties} <= set(cross_tenant_access.SPEC.options)


def test_a_tenant_id():
    assert partner_key(f" {A.upper()} ", "x") == A
    with pytest.raises(InvalidInput, match=r"x is 'm\.example', which is no tenant id"):
        partner_key("m.example", "x")


ALLOWED, BLOCKED = inbound_setting("allow"), inbound_setting("block")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, None, True),
        (None, {}, True),
        (None, {"usersAndGroups": None, "applications": None}, True),
        (None, ALLOWED, False),
        (ALLOWED, BLOCKED, False),
        (ALLOWED, {**ALLOWED, "@odata.type": "x"}, True),
        (ALLOWED, {**ALLOWED, "applications": None}, False),
        (ALLOWED, {**ALLOWED, "applications": BLOCKED["applications"]}, False),
        (
            BLOCKED,
            {**BLOCKED, "usersAndGroups": {"accessType": "Blocked", "targets": [{"targetType": "User", "target": "allUsers"}]}},
            True,
        ),
    ],
)
def test_who_gets_in_is_the_same(one, other, same):
    assert (same_inbound(one) == same_inbound(other)) is same
    assert (same_inbound(other) == same_inbound(one)) is same


def test_a_new_entry_says_only_what_was_stated():
    resource, http = partner(
        {f"GET {ENTRY}": refusal(404), f"POST {PARTNERS}": answer(201, {})}, {"b2bCollaborationInbound": BLOCKED}
    )
    outcome = reconcile(resource)
    assert [x.body for x in writes(http)] == [{"tenantId": TENANT, "b2bCollaborationInbound": BLOCKED}]
    assert outcome.entity["tenantId"] == TENANT
    assert "id" not in outcome.entity


def test_the_default_for_a_new_entry_is_to_say_nothing():
    resource, http = partner(
        {f"GET {ENTRY}": refusal(404), f"POST {PARTNERS}": answer(201, {})}, {"b2bCollaborationInbound": None}
    )
    reconcile(resource)
    assert [x.body for x in writes(http)] == [{"tenantId": TENANT}]


@pytest.mark.parametrize("default", [TRUST, {**TRUST, "@odata.type": "x"}, None])
def test_trust_is_completed_from_the_default(default):
    table = {
        f"GET {ENTRY}": {"tenantId": TENANT, "inboundTrust": None},
        f"GET {DEFAULT}": {"inboundTrust": default},
        f"PATCH {ENTRY}": answer(204),
    }
    resource, http = partner(table, {"inboundTrust": {"isMfaAccepted": True}})
    outcome = reconcile(resource)
    whole = {**(TRUST if default else {}), "isMfaAccepted": True}
    assert [x.body for x in writes(http)] == [{"inboundTrust": whole}]
    assert outcome.entity["inboundTrust"] == whole


def test_trust_that_is_there_is_sent_whole_without_asking_for_the_default():
    table = {f"GET {ENTRY}": {"inboundTrust": {**TRUST, "@odata.type": "x"}}, f"PATCH {ENTRY}": answer(204)}
    resource, http = partner(table, {"inboundTrust": {"isMfaAccepted": True}})
    reconcile(resource)
    assert [x.body for x in writes(http)] == [{"inboundTrust": {**TRUST, "isMfaAccepted": True}}]


def test_another_run_was_quicker():
    table = {
        f"GET {ENTRY}": [refusal(404), {"tenantId": TENANT, "b2bCollaborationInbound": ALLOWED}],
        f"POST {PARTNERS}": [refusal(409, "Request_MultipleObjectsWithSameKeyValue", "There.")],
        f"PATCH {ENTRY}": answer(204),
    }
    resource, http = partner(table, {"b2bCollaborationInbound": BLOCKED})
    reconcile(resource)
    assert [x.method for x in writes(http)] == ["POST", "PATCH"]


def test_a_tenant_has_no_entry_for_itself():
    resource, http = partner({}, own_tenant_id=TENANT.upper())
    with pytest.raises(InvalidInput, match=f"the tenant {TENANT} has no entry for itself"):
        reconcile(resource)
    assert not http.sent


@pytest.mark.parametrize(
    ("entity", "found"),
    [
        ({"tenantId": TENANT, "id": TENANT, "@odata.context": "x", "b2bCollaborationOutbound@odata.context": "x"}, []),
        ({"b2bCollaborationInbound": BLOCKED, "inboundTrust": {**TRUST, "@odata.type": "x"}}, []),
        ({"automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": False}, "isServiceProvider": False}, []),
        ({"tenantRestrictions": {"devices": None, "usersAndGroups": {"targets": []}}}, []),
        ({"tenantRestrictions": {"usersAndGroups": {"accessType": "blocked", "targets": []}}}, ["tenantRestrictions"]),
        ({"ofNextYear": {"deep": {"flag": True}}}, ["ofNextYear"]),
        ({"inboundTrust": {"ofNextYear": True, "isMfaAccepted": True}}, ["inboundTrust.ofNextYear"]),
        (
            {"b2bCollaborationInbound": {**ALLOWED, "applications": None}},
            ["b2bCollaborationInbound for chosen users or applications"],
        ),
    ],
)
def test_what_the_module_does_not_manage(entity, found):
    assert unmanaged(entity) == found


def test_an_entry_of_others_is_kept():
    resource, http = partner({f"GET {ENTRY}": {"isServiceProvider": True}, f"DELETE {ENTRY}": answer(204)})
    with pytest.raises(Failure, match="the entry also holds isServiceProvider"):
        reconcile(resource, state="absent")
    assert not writes(http)
    reconcile(resource, state="absent", force=True)
    assert len(writes(http)) == 1


def test_entries_without_annotations():
    http = Routes({f"GET {PARTNERS}": page({"tenantId": TENANT, "@odata.type": "x"}), f"GET {ENTRY}": refusal(404)})
    assert listed(graph(http), None) == [{"tenantId": TENANT}]
    assert listed(graph(http), TENANT) == []
