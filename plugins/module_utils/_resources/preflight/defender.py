# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Does unified RBAC answer, and does it know the permissions of the tiers (practice M11).

Answering is not active: no API tells whether a workload enforces these roles.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import actions, includes
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    STOP,
    WARNING,
    Finding,
    found,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import (
    Answers,
    Gate,
    Question,
    Wanted,
    refused,
    rows,
)

_READ = ("RoleManagement.Read.Defender",)
_BASE = "roleManagement/defender"


def _questions(wanted: Wanted) -> list[Question]:
    if not wanted.concerns("defender") or wanted.in_partners_own:
        return []
    return [
        Question("roles", "whether unified RBAC answers", f"{_BASE}/roleDefinitions", _READ, beta=True),
        Question(
            "namespaces",
            "which permissions Defender knows here",
            f"{_BASE}/resourceNamespaces",
            _READ,
            {"$expand": "resourceActions"},
            beta=True,
        ),
    ]


def answers_at_all(answers: Answers) -> bool | None:
    """Whether unified RBAC answers in this tenant; None where that cannot be told."""
    error, roles, namespaces = refused(answers, "roles"), rows(answers, "roles"), rows(answers, "namespaces")
    if roles or namespaces:
        # One list is enough: the other may have been refused for a reason of the moment.
        return True
    if error is not None:
        # The token was seen to have the permission: else nothing would have been asked.
        return False if error.status in (400, 403, 404) else None
    # Both lists empty: so tenants without it have been seen to answer.
    return False if roles is not None and namespaces is not None else None


def catalogue(namespaces: t.Iterable[Entity]) -> set[str]:
    """The actions that Defender lists: their ids, below namespaces or, as seen too, without any around them."""
    listed = list(namespaces)
    inner = [action for namespace in listed for action in namespace.get("resourceActions") or ()]
    return {str(action.get("id")).lower() for action in (inner or listed) if "/" in str(action.get("id"))}


def wanted_actions(permissions: t.Iterable[str]) -> list[str]:
    """The full action strings; what is no permission at all is refused by the role's own module, with its reason."""
    found_actions: list[str] = []
    for permission in permissions:
        try:
            found_actions += actions([permission])
        except InvalidInput:
            continue
    return list(dict.fromkeys(found_actions))


def _judge(wanted: Wanted, answers: Answers) -> list[Finding]:
    if not wanted.concerns("defender") or wanted.in_partners_own:
        return []
    if answers_at_all(answers) is False:
        error = refused(answers, "roles")
        how = f" ({error.cause})" if error is not None else ", it lists nothing at all"
        if error is not None and error.status == 403:
            how += ", unless its permission was granted a moment ago"
        return [found("urbac_silent", STOP, f"Defender's unified role-based access control does not answer in this tenant{how}.")]
    known = catalogue(rows(answers, "namespaces") or ())
    if not known:
        return []
    strange = [
        action
        for action in wanted_actions(wanted.permissions)
        # A wildcard of the list's own says nothing of an action that the list does not have.
        if action not in known and not ("*" in action and any(includes(action, other) for other in known))
    ]
    if not strange:
        return []
    return [
        found("permission_unknown", WARNING, f"This tenant's list of Defender permissions does not have {', '.join(strange)}.")
    ]


GATE = Gate(_questions, _judge)
