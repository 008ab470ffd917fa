# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs by ansible-runner, as AWX makes them: secrets come in as variables, events and artifacts are what goes out."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

from harness.playbook import Playbook, Result, TaskResult, environment

_SECONDS = 300


@dataclasses.dataclass(frozen=True, repr=False)
class RunnerResult(Result):
    """What a run gave, and where ansible-runner keeps it: outputs only, the inputs lie elsewhere."""

    artifacts: Path
    events: list[dict[str, t.Any]]
    home: Path

    def of_host(self, host: str) -> str:
        """The events of one host, as the text that ansible-runner wrote."""
        return "\n".join(json.dumps(x, ensure_ascii=False) for x in self.events if x.get("event_data", {}).get("host") == host)


def run_by_runner(
    playbook: Playbook,
    directory: Path,
    *,
    hosts: t.Mapping[str, t.Any] | Path,
    extra_vars: t.Mapping[str, t.Any] | None = None,
    arguments: str = "",
    verbosity: int = 0,
    env: t.Mapping[str, str] | None = None,
) -> RunnerResult:
    """One run in a private data directory below `directory`.

    :param hosts: the inventory; like `extra_vars` an input that ansible-runner is given as a file.
    :param arguments: more of ansible-playbook's command line.
    """
    data = directory / "runner"
    _write(data / "project" / "playbook.json", playbook)
    if isinstance(hosts, Path):
        shutil.copytree(hosts, data / "inventory")
    else:
        _write(data / "inventory" / "hosts.json", hosts)
    _write(data / "env" / "extravars", extra_vars or {})
    results = directory / "results.jsonl"
    home = directory / "home"
    command = [sys.executable, "-m", "ansible_runner", "run", str(data), "-p", "playbook.json", "--ident", "run"]
    command += [f"--cmdline={arguments}"] if arguments else []
    command += ["-" + "v" * verbosity] if verbosity else []
    done = subprocess.run(
        command,
        cwd=directory,
        env={**environment(home), "MSSP_TEST_RESULTS": str(results), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    artifacts = data / "artifacts" / "run"
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    events = [json.loads(x.read_text(encoding="utf-8")) for x in sorted((artifacts / "job_events").glob("*.json"))]
    tasks = [TaskResult(**json.loads(line)) for line in lines]
    return RunnerResult(done.returncode, done.stdout, done.stderr, tasks, artifacts, events, home)


def _write(path: Path, content: t.Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
