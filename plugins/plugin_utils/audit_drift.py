# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Drift, field by field, rated by what it means: less approval, more people, longer access are worse than another description."""

from __future__ import annotations

import collections.abc
import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import includes
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Finding, Json, finding, key, span

APPROVAL, REQUESTORS, EXPIRY, REVIEW, PERMISSION = "MSSP201", "MSSP202", "MSSP203", "MSSP204", "MSSP205"
MISSING, SETTING, WORDING = "MSSP206", "MSSP207", "MSSP208"

_POLICY = "assignment policy"
_TEXTS = frozenset({"displayName", "description", "mailNickname"})
# Who can ask, from nobody to everybody.
_REACH = (
    "notspecified",
    "specificdirectoryusers",
    "specificdirectoryserviceprincipals",
    "specificconnectedorganizationusers",
    "alldirectoryserviceprincipals",
    "allmemberusers",
    "alldirectoryusers",
    "allconfiguredconnectedorganizationusers",
    "allexternalusers",
    "unknownfuturevalue",
)
# More elements of a list are counted and not named.
_MOST = 5
_KEEPS = ("removeaccess", "acceptaccessrecommendation", "keepaccess")
_UNIT_DAYS = {"daily": 1, "weekly": 7, "absolutemonthly": 30, "relativemonthly": 30, "absoluteyearly": 365, "relativeyearly": 365}


def drift(facts: Facts, _people: People) -> t.Iterator[Finding]:
    """A finding for each change that the onboarding would make."""
    for change in (facts.raw.get("drift") or {}).get("changes") or []:
        yield _finding(change)


def drifted(facts: Facts) -> frozenset[tuple[str, str, str]]:
    """(rule, id of the object, property) of all drift, for rules that must not tell the same a second time."""
    found = (_finding(change) for change in (facts.raw.get("drift") or {}).get("changes") or [])
    return frozenset((x["id"], key(x["object"]["id"]), str(x["property"])) for x in found)


def _finding(change: Json) -> Finding:
    named = change["object"]
    target = (named["type"], named["name"], named.get("id"))
    more = {"property": change.get("property"), "before": change.get("before"), "after": change.get("after")}
    called = f"The {named['type']} '{named['name']}'"
    if change["action"] == "create":
        return finding(MISSING, target, f"{called} is not there.", "It is there, as the variables describe it.", **more)
    if change["action"] == "delete":
        # What is taken away again is more than there should be: a wider scope, another role of a group.
        return finding(PERMISSION, target, f"{called} is there.", "It is not there.", **more)
    where, is_, should = str(change["property"]), change.get("before"), change.get("after")
    rule = rated(named["type"], where, is_, should)
    if where == "rolePermissions":
        there, wanted = set(actions_of(is_)), set(actions_of(should))
        words = [f"grants {', '.join(sorted(there - wanted))}" if there - wanted else ""]
        words.append(f"lacks {', '.join(sorted(wanted - there))}" if wanted - there else "")
        return finding(rule, target, f"It {' and '.join(filter(None, words))}.", "It grants what the variables say.", **more)
    return finding(rule, target, f"{where} is {_shown(is_)}.", f"{where} is {_shown(should)}.", **more)


def rated(kind: str, where: str, is_: t.Any, should: t.Any) -> str:
    """The rule that a changed property falls under."""
    if where in _TEXTS:
        return WORDING
    if kind == "Defender role" and where == "rolePermissions":
        return PERMISSION if _grants_more(is_, should) else SETTING
    if kind == "connected organization" and where == "state":
        # Configured opens every policy for all configured organizations (practice M8).
        return REQUESTORS if key(is_ or "configured") == "configured" else SETTING
    if kind != _POLICY:
        return SETTING
    return next((rule for rule, worse in _WORSE if worse(where, is_, should)), SETTING)


def _less_approval(where: str, is_: t.Any, should: t.Any) -> bool:
    if where.endswith(("isApprovalRequiredForAdd", "isApprovalRequiredForUpdate")):
        return not is_ and bool(should)
    if where == "requestApprovalSettings.stages":
        return len(is_ or ()) < len(should or ())
    return where.startswith("requestApprovalSettings") and where.endswith("Approvers") and _more(is_, should)


