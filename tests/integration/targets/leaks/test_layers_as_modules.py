# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As ordinary modules: every layer made to raise with every secret in its text. One sentence, and nothing leaves.

The layers are made to raise from outside, by `plug/sitecustomize.py` in the child's Python (`lib/leak_cases.py` is the list).
"""

from __future__ import annotations

import collections.abc

import leak_bench
import leak_cases
import pytest
from leak_bench import Bench, Runs
from leak_cases import Host, Way

WAY: Way = "module"
SOUND, LEAKING = leak_cases.hosts(WAY, leaking=False), leak_cases.hosts(WAY, leaking=True)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Bench]:
    """A tenant for each case."""
    with leak_bench.running(tmp_path_factory.mktemp("module"), max(len(SOUND), len(LEAKING))) as started:
        yield started


@pytest.fixture(scope="module")
def sound(bench: Bench) -> Runs:
    """The cases of which nothing may leave, in two runs."""
    return bench.run_cases(SOUND, WAY)


@pytest.fixture(scope="module")
def leaking(bench: Bench) -> Runs:
    """The cases that are known to leak, apart from the others so that what they write does not hide anything."""
    return bench.run_cases(LEAKING, WAY)


@pytest.mark.parametrize("host", SOUND, ids=str)
def test_one_sentence_and_no_secret(sound: Runs, host: Host) -> None:
    leak_bench.assert_reached(sound, host, WAY)
    sound.assert_one_sentence(host.name)
    sound.assert_no_secret_of(host.name)


def test_nothing_at_all_in_what_the_runs_leave(sound: Runs) -> None:
    sound.assert_nothing_left()


@pytest.mark.parametrize("host", LEAKING, ids=str)
def test_known_leaks_are_reached(leaking: Runs, host: Host) -> None:
    leak_bench.assert_reached(leaking, host, WAY)


@pytest.mark.parametrize(
    "host", [pytest.param(x, marks=pytest.mark.xfail(strict=True, reason=x.case.leak)) for x in LEAKING], ids=str
)
def test_no_secret_where_it_is_known_to_leak(leaking: Runs, host: Host) -> None:
    leaking.assert_one_sentence(host.name)
    leaking.assert_no_secret_of(host.name)
