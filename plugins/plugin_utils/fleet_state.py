# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What is known of each customer while a run goes on: numbers and failures, never a result. Knows no clock and no screen.

Ansible tells no callback when a customer has done its last task. A play whose strategy is `host_pinned` gives a customer's place
to the next one only then; otherwise one that has been idle for a while is done, and at the end of the play all are.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

# Between two tasks of a customer lie milliseconds; a busy controller may need a second.
_IDLE_SECONDS = 5.0


@dataclasses.dataclass
class News:
    """What happened to a customer since its last line. All keys are few: actions, and the names of what modules return."""

    # `create`, `update`, `delete`: objects; `task`: tasks that changed something and do not say what.
    changes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    found: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    # Whether something was really changed, not in check mode.
    written: bool = False
    failed_at: str = ""
    ignored: int = 0
    rescued: int = 0

    def __bool__(self) -> bool:
        return bool(self.changes or self.found or self.failed_at or self.ignored or self.rescued)


@dataclasses.dataclass
class Customer:
    """A host of the inventory. Times are seconds of a clock that only goes forward."""

    name: str
    news: News = dataclasses.field(default_factory=News)
    began: float = 0.0
    heard: float = 0.0
    # Seconds in the plays that are over, since its last line.
    spent: float = 0.0
    # Whether a task runs now; what it is called; since when.
    busy: bool = False
    task: str = ""
    since: float = 0.0
    note: str = ""
    active: bool = False
    reached: bool = False
    # Whether the play ended for all before this one was through.
    stopped: bool = False
    told: bool = False
    # Over the whole run.
    changed: bool = False
    foreseen: bool = False
    failed: bool = False
    unreachable: bool = False
    # Sentence -> task: each sentence once.
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    # What items of the running loop said; known to count when the whole task is through.
    pending: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def took(self) -> float:
        """Seconds since its last line in which it was under way."""
        return self.spent + (max(0.0, self.heard - self.began) if self.active else 0.0)

    @property
    def state(self) -> str:
        """In one word or two, over the whole run."""
        if self.unreachable:
            return "unreachable"
        if self.failed:
            return "failed"
        if not self.reached:
            return "not reached"
        if self.active or self.stopped:
            return "stopped"
        if self.changed:
            return "changed"
        return "would change" if self.foreseen else "ok"


@dataclasses.dataclass
class Play:
    """The play that runs."""

    # Whether customers go through it at their own pace, and whether each keeps its place to the end.
    streams: bool = False
    pinned: bool = False
    # Whether no other play follows.
    last: bool = True
    # In the order of the inventory.
    hosts: tuple[str, ...] = ()
    done: int = 0
    # How long the customers that are done took, together.
    spent: float = 0.0
    # The most that ran at the same time.
    together: int = 1
    # The task of a play that goes on in step, and how many are through with it.
    task: str = ""
    through: int = 0


class Fleet:
    """All customers of a run."""

    def __init__(self) -> None:
        self.customers: dict[str, Customer] = {}
        self.play = Play()
        # What was changed and what would be, at all together.
        self.written: collections.Counter[str] = collections.Counter()
        self.planned: collections.Counter[str] = collections.Counter()
        # Those that are under way in this play, in the order in which they began.
        self.active: dict[str, Customer] = {}

    def customer(self, name: str) -> Customer:
        """A customer by name, known or new."""
        return self.customers.setdefault(name, Customer(name))

    def begin(self, play: Play) -> None:
        """A play starts. Who has failed takes no part in it."""
        out = {name for name in play.hosts if self.customer(name).failed or self.customer(name).unreachable}
        play.hosts = tuple(name for name in play.hosts if name not in out)
        self.play = play

    def start(self, name: str, task: str, now: float) -> list[Customer]:
        """A customer starts a task.

        :return: those who are done, since this one was given their place.
        """
        customer = self.customer(name)
        done: list[Customer] = []
        if not customer.active:
            if self.play.pinned:
                done = [other for other in self.active.values() if not other.busy]
                self._finish(done)
            customer.active = customer.reached = True
            customer.began = now
            self.active[name] = customer
            self.play.together = max(self.play.together, len(self.active))
        customer.busy, customer.task, customer.since, customer.note = True, task, now, ""
        customer.heard = now
        return done

    def result(self, name: str, now: float) -> Customer:
        """A customer is through with a task."""
        customer = self.customer(name)
        customer.reached = True
        customer.busy, customer.note = False, ""
        customer.heard = now
        self.play.through += 1
        return customer

    def changes(self, customer: Customer, counts: t.Mapping[str, int], *, planned: bool) -> None:
        """A task changed something, or would."""
        if not counts:
            return
        customer.news.changes.update(counts)
        (self.planned if planned else self.written).update(counts)
        if planned:
            customer.foreseen = True
        else:
            customer.changed = customer.news.written = True

    def settle(self, now: float) -> list[Customer]:
        """Those who have been idle for so long that they are done."""
        if not self.play.streams:
            return []
        done = [one for one in self.active.values() if not one.busy and now - one.heard > _IDLE_SECONDS]
        self._finish(done)
        return done

    def end(self) -> list[Customer]:
        """The play is over: those who were still under way."""
        done = list(self.active.values())
        self._finish(done)
        return done

    def _finish(self, customers: t.Iterable[Customer]) -> None:
        for customer in customers:
            seconds = max(0.0, customer.heard - customer.began)
            customer.spent += seconds
            customer.active = customer.busy = False
            del self.active[customer.name]
            self.play.done += 1
            self.play.spent += seconds

    def left(self, now: float) -> float | None:
        """An estimate of the seconds until the play is over; None when nothing tells yet."""
        play = self.play
        if not play.streams or not play.done or play.done >= len(play.hosts):
            return None
        each = play.spent / play.done
        waiting = max(0, len(play.hosts) - play.done - len(self.active))
        work = waiting * each + sum(max(0.0, each - (now - one.began)) for one in self.active.values())
        return work / play.together

    def tell(self, customer: Customer) -> None:
        """Its line is shown: what comes next is news."""
        customer.told, customer.news, customer.spent = True, News(), 0.0

    def states(self) -> collections.Counter[str]:
        """How many customers there are of each state."""
        return collections.Counter(customer.state for customer in self.customers.values())
