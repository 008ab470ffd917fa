# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers as hosts: what Graph says of them and nothing else, on the Ansible under test and on the oldest one."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import typing as t
from pathlib import Path

import pytest
from harness.playbook import environment, programs, run_playbook
from partner_world import LIVE, MSSP, NAMES, Listed, Partner

Json = t.Any
READER, OPERATOR, GLOBAL = (
    "5d6b6bb7-de71-4623-b4af-96380a352509",
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
)


@pytest.fixture(scope="module")
def listed(partner: Partner) -> Listed:
    """All at once, as an export."""
    source = partner.source(
        compose={"shouted": "mssp_customer_display_name ~ '!'"},
        groups={"runs_out": "mssp_customer_ends is not none and not mssp_customer_auto_extend", "never": "nothing.there"},
        keyed_groups=[
            {"key": "mssp_customer_role_names", "prefix": "role"},
            {"key": "mssp_customer_display_name", "prefix": "called"},
        ],
    )
    found = partner.list(source, arguments=["--list", "--export"])
    assert found.rc == 0, found
    return found


def text(value: Json) -> Json:
    """Free text as an export writes it, so that AWX does not template it either."""
    return {"__ansible_unsafe": value}


def test_the_hosts_are_those_whom_graph_lists(partner: Partner, listed: Listed) -> None:
    customers = partner.customers()
    assert set(NAMES) | {"contoso.example", "adatum.example", "leaving.example"} == set(customers)
    assert listed.members("customers") == sorted(customers) == sorted(listed.hosts)


def test_their_variables_are_what_graph_says(partner: Partner, listed: Listed) -> None:
    held = partner.relationships()
    for domain, customer in partner.customers().items():
        found = listed.hosts[domain]
        (best, *_rest) = found["mssp_customer_relationships"]
        assert found["mssp_onboard_tenant_id"] == found["mssp_customer_tenant_id"] == customer["tenantId"]
        assert found["mssp_customer_display_name"] == text(customer["displayName"])
        assert (found["mssp_customer_domain"], found["mssp_customer_cloud"]) == (domain, "public")
        assert (found["mssp_customer_status"], found["mssp_customer_ends"]) == (best["status"], best["ends"])
        assert found["ansible_connection"] == "local"
        told = {
            (one["id"], one["display_name"]["__ansible_unsafe"], one["status"], one["ends"], one["auto_extend"])
            for one in found["mssp_customer_relationships"]
        }
        so = {
            (one["id"], one["displayName"], one["status"], one["endDateTime"], one["autoExtendDuration"] != "PT0S")
            for one in held[domain]
        }
        assert told == so


def test_the_best_of_several_relationships_decides(listed: Listed) -> None:
    found = listed.hosts["contoso.example"]
    names = [one["display_name"]["__ansible_unsafe"] for one in found["mssp_customer_relationships"]]
    assert (names, found["mssp_customer_status"]) == (["Now", "Soon over", "Before"], "active")
    assert {role["id"]: role["name"] for role in found["mssp_customer_roles"]} == {
        READER: "Security Reader",
        OPERATOR: "Security Operator",
        GLOBAL: "Global Reader",
    }
    assert found["mssp_customer_role_names"] == ["Global Reader", "Security Operator", "Security Reader"]


def test_groups_by_status_and_by_expressions(listed: Listed) -> None:
    assert listed.members("mssp_status_expiring") == ["adatum.example"]
    assert listed.members("mssp_status_terminationRequested") == ["leaving.example"]
    assert listed.members("mssp_status_active") == sorted([*NAMES, "contoso.example"])
    assert "mssp_status_expired" not in listed.inventory
    assert listed.members("role_Global_Reader") == ["contoso.example"]
    assert listed.members("runs_out") == sorted(set(listed.hosts) - {"adatum.example"})
    assert "never" not in listed.inventory


def test_no_name_was_run_or_changed(partner: Partner, listed: Listed) -> None:
    for domain, name in NAMES.items():
        told = name.format(ran=partner.ran)
        assert listed.hosts[domain]["mssp_customer_display_name"] == text(told)
        assert listed.hosts[domain]["shouted"] == text(f"{told}!")
    called = [group for group in listed.inventory if group.startswith("called_")]
    assert len(called) == len(listed.hosts)
    assert all(group.replace("_", "").isalnum() for group in called), called
    assert not partner.ran.exists()


def test_only_reads_and_few(partner: Partner, listed: Listed) -> None:
    """Two lists, and one batch for domains, whose parts the log has."""
    lists = ["GET tenantRelationships/delegatedAdminCustomers", "GET tenantRelationships/delegatedAdminRelationships"]
    assert listed.requests[:2] == lists
    domains = listed.requests[2:]
    assert len(domains) == len(partner.customers())
    assert all(request.startswith("GET tenantRelationships/findTenantInformationByTenantId") for request in domains)


