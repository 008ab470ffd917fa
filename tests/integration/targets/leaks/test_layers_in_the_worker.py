# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inside Ansible's worker: every layer made to raise with every secret in its text. One sentence, and nothing leaves.

The layers are made to raise from outside, by `plug/sitecustomize.py` in the child's Python (`lib/leak_cases.py` is the list).
"""

from __future__ import annotations

import collections.abc

import leak_bench
import leak_cases
import pytest
from leak_bench import Runs
from leak_cases import Host, Way

WAY: Way = "worker"
HOSTS = leak_cases.hosts(WAY)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Runs]:
    """All cases in two runs, with a tenant for each."""
    with leak_bench.running(tmp_path_factory.mktemp(WAY), len(HOSTS)) as bench:
        yield bench.run_cases(HOSTS, WAY)


@pytest.mark.parametrize("host", HOSTS, ids=str)
def test_one_sentence_and_no_secret(runs: Runs, host: Host) -> None:
    leak_bench.assert_reached(runs, host, WAY)
    runs.assert_one_sentence(host.name)
    runs.assert_no_secret_of(host.name)


def test_nothing_at_all_in_what_the_runs_leave(runs: Runs) -> None:
    runs.assert_nothing_left()
