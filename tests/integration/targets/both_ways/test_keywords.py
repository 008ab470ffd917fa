# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keywords of tasks and values of YAML: what Ansible makes of them is the same in the worker and as an ordinary module."""

from __future__ import annotations

import json
import textwrap
import typing as t
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from harness import libraries
from harness.playbook import inventory, local, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant
from harness.ways.comparing import TellAll, outcome, requests
from harness.ways.telling import NEARBY, WORKER, Told

# One application for all tenants, so that its secret can stand in the playbook.
SANDBOX = {
    "applications": [{"name": "onboard", "permissions": ["Group.ReadWrite.All", "User.Read.All", "Organization.Read.All"]}]
}
PASSWORD = "correct horse"

PLAYBOOK = """
- name: Keywords
  hosts: all
  gather_facts: false
  ignore_errors: true
  module_defaults:
    group/mssp.defender.graph:
      tenant_id: "{{{{ options.tenant_id }}}}"
      client_id: "{{{{ options.client_id }}}}"
      graph_url: "{{{{ options.graph_url }}}}"
      login_url: "{{{{ options.login_url }}}}"
      ca_path: "{{{{ options.ca_path }}}}"
  environment:
    AZURE_CLIENT_SECRET: "{{{{ options.client_secret }}}}"
  tasks:
    - name: secret from the environment of the play
      mssp.defender.tenant_info:

    - name: wrong secret in the environment of the task
      mssp.defender.tenant_info:
      environment:
        AZURE_CLIENT_SECRET: Wr0ngS3cretWr0ngS3cret

    - name: secret in a vault
      mssp.defender.aad_group:
        name: Tier 1
        client_secret: !vault |
          {vaulted_secret}
        description: !vault |
          {vaulted_words}
      environment:
        AZURE_CLIENT_SECRET: Wr0ngS3cretWr0ngS3cret

    - name: a moment
      mssp.defender.aad_group: {{name: Moment, description: 2027-01-01 10:00:00}}

    - name: a moment with a zone
      mssp.defender.aad_group: {{name: Zone, description: 2027-01-01 10:00:00+02:00}}

    - name: a day
      mssp.defender.aad_group: {{name: 2027-01-01, description: 3.10}}

    - name: no template
      mssp.defender.aad_group: {{name: Hostile, description: !unsafe "{{{{ 1 // 0 }}}}"}}

    - name: left out
      mssp.defender.aad_group: {{name: Left out, description: "{{{{ omit }}}}", members: "{{{{ omit }}}}"}}

    - name: in one line
      mssp.defender.aad_group: name="One line" description="a=b c" append=yes

    - name: defaults of the module
      mssp.defender.aad_group: {{name: Defaults}}
      module_defaults:
        mssp.defender.aad_group: {{description: From the defaults, wait_timeout: "60"}}

    - name: check mode
      mssp.defender.aad_group: {{name: Never}}
      check_mode: true

    - name: no diff
      mssp.defender.aad_group: {{name: Silent}}
      diff: false

    - name: nothing is logged
      mssp.defender.aad_group: {{name: Tier 1, members: [somebody@nowhere.example]}}
      no_log: true

    - name: until
      mssp.defender.aad_group_info: {{name: Tier 1}}
      register: found
      until: found.attempts > 1
      retries: 3
      delay: 0

    - name: retries of a failure
      mssp.defender.aad_group: {{name: Tier 1, members: [nobody@nowhere.example]}}
      retries: 1
      delay: 0
      register: refused
      until: refused is not failed

    - name: not a failure
      mssp.defender.aad_group: {{name: Tier 1, members: [nobody@nowhere.example]}}
      register: told
      failed_when: told.failure.code != "InvalidInput"
      changed_when: true

    - name: loop
      mssp.defender.aad_group: "{{{{ item }}}}"
      loop:
        - {{name: One}}
        - {{name: Two, owners: ["ada@{{{{ domain }}}}"]}}
      loop_control: {{label: "{{{{ item.name }}}}"}}
      register: made

    - name: what a loop registered
      mssp.defender.aad_group:
        group_id: "{{{{ made.results[1].group.id }}}}"
        description: "{{{{ made.results[0].group.displayName }}}}"

    - name: skipped
      mssp.defender.aad_group: {{name: Never}}
      when: made is failed
"""
TASKS = [line.partition("- name: ")[2] for line in PLAYBOOK.splitlines() if line.startswith("    - name: ")]


