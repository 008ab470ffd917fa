# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Which users of a directory belong to another organization. A user has no home tenant in Graph (practice S10).

Three signs, each told: whom entitlement management itself counts to the organization, who signs in there, and whose mail address
or `#EXT#` name has a domain that Microsoft says is the organization's. A name that only looks like it is no sign.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput, needing
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import ASSIGNMENTS, ORGANIZATIONS
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.module_utils._resources.tenants import look_up
from ansible_collections.mssp.defender.plugins.module_utils._resources.user import everybody


class Home:
    """An organization by its tenants and domains; asks for each domain once."""

    def __init__(self, graph: Graph, sources: t.Iterable[Entity]) -> None:
        listed = list(sources)
        self._graph = graph
        self._tenants = {word(source["tenantId"]) for source in listed if source.get("tenantId")}
        self._known = {word(source["domainName"]): True for source in listed if source.get("domainName")}

    def owns(self, domain: str) -> bool:
        """Whether the domain is one of the organization's verified ones."""
        domain = word(domain)
        if domain in self._tenants:
            return True
        # A provider such as ExternalAzureAD is no domain and tells nothing.
        if "." not in domain:
            return False
        if domain not in self._known:
            tenant = look_up(self._graph, domain=domain) if self._tenants else None
            self._known[domain] = tenant is not None and word(tenant.tenant_id) in self._tenants
        return self._known[domain]


def users_of(graph: Graph, organization: Ref) -> list[Entity]:
    """All users, guests and members, who belong to a connected organization, each with `determined_by`.

    :raises InvalidInput: there is no such organization.
    :raises Failure: it shows neither a tenant nor a domain.
    """
    with needing("EntitlementManagement.Read.All"):
        found = graph.find(f"{ORGANIZATIONS}/{segment(organization.id)}")
        if found is None:
            raise InvalidInput(f"there is no connected organization with the id {organization.id}", remedy="Check the id.")
        sources = [x for x in found.get("identitySources") or [] if x.get("tenantId") or x.get("domainName")]
        if not sources:
            # The list would be shorter than it is, and who reads it would not know.
            raise Failure(
                f"the connected organization '{found.get('displayName')}' shows neither a tenant nor a domain, so that nobody "
                "can be told to be of it",
                remedy="Look at it in the portal, and name the users instead.",
                code="NoIdentitySource",
            )
        assigned = _assigned(graph, str(found["id"]))
    return _told(graph, Home(graph, sources), assigned)


def users_of_tenant(graph: Graph, tenant_id: str) -> list[Entity]:
    """The same of a tenant that need not be connected, told by sign-in and domain alone.

    :param tenant_id: its GUID.
    """
    return _told(graph, Home(graph, [{"tenantId": tenant_id}]), set())


def _told(graph: Graph, home: Home, assigned: set[str]) -> list[Entity]:
    told = []
    # Of all: Graph filters neither by the end of a mail address nor by an issuer without a further header.
    for user in everybody(graph):
        signs = {
            "assignment": word(user.get("id")) in assigned,
            "identity": any(home.owns(str(x.get("issuer") or "")) for x in user.get("identities") or []),
            "domain": any(home.owns(domain) for domain in domains(user)),
        }
        if any(signs.values()):
            told.append({**user, "determined_by": [sign for sign, so in signs.items() if so]})
    return told


def _assigned(graph: Graph, organization_id: str) -> set[str]:
    """Ids of those whom an assignment in any state was made to, and whom the service counts to the organization."""
    listed = graph.list(ASSIGNMENTS, {"$expand": "target($expand=connectedOrganization)"})
    targets = [x.get("target") or {} for x in listed]
    return {
        word(target["objectId"])
        for target in targets
        if target.get("objectId") and word((target.get("connectedOrganization") or {}).get("id")) == word(organization_id)
    }


def domains(user: Entity) -> list[str]:
    """The domain of the mail address, and the one in `name_domain#EXT#@...`, in which no domain has an underscore."""
    found = [str(user.get("mail") or "").rpartition("@")[2]]
    outside, mark, dummy = word(user.get("userPrincipalName")).partition("#ext#")
    if mark:
        found.append(outside.rpartition("_")[2])
    return [domain for domain in found if domain]
