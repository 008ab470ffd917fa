# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/sign_in.yml: a person signs in once, the refresh token goes into a vault, and other runs decide with it."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import re
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import requests
from harness import server, world
from harness.leaking import leaks, leaks_in_files
from harness.playbook import Result, environment, local, programs, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant

PLAYBOOK = Path(__file__).resolve().parents[4] / "playbooks" / "sign_in.yml"
SCOPES = ["EntitlementManagement.ReadWrite.All", "Organization.Read.All", "User.Read.All"]
LEAD = f"lead@{world.MSSP_DOMAIN}"
_CODE = re.compile(r"Sign in to the tenant (\S+): open (\S+) and enter the code ([A-Z0-9]+)")


@dataclasses.dataclass
class SignedIn:
    """A run of the playbook."""

    rc: int
    output: str
    prompt: str
    directory: Path


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Sandbox]:
    """Customers who know the application for people."""
    config = world.config(customers=4, device_code_interval=1)
    config["applications"] = [{"name": "approve", "scopes": SCOPES, "public": True}]
    config["external_tenants"].append({"display_name": "An agency", "domain": "agency.example", "cloud": "usgov"})
    with server.running(tmp_path_factory.mktemp("sandbox"), config) as started:
        yield started


def sign_in(
    sandbox: Sandbox,
    tenant: Tenant,
    directory: Path,
    person: t.Callable[[str], None] | None,
    *,
    arguments: t.Sequence[str] = (),
    env: t.Mapping[str, str] | None = None,
    **variables: t.Any,
) -> SignedIn:
    """Run the playbook at the highest verbosity, and let the person enter the code as soon as it is shown."""
    directory.mkdir(exist_ok=True)
    known = {
        "mssp_sign_in_tenant_id": tenant.tenant_id,
        "mssp_sign_in_client_id": tenant.client("approve")["client_id"],
        "mssp_sign_in_graph_url": sandbox.graph_url,
        "mssp_sign_in_login_url": sandbox.login_url,
        "mssp_sign_in_ca_path": sandbox.ca_path,
        "mssp_sign_in_wait_timeout": 60,
        **variables,
    }
    (directory / "variables.json").write_text(json.dumps(known), encoding="utf-8")
    output = directory / "output"
    command = [str(programs() / "ansible-playbook"), "-vvvvv", "-e", "@variables.json", *arguments, str(PLAYBOOK)]
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={
                **environment(directory / "home"),
                "MSSP_TEST_RESULTS": str(directory / "results.jsonl"),
                # Where the playbook must not look for a tenant.
                "AZURE_TENANT_ID": "b1000000-0000-4000-8000-00000000dead",
                **(env or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
        try:
            prompt = ""
            end = time.monotonic() + 60
            while process.poll() is None and not prompt and time.monotonic() < end:
                found = _CODE.search(output.read_text(encoding="utf-8", errors="replace"))
                prompt = found.group() if found else ""
                time.sleep(0.05)
            if prompt and person:
                person(prompt)
            process.wait(90)
        finally:
            process.kill()
            process.wait()
    return SignedIn(process.returncode, output.read_text(encoding="utf-8"), prompt, directory)


def somebody(sandbox: Sandbox, user: str, *, decline: bool = False) -> t.Callable[[str], None]:
    """A person who enters the code."""

    def enter(prompt: str) -> None:
        found = _CODE.search(prompt)
        assert found
        body = {"user_code": found.group(3), "user": user, "decline": decline}
        url = f"{sandbox.login_url}/_sandbox/sign-in"
        requests.post(url, json=body, verify=sandbox.ca_path, timeout=30).raise_for_status()

    return enter


class Kept(t.NamedTuple):
    """A sign-in whose token went into a vault, and a later run with it."""

    signed_in: SignedIn
    vault: Path
    token: str
    later: Result
    tenant: Tenant
    other: Tenant


@pytest.fixture(scope="module")
def kept(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The published way: Ansible Vault, and the variable's file in another run."""
    directory = tmp_path_factory.mktemp("vault")
    password = directory / "password"
    password.write_text("correct-horse-battery-staple", encoding="utf-8")
    tenant, other = sandbox.fresh_tenant(), sandbox.fresh_tenant()
    vault = directory / "refresh_token.yml"
    env = {"ANSIBLE_VAULT_PASSWORD_FILE": str(password)}
    signed_in = sign_in(sandbox, tenant, directory / "sign_in", somebody(sandbox, LEAD), env=env, mssp_sign_in_file=str(vault))
    assert signed_in.rc == 0, signed_in.output
    token = _decrypted(vault, directory, env)
    hosts = {
        one.domain: local(options={**one.options("approve"), "client_secret": "", "wait_timeout": 5}) for one in (tenant, other)
    }
    ask = {
        "name": "ask",
        "mssp.defender.tenant_info": {},
        "args": "{{ options | combine({'refresh_token': mssp_onboard_refresh_token}) }}",
    }
    play = {"name": "Later", "hosts": "all", "gather_facts": False, "tasks": [ask]}
    later = run_playbook(
        [play], directory / "later", hosts={"all": {"hosts": hosts}}, env=env, arguments=["-e", f"@{vault}"], verbosity=5
    )
    return Kept(signed_in, vault, token, later, tenant, other)


def _decrypted(vault: Path, directory: Path, env: dict[str, str]) -> str:
    """The variable, as Ansible decrypts it."""
    shown = {
        "name": "write",
        "ansible.builtin.copy": {"content": "{{ mssp_onboard_refresh_token }}", "dest": "token", "mode": "0600"},
    }
    shown["no_log"] = True
    shown["ansible.builtin.copy"]["dest"] = str(directory / "plain")
    play = {"name": "Decrypt", "hosts": "all", "gather_facts": False, "tasks": [shown]}
    run = run_playbook([play], directory / "decrypt", env=env, arguments=["-e", f"@{vault}"])
    assert run.rc == 0, run
    return (directory / "plain").read_text(encoding="utf-8")


def test_the_code_is_shown_while_the_playbook_waits(kept: Kept, sandbox: Sandbox) -> None:
    assert kept.signed_in.prompt.startswith(f"Sign in to the tenant {kept.tenant.tenant_id}: open {sandbox.login_url}/")


def test_the_token_lies_in_the_vault_and_nowhere_else(kept: Kept) -> None:
    assert len(kept.token) > 40
    assert kept.vault.read_text(encoding="utf-8").startswith("mssp_onboard_refresh_token: !vault |")
    assert leaks(kept.signed_in.output, [kept.token]) == []
    assert leaks_in_files(kept.signed_in.directory, [kept.token]) == []
    assert kept.token not in kept.vault.read_text(encoding="utf-8")


def test_who_signed_in_is_told(kept: Kept) -> None:
    line = json.loads((kept.signed_in.directory / "results.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    found = line["result"]["signed_in"]
    assert line["result"]["changed"] is True
    assert found["tenant_id"] == kept.tenant.tenant_id
    assert found["client_id"] == kept.tenant.client("approve")["client_id"]
    assert found["user"].startswith("lead")
    assert set(SCOPES) <= set(found["permissions"])


def test_one_sign_in_serves_every_customer_who_knows_the_person(kept: Kept) -> None:
    for tenant in (kept.tenant, kept.other):
        found = kept.later.task("ask", tenant.domain).result
        assert (found["auth_method"], found["delegated"], found["tenant"]["id"]) == ("refresh_token", True, tenant.tenant_id)
    assert leaks(kept.later.stdout + kept.later.stderr, [kept.token]) == []


def test_whoever_declines_is_believed(sandbox: Sandbox, tmp_path: Path) -> None:
    tenant = sandbox.fresh_tenant()
    kept = tmp_path / "kept"
    done = sign_in(
        sandbox,
        tenant,
        tmp_path / "run",
        somebody(sandbox, f"ada@{tenant.domain}", decline=True),
        mssp_sign_in_store_command=["tee", str(kept)],
    )
    assert done.rc == 2
    assert "no access token: the person declined (AADSTS65004). Run again for a new code" in done.output
    assert not kept.exists()


def test_a_code_that_nobody_enters_in_time(sandbox: Sandbox, tmp_path: Path) -> None:
    """A quarter of an hour later, by the sandbox's clock."""
    clock = f"{sandbox.login_url}/_sandbox/clock"

    def wait(prompt: str) -> None:
        requests.post(clock, json={"advance_seconds": 901}, verify=sandbox.ca_path, timeout=30).raise_for_status()

    kept = tmp_path / "kept"
    try:
        done = sign_in(sandbox, sandbox.fresh_tenant(), tmp_path / "run", wait, mssp_sign_in_store_command=["tee", str(kept)])
    finally:
        requests.delete(clock, verify=sandbox.ca_path, timeout=30).raise_for_status()
    assert (done.rc, kept.exists()) == (2, False)
    said = "the code has expired before anybody signed in (AADSTS70020). Run again for a new code."
    assert said in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("variables", "arguments", "words"),
    [
        ({"mssp_sign_in_tenant_id": ""}, [], "tenant_id is missing: it names the customer's tenant."),
        ({"mssp_sign_in_client_id": ""}, [], "the credential method device_code needs client_id. Set client_id"),
        ({"mssp_sign_in_store_command": ["no-such-vault"]}, [], "the program of store_command (no-such-vault) is not there."),
        ({"mssp_sign_in_tenant_id": "nowhere.example"}, [], "the tenant is not known in this cloud (AADSTS90002)"),
        ({"mssp_sign_in_tenant_id": "agency.example"}, [], "the tenant is in another cloud (AADSTS90038). Set cloud to that of"),
        ({"mssp_sign_in_cloud": "usgov"}, [], "the tenant's cloud knows no https://graph.microsoft.us (AADSTS500011)."),
        ({"mssp_sign_in_client_id": world.MSSP_TENANT}, [], "is not known in this tenant (AADSTS700016). An administrator of"),
    ],
)
def test_what_is_wrong_is_known_before_a_code_is_shown(
    sandbox: Sandbox, tmp_path: Path, variables: dict[str, t.Any], arguments: list[str], words: str
) -> None:
    done = sign_in(sandbox, sandbox.tenants[0], tmp_path / "run", None, arguments=arguments, **variables)
    assert (done.rc, done.prompt) == (2, "")
    assert words in " ".join(done.output.split())


def test_check_mode_asks_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    done = sign_in(
        sandbox, sandbox.tenants[0], tmp_path / "run", None, arguments=["--check"], mssp_sign_in_store_command=["tee", str(kept)]
    )
    assert (done.rc, done.prompt, kept.exists()) == (0, "", False)
