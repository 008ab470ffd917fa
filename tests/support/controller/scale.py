# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a fleet takes, how many slices and forks it wants: the model behind docs/scale.md.

Three things can be what a slice waits for: its cores, Ansible's one parent process, and its forks. Each fork has one
customer at a time, which mostly waits for Microsoft Graph. The one that takes longest decides.
"""

from __future__ import annotations

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Work:
    """What one customer costs.

    :param cpu: seconds of CPU, parent and workers.
    :param parent: those of them that are the parent's, which has one thread.
    :param requests: to Microsoft Graph and the identity platform, one after the other.
    :param writes: those of them that change something.
    """

    cpu: float
    parent: float
    requests: int
    writes: int = 0


@dataclasses.dataclass(frozen=True)
class Place:
    """Where slices run.

    :param cores: of each execution node; a node runs one slice at a time.
    :param latency: seconds that a request takes.
    :param fixed: seconds until the first customer of a job is begun: container, project, inventory.
    """

    cores: int = 4
    latency: float = 0.3
    fixed: float = 60.0


# As `make bench` has found them on ansible-core 2.19; docs/scale.md quotes them.
FIRST = Work(cpu=1.2, parent=0.26, requests=45, writes=21)
NO_CHANGE = Work(cpu=0.65, parent=0.15, requests=15)
AUDIT = Work(cpu=2.3, parent=0.53, requests=55)

# MiB of Ansible's parent: at the start, and for each customer whose results it keeps.
PARENT_MIB, CUSTOMER_MIB = 68.0, 0.46
# MiB that a worker has for itself, beside the pages it shares with the parent. A guess on the safe side.
FORK_MIB = 50.0
# So many customers in one job, and no more: its memory grows with them, and so does what is lost when its node is.
MOST = 1000
# What Microsoft lets one application write in all tenants together: so many in so many seconds.
WRITES, WRITES_SECONDS = 70_000, 300.0

FLEETS = (100, 1_000, 10_000)
NODES = (1, 3, 10)


def each(work: Work, place: Place) -> float:
    """Seconds that one customer takes by itself."""
    return work.cpu + work.requests * place.latency


def rate(work: Work) -> float:
    """Customers per hour that one core can do, if it never waits."""
    return 3600 / work.cpu


def forks(work: Work, place: Place) -> int:
    """So many customers at once that the cores, or the parent, always have something to do while others wait for Graph."""
    return math.ceil(min(place.cores / work.cpu, 1 / work.parent) * each(work, place))


def memory(customers: int, forks_: int) -> float:
    """MiB of one job."""
    return PARENT_MIB + CUSTOMER_MIB * customers + FORK_MIB * min(forks_, customers)


def slices(customers: int, nodes: int) -> int:
    """One for each node, and no job with too many customers; a small fleet is not worth a second one."""
    return max(1, min(nodes, customers // 100), math.ceil(customers / MOST))


def seconds(work: Work, place: Place, customers: int, *, slices_: int, nodes: int, forks_: int) -> float:
    """From the launch to the end of the last slice. Slices for which there is no node wait for one."""
    share = math.ceil(customers / slices_)
    one = place.fixed + max(
        share * work.cpu / place.cores,
        share * work.parent,
        math.ceil(share / forks_) * each(work, place),
    )
    return math.ceil(slices_ / nodes) * one


def requests_a_second(work: Work, place: Place, *, jobs: int, forks_: int) -> float:
    """Requests that reach Microsoft in a second from all jobs that run, at the most."""
    return jobs * work.requests * min(forks_ / each(work, place), place.cores / work.cpu, 1 / work.parent)


def writes_allow(work: Work, customers: int) -> float:
    """Seconds below which a fleet cannot be written, since the application may not write faster."""
    return customers * work.writes / WRITES * WRITES_SECONDS


def table() -> str:
    """The table of docs/scale.md."""
    place = Place()
    lines = [
        "| customers | nodes | slices | MiB of a job | audit, 10 forks | audit, 30 forks | no change, 30 forks | first run, 30 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for customers in FLEETS:
        for nodes in NODES:
            if nodes > 1 and slices(customers, nodes) == slices(customers, 1) < nodes:
                # The others would have nothing to do.
                continue
            number = slices(customers, nodes)
            cells = [f"{customers:,}", nodes, number, f"{memory(math.ceil(customers / number), 30):.0f}"]
            for work, forks_ in ((AUDIT, 10), (AUDIT, 30), (NO_CHANGE, 30), (FIRST, 30)):
                took = seconds(work, place, customers, slices_=number, nodes=nodes, forks_=forks_)
                cells.append(_minutes(max(took, writes_allow(work, customers))))
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _minutes(took: float) -> str:
    minutes = took / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
