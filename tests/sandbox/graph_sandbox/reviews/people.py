# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reviews: the person reviewed, those whom the policy names, or the fallback when of those nobody is there.

Sources: accessreviewreviewerscope, accessreviewscheduledefinition (reviewers, fallbackReviewers), EM F.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..directory.group_store import transitive_members
from ..entitlement.identity_sources import organization_of
from ..entitlement.policy_shape import subject_of
from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call


def reviewers_of(call: Call, review: Row, principal_id: str) -> list[str]:
    """Ids of the users who decide about a principal, by a policy's review settings."""
    if review["isSelfReview"]:
        return [principal_id]  # reviewers that are named as well are ignored (practice B.1)
    return _present(call, review["primaryReviewers"], principal_id) or _present(call, review["fallbackReviewers"], principal_id)


def shown_scopes(subjects: Iterable[Row]) -> list[Row]:
    """Reviewers as definitions show them: queries."""
    scopes = []
    for subject in subjects:
        kind, object_id = subject_of(subject)
        if kind == "singleUser":
            scopes.append(_scope(f"/users/{object_id}", None))
        elif kind == "groupMembers":
            scopes.append(_scope(f"/groups/{object_id}/transitiveMembers", None))
        else:
            scopes.append(_scope("./manager" if "Manager" in kind else "./sponsors", "decisions"))
    return scopes


def identity(user: Row | None) -> Row:
    """A ``userIdentity``; nobody has the zero GUID and empty names (EM H)."""
    if user is None:
        return {"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""}
    return {"id": user["id"], "displayName": user["displayName"], "userPrincipalName": user.get("userPrincipalName") or ""}


def _scope(query: str, root: str | None) -> Row:
    return {
        "@odata.type": "#microsoft.graph.accessReviewReviewerScope",
        "query": query,
        "queryType": "MicrosoftGraph",
        "queryRoot": root,
    }


def _present(call: Call, subjects: Iterable[Row], principal_id: str) -> list[str]:
    """Those of the subjects who are there and may sign in, each once."""
    users = call.tenant.directory.users
    ids = (object_id for subject in subjects for object_id in _ids(call, subject, principal_id))
    rows = (users.get(object_id) for object_id in dict.fromkeys(ids))
    return [row["id"] for row in rows if row is not None and row["accountEnabled"]]


def _ids(call: Call, subject: Row, principal_id: str) -> Iterable[str]:
    directory = call.tenant.directory
    kind, object_id = subject_of(subject)
    finders: dict[str, Callable[[], Iterable[str]]] = {
        "singleUser": lambda: [object_id or ""],
        "groupMembers": lambda: [row["id"] for row in transitive_members(directory, object_id or "")],
        "requestorManager": lambda: [directory.managers.get(principal_id, "")],
        "targetManager": lambda: [directory.managers.get(principal_id, "")],
        "targetUserSponsors": lambda: directory.sponsors.get(principal_id, {}),
        "internalSponsors": lambda: _organization_sponsors(call, principal_id, internal=True),
        "externalSponsors": lambda: _organization_sponsors(call, principal_id, internal=False),
    }
    return finders[kind]() if kind in finders else []


def _organization_sponsors(call: Call, principal_id: str, *, internal: bool) -> Iterable[str]:
    user = call.tenant.directory.users.get(principal_id)
    organization = organization_of(call.tenant, call.world, user) if user else None
    state = call.tenant.entitlement
    links = state.internal_sponsors if internal else state.external_sponsors
    return links.get(organization["id"], {}) if organization else []
