# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Built-in roles of the directory, by the name that the portal shows.

Ids: learn.microsoft.com "Microsoft Entra built-in roles"; a role's definition has its template's id in every tenant.
"""

from __future__ import annotations

from ..permissions import DIRECTORY_ROLES

_FURTHER = {
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Cloud Application Administrator": "158c047a-c907-4556-b7ef-446551a6b5f7",
    "Conditional Access Administrator": "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "Directory Readers": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    "Guest Inviter": "95e79109-95c0-4d8e-aee3-d01accf2d47b",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "Security Operator": "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
}
TEMPLATES: dict[str, str] = {**{name: role.template_id for name, role in DIRECTORY_ROLES.items()}, **_FURTHER}
"""Template ids by name."""
NAMES: dict[str, str] = {template: name for name, template in TEMPLATES.items()}
"""Names by template id."""
UNPRIVILEGED = frozenset({"Directory Readers", "Guest Inviter"})
"""Roles whose holders anybody may change who may change a user (PRIVILEGED label of the same page)."""


def template_id(role: str) -> str | None:
    """The template id of a role by its name or by that id; None for an unknown one."""
    return role.lower() if role.lower() in NAMES else TEMPLATES.get(role)
