# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much is measured."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Size:
    """One size of the whole benchmark.

    :param hosts: hosts of the plays that measure one kind of task, each with `repeats` tasks of the kind.
    :param runs: alternating runs of each kind, of which the median counts.
    :param customers: sizes of the fleet.
    :param grows_from: the fleet to which the largest is compared.
    :param forks: values of `--forks` for the fleet.
    :param slow_customers: customers on a Graph with latency.
    """

    hosts: int
    repeats: int
    runs: int
    customers: tuple[int, ...]
    grows_from: int
    forks: tuple[int, ...]
    slow_customers: int


SIZES = {
    "small": Size(hosts=10, repeats=5, runs=3, customers=(1, 10), grows_from=1, forks=(10,), slow_customers=3),
    "full": Size(hosts=20, repeats=10, runs=5, customers=(1, 10, 50, 100, 500), grows_from=50, forks=(10, 50), slow_customers=10),
}
