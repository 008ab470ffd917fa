# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a signed-in person may do: the scope of the token, cut down to what the person may do at all.

Facts: learn.microsoft.com "Overview of permissions and consent" (effective permissions are the intersection of the
application's scopes and the user's privileges), "Default user permissions".
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from ..permissions import DIRECTORY_ROLES, MEMBERS_READ
from ..store import Row


def may(user: Row | None, scope: str) -> bool:
    """Whether the person may do what the scope of that name is for. Nobody who is gone from the directory may."""
    if user is None:
        return False
    roles = user.get("_directory_roles", ())
    patterns = [pattern for role in roles for pattern in DIRECTORY_ROLES[role].covers]
    if user["userType"] == "Member" or patterns:
        patterns.extend(MEMBERS_READ)
    return any(fnmatchcase(scope, pattern) for pattern in patterns)
