# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant's entitlement management holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..store import Store


@dataclass(slots=True)
class EntitlementState:
    """Connected organizations, catalogs, packages, policies, requests and assignments."""

    connected_organizations: Store = field(default_factory=Store)
