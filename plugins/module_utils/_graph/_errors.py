# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Graph's error answers as `GraphError`: status, code, message, request-id, and what to do about it.

Codes and messages: EM 1.3 and Defender 1.8; codes compare without case, because Graph's back ends spell them
differently.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError

_LICENCE = "The customer's tenant needs Microsoft Entra ID P2 (or Entra ID Governance) for entitlement management."

_REMEDIES = {
    "nolicense": _LICENCE,
    "aadpremiumlicenserequired": _LICENCE,
    "nogovernancesku": "This feature needs Microsoft Entra ID Governance: leave it out, or license the tenant.",
    "callernotresourceowner": "Adding a group to a catalog also needs the application permission Group.ReadWrite.All.",
    "invalidauthenticationtoken": "The access token was refused: check that tenant_id, cloud and graph_url belong together.",
    "invalidmodel": "Graph refuses the combination of values: compare them with the documentation of the module.",
}

# What Graph says to a token that was issued before somebody revoked sessions, changed a password or disabled an account.
_EVALUATION = "continuous access evaluation"
_REVOKED = "The access token was revoked after it was issued: find out why, then sign in again or acquire a new one."

# Graph's word that a create was carried out before: look the object up.
EXISTS_ALREADY = frozenset(
    {
        "duplicatekey",
        "resourcealreadyonboarded",
        "connectedorganizationalreadyexists",
        "identityprovideralreadyconfigured",
        "duplicateaccesspackage",
    }
)


def from_answer(answer: t.Any) -> GraphError:
    """The error of an answer with status 300 or more; tolerates bodies that are not Graph's."""
    try:
        error = answer.json().get("error", {})
    except (ValueError, AttributeError):
        error = {}
    if not isinstance(error, dict):
        error = {}
    code = str(error.get("code") or "")
    message = str(error.get("message") or "").strip()
    inner = error.get("innerError") or error.get("innererror") or {}
    request_id = answer.headers.get("request-id") or (inner.get("request-id") if isinstance(inner, dict) else None)
    words = f"Graph answered {answer.status_code}" + (f" {code}" if code else "")
    if message:
        # On one line, whatever breaks it has.
        words += f": {' '.join(message.split()).rstrip('. ')}"
    if request_id:
        words += f" (request-id {request_id})"
    remedy = _REVOKED if _EVALUATION in message.lower() else _REMEDIES.get(code.lower())
    if not error and not request_id and answer.status_code < 500:
        remedy = "Graph itself gives a code and a request-id: something answers in its place, so check proxy and graph_url."
    return GraphError(
        words,
        outcome_unknown=code.lower() in EXISTS_ALREADY,
        remedy=remedy,
        status=answer.status_code,
        code=code or None,
        detail=message or None,
        request_id=request_id,
    )


def has_code(error: GraphError, *codes: str) -> bool:
    """Whether Graph's code is one of these, without regard to case."""
    return (error.code or "").lower() in {code.lower() for code in codes}
