# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import all_known, unique_name
from ansible_collections.mssp.defender.plugins.modules.tenant_info import SPEC
from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_preflight
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_plan import plan
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, A, B

ROLE = pathlib.Path(__file__).resolve().parents[4] / "roles" / "mssp_onboard"


def planned(**changed):
    found = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    values = {name.removeprefix("mssp_onboard_"): value for name, value in found.items()}
    for tier in values["tiers"]:
        tier["permissions"] = values["tier1_permissions"]
    return plan({**values, "tenant_id": "contoso.onmicrosoft.com", "mssp_tenant_id": TENANT, **changed})


def asked(**changed):
    return planned(**changed)["preflight"]


def test_the_look_by_default():
    found = asked()
    assert set(found) <= set(SPEC.options)
    assert found["gates"] is found["fail_on_findings"] is found["fail_on_missing"] is found["exclusive"] is True
    assert found["known_by"] == ["tier1", "tier2", "approvers"]
    assert found["partner_tenant_id"] == TENANT
    assert len(found["permissions_wanted"]) == 8
    assert (found["group_ids"], found["governance_features"], found["will_set"], found["accept"]) == ([], [], [], [])
    assert not {"look_up", "org_state"} & set(found)


@pytest.mark.parametrize(
    ("changed", "option", "value"),
    [
        ({"preflight": False}, "gates", False),
        ({"skip_defender": True}, "permissions_wanted", []),
        ({"connected_org_state": "proposed"}, "org_state", "proposed"),
        ({"mssp_tenant_id": "", "mssp_domain": "fabrikam.com"}, "look_up", "fabrikam.com"),
        ({"accept": ["invitations_off"]}, "accept", ["invitations_off"]),
        ({"accept_open_policies": True}, "accept", ["opens_policies"]),
        ({"accept": ["opens_policies"], "accept_open_policies": True}, "accept", ["opens_policies"]),
        ({"approvers_group_id": A}, "group_ids", [A]),
        ({"approvers_group_id": A}, "known_by", ["tier1", "tier2", A]),
        ({"cross_tenant_inbound": "allow"}, "will_set", ["inbound"]),
        ({"cross_tenant_inbound": "default"}, "will_set", []),
        ({"trust_mfa": True, "cross_tenant_inbound": "allow"}, "will_set", ["inbound", "trust_mfa"]),
        ({"trust_mfa": "no"}, "will_set", []),
        ({"approval_stages": [{"approvers": [{"sponsors": "external"}]}]}, "governance_features", ["sponsors"]),
        ({"approval_stages": [{"approvers": [{"user": "a@b"}]}]}, "governance_features", []),
    ],
)
def test_what_is_asked(changed, option, value):
    assert asked(**changed)[option] == value


def test_accepting_by_either_variable_is_the_same():
    assert planned()["organization"]["accept_open_policies"] is False
    assert planned(accept=["opens_policies"])["organization"]["accept_open_policies"] is True
    assert planned(accept_open_policies="yes")["organization"]["accept_open_policies"] is True


@pytest.mark.parametrize(
    ("changed", "steps", "let_in"),
    [
        ({}, "present", {}),
        ({"cross_tenant_inbound": "", "trust_mfa": None}, "present", {}),
        ({"initial_approvers": ["a@b"]}, "present_with_approvers", {}),
        ({"trust_mfa": False}, "present_let_in", {"trust_mfa": False}),
        ({"trust_mfa": "true", "initial_approvers": ["a@b"]}, "present_let_in", {"trust_mfa": True}),
        ({"cross_tenant_inbound": "default"}, "present_let_in", {"inbound": "default"}),
        ({"cross_tenant_inbound": "allow", "state": "absent"}, "absent", {"inbound": "allow"}),
    ],
)
def test_setting_the_entry_is_never_a_default(changed, steps, let_in):
    made = planned(**changed)
    assert (made["steps"], made["let_in"]) == (steps, let_in)
    assert ("cross_tenant" in made["features"]) is bool(let_in)


# ---- who is known ------------------------------------------------------------------------------------------------------

OURS = {"id": A, "uniqueName": unique_name(TENANT, "tier1")}
NAMED = {"id": B, "uniqueName": None}


@pytest.mark.parametrize(
    ("groups", "mssp", "known_by", "expected"),
    [
        ([OURS], TENANT, ["tier1"], True),
        ([OURS], TENANT.upper(), ["Tier1"], True),
        ([OURS, NAMED], TENANT, ["tier1", B.upper()], True),
        ([OURS], TENANT, ["tier1", B], False),
        ([OURS], TENANT, ["tier1", "tier2"], False),
        ([OURS], None, ["tier1"], False),
        ([], TENANT, ["tier1"], False),
        # Who names no group has nothing that could be known.
        ([OURS], TENANT, [], False),
    ],
)
def test_who_has_been_let_through(groups, mssp, known_by, expected):
    assert all_known(groups, mssp, known_by) is expected


# ---- what is told ------------------------------------------------------------------------------------------------------


def finding(name, severity):
    return {"id": name, "severity": severity, "is": f"It is {name}.", "remedy": "Do it.", "link": None, "accepted": False}


def looked(*findings, **more):
    return {
        "tenant": {"id": A, "domain": "contoso.com"},
        "licence": {"entra": "p2", "defender_endpoint": "business", "products": []},
        "urbac": {"answers": True, "active": "unknown"},
        "findings": list(findings),
        **more,
    }


FOUND = looked(finding("a", "stop"), finding("b", "warning"), finding("c", "info"), finding("d", "not_checked"))
PLAN = {"look_up": "fabrikam.com", "tenant": "contoso.com"}


def test_the_report():
    assert onboard_preflight.lines(FOUND, PLAN, TENANT) == [
        "Licences of contoso.com: Microsoft Entra ID P2, Defender for Business.",
        "Stop: It is a. Do it. [a]",
        "Warning: It is b. Do it. [b]",
        "For information: It is c. Do it. [c]",
        "Not checked: It is d. Do it. [d]",
        "Unified RBAC answers; whether it is active no API tells.",
        "Found: 1 stop, 1 warning, 1 for information, 1 not checked. Nothing was written.",
    ]


@pytest.mark.parametrize(
    ("mssp", "line"),
    [
        ("", "Stop: Microsoft knows no tenant of the domain fabrikam.com. Correct mssp_onboard_mssp_domain."),
        (A, "Stop: mssp_onboard_tenant_id (contoso.com) is the tenant of the MSSP. Name the tenant of the customer."),
    ],
)
def test_parties_that_are_mixed_up(mssp, line):
    assert onboard_preflight.lines(looked(), PLAN, mssp)[1] == line
    assert onboard_preflight.shut(looked(), mssp) is True


def test_what_an_onboarding_would_stop_at():
    assert onboard_preflight.shut(FOUND, TENANT) is True
    assert onboard_preflight.shut(looked(finding("b", "warning"), finding("d", "not_checked")), TENANT) is False


def test_only_what_matters_is_repeated_at_the_end():
    assert onboard_preflight.warnings(FOUND) == ["Stop: It is a. Do it. [a]", "Warning: It is b. Do it. [b]"]
    assert onboard_preflight.warnings(looked(findings=None)) == []
    assert onboard_preflight.warnings({}) == []


@pytest.mark.parametrize("answers", [True, False, None])
def test_unified_rbac_is_never_called_active(answers):
    said = onboard_preflight.lines(looked(urbac={"answers": answers, "active": "unknown"}), PLAN, TENANT)
    assert any("whether it is active no API tells" in line for line in said)
