# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""References between objects: by id, by name, or by the object that another task has returned.

In check mode an object that an earlier task of the same run would create has no id yet: its reference is the text
`(known after apply)`, and planning goes on with it. Outside check mode that text is an error, and a name that is
not there is an error in both, so that a typing error never passes.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput, doing, needing
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid, literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import (
    CATALOGS,
    ORGANIZATIONS,
    PACKAGES,
)


def can_exist(params: t.Mapping[str, t.Any], filters: t.Iterable[str], check_mode: bool) -> bool:
    """Whether what these options name can be there; False for what an earlier task of a check-mode run would make.

    :raises InvalidInput: a filter is stated but empty, since a variable that came out empty would otherwise mean all objects; or
        a value of check mode is given to a task that is not in it.
    """
    stated = {option: str(params[option] or "").strip() for option in filters if params[option] is not None}
    for option, value in stated.items():
        if not value:
            raise InvalidInput(f"{option} is empty", remedy="Give it a value, or leave it out to read all.")
        if value == KNOWN_AFTER_APPLY and not check_mode:
            raise InvalidInput(
                f"{option} is '{KNOWN_AFTER_APPLY}'; this value comes from a check-mode task",
                remedy="Run the task that creates it without check mode as well.",
            )
    return KNOWN_AFTER_APPLY not in stated.values()


# The mark that says so in a reference.
NOTHING_IN_IT = "nothing_in_it"


@dataclasses.dataclass(frozen=True)
class Ref:
    """An object by id, and how people call it."""

    id: str
    name: str
    # The collection of Graph that it is in, for references that name one.
    collection: str = dataclasses.field(default="directoryObjects", compare=False)
    # What the task that returned it told of it: empty when it was named.
    told: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    @property
    def known(self) -> bool:
        """Whether the object exists already."""
        return self.id != KNOWN_AFTER_APPLY

    @property
    def empty(self) -> bool:
        """Whether nothing is in it yet: only the plan of a role says so, which knows that nobody has used it since it was made.

        A module's own result must not: it may be registered once and used twice.
        """
        return self.told.get(NOTHING_IN_IT) is True

    @property
    def key(self) -> str:
        """Tells objects apart: by id, and those that have none yet by name."""
        return self.id.lower() if self.known else f"{self.id} {self.name}"


class References:
    """Resolves what an operator wrote in an option to ids.

    Each method takes the value, and the name of its option for messages. Each raises `InvalidInput` for a reference that names
    nothing or several things, and outside check mode for an id that does not exist yet. A GUID is taken as it is.

    :param check_mode: whether ids that do not exist yet are acceptable.
    """

    def __init__(self, graph: Graph, check_mode: bool) -> None:
        self._graph = graph
        self._check_mode = check_mode

    def group(self, value: t.Any, option: str) -> Ref:
        """A group by id or display name."""
        found = self._resolve(value, option, "group", lambda name: self._by_name("groups", name), "GroupMember.Read.All")
        return dataclasses.replace(found, collection="groups")

    def user(self, value: t.Any, option: str) -> Ref:
        """A user by id, user principal name or mail address."""
        return dataclasses.replace(self._resolve(value, option, "user", self._find_user, "User.Read.All"), collection="users")

    def groups(self, values: t.Sequence[t.Any] | None, option: str) -> list[Ref] | None:
        """Several groups; None when nothing was stated."""
        return None if values is None else [self.group(value, option) for value in values]

    def sponsors(self, values: t.Sequence[t.Any] | None, option: str) -> list[Ref] | None:
        """Users, and groups where an entry is `{group: ...}`; None when nothing was stated."""
        return None if values is None else [self._sponsor(value, option) for value in values]

    def _sponsor(self, value: t.Any, option: str) -> Ref:
        if isinstance(value, dict) and set(value) == {"group"}:
            return self.group(value["group"], option)
        return self.user(value, option)

    def users(self, values: t.Sequence[t.Any] | None, option: str) -> list[Ref] | None:
        """Several users; None when nothing was stated."""
        return None if values is None else [self.user(value, option) for value in values]

    def catalog(self, value: t.Any, option: str) -> Ref:
        """A catalog by id or name."""
        return self._resolve(value, option, "catalog", lambda name: self._by_name(CATALOGS, name))

    def connected_organization(self, value: t.Any, option: str) -> Ref:
        """A connected organization by id or name."""
        return self._resolve(value, option, "connected organization", lambda name: self._by_name(ORGANIZATIONS, name))

    def access_package(self, value: t.Any, option: str, catalog: Ref | None) -> Ref:
        """An access package by id, or by name, in one catalog when that is given: names are unique only there."""

        def look(name: str) -> list[dict[str, t.Any]]:
            found = self._graph.list(PACKAGES, {"$filter": f"displayName eq {literal(name)}", "$expand": "catalog"})
            return [
                item
                for item in found
                if item.get("displayName") == name
                and (catalog is None or (item.get("catalog") or {}).get("id", "").lower() == catalog.id.lower())
            ]

        return dataclasses.replace(self._resolve(value, option, "access package", look), collection=PACKAGES)

    def access_packages(self, values: t.Sequence[t.Any] | None, option: str) -> list[Ref] | None:
        """Several access packages of any catalog; None when nothing was stated."""
        return None if values is None else [self.access_package(value, option, None) for value in values]

    def _by_name(self, path: str, name: str) -> list[dict[str, t.Any]]:
        query = {"$filter": f"displayName eq {literal(name)}", "$select": "id,displayName"}
        return [item for item in self._graph.list(path, query) if item.get("displayName") == name]

    def _find_user(self, name: str) -> list[dict[str, t.Any]]:
        select = "id,displayName,userPrincipalName"
        found = self._graph.find(f"users/{segment(name)}", {"$select": select})
        if found is not None:
            return [found]
        return self._graph.list("users", {"$filter": f"mail eq {literal(name)}", "$select": select})

    def _resolve(
        self,
        value: t.Any,
        option: str,
        kind: str,
        look: t.Callable[[str], list[dict[str, t.Any]]],
        permission: str = "EntitlementManagement.Read.All",
    ) -> Ref:
        told: t.Mapping[str, t.Any] = {}
        if isinstance(value, dict):
            told = value
            name = str(value.get("displayName") or value.get("userPrincipalName") or value.get("id") or "")
            value = value.get("id")
        else:
            name = str(value or "")
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(
                f"{option} has an empty reference to a {kind}",
                remedy="Give its id, its name, or the object that a task of this collection returned.",
            )
        if value == KNOWN_AFTER_APPLY:
            if not self._check_mode:
                raise InvalidInput(
                    f"{option} refers to a {kind} by '{KNOWN_AFTER_APPLY}'; this value comes from a check-mode task",
                    remedy="Run the task that creates it without check mode as well.",
                )
            return Ref(KNOWN_AFTER_APPLY, name, told=told)
        if is_guid(value):
            return Ref(value, name, told=told)
        with doing(f"look up the {kind} '{value}' of {option}"), needing(permission):
            found = look(value)
        if not found:
            raise InvalidInput(f"{option}: there is no {kind} '{value}'", remedy="Check the name, or create it first.")
        if len(found) > 1:
            ids = ", ".join(str(item["id"]) for item in found)
            raise InvalidInput(f"{option}: {len(found)} objects match the {kind} '{value}' ({ids})", remedy="Give the id.")
        return Ref(str(found[0]["id"]), value)
