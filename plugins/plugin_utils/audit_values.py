# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Small things that all rules of the audit share: instants, durations, people and the shape of a finding."""

from __future__ import annotations

import datetime
import hashlib
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word as _word
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES

Json = dict[str, t.Any]
Finding = dict[str, t.Any]

DAY = datetime.timedelta(days=1)
# No month of Microsoft's durations is shorter; for comparing only.
_MONTH = datetime.timedelta(days=30)


def key(value: t.Any) -> str:
    """An id or a word without case; empty for nothing."""
    return str(_word(value) or "")


def moment(value: t.Any) -> datetime.datetime | None:
    """A point in time in UTC without a zone; None for what is none."""
    found = _normalise.instant(value)
    return found if isinstance(found, datetime.datetime) else None


def told(value: datetime.datetime | None) -> str | None:
    """An instant as the documents write it."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def span(value: t.Any) -> datetime.timedelta | None:
    """An ISO 8601 duration; None for what is none."""
    found = _normalise.duration(value)
    if not isinstance(found, tuple) or value in (None, ""):
        return None
    return _MONTH * int(found[0]) + datetime.timedelta(seconds=float(found[1]))


def finding(
    rule: str,
    target: tuple[str, t.Any, t.Any],
    is_: str,
    should: str,
    *,
    severity: str | None = None,
    person: Json | None = None,
    remedy: str | None = None,
    link: str | None = None,
    **more: t.Any,
) -> Finding:
    """One finding as the schema describes it, without its fingerprint.

    :param target: type, name and id of the object that it is about.
    :param severity: where it differs from the rule's.
    :param more: `property`, `before`, `after`, `since`, `by`.
    """
    row = RULES[rule]
    kind, name, identifier = target
    made: Finding = {
        "id": row.id,
        "rule": row.slug,
        "severity": severity or row.severity,
        "object": {"type": kind, "name": str(name or ""), "id": str(identifier) if identifier else None},
        "person": person,
        "is": is_,
        "should": should,
        "remedy": remedy or row.remedy,
        "link": link,
        **dict.fromkeys(("property", "before", "after", "since", "by")),
    }
    return {**made, **more}


def fingerprint(tenant_id: t.Any, found: Finding) -> str:
    """The same for the same finding on every run; people and objects without an id are known by name."""
    person = found["person"] or {}
    parts = (
        tenant_id,
        found["id"],
        found["object"]["id"] or f"{found['object']['type']} {found['object']['name']}",
        person.get("id") or person.get("mail") or person.get("principal_name"),
        found["property"],
    )
    text = "|".join(str(x or "").lower() for x in parts)
    # A name from JSON may have half a character.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def name_of(person: Json) -> str:
    """What a person is called in a sentence."""
    name, known = person.get("display_name"), person.get("principal_name") or person.get("mail")
    if name and known:
        return f"{name} ({known})"
    return str(name or known or person.get("id") or "somebody unknown")
