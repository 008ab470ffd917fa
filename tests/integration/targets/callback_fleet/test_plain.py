# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Without a terminal, as in a pipe: lines that stay, and everything that can happen to a customer."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from harness.playbook import Result, run_playbook
from harness.runner import run_by_runner

sys.path.insert(0, str(Path(__file__).parent / "lib"))
import zoo

FLEET = {"ANSIBLE_STDOUT_CALLBACK": "mssp.defender.fleet", "ANSIBLE_FORKS": "3"}


@pytest.fixture(scope="module")
def seen(ansible: str, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The zoo, at customers' own pace."""
    return run_playbook(zoo.playbook(), tmp_path_factory.mktemp("zoo"), hosts=zoo.hosts(), env=FLEET)


def line(run: Result, name: str) -> str:
    """A customer's line: exactly one."""
    found = [x for x in run.stdout.splitlines() if re.match(re.escape(name) + r" {2,}\S.* s\b", x)]
    assert len(found) == 1, run
    return " ".join(found[0].split())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("quiet", r"ok [\d.]+ s"),
        ("busy", r"changed [\d.]+ s 1 task changed"),
        ("gone", r"unreachable [\d.]+ s at Reach"),
        ("broken", r"failed [\d.]+ s at Break"),
        ("items", r"failed [\d.]+ s at Loop"),
        ("saved", r"ok [\d.]+ s 1 failure rescued"),
        ("spared", r"ok [\d.]+ s 1 failure ignored"),
        ("tries", r"failed [\d.]+ s at Try"),
        ("hidden", r"failed [\d.]+ s at Hide"),
        (zoo.WIDE, r"ok [\d.]+ s"),
        ("evilname 2J", r"ok [\d.]+ s"),
    ],
)
def test_one_line_for_each_customer(seen: Result, name: str, told: str) -> None:
    assert re.fullmatch(f"{re.escape(name)} {told}", line(seen, name))


def test_failures_in_full_at_the_end(seen: Result) -> None:
    after = seen.stdout.partition("FAILURES")[2].partition("PLAY RECAP")[0]
    assert "broken\n  Break: The group 'A ]0;title B' is gone.\n    Ask whoever made it.\n" in after
    assert "items\n  Loop (one): Item one is bad.\n  Loop (two): Item two is bad.\n" in after
    assert re.search(r"^gone\n  Reach: .*Failed to create temporary directory\.", after, re.MULTILINE)
    assert "tries\n  Try: not yet\n" in after
    assert "hidden\n  Hide: the output has been hidden" in after
    assert "caught" not in seen.stdout
    assert "never mind" not in seen.stdout


def test_totals_and_no_line_for_each_host(seen: Result) -> None:
    recap = seen.stdout.partition("PLAY RECAP")[2].splitlines()[1:]
    assert re.fullmatch(r"11 customers in [\d.]+ s: 4 failed, 1 unreachable, 1 changed, 5 ok", recap[0])
    assert recap[1] == "1 task changed"
    assert recap[2] == "6 messages not shown: -v shows them."
    assert re.search(r" changed=1 unreachable=1 failed=4 skipped=\d+ rescued=1 ignored=1$", recap[3])
    assert seen.rc != 0


def test_nothing_for_a_terminal_and_no_secret(seen: Result) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", seen.stdout + seen.stderr)
    assert zoo.SECRET not in seen.stdout + seen.stderr
    assert "TASK [" not in seen.stdout


def test_what_is_said_for_all_is_shown(seen: Result) -> None:
    assert "For all\n  first line\n  second line\n" in seen.stdout
    assert "a private word" not in seen.stdout


def test_in_step_the_lines_come_at_the_end_of_the_play(ansible: str, tmp_path: Path) -> None:
    run = run_playbook(zoo.playbook("ansible.builtin.linear"), tmp_path, hosts=zoo.hosts(), env=FLEET)
    assert "changed" in line(run, "busy")
    assert "rescued" in line(run, "saved")
    assert "11 customers" in run.stdout


def test_verbose_is_what_the_default_shows_in_addition(ansible: str, tmp_path: Path) -> None:
    run = run_playbook(zoo.playbook(), tmp_path, hosts=zoo.hosts(), env=FLEET, verbosity=1)
    assert "changed" in line(run, "busy")
    assert run.stdout.count("a private word") == 6
    assert re.search(r"changed: \[busy\] => \{.*\"rc\": 0", run.stdout)
    assert re.search(r"^saved +: ok=\d+ .* rescued=1", run.stdout, re.MULTILINE)
    assert "messages not shown" not in run.stdout
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", run.stdout)
    assert zoo.SECRET not in run.stdout + run.stderr


def test_whom_no_play_reaches(ansible: str, tmp_path: Path) -> None:
    tasks = [{"name": "Stop", "ansible.builtin.fail": {"msg": "no"}}]
    book = [{"name": "Batches", "hosts": "all", "gather_facts": False, "serial": 1, "tasks": tasks}]
    names = {"all": {"hosts": {f"c{number}": {"ansible_connection": "local"} for number in range(13)}}}
    few = {"all": {"hosts": {f"c{number}": {"ansible_connection": "local"} for number in range(2)}}}
    many_run = run_playbook(book, tmp_path / "many", hosts=names, env=FLEET)
    assert "12 not reached: c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12\n" in many_run.stdout
    assert "13 customers in" in many_run.stdout
    assert ": 1 failed, 12 not reached\n" in many_run.stdout
    few_run = run_playbook(book, tmp_path / "few", hosts=few, env=FLEET)
    assert re.search(r"^c1 +not reached$", few_run.stdout, re.MULTILINE)


def test_warnings_of_core_are_shown(ansible: str, tmp_path: Path) -> None:
    tasks = [{"name": "Warn", "ansible.builtin.debug": {"msg": "x"}, "when": "{{ true }}"}]
    book = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    run = run_playbook(book, tmp_path, env=FLEET)
    default = run_playbook(book, tmp_path)
    assert "[WARNING]" in default.stderr
    assert run.stderr == default.stderr


def test_messages_can_be_asked_for(ansible: str, tmp_path: Path) -> None:
    tasks = [{"name": "Say", "ansible.builtin.debug": {"msg": "of {{ inventory_hostname }}"}}]
    book = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    two = {"all": {"hosts": {name: {"ansible_connection": "local"} for name in ("a", "b")}}}
    always = run_playbook(book, tmp_path / "always", hosts=two, env={**FLEET, "MSSP_FLEET_MESSAGES": "always"})
    assert "a: Say\n  of a\n" in always.stdout
    single = run_playbook(book, tmp_path / "single", env=FLEET)
    assert "customer: Say\n  of customer\n" in single.stdout
    never = run_playbook(book, tmp_path / "never", env={**FLEET, "MSSP_FLEET_MESSAGES": "never"})
    assert "of customer" not in never.stdout
    assert "1 message not shown: -v shows it.\n" in never.stdout


def test_as_awx_runs_it_there_are_lines_only(tmp_path: Path) -> None:
    run = run_by_runner(zoo.playbook(), tmp_path, hosts=zoo.hosts(), env=FLEET)
    lines = [event["stdout"] for event in run.events if event["stdout"]]
    told = "\n".join(lines)
    assert "busy" in told
    assert "11 customers in" in told
    assert "\x1b[J" not in told
    assert zoo.SECRET not in told
