# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Those who decide, and people with access who are not there: practice B.6, M1, M2 and S5."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import type_name
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_access import initiator
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_drift import APPROVAL, drifted
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import APPROVERS, LIVE, Facts, Managed, approvers_named
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import (
    Finding,
    Json,
    finding,
    key,
    moment,
    name_of,
    told,
)

_EXTENDS = "requestApprovalSettings.isApprovalRequiredForUpdate"


def approvers(facts: Facts, people: People) -> t.Iterator[Finding]:
    """Policies that nobody or the wrong people decide."""
    stuck: set[str] = set()
    others: dict[str, Finding] = {}
    for managed in facts.managed:
        for policy in facts.policies_of(managed.package["id"]) if managed.package else []:
            if requestable(policy):
                yield from _policy(facts, people, managed, policy, stuck, others)
            yield from _extension(facts, policy)
    # Where nobody is left to decide, that is the finding.
    yield from (found for known, found in others.items() if known not in stuck)
    yield from _both(facts, people)
    yield from _own_tenant(facts, people)


def requestable(policy: Json) -> bool:
    """Whether anybody can ask under the policy, and somebody has to approve."""
    asked = (policy.get("requestorSettings") or {}).get("enableTargetsToSelfAddAccess")
    approval = (policy.get("requestApprovalSettings") or {}).get("isApprovalRequiredForAdd")
    return bool(asked and approval) and key(policy.get("allowedTargetScope")) != "notspecified"


def about(policy: Json) -> tuple[str, t.Any, t.Any]:
    """A policy as the object of a finding."""
    package = (policy.get("accessPackage") or {}).get("displayName")
    name = policy.get("displayName")
    return ("assignment policy", f"{package}: {name}" if package else name, policy.get("id"))


def deciders(facts: Facts, policy: Json) -> tuple[dict[int, list[str]], bool]:
    """The people of each stage by id, groups as those who are in them; and whether others are named whom nobody can list."""
    stages = (policy.get("requestApprovalSettings") or {}).get("stages") or []
    found: dict[int, list[str]] = {number: [] for number in range(max(1, len(stages)))}
    unlisted = False
    for number, _which, subject in approvers_named(policy):
        kind = type_name(subject)
        if kind == "singleuser":
            found[number].append(key(subject.get("userId")))
        elif kind == "groupmembers" and key(subject.get("groupId")) in facts.memberships:
            found[number] += [key(x["id"]) for x in facts.users_in(subject.get("groupId"))]
        elif kind != "groupmembers" or not facts.was_read("groups"):
            # Sponsors and managers differ from requestor to requestor.
            unlisted = True
    return found, unlisted


def _policy(
    facts: Facts, people: People, managed: Managed, policy: Json, stuck: set[str], others: dict[str, Finding]
) -> t.Iterator[Finding]:
    by_stage, unlisted = deciders(facts, policy)
    able = {number: [x for x in ids if _can_decide(people, x)] for number, ids in by_stage.items()}
    named = {x for ids in by_stage.values() for x in ids}
    empty = [number for number, ids in able.items() if not ids]
    if empty and not unlisted and facts.was_read("users"):
        stuck |= named
        is_ = f"Stage {empty[0] + 1} has {len(by_stage[empty[0]])} approvers, and none of them can decide."
        yield finding(
            "MSSP101", about(policy), is_, "At least one approver of each stage is enabled and has accepted the invitation."
        )
    elif facts.was_read("users"):
        for gone in sorted(x for x in named if not people.user(x) or people.enabled(x) is False):
            person = people.person(gone)
            how = "is disabled" if people.user(gone) else "is not in the directory"
            found = finding("MSSP102", about(policy), f"{name_of(person)} {how}.", "Approvers can sign in.", person=person)
            others.setdefault(gone, found)
    group_id = next((x.group_id for x in facts.managed if x.key == APPROVERS), "")
    if managed.key == APPROVERS and any(key(x.get("groupId")) == group_id != "" for _n, _w, x in approvers_named(policy)):
        is_ = "Whoever is in the approvers' group decides who comes into it."
        yield finding("MSSP104", about(policy), is_, "People of the customer decide who becomes an approver.")
    ids = {x for stage in able.values() for x in stage}
    if managed.key != APPROVERS and only_mssp(facts, people, policy):
        is_ = f"All {len(ids)} people who can approve are of the MSSP's tenant."
        yield finding(
            "MSSP105", about(policy), is_, "Microsoft's walkthrough has it so; a customer may want a person of its own."
        )


def only_mssp(facts: Facts, people: People, policy: Json) -> bool:
    """Whether each stage can be decided, and by people of the MSSP alone."""
    by_stage, unlisted = deciders(facts, policy)
    able = [[x for x in ids if _can_decide(people, x)] for ids in by_stage.values()]
    return not unlisted and all(able) and all(people.is_mssp(x) for ids in able for x in ids)


