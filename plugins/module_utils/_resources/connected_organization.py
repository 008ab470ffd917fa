# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Connected organizations: whose users may request access.

Facts: EM B; practice M8 (what `configured` opens elsewhere).
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import exact, text, type_name, word, word_or
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Part, Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.directory_objects import DirectoryObjects
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import ORGANIZATIONS, POLICIES
from ansible_collections.mssp.defender.plugins.module_utils._resources.open_policies import opened_by
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.module_utils._resources.tenants import OtherTenant, look_up


class ConnectedOrganization(Resource):
    """One connected organization, identified by its tenant, or by its domain when that belongs to no tenant.

    :param tenant_id: tenant id of the other organization.
    :param domain: one of its domains; used when no tenant id is given.
    :param own_tenant_id: the tenant that is being configured: it cannot be its own partner.
    :param internal_sponsors: None leaves them alone, as for `external_sponsors`.
    :param append: leave other sponsors.
    :param accept_open_policies: let it become `configured` although that opens packages that need no approval.
    """

    type = "connected organization"
    permissions: t.ClassVar[Permissions] = Permissions(
        read=("EntitlementManagement.Read.All",),
        write=("EntitlementManagement.ReadWrite.All", "CrossTenantInformation.ReadBasic.All"),
    )
    properties = (
        Property("displayName", "name", exact),
        Property("description", "description", text),
        Property("state", "org_state", word_or("configured")),
    )
    on_create = {"state": "configured", "description": ""}

    def __init__(
        self,
        graph: Graph,
        desired: Entity,
        *,
        tenant_id: str | None = None,
        domain: str | None = None,
        own_tenant_id: str | None = None,
        internal_sponsors: list[Ref] | None = None,
        external_sponsors: list[Ref] | None = None,
        accept_open_policies: bool = False,
        append: bool = False,
    ) -> None:
        self.graph = graph
        self.desired = desired
        self._tenant_id = tenant_id
        self._domain = domain
        self._own_tenant_id = own_tenant_id
        self._tenant: OtherTenant | None = None
        self._accept_open_policies = accept_open_policies
        self._parts = (
            DirectoryObjects(graph, ORGANIZATIONS, "internalSponsors", internal_sponsors, append=append),
            DirectoryObjects(graph, ORGANIZATIONS, "externalSponsors", external_sponsors, append=append),
        )

    @property
    def name(self) -> str:
        return str(self.desired.get("displayName") or self._tenant_id or self._domain)

    def parts(self) -> t.Sequence[Part]:
        return self._parts

    def find(self, *, fresh: bool = False) -> Entity | None:
        found = self.matches(fresh=fresh)
        if len(found) > 1:
            names = ", ".join(f"'{x.get('displayName')}' ({x.get('id')})" for x in found)
            raise Failure(
                f"{len(found)} connected organizations have this identity source: {names}",
                remedy="Delete the superfluous ones in the portal.",
                code="Ambiguous",
            )
        return found[0] if found else None

    def matches(self, *, fresh: bool = False) -> list[Entity]:
        """All that have this identity source."""
        tenant_id = self._resolved_tenant_id()
        if tenant_id is not None:
            if word(tenant_id) == word(self._own_tenant_id):
                raise InvalidInput(
                    f"the tenant {tenant_id} cannot be connected to itself",
                    remedy="Name the MSSP's tenant as the connected organization, and the customer's as tenant_id.",
                )
            cast, key, value = "azureActiveDirectoryTenant", "tenantId", tenant_id
        else:
            cast, key, value = "domainIdentitySource", "domainName", str(self._domain)
        query = {"$filter": f"identitySources/any(is:is/microsoft.graph.{cast}/{key} eq {literal(value)})"}
        return [
            organization
            for organization in self.graph.list(ORGANIZATIONS, query, fresh=fresh)
            if _has_source(organization, cast, key, value)
        ]

    def _resolved_tenant_id(self) -> str | None:
        if self._tenant_id:
            return self._tenant_id
        if self._tenant is None:
            self._tenant = look_up(self.graph, domain=self._domain)
        return self._tenant.tenant_id if self._tenant else None

    def check(self, current: Entity | None) -> None:
        before = current.get("state") if current else None
        after = self.desired.get("state") or before or self.on_create["state"]
        if word(after) == "configured" and word(before) != "configured":
            self._look_what_it_opens()
        if current is not None or self.desired.get("displayName"):
            return
        # The tenant's own name is the default, as in the portal.
        if self._tenant is None and self._tenant_id:
            self._tenant = look_up(self.graph, tenant_id=self._tenant_id)
            if self._tenant is None:
                raise InvalidInput(
                    f"Microsoft knows no tenant {self._tenant_id} in this cloud", remedy="Check the id and the cloud."
                )
        self.desired["displayName"] = (self._tenant.name if self._tenant else None) or self._domain or self._tenant_id

    def _look_what_it_opens(self) -> None:
        # Configured organizations are in scope of every policy for all of them, whoever made it (practice M8).
        opened = opened_by(self.graph.list(POLICIES, {"$expand": "accessPackage"}))
        if opened[False] and not self._accept_open_policies:
            raise Failure(
                f"as 'configured' it would let all its users request without any approval: {', '.join(opened[False])}",
                remedy="Set org_state: proposed, which suffices for policies that name the organization, or "
                "accept_open_policies: true to accept it (mssp_onboard_connected_org_state, mssp_onboard_accept_open_policies).",
                code="OpensPolicies",
            )
        if any(opened.values()):
            self.notes = [
                f"as 'configured', the connected organization '{self.name}' may also request "
                + ", ".join(opened[False] + opened[True])
            ]

    def create(self, body: Entity) -> Entity:
        label = body["displayName"]
        tenant_id = self._resolved_tenant_id()
        by_domain = self._domain or (self._tenant.domain if self._tenant else None)
        if tenant_id is None:
            return self._post(body, _domain_source(str(self._domain), label))
        try:
            return self._post(
                body,
                {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": tenant_id, "displayName": label},
            )
        except GraphError as error:
            # Some tenants accept only the domain form, which the service turns into the tenant itself.
            if error.status != 400 or error.outcome_unknown or not by_domain:
                raise
            return self._post(body, _domain_source(by_domain, label))

    def _post(self, body: Entity, source: Entity) -> Entity:
        # The answer's identitySources is always empty: what was sent is what is there.
        made = self.graph.post(ORGANIZATIONS, {**body, "identitySources": [source]})
        return {**body, **made, "identitySources": [source]}

    def update(self, current: Entity, changed: Entity) -> Entity:
        self.graph.patch(f"{ORGANIZATIONS}/{current['id']}", changed)
        return {**current, **changed}

    def delete(self, current: Entity) -> None:
        self.graph.delete(f"{ORGANIZATIONS}/{current['id']}")

    def obstacles(self, current: Entity) -> list[str]:
        using = []
        for policy in self.graph.list(POLICIES, {"$expand": "accessPackage"}):
            targets = policy.get("specificAllowedTargets") or []
            if any(word(target.get("connectedOrganizationId")) == word(current["id"]) for target in targets):
                package = (policy.get("accessPackage") or {}).get("displayName")
                using.append(f"the policy '{policy.get('displayName')}' of the package '{package}' names it")
        return using


def _domain_source(domain: str, label: str) -> Entity:
    return {"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": domain, "displayName": label}


def _has_source(organization: Entity, cast: str, key: str, value: str) -> bool:
    sources = organization.get("identitySources") or []
    # Answers may leave the key out; then the filter has decided.
    return not sources or any(
        type_name(source) == cast.lower() and word(source.get(key) or value) == word(value) for source in sources
    )
