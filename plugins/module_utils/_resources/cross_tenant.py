# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Entries of the cross-tenant access policy: who of one other tenant gets in, and which of its checks are trusted.

What an entry leaves null follows the policy's default (practice M7, and M4 for the block in a cut-off).
"""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import Meaning, exact, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, overlay
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

POLICY = "policies/crossTenantAccessPolicy"
PARTNERS = f"{POLICY}/partners"
DEFAULT = f"{POLICY}/default"
_EVERYBODY = (("usersAndGroups", "AllUsers", "user"), ("applications", "AllApplications", "application"))
_ACCESS = {"allow": "allowed", "block": "blocked"}
_MANAGED = {"isMfaAccepted", "isCompliantDeviceAccepted"}
_IDENTITY = {"id", "tenantId"}


def inbound_setting(inbound: str) -> Entity | None:
    """`allow`, `block` or `default` in Graph's terms: all users and all applications, or nothing of its own."""
    if inbound == "default":
        return None
    return {
        part: {"accessType": _ACCESS[inbound], "targets": [{"target": everybody, "targetType": kind}]}
        for part, everybody, kind in _EVERYBODY
    }


def same_inbound(value: t.Any) -> Meaning:
    """Who gets in to what; a setting without any part follows the default, as null does."""
    parts = {part: (value or {}).get(part) for part, dummy, dummy2 in _EVERYBODY}
    return tuple(
        part
        and (
            word(part.get("accessType")),
            frozenset((word(x.get("targetType")), word(x.get("target"))) for x in part.get("targets") or ()),
        )
        for part in parts.values()
    )


_WHOLE = {same_inbound(inbound_setting(inbound)) for inbound in ("default", *_ACCESS)}


def partner_key(tenant_id: str, option: str) -> str:
    """A partner's tenant id in lower case.

    :raises InvalidInput: it is no GUID.
    """
    key = tenant_id.strip()
    if not is_guid(key):
        raise InvalidInput(
            f"{option} is '{tenant_id}', which is no tenant id",
            remedy="Give the GUID; mssp.defender.tenant_info finds that of a domain with look_up.",
        )
    return key.lower()


class CrossTenantPartner(Resource):
    """The entry of one other tenant.

    :param tenant_id: the other tenant's id.
    :param own_tenant_id: the tenant that is being configured, which has no entry for itself; None where it is not known.
    """

    type = "cross-tenant access entry"
    permissions: t.ClassVar[Permissions] = Permissions(read=("Policy.Read.All",), write=("Policy.ReadWrite.CrossTenantAccess",))
    properties = (
        Property("b2bCollaborationInbound", "inbound", same_inbound),
        # Null follows the default: it is neither true nor false.
        Property("inboundTrust.isMfaAccepted", "trust_mfa", exact),
        Property("inboundTrust.isCompliantDeviceAccepted", "trust_compliant_device", exact),
    )

    def __init__(self, graph: Graph, desired: Entity, *, tenant_id: str, own_tenant_id: str | None = None) -> None:
        self.graph = graph
        self.desired = desired
        self._tenant_id = tenant_id
        self._own_tenant_id = own_tenant_id

    @property
    def name(self) -> str:
        return self._tenant_id

    def find(self, *, fresh: bool = False) -> Entity | None:
        if word(self._tenant_id) == word(self._own_tenant_id):
            raise InvalidInput(
                f"the tenant {self._tenant_id} has no entry for itself",
                remedy="Name the MSSP's tenant in partner_tenant_id, and the customer's as tenant_id.",
            )
        found = self.graph.find(self._path, fresh=fresh)
        # Graph has no id of its own for it; changes and messages name the tenant's.
        return {**found, "id": self._tenant_id} if found is not None else None

    @property
    def _path(self) -> str:
        return f"{PARTNERS}/{segment(self._tenant_id)}"

    def merge(self, current: Entity, changed: Entity) -> Entity:
        merged = t.cast(Entity, overlay(current, changed))
        if changed.get("inboundTrust") and not current.get("inboundTrust"):
            # As soon as an entry says anything of trust it says all of it: what was not stated goes on as the default has it.
            merged["inboundTrust"] = {**self._default_trust(), **changed["inboundTrust"]}
        return merged

    def _default_trust(self) -> Entity:
        trust = self.graph.get(DEFAULT).get("inboundTrust") or {}
        return {key: copy.deepcopy(value) for key, value in trust.items() if "@" not in key}

    def create(self, body: Entity) -> Entity:
        whole = {key: value for key, value in self.merge({}, body).items() if value is not None}
        sent = {"tenantId": self._tenant_id, **whole}
        try:
            made = self.graph.post(PARTNERS, sent)
        except GraphError as error:
            # Another run was quicker: the entry is there.
            error.outcome_unknown = error.outcome_unknown or error.status == 409
            raise
        return {**sent, **made, "id": self._tenant_id}

    def update(self, current: Entity, changed: Entity) -> Entity:
        merged = self.merge(current, changed)
        # Whether Graph merges what lies inside a setting is not documented: each is sent whole.
        self.graph.patch(self._path, {key: _plain(merged[key]) for key in changed})
        return merged

    def obstacles(self, current: Entity) -> list[str]:
        others = unmanaged(current)
        return [f"the entry also holds {', '.join(others)}"] if others else []

    def delete(self, current: Entity) -> None:
        self.graph.delete(self._path)

    def shown(self, entity: Entity) -> Entity:
        return {"tenantId": self._tenant_id, **without_annotations(entity)}


def listed(graph: Graph, tenant_id: str | None) -> list[Entity]:
    """The entries that are there, that of one tenant or all, as modules return them."""
    if tenant_id is None:
        return [without_annotations(entity) for entity in graph.list(PARTNERS)]
    found = graph.find(f"{PARTNERS}/{segment(tenant_id)}")
    return [] if found is None else [without_annotations(found)]


def without_annotations(entity: Entity) -> Entity:
    """An entry as modules return it; without the id that we gave it ourselves."""
    return {key: value for key, value in entity.items() if "@" not in key and key != "id"}


def unmanaged(entity: Entity) -> list[str]:
    """The settings of an entry that no option states, whatever Graph will call them one day."""
    found = [key for key in entity if key not in (*_IDENTITY, "inboundTrust", "b2bCollaborationInbound") and _holds(entity[key])]
    if same_inbound(entity.get("b2bCollaborationInbound")) not in _WHOLE:
        found.append("b2bCollaborationInbound for chosen users or applications")
    trust = entity.get("inboundTrust") or {}
    found += [f"inboundTrust.{key}" for key in trust if key not in _MANAGED and _holds(trust[key])]
    return sorted(key for key in found if "@" not in key)


def _holds(value: t.Any) -> bool:
    if isinstance(value, dict):
        return any(_holds(inner) for key, inner in value.items() if "@" not in key)
    return bool(value)


def _plain(value: t.Any) -> t.Any:
    """Without what Graph adds to an answer and does not take back."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if "@" not in key}
    return value
