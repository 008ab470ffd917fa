# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At a terminal: what is at the foot on the way, and that it has gone at the end."""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "lib"))
pytest.importorskip("pyte")
import zoo
from harness.playbook import local
from terminal import Terminal

BAR = re.compile(r"(\[[#-]{20}\]  )?\d+ of \d+  \d+ s")


def bars(lines: list[str]) -> list[str]:
    """The lines of a screen that are a bar."""
    return [line for line in lines if BAR.match(line)]


def waiting(count: int, seconds: float, **more: t.Any) -> tuple[list[dict[str, t.Any]], dict[str, t.Any]]:
    """A playbook and its customers, each of whom takes so long; names as wide as names get."""
    task = {"name": "Wait", "ansible.builtin.command": f"sleep {seconds}", "changed_when": False, **more}
    book = [{"hosts": "all", "gather_facts": False, "strategy": "ansible.builtin.host_pinned", "tasks": [task]}]
    return book, {"all": {"hosts": {f"{zoo.WIDE}{number}": local() for number in range(1, count + 1)}}}


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50), (38, 6)])
def test_the_zoo(ansible: str, tmp_path: Path, columns: int, rows: int) -> None:
    seen = Terminal(zoo.playbook(), tmp_path, zoo.hosts(), ["-f", "3"], columns, rows, {"ANSIBLE_NOCOLOR": "1"})
    assert seen.finish() != 0
    told = seen.all_lines()
    text = "\n".join(told)
    for name, state in (("busy", "changed"), ("broken", "failed"), ("saved", "ok"), ("gone", "unreachable"), ("quiet", "ok")):
        assert len(re.findall(rf"^{name} +{state} ", text, re.MULTILINE)) == 1, text
    assert not bars(told), text
    assert "11 customers" in text
    assert zoo.SECRET.encode() not in seen.raw
    assert b"\x1b]0" not in seen.raw
    # There was one bar at a time, as the last line, and nothing wider than the terminal.
    with_bars = [screen for screen in seen.screens if bars(screen)]
    assert with_bars
    assert all(len(bars(screen)) == 1 for screen in with_bars)


def test_who_runs_and_how_long_it_takes_still(ansible: str, tmp_path: Path) -> None:
    book, hosts = waiting(9, 0.7)
    seen = Terminal(book, tmp_path, hosts, ["-f", "3"], 100, 24, {})
    assert seen.finish() == 0
    full = [screen for screen in seen.screens if bars(screen) and re.search(r"3 of 9 .*about \d+ s left", bars(screen)[0])]
    assert full
    screen = full[-1]
    foot = screen[-4:]
    assert foot[-1].startswith("[######--------------]  3 of 9")
    assert [line.split()[0] for line in foot[:3]] == [f"{zoo.WIDE}{number}" for number in (4, 5, 6)] or "Wait" in foot[0]
    assert all("Wait" in line for line in foot[:3])
    assert sum(" ok " in line for line in seen.all_lines()) == 9


def test_colours_only_if_wanted(ansible: str, tmp_path: Path) -> None:
    book, hosts = waiting(1, 0)
    coloured = Terminal(book, tmp_path / "colour", hosts, [], 80, 24, {"ANSIBLE_NOCOLOR": ""})
    coloured.finish()
    plain = Terminal(book, tmp_path / "plain", hosts, [], 80, 24, {"ANSIBLE_NOCOLOR": "1"})
    plain.finish()
    assert b"\x1b[0;32mok" in coloured.raw
    assert not re.search(rb"\x1b\[[0-9;]*m", plain.raw)


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"CI": "true"}, {"MSSP_FLEET_FOOT": "never"}])
def test_no_foot_where_nobody_looks(tmp_path: Path, env: dict[str, str]) -> None:
    book, hosts = waiting(2, 0)
    seen = Terminal(book, tmp_path, hosts, [], 80, 24, {"ANSIBLE_NOCOLOR": "1", **env})
    assert seen.finish() == 0
    assert b"\x1b" not in seen.raw
    assert "2 customers in" in "\n".join(seen.lines())


def test_a_resize_leaves_nothing_behind(ansible: str, tmp_path: Path) -> None:
    book, hosts = waiting(4, 2)
    seen = Terminal(book, tmp_path, hosts, ["-f", "2"], 120, 30, {})
    seen.until(lambda lines: bool(bars(lines)))
    seen.resize(60, 12)
    seen.until(lambda lines: bool(bars(lines)) and len(bars(lines)[0]) < 60 and any("2 of 4" in line for line in lines))
    seen.resize(140, 40)
    assert seen.finish() == 0
    assert not bars(seen.all_lines())
    assert sum(" ok " in line for line in seen.all_lines()) == 4
    assert len([line for line in seen.all_lines() if "Wait" in line]) == 0


def test_ctrl_c_tells_who_was_stopped(ansible: str, tmp_path: Path) -> None:
    book, hosts = waiting(14, 30)
    seen = Terminal(book, tmp_path, hosts, ["-f", "2"], 100, 30, {"ANSIBLE_NOCOLOR": "1"})
    seen.until(
        lambda lines: sum("Wait" in line for line in lines) == 2 and re.search(r"0 of 14  [1-9]\d* s", lines[-1]) is not None
    )
    assert seen.finish(b"\x03") == 99
    text = "\n".join(seen.all_lines())
    assert "User interrupted execution" in text
    assert len(re.findall(r"\d +stopped +[1-9]", text)) == 2
    assert "14 customers in" in text
    assert ": 2 stopped, 12 not reached" in text
    assert not bars(seen.all_lines())


def test_questions_are_asked_in_peace(ansible: str, tmp_path: Path) -> None:
    book, hosts = waiting(1, 0)
    book[0]["tasks"].insert(0, {"name": "Ask", "ansible.builtin.pause": {"prompt": "Go on?"}})
    book[0]["strategy"] = "ansible.builtin.linear"
    seen = Terminal(book, tmp_path, hosts, [], 80, 24, {"ANSIBLE_NOCOLOR": "1"})
    asked = seen.until(lambda lines: any("Go on?" in line for line in lines))
    assert not bars(asked)
    assert seen.finish(b"yes\r") == 0
    assert "1 customer in" in "\n".join(seen.lines())


def test_warnings_stand_above_the_foot(ansible: str, tmp_path: Path) -> None:
    book, hosts = waiting(2, 1)
    book[0]["tasks"].insert(0, {"name": "Warn", "ansible.builtin.debug": {"msg": "x"}, "when": "{{ true }}"})
    seen = Terminal(book, tmp_path, hosts, [], 100, 24, {"ANSIBLE_NOCOLOR": "1"})
    seen.finish()
    both = [screen for screen in seen.screens if bars(screen) and any("[WARNING]" in line for line in screen)]
    assert both
    at = [next(n for n, line in enumerate(screen) if "[WARNING]" in line) for screen in both]
    assert all(line < screen.index(bars(screen)[0]) for line, screen in zip(at, both, strict=True))
    assert all(screen[line].startswith("[WARNING]") for line, screen in zip(at, both, strict=True))
