# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody's desk: a directory where a guide's files are written and its commands are typed, as they stand."""

from __future__ import annotations

import collections.abc
import json
import re
import shlex
import subprocess
import time
import typing as t
from pathlib import Path

import pexpect
import requests

from harness.guide import Guide
from harness.playbook import Result, TaskResult, environment
from harness.server import Sandbox

_ASKS = re.compile(r"--ask-vault-pass|^ansible-vault (create|edit|encrypt)")
_CODE = re.compile(r"open (\S+) and enter the code ([A-Z0-9]+)")
_SECONDS = 180
VAULT_PASSWORD = "correct-horse-battery-staple"


class Run(t.NamedTuple):
    """A command and what it did; `writes` are the requests to Graph that change something."""

    result: Result
    writes: list[str]

    def said(self, task: str) -> list[t.Any]:
        """What a debug task has printed, of all hosts and items."""
        found = [x.result for x in self.result.tasks if x.task == task]
        results = [item for result in found for item in result.get("results", [result])]
        return [item["msg"] for item in results if "msg" in item and not item.get("skipped")]

    def failed(self) -> list[str]:
        """The sentences of the tasks that have failed."""
        return [str(x.result.get("msg")) for x in self.result.tasks if x.failed]


class Desk:
    """One person's directory. Nothing but the environment says that Microsoft is the sandbox."""

    def __init__(self, guide: Guide, sandbox: Sandbox, directory: Path, env: t.Mapping[str, str]) -> None:
        self.guide = guide
        self.directory = directory
        self._sandbox = sandbox
        home = directory / "home"
        where = {"MSSP_GRAPH_URL": sandbox.graph_url, "AZURE_AUTHORITY_HOST": sandbox.login_url, "MSSP_CA_PATH": sandbox.ca_path}
        self._env = {**environment(home), **where, **env}
        self._exports: list[str] = []
        (home / ".vault-password").write_text(VAULT_PASSWORD, encoding="utf-8")

    def write(self, heading: str) -> None:
        """Write the files of a section."""
        for path, content in self.guide.files(heading).items():
            file = self.directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")

    def edit(self, path: str, before: str, after: str) -> None:
        """Change a file that is there."""
        file = self.directory / path
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, text
        file.write_text(text.replace(before, after), encoding="utf-8")

    def export(self, heading: str) -> None:
        """What a section exports holds for everything that is typed from here on."""
        self._exports += self.guide.command(heading, "export ")

    def type(self, heading: str, words: str, without: str = "", *, person: str | None = None) -> Run:
        """Type the one command of a section that has these words and not the others. The log starts empty.

        :param person: who enters the code that a sign-in shows.
        """
        (command,) = self.guide.command(heading, words, without)
        return self.at_terminal(command) if _ASKS.search(command) else self.shell(command, person=person)

    def at_terminal(self, command: str, **env: str) -> Run:
        """A command that asks for the vault's password at the terminal, twice where it is a new one."""
        results = self._begin()
        output, code = pexpect.run(
            shlex.join(["bash", "-c", "\n".join(["set -eu", *self._exports, command])]),
            events={"(?i)vault password[^:]*: ": f"{VAULT_PASSWORD}\n"},
            timeout=_SECONDS,
            withexitstatus=True,
            cwd=str(self.directory),
            env={**self._env, **env, "MSSP_TEST_RESULTS": str(results)},
        )
        return self._done(code, output.decode("utf-8", "replace"), results)

    def shell(self, command: str, *, person: str | None = None, text: str | None = None) -> Run:
        """One command of one's own.

        :param text: its standard input.
        """
        results = self._begin()
        output = self.directory / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", "\n".join(["set -eu", *self._exports, command])],
                cwd=self.directory,
                env={**self._env, "MSSP_TEST_RESULTS": str(results)},
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            try:
                if person:
                    self._enter_the_code(person, output, lambda: process.poll() is None)
                process.communicate((text or "").encode(), timeout=_SECONDS)
            finally:
                process.kill()
                process.wait()
        return self._done(process.returncode, output.read_text(encoding="utf-8"), results)

    def _begin(self) -> Path:
        results = self.directory / "results.jsonl"
        results.unlink(missing_ok=True)
        self._sandbox.log.clear()
        return results

    def _done(self, code: int, output: str, results: Path) -> Run:
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
        tasks = [TaskResult(**json.loads(line)) for line in lines]
        writes = [f"{x['method']} {x['path']}" for x in self._sandbox.log.writes()]
        return Run(Result(code, output, "", tasks), writes)

    def _enter_the_code(self, person: str, output: Path, alive: collections.abc.Callable[[], bool]) -> None:
        found = None
        while not found and alive():
            time.sleep(0.05)
            found = _CODE.search(output.read_text(encoding="utf-8", errors="replace"))
        assert found, output.read_text(encoding="utf-8")
        body = {"user_code": found[2], "user": person}
        url = f"{self._sandbox.login_url}/_sandbox/sign-in"
        requests.post(url, json=body, verify=self._sandbox.ca_path, timeout=30).raise_for_status()
