# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators see when something is wrong, and what nobody may ever see."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import requests
from harness import libraries
from harness import playbook as playbooks
from harness.playbook import Result, inventory, run_playbook
from harness.ports import closed_port
from harness.server import Sandbox
from harness.story import Play
from harness.tenants import Tenant

GROUP = {"name": "Tier 1 Analyst", "description": "Analysts"}


def one_task(options: dict[str, t.Any], module: str = "aad_group", **arguments: t.Any) -> list[dict[str, t.Any]]:
    """A play of one task."""
    return [
        {
            "name": "One task",
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/mssp.defender.graph": options},
            "tasks": [{"name": "it", f"mssp.defender.{module}": arguments or GROUP}],
        }
    ]


def secrets(tenant: Tenant) -> list[str]:
    """What must never be seen of a tenant."""
    return [str(client["client_secret"]) for client in tenant.data["clients"]]


def assert_nothing_leaked(result: Result, tenant: Tenant) -> None:
    """Neither a secret nor a token (`eyJ` begins each) in any output or result."""
    everything = "\n".join([result.stdout, result.stderr, json.dumps([task.result for task in result.tasks])])
    for secret in [*secrets(tenant), "eyJ"]:
        assert secret not in everything, everything[max(0, everything.index(secret) - 300) :][:600]


# name: (options to change, code, words of the sentence)
CASES: dict[str, tuple[dict[str, t.Any], str, list[str]]] = {
    "wrong secret": (
        {"client_secret": "Wr0ngS3cretWr0ngS3cret"},
        "AADSTS7000215",
        ["{tenant}", "the client secret is wrong", "{client}", "not its id"],
    ),
    "unknown application": (
        {"client_id": "b1000000-0000-4000-8000-00000000dead"},
        "AADSTS700016",
        ["{tenant}", "b1000000-0000-4000-8000-00000000dead", "adminconsent?client_id="],
    ),
    "unknown tenant": (
        {"tenant_id": "b1000000-0000-4000-8000-00000000dead"},
        "AADSTS90002",
        ["b1000000-0000-4000-8000-00000000dead", "tenant_id", "cloud"],
    ),
    "unknown domain": (
        {"tenant_id": "no-such-customer.example"},
        "AADSTS90002",
        ["no-such-customer.example", "tenant_id", "cloud"],
    ),
    "no tenant": ({"tenant_id": None}, "InvalidInput", ["tenant_id is missing", "AZURE_TENANT_ID"]),
    "no credential": (
        {"client_secret": None},
        "InvalidInput",
        ["{tenant}", "client_secret or certificate_path missing", "AZURE_CLIENT_SECRET"],
    ),
    "nothing at all": (
        {"client_secret": None, "client_id": None},
        "InvalidInput",
        ["{tenant}", "client_id", "client_secret"],
    ),
    "certificate wanted": (
        {"auth_method": "certificate"},
        "InvalidInput",
        ["{tenant}", "certificate_path", "AZURE_CLIENT_CERTIFICATE_PATH"],
    ),
    "no http": ({"graph_url": "http://localhost:1"}, "InvalidInput", ["{tenant}", "graph_url", "https"]),
    "untrusted CA": ({"ca_path": "{certifi}"}, "TlsError", ["{tenant}", "cannot be verified", "ca_path"]),
    "no CA file": ({"ca_path": "/nowhere/ca.pem"}, "InvalidInput", ["{tenant}", "/nowhere/ca.pem", "PEM"]),
    "no identity platform": (
        {"login_url": "https://localhost:{closed}"},
        "ConnectionError",
        ["{tenant}", "https://localhost:{closed} cannot be reached", "login_url"],
    ),
    "no Graph": (
        {"graph_url": "https://localhost:{closed}", "wait_timeout": 1},
        "ConnectionError",
        ["{tenant}", "https://localhost:{closed} cannot be reached", "graph_url", "Tier 1 Analyst"],
    ),
}


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Tenant, str, Result]]:
    """All cases in one run at the highest verbosity, each a host of its own tenant."""
    found: dict[str, tuple[Tenant, str, Result]] = {}
    hosts: dict[str, t.Any] = {}
    closed = str(closed_port())
    tenants = {}
    for name, (changed, _code, _words) in CASES.items():
        tenant = tenants[name] = sandbox.fresh_tenant()
        options = {**tenant.options(), "wait_timeout": 5}
        for option, value in changed.items():
            if isinstance(value, str):
                value = value.replace("{closed}", closed).replace("{certifi}", requests.certs.where())
            options[option] = value
        hosts[name.replace(" ", "_")] = playbooks.local(
            options={key: value for key, value in options.items() if value is not None}
        )
    result = run_playbook(
        one_task(
            {name: "{{ options." + name + " | default(omit) }}" for name in (*tenant.options(), "auth_method", "wait_timeout")}
        ),
        tmp_path_factory.mktemp("failures"),
        hosts={"all": {"hosts": hosts}},
        verbosity=5,
        arguments=["--forks", "4"],
    )
    for name, tenant in tenants.items():
        found[name] = (tenant, closed, result)
    return found


