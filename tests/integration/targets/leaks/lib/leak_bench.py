# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the cases of one way, each a host with a tenant of its own, and judges what a run has written."""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import json
import re
import typing as t
from pathlib import Path

from credential_people import Door, Issuer
from harness import playbook as playbooks
from harness import server, world
from harness.certificates import Certified
from harness.leaking import leaks, leaks_in_files
from harness.playbook import Result, run_playbook
from harness.runner import RunnerResult, run_by_runner
from harness.server import Sandbox
from harness.tenants import Tenant
from leak_cases import Host, Way

PLUG = Path(__file__).resolve().parents[1] / "plug"
# What a certificate's password may be: escaped wherever a text is a representation, and with the end of a sentence in it.
PASSWORD = "correct-horse. battery's \"staple\\ of-a-certificate"
GROUP = {"name": "Tier 1 Analyst", "description": "Analysts"}
_OPTIONS = (
    *("client_secret", "certificate_path", "certificate_password", "refresh_token", "access_token", "federated_token_file"),
    *("ca_path", "graph_url", "login_url", "request_timeout"),
)
# What the application for people may do in their place.
_SCOPES = ["Group.ReadWrite.All", "Organization.Read.All"]
DEFAULTS = {
    "group/mssp.defender.graph": {
        **{name: "{{ options." + name + " | default(omit) }}" for name in ("tenant_id", "client_id", *_OPTIONS)},
        # Nothing is tried again.
        "wait_timeout": 0,
    }
}


def play(**task: t.Any) -> list[dict[str, t.Any]]:
    """One task with the options of its host, whose result is registered and shown; it may fail."""
    it = {"name": "it", "mssp.defender.aad_group": GROUP, "register": "given", "ignore_errors": True, **task}
    shown = {"name": "what was registered", "ansible.builtin.debug": {"var": "given"}}
    return [{"name": "Leaks", "hosts": "all", "gather_facts": False, "module_defaults": DEFAULTS, "tasks": [it, shown]}]


def connection(way: Way) -> dict[str, str]:
    """The variables of a host that choose the way."""
    return {"ansible_connection": "nearby"} if way == "module" else {}


class Runs(t.NamedTuple):
    """The same play by ansible-playbook without -v and by ansible-runner with -vvvvv, and the secrets of each host."""

    quiet: Result
    loud: RunnerResult
    directory: Path
    secrets: dict[str, list[str]]
    # Those of them that no other host has.
    own: dict[str, list[str]]
    # What the layers had in their text, by host.
    raised: dict[str, list[dict[str, t.Any]]]

    def assert_one_sentence(self, host: str) -> None:
        """The task failed, and the reason is one line for people."""
        for run in (self.quiet, self.loud):
            task = run.task("it", host)
            assert task.failed, task.result
            assert re.fullmatch(r"[^\n]{20,600}", task.result["msg"]), task.result["msg"]
            assert "Traceback" not in json.dumps(task.result)
        assert "Traceback" not in self.loud.of_host(host)

    def assert_no_secret_of(self, host: str) -> None:
        """Not in results, in what was registered, or in ansible-runner's events; nor elsewhere in the output."""
        results = [run.task(name, host).result for run in (self.quiet, self.loud) for name in ("it", "what was registered")]
        assert leaks("\n".join(json.dumps(x, ensure_ascii=False) for x in results), self.secrets[host]) == []
        events = self.loud.of_host(host)
        assert GROUP["description"] in events or "failed" in events
        assert leaks(events, self.secrets[host]) == []
        if self.own[host]:
            output = "\n".join((self.quiet.stdout, self.quiet.stderr, self.loud.stdout, self.loud.stderr))
            assert leaks(output, self.own[host], also=()) == []

    def assert_nothing_left(self) -> None:
        """Both runs' whole output, ansible-runner's artifacts, and whatever lies below the home and in temporary directories."""
        secrets = [secret for known in self.secrets.values() for secret in known]
        for text in (self.quiet.stdout, self.quiet.stderr, self.loud.stdout, self.loud.stderr):
            assert leaks(text, secrets) == []
            assert "Traceback" not in text
        assert len(self.loud.events) > 2 * len(self.secrets)
        for written in (self.loud.artifacts, self.directory / "quiet" / "home", self.loud.home):
            assert written.is_dir()
            assert leaks_in_files(written, secrets) == []


