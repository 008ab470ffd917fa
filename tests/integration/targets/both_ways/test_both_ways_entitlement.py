# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As test_both_ways.py, for connected organizations, catalogs, access packages and policies."""

from __future__ import annotations

import pytest
from harness.server import Sandbox
from harness.ways import entitlement, policies, requesting
from harness.ways.comparing import Case, TellAll, assert_as_in_the_worker, assert_the_same_requests, cases, pairs
from harness.ways.telling import USUAL, tell

STORIES = (*entitlement.STORIES, *policies.STORIES, *requesting.STORIES)
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


@pytest.mark.parametrize("way", USUAL)
def test_warnings_are_told_on_every_way(told: TellAll, way: str) -> None:
    """That they are equal is in test_each_task; here, that there was one to compare."""
    warnings = told["organization", way].tasks["create"].result["warnings"]

    assert any("For all" in str(warning) for warning in warnings)
