# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written to a tenant's policies, on top of what its configuration says."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..store import Row, Store


@dataclass(slots=True)
class PolicyState:
    """Authorization and cross-tenant access as far as somebody changed them; Conditional Access as configured."""

    authorization: Row = field(default_factory=dict)
    cross_tenant: Row = field(default_factory=dict)
    """allowedCloudEndpoints and displayName of the cross-tenant access policy."""
    cross_tenant_default: Row = field(default_factory=dict)
    partners: Store = field(default_factory=Store)
    """By tenant id."""
    conditional_access: Store = field(default_factory=Store)