@pytest.mark.usefixtures("newest")
def test_a_graph_of_it(partner: Partner) -> None:
    """`--graph`, with filters: who has ended or may extend as well, named by tenant id."""
    found = partner.list(
        partner.source(
            hostnames=["tenant_id"],
            filters={
                "include": {"statuses": ["expired", "approvalPending", "expiring"]},
                "exclude": {"domains": ["waiting.*"]},
            },
            customers_group="former",
            group_by_status=False,
        ),
        arguments=["--graph"],
    )
    held = partner.relationships()
    ids = sorted(held[domain][0]["customer"]["tenantId"] for domain in ("adatum.example", "gone.example"))
    lines = [line.replace(" ", "") for line in found.stdout.splitlines()]
    assert lines == ["@all:", "|--@ungrouped:", "|--@former:", *(f"||--{each}" for each in ids)]
    assert found.stderr == ""


def test_a_play_uses_what_customers_are_called(partner: Partner, tmp_path: Path) -> None:
    """As a value, in an expression, and as what is looped over: nothing is run, nothing is changed."""
    tasks = [
        {"name": "say", "debug": {"msg": "{{ mssp_customer_display_name }}"}},
        {"name": "keep", "set_fact": {"kept": "{{ mssp_customer_relationships | map(attribute='display_name') | list }}"}},
        {"name": "again", "debug": {"msg": "{{ kept }}{{ mssp_customer_display_name | upper }}"}},
    ]
    play = [{"hosts": "customers", "gather_facts": False, "tasks": tasks}]
    ran = run_playbook(play, tmp_path, hosts=partner.source())
    assert ran.rc == 0, ran
    for domain, name in NAMES.items():
        assert ran.task("say", domain).result["msg"] == name.format(ran=partner.ran)
    assert not partner.ran.exists()


@pytest.fixture(scope="module")
def merged(partner: Partner) -> Listed:
    """A directory of the plugin's file, variables and hosts by hand."""
    directory = partner.directory / "inventory"
    (directory / "host_vars").mkdir(parents=True)
    (directory / "group_vars").mkdir()
    partner.source(directory=directory, customers_group="customers").rename(directory / "customers.yml")
    (directory / "host_vars" / "contoso.example.yml").write_text(
        "mssp_onboard_name_prefix: 'CON '\nmssp_customer_cloud: elsewhere\n", encoding="utf-8"
    )
    (directory / "group_vars" / "mssp_status_expiring.yml").write_text("renew: true\n", encoding="utf-8")
    (directory / "static.yml").write_text(
        "emea: {hosts: {adatum.example: {region: berlin}, by-hand: {mssp_onboard_tenant_id: other.example}}}\n",
        encoding="utf-8",
    )
    return partner.list(directory)


class TestStaticInventory:
    """Beside the plugin's file lie a static inventory and host_vars: Ansible puts them together by the host's name."""

    def test_host_vars_join_and_win(self, merged: Listed) -> None:
        found = merged.hosts["contoso.example"]
        assert (found["mssp_onboard_name_prefix"], found["mssp_customer_cloud"]) == ("CON ", "elsewhere")
        assert found["mssp_customer_status"] == "active"

    def test_a_static_host_and_a_customer_are_one(self, merged: Listed) -> None:
        found = merged.hosts["adatum.example"]
        assert (found["region"], found["mssp_customer_auto_extend"], found["renew"]) == ("berlin", True, True)
        assert merged.members("emea") == ["adatum.example", "by-hand"]
        assert "by-hand" not in merged.members("customers")


@pytest.fixture(scope="module")
def source(partner: Partner) -> Path:
    """A file with a cache."""
    return partner.source(cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection=str(partner.directory / "cache"))


@pytest.fixture(scope="module")
def filled(partner: Partner, source: Path) -> Listed:
    """The run that fills it."""
    found = partner.list(source)
    assert len(found.requests) > 2
    return found


