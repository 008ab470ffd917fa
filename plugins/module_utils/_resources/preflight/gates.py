# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""All gates: what to ask in how many requests, and one report of what they find. Nothing is written."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import missing
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight import (
    access,
    conditional,
    defender,
    entitlement,
    groups,
    guests,
    licence,
    partner,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    NOT_CHECKED,
    SEVERITIES,
    STOP,
    WARNING,
    Finding,
    elsewhere,
    found,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import (
    Answers,
    Question,
    Wanted,
    rows,
)

# The licence comes first: without it nothing else matters.
GATES = (
    licence.GATE,
    partner.GATE,
    guests.INVITATIONS,
    guests.DOMAINS,
    access.GATE,
    conditional.GATE,
    entitlement.GATE,
    defender.GATE,
    groups.GATE,
)
# Refusals that are an answer to the question.
_TOLD = {
    "partner": (400, 404),
    "cross_partner": (404,),
    "roles": (400, 403, 404),
}


@dataclasses.dataclass(frozen=True)
class Report:
    """What was found, the licence first, then by gravity."""

    findings: list[Finding]
    licence: dict[str, t.Any]
    urbac: dict[str, t.Any]


def questions(wanted: Wanted) -> list[Question]:
    """What is to be read for this, each once."""
    if wanted.in_partners_own:
        return access.GATE.questions(wanted)
    return [question for gate in GATES for question in gate.questions(wanted)]


def ask(graph: Graph, wanted: Wanted) -> dict[str, t.Any]:
    """The answers by name: one request for each version of Graph, whatever the number of questions."""
    askable = [question for question in questions(wanted) if question.may_be_asked(wanted.granted)]
    answers: dict[str, t.Any] = {}
    for beta in (False, True):
        part = [question for question in askable if question.beta == beta]
        if part:
            answers.update(zip((x.name for x in part), _together(graph, part, beta), strict=True))
    return answers


def _together(graph: Graph, part: t.Sequence[Question], beta: bool) -> list[t.Any]:
    try:
        return graph.together([(question.path, question.query) for question in part], beta=beta)
    except GraphError as error:
        # A gateway that knows no batches: the run itself will not need any.
        if error.status in (400, 403, 404, 405, 501):
            return [error] * len(part)
        raise


def report(wanted: Wanted, answers: Answers) -> Report:
    """The judgement on all answers. Pure."""
    if wanted.in_partners_own:
        findings = access.GATE.judge(wanted, answers)
    else:
        findings = [finding for gate in GATES for finding in gate.judge(wanted, answers)]
    findings = [_as_intended(finding, wanted) for finding in (*findings, *_unread(wanted, answers))]
    # The sort keeps the order of the gates within a severity.
    findings.sort(key=lambda x: (not x.id.startswith("licence"), SEVERITIES.index(x.severity)))
    return Report(
        findings,
        licence.verdict(rows(answers, "skus")),
        {"answers": defender.answers_at_all(answers), "active": "unknown"},
    )


def _as_intended(finding: Finding, wanted: Wanted) -> Finding:
    """Nothing stops who builds nothing, nor who knows of it."""
    accepted = finding.id in wanted.accepted
    if finding.severity == STOP and (accepted or not wanted.builds):
        return dataclasses.replace(finding, severity=WARNING, accepted=accepted)
    return finding


def _unread(wanted: Wanted, answers: Answers) -> list[Finding]:
    """What could not be read, once for each reason."""
    by_permission: dict[str, list[str]] = collections.defaultdict(list)
    by_refusal: dict[str, list[str]] = collections.defaultdict(list)
    for question in questions(wanted):
        error = answers.get(question.name)
        if not question.may_be_asked(wanted.granted):
            by_permission[missing(question.any_of[:1], wanted.granted)[0]].append(question.about)
        elif isinstance(error, GraphError) and not _told(question, error, answers):
            by_refusal[error.cause].append(question.about)
    if guests.unreadable_domains(answers):
        by_refusal["the policy is of another form than is known"].append("from which domains guests may be invited")
    findings = [
        found(
            "not_readable",
            NOT_CHECKED,
            f"Not checked, since the application may not read it: {'; '.join(dict.fromkeys(about))}.",
            missing=permission,
            consent=wanted.consent,
        )
        for permission, about in by_permission.items()
    ]
    return [*findings, *(elsewhere(cause, about) for cause, about in by_refusal.items())]


def _told(question: Question, error: GraphError, answers: Answers) -> bool:
    """Whether the refusal has been told by a gate."""
    if error.status in _TOLD.get(question.name, ()):
        return True
    if question.name == "namespaces":
        return defender.answers_at_all(answers) is False
    return question.name in ("settings", "policies", "organizations") and licence.unlicensed(answers)


def stopping(findings: t.Iterable[Finding]) -> list[Finding]:
    """Those that stop a run before its first write."""
    return [finding for finding in findings if finding.severity == STOP]
