# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of assignment policies, property by property: who may request, how long, which questions."""

from __future__ import annotations

from harness.drift import EXACT, NO_NAME, ONE_SPELLING, Body, Case, Empty, Spelled
from harness.drift_policies import SHIFT, TICKET, Policies, after, end_spellings, flag, nested, organization, people, user
from harness.drift_promises import EveryProperty
from harness.drift_story import Table

from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import PROPERTIES

# Approval and reviews have test modules of their own; all else is here.
OPTIONS = {
    prop.path: prop.option for prop in PROPERTIES if not prop.path.startswith(("requestApprovalSettings.", "reviewSettings."))
}
_ANYBODY = {"allowedTargetScope": "allExternalUsers"}
_NEVER = {"type": "noExpiration", "duration": None, "endDateTime": None}


def until(instant: str) -> Body:
    """An end at a point in time."""
    return {"type": "afterDateTime", "duration": None, "endDateTime": instant}


def ends(stored: Body, stated: Body, usual: Body) -> Spelled:
    """Another end than the usual one."""
    return Spelled({"expiration": stored}, stated, usual)


_NEW_YEAR = {"expiry": "2031-01-01T00:00:00Z"}
_NOTIFIED = "notificationSettings.isAssignmentNotificationDisabled"
_TICKET, _SHIFT = {**TICKET, "id": "{question0}"}, {**SHIFT, "id": "{question1}"}

CASES = {
    "displayName": Case("{renamed}", NO_NAME, EXACT),
    "description": Case(
        "Somebody's words",
        Empty({"description": ""}, ""),
        {"null for empty": Spelled({"description": None}, {"description": ""}, "")},
    ),
    "allowedTargetScope": Case(
        "allExternalUsers",
        Empty({"requestors": {}}, "notSpecified", beside={**_ANYBODY, "specificAllowedTargets": []}),
        ONE_SPELLING,
    ),
    "specificAllowedTargets": people(
        "specificAllowedTargets",
        "requestors",
        [organization("{third}")],
        Empty({"requestors": {"scope": "allExternalUsers"}}, [], beside=_ANYBODY),
    ),
    "expiration": Case(
        after("P30D"),
        Empty({"never_expires": True}, _NEVER),
        {
            **end_spellings(365),
            "a fraction of a second": ends(until("2031-01-01T00:00:00.0000000Z"), _NEW_YEAR, until("2031-01-01T00:00:00Z")),
            "another zone": ends(until("2031-01-01T05:30:00+05:30"), _NEW_YEAR, until("2031-01-01T00:00:00Z")),
            "without seconds": ends(until("2031-01-01T00:00Z"), _NEW_YEAR, until("2031-01-01T00:00:00Z")),
            "a filled sibling": ends(
                {**until("2031-01-01T00:00:00Z"), "duration": "PT0S"}, _NEW_YEAR, until("2031-01-01T00:00:00Z")
            ),
            "not specified": ends({**_NEVER, "type": "notSpecified"}, {"never_expires": True}, _NEVER),
            "null": ends(None, {"never_expires": True}, {**_NEVER, "endDateTime": ""}),
        },
    ),
    "requestorSettings.onBehalfRequestors": people(
        "requestorSettings.onBehalfRequestors", "requests.on_behalf_requestors", [user("{cyd}")]
    ),
    **{
        path: flag(path, option)
        for path, option in OPTIONS.items()
        if path.startswith("requestorSettings.") and not path.endswith("Requestors")
    },
    _NOTIFIED: Case(
        True,
        "not disabled is what is stated: the drift shows it",
        {"no settings at all": Spelled({"notificationSettings": None}, nested("notifications", True), False)},
    ),
    "questions": Case(
        [{**_TICKET, "isRequired": False}, _SHIFT],
        Empty({"questions": []}, []),
        {
            "numbered from one": [{**_TICKET, "sequence": 1}, {**_SHIFT, "sequence": 2}],
            "in another order": [_SHIFT, _TICKET],
            "translated": [{**_TICKET, "localizations": [{"languageCode": "de", "text": "Vorgang?"}]}, _SHIFT],
            "with other ids": [TICKET, SHIFT],
        },
    ),
}
TABLE = Table(Policies, OPTIONS, CASES)


class TestPolicy(EveryProperty):
    table = TABLE
