# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them: by ansible-runner, with the inventory of a slice, and an identity by environment and files."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import subprocess
import sys
import typing as t
from pathlib import Path

import jinja2.sandbox
from harness.playbook import environment

from controller.configuration import ROOT

_SECONDS = 300
Json = t.Any


@dataclasses.dataclass(frozen=True)
class Identity:
    """What a credential injects, and what may not be seen of it."""

    environment: dict[str, str]
    secrets: list[str]


@dataclasses.dataclass(frozen=True, repr=False)
class Done:
    """A job that has ended.

    :param artifacts: where ansible-runner keeps what goes back to the controller.
    :param stats: what the play has told the controller, by set_stats.
    """

    rc: int
    output: str
    artifacts: Path
    events: list[dict[str, Json]]

    @property
    def stats(self) -> dict[str, Json]:
        """The job's artifacts, as AWX shows them."""
        found: dict[str, Json] = {}
        for event in self.events:
            found.update((event.get("event_data") or {}).get("artifact_data") or {})
        return found

    def hosts(self) -> set[str]:
        """Hosts that any event is about."""
        return {x["event_data"]["host"] for x in self.events if (x.get("event_data") or {}).get("host")}

    def facts(self, name: str) -> dict[str, Json]:
        """By host, the last value that a fact was set to."""
        found: dict[str, Json] = {}
        for event in self.events:
            data = event.get("event_data") or {}
            facts = (data.get("res") or {}).get("ansible_facts") or {}
            if name in facts:
                found[data["host"]] = facts[name]
        return found

    def __repr__(self) -> str:
        return f"rc {self.rc}\n{self.output[-6000:]}"


def slice_of(hosts: collections.abc.Iterable[str], number: int, count: int) -> list[str]:
    """The hosts of a slice, counted from 1: sorted by name, every count-th one."""
    return sorted(hosts)[number - 1 :: count]


def inject(variables: dict[str, Json], inputs: dict[str, str], directory: Path) -> Identity:
    """What AWX makes of a credential: `inputs` into the injectors of the credential type, secrets into files of `directory`.

    :param variables: those of extensions/awx.
    """
    directory.mkdir(parents=True, exist_ok=True)
    fields = variables["mssp_awx_credential_type_inputs"]["fields"]
    assert set(inputs) <= {field["id"] for field in fields}
    sandbox = jinja2.sandbox.ImmutableSandboxedEnvironment()
    injectors = variables["mssp_awx_credential_type_injectors"]
    names: dict[str, str] = {}
    for label, template in injectors["file"].items():
        path = directory / f"tmp{label.partition('.')[2]}"
        path.write_text(sandbox.from_string(template).render(**inputs), encoding="utf-8")
        path.chmod(0o600)
        names[label.partition(".")[2]] = str(path)
    given = {**inputs, "tower": {"filename": names}}
    env = {name: sandbox.from_string(template).render(**given) for name, template in injectors["env"].items()}
    secret = {field["id"] for field in fields if field.get("secret")}
    return Identity(env, [value for name, value in inputs.items() if name in secret])


def template_named(variables: dict[str, Json], playbook: str) -> dict[str, Json]:
    """The job template of a playbook."""
    (found,) = [x for x in variables["mssp_awx_job_templates"] if x["playbook"] == playbook]
    return t.cast("dict[str, Json]", found)


def launch(
    template: dict[str, Json],
    directory: Path,
    *,
    hosts: dict[str, dict[str, Json]],
    identity: Identity,
    slice_: tuple[int, int] = (1, 1),
    job_type: str | None = None,
    answers: dict[str, Json] | None = None,
    reports: Path | None = None,
) -> Done:
    """Launch a job template of extensions/awx and wait for its end.

    :param hosts: the customers and their variables.
    :param slice_: which one of how many.
    :param answers: to the survey; its defaults stand for what is missing.
    :param reports: a directory that all jobs share.
    """
    defaults = {x["variable"]: x["default"] for x in template["survey"] if x["default"] != ""}
    assert set(answers or {}) <= {x["variable"] for x in template["survey"]}
    chosen = {name: hosts[name] for name in slice_of(hosts, *slice_)}
    data = directory / "runner"
    shared = {"mssp_reports": str(reports)} if reports else {}
    _lay_out(data, chosen, {**template.get("variables", {}), **shared, **defaults, **(answers or {}), **_meta(template)})
    check = (job_type or template.get("job_type", "run")) == "check"
    line = " ".join(["--forks", "5", *["--check"] * check, *["--diff"] * bool(template.get("diff_mode"))])
    env = environment(directory / "home")
    for name in [x for x in env if x.startswith("ANSIBLE_")]:
        # What the harness sets for itself; AWX sets others.
        del env[name]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible_runner",
            "run",
            str(data),
            "-p",
            template["playbook"],
            "--ident",
            "1",
            f"--cmdline={line}",
        ],
        cwd=directory,
        env={**env, **_environment(data, directory), **identity.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    artifacts = data / "artifacts" / "1"
    files = sorted((artifacts / "job_events").glob("*.json"), key=lambda x: int(x.name.partition("-")[0]))
    events = [json.loads(x.read_text(encoding="utf-8")) for x in files]
    return Done(done.returncode, done.stdout + done.stderr, artifacts, events)


def _lay_out(data: Path, hosts: dict[str, dict[str, Json]], extra: dict[str, Json]) -> None:
    (data / "inventory").mkdir(parents=True)
    (data / "env").mkdir()
    # A project sync has put the checkout there, and installed it beside. What a play writes where it stands goes nowhere else.
    (data / "project").mkdir()
    (data / "project" / "playbooks").symlink_to(ROOT / "playbooks")
    collections = data / "requirements_collections" / "ansible_collections" / "mssp"
    collections.mkdir(parents=True)
    (collections / "defender").symlink_to(ROOT)
    told = {
        "all": {"children": ["ungrouped", "customers"]},
        "customers": {"hosts": list(hosts)},
        "_meta": {"hostvars": hosts},
    }
    script = data / "inventory" / "hosts"
    script.write_text(f"#!{sys.executable}\nprint({json.dumps(told)!r})\n", encoding="utf-8")
    script.chmod(0o700)
    (data / "env" / "extravars").write_text(json.dumps(extra), encoding="utf-8")


def _meta(template: dict[str, Json]) -> dict[str, Json]:
    """Variables that AWX adds to each job. The number of a slice is not among them."""
    told = {"job_id": 7, "job_launch_type": "scheduled", "job_template_name": template["name"], "project_revision": "1234567"}
    return {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in told.items()}


def _environment(data: Path, directory: Path) -> dict[str, str]:
    collections = str(data / "requirements_collections")
    return {
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_COLLECTIONS_PATHS": collections,
        "ANSIBLE_CONFIG": str(directory / "home" / "ansible.cfg"),
        "ANSIBLE_LOCAL_TEMP": str(directory / "home" / "tmp"),
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "AWX_ISOLATED_DATA_DIR": str(data / "artifacts" / "1"),
        "JOB_ID": "7",
        "PROJECT_REVISION": "1234567",
        # AWX's own, which it lets through to every job.
        "ANSIBLE_BASE_ROLE_PRECREATE": "{}",
        "ANSIBLE_BASE_CUSTOM_VIEW_PARENT": "awx.api.generics.APIView",
    }
