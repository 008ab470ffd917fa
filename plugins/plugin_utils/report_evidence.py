# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The evidence pack of one customer: what an auditor is handed, as files with a manifest.

Facts are what the audit has read, by name, in Microsoft Graph's terms: each becomes a file of its own, and what people read in
tables is a table as well. Microsoft keeps requests and logs for a limited time: a pack of each audit stays where it is.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import some
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import Fleet, to_the_minute
from ansible_collections.mssp.defender.plugins.plugin_utils.report_period import Period
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.report_tables import access_csv, findings_csv, value
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import csv_text, one_line

_EVER = Period()
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

_LOG = {
    "when": "activityDateTime",
    "what": "activityDisplayName",
    "who": "initiatedBy.user.displayName",
    "who_principal_name": "initiatedBy.user.userPrincipalName",
    "who_id": "initiatedBy.user.id",
    "application": "initiatedBy.app.displayName",
    "result": "result",
    "to": "targetResources.*.displayName",
    "to_principal_name": "targetResources.*.userPrincipalName",
    "to_id": "targetResources.*.id",
}
# Facts that become tables: the columns, each with where its value is; a star walks a list.
_TABLES: dict[str, dict[str, str]] = {
    "added": _LOG,
    "approved": _LOG,
    "requests": {
        "request": "id",
        "package": "accessPackage.displayName",
        "type": "requestType",
        "state": "state",
        "status": "status",
        "who": "requestor.displayName",
        "mail": "requestor.email",
        "justification": "justification",
        "asked": "createdDateTime",
        "completed": "completedDateTime",
        "decision": "approval.stages.*.reviewResult",
        "decided_by": "approval.stages.*.reviewedBy.displayName",
        "decided_because": "approval.stages.*.justification",
        "decided": "approval.stages.*.reviewedDateTime",
    },
    "assignments": {
        "assignment": "id",
        "package": "accessPackage.displayName",
        "policy": "assignmentPolicy.displayName",
        "who": "target.displayName",
        "mail": "target.email",
        "object_id": "target.id",
        "state": "state",
        "status": "status",
        "from": "schedule.startDateTime",
        "until": "schedule.expiration.endDateTime",
        "expired": "expiredDateTime",
    },
    "decisions": {
        "review": "review.displayName",
        "review_id": "review.id",
        "from": "instance.startDateTime",
        "until": "instance.endDateTime",
        "review_status": "instance.status",
        "who": "principal.displayName",
        "decision": "decision",
        "recommended": "recommendation",
        "decided_by": "reviewedBy.displayName",
        "decided_because": "justification",
        "decided": "reviewedDateTime",
        "applied": "applyResult",
    },
    "role_actions": {
        "role": "role.displayName",
        "role_id": "role.id",
        "action": "action",
        "assigned_to": "role.assignments.*.principalIds.*",
        "scopes": "role.assignments.*.appScopeIds.*",
    },
}


def directory_of(customer: Customer, period: Period = _EVER) -> str:
    """The pack's own directory within the customer's: the period, if one is meant, and the instant of its audit."""
    instant = re.sub("[-:]", "", customer.ended) if _INSTANT.fullmatch(customer.ended) else "undated"
    return f"{period.name}_{instant}" if period.name else instant


def pack(customer: Customer, facts: Json, made_by: str, period: Period = _EVER) -> dict[str, str]:
    """The files by name.

    :param facts: by name, what the audit has read; may be empty.
    :param made_by: the version of this collection.
    :param period: of requests, assignments, reviews and the log only what is of it.
    """
    alone, facts = Fleet([customer], [], "", made_by), period.within(facts)
    files = {
        "audit.json": _json(customer.document),
        "findings.csv": findings_csv(alone),
        "access.csv": access_csv(alone),
    }
    for name, fact in facts.items():
        stem = re.sub("[^a-z0-9_]+", "_", name.lower()).strip("_") or "fact"
        # Two names may become one; none is lost.
        while f"{stem}.json" in files:
            stem += "_"
        files[f"{stem}.json"] = _json(fact)
    for name, rows in {**facts, "decisions": _decisions(facts), "role_actions": _role_actions(facts)}.items():
        if name in _TABLES and isinstance(rows, list) and f"{name}.csv" not in files:
            files[f"{name}.csv"] = _table(_TABLES[name], rows)
    files["README.txt"] = _readme(customer, made_by, files, period)
    return files


