# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What is there, for the modules that only read: one object by id, those of a name, or all.

Unlike `find` of a resource, several of one name are no mistake here: all of them are told.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import EXPAND, AccessPackage
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole, all_roles
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import (
    CATALOGS,
    ORGANIZATIONS,
    PACKAGES,
    POLICIES,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import SELECT, Group
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref

# Graph takes so many conditions in a filter of directory objects. Source: Microsoft Graph documentation, filter-query-parameter.
_CONDITIONS = 15


def groups(graph: Graph, *, group_id: str | None, unique_name: str | None, name: str | None, links: bool) -> list[Entity]:
    """Groups of every kind; with `links` their owners and members as well."""
    group = Group(graph, {"uniqueName": unique_name} if unique_name else {}, group_id=group_id)
    found = _one(group) if group_id or unique_name else _listed(graph, "groups", name, {"$select": SELECT})
    if not links:
        return _shown(group, found)
    return _shown(group, [{**x, **_sets(graph, f"groups/{segment(x['id'])}", "owners", "members")} for x in found])


def groups_shown(graph: Graph, found: t.Iterable[Entity]) -> list[Entity]:
    """Groups as modules return them."""
    return _shown(Group(graph, {}), found)


def asked_of_groups_named(names: t.Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """The requests of `whole_groups_named`, for `Graph.read_ahead`: as few as Graph's limit of a filter allows."""
    asked = []
    for first in range(0, len(names), _CONDITIONS):
        condition = " or ".join(f"displayName eq {literal(name)}" for name in names[first : first + _CONDITIONS])
        asked.append(("groups", {"$filter": condition, "$select": SELECT}))
    return asked


def whole_groups_named(graph: Graph, names: t.Sequence[str]) -> list[Entity]:
    """The groups that have one of the names, with all that `Group` reads of one: more than modules return."""
    listed = [group for path, query in asked_of_groups_named(names) for group in graph.list(path, query)]
    return [group for group in listed if group.get("displayName") in names]


def _sets(graph: Graph, path: str, *names: str) -> Entity:
    """Sets of an object that are read by themselves, each element with its id and name."""
    return {name: graph.list(f"{path}/{name}", {"$select": "id,displayName"}) for name in names}


def roles(graph: Graph, *, role_id: str | None, name: str | None) -> list[Entity]:
    """Defender roles, each with its assignments."""
    role = DefenderRole(graph, {}, purge_foreign=True)  # all assignments, whoever has them
    found = [x for x in all_roles(graph) if name in (None, x.get("displayName"))]
    if role_id:
        found = [x for x in found if word(x.get("id")) == word(role_id)]
    return _shown(role, [_with_parts(role, x) for x in found])


def organizations(
    graph: Graph, *, org_id: str | None, org_tenant_id: str | None, domain: str | None, name: str | None, sponsors: bool
) -> list[Entity]:
    """Connected organizations; with `sponsors` those on both sides as well."""
    organization = ConnectedOrganization(graph, {}, tenant_id=org_tenant_id, domain=domain)
    if org_id:
        one = graph.find(f"{ORGANIZATIONS}/{segment(org_id)}")
        found = [one] if one else []
    else:
        found = organization.matches() if org_tenant_id or domain else _listed(graph, ORGANIZATIONS, name)
    if sponsors:
        kinds = ("internalSponsors", "externalSponsors")
        found = [{**x, **_sets(graph, f"{ORGANIZATIONS}/{segment(x['id'])}", *kinds)} for x in found]
    return _shown(organization, found)


def catalogs(graph: Graph, *, catalog_id: str | None, name: str | None) -> list[Entity]:
    """Catalogs, each with the groups in it."""
    catalog = Catalog(graph, {}, catalog_id=catalog_id)
    found = _one(catalog) if catalog_id else _listed(graph, CATALOGS, name)
    return _shown(catalog, [_with_parts(catalog, x) for x in found])


def packages(graph: Graph, *, package_id: str | None, catalog: Ref | None, name: str | None, incompatible: bool) -> list[Entity]:
    """Access packages, with their catalog and what they grant; with `incompatible` also what they exclude."""
    package = AccessPackage(graph, {}, package_id=package_id)
    found = _one(package) if package_id else _listed(graph, PACKAGES, name, {"$expand": EXPAND}, ("catalog", catalog))
    if incompatible:
        kinds = ("incompatibleGroups", "incompatibleAccessPackages")
        found = [{**x, **_sets(graph, f"{PACKAGES}/{segment(x['id'])}", *kinds)} for x in found]
    return _shown(package, found)


def policies(graph: Graph, *, policy_id: str | None, package: Ref | None, name: str | None) -> list[Entity]:
    """Assignment policies, with their access package."""
    policy = Policy(graph, {}, package=None, policy_id=policy_id)
    if policy_id:
        return _shown(policy, _one(policy))
    return _shown(policy, _listed(graph, POLICIES, name, {"$expand": "accessPackage"}, ("accessPackage", package)))


def _listed(
    graph: Graph,
    path: str,
    name: str | None,
    query: t.Mapping[str, str] | None = None,
    within: tuple[str, Ref | None] = ("", None),
) -> list[Entity]:
    parent, ref = within
    if ref is not None and not ref.known:
        return []
    # One condition in a request, since which of them Graph joins is not documented; the name is compared here in any case,
    # because Graph ignores case.
    if ref is not None:
        query = {**(query or {}), "$filter": f"{parent}/id eq {literal(ref.id)}"}
    elif name is not None:
        query = {**(query or {}), "$filter": f"displayName eq {literal(name)}"}
    return [x for x in graph.list(path, query) if name in (None, x.get("displayName"))]


def _one(resource: Resource) -> list[Entity]:
    found = resource.find()
    return [found] if found else []


def _with_parts(resource: Resource, entity: Entity) -> Entity:
    return {**entity, **{part.property: [link.value for link in part.stored(entity)] for part in resource.parts()}}


def _shown(resource: Resource, found: t.Iterable[Entity]) -> list[Entity]:
    return [resource.shown(entity) for entity in found]
