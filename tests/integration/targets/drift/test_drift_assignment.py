# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of assignments: only when one ends can differ. A hand changes it by a request, as everybody has to.

An assignment has no name and no description, so the promises of the other tables are told here by themselves.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from harness.assigning import ASSIGNMENTS, REQUESTS, Packages
from harness.drift import at
from harness.server import Sandbox
from harness.story import Play, Step, same_changes

from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment import Assignment

MODULE = "access_package_assignment"
Expiration = dict[str, t.Any]


def _until(day: str) -> Expiration:
    return {"type": "afterDateTime", "endDateTime": day}


def _for(duration: str) -> Expiration:
    return {"type": "afterDuration", "duration": duration}


@dataclasses.dataclass(frozen=True)
class Case:
    """What a task states, what means the same in another spelling, and what a hand makes of it."""

    options: dict[str, t.Any]
    spelled: Expiration
    drifted: Expiration
    before: str | None
    after: str


END = "schedule.expiration.endDateTime"
DURATION = "schedule.expiration.duration"
CASES = {
    (END, "another day"): Case(
        {"ends": "2031-01-31T18:00:00Z"},
        _until("2031-01-31T18:00:00.0000000Z"),
        _until("2031-02-28T18:00:00Z"),
        "2031-02-28T18:00:00Z",
        "2031-01-31T18:00:00Z",
    ),
    (END, "without end"): Case(
        {"ends": "2031-01-31T19:00:00+01:00"},
        _until("2031-01-31T18:00:00Z"),
        {"type": "noExpiration"},
        None,
        "2031-01-31T18:00:00Z",
    ),
    (DURATION, "more days"): Case({"duration_days": 60}, _for("PT1440H"), _for("P90D"), "P90D", "P60D"),
    (DURATION, "without end"): Case({"duration_days": 60}, _for("P60D"), {"type": "noExpiration"}, None, "P60D"),
}
each = pytest.mark.parametrize("case", CASES, ids=" ".join)


@dataclasses.dataclass
class Told:
    """The steps of one case."""

    silent: Step
    unstated: Step
    check: Step
    run: Step
    right: Step
    again: Step


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Told]:
    """All cases in one playbook, each with an assignment of its own."""
    tenant = sandbox.fresh_tenant()
    packages = Packages(tenant)
    play = Play(tenant, tmp_path_factory.mktemp("drift"))
    found = {}
    for person, (name, case) in zip(("ada", "ben", "cyd", "dee"), CASES.items(), strict=True):
        assignment = packages.assigned(tenant.user(person), schedule={"expiration": case.spelled})
        wanted = {"access_package": "Tier 1", "target": tenant.user(person), **case.options}
        silent = play.task(MODULE, **wanted)
        body = {"requestType": "adminUpdate", "assignment": {"id": assignment}, "schedule": {"expiration": case.drifted}}
        play.send("POST", REQUESTS, body)
        play.list(REQUESTS)
        unstated = play.task(MODULE, access_package="Tier 1", target=tenant.user(person))
        check, run = play.check(MODULE, **wanted), play.task(MODULE, **wanted)
        right = play.get(f"{ASSIGNMENTS}/{assignment}")
        found[name] = Told(silent, unstated, check, run, right, play.task(MODULE, **wanted))
    play.run()
    return found


def test_every_property_has_a_case() -> None:
    assert {path for path, dummy in CASES} == {prop.path for prop in Assignment.properties}


@each
def test_another_spelling_is_no_difference(told: dict[tuple[str, str], Told], case: tuple[str, str]) -> None:
    assert (told[case].silent.changed, told[case].silent.writes) == (False, [])


@each
def test_unstated_it_stays(told: dict[tuple[str, str], Told], case: tuple[str, str]) -> None:
    assert (told[case].unstated.changed, told[case].unstated.writes) == (False, [])


@each
def test_check_mode_says_it_and_a_run_puts_it_right(told: dict[tuple[str, str], Told], case: tuple[str, str]) -> None:
    one, wanted = told[case], CASES[case]
    assert one.check.writes == []
    same_changes(one.check, one.run)
    (change,) = one.run.changes
    assert (change["action"], change["property"]) == ("update", case[0])
    assert (str(change["before"])[:19], change["after"]) == (str(wanted.before)[:19], wanted.after)
    assert one.run.result["diff"]["before"] != one.run.result["diff"]["after"]
    assert len(one.run.writes) == 1
    end = at(one.right.result, END)
    if case[0] == END:
        assert end[:19] == wanted.after[:19]
    else:
        assert end > at(one.right.result, "schedule.startDateTime")


@each
def test_the_next_run_is_silent(told: dict[tuple[str, str], Told], case: tuple[str, str]) -> None:
    assert (told[case].again.changed, told[case].again.writes) == (False, [])