class Bench:
    """A sandbox whose tenants have an application with a secret and one with a certificate."""

    def __init__(self, sandbox: Sandbox, certified: Certified, issuer: Issuer, directory: Path) -> None:
        self.sandbox = sandbox
        self.certified = certified
        self._issuer = issuer
        self._door = Door(sandbox)
        self._directory = directory
        self._runs = 0

    def credential(self, tenant: Tenant, credential: str) -> tuple[dict[str, t.Any], dict[str, str]]:
        """The connection options, and the secrets behind them by kind."""
        if credential == "secret":
            return tenant.options(), {"client_secret": tenant.client_secret}
        if credential in ("refresh", "access", "federated"):
            return self._further(tenant, credential)
        options = {name: value for name, value in tenant.options("certified").items() if name != "client_secret"}
        options["certificate_path"] = str(getattr(self.certified, credential))
        options["certificate_password"] = PASSWORD
        return options, {"password": PASSWORD, "private_key": self.certified.private_key}

    def _further(self, tenant: Tenant, credential: str) -> tuple[dict[str, t.Any], dict[str, str]]:
        client, person = ("certified" if credential == "federated" else "people"), f"ada@{tenant.domain}"
        options = {name: value for name, value in tenant.options(client).items() if name != "client_secret"}
        if credential == "refresh":
            token = self._door.sign_in(tenant, client, person)
            return {**options, "refresh_token": token}, {"refresh_token": token}
        if credential == "access":
            token = self._door.access_token(tenant, person, client)
            return {**options, "access_token": token}, {"access_token": token}
        token = self._issuer.token(jti=tenant.tenant_id)
        file = self._directory / f"{tenant.tenant_id}.jwt"
        file.write_text(token, encoding="ascii")
        return {**options, "federated_token_file": str(file)}, {"federated": token}

    def run_cases(self, hosts: list[Host], way: Way) -> Runs:
        """The layers of these hosts raise."""
        variables, cases, secrets = {}, {}, {}
        for host, tenant in zip(hosts, self.sandbox.tenants, strict=False):
            options, known = self.credential(tenant, host.credential)
            variables[host.name] = playbooks.local(options={**options, **host.case.options}, **connection(way))
            cases[host.name] = {"layer": host.case.layer, "raises": host.case.raises, "secrets": known}
            secrets[host.name] = list(known.values())
            if host.case.layer == "update":
                tenant.group(GROUP["name"])
        assert len(cases) == len(hosts)
        task = {"environment": {"LEAK_CASE": "{{ inventory_hostname }}"}}
        return self.run(play(**task), variables, secrets, cases=cases)

    def run(
        self,
        what: list[dict[str, t.Any]],
        variables: dict[str, dict[str, t.Any]],
        secrets: dict[str, list[str]],
        *,
        cases: dict[str, t.Any] | None = None,
    ) -> Runs:
        """Both runs of a play, with --diff. Secrets come in as variables of the inventory."""
        self._runs += 1
        directory = self._directory / f"run{self._runs}"
        directory.mkdir()
        log = directory / "raised.jsonl"
        log.touch()
        (directory / "cases.json").write_text(json.dumps({"cases": cases or {}, "log": str(log)}), encoding="utf-8")
        env = {"ANSIBLE_FORKS": "4"}
        if cases:
            env |= {"PYTHONPATH": str(PLUG), "PYTHONDONTWRITEBYTECODE": "1", "LEAK_FILE": str(directory / "cases.json")}
        inventory = {"all": {"hosts": variables}}
        quiet = run_playbook(what, directory / "quiet", hosts=inventory, diff=True, env=env)
        loud = run_by_runner(what, directory / "loud", hosts=inventory, arguments="--diff", verbosity=5, env=env)
        raised: dict[str, list[dict[str, t.Any]]] = {}
        for line in log.read_text(encoding="utf-8").splitlines():
            raised.setdefault(json.loads(line)["case"], []).append(json.loads(line))
        every = collections.Counter(secret for known in secrets.values() for secret in known)
        own = {host: [secret for secret in known if every[secret] == 1] for host, known in secrets.items()}
        return Runs(quiet, loud, directory, secrets, own, raised)


@contextlib.contextmanager
def running(directory: Path, customers: int) -> collections.abc.Iterator[Bench]:
    """A bench with this many tenants."""
    certified = Certified(directory / "certificates", PASSWORD)
    issuer = Issuer(directory)
    config = world.config(customers=customers)
    for tenant in config["tenants"]:
        tenant["clients"] += [
            {"name": "certified", "certificate": str(certified.public), "federated": [issuer.trusted()]},
            {"name": "people", "public": True, "scopes": _SCOPES},
        ]
    with server.running(directory / "sandbox", config) as sandbox:
        yield Bench(sandbox, certified, issuer, directory)


def assert_reached(runs: Runs, host: Host, way: Way) -> None:
    """The layer raised in both runs, in this way, with the secrets in its text that it should have had."""
    raised = runs.raised.get(host.name, [])
    assert len(raised) >= 2, f"{host} was not reached in both runs"
    assert {x["way"] for x in raised} == {way}
    known = {kind for x in raised for kind in x["kinds"]}
    assert known >= host.kinds(), known