def _decisions(facts: Json) -> list[Json] | None:
    """A row for each person whom a review asked about; None where reviews were not read."""
    reviews = facts.get("reviews")
    if not isinstance(reviews, list):
        return None
    return [
        {**decision, "review": review, "instance": instance}
        for review in reviews
        for instance in _at(review, ["instances", "*"])
        for decision in _at(instance, ["decisions", "*"])
        if isinstance(decision, dict)
    ]


def _role_actions(facts: Json) -> list[Json] | None:
    """A row for each role and action that it allows; None where roles were not read."""
    roles = facts.get("roles")
    if not isinstance(roles, list):
        return None
    path = ["rolePermissions", "*", "allowedResourceActions", "*"]
    return [{"role": role, "action": action} for role in roles for action in _at(role, path)]


def _json(its: t.Any) -> str:
    return json.dumps(its, indent=1, sort_keys=True, default=str) + "\n"


def _table(columns: t.Mapping[str, str], items: t.Iterable[t.Any]) -> str:
    rows = [["; ".join(one_line(value(x)) for x in _at(item, path.split("."))) for path in columns.values()] for item in items]
    return csv_text(list(columns), rows)


def _at(its: t.Any, path: t.Sequence[str]) -> list[t.Any]:
    """The values at a place; none where there is no such place."""
    if not path:
        return [] if its is None else [its]
    if path[0] == "*":
        return [found for item in (its if isinstance(its, list) else []) for found in _at(item, path[1:])]
    return _at(its.get(path[0]), path[1:]) if isinstance(its, dict) else []


_ABOUT = {
    "plan.json": "what the variables of this customer say should be there",
    "drift.json": "what the onboarding would have changed",
    "added.csv": "the directory's log of who added whom to these groups, as far back as it goes",
    "approved.csv": "the directory's log of who approved which request, as far back as it goes",
    "audit.json": "all that the audit of this customer found, as one document (docs/schemas/audit-1.json)",
    "findings.csv": "the findings",
    "access.csv": "who has access, by tier, until when, and who approved it",
    "policies.json": "the assignment policies as applied",
    "assignments.json": "the assignments as read",
    "assignments.csv": "the assignments as a table",
    "requests.json": "the requests with approvers and justifications, as read",
    "requests.csv": "the requests as a table",
    "reviews.json": "the access reviews with their decisions, as read",
    "decisions.csv": "the decisions of access reviews as a table",
    "remembered.json": "what earlier audits read of the log, which this one could not read",
    "roles.json": "the Defender roles with their assignments, as read",
    "role_actions.csv": "what each Defender role allows, and whom it is assigned to",
}


def _readme(customer: Customer, made_by: str, files: t.Iterable[str], period: Period) -> str:
    tool, tenant = customer.document.get("tool") or {}, customer.tenant
    lines = [
        "Evidence of the access of a managed security service provider's analysts",
        "",
        f"Customer:        {one_line(customer.name)}",
        "Tenant:          " + " ".join(filter(None, (one_line(tenant.get(key)) for key in ("display_name", "id", "domain")))),
        f"Read from:       {to_the_minute(one_line(customer.document.get('began')))}",
        f"Read until:      {to_the_minute(one_line(customer.ended))}",
        f"Period:          {period}",
        f"Complete:        {'yes' if customer.complete else 'NO: see the findings MSSP900 and MSSP901'}",
        f"Findings:        {some(len(customer.findings), 'finding')}",
        f"Audited by:      {one_line(tool.get('name'))} {one_line(tool.get('version'))}, "
        f"ansible-core {one_line(tool.get('ansible_core'))}",
        f"Packed by:       mssp.defender {made_by}",
        "",
        "Nobody has changed these files if `sha256sum --check MANIFEST.sha256` says OK of each in this directory,",
        "and the manifest is the one that was handed over.",
        "",
        "Files:",
        *(f"  {name}: {_ABOUT.get(name, 'as read from Microsoft Graph')}" for name in sorted(files)),
    ]
    if customer.not_checked:
        lines += ["", "What no such audit can tell:"]
        lines += [f"  {one_line(x.get('what'))}: {one_line(x.get('why'))}" for x in customer.not_checked]
    return "\n".join(lines) + "\n"
