# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant's audit log holds, and what it has seen so far of things that change by themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ..store import Row


class Changed(NamedTuple):
    """A property that changed; values are JSON texts, as the log writes them."""

    name: str
    old: str | None
    new: str | None


class Target(NamedTuple):
    """Something that an activity was about."""

    id: str | None
    name: str | None
    type: str
    principal_name: str | None = None
    changed: tuple[Changed, ...] = ()


class Activity(NamedTuple):
    """A kind of entry, as the audit activity reference names it."""

    name: str
    category: str
    service: str
    operation: str


class Entry(NamedTuple):
    """One line of the log, small enough to keep many."""

    number: int
    activity: Activity
    moment: datetime
    actor: tuple[tuple[str, str | None], ...]
    """The initiator's properties; ``userPrincipalName`` is among them when it is a person."""
    targets: tuple[Target, ...]
    correlation: str
    result: str
    reason: str
    details: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Seen:
    """What was so when somebody last looked."""

    members: dict[str, dict[str, None]] = field(default_factory=dict)
    owners: dict[str, dict[str, None]] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    """States of requests, by id."""
    assignments: dict[str, str] = field(default_factory=dict)
    guests: dict[str, bool] = field(default_factory=dict)
    """Whether guests whom entitlement management invited may sign in, by id."""


@dataclass(slots=True)
class AuditState:
    """The log. It lies in no Store: the switches for eventual consistency are not about it."""

    entries: list[Entry] = field(default_factory=list)
    seen: Seen | None = None
    correlation: str = ""
    """Of the request that is being served."""
    before: Row | None = None
    """The object that the request is about to write, as it was."""
