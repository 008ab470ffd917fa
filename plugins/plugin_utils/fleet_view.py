# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What is shown of a fleet: a customer's line, the lines at the foot of a terminal, and the totals. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils import terminal_text
from ansible_collections.mssp.defender.plugins.plugin_utils.fleet_state import Customer, Fleet
from ansible_collections.mssp.defender.plugins.plugin_utils.terminal_text import clip, counted, duration, one_line, pad, width

# Of the states, the worst first; with the setting of Ansible's colour for each.
STATES = {
    "failed": "COLOR_ERROR",
    "unreachable": "COLOR_UNREACHABLE",
    "stopped": "COLOR_WARN",
    "not reached": "COLOR_SKIP",
    "changed": "COLOR_CHANGED",
    "would change": "COLOR_CHANGED",
    "ok": "COLOR_OK",
}
_STATE_COLUMNS = max(map(len, STATES))
_TIME_COLUMNS = len("59 min 59 s")
# Longer names push the rest of their line to the right.
_NAME_COLUMNS = 40
# Those who run are shown one below the other, as long as there is room.
_MOST_RUNNING = 8
_BAR_COLUMNS = 20
# More who were not reached share a line.
_MOST_MISSED = 10
_ROOM_FOR_BAR = 70

_DONE = {"create": "created", "update": "updated", "delete": "deleted"}
_PLANNED = {"create": "to create", "update": "to update", "delete": "to delete"}


def name_columns(names: t.Iterable[str]) -> int:
    """How wide the column of names is."""
    return min(max((width(one_line(name)) for name in names), default=0), _NAME_COLUMNS)


def line(customer: Customer, columns: int) -> tuple[str, str, str]:
    """A customer's line, to be joined: name, state, and how long it took and what happened.

    :param columns: width of the column of names.
    """
    news = customer.news
    state = customer.state
    if state in ("changed", "would change") and not news.changes:
        # What changed has been told already, in the line of an earlier play.
        state = "ok"
    took = duration(customer.took) if customer.reached else ""
    about = "; ".join(_about(customer))
    name = pad(one_line(customer.name), columns)
    return name, pad(state, _STATE_COLUMNS), f"{took:>{_TIME_COLUMNS}}  {about}".rstrip()


def _about(customer: Customer) -> t.Iterator[str]:
    news = customer.news
    if news.failed_at:
        yield f"at {news.failed_at}"
    if news.changes:
        yield amounts(news.changes, planned=not news.written)
    if news.found:
        found = [f"{number} {name if number > 1 else _singular(name)}" for name, number in sorted(news.found.items())]
        yield f"found {', '.join(found)}"
    if news.rescued:
        yield f"{counted(news.rescued, 'failure')} rescued"
    if news.ignored:
        yield f"{counted(news.ignored, 'failure')} ignored"


def _singular(name: str) -> str:
    """`policies` -> `policy`: the names of what this collection's modules return."""
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")


def amounts(changes: t.Mapping[str, int], *, planned: bool) -> str:
    """`6 created, 2 updated`, or what would be."""
    words = _PLANNED if planned else _DONE
    parts = [f"{changes[action]} {word}" for action, word in words.items() if changes.get(action)]
    if changes.get("task"):
        parts.append(f"{counted(changes['task'], 'task')} {'would change something' if planned else 'changed'}")
    return ", ".join(parts)


def states(counts: t.Mapping[str, int]) -> list[tuple[str, str]]:
    """(`3 changed`, state) for each state that there is."""
    return [(f"{counts[state]} {state}", state) for state in STATES if counts.get(state)]


