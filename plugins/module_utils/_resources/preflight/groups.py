# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Groups: the tenant's naming policy, and groups that entitlement management may not manage (practice S4)."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    INFO,
    STOP,
    Finding,
    found,
    quoted,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import (
    Answers,
    Gate,
    Question,
    Wanted,
    read,
    rows,
)

_SETTINGS = (
    "GroupSettings.Read.All",
    "GroupSettings.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
_NAME = "[GroupName]"


def _questions(wanted: Wanted) -> list[Question]:
    if not wanted.concerns("groups") or wanted.in_partners_own:
        return []
    asked = [Question("group_settings", "the naming policy of groups", "groupSettings", _SETTINGS)] if wanted.group_names else []
    for group_id in wanted.group_ids:
        query = {"$select": "id,displayName,isManagementRestricted"}
        about = "whether a group to take over is restricted"
        asked.append(Question(f"group {group_id}", about, f"groups/{segment(group_id)}", ("GroupMember.Read.All",), query))
    return asked


def misfits(names: t.Iterable[str], settings: t.Iterable[Entity]) -> list[str]:
    """The names that the naming policy would not have: prefix and suffix, and words that are blocked.

    An attribute of the person who makes the group, such as `[Department]`, stands for any text.
    """
    requirement, blocked = "", set()
    for setting in settings:
        values = {str(x.get("name")): str(x.get("value") or "") for x in setting.get("values") or ()}
        requirement = values.get("PrefixSuffixNamingRequirement") or requirement
        blocked |= {word.strip().lower() for word in values.get("CustomBlockedWordsList", "").split(",") if word.strip()}
    pattern = None
    if _NAME in requirement:
        pieces = re.split(r"(\[[^\]]*\])", requirement)
        # A fixed text may itself stand in brackets, as Microsoft's examples write it.
        pattern = re.compile("".join(".+" if x == _NAME else _piece(x) for x in pieces), re.IGNORECASE | re.DOTALL)
    return [name for name in names if (pattern and not pattern.fullmatch(name)) or _has_word(name, blocked)]


_ATTRIBUTES = {"department", "company", "office", "stateorprovince", "countryorregion", "title"}


def _piece(text: str) -> str:
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    return ".*" if inner.lower() in _ATTRIBUTES else re.escape(inner)


def _has_word(name: str, blocked: t.Collection[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", name, re.IGNORECASE) for word in blocked)


def _judge(wanted: Wanted, answers: Answers) -> list[Finding]:
    findings = []
    odd = misfits(wanted.group_names, rows(answers, "group_settings") or ())
    if odd:
        says = f"The tenant's naming policy for Microsoft 365 groups would not have {quoted(odd)}, which are security groups."
        findings.append(found("naming_policy", INFO, says))
    by_id = [read(answers, f"group {group_id}") or {} for group_id in wanted.group_ids]
    held = {str(group["id"]): group for group in (*wanted.groups, *by_id) if group.get("isManagementRestricted")}
    if held:
        names = quoted(group.get("displayName") or group_id for group_id, group in held.items())
        says = f"Entitlement management cannot manage {names}: it is in a restricted management administrative unit."
        findings.append(found("restricted_group", STOP, says))
    return findings


GATE = Gate(_questions, _judge)
