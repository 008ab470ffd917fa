# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
name: fleet
type: stdout
short_description: One line for each customer
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - For runs over many customers. Each gets one line when it is through, with its state, how long it took, and what was
    changed or found.
  - On a terminal, the customers that are under way and a bar with an estimate stay at the foot. Elsewhere there are lines only.
  - Failures follow in full at the end, each sentence once for each customer, and then totals.
  - With C(-v) and more there is, in addition, what the callback C(default) shows, diffs among it.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in configuration
options:
  messages:
    description:
      - Which messages of C(debug) tasks are shown without C(-v).
      - V(auto) shows those of tasks with C(run_once) and of plays for one customer, which speak for all.
    type: str
    choices: [auto, always, never]
    default: auto
    env:
      - name: MSSP_FLEET_MESSAGES
    ini:
      - section: callback_fleet
        key: messages
  foot:
    description:
      - Whether there are lines at the foot that change. V(auto) shows them on a terminal, V(never) nowhere.
      - A terminal of AWX, or of a CI job (E(CI) is set), keeps every line for ever, and is none in this sense.
    type: str
    choices: [auto, never]
    default: auto
    env:
      - name: MSSP_FLEET_FOOT
    ini:
      - section: callback_fleet
        key: foot
"""

import atexit
import collections.abc
import contextlib
import time
import typing as t

from ansible import constants as C
from ansible import context
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.utils.color import stringc

from ansible_collections.mssp.defender.plugins.plugin_utils import fleet_result, fleet_view
from ansible_collections.mssp.defender.plugins.plugin_utils.fleet_book import Book, Told, name, told
from ansible_collections.mssp.defender.plugins.plugin_utils.fleet_screen import Screen, is_terminal
from ansible_collections.mssp.defender.plugins.plugin_utils.fleet_state import Customer, Fleet, Play
from ansible_collections.mssp.defender.plugins.plugin_utils.terminal_text import one_line, tame

_STREAMS = ("free", "host_pinned")
# As the default callback calls them.
_TOTALS = {
    "ok": "ok",
    "changed": "changed",
    "unreachable": "unreachable",
    "failures": "failed",
    "skipped": "skipped",
    "rescued": "rescued",
    "ignored": "ignored",
}


class CallbackModule(Default):  # type: ignore[misc]
    """Entry point for Ansible."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "mssp.defender.fleet"

    def __init__(self) -> None:
        super().__init__()
        self._fleet = Fleet()
        self._book = Book(self._fleet)
        self._screen: t.Any = None
        self._began = 0.0
        self._columns = 0
        self._plays: list[t.Any] = []
        self._seen_play = ""
        self._silent = 0
        self._over = True

    # -- what core asks for ------------------------------------------------------------------------------------------

    @property
    def _verbose(self) -> bool:
        return bool(self._display.verbosity > 0)

    def _dump_results(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        dumped = super()._dump_results(*args, **kwargs)
        return tame(dumped) if isinstance(dumped, str) else dumped

    def _get_item_label(self, result: t.Any) -> t.Any:
        label = super()._get_item_label(result)
        return tame(label) if isinstance(label, str) else label

    # -- the run -----------------------------------------------------------------------------------------------------

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        """A playbook starts; the command line may name several."""
        if self._screen is None:
            live = is_terminal() and self.get_option("foot") == "auto" and not context.CLIARGS.get("step")
            self._screen = Screen(self._display, self._foot, self._tick, live=live)
            self._screen.install()
            self._began = time.monotonic()
            atexit.register(self._cut_short)
        self._over = False
        self._plays = [play._uuid for play in playbook.get_plays()]
        self._screen.begin()
        if self._verbose:
            super().v2_playbook_on_start(playbook)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """A play starts, or the next batch of a play with `serial`."""
        with self._state():
            again = play._uuid == self._seen_play
            before = self._fleet.play
            self._end_play()
            strategy = str(play.strategy).rpartition(".")[2]
            self._fleet.begin(
                Play(
                    streams=strategy in _STREAMS,
                    pinned=strategy == "host_pinned",
                    last=not self._plays or play._uuid == self._plays[-1],
                    hosts=tuple(_hosts(play)),
                    # The bar goes on where the batch before has left it.
                    done=before.done if again else 0,
                    spent=before.spent if again else 0.0,
                )
            )
            self._columns = fleet_view.name_columns(self._fleet.customers)
            self._seen_play = play._uuid
        if self._verbose or not again:
            super().v2_playbook_on_play_start(play)
        self._play = play
        # A debugger asks at the terminal, and knows nothing of this.
        if strategy != "debug" and not C.config.get_config_value("ENABLE_TASK_DEBUGGER"):
            self._screen.open()

    def v2_playbook_on_vars_prompt(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Somebody is asked something before a play."""
        with self._state():
            self._end_play()

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        """A task starts: in step for all, otherwise for one customer that is not named."""
        self._task_starts(task)
        if self._verbose:
            super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_handler_task_start(self, task: t.Any) -> None:
        """A handler starts."""
        self._task_starts(task)
        if self._verbose:
            super().v2_playbook_on_handler_task_start(task)

    def _task_starts(self, task: t.Any) -> None:
        with self._state():
            self._fleet.play.task, self._fleet.play.through = name(task), 0

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        """A customer starts a task."""
        with self._state() as now:
            self._tell(self._fleet.start(host.get_name(), name(task), now))
        if self._verbose:
            super().v2_runner_on_start(host, task)

    def v2_runner_retry(self, result: t.Any) -> None:
        """A task is tried again."""
        with self._state():
            self._book.retry(told(result))
        if self._verbose:
            super().v2_runner_retry(result)

    # -- results -----------------------------------------------------------------------------------------------------

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A customer is through with a task."""
        what = told(result)
        with self._state() as now:
            self._book.ok(what, now)
            self._message(what)
        self._show(result, super().v2_runner_on_ok)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        """A customer skips a task."""
        with self._state() as now:
            self._book.skipped(told(result), now)
        self._show(result, super().v2_runner_on_skipped)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        with self._state() as now:
            self._book.failed(told(result), now, ignored=ignore_errors)
        self._show(result, super().v2_runner_on_failed, ignore_errors)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """A customer could not be reached."""
        with self._state() as now:
            self._book.unreachable(told(result), now)
        self._show(result, super().v2_runner_on_unreachable)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        """An item of a loop is done."""
        self._show(result, super().v2_runner_item_on_ok)

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        """An item of a loop is skipped."""
        self._show(result, super().v2_runner_item_on_skipped)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        """An item of a loop failed."""
        what = told(result)
        with self._state():
            self._book.item_failed(what, self._get_item_label(what.result))
        self._show(result, super().v2_runner_item_on_failed)

    def v2_on_file_diff(self, result: t.Any) -> None:
        """Differences are long: with -v only."""
        if self._verbose:
            super().v2_on_file_diff(result)

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        """Tasks were included."""
        if self._verbose:
            super().v2_playbook_on_include(included_file)

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        """The play ends here for all."""
        with self._state():
            for customer in self._fleet.active.values():
                customer.stopped = not customer.failed and not customer.unreachable
        super().v2_playbook_on_no_hosts_remaining()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _show(self, result: t.Any, in_full: t.Callable[..., None], *more: t.Any) -> None:
        if self._verbose:
            in_full(result, *more)
        else:
            self._handle_warnings(told(result).result)

    def _message(self, what: Told) -> None:
        """What a `debug` task says, where it speaks for all; core's own way with what is no text."""
        if self._verbose or not what.result.get("_ansible_verbose_always"):
            return
        wanted = self.get_option("messages")
        if wanted == "never" or (wanted == "auto" and not what.task.run_once and len(self._fleet.play.hosts) > 1):
            self._silent += 1
            return
        lines = fleet_result.message(what.result)
        if lines is None:
            shown = dict(what.result)
            self._clean_results(shown, what.task.action)
            lines = self._dump_results(shown).strip("\n").split("\n")
        title = name(what.task)
        self._say([title if what.task.run_once else f"{one_line(what.host)}: {title}", *(f"  {line}" for line in lines), ""])

    def _say(self, lines: t.Iterable[str], color: str | None = None, *, stderr: bool = False) -> None:
        for line in lines:
            self._display.display(line, color=color, stderr=stderr)

    def _tell(self, customers: t.Iterable[Customer]) -> None:
        """The lines of those who are through with a play. Whom nothing happened to gets one in the last play only."""
        for customer in customers:
            if customer.news or (self._fleet.play.last and not customer.told):
                self._line(customer)

    def _line(self, customer: Customer) -> None:
        first, state, rest = fleet_view.line(customer, self._columns)
        self._pieces([(f"{first}  ", ""), (state, fleet_view.STATES[customer.state]), (f"  {rest}", "")])
        self._fleet.tell(customer)

    def _pieces(self, pieces: t.Sequence[fleet_view.Coloured]) -> None:
        """A line in several colours; a log has none."""
        coloured = "".join(stringc(text, getattr(C, setting)) if setting else text for text, setting in pieces)
        self._display.display(coloured.rstrip(), screen_only=True)
        self._display.display("".join(text for text, dummy in pieces).rstrip(), log_only=True)

    def _foot(self, columns: int, rows: int) -> list[str]:
        return fleet_view.foot(self._fleet, columns, rows, time.monotonic(), self._began)

    def _tick(self) -> None:
        self._tell(self._fleet.settle(time.monotonic()))

    @contextlib.contextmanager
    def _state(self) -> collections.abc.Iterator[float]:
        """Nobody else reads or changes what is known, and the foot shows it afterwards. Gives the time."""
        if self._screen is None:
            # An ad-hoc command has no playbook.
            self.v2_playbook_on_start(_NoPlaybook())
        with self._screen.lock:
            now = time.monotonic()
            self._tell(self._fleet.settle(now))
            yield now
            self._screen.draw()

    # -- the end -----------------------------------------------------------------------------------------------------

    def _end_play(self) -> None:
        self._screen.close()
        self._tell(self._fleet.end())

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """The playbook is through."""
        with self._state():
            self._end_play()
            for customer in self._fleet.customers.values():
                # Ansible knows better than its tree of blocks tells.
                if customer.failed and customer.name in stats.processed:
                    customer.failed = bool(stats.failures.get(customer.name))
            if self._verbose:
                # A line for each host; the totals come last.
                super().v2_playbook_on_stats(stats)
            self._summary()
            self._totals(stats)
        self._screen.end()
        self._over = True

    def _cut_short(self) -> None:
        """Python ends, and no totals were shown: somebody pressed Ctrl-C, or Ansible gave up."""
        screen = self._screen
        if screen is None or not screen.here or self._over:
            return
        screen.end()
        with screen.lock:
            for customer in self._fleet.active.values():
                customer.heard = time.monotonic()
            self._summary()

    def _summary(self) -> None:
        """Who has no line yet, the failures, and how many customers are how."""
        rest, lines = fleet_view.missed(self._fleet)
        for customer in rest:
            self._line(customer)
        for line in lines:
            self._pieces([line])
        failed = fleet_view.failures(self._fleet)
        if failed:
            self._display.banner("FAILURES")
        for who, said in failed:
            self._say([who, *said], C.COLOR_ERROR, stderr=bool(self.get_option("display_failed_stderr")))
        self._display.banner("TOTALS" if self._verbose else "PLAY RECAP")
        for pieces in fleet_view.totals(self._fleet, time.monotonic() - self._began, self._silent):
            self._pieces(pieces)

    def _totals(self, stats: t.Any) -> None:
        hosts = [stats.summarize(host) for host in stats.processed]
        self._say([" ".join(f"{word}={sum(host[key] for host in hosts)}" for key, word in _TOTALS.items())])
        if self._verbose:
            return
        if stats.custom and self.get_option("show_custom_stats"):
            self._display.banner("CUSTOM STATS")
            self._say(f"{one_line(key)}: {self._dump_results(value).strip()}" for key, value in sorted(stats.custom.items()))
        if context.CLIARGS.get("check"):
            self._say(["Check mode: nothing was written."])


class _NoPlaybook:
    """What an ad-hoc command runs."""

    _file_name = "ad hoc"

    def get_plays(self) -> list[t.Any]:
        """None."""
        return []


def _hosts(play: t.Any) -> list[str]:
    """The names of all hosts of a play, in the inventory's order; the batches of `serial` together."""
    try:
        inventory = play.get_variable_manager()._inventory
        return [host.get_name() for host in inventory.get_hosts(play.hosts, ignore_restrictions=True, order=play.order)]
    except Exception:  # pylint: disable=broad-except
        # Not a public way: without it the bar has no end, and all else is as it was.
        return []
