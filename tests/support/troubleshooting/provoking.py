# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provokes rows: each in a tenant of its own, which is a host of its own; many rows in one run of ansible-playbook.

What a row's `provoke` may say:

- `by_hand`: what somebody did in the tenant before, by plain HTTP. `post` (a path, with `body`, `beta`), `link` (a path, with
  `id`), `group` (a name, with `members`, `owners`, and `more` for its body); `as` keeps the id under a name.
- `quirks`, `faults`: of the sandbox; a fault strikes this row's tenant only.
- `client`: another application of the tenant; `options`: connection options to change, null to leave one out.
- `graph`, `identity`: answers of the stand-in in the place of Graph or of the identity platform.
- `module` with `arguments`, `check_mode`, `timeout`, `environment`; `rival: true` when another host of the tenant is first.
- `variables`: of the role instead of a module; names without `mssp_onboard_`, null to leave one out.
- `without`: libraries that Ansible's Python lacks; such a row is a run of its own.
"""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import requests
from harness import libraries, world
from harness.log import Entry
from harness.onboarding import PLAYBOOK, customers
from harness.playbook import Result, TaskResult, local, run_playbook
from harness.ports import closed_port
from harness.server import Sandbox
from harness.tenants import ASSIGNMENTS, EM, ROLES, Tenant

from troubleshooting.standin import Standin
from troubleshooting.table import Row, filled

TASK = "it"


@dataclasses.dataclass
class Provoked:
    """A row after its run."""

    row: Row
    tenant: Tenant
    known: dict[str, str]
    run: Result
    log: list[Entry]

    @property
    def task(self) -> TaskResult:
        """The result of what failed: the module's task, or the last one that failed in the role."""
        if "variables" not in t.cast("dict[str, t.Any]", self.row.provoke):
            return self.run.task(TASK, self.row.id)
        failed = [task for task in self.run.tasks if task.host == self.row.id and task.failed]
        assert failed, f"nothing failed for {self.row.id}:\n{self.run}"
        task = failed[-1]
        items = [item for item in task.result.get("results", []) if item.get("failed")]
        return dataclasses.replace(task, result=items[0]) if items else task

    @property
    def done(self) -> list[str]:
        """The requests that changed something, as `POST /v1.0/groups`."""
        carried_out = [entry for entry in self.log if entry["write"] and entry["status"] and entry["status"] < 300]
        return [f"{entry['method']} {entry['path'].partition('?')[0]}" for entry in carried_out]


