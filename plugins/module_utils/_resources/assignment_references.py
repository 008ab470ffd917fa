# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What an assignment refers to: a person, who may not be in the directory yet, and a policy of the package."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import POLICIES
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref, References


class People(References):
    """References, and people whom the directory does not know."""

    def person(self, value: t.Any, option: str) -> Ref | None:
        """A user as `user` finds one; None for an address that nobody of the directory has.

        :raises InvalidInput: as `user`, but not for such an address.
        """

        def look(name: str) -> list[dict[str, t.Any]]:
            return self._find_user(name) or ([{"id": ""}] if "@" in name else [])

        found = self._resolve(value, option, "user", look, "User.Read.All")
        return found if found.id else None


def policy_of(graph: Graph, package: Ref, value: t.Any) -> Entity:
    """The policy that is meant: by id, by name, or the only one of the package.

    :param value: what the operator wrote, or the object that a task has returned; None when nothing.
    :return: the policy as Graph has it; of a package that is only planned, what little is known.
    :raises InvalidInput: the package has no policy, or the value names none of its policies or several.
    """
    wanted = value.get("id") if isinstance(value, dict) else value
    if not package.known or wanted == KNOWN_AFTER_APPLY:
        name = value.get("displayName") if isinstance(value, dict) else value
        return {"id": KNOWN_AFTER_APPLY, "displayName": name}
    query = {"$filter": f"accessPackage/id eq {literal(package.id)}", "$expand": "accessPackage"}
    there = graph.list(POLICIES, query)
    names = ", ".join(f"'{policy.get('displayName')}' ({policy.get('id')})" for policy in there)
    if not there:
        raise InvalidInput(
            f"the access package '{package.name}' has no policy, and an assignment is made under one",
            remedy="Make one with access_package_policy first.",
        )
    if wanted is None:
        if len(there) > 1:
            raise InvalidInput(
                f"the access package '{package.name}' has {len(there)} policies: {names}", remedy="Name one of them as policy."
            )
        return there[0]
    found = [policy for policy in there if word(policy.get("id")) == word(wanted) or policy.get("displayName") == wanted]
    if len(found) != 1:
        raise InvalidInput(
            f"policy: '{wanted}' means {len(found)} of the policies of the access package '{package.name}': {names}",
            remedy="Check the name, or give the id.",
        )
    return found[0]