def _more_requestors(where: str, is_: t.Any, should: t.Any) -> bool:
    if where == "allowedTargetScope":
        reach = [_REACH.index(x) if x in _REACH else len(_REACH) for x in (key(is_), key(should))]
        return reach[0] > reach[1]
    if where in ("specificAllowedTargets", "requestorSettings.onBehalfRequestors"):
        return _more(is_, should)
    # To give back one's own access opens nothing, and neither does asking for less of it.
    harmless = ("RemoveAccess", "allowCustomAssignmentSchedule", "onBehalfRequestors")
    return where.startswith("requestorSettings.") and not where.endswith(harmless) and bool(is_) and not should


def _longer(where: str, is_: t.Any, should: t.Any) -> bool:
    return where == "expiration" and not _ends_by(is_, should)


def _ends_by(is_: t.Any, should: t.Any) -> bool:
    """Whether access ends no later than it should. Between a date and a duration nobody can tell: then it does not."""
    kinds = [key((x or {}).get("type")) for x in (is_, should)]
    if kinds[1] not in ("afterduration", "afterdatetime"):
        return True
    if kinds[0] != kinds[1]:
        return False
    if kinds[0] == "afterduration":
        lasts, most = span(is_.get("duration")), span(should.get("duration"))
        return lasts is not None and most is not None and lasts <= most
    ends, latest = same.instant(is_.get("endDateTime")), same.instant(should.get("endDateTime"))
    return isinstance(ends, datetime.datetime) and isinstance(latest, datetime.datetime) and ends <= latest


def _weaker_review(where: str, is_: t.Any, should: t.Any) -> bool:
    if where == "reviewSettings.isEnabled":
        return not is_ and bool(should)
    if where == "reviewSettings.isSelfReview":
        return bool(is_) and not should
    if where == "reviewSettings.expirationBehavior":
        ranks = [_KEEPS.index(x) if x in _KEEPS else len(_KEEPS) for x in (key(is_), key(should))]
        return ranks[0] > ranks[1]
    if where == "reviewSettings.schedule.recurrence":
        return _every(is_) > _every(should)
    return where.startswith("reviewSettings") and where.endswith("Reviewers") and _more(is_, should)


def _every(recurrence: t.Any) -> float:
    """Days between two reviews; none at all is for ever."""
    pattern = (recurrence or {}).get("pattern") or {}
    days = _UNIT_DAYS.get(key(pattern.get("type")))
    return days * int(pattern.get("interval") or 1) if days else float("inf")


_WORSE: tuple[tuple[str, t.Callable[[str, t.Any, t.Any], bool]], ...] = (
    (APPROVAL, _less_approval),
    (REQUESTORS, _more_requestors),
    (EXPIRY, _longer),
    (REVIEW, _weaker_review),
)


def _more(is_: t.Any, should: t.Any) -> bool:
    """Whether somebody is among them who should not be."""
    return bool(same.subjects(is_) - same.subjects(should))


def actions_of(permissions: t.Any) -> list[str]:
    """The actions in Graph's `rolePermissions`, wildcards as they stand."""
    found = []
    for permission in permissions or ():
        if isinstance(permission, collections.abc.Mapping):
            found += [str(x).lower() for x in permission.get("allowedResourceActions") or []]
    return found


def _grants_more(is_: t.Any, should: t.Any) -> bool:
    wanted = actions_of(should)
    return any(not any(includes(x, action) for x in wanted) for action in actions_of(is_))


def _called(value: t.Any) -> str | None:
    """What an element of a list is called; None for what has no name."""
    if not isinstance(value, collections.abc.Mapping):
        return str(value)
    names = ("description", "displayName", "userId", "groupId", "connectedOrganizationId", "id")
    return next((str(value[name]) for name in names if value.get(name)), None)


def _shown(value: t.Any) -> str:
    """A value in a sentence: short ones whole, of long lists how many."""
    if value is None or value == "":
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        if not value:
            return "empty"
        names = [_called(x) for x in value]
        return ", ".join(map(str, names)) if len(names) <= _MOST and all(names) else f"a list of {len(names)}"
    if isinstance(value, collections.abc.Mapping):
        plain = [f"{name} {x}" for name, x in value.items() if isinstance(x, (str, int)) and not str(name).startswith("@")]
        return ", ".join(plain) or "set"
    return f"'{value}'"
