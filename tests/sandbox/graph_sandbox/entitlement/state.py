# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant's entitlement management holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ..store import Row, Store

Links = dict[str, dict[str, None]]
"""Ids linked to an object, by its id, in the order in which they came."""


@dataclass(slots=True)
class EntitlementState:
    """Connected organizations, catalogs, packages, policies, requests and assignments, with what links them.

    Rows point to each other by private members: ``_catalog_id``, ``_package_id``, ``_policy_id``, ``_resource_id``.
    """

    connected_organizations: Store = field(default_factory=Store)
    internal_sponsors: Links = field(default_factory=dict)
    external_sponsors: Links = field(default_factory=dict)
    catalogs: Store = field(default_factory=Store)
    resources: Store = field(default_factory=Store)
    resource_requests: Store = field(default_factory=Store)
    packages: Store = field(default_factory=Store)
    role_scopes: Store = field(default_factory=Store)
    incompatible_groups: Links = field(default_factory=dict)
    incompatible_packages: Links = field(default_factory=dict)
    policies: Store = field(default_factory=Store)
    requests: Store = field(default_factory=Store)
    assignments: Store = field(default_factory=Store)
    extensions: Store = field(default_factory=Store)
    """Custom workflow extensions of all catalogs."""
    blocked_guests: dict[str, datetime] = field(default_factory=dict)
    """When a guest was shut out because nothing was left, by the id of the user."""
    due_at: float = 0
    """When time next changes anything, in seconds since 1970; 0: not known."""
    settings: Row = field(default_factory=dict)
    role_assignments: Store = field(default_factory=Store)
    """Who may manage which catalog."""
    tries_left: dict[tuple[str, str], int] = field(default_factory=dict)
    """How often an operation on an object will still fail because of a lag: (operation, object id) -> tries."""
    used_roles: set[str] = field(default_factory=set)
    """Role origin ids that some package has used: their role has an id of its own from then on."""

    def fails_for_lag(self, operation: str, object_id: str, tries: int) -> bool:
        """Whether this try comes too early; counts it. The first try starts the count."""
        key = (operation, object_id)
        left = self.tries_left.setdefault(key, tries)
        if left > 0:
            self.tries_left[key] = left - 1
        return left > 0

    def scopes_of(self, package_id: str) -> Iterator[Row]:
        """The role scopes of a package, as the service itself knows them."""
        return (row for row in self.role_scopes if row["_package_id"] == package_id)

    def live_assignments(self, **wanted: str) -> list[Row]:
        """Assignments that are not expired, of ``_package_id=...`` and the like."""
        return [
            row
            for row in self.assignments
            if row["state"] != "expired" and all(row[name] == value for name, value in wanted.items())
        ]
