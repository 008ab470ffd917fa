# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every body that the modules send, and every answer that they read, is known to Microsoft's own models."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest
from harness import onboarding
from harness.drift_policies import OPTIONS
from harness.log import Entry
from harness.onboarding import three_customers
from harness.paths import REPOSITORY
from harness.server import Sandbox
from harness.ways import assignments, auditing, by_hand, directory, entitlement, people, policies, requesting
from harness.ways.telling import WORKER, Story, Told, step, tell
from harness.world import MSSP_TENANT, OTHER_TENANT

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")

from official.judge import judge_all

# Of the SDK's own classes.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SANDBOX = {"journal": {"answers": True}}


def _prepare(tenant: t.Any) -> dict[str, t.Any]:
    by_hand.package(tenant, "Tier 1", by_hand.catalog(tenant, "Accesses"))
    made = {name: tenant.user(name) for name in ("ada", "ben", "cyd")}
    made.update({name: tenant.group(name) for name in ("one", "two")})
    return {
        **made,
        "mssp": by_hand.organization(tenant, "MSSP", MSSP_TENANT),
        "partner": by_hand.organization(tenant, "Partner", OTHER_TENANT),
    }


def _templated(value: t.Any) -> t.Any:
    """The options of the drift tests, with their `{ada}` as variables of a playbook."""
    if isinstance(value, dict):
        return {key: _templated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_templated(item) for item in value]
    return f"{{{{ {value[1:-1]} }}}}" if isinstance(value, str) and value.startswith("{") else value


_EVERYTHING = {**_templated(OPTIONS), "name": "P", "access_package": "Tier 1"}
# Beside the stories of all modules: a policy of which everything is stated, for each kind of requestor and each rhythm.
WHOLE_POLICY = Story(
    "whole-policy",
    _prepare,
    [
        step("create", "access_package_policy", "changed", **_EVERYTHING),
        step("again", "access_package_policy", "ok", **_EVERYTHING),
        *(
            step(
                f"reviewed every {every}", "access_package_policy", "changed", name="P", access_package="Tier 1", reviews=reviews
            )
            for every, reviews in {
                rhythm: {"every": rhythm, "open_days": 3} for rhythm in ("week", "month", "quarter", "half_year")
            }.items()
        ),
        step("an end", "access_package_policy", "changed", name="P", access_package="Tier 1", expiry="2031-01-31T10:00:00Z"),
    ],
)
# Failing tasks send what others send, and what they read is what anybody reads.
STORIES = [
    dataclasses.replace(story, ways=(WORKER,))
    for story in (
        *auditing.STORIES,
        *directory.STORIES,
        *entitlement.STORIES,
        *people.STORIES,
        *policies.STORIES,
        *assignments.STORIES,
        *requesting.STORIES,
        WHOLE_POLICY,
    )
    if not story.name.endswith("-failures")
]
ToldAll = dict[tuple[str, str], Told]


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> ToldAll:
    """All stories, told once."""
    return tell(sandbox, STORIES, tmp_path_factory.mktemp("stories"))


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_bodies_of_a_story(told: ToldAll, story: Story) -> None:
    tale = told[story.name, WORKER]
    # A task that failed would have sent nothing to judge.
    assert [made.name for made in story.steps if tale.tasks[made.name].failed] == []
    assert all("answer" in entry for entry in tale.graph)
    assert judge_all(tale.requests) == []


def test_every_module_is_judged() -> None:
    there = {file.stem for file in (REPOSITORY / "plugins" / "modules").glob("[!_]*.py")}
    # Who signs in talks to the identity platform alone, of which these models know nothing.
    assert {made.module for story in STORIES for made in story.steps} == there - {"sign_in"}


def test_bodies_of_an_onboarding(tmp_path: Path) -> None:
    """Three customers from nothing, and again."""
    with onboarding.running(tmp_path, three_customers(**SANDBOX)) as job:
        for changes in (True, False):
            result = job.run()
            assert result.rc == 0, result
            entries = job.sandbox.log.all()
            assert bool(job.sandbox.log.writes()) == changes
            assert kinds(entries) >= ({"POST", "PATCH", "GET"} if changes else {"GET"})
            assert judge_all(entries) == []


def kinds(entries: list[Entry]) -> set[str]:
    """The methods with which Graph was called."""
    return {entry["method"] for entry in entries if entry["area"] == "graph"}
