# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible at a terminal that is emulated by pyte: what a person would see, at the end and on the way."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import typing as t
from pathlib import Path

import pyte
from harness.playbook import environment, programs

_SECONDS = 120.0
# What a run that is interrupted, or has its answer, may take.
_STUCK = 40.0
# How long a person waits before pressing a key once more.
_PATIENCE = 8.0


class Terminal:
    """One run of ansible-playbook. `screens` are the different screens that were seen, in order."""

    def __init__(
        self, playbook: t.Any, directory: Path, hosts: t.Any, arguments: t.Sequence[str], columns: int, rows: int, env: t.Any
    ):
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in (("playbook.json", playbook), ("inventory.json", hosts)):
            (directory / name).write_text(json.dumps(content), encoding="utf-8")
        # ansible-runner and CI systems tell of themselves in the environment: here sits a person.
        known = {"TERM": "xterm-256color", "ANSIBLE_STDOUT_CALLBACK": "mssp.defender.fleet", **env}
        self.screen = pyte.HistoryScreen(columns, rows, history=5000, ratio=0.01)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.screens: list[list[str]] = []
        self._master, slave = pty.openpty()
        self._size(columns, rows)
        self._process = subprocess.Popen(
            [str(programs() / "ansible-playbook"), "-i", "inventory.json", *arguments, "playbook.json"],
            cwd=directory,
            env={key: value for key, value in environment(directory / "home", **known).items() if value},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=_own_terminal,
        )
        os.close(slave)

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """As dragging the window's corner does. pyte cuts lines, and keeps the cursor's."""
        self.screen.resize(rows, columns)
        self._size(columns, rows)
        self._process.send_signal(signal.SIGWINCH)

    def press(self, keys: bytes) -> None:
        """Type something."""
        os.write(self._master, keys)

    def until(self, seen: t.Callable[[list[str]], bool]) -> list[str]:
        """Read on until the screen is as wanted."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            if not self._read():
                break
            if seen(self.lines()):
                return self.lines()
        raise AssertionError("never seen; at last:\n" + "\n".join(self.lines()))

    def finish(self, keys: bytes = b"") -> int:
        """Read on to the end; the exit code.

        :param keys: pressed now, and again when nothing comes of it: Ansible throws away what is typed before it is ready.
        """
        began = time.monotonic()
        presses = 0
        while self._read():
            passed = time.monotonic() - began
            if keys and passed >= presses * _PATIENCE:
                presses += 1
                self.press(keys)
            if passed > (_STUCK if keys else _SECONDS):
                self._process.kill()
        os.close(self._master)
        return self._process.wait(30)

    def _read(self) -> bool:
        ready, dummy, dummy2 = select.select([self._master], [], [], 1.0)
        if not ready:
            return self._process.poll() is None
        # The terminal is gone when its last process is.
        with contextlib.suppress(OSError):
            data = os.read(self._master, 65536)
            if data:
                self.raw += data
                self._stream.feed(data)
                if not self.screens or self.screens[-1] != self.lines():
                    self.screens.append(self.lines())
                return True
        return False

    def lines(self) -> list[str]:
        """What is on the screen, without the empty rest."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def all_lines(self) -> list[str]:
        """What has scrolled away, and what is on the screen."""
        columns = self.screen.columns
        gone = ["".join(line[x].data for x in range(columns)).rstrip() for line in self.screen.history.top]
        return [line for line in gone if line] + self.lines()


def _own_terminal() -> None:
    # What runs in the background may ignore the keys of a terminal, and hands that down: nobody would hear Ctrl-C.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
