# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Keeps the book: what Ansible tells of a task becomes what is known of a customer."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils import fleet_result
from ansible_collections.mssp.defender.plugins.plugin_utils.fleet_state import Customer, Fleet
from ansible_collections.mssp.defender.plugins.plugin_utils.terminal_text import counted, one_line


class Told(t.NamedTuple):
    """What Ansible tells: the host's name, its own task, and the result as it may be shown, without what is secret."""

    host: str
    task: t.Any
    result: fleet_result.Result


def told(result: t.Any) -> Told:
    """The same on all versions: before ansible-core 2.19 nothing of it has a public name."""
    public = hasattr(result, "result")
    host, task, said = (result.host, result.task, result.result) if public else (result._host, result._task, result._result)
    return Told(host.get_name(), task, said)


def name(task: t.Any) -> str:
    """What a task is called, without its role: a line is short."""
    return one_line(task.name or task.action)


class Book:
    """Writes into a fleet. Nothing of a result is kept but numbers, and the sentences of failures."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def ok(self, what: Told, now: float) -> None:
        """A task went well."""
        customer = self._through(what, now)
        self._changes(customer, what)
        # The same is often read again, and then whole.
        customer.news.found |= fleet_result.found(what.result, str(what.task.action))

    def skipped(self, what: Told, now: float) -> None:
        """A task was skipped."""
        self._through(what, now)

    def failed(self, what: Told, now: float, *, ignored: bool) -> None:
        """A task failed; whether the customer has failed by it is another question."""
        items = self._fleet.customer(what.host).pending
        customer = self._through(what, now)
        self._changes(customer, what)
        if ignored:
            customer.news.ignored += 1
        elif fleet_result.rescued(what.task):
            customer.news.rescued += 1
        else:
            self._fails(customer, what, items)

    def unreachable(self, what: Told, now: float) -> None:
        """No connection."""
        customer = self._through(what, now)
        if getattr(what.task, "ignore_unreachable", False):
            customer.news.ignored += 1
        else:
            customer.unreachable = True
            self._fails(customer, what, {})

    def item_failed(self, what: Told, label: t.Any) -> None:
        """An item of a loop failed; what becomes of it is known at the end of the loop."""
        where = f"{name(what.task)} ({one_line(label)})"
        self._fleet.customer(what.host).pending.setdefault(fleet_result.sentence(what.result), where)

    def retry(self, what: Told) -> None:
        """A task is tried again."""
        left = int(what.result.get("retries") or 0) - int(what.result.get("attempts") or 0)
        self._fleet.customer(what.host).note = f"again, {counted(left, 'retry', 'retries')} left"

    def _through(self, what: Told, now: float) -> Customer:
        customer = self._fleet.result(what.host, now)
        customer.pending = {}
        return customer

    def _changes(self, customer: Customer, what: Told) -> None:
        # Modules of ours say themselves whether they predict.
        planned = bool(what.result.get("check_mode", what.task.check_mode is True))
        self._fleet.changes(customer, fleet_result.changes(what.result), planned=planned)

    def _fails(self, customer: Customer, what: Told, items: dict[str, str]) -> None:
        customer.failed = not customer.unreachable
        customer.news.failed_at = customer.news.failed_at or name(what.task)
        for sentence, where in (items or {fleet_result.sentence(what.result): name(what.task)}).items():
            customer.failures.setdefault(sentence, where)
