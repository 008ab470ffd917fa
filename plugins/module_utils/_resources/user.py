# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Users of the directory: blocked, let in again, deleted. Never created; that is for whoever invites them.

Facts: practice M4 (blocking guests is what cuts them off), M5 (they go last, after their assignments), B.5
(permissions).
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput, needing, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid, literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import flag_default_true, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_reading import not_ended
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import ASSIGNMENTS
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

SHOWN = (
    "id",
    "displayName",
    "userPrincipalName",
    "mail",
    "userType",
    "accountEnabled",
    "externalUserState",
    "createdDateTime",
)
SELECT = ",".join((*SHOWN, "identities", "onPremisesSyncEnabled"))
# The most that Graph gives in a page.
PAGE = "999"
# What deleting takes.
DELETE = ("User.DeleteRestore.All", "User.Read.All")


def key_of(value: t.Any, option: str) -> str:
    """What names a user: the text itself, or the id of an object that another task returned.

    :param option: for the message.
    :raises InvalidInput: it names nobody.
    """
    key = value.get("id") if isinstance(value, dict) else value
    if not isinstance(key, str) or not key.strip():
        raise InvalidInput(
            f"{option} names no user",
            remedy="Give an id, a user principal name, a mail address, or the object that a task of this collection returned.",
        )
    return key.strip()


def find_users(graph: Graph, key: str, *, fresh: bool = False) -> list[Entity]:
    """Users by id or user principal name, else by mail address, which several may share."""
    one = graph.find(f"users/{segment(key)}", {"$select": SELECT}, fresh=fresh)
    if one is not None:
        return [one]
    if is_guid(key):
        return []
    return graph.list("users", {"$filter": f"mail eq {literal(key)}", "$select": SELECT}, fresh=fresh)


def everybody(graph: Graph) -> list[Entity]:
    """All users of the directory."""
    return graph.list("users", {"$select": SELECT, "$top": PAGE})


def is_foreign(user: Entity) -> bool:
    """Whether another organization signs this person in. Guests always count as such, members when they come from elsewhere."""
    if word(user.get("userType")) == "guest" or "#ext#" in word(user.get("userPrincipalName")):
        return True
    return any(word(identity.get("signInType")) == "federated" for identity in user.get("identities") or [])


def shown(user: Entity) -> Entity:
    """A user as modules return it."""
    return {key: user.get(key) for key in SHOWN}


class User(Resource):
    """One user who is there already.

    :param key: id, user principal name or mail address.
    :param lacking: the permissions of those given that the token does not have.
    """

    type = "user"
    permissions: t.ClassVar[Permissions] = Permissions(
        read=("User.Read.All",), write=("User.EnableDisableAccount.All", "User.Read.All")
    )
    properties = (Property("accountEnabled", "enabled", flag_default_true),)

    def __init__(
        self, graph: Graph, desired: Entity, *, key: str, lacking: t.Callable[[t.Iterable[str]], list[str]] = lambda needed: []
    ) -> None:
        self.graph = graph
        self.desired = desired
        self._key = key
        self._lacking = lacking

    @property
    def name(self) -> str:
        return self._key

    def find(self, *, fresh: bool = False) -> Entity | None:
        with needing(*self.permissions.read):
            found = find_users(self.graph, self._key, fresh=fresh)
        if len(found) > 1:
            names = ", ".join(f"'{user.get('userPrincipalName')}' ({user.get('id')})" for user in found)
            raise Failure(f"{len(found)} users have this mail address: {names}", remedy="Give the id.", code="Ambiguous")
        return found[0] if found else None

    def check(self, current: Entity | None) -> None:
        if current is None:
            raise InvalidInput(
                f"there is no user '{self._key}' in this directory",
                remedy="Check the id, user principal name or mail address; this module never creates a user.",
            )
        wanted = self.desired.get("accountEnabled")
        if wanted is None or not current.get("onPremisesSyncEnabled"):
            return
        if flag_default_true(current.get("accountEnabled")) != wanted:
            raise Failure(
                "it is synchronised from an on-premises directory, where alone it can be blocked or let in",
                remedy="Let the customer change it there.",
                code="CannotBeChanged",
            )

    def create(self, body: Entity) -> Entity:
        # `check` has refused before.
        raise NotImplementedError

    def update(self, current: Entity, changed: Entity) -> Entity:
        try:
            self.graph.patch(f"users/{segment(current['id'])}", changed)
        except GraphError as error:
            self._explain(error, self.permissions.write)
            raise
        return {**current, **changed}

    def obstacles(self, current: Entity) -> list[str]:
        found = [] if is_foreign(current) else ["it is a member of this directory and no guest of another organization"]
        return found + self._live_assignments(str(current["id"]))

    def _live_assignments(self, user_id: str) -> list[str]:
        # They stay for 30 days with a user who was deleted, and for so long no package of theirs can be deleted (practice M5).
        query = {"$filter": f"target/objectId eq {literal(user_id)}", "$expand": "accessPackage"}
        try:
            listed = self.graph.list(ASSIGNMENTS, query)
        except GraphError as error:
            if error.status != 403:
                raise
            return ["assignments of access packages, which this application may not read, could be live"]
        live = not_ended(listed)
        if not live:
            return []
        packages = ", ".join(dict.fromkeys(f"'{(x.get('accessPackage') or {}).get('displayName')}'" for x in live))
        return [f"it has {some(len(live), 'live assignment')} ({packages}), which would block deleting the package for 30 days"]

    def delete(self, current: Entity) -> None:
        try:
            with needing(*DELETE):
                self.graph.delete(f"users/{segment(current['id'])}")
        except GraphError as error:
            self._explain(error, DELETE)
            raise

    def _explain(self, error: GraphError, needed: t.Sequence[str]) -> None:
        # Permissions suffice for everybody but those who hold a role themselves (practice B.5).
        if error.status == 403 and not self._lacking(needed):
            error.remedy = (
                "Blocking or deleting a guest who holds an Entra admin role needs a role on the application: let the customer "
                "take the role from the user first, or assign Privileged Authentication Administrator to it."
            )

    def shown(self, entity: Entity) -> Entity:
        return shown(entity)
