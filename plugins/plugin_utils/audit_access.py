# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Who is in a managed group, and by which assignment: the definitions of practice B.6, to the letter."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import LIVE, MEMBER, Facts, Managed
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import (
    DAY,
    Finding,
    Json,
    finding,
    key,
    moment,
    name_of,
    span,
    told,
)

# So long Microsoft keeps the log, where it keeps it longest.
_LOG = 30 * DAY
_KINDS = {"group": "group", "serviceprincipal": "service principal", "device": "device"}


def access(facts: Facts, people: People) -> t.Iterator[Finding]:
    """Members without an assignment, assignments without membership, and assignments that are not as their policy wants."""
    if facts.was_read("packages") and facts.was_read("assignments"):
        for managed in facts.managed:
            if managed.group_id in facts.memberships:
                yield from _members(facts, people, managed)
                yield from _missing(facts, people, managed)
        for assignment in facts.assignments_of([x.package for x in facts.managed if x.package]):
            yield from _assignment(facts, people, assignment)
    for managed in facts.managed:
        yield from _not_people(facts, managed)


def _target(managed: Managed) -> tuple[str, t.Any, t.Any]:
    return ("group", managed.group.get("displayName"), managed.group.get("id"))


def _members(facts: Facts, people: People, managed: Managed) -> t.Iterator[Finding]:
    there = facts.assignments_of(facts.granting(managed.group_id))
    assigned = {key((x.get("target") or {}).get("id")) for x in there if key(x.get("state")) in LIVE}
    leaving = {key((x.get("target") or {}).get("id")) for x in there if key(x.get("state")) == "expired" and _lately(facts, x)}
    for member in facts.memberships[managed.group_id]["members"]:
        known = key(member["id"])
        if member["type"] != "user" or known in assigned:
            continue
        if facts.accepted(known, member.get("userPrincipalName"), member.get("mail")):
            continue
        person = people.person(member["id"])
        if known in leaving:
            is_ = f"{name_of(person)} is still in the group after the assignment has ended."
            yield finding("MSSP003", _target(managed), is_, "Whose assignment has ended is in the group no more.", person=person)
            continue
        since, by, words = added(facts, managed.group_id, known)
        is_ = f"{name_of(person)} is a member, and no package that grants this group is assigned to them. {words}"
        should = "Members have an assignment of a package that grants the group."
        yield finding("MSSP001", _target(managed), is_, should, person=person, since=since, by=by)


def _lately(facts: Facts, assignment: Json) -> bool:
    ended = facts.ended(assignment)
    return ended is not None and facts.now - ended < facts.grace


def added(facts: Facts, group_id: str, member_id: str) -> tuple[str | None, str | None, str]:
    """Since when and by whom somebody is in a group, as the log says (practice S11); the last is a sentence."""
    entries = []
    for entry in facts.read("added"):
        targets = {key(x.get("id")) for x in entry.get("targetResources") or []}
        if {group_id, member_id} <= targets and moment(entry.get("activityDateTime")):
            entries.append(entry)
    if not entries:
        known = "Since when and by whom is older than the log." if facts.was_read("added") else "The log could not be read."
        return None, None, known
    newest = max(entries, key=lambda x: str(x["activityDateTime"]))
    since, by = told(moment(newest["activityDateTime"])), initiator(newest.get("initiatedBy") or {})
    return since, by, f"Added on {since} by {by}."


def initiator(by: Json) -> str:
    """Who did what the log says, from an entry's `initiatedBy`."""
    user, app = by.get("user") or {}, by.get("app") or {}
    if user:
        return str(user.get("userPrincipalName") or user.get("displayName") or user.get("id") or "a user")
    name = app.get("displayName") or app.get("appId") or app.get("servicePrincipalId")
    return f"the application {name}" if name else "an unknown initiator"


def _not_people(facts: Facts, managed: Managed) -> t.Iterator[Finding]:
    for member in (facts.memberships.get(managed.group_id) or {}).get("members") or []:
        if member["type"] == "user" or facts.accepted(member["id"]):
            continue
        kind = _KINDS.get(str(member["type"]), str(member["type"] or "object"))
        is_ = f"The {kind} '{member.get('displayName')}' ({member['id']}) is a member."
        # The member tells two findings of one group apart.
        yield finding("MSSP004", _target(managed), is_, "Only people are members.", property=f"members/{member['id']}")


