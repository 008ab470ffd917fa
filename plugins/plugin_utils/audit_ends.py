# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What ends when, and what waits: assignments, reviews, requests."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_access import expires
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import LIVE, Facts, subject_of
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import (
    DAY,
    Finding,
    Json,
    finding,
    key,
    moment,
    name_of,
    told,
)

_PENDING = "pendingapproval"
# AutoReviewed is how the metadata calls a review that was applied by itself.
_OVER = frozenset({"completed", "applied", "autoreviewed"})
_NOT_BEGUN = frozenset({"initializing", "notstarted", "starting"})


def ends(facts: Facts, people: People) -> t.Iterator[Finding]:
    """Findings about what ends or waits."""
    yield from _assignments(facts, people)
    yield from _reviews(facts)
    for request in waiting(facts):
        since = t.cast(datetime.datetime, moment(request.get("createdDateTime")))
        if facts.now - since <= facts.days("waiting_days"):
            continue
        person = _asks(people, request)
        package = (request.get("accessPackage") or {}).get("displayName")
        is_ = f"{name_of(person)}'s request for '{package}' waits since {told(since)}."
        should = f"Requests are decided within {facts.options['waiting_days']} days."
        yield finding("MSSP504", ("request", package, request.get("id")), is_, should, person=person, since=told(since))


def _held(facts: Facts) -> list[tuple[Json, datetime.datetime]]:
    there = facts.assignments_of([x.package for x in facts.managed if x.package])
    live = [(x, expires(x)) for x in there if key(x.get("state")) in LIVE]
    return sorted(((x, end) for x, end in live if end), key=lambda pair: pair[1])


def _assignments(facts: Facts, people: People) -> t.Iterator[Finding]:
    limits = sorted(int(x) for x in facts.options.get("ends_days") or [])
    for assignment, end in _held(facts):
        within = next((x for x in limits if end - facts.now <= DAY * x), None)
        if within is None or end <= facts.now:
            continue
        target = assignment.get("target") or {}
        person = people.person(target.get("id"), target)
        package = (assignment.get("accessPackage") or {}).get("displayName")
        is_ = f"{name_of(person)}'s access to '{package}' ends on {told(end)}, within {within} days."
        should = "Whoever still needs it asks for an extension in time."
        severity = "notice" if within == limits[0] else "info"
        about = ("assignment", package, assignment.get("id"))
        yield finding("MSSP501", about, is_, should, severity=severity, person=person)


def _instances(facts: Facts) -> t.Iterator[tuple[Json, Json, str]]:
    names = {key(x["id"]): str(x.get("displayName")) for x in facts.read("packages")}
    for review in facts.read("reviews"):
        package = key((review.get("accessPackage") or {}).get("id"))
        if package in facts.package_ids:
            for instance in review.get("instances") or []:
                yield review, instance, names.get(package, package)


def _reviews(facts: Facts) -> t.Iterator[Finding]:
    for review, instance, package in _instances(facts):
        end, status = moment(instance.get("endDateTime")), key(instance.get("status"))
        about = ("access review", package, instance.get("id"))
        if end and end + facts.grace < facts.now and status not in _OVER:
            is_ = f"The review of '{package}' was to end on {told(end)}, and is {instance.get('status')}."
            yield finding("MSSP503", about, is_, "A review that is over is completed and applied.")
        elif status == "inprogress" and _unanswered(instance):
            until = told(end) or "somebody ends it"
            is_ = f"The review of '{package}' ({review.get('displayName')}) is open until {until}, {_unanswered(instance)}."
            yield finding("MSSP502", about, is_, "It is answered before it closes.")


def _unanswered(instance: Json) -> str:
    """What a review waits for, in words; empty when it waits for nobody."""
    decisions = instance.get("decisions")
    if decisions is None:
        return "and who has answered is not known"
    open_ = sum(key(x.get("decision")) == "notreviewed" for x in decisions)
    return f"with {open_} of {len(decisions)} unanswered" if open_ else ""


def waiting(facts: Facts) -> list[Json]:
    """Requests for managed packages that wait for approval."""
    there = [x for x in facts.read("requests") if key(x.get("state")) == _PENDING and moment(x.get("createdDateTime"))]
    return [x for x in there if key((x.get("accessPackage") or {}).get("id")) in facts.package_ids]


def _asks(people: People, request: Json) -> Json:
    subject = subject_of(request)
    return people.person(subject.get("objectId"), subject)


def timeline(facts: Facts, people: People) -> list[Json]:
    """Everything that will end: assignments, open reviews, and requests that nobody decides."""
    found = []
    for assignment, end in _held(facts):
        target = assignment.get("target") or {}
        package = (assignment.get("accessPackage") or {}).get("displayName")
        found.append(_line("assignment", name_of(people.person(target.get("id"), target)), package, end))
    for _review, instance, package in _instances(facts):
        closes, status = moment(instance.get("endDateTime")), key(instance.get("status"))
        if closes and status not in _OVER | _NOT_BEGUN and _unanswered(instance):
            found.append(_line("review", "reviewers", package, closes))
    for request in waiting(facts):
        deadline = moment((request.get("approval") or {}).get("deadline"))
        if deadline:
            package = (request.get("accessPackage") or {}).get("displayName")
            found.append(_line("request", name_of(_asks(people, request)), package, deadline))
    return sorted(found, key=lambda x: (x["when"], x["kind"], x["who"], x["what"]))


def _line(kind: str, who: str, what: t.Any, when: datetime.datetime) -> Json:
    return {"kind": kind, "who": who, "what": str(what or ""), "when": told(when)}
