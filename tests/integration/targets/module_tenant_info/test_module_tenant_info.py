# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tenant_info, by real playbook runs."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from harness import world
from harness.permissions import ONBOARD
from harness.playbook import inventory, run_playbook
from harness.story import Play
from harness.tenants import Tenant

EVERYBODY = [{"target": "AllUsers", "targetType": "user"}]
EVERYTHING = [{"target": "AllApplications", "targetType": "application"}]
OUT = {
    "usersAndGroups": {"accessType": "blocked", "targets": EVERYBODY},
    "applications": {"accessType": "blocked", "targets": EVERYTHING},
}


def test_who_and_where(play: Play, tenant: Tenant) -> None:
    told = play.task("tenant_info", features=["onboard"], fail_on_missing=True)
    in_check_mode = play.check("tenant_info", features=["onboard"])
    play.run()

    for step in (told, in_check_mode):
        assert (step.changed, step.writes) == (False, [])
        assert step.result["tenant"]["id"] == tenant.tenant_id
        assert step.result["tenant"]["display_name"] == tenant.data["display_name"]
        assert tenant.domain in step.result["tenant"]["verified_domains"]
        assert step.result["application"]["client_id"] == tenant.client_id
        assert set(step.result["application"]["permissions"]) >= set(ONBOARD)
        assert step.result["missing_permissions"] == []
        assert step.result["links"]["portal"] == f"https://security.microsoft.com/?tid={tenant.tenant_id}"
        domain = step.result["tenant"]["domain"]
        assert step.result["links"]["approvals"] == f"https://myaccess.microsoft.com/@{domain}#/"


def test_by_domain_the_same(play: Play, tenant: Tenant) -> None:
    told = play.task("tenant_info", tenant_id=tenant.domain)
    play.run()

    assert told.result["tenant"]["id"] == tenant.tenant_id


@pytest.mark.parametrize(
    ("feature", "missing"),
    [
        ("onboard", {"EntitlementManagement.ReadWrite.All", "Group.ReadWrite.All", "RoleManagement.ReadWrite.Defender"}),
        ("groups", {"Group.ReadWrite.All"}),
        ("defender", {"RoleManagement.ReadWrite.Defender"}),
        ("entitlement", {"EntitlementManagement.ReadWrite.All", "Group.ReadWrite.All"}),
    ],
)
def test_what_a_reader_lacks(play: Play, tenant: Tenant, feature: str, missing: set[str]) -> None:
    told = play.task("tenant_info", features=[feature])
    refused = play.refused("tenant_info", features=[feature], fail_on_missing=True)
    nothing = play.task("tenant_info", fail_on_missing=True)
    play.run(client="reader")

    reader = tenant.client("reader")["client_id"]
    assert set(told.result["missing_permissions"]) == missing
    assert told.result["consent_url"] == f"{tenant.login_url}/{tenant.tenant_id}/adminconsent?client_id={reader}"
    assert set(told.result["application"]["permissions"]) == set(world.READ_ONLY)
    assert refused.code == "MissingPermission"
    for words in (*missing, reader, tenant.tenant_id, told.result["consent_url"]):
        assert words in refused.msg
    assert nothing.result["missing_permissions"] == []


def test_an_application_that_may_do_nothing(play: Play, tenant: Tenant) -> None:
    told = play.task("tenant_info", features=["onboard"])
    play.run(client="nobody")

    assert set(told.result["missing_permissions"]) == set(ONBOARD)
    assert told.result["application"]["permissions"] == []
    assert told.result["tenant"]["id"] == tenant.tenant_id


def test_two_customers_of_one_tenant_are_a_typing_error(tenant: Tenant, tmp_path: Path) -> None:
    stated = "{{ tenant | default('" + tenant.tenant_id + "') }}"
    play = {
        "name": "Preflight",
        "hosts": "all",
        "gather_facts": False,
        "serial": 1,
        "ignore_errors": True,
        "module_defaults": {"group/mssp.defender.graph": tenant.options()},
        "tasks": [
            {
                "name": "preflight",
                "mssp.defender.tenant_info": {
                    "exclusive": True,
                    "tenant_id": stated,
                },
            }
        ],
    }
    hosts = inventory("contoso", "fabrikam", "tailspin")
    hosts["all"]["hosts"]["tailspin"]["tenant"] = tenant.domain
    result = run_playbook([play], tmp_path, hosts=hosts)

    assert result.task("preflight", "contoso").status == "ok", str(result)
    for host in ("fabrikam", "tailspin"):
        task = result.task("preflight", host)
        assert task.failed
        assert f"the customers 'contoso' and '{host}' name the same tenant" in task.result["msg"]