def foot(fleet: Fleet, columns: int, rows: int, now: float, began: float) -> list[str]:
    """The lines at the foot of a terminal: who runs, and the bar.

    :param columns: of the terminal. No line takes the last one, where some terminals go on to the next line.
    :param began: when the run began.
    """
    room = max(columns - 1, 0)
    running = _running(fleet, now)
    shown = running[: max(0, min(_MOST_RUNNING, rows - 4))]
    names = min(name_columns(customer.name for customer in shown), room // 3)
    lines = [clip(_running_line(customer, names, now), room) for customer in shown]
    return [*lines, clip(_bar(fleet, room, now, began, len(running) - len(shown)), room)]


def _running(fleet: Fleet, now: float) -> list[Customer]:
    if fleet.play.streams:
        return list(fleet.active.values())
    # In step: all are under way, and only those that keep the others waiting are of interest.
    return [customer for customer in fleet.active.values() if customer.busy and now - customer.since >= 1]


def _running_line(customer: Customer, names: int, now: float) -> str:
    name = pad(clip(one_line(customer.name), names), names)
    task = customer.task + (f" ({customer.note})" if customer.note else "")
    return f"  {name}  {duration_now(now - customer.began):>{_TIME_COLUMNS}}  {task}"


def _bar(fleet: Fleet, room: int, now: float, began: float, hidden: int) -> str:
    play = fleet.play
    total = len(play.hosts)
    done = play.done if play.streams else play.through
    parts = []
    if total and room >= _ROOM_FOR_BAR:
        filled = min(done, total) * _BAR_COLUMNS // total
        parts.append(f"[{'#' * filled}{'-' * (_BAR_COLUMNS - filled)}]")
    if play.task and not play.streams:
        parts.append(f"{play.task}:")
    parts.append(f"{done} of {total}" if total else counted(done, "customer"))
    left = fleet.left(now)
    estimate = f", {terminal_text.roughly(left)} left" if left is not None else ""
    parts.append(duration_now(now - began) + estimate)
    told = [text for text, state in states(fleet.states()) if state in ("failed", "unreachable", "changed", "would change")]
    if told:
        parts.append(", ".join(told))
    if hidden > 0:
        parts.append(f"{hidden} more running")
    return "  ".join(parts)


def duration_now(seconds: float) -> str:
    """A running time, in whole seconds: tenths would only flicker."""
    return duration(int(seconds)).replace(".0 s", " s")


def failures(fleet: Fleet) -> list[tuple[str, list[str]]]:
    """(customer, lines) of who failed: each sentence once, after the task that said it."""
    told = []
    for customer in fleet.customers.values():
        if customer.state in ("failed", "unreachable") and customer.failures:
            lines = []
            for sentence, task in customer.failures.items():
                first, *rest = sentence.split("\n")
                lines += [f"  {task}: {first}", *(f"    {more}" for more in rest)]
            told.append((one_line(customer.name), lines))
    return told


# A piece of a line, and the setting of its colour if it has one.
Coloured = tuple[str, str]


def missed(fleet: Fleet) -> tuple[list[Customer], list[Coloured]]:
    """Whose lines are still to be shown at the end, and the one line of many who were not reached."""
    untold = [customer for customer in fleet.customers.values() if not customer.told or customer.news]
    absent = [customer for customer in untold if not customer.reached]
    if len(absent) == len(fleet.customers):
        # No play had anything to do, for nobody.
        return [], []
    if len(absent) <= _MOST_MISSED:
        return untold, []
    # As --limit takes them.
    names = ",".join(one_line(customer.name) for customer in absent)
    return [x for x in untold if x.reached], [(f"{len(absent)} not reached: {names}", STATES["not reached"])]


def totals(fleet: Fleet, seconds: float, silent: int) -> list[list[Coloured]]:
    """The lines of the recap, each in pieces of one colour.

    :param silent: how many messages were not shown.
    """
    told = states(fleet.states())
    first = [(f"{counted(len(fleet.customers), 'customer')} in {duration(seconds)}: ", "")]
    for number, (text, state) in enumerate(told):
        first += [(", ", "")] * bool(number) + [(text, STATES[state])]
    lines = [first]
    for changes, planned in ((fleet.written, False), (fleet.planned, True)):
        if changes:
            lines.append([(amounts(changes, planned=planned), "")])
    if silent:
        lines.append([(f"{counted(silent, 'message')} not shown: -v shows {'it' if silent == 1 else 'them'}.", "")])
    return lines