def vaulted(words: str) -> str:
    """Words in a vault, as they stand below `!vault |` in the playbook."""
    text = VaultLib([(None, VaultSecret(PASSWORD.encode()))]).encrypt(words.encode()).decode()
    return textwrap.indent(text.strip(), " " * 10).strip()


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> TellAll:
    """The playbook in the worker and over another connection."""
    directory = tmp_path_factory.mktemp("keywords")
    tenants = {way: sandbox.fresh_tenant() for way in (WORKER, NEARBY)}
    secret = tenants[WORKER].options("onboard")["client_secret"]
    playbook, password = directory / "keywords.yml", directory / "password"
    playbook.write_text(
        PLAYBOOK.format(vaulted_secret=vaulted(secret), vaulted_words=vaulted("Words in a vault")), encoding="utf-8"
    )
    password.write_text(PASSWORD, encoding="utf-8")
    connections: dict[str, dict[str, t.Any]] = {WORKER: {}, NEARBY: {"ansible_connection": "nearby"}}
    hosts = {way: local(options=one.options("onboard"), domain=one.domain, **connections[way]) for way, one in tenants.items()}
    sandbox.log.clear()
    result = run_playbook(
        playbook, directory, hosts={"all": {"hosts": hosts}}, diff=True, env={"ANSIBLE_VAULT_PASSWORD_FILE": str(password)}
    )
    return {
        ("keywords", way): Told(
            one,
            {task.task: task for task in result.tasks if task.host == way},
            sandbox.log.all(one.tenant_id),
            result,
        )
        for way, one in tenants.items()
    }


@pytest.mark.parametrize("name", TASKS)
def test_each_task(told: TellAll, name: str) -> None:
    here, there = told["keywords", WORKER], told["keywords", NEARBY]

    assert name in here.tasks, here.run
    assert outcome(here, name) == outcome(there, name)


def test_the_same_groups(told: TellAll) -> None:
    """By plain HTTP: what Ansible made of each value is what the tenants hold."""
    for way in (WORKER, NEARBY):
        groups = {group["displayName"]: group for group in told["keywords", way].tenant.list("groups")}
        assert {name: group["description"] for name, group in groups.items()} == {
            "Tier 1": "Words in a vault",
            "Moment": "2027-01-01T10:00:00",
            "Zone": "2027-01-01T10:00:00+02:00",
            "2027-01-01": "3.1",
            "Hostile": "{{ 1 // 0 }}",
            "Left out": None,
            "One line": "a=b c",
            "Defaults": "From the defaults",
            "Silent": None,
            "One": None,
            "Two": "One",
        }


def test_the_same_requests(told: TellAll) -> None:
    here, there = told["keywords", WORKER], told["keywords", NEARBY]

    assert sorted(requests(here, [x for x in here.graph if x["write"]])) == sorted(
        requests(there, [x for x in there.graph if x["write"]])
    )
    # Each try of `until` asks anew, also in the worker.
    asked = [entry for entry in here.graph if entry["method"] == "GET"]
    assert len(asked) >= len(TASKS)


