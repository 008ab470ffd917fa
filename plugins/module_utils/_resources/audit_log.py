# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The directory's audit log, as far as Microsoft keeps it: 30 days with Entra ID P1, 7 without (practice S11). Read only."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

_LOG = "auditLogs/directoryAudits"
PERMISSIONS = Permissions(read=("AuditLog.Read.All",), write=())
_SHOWN = (
    "id",
    "activityDateTime",
    "activityDisplayName",
    "category",
    "loggedByService",
    "operationType",
    "result",
    "correlationId",
)


def read(
    graph: Graph, *, target: str | None, service: str | None, activities: t.Sequence[str] | None, days: int | None
) -> list[Entity]:
    """The entries that meet every stated condition, the newest first.

    :param target: id of an object that is among the targets.
    :param activities: names of activities. Compared here, since Graph joins no two of them by `or`.
    :param days: how far back from now.
    """
    conditions = [f"targetResources/any(t: t/id eq {literal(target)})"] if target else []
    if service:
        conditions.append(f"loggedByService eq {literal(service)}")
    if activities and len(activities) == 1:
        conditions.append(f"activityDisplayName eq {literal(activities[0])}")
    if days is not None:
        begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
        conditions.append(f"activityDateTime ge {begin:%Y-%m-%dT%H:%M:%SZ}")
    found = graph.list(_LOG, {"$filter": " and ".join(conditions)} if conditions else {})
    wanted = None if activities is None else {word(name) for name in activities}
    return [_shown(x) for x in found if wanted is None or word(x.get("activityDisplayName")) in wanted]


def _shown(entry: Entity) -> Entity:
    by = entry.get("initiatedBy") or {}
    made: Entity = {key: entry.get(key) for key in _SHOWN}
    made["initiatedBy"] = {kind: by.get(kind) for kind in ("user", "app")}
    keys = ("id", "displayName", "type", "userPrincipalName")
    made["targetResources"] = [{key: x.get(key) for key in keys} for x in entry.get("targetResources") or []]
    return made