class Provoker:
    """Prepares tenants and runs playbooks.

    :param files: a directory with certificates and the like, which rows name as `{files}`.
    :param silent: the number of a port that never answers.
    """

    def __init__(self, sandbox: Sandbox, standin: Standin, directory: Path, files: Path, silent: int) -> None:
        self._sandbox = sandbox
        self._standin = standin
        self._directory = directory
        self._everywhere = {
            "em": EM,
            "roles": ROLES,
            "assignments": ASSIGNMENTS,
            "mssp": world.MSSP_TENANT,
            "mssp_domain": world.MSSP_DOMAIN,
            "other": world.OTHER_TENANT,
            "graph_url": sandbox.graph_url,
            "login_url": sandbox.login_url,
            "files": str(files),
            "closed": f"https://localhost:{closed_port()}",
            "closed_proxy": f"http://127.0.0.1:{closed_port()}",
            "certifi": requests.certs.where(),
            "silent": f"https://127.0.0.1:{silent}",
            "standin": standin.url,
        }

    def provoke(self, rows: t.Sequence[Row]) -> dict[str, Provoked]:
        """All rows, by id."""
        found: dict[str, Provoked] = {}
        prepared = {row.id: self._prepare(row) for row in rows}
        faults = [
            {"tenant": one.tenant.tenant_id, **filled(fault, one.known)}
            for one in prepared.values()
            for fault in _of(one.row).get("faults", [])
        ]
        self._sandbox.faults(*faults)
        self._sandbox.log.clear()
        for name, run in self._runs(list(prepared.values())):
            found[name] = dataclasses.replace(prepared[name], run=run)
        self._sandbox.faults()
        log = self._sandbox.log.all()
        for one in found.values():
            one.log.extend(entry for entry in log if entry["tenant_id"] == one.tenant.tenant_id)
        return found

    # -- before --------------------------------------------------------------------------------------------------

    def _prepare(self, row: Row) -> Provoked:
        tenant = self._sandbox.fresh_tenant()
        how = _of(row)
        client = tenant.client(how["client"]) if "client" in how else tenant.data
        known = {
            **self._everywhere,
            "tenant": tenant.tenant_id,
            "domain": tenant.domain,
            "client": str(client["client_id"]),
            "host": row.id,
            "ca": tenant.ca_path,
        }
        for step in how.get("by_hand", []):
            self._by_hand(tenant, filled(step, known), known)
        if "quirks" in how:
            self._sandbox.quirks(tenant, **how["quirks"])
        if "graph" in how:
            self._standin.graph[row.id] = filled(how["graph"], known)
            known["graph_url"] = f"{self._standin.url}/{row.id}"
        if "identity" in how:
            known["trace"] = "7f2d1a00-5b1c-4a57-9d1e-0c9f3a1b2c3d"
            self._standin.identity[tenant.tenant_id] = {"trace": known["trace"], **filled(how["identity"], known)}
            known["login_url"] = self._standin.url
        return Provoked(row, tenant, known, Result(0, "", "", []), [])

    @staticmethod
    def _by_hand(tenant: Tenant, step: dict[str, t.Any], known: dict[str, str]) -> None:
        name = step.get("as")
        if "user" in step:
            made = tenant.user(step["user"])
        elif "group" in step:
            made = tenant.group(step["group"], **step.get("more", {}))
            for relation in ("members", "owners"):
                for person in step.get(relation, []):
                    tenant.link(f"groups/{made}/{relation}", tenant.user(person))
        elif "delete" in step:
            made = ""
            tenant.delete(step["delete"])
        elif "link" in step:
            made = ""
            tenant.link(step["link"], step["id"])
        else:
            made = str(tenant.post(step["post"], step["body"], beta=step.get("beta", False))["id"])
        if name:
            known[name] = made

    def _options(self, one: Provoked) -> dict[str, t.Any]:
        how = _of(one.row)
        options = {**one.tenant.options(how.get("client")), "wait_timeout": 1}
        for name in ("graph", "identity"):
            if name in how:
                options["ca_path"] = str(self._standin.ca_path)
        options["graph_url"], options["login_url"] = one.known["graph_url"], one.known["login_url"]
        options.update(filled(how.get("options", {}), one.known))
        return {name: value for name, value in options.items() if value is not None}

    # -- runs ----------------------------------------------------------------------------------------------------

    def _runs(self, prepared: list[Provoked]) -> t.Iterator[tuple[str, Result]]:
        alone = [one for one in prepared if "without" in _of(one.row)]
        of_role = [one for one in prepared if "variables" in _of(one.row)]
        together = [one for one in prepared if one not in alone and one not in of_role]
        for number, one in enumerate(alone):
            yield one.row.id, self._modules([one], self._directory / f"alone{number}", _of(one.row)["without"])
        for group, run in ((together, self._modules), (of_role, self._role)):
            if group:
                result = run(group, self._directory / run.__name__)
                for one in group:
                    yield one.row.id, result

    def _modules(self, ones: list[Provoked], directory: Path, without: t.Sequence[str] = ()) -> Result:
        groups: dict[str, dict[str, t.Any]] = {}
        for one in ones:
            how = _of(one.row)
            arguments = {**self._options(one), **filled(how.get("arguments", {}), one.known)}
            variables = local(
                arguments=arguments,
                task_environment=filled(how.get("environment", {}), one.known),
                task_timeout=how.get("timeout", 0),
                task_check_mode=how.get("check_mode", False),
            )
            groups.setdefault(how["module"], {})[one.row.id] = variables
            if how.get("rival"):
                groups.setdefault(f"rivals_{how['module']}", {})[f"{one.row.id}-rival"] = variables
        plays = [_play(group) for group in sorted(groups, key=lambda name: not name.startswith("rivals_"))]
        env = libraries.without(directory / "blocked", without) if without else {}
        hosts = {"all": {"children": {name: {"hosts": members} for name, members in groups.items()}}}
        return run_playbook(plays, directory, hosts=hosts, verbosity=3, env=env, arguments=["--forks", "6"])

    def _role(self, ones: list[Provoked], directory: Path) -> Result:
        hosts = {}
        for one in ones:
            variables = {
                **self._options(one),
                "tenant_id": one.tenant.domain,
                "mssp_tenant_id": world.MSSP_TENANT,
                **filled(_of(one.row)["variables"], one.known),
            }
            hosts[one.row.id] = {f"mssp_onboard_{name}": value for name, value in variables.items() if value is not None}
        return run_playbook(PLAYBOOK, directory, hosts=customers(**hosts), verbosity=3, arguments=["--forks", "6"])


def _of(row: Row) -> t.Mapping[str, t.Any]:
    return row.provoke or {}


def _play(group: str) -> dict[str, t.Any]:
    task = {
        "name": TASK,
        f"mssp.defender.{group.removeprefix('rivals_')}": {},
        "args": "{{ arguments }}",
        "environment": "{{ task_environment }}",
        "timeout": "{{ task_timeout }}",
        "check_mode": "{{ task_check_mode }}",
        # Where every host has failed, Ansible plays no more.
        "ignore_errors": True,
    }
    return {"name": f"Provoke {group}", "hosts": group, "gather_facts": False, "tasks": [task]}
