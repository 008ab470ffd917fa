# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tasks inside Ansible's worker and as ordinary modules: equal results, diffs, warnings, failures and requests.

A module runs the ordinary way over a connection that is not local, with become, and with `async`. Here: groups, Defender roles
and the preflight; the rest is in test_both_ways_entitlement.py.
"""

from __future__ import annotations

import pytest
from harness.paths import REPOSITORY
from harness.server import Sandbox
from harness.ways import assignments, auditing, directory, entitlement, people, policies, requesting
from harness.ways.comparing import Case, TellAll, assert_as_in_the_worker, assert_the_same_requests, cases, pairs, refused_by_core
from harness.ways.telling import ASYNC, BECOME, NEARBY, ORDINARY, USUAL, tell

STORIES = directory.STORIES
CASES, NAMES = cases(STORIES)


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> TellAll:
    """The stories on all their ways."""
    return tell(sandbox, STORIES, tmp_path_factory.mktemp("stories"))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_each_task(told: TellAll, case: Case) -> None:
    assert_as_in_the_worker(told, case)


@pytest.mark.parametrize(("story", "way"), pairs(STORIES), ids=str)
def test_the_same_requests(told: TellAll, story: str, way: str) -> None:
    assert_the_same_requests(told, story, way)


@pytest.mark.parametrize("way", ORDINARY)
def test_the_ways_are_different_ones(told: TellAll, way: str) -> None:
    """Modules in the worker share a token; each ordinary module gets its own, and this proves that it was one."""
    story = directory.GROUP
    here, there = told[story.name, "worker"], told[story.name, way]

    assert here.tokens == 1
    refused = [step.name for step in refused_by_core(there, story)]
    assert there.tokens == len(story.steps) - len(refused)
    assert all(
        ("ansible_job_id" in task.result) is (way == ASYNC)
        for task in there.tasks.values()
        if task.task not in ("Tell", *refused)
    )


def test_every_module_has_a_story_on_every_way() -> None:
    modules = {path.stem for path in (REPOSITORY / "plugins" / "modules").glob("*.py")} - {"__init__"}
    files = (assignments, auditing, directory, entitlement, people, policies, requesting)
    stories = [story for file in files for story in file.STORIES]
    assert len(modules) >= 13
    for way in USUAL:
        assert {step.module for story in stories if way in story.ways for step in story.steps} == modules
    # And a failure of each kind, where core's words and ours come from different places.
    for way in (NEARBY, BECOME, ASYNC):
        expected = {step.expected for story in stories if way in story.ways for step in story.steps}
        assert expected >= {"InvalidInput", "Ambiguous", "InUse", "AdoptionRefused", directory.DENIED}
