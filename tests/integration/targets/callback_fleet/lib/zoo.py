# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook in which each customer fares differently. Nothing but this machine is asked."""

from __future__ import annotations

import typing as t

from harness.playbook import local

EVIL = "evil\u202ename\x9b2J"
WIDE = "日本株式会社"
SECRET = "hunter2-the-secret"
SENTENCE = "The group 'A\x1b]0;title\x07B' is gone.\nAsk \u202ewhoever made it."


def hosts() -> dict[str, t.Any]:
    """The inventory."""
    names = ["quiet", "busy", "broken", "items", "saved", "spared", "tries", "hidden", "gone", WIDE, EVIL]
    found = {name: local() for name in names}
    # Core cannot make its directory there, and calls that unreachable.
    found["gone"]["ansible_remote_tmp"] = "/proc/no-such-directory"
    return {"all": {"hosts": found}}


def _at(name: str, task: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {**task, "when": "inventory_hostname == 'NAME'".replace("NAME", name), **more}


def _fail(words: str) -> dict[str, t.Any]:
    return {"ansible.builtin.fail": {"msg": words}}


def playbook(strategy: str = "ansible.builtin.host_pinned") -> list[dict[str, t.Any]]:
    """Two plays; the second one says something for all."""
    change = {"ansible.builtin.command": "true"}
    tasks: list[dict[str, t.Any]] = [
        _at("busy", {"name": "Change", **change}),
        _at("gone", {"name": "Reach", **change}),
        _at("broken", {"name": "Break", **_fail(SENTENCE)}),
        _at("items", {"name": "Loop", **_fail("Item {{ item }} is bad.")}, loop=["one", "two"]),
        _at(
            "saved",
            {"block": [{"name": "Stumble", **_fail("caught")}], "rescue": [{"name": "Rise", "ansible.builtin.meta": "noop"}]},
        ),
        _at("spared", {"name": "Shrug", **_fail("never mind")}, ignore_errors=True),
        _at("tries", {"name": "Try", **_fail("not yet")}, retries=1, delay=0, until="false", register="tried"),
        _at(
            "hidden",
            {"name": "Hide", "ansible.builtin.command": f"sh -c 'echo {SECRET}; exit 1'"},
            no_log=True,
            changed_when=False,
        ),
        {"name": "Chat", "ansible.builtin.debug": {"msg": "a private word"}},
    ]
    return [
        {"name": "Zoo", "hosts": "all", "gather_facts": False, "strategy": strategy, "tasks": tasks},
        {
            "name": "Close",
            "hosts": "all",
            "gather_facts": False,
            "tasks": [{"name": "For all", "ansible.builtin.debug": {"msg": ["first line", "second line"]}, "run_once": True}],
        },
    ]