def _missing(facts: Facts, people: People, managed: Managed) -> t.Iterator[Finding]:
    members = {key(x["id"]) for x in facts.memberships[managed.group_id]["members"] if x["type"] == "user"}
    told_of = set()
    # Whoever is eligible is a member only while they have activated it.
    for assignment in facts.assignments_of(facts.granting(managed.group_id, (MEMBER,))):
        known = key((assignment.get("target") or {}).get("id"))
        if key(assignment.get("state")) != "delivered" or not known or known in members or known in told_of:
            continue
        since = delivered(facts, assignment)
        if since is None or facts.now - since <= facts.grace:
            continue
        told_of.add(known)
        person = people.person(known, assignment.get("target"))
        package = (assignment.get("accessPackage") or {}).get("displayName")
        is_ = f"The package '{package}' is delivered to {name_of(person)} since {told(since)}, who is not a member."
        yield finding("MSSP002", _target(managed), is_, "Whom the package is delivered to is a member.", person=person)


def delivered(facts: Facts, assignment: Json) -> datetime.datetime | None:
    """Since when somebody has an assignment: since its request was completed, else since its schedule says."""
    request = facts.granted(assignment)
    return moment(request.get("completedDateTime")) or moment((assignment.get("schedule") or {}).get("startDateTime"))


def expires(assignment: Json) -> datetime.datetime | None:
    """When an assignment ends; None for never."""
    schedule = assignment.get("schedule") or {}
    expiration = schedule.get("expiration") or {}
    kind = key(expiration.get("type"))
    if kind == "afterdatetime":
        return moment(expiration.get("endDateTime"))
    start, lasts = moment(schedule.get("startDateTime")), span(expiration.get("duration"))
    if kind == "afterduration" and start and lasts:
        return start + lasts
    return None


def _assignment(facts: Facts, people: People, assignment: Json) -> t.Iterator[Finding]:
    state, target = key(assignment.get("state")), assignment.get("target") or {}
    package = assignment.get("accessPackage") or {}
    about = ("assignment", package.get("displayName"), assignment.get("id"))
    person = people.person(target.get("id"), target)
    who = f"{name_of(person)}'s assignment of '{package.get('displayName')}'"
    if state in ("deliveryfailed", "partiallydelivered"):
        how = "failed to be delivered" if state == "deliveryfailed" else "is delivered in part only"
        yield finding("MSSP005", about, f"{who} {how}.", "It is delivered.", person=person)
    if state not in LIVE:
        return
    policy = facts.policy((assignment.get("assignmentPolicy") or {}).get("id"))
    if state != "delivering" and policy:
        yield from _too_long(facts, assignment, policy, about, person, who)
    approval = policy.get("requestApprovalSettings") or {}
    request = facts.granted(assignment)
    direct = key(request.get("requestType")) == "adminadd"
    if approval.get("isApprovalRequiredForAdd") and direct and not approved_by(facts, assignment):
        made = moment(request.get("createdDateTime"))
        since, forgotten = told(made), made is not None and facts.now - made > _LOG
        is_ = f"{who} was made by an administrator on {since}, and no approval of it is known"
        is_ += "; one would be older than the log." if forgotten else "."
        should = "It is requested, and approved by those whom the policy names."
        yield finding("MSSP007", about, is_, should, person=person, since=since)


def _too_long(
    facts: Facts, assignment: Json, policy: Json, about: tuple[str, t.Any, t.Any], person: Json, who: str
) -> t.Iterator[Finding]:
    latest = _latest_end(facts, assignment, policy)
    if latest is None:
        return
    ends, should = expires(assignment), f"It ends on {told(latest)} at the latest, as its policy says."
    if ends is None:
        yield finding("MSSP006", about, f"{who} has no end.", should, person=person)
    elif ends > latest + DAY:
        yield finding("MSSP006", about, f"{who} ends on {told(ends)}.", should, person=person)


def _latest_end(facts: Facts, assignment: Json, policy: Json) -> datetime.datetime | None:
    """The latest end that the policy explains; None when it sets none, or nobody can tell."""
    expiration = policy.get("expiration") or {}
    if key(expiration.get("type")) == "afterdatetime":
        return moment(expiration.get("endDateTime"))
    lasts, since = span(expiration.get("duration")), delivered(facts, assignment)
    if key(expiration.get("type")) != "afterduration" or not lasts or since is None:
        return None
    updates = [x for x in facts.requests_for(assignment) if key(x.get("requestType")).endswith("update")]
    extended = [x for x in (moment(x.get("completedDateTime")) for x in updates) if x]
    # An extension may count from the old end: then it ends two durations after it was asked for, at most.
    return max(extended) + 2 * lasts if extended else since + lasts


def approved_by(facts: Facts, assignment: Json) -> list[str]:
    """Who approved the assignment's requests, as far as the log goes."""
    found = [by for request in facts.requests_for(assignment) for by in facts.approvals_of(request)]
    return list(dict.fromkeys(map(initiator, found)))
