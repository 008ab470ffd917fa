# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of one run, as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
import typing as t
from importlib import metadata
from pathlib import Path


def write(found: dict[str, t.Any], directory: Path) -> str:
    """Write `bench.json` and `bench.md`; returns the latter."""
    directory.mkdir(parents=True, exist_ok=True)
    found = {
        **found,
        "ansible_core": metadata.version("ansible-core"),
        "python": platform.python_version(),
        "cpus": len(os.sched_getaffinity(0)),
    }
    (directory / "bench.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    text = markdown(found)
    (directory / "bench.md").write_text(text, encoding="utf-8")
    return text


def markdown(found: dict[str, t.Any]) -> str:
    """The tables that are there."""
    parts = [f"ansible-core {found['ansible_core']}, Python {found['python']}, {found['cpus']} CPUs; size {found['size']}."]
    shows = {"tasks": _tasks, "requests": _requests, "fleet": _fleet, "latency": _latency, "scale": _scale, "azure": _azure}
    for name, show in shows.items():
        if name in found:
            parts.append(show(found[name]))
    return "\n\n".join(parts) + "\n"


def _table(head: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def _tasks(part: dict[str, t.Any]) -> str:
    rows = [
        (name, f"{value * 1000:.1f}", f"{part['against_debug'][name]:.2f}", part["graph_requests"].get(name, ""))
        for name, value in part["seconds_of_cpu"].items()
    ]
    head = ("a task without a change", "ms of CPU for each host", "debug = 1", "Graph requests")
    how = f"Medians of {part['runs']} alternating runs with {part['hosts']} hosts, an empty play subtracted."
    return f"{_table(head, rows)}\n\n{how}"


def _requests(part: dict[str, t.Any]) -> str:
    rows = [
        (name, counts["graph"], counts["writes"], counts["identity"], part["bars"].get(name, ""))
        for name, counts in part["counts"].items()
    ]
    return _table(("one default customer", "Graph requests", "of them writes", "identity requests", "bar"), rows)


def _fleet(part: dict[str, t.Any]) -> str:
    rows = [
        (
            row["customers"],
            row["forks"],
            *(
                f"{row[kind][what]:{form}}"
                for kind in ("first", "no_change")
                for what, form in (("cpu_each", ".2f"), ("wall", ".1f"))
            ),
            f"{row['in_debug_tasks']:.0f}",
            f"{row['no_change']['peak']:.0f}",
        )
        for row in part["rows"]
    ]
    head = (
        "customers",
        "forks",
        "first run: CPU s each",
        "wall s",
        "no change: CPU s each",
        "wall s",
        "in debug tasks each",
        "peak MiB",
    )
    lines = [
        f"From {each['from']} to {each['to']} customers, {each['forks']} forks: CPU for each customer times {each['ours']:.2f}, "
        f"that of `debug` times {each['debug']:.2f}, ratio {each['against_debug']:.2f}."
        for each in part["growth"]
    ]
    return _table(head, rows) + "\n\n" + "\n".join(lines)


def _scale(part: dict[str, t.Any]) -> str:
    rows = [
        (
            name,
            f"{row['cpu_each']:.2f}",
            f"{row['parent_each']:.2f}",
            f"{3600 / row['cpu_each']:.0f}",
            f"{row['peak']:.0f}",
        )
        for name, row in part["rows"].items()
    ]
    head = (
        f"{part['customers']} customers, forks {part['forks']}",
        "CPU s each",
        "of them the parent's",
        "an hour and core",
        "peak MiB",
    )
    slices, cpu = part["slices"], part["report"]["cpu"]
    rest = (
        f"An audit in {slices['count']} slices: {slices['sum']:.1f} s of CPU, in one job {slices['whole']:.1f}. "
        + "The report: "
        + ", ".join(f"{value:.1f} s of CPU for {number} customers" for number, value in cpu.items())
        + "."
    )
    return f"{_table(head, rows)}\n\n{rest}"


def _azure(part: dict[str, t.Any]) -> str:
    if "skipped" in part:
        return f"azure_rm_adgroup was not measured: {part['skipped']}."
    rows = [(name, f"{row['cpu']:.2f}", f"{row['wall']:.2f}", row["requests"]) for name, row in part["rows"].items()]
    head = ("three groups without a change, one host", "CPU s", "wall s", "requests, token included")
    return f"{_table(head, rows)}\n\nMedians of {part['runs']} alternating runs, an empty play subtracted."


def _latency(part: dict[str, t.Any]) -> str:
    rows = [
        (
            name,
            f"{part[name]['wall_each']:.1f}",
            f"{part[name]['floor_each']:.1f}",
            f"{part[name]['ratio']:.2f}",
            part[name]["throttled"],
        )
        for name in ("first run", "second run")
    ]
    head = (f"{part['latency_ms']} ms for each request, 2 % throttled", "wall s each", "floor s each", "ratio", "429")
    return _table(head, rows)
