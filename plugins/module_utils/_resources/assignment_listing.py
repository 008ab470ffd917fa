# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The assignments that the options of a module that reads them name."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, pick
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_reading as reading
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_references import People, policy_of
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref


def by_id(graph: Graph, assignment_id: str) -> list[Entity]:
    """One assignment, or none."""
    one = reading.one(graph, assignment_id)
    return [reading.shown(one)] if one else []


def found(graph: Graph, people: People, params: t.Mapping[str, t.Any], states: t.Sequence[str]) -> list[Entity]:
    """The assignments in these states that meet every stated option, as they are shown.

    :param params: the options `catalog`, `access_package`, `policy`, `target` and `connected_org`; None is not stated.
    :raises InvalidInput: an option names nothing or several things.
    """
    catalog = None if params["catalog"] is None else people.catalog(params["catalog"], "catalog")
    package = None
    if params["access_package"] is not None:
        package = people.access_package(params["access_package"], "access_package", catalog)
    person = None if params["target"] is None else people.person(params["target"], "target")
    organization = None
    if params["connected_org"] is not None:
        organization = people.connected_organization(params["connected_org"], "connected_org")
    policy_id = None if params["policy"] is None else _policy_id(graph, package, params["policy"])
    if policy_id == KNOWN_AFTER_APPLY or any(ref and not ref.known for ref in (package, person, organization)):
        return []
    there = reading.listed(
        graph,
        package_id=package.id if package else None,
        policy_id=policy_id,
        person=person,
        address=None if person else params["target"],
        states=states,
    )
    return [
        reading.shown(item)
        for item in there
        if organization is None or word(pick(item, "target.connectedOrganization.id")) == word(organization.id)
    ]


def _policy_id(graph: Graph, package: Ref | None, value: t.Any) -> str:
    wanted = value.get("id") if isinstance(value, dict) else value
    if is_guid(wanted) or wanted == KNOWN_AFTER_APPLY:
        return str(wanted)
    if package is None:
        raise InvalidInput(
            f"policy is '{wanted}', and a policy has its name in its access package only", remedy="Set access_package as well."
        )
    return str(policy_of(graph, package, wanted)["id"])