def test_two_customers_without_a_tenant(tenant: Tenant, tmp_path: Path) -> None:
    """Both are told that, and not that both name the same one."""
    options = {name: value for name, value in tenant.options().items() if name != "tenant_id"}
    play = {
        "name": "Preflight",
        "hosts": "all",
        "gather_facts": False,
        "serial": 1,
        "ignore_errors": True,
        "module_defaults": {"group/mssp.defender.graph": options},
        "tasks": [{"name": "preflight", "mssp.defender.tenant_info": {"exclusive": True}}],
    }
    result = run_playbook([play], tmp_path, hosts=inventory("contoso", "fabrikam"))

    for host in ("contoso", "fabrikam"):
        assert "tenant_id is missing" in result.task("preflight", host).result["msg"]


def test_a_cloud_that_does_not_exist(play: Play) -> None:
    refused = play.refused("tenant_info", cloud="moon")
    play.run()

    assert (refused.code, refused.requests) == ("InvalidInput", [])
    assert "moon" in refused.msg
    assert "usgov" in refused.msg


def test_the_gates_of_a_tenant(play: Play, tenant: Tenant) -> None:
    """Read only, in check mode as well; what is found stops who builds, and nobody else; what is accepted stops nobody."""
    play.quirks(allow_invites_from="none", lifecycle_action="none", inbound_mfa_trusted=True)
    wanted = {"gates": True, "partner_tenant_id": world.MSSP_TENANT}
    looked = play.task("tenant_info", **wanted)
    in_check_mode = play.check("tenant_info", **wanted, features=["onboard"])
    refused = play.refused("tenant_info", **wanted, features=["onboard"], fail_on_findings=True)
    accepted = play.task("tenant_info", **wanted, features=["onboard"], fail_on_findings=True, accept=["invitations_off"])
    not_looked = play.task("tenant_info", partner_tenant_id=world.MSSP_TENANT)
    play.patch("policies/crossTenantAccessPolicy/default", {"b2bCollaborationOutbound": OUT})
    own = play.task("tenant_info", gates=True, partner_tenant_id=tenant.tenant_id)
    play.run()

    def found(step: t.Any) -> list[tuple[str, str]]:
        told = [x for x in step.result["findings"] if x["id"] not in ("guest_billing", "mssp_outbound")]
        return [(x["id"], x["severity"]) for x in told]

    assert found(looked) == found(accepted) == [("invitations_off", "warning")]
    assert found(in_check_mode) == [("invitations_off", "stop")]
    assert refused.code == "PreflightFindings"
    assert "[invitations_off]" in refused.msg
    assert looked.result["licence"]["entra"] == "governance"
    assert looked.result["urbac"] == {"answers": True, "active": "unknown"}
    assert looked.result["missing_by_mode"] == {"onboard": [], "audit": []}
    assert [not_looked.result[name] for name in ("findings", "licence", "urbac")] == [None, None, None]
    # Of the MSSP's own tenant what it lets out, and nothing else.
    assert [(x["id"], x["severity"]) for x in own.result["findings"]] == [("outbound_blocked", "warning")]
    for step in (looked, in_check_mode, refused, accepted, not_looked, own):
        assert step.writes == []


def test_a_reader_is_told_once_what_it_may_not_read(play: Play) -> None:
    """The reader has no permission for policies, and asks for none of them."""
    looked = play.task("tenant_info", gates=True, partner_tenant_id=world.MSSP_TENANT, features=["audit_drift"])
    play.run(client="reader")

    unread = [x["remedy"] for x in looked.result["findings"] if x["id"] == "not_readable"]
    assert len(unread) == 2
    assert "grant Policy.Read.All too" in unread[0]
    assert not [x["path"] for x in looked.requests if "/policies/" in x["path"] or "conditionalAccess" in x["path"]]
    assert not [x["path"] for x in looked.requests if x["status"] == 403]
