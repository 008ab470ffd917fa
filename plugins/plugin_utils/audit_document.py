# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""From the facts of one customer to its document, which docs/schemas/audit-1.json describes. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_access import access, approved_by, delivered, expires
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_approvers import approvers, guests, with_access
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_defender import LIVE_RESPONSE, defender, live_response, reaches
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_drift import actions_of, drift
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_ends import ends, timeline
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import LIVE, Facts, Managed
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_links import link
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_not_checked import not_checked, not_read
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import SEVERITIES
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Finding, Json, fingerprint, key, told
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_ways_in import ways_in
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import SCHEMA

# Roles of the directory that have live response without any role of Defender (Microsoft, compare-rbac-roles).
ADMINISTRATORS = ("Global Administrator", "Security Administrator")

_RULES: tuple[t.Callable[[Facts, People], t.Iterable[Finding]], ...] = (
    drift,
    access,
    defender,
    approvers,
    guests,
    ends,
    ways_in,
    not_read,
)


def findings(raw: t.Mapping[str, t.Any]) -> Json:
    """The document of a customer who could be read.

    :param raw: the facts, as `audit_facts.py` lists them.
    """
    facts = Facts(raw)
    people = People(facts)
    found: dict[str, Finding] = {}
    for rule in _RULES:
        for each in rule(facts, people):
            each["fingerprint"] = fingerprint(facts.tenant.get("id"), each)
            each["link"] = each["link"] or link(facts, each)
            # The same thing said twice is one finding.
            found.setdefault(each["fingerprint"], each)
    listed = sorted(found.values(), key=lambda x: (SEVERITIES.index(x["severity"]), x["id"], x["fingerprint"]))
    return {
        **_head(raw),
        "tenant": {name: facts.tenant.get(name) for name in ("id", "domain", "display_name")},
        "mssp": {"tenant_id": facts.mssp or None, "display_name": _mssp_name(facts)},
        "complete": not any(x["id"].startswith("MSSP9") for x in listed),
        "error": None,
        "findings": listed,
        "access": _access(facts, people),
        "ends": timeline(facts, people),
        "not_checked": not_checked(facts),
        "counts": {severity: sum(x["severity"] == severity for x in listed) for severity in SEVERITIES},
    }


def unread(raw: t.Mapping[str, t.Any], message: str, failure: Json) -> Json:
    """The document of a customer who could not be audited at all."""
    tenant = (raw.get("tenant") or {}).get("tenant") or {}
    return {
        **_head(raw),
        "tenant": {name: tenant.get(name) for name in ("id", "domain", "display_name")},
        "mssp": {"tenant_id": raw.get("mssp") or None, "display_name": None},
        "complete": False,
        "error": {"message": message, "failure": failure},
        "findings": [],
        "access": [],
        "ends": [],
        "not_checked": [],
        "counts": dict.fromkeys(SEVERITIES, 0),
    }


def _head(raw: t.Mapping[str, t.Any]) -> Json:
    return {
        "schema": SCHEMA,
        "tool": {"name": "mssp.defender", "version": str(raw["version"]), "ansible_core": str(raw["core"])},
        "customer": str(raw["customer"]),
        "began": raw["began"],
        "ended": raw["now"],
    }


def _mssp_name(facts: Facts) -> str | None:
    looked_up = (facts.raw.get("tenant") or {}).get("looked_up") or {}
    if looked_up.get("display_name"):
        return str(looked_up["display_name"])
    for organization in facts.read("organizations"):
        for source in organization.get("identitySources") or []:
            if key(source.get("tenantId")) == facts.mssp:
                return str(source.get("displayName") or organization.get("displayName") or "") or None
    return None


def _access(facts: Facts, people: People) -> list[Json]:
    rows = [row for managed in facts.managed for row in _of_group(facts, people, managed)]
    rows += _live_response_elsewhere(facts, people)
    return rows


def _of_group(facts: Facts, people: People, managed: Managed) -> t.Iterator[Json]:
    sessions = live_response(facts, managed.group_id)
    granting = facts.granting(managed.group_id) if managed.group_id else [x for x in (managed.package,) if x]
    held = [x for x in facts.assignments_of(granting) if key(x.get("state")) in LIVE]
    for assignment in sorted(held, key=lambda x: str((x.get("target") or {}).get("displayName"))):
        target, package = assignment.get("target") or {}, assignment.get("accessPackage") or {}
        row = _row(people, managed.key, target.get("id"), sessions, target)
        policy = (assignment.get("assignmentPolicy") or {}).get("displayName")
        since, until = told(delivered(facts, assignment)), told(expires(assignment))
        yield {
            **row,
            "package": {"id": package.get("id"), "name": package.get("displayName")},
            "assignment": {
                "id": assignment.get("id"),
                "state": assignment.get("state"),
                "policy": policy,
                "since": since,
                "expires": until,
            },
            "approved_by": approved_by(facts, assignment),
        }
    assigned = {key((x.get("target") or {}).get("id")) for x in held}
    for user_id in sorted(with_access(facts, managed) - assigned):
        yield _row(people, managed.key, user_id, sessions)


def _row(people: People, tier: str, user_id: t.Any, sessions: bool, subject: Json | None = None) -> Json:
    return {
        "person": people.person(user_id, subject),
        "tier": tier,
        "package": None,
        "assignment": None,
        "approved_by": [],
        "live_response": sessions,
        "last_sign_in": told(people.last_sign_in(user_id)),
        "enabled": people.enabled(user_id),
    }


def _live_response_elsewhere(facts: Facts, people: People) -> list[Json]:
    """Whoever has live response, but not through a tier: a class of its own (practice B.6)."""
    holders: dict[tuple[str, str], None] = {}
    for role in facts.read("roles"):
        if reaches(actions_of(role.get("rolePermissions")), LIVE_RESPONSE):
            for assignment in role.get("assignments") or []:
                for principal in assignment.get("principalIds") or []:
                    if key(principal) not in facts.group_ids:
                        _hold(facts, people, holders, f"Defender role {role.get('displayName')}", principal)
    for assignment in facts.read("directory_roles"):
        if assignment["role"].get("displayName") in ADMINISTRATORS:
            _hold(facts, people, holders, f"Entra role {assignment['role']['displayName']}", assignment["principal"]["id"])
    return [_row(people, tier, user_id, True) for tier, user_id in sorted(holders)]


def _hold(facts: Facts, people: People, holders: dict[tuple[str, str], None], what: str, principal: t.Any) -> None:
    if key(principal) in facts.memberships:
        holders.update({(what, key(x["id"])): None for x in facts.users_in(principal)})
    elif people.user(principal):
        holders[what, key(principal)] = None