@pytest.mark.parametrize("name", CASES)
def test_one_clear_sentence(sandbox: Sandbox, told: dict[str, tuple[Tenant, str, Result]], name: str) -> None:
    tenant, closed, result = told[name]
    _changed, code, words = CASES[name]
    task = result.task("it", name.replace(" ", "_"))

    assert task.failed, str(result)
    assert task.result["failure"]["code"] == code, task.result["msg"]
    assert set(task.result["failure"]) == {"status", "code", "message", "request_id"}
    assert task.result["failure"]["message"]
    for word in words:
        word = word.format(tenant=tenant.tenant_id, client=tenant.client_id, closed=closed)
        assert word in task.result["msg"]
    assert task.result["changed"] is False
    assert "Traceback" not in json.dumps(task.result)
    assert "\n" not in task.result["msg"]
    assert len(task.result["msg"]) < 600
    assert [group["displayName"] for group in tenant.list("groups")] == []
    assert sandbox.log.writes(tenant.tenant_id) == []
    assert_nothing_leaked(result, tenant)
    assert "Wr0ngS3cretWr0ngS3cret" not in result.stdout + result.stderr + json.dumps(task.result)


def test_no_tracebacks_at_all(told: dict[str, tuple[Tenant, str, Result]]) -> None:
    result = told["wrong secret"][2]

    assert "Traceback (most recent call last)" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "arguments", "permission"),
    [
        ("aad_group", GROUP, "Group.ReadWrite.All"),
        ("mde_role", {"name": "Tier 1", "permissions": ["secops/*/read"]}, "RoleManagement.ReadWrite.Defender"),
    ],
)
def test_a_missing_permission_is_named_with_the_link_that_grants_it(
    play: Play, tenant: Tenant, module: str, arguments: dict[str, t.Any], permission: str
) -> None:
    reader = tenant.client("reader")["client_id"]
    predicted = play.check(module, **arguments)
    refused = play.refused(module, **arguments)
    result = play.run(client="reader")

    # Reading suffices for check mode.
    assert predicted.changed
    assert refused.result["failure"]["status"] == 403
    assert refused.result["failure"]["request_id"]
    for words in (permission, reader, tenant.tenant_id, f"adminconsent?client_id={reader}"):
        assert words in refused.msg
    assert_nothing_leaked(result, tenant)


def test_no_permission_at_all(play: Play, tenant: Tenant) -> None:
    refused = play.refused("aad_group", **GROUP)
    play.run(client="nobody")

    assert refused.writes == []
    assert refused.result["failure"]["status"] == 403
    assert "Group.ReadWrite.All" in refused.msg


def test_nothing_leaks_when_all_goes_well(tenant: Tenant, tmp_path: Path) -> None:
    result = run_playbook(one_task(tenant.options()), tmp_path, verbosity=5, diff=True)

    assert result.rc == 0, str(result)
    assert_nothing_leaked(result, tenant)


