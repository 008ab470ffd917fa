# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Licences, invitations, domains and cross-tenant access: each verdict by a table."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import find_cloud
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight import access, guests, licence
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gates import questions
from ansible_collections.mssp.defender.tests.unit.preflight_building import (
    MSSP,
    domain_policy,
    findings,
    listed,
    refusal,
    setting,
    sku,
    told,
    wanted,
)

NO_LICENCE = refusal(403, "NoLicense")


def test_where_all_is_well_nothing_is_found():
    assert told() == []


@pytest.mark.parametrize(
    ("skus", "entra", "endpoint"),
    [
        ([], "none", "none"),
        ([sku("p1")], "p1", "none"),
        ([sku("p1", "p2")], "p2", "none"),
        ([sku("p2"), sku("governance")], "governance", "none"),
        ([sku("governance")], "governance", "none"),
        ([sku("p1", "mde_business")], "p1", "business"),
        ([sku("mde_p1"), sku("mde_p2")], "none", "p2"),
        ([sku("mde_p1")], "none", "p1"),
        ([sku("mde_business"), sku("mde_p1")], "none", "business"),
        ([sku("p2", status="Suspended")], "none", "none"),
        ([sku("p2", status="LockedOut"), sku("p1")], "p1", "none"),
        ([sku("p2", status="Warning")], "p2", "none"),
        ([sku("p2", provisioned="Disabled"), sku("p1")], "p1", "none"),
        ([sku("p2", provisioned="PendingActivation")], "p2", "none"),
    ],
)
def test_what_was_bought(skus, entra, endpoint):
    verdict = licence.verdict(skus)
    assert (verdict["entra"], verdict["defender_endpoint"]) == (entra, endpoint)


def test_what_is_not_known_is_not_guessed():
    assert licence.verdict(None) == {"entra": "unknown", "defender_endpoint": "unknown", "products": []}


@pytest.mark.parametrize(
    ("changes", "intended", "expected"),
    [
        ({"skus": listed(sku("p1"), sku("mde_p2")), "settings": NO_LICENCE}, {}, [("licence_p1", "stop")]),
        ({"skus": listed(sku("mde_p2")), "settings": NO_LICENCE}, {}, [("licence_none", "stop")]),
        # Entitlement management says it itself where the list of products may not be read.
        ({"skus": refusal(403), "settings": NO_LICENCE}, {}, [("licence_none", "stop"), ("not_readable", "not_checked")]),
        # It answers although the list says otherwise.
        ({"skus": listed(sku("p1"), sku("mde_p2"))}, {}, [("licence_p1", "warning")]),
        ({"skus": refusal(403)}, {}, [("not_readable", "not_checked")]),
        ({"skus": listed(sku("p2", status="Warning"), sku("mde_p2"))}, {}, [("licence_ending", "warning")]),
        ({"skus": listed(sku("p2"), sku("mde_business"))}, {}, [("licence_defender", "warning")]),
        ({"skus": listed(sku("p2"), sku("mde_p1"))}, {}, [("licence_defender", "warning")]),
        ({"skus": listed(sku("p2"))}, {}, [("licence_defender", "warning")]),
        ({"skus": listed(sku("p2"))}, {"features": ("entitlement", "groups")}, []),
        ({"skus": listed(sku("p1")), "settings": NO_LICENCE}, {"features": ("defender",)}, [("licence_defender", "warning")]),
        # Who only looks is told, and not stopped.
        (
            {"skus": listed(sku("p1"), sku("mde_p2")), "settings": NO_LICENCE},
            {"features": ("audit",)},
            [("licence_p1", "warning")],
        ),
    ],
)
def test_licences(changes, intended, expected):
    if "features" in intended and "audit" in intended["features"]:
        found = [x for x in told(changes, **intended) if x[0] != "permission_missing"]
        assert [x for x in found if x[0] != "not_readable"] == expected
    else:
        assert told(changes, **intended) == expected


@pytest.mark.parametrize(
    ("bought", "expected"),
    [("governance", "warning"), ("p2", "stop"), (None, "warning")],
)
def test_features_beyond_p2(bought, expected):
    """Decisions M9."""
    skus = refusal(403) if bought is None else listed(sku(bought, "mde_p2"))
    (found,) = [x for x in findings({"skus": skus}, governance=("sponsors", "on_behalf")) if x.id == "governance_feature"]
    assert found.severity == expected
    assert "sponsors as approvers, requests on behalf of others" in found.says


@pytest.mark.parametrize("who", ["adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"])
def test_somebody_may_invite(who):
    assert told({"authorization": {"allowInvitesFrom": who}}) == []


def test_nobody_may_invite():
    assert told({"authorization": {"allowInvitesFrom": "none"}}) == [("invitations_off", "stop")]