@pytest.mark.parametrize("way", [WORKER, NEARBY])
def test_what_the_keywords_did(told: TellAll, way: str) -> None:
    tasks = told["keywords", way].tasks

    assert tasks["wrong secret in the environment of the task"].result["failure"]["code"] == "AADSTS7000215"
    assert tasks["secret in a vault"].result["changed"]
    assert tasks["check mode"].result["check_mode"] is True
    assert "diff" not in tasks["no diff"].result
    assert tasks["until"].result["attempts"] == 2
    assert tasks["retries of a failure"].failed
    assert (tasks["not a failure"].status, tasks["not a failure"].result["changed"]) == ("ok", True)
    assert tasks["skipped"].status == "skipped"
    hidden = json.dumps(tasks["nothing is logged"].result)
    assert tasks["nothing is logged"].failed
    assert "censored" in hidden
    assert "nowhere.example" not in hidden


def test_no_secret_is_shown(told: TellAll) -> None:
    one = told["keywords", WORKER]
    everything = one.run.stdout + one.run.stderr + json.dumps([task.result for task in one.run.tasks])

    assert one.tenant.options("onboard")["client_secret"] not in everything
    assert PASSWORD not in everything


def play_of(tenant: Tenant, tasks: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """A play of these tasks."""
    play = {"name": "Keywords", "hosts": "all", "gather_facts": False}
    return [{**play, "module_defaults": {"group/mssp.defender.graph": tenant.options()}, "tasks": tasks}]


def test_check_mode_and_diff_from_the_command_line(tenant: Tenant, tmp_path: Path) -> None:
    play = play_of(tenant, [{"name": "made", "mssp.defender.aad_group": {"name": "Tier 1"}}])
    hosts = {"all": {"hosts": {"here": local(), "there": local(ansible_connection="nearby")}}}
    result = run_playbook(play, tmp_path, hosts=hosts, check=True, diff=True)

    assert result.rc == 0, str(result)
    for host in ("here", "there"):
        task = result.task("made", host)
        assert task.result["check_mode"] is True
        assert task.result["diff"]["after"]["displayName"] == "Tier 1"
    assert result.stdout.count('+    "displayName": "Tier 1"') == 2
    assert tenant.list("groups") == []


def test_delegation_decides_by_the_connection_that_is_used(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    """A host that is reached otherwise, and a task that is delegated to the controller."""
    group = {"name": "Tier 1"}
    tasks = [{"name": f"task {number}", "mssp.defender.aad_group": group, "delegate_to": "localhost"} for number in range(3)]
    sandbox.log.clear()
    result = run_playbook(play_of(tenant, tasks), tmp_path, hosts=inventory("customer", ansible_connection="nearby"))

    assert result.rc == 0, str(result)
    assert len(sandbox.log.tokens()) == 1


def test_where_the_controller_lacks_libraries_the_host_s_interpreter_is_taken(tenant: Tenant, tmp_path: Path) -> None:
    """The host names a Python that has requests and msal; that of a host which names none cannot help."""
    python = tmp_path / "python"
    controllers = run_playbook(
        [{"hosts": "all", "gather_facts": False, "tasks": [{"name": "which", "debug": {"var": "ansible_playbook_python"}}]}],
        tmp_path / "which",
    )
    path = controllers.task("which").result["ansible_playbook_python"]
    python.write_text(f'#!/bin/sh\nunset PYTHONPATH\nexec "{path}" "$@"\n', encoding="utf-8")
    python.chmod(0o700)
    hosts = {
        "named": {"ansible_connection": "local", "ansible_python_interpreter": str(python)},
        "unnamed": {"ansible_connection": "local"},
    }
    play = play_of(tenant, [{"name": "made", "mssp.defender.aad_group": {"name": "{{ inventory_hostname }}"}}])
    result = run_playbook(
        play, tmp_path, hosts={"all": {"hosts": hosts}}, env=libraries.without(tmp_path / "blocked", ("requests", "msal"))
    )

    assert result.task("made", "named").result.get("changed"), str(result)
    assert result.task("made", "unnamed").result["failure"]["code"] == "MissingLibrary"
    assert [group["displayName"] for group in tenant.list("groups")] == ["named"]