@pytest.mark.parametrize("way", ["ansible_connection", "async"])
def test_nothing_leaks_the_ordinary_way(tenant: Tenant, tmp_path: Path, way: str) -> None:
    play = one_task(tenant.options())
    hosts = inventory("customer", **({"ansible_connection": "nearby"} if way == "ansible_connection" else {}))
    if way == "async":
        play[0]["tasks"][0].update({"async": 60, "poll": 1})
    result = run_playbook(play, tmp_path, hosts=hosts, verbosity=5, diff=True)

    assert result.rc == 0, str(result)
    assert result.task("it").result["changed"]
    # Below that verbosity core prints the command line; the arguments travel in a file.
    assert_nothing_leaked(result, tenant)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_another_bundle_in_the_environment_does_not_beat_ca_path(tenant: Tenant, tmp_path: Path, name: str) -> None:
    result = run_playbook(one_task(tenant.options()), tmp_path, env={name: requests.certs.where()})

    assert result.rc == 0, str(result)
    assert len(tenant.list("groups")) == 1


def test_a_bundle_in_the_environment_suffices(tenant: Tenant, tmp_path: Path) -> None:
    options = tenant.options()
    bundle = options.pop("ca_path")
    result = run_playbook(one_task(options), tmp_path, env={"REQUESTS_CA_BUNDLE": bundle})

    assert result.rc == 0, str(result)


