# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of a tenant, as the identity platform finds them by what they type."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store import Row
    from ..world import Tenant


def find_user(tenant: Tenant, name: str) -> Row | None:
    """A user by user principal name, mail address or object id."""
    wanted = name.lower()
    for user in tenant.directory.users:
        if wanted in (str(user["userPrincipalName"]).lower(), str(user["mail"]).lower(), user["id"]):
            return user
    return None