@pytest.mark.parametrize(
    ("lists", "domains", "expected"),
    [
        ({"AllowedDomains": ["fabrikam.example"]}, ["fabrikam.example"], []),
        ({"AllowedDomains": ["FABRIKAM.example"]}, ["Fabrikam.Example"], []),
        ({"AllowedDomains": []}, ["fabrikam.example"], "stop"),
        ({"AllowedDomains": ["other.example"]}, ["fabrikam.example"], "stop"),
        ({"AllowedDomains": ["fabrikam.example"]}, ["fabrikam.example", "fabrikam.onmicrosoft.com"], "warning"),
        ({"BlockedDomains": ["other.example"]}, ["fabrikam.example"], []),
        ({"BlockedDomains": ["fabrikam.example"]}, ["fabrikam.example"], "stop"),
        ({"BlockedDomains": ["fabrikam.example"]}, ["fabrikam.example", "second.example"], "warning"),
        ({}, ["fabrikam.example"], []),
    ],
)
def test_domains(lists, domains, expected):
    found = told({"domains": listed(domain_policy(**lists))}, partner_domains=tuple(domains))
    assert found == ([("domain_not_allowed", expected)] if expected else [])


@pytest.mark.parametrize("text", ["not json", "[]", '"text"', '{"B2BManagementPolicy": 3}', '{"B2BManagementPolicy": [1]}'])
def test_a_list_of_domains_of_another_form_is_not_checked(text):
    assert told({"domains": listed({"definition": [text]})}) == [("not_readable", "not_checked")]


@pytest.mark.parametrize("cloud", ["usgov", "usgov_dod", "china"])
def test_lists_of_domains_where_graph_has_none(cloud):
    """They are not asked for, and no permission is named that would not help."""
    found = [x for x in findings(cloud=find_cloud(cloud)) if x.id == "not_readable"]
    assert [x.remedy for x in found] == ["Look at it in the Entra admin center."]
    assert f"no such page in the cloud {cloud}: from which domains" in found[0].says
    assert "domains" not in [x.name for x in questions(wanted(cloud=find_cloud(cloud)))]


def test_the_lists_of_domains_of_several_policies():
    policies = [domain_policy(AllowedDomains=["a"]), domain_policy(AllowedDomains=["B"], BlockedDomains=["c"])]
    assert guests.domain_lists(policies) == (["a", "b"], ["c"])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (setting(), ""),
        (None, ""),
        (setting("blocked"), "all"),
        ({"usersAndGroups": setting("blocked")["usersAndGroups"]}, "all"),
        ({"applications": setting("blocked")["applications"]}, "all"),
        (setting("blocked", users=MSSP, applications=MSSP), "some"),
        (setting(users=MSSP), "some"),
        (setting(applications="Office365"), "some"),
        ({"usersAndGroups": {"accessType": "blocked", "targets": []}}, "all"),
        ({"usersAndGroups": None, "applications": None}, ""),
    ],
)
def test_how_far_a_setting_shuts(said, expected):
    assert access.shut(said) == expected


OPEN = {"b2bCollaborationInbound": setting(), "inboundTrust": {"isMfaAccepted": True}}
SHUT = {"b2bCollaborationInbound": setting("blocked"), "inboundTrust": {"isMfaAccepted": False}}


@pytest.mark.parametrize(
    ("default", "partner", "sets", "expected"),
    [
        (OPEN, None, [], []),
        (SHUT, None, [], [("inbound_blocked", "stop"), ("mfa_not_trusted", "warning")]),
        (SHUT, OPEN, [], []),
        (OPEN, SHUT, [], [("inbound_blocked", "stop"), ("mfa_not_trusted", "warning")]),
        # What an entry leaves null follows the default.
        (OPEN, {"b2bCollaborationInbound": None, "inboundTrust": None}, [], []),
        (SHUT, {"b2bCollaborationInbound": setting(), "inboundTrust": None}, [], [("mfa_not_trusted", "warning")]),
        (OPEN, {"inboundTrust": {"isMfaAccepted": None}}, [], [("mfa_not_trusted", "warning")]),
        # This very run sets it.
        (SHUT, None, ["inbound"], [("mfa_not_trusted", "warning")]),
        (SHUT, None, ["inbound", "trust_mfa"], []),
        ({**OPEN, "b2bCollaborationInbound": setting(users=MSSP)}, None, [], [("inbound_blocked", "warning")]),
    ],
)
def test_cross_tenant_access(default, partner, sets, expected):
    changes = {"cross_default": default, **({"cross_partner": partner} if partner else {})}
    assert told(changes, sets=frozenset(sets)) == expected


def test_half_of_cross_tenant_access_is_not_judged():
    assert told({**{"cross_default": SHUT}, "cross_partner": refusal(500, "busy")}) == [("not_readable", "not_checked")]


@pytest.mark.parametrize(
    ("outbound", "expected"),
    [
        (setting(), []),
        (setting("blocked"), [("outbound_blocked", "warning")]),
        (setting(users=MSSP), [("outbound_blocked", "warning")]),
    ],
)
def test_the_mssps_own_tenant(outbound, expected):
    """It is judged by what it lets out, and by nothing else."""
    changes = {"cross_default": {"b2bCollaborationOutbound": outbound}, "authorization": {"allowInvitesFrom": "none"}}
    assert told(changes, tenant_id=MSSP, features=()) == expected