def _can_decide(people: People, user_id: str) -> bool:
    # What is not known counts as able: the part that could not be read is a finding of its own.
    return bool(people.user(user_id)) and people.enabled(user_id) is not False and not people.pending(user_id)


def _extension(facts: Facts, policy: Json) -> t.Iterator[Finding]:
    settings, requests = policy.get("requestApprovalSettings") or {}, policy.get("requestorSettings") or {}
    if not settings.get("isApprovalRequiredForAdd") or settings.get("isApprovalRequiredForUpdate"):
        return
    if not requests.get("enableTargetsToSelfUpdateAccess"):
        return
    # Changed by somebody, it is told as drift.
    if (APPROVAL, key(policy.get("id")), _EXTENDS) in drifted(facts):
        return
    review = policy.get("reviewSettings") or {}
    alone = bool(review.get("isEnabled") and review.get("isSelfReview"))
    is_ = "People extend their own access without approval" + (", and review it themselves." if alone else ".")
    yield finding(
        "MSSP209", about(policy), is_, "Extensions are approved as new requests are.", severity="grave" if alone else None
    )


def _both(facts: Facts, people: People) -> t.Iterator[Finding]:
    deciding: dict[str, Json] = {}
    for managed in facts.tiers:
        for policy in facts.policies_of(managed.package["id"]) if managed.package else []:
            for ids in deciders(facts, policy)[0].values() if requestable(policy) else ():
                deciding.update({x: policy for x in ids if x not in deciding})
    told_of = set()
    for managed in facts.tiers:
        for user_id in sorted(with_access(facts, managed)):
            if user_id in deciding and user_id not in told_of:
                told_of.add(user_id)
                person = people.person(user_id)
                is_ = f"{name_of(person)} has the access of '{managed.package_name}' and approves requests."
                yield finding("MSSP103", about(deciding[user_id]), is_, "Who approves is no analyst.", person=person)


def _own_tenant(facts: Facts, people: People) -> t.Iterator[Finding]:
    for assignment in facts.assignments_of([x.package for x in facts.managed if x.package]):
        target = assignment.get("target") or {}
        policy = facts.policy((assignment.get("assignmentPolicy") or {}).get("id"))
        # Where nobody else can approve, the policy is the finding, and not each request.
        if key(assignment.get("state")) not in LIVE or not people.is_mssp(target.get("id")) or only_mssp(facts, people, policy):
            continue
        request = facts.granted(assignment)
        decided = facts.approvals_of(request)
        if not decided or not all(people.is_mssp((by.get("user") or {}).get("id")) for by in decided):
            continue
        person = people.person(target.get("id"), target)
        package = (assignment.get("accessPackage") or {}).get("displayName")
        names = " and ".join(dict.fromkeys(map(initiator, decided)))
        is_ = f"{name_of(person)}'s request for '{package}' was approved by {names} of the MSSP alone."
        should = "Microsoft's walkthrough has it so; a customer may want a person of its own to look at each request."
        since = told(moment(request.get("completedDateTime") or request.get("createdDateTime")))
        yield finding("MSSP109", ("request", package, request["id"]), is_, should, person=person, since=since, by=names)


def with_access(facts: Facts, managed: Managed) -> set[str]:
    """Ids of those who are in the group or have a live assignment that grants it."""
    members = {key(x["id"]) for x in facts.users_in(managed.group_id)}
    there = facts.assignments_of(facts.granting(managed.group_id)) if managed.group_id else []
    targets = {key((x.get("target") or {}).get("id")) for x in there if key(x.get("state")) in LIVE}
    return {x for x in members | targets if x}


def guests(facts: Facts, people: People) -> t.Iterator[Finding]:
    """People from elsewhere with access who have not accepted, or do not sign in."""
    if not facts.was_read("users"):
        return
    there = sorted({x for managed in facts.managed for x in with_access(facts, managed)})
    stale = []
    for user_id in (x for x in there if people.is_foreign(x) and people.user(x)):
        person, created = people.person(user_id), people.created(user_id)
        target = ("user", person["display_name"], person["id"])
        if people.pending(user_id):
            if created and facts.now - created > facts.days("pending_days"):
                is_ = f"{name_of(person)} was invited on {told(created)} and has not accepted."
                yield finding("MSSP106", target, is_, "Guests with access have accepted the invitation.", person=person)
            continue
        last = people.last_sign_in(user_id)
        since = last or created
        if facts.raw.get("sign_ins_read") and since and facts.now - since > facts.days("stale_days"):
            how = f"signed in last on {told(last)}" if last else f"has never signed in since {told(created)}"
            should = f"Guests with access sign in within {facts.options['stale_days']} days."
            stale.append(finding("MSSP107", target, f"{name_of(person)} {how}.", should, person=person))
    if stale and not people.anybody_signs_in:
        tenant = facts.tenant
        is_ = f"{len(stale)} guests with access look as if they had never signed in, and no sign-in is known of anybody."
        yield finding("MSSP108", ("tenant", tenant.get("display_name"), tenant.get("id")), is_, "Sign-ins can be read.")
    else:
        yield from stale
