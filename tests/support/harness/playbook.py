# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real `ansible-playbook` runs in a clean environment, with every task's result."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from harness.paths import COLLECTIONS, SUPPORT

_SECONDS = 180

Playbook = t.Sequence[t.Mapping[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """What one task gave on one host; `status` is ok, failed, skipped or unreachable."""

    host: str
    task: str
    action: str
    status: str
    result: dict[str, t.Any]

    @property
    def failed(self) -> bool:
        """Whether it failed, ignored or not."""
        return self.status == "failed"


@dataclasses.dataclass(frozen=True, repr=False)
class Result:
    """What a run gave."""

    rc: int
    stdout: str
    stderr: str
    tasks: list[TaskResult]

    def task(self, name: str, host: str | None = None) -> TaskResult:
        """The result of the task of this name; the only one, or that of a host."""
        found = [x for x in self.tasks if x.task == name and host in (None, x.host)]
        assert len(found) == 1, f"{len(found)} results of '{name}':\n{self.stdout}\n{self.stderr}"
        return found[0]

    def __repr__(self) -> str:
        return f"rc {self.rc}\n{self.stdout}\n{self.stderr}"


def programs() -> Path:
    """The directory of the Ansible under test."""
    return Path(os.environ.get("MSSP_TEST_ANSIBLE") or Path(sys.executable).parent)


@functools.lru_cache(maxsize=1)
def interpreter() -> str:
    """The Python for ordinary modules: Ansible's own.

    Ansible cannot start an interpreter whose path has a space in it, as a clone's folder may have: then by a script.
    """
    python = programs() / "python"
    if " " not in str(python):
        return "{{ ansible_playbook_python }}"
    directory = tempfile.mkdtemp(prefix="mssp-python-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    script = Path(directory) / "python"
    script.write_text(f'#!/bin/sh\nexec "{python}" "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    return str(script)


def local(**variables: t.Any) -> dict[str, t.Any]:
    """Variables of a host that runs on the controller."""
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": interpreter(),
        **variables,
    }


def inventory(*hosts: str, **variables: t.Any) -> dict[str, t.Any]:
    """An inventory of local hosts."""
    return {"all": {"hosts": {host: local(**variables) for host in hosts}}}


def environment(home: Path, **more: str) -> dict[str, str]:
    """The child's whole environment: nothing of this machine's Azure, CA or Ansible settings."""
    home.mkdir(parents=True, exist_ok=True)
    collections = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(COLLECTIONS)
    empty = home / "ansible.cfg"
    empty.touch()
    return {
        "HOME": str(home),
        "PATH": f"{programs()}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "ANSIBLE_CONFIG": str(empty),
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_LOCAL_TEMP": str(home / "tmp"),
        # core expands ~ to the user's own home here, whatever HOME says.
        "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
        "ANSIBLE_ASYNC_DIR": str(home / "async"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_CALLBACK_PLUGINS": str(SUPPORT / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "results_to_file",
        "ANSIBLE_ACTION_PLUGINS": str(SUPPORT / "actions"),
        "ANSIBLE_CONNECTION_PLUGINS": str(SUPPORT / "connections"),
        **more,
    }


def run_playbook(
    playbook: Playbook | Path,
    directory: Path,
    *,
    hosts: t.Mapping[str, t.Any] | Path | None = None,
    check: bool = False,
    diff: bool = False,
    extra_vars: t.Mapping[str, t.Any] | None = None,
    verbosity: int = 0,
    env: t.Mapping[str, str] | None = None,
    arguments: t.Sequence[str] = (),
    seconds: float = _SECONDS,
) -> Result:
    """Run a playbook, given as data or as a file, and wait for its end.

    :param directory: a private directory of the test; everything that the run writes is in there.
    :param hosts: an inventory as data or as a file; one local host by default.
    """
    directory.mkdir(parents=True, exist_ok=True)
    results = directory / "results.jsonl"
    results.unlink(missing_ok=True)
    command = [str(programs() / "ansible-playbook"), "-i", _file(hosts or inventory("customer"), directory / "inventory.json")]
    command += ["--check"] * check + ["--diff"] * diff + (["-" + "v" * verbosity] if verbosity else [])
    if extra_vars:
        command += ["-e", "@" + _file(extra_vars, directory / "extra.json")]
    command += [*arguments, _file(playbook, directory / "playbook.json")]
    done = subprocess.run(
        command,
        cwd=directory,
        env={**environment(directory / "home"), "MSSP_TEST_RESULTS": str(results), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return Result(done.returncode, done.stdout, done.stderr, [TaskResult(**json.loads(line)) for line in lines])


def _file(content: t.Any, path: Path) -> str:
    if isinstance(content, Path):
        return str(content)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
    return str(path)