class TestCache:
    """The second run asks nobody."""

    def test_no_secret_is_kept(self, partner: Partner, filled: Listed) -> None:
        del filled
        kept = partner.kept().read_text(encoding="utf-8")
        assert "contoso.example" in kept
        assert partner.tenant.client("inventory")["client_secret"] not in kept
        assert "eyJ" not in kept

    @pytest.mark.usefixtures("newest")
    def test_filters_and_names_are_of_the_run_and_not_of_the_cache(self, partner: Partner, source: Path, filled: Listed) -> None:
        """And the answer is taken for another run's as long as the same application asks the same tenant."""
        stated = source.read_text(encoding="utf-8")
        mine, other = (partner.tenant.client(name) for name in ("inventory", "no_domains"))
        try:
            source.write_text(
                f"{stated}hostnames: [tenant_id]\nfilters: {{exclude: {{domains: ['*.example']}}}}\n", encoding="utf-8"
            )
            nobody = partner.list(source)
            told = stated.replace(mine["client_id"], other["client_id"]).replace(mine["client_secret"], other["client_secret"])
            source.write_text(told, encoding="utf-8")
            others = partner.list(source)
        finally:
            source.write_text(stated, encoding="utf-8")
        assert (nobody.members("customers"), nobody.requests) == ([], [])
        assert nobody.says("None of the 11 customers passes filters")
        assert others.requests[:1] == ["GET tenantRelationships/delegatedAdminCustomers"]
        assert sorted(others.hosts) == sorted(host["mssp_customer_tenant_id"] for host in filled.hosts.values())

    def test_a_hit_sends_nothing_and_what_it_says_is_data_too(self, partner: Partner, source: Path, filled: Listed) -> None:
        evil = "{{ lookup('pipe', 'touch " + str(partner.ran) + "') }}"

        def rename(held: Json) -> None:
            for entry in [*held["customers"], *(one["customer"] for one in held["relationships"] if one["customer"])]:
                entry["displayName"] = evil

        partner.tamper(rename)
        again = partner.list(source)
        assert partner.sandbox.log.all() == []
        assert {name: host["mssp_customer_tenant_id"] for name, host in again.hosts.items()} == {
            name: host["mssp_customer_tenant_id"] for name, host in filled.hosts.items()
        }
        assert {json.dumps(host["mssp_customer_display_name"]) for host in again.hosts.values()} <= {
            json.dumps(evil),
            json.dumps(text(evil)),
        }
        assert not partner.ran.exists()

    @pytest.mark.usefixtures("newest")
    def test_what_is_not_as_it_must_be_is_asked_for_again(self, partner: Partner, source: Path, filled: Listed) -> None:
        def spoil(held: Json) -> None:
            held["customers"][0]["tenantId"] = "../../etc/passwd"

        partner.tamper(spoil)
        again = partner.list(source)
        assert len(again.requests) > 2
        assert again.inventory == filled.inventory


def test_credentials_come_from_the_environment_a_vault_or_a_lookup(partner: Partner) -> None:
    """Each in a source of its own, of one run."""
    secret = partner.tenant.client("inventory")["client_secret"]
    password = partner.directory / "password"
    password.write_text("correct-horse-battery-staple", encoding="utf-8")
    (partner.directory / "secret").write_text(secret, encoding="utf-8")
    env = {
        "ANSIBLE_VAULT_PASSWORD_FILE": str(password),
        "AZURE_TENANT": "nobody.example",
        "AZURE_TENANT_ID": MSSP,
        "AZURE_CLIENT_ID": partner.tenant.client("inventory")["client_id"],
        "AZURE_SECRET": secret,
        "MSSP_CA_PATH": partner.tenant.ca_path,
        # As AWX sets what a credential leaves open.
        "AZURE_CLIENT_CERTIFICATE_PATH": "",
        "AZURE_FEDERATED_TOKEN_FILE": "",
    }
    vaulted = subprocess.run(
        [str(programs() / "ansible-vault"), "encrypt_string", "--stdin-name=client_secret"],
        input=secret,
        capture_output=True,
        encoding="utf-8",
        env={**environment(partner.directory / "home"), **env},
        timeout=60,
        check=True,
    ).stdout
    by_environment = partner.source(
        tenant_id=None, client_id=None, client_secret=None, ca_path=None, customers_group="by_environment"
    )
    by_vault = partner.source(client_secret=None, customers_group="by_vault")
    by_vault.write_text(f"{by_vault.read_text(encoding='utf-8')}{vaulted}\n", encoding="utf-8")
    lookup = "{{ lookup('ansible.builtin.file', '" + str(partner.directory / "secret") + "') }}"
    by_lookup = partner.source(client_secret=lookup, customers_group="by_lookup")

    found = partner.list(by_environment, by_vault, by_lookup, env=env, arguments=["--list", "-vvvv"])

    customers = sorted(partner.customers())
    listed = dataclasses.replace(found, stdout=found.stdout[found.stdout.index("{\n") :])
    for group in ("by_environment", "by_vault", "by_lookup"):
        assert listed.members(group) == customers, (group, found)
    assert secret not in found.stdout + found.stderr
    assert "eyJ" not in found.stdout + found.stderr


def test_what_is_live_in_here_is_what_graph_lists(partner: Partner) -> None:
    """So that the tests above mean something: the sandbox has customers of each kind."""
    held = partner.relationships()
    assert {one["status"] for all_of_it in held.values() for one in all_of_it} > LIVE - {"terminating"}
    assert set(held) > set(partner.customers())
