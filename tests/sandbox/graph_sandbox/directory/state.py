# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant's directory holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..store import Row, Store


@dataclass(slots=True)
class DirectoryState:
    """Users, groups and applications, who is in what, who holds which role, and what was deleted."""

    users: Store = field(default_factory=Store)
    groups: Store = field(default_factory=Store)
    service_principals: Store = field(default_factory=Store)
    deleted_groups: Store = field(default_factory=Store)
    deleted_users: Store = field(default_factory=Store)
    deleted_service_principals: Store = field(default_factory=Store)
    administrative_units: Store = field(default_factory=Store)
    unit_members: dict[str, dict[str, None]] = field(default_factory=dict)
    """Ids of the members of an administrative unit, by its id."""
    directory_role_assignments: Store = field(default_factory=Store)
    managers: dict[str, str] = field(default_factory=dict)
    """The id of a user's manager, by the user's id."""
    sponsors: dict[str, dict[str, None]] = field(default_factory=dict)
    """Ids of a user's sponsors, users or groups, by the user's id."""
    members: dict[str, dict[str, None]] = field(default_factory=dict)
    """Ids of the members of a group, by its id, in the order in which they came."""
    owners: dict[str, dict[str, None]] = field(default_factory=dict)

    def find(self, object_id: str) -> Row | None:
        """Any object by id, as the service itself knows it."""
        for store in (self.users, self.groups, self.service_principals, self.administrative_units):
            row = store.get(object_id)
            if row is not None:
                return row
        return None

    def read(self, object_id: str) -> Row | None:
        """Any object by id, as a reader sees it."""
        for store in (self.users, self.groups, self.service_principals, self.administrative_units):
            row = store.read(object_id)
            if row is not None:
                return row
        return None

    def forget(self, object_id: str) -> None:
        """Take an object out of every group."""
        for relation in (self.members, self.owners, self.unit_members, self.sponsors):
            for ids in relation.values():
                ids.pop(object_id, None)