def test_a_netrc_replaces_neither_token_nor_credential(tenant: Tenant, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("default login somebody password something\n", encoding="utf-8")
    (home / ".netrc").chmod(0o600)
    result = run_playbook(one_task(tenant.options()), tmp_path)

    assert result.rc == 0, str(result)


@pytest.mark.parametrize("names", [("requests", "msal"), ("requests",), ("msal",)], ids=" and ".join)
def test_missing_libraries_are_one_sentence_for_each_host(tenant: Tenant, tmp_path: Path, names: tuple[str, ...]) -> None:
    env = libraries.without(tmp_path / "blocked", names)
    play = one_task(tenant.options())
    play[0]["tasks"][0]["ignore_errors"] = True
    play[0]["tasks"].append({"name": "afterwards", "ansible.builtin.debug": {"msg": "the play goes on"}})
    hosts = {"all": {"hosts": {name: {"ansible_connection": "local"} for name in ("a", "b")}}}
    result = run_playbook(play, tmp_path, hosts=hosts, env=env)

    assert result.rc == 0, str(result)
    assert "Traceback" not in result.stdout + result.stderr
    for host in ("a", "b"):
        task = result.task("it", host)
        assert task.failed
        assert names[0] in task.result["msg"]
        assert "pip install" in task.result["msg"]
        assert task.result["failure"]["code"] == "MissingLibrary"
        assert result.task("afterwards", host).status == "ok"


def test_one_token_for_a_run_which_nothing_of_remains(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    play = one_task(tenant.options())
    names = [f"Group {number}" for number in range(5)]
    play[0]["tasks"] = [
        *({"name": name, "mssp.defender.aad_group": {"name": name}} for name in names),
        {"name": "loop", "mssp.defender.aad_group": {"name": "{{ item }}"}, "loop": names},
    ]
    sandbox.log.clear()
    result = run_playbook(play, tmp_path)

    assert result.rc == 0, str(result)
    assert len(sandbox.log.tokens()) == 1
    left = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert [path for path in left if "token" in path.name or "claim" in path.name] == []
    for path in left:
        content = path.read_bytes()
        assert b"eyJ" not in content
        assert tenant.client_secret.encode() not in content


def test_the_token_of_a_run_is_private_while_it_lasts(tenant: Tenant, tmp_path: Path) -> None:
    play = one_task(tenant.options())
    look = "find $HOME/tmp -name 'mssp-token-*' ! -name '*.lock' -printf '%m %h\\n'; stat -c %a $HOME/tmp/ansible-local-*"
    play[0]["tasks"].append({"name": "look", "ansible.builtin.shell": look})
    result = run_playbook(play, tmp_path)

    lines = result.task("look").result["stdout_lines"]
    assert lines[0].startswith("600 ")
    assert lines[-1] == "700"


def test_two_hosts_of_one_tenant_share_the_token(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    play = one_task(tenant.options(), "aad_group", name="{{ inventory_hostname }}")
    sandbox.log.clear()
    result = run_playbook(play, tmp_path, hosts=inventory("a", "b", "c"))

    assert result.rc == 0, str(result)
    assert len(sandbox.log.tokens()) == 1
    assert len(tenant.list("groups")) == 3


def test_another_secret_finds_no_token(tenant: Tenant, tmp_path: Path) -> None:
    """A wrong secret after a right one in the same run does not work."""
    play = one_task(tenant.options())
    play[0]["tasks"].append({"name": "wrong", "mssp.defender.aad_group": {**GROUP, "client_secret": "Wr0ngS3cretWr0ngS3cret"}})
    result = run_playbook(play, tmp_path)

    assert result.task("it").status == "ok"
    assert result.task("wrong").result["failure"]["code"] == "AADSTS7000215"


def test_options_from_the_environment(tenant: Tenant, tmp_path: Path) -> None:
    names = {
        "tenant_id": "AZURE_TENANT",
        "client_id": "AZURE_CLIENT_ID",
        "client_secret": "AZURE_SECRET",
        "graph_url": "MSSP_GRAPH_URL",
        "login_url": "AZURE_AUTHORITY_HOST",
        "ca_path": "MSSP_CA_PATH",
    }
    env = {names[name]: value for name, value in tenant.options().items()}
    result = run_playbook(one_task({}), tmp_path, env=env, verbosity=5)

    assert result.rc == 0, str(result)
    assert len(tenant.list("groups")) == 1
    assert_nothing_leaked(result, tenant)


def test_options_from_the_tasks_environment(tenant: Tenant, tmp_path: Path) -> None:
    options = tenant.options()
    play = one_task({name: value for name, value in options.items() if name != "client_secret"})
    play[0]["tasks"][0]["environment"] = {"AZURE_CLIENT_SECRET": options["client_secret"]}
    play[0]["tasks"].append({"name": "without", "mssp.defender.aad_group": GROUP, "ignore_errors": True})
    result = run_playbook(play, tmp_path)

    assert result.rc == 0, str(result)
    assert result.task("it").result["changed"]
    assert result.task("without").failed


def test_unknown_and_malformed_options_are_core_s_own_words(tenant: Tenant, tmp_path: Path) -> None:
    play = one_task(tenant.options())
    play[0]["tasks"] = [
        {"name": "unknown", "mssp.defender.aad_group": {**GROUP, "descripton": "x"}, "ignore_errors": True},
        {"name": "choice", "mssp.defender.aad_group": {**GROUP, "state": "gone"}, "ignore_errors": True},
        {"name": "none", "mssp.defender.aad_group": {"description": "x"}, "ignore_errors": True},
        {"name": "type", "mssp.defender.aad_group": {**GROUP, "adopt": "perhaps"}, "ignore_errors": True},
    ]
    result = run_playbook(play, tmp_path)

    assert result.rc == 0, str(result)
    assert "descripton" in result.task("unknown").result["msg"]
    assert "Supported parameters include" in result.task("unknown").result["msg"]
    assert "present, absent" in result.task("choice").result["msg"]
    assert "name, group_id" in result.task("none").result["msg"]
    assert "adopt" in result.task("type").result["msg"]
    assert tenant.list("groups") == []


def test_a_time_limit_of_the_task_is_told_in_our_words(tenant: Tenant, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults({"tenant": tenant.tenant_id, "path": "/groups", "status": 429, "retry_after": 1})
    play = one_task(tenant.options())
    play[0]["tasks"][0]["timeout"] = 4
    result = run_playbook(play, tmp_path)

    task = result.task("it")
    assert task.failed
    assert task.result["failure"]["status"] == 429
    assert "throttles" in task.result["msg"]


def test_no_log_of_a_task_hides_its_result(tenant: Tenant, tmp_path: Path) -> None:
    play = one_task(tenant.options(), "aad_group", **GROUP, members=["somebody@nowhere.example"])
    play[0]["tasks"][0]["no_log"] = True
    result = run_playbook(play, tmp_path, verbosity=3)

    assert result.rc == 2
    assert_nothing_leaked(result, tenant)
