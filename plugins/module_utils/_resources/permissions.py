# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Which permission of Microsoft Graph includes which, and what a token lacks.

Each resource names what it needs beside itself (`permissions`). What a whole run needs is put together of these in `features.py`;
ids and reasons stand in `permissions_table.py`.
"""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Permissions:
    """Application permissions of one kind of object, the least that suffices."""

    read: tuple[str, ...]
    write: tuple[str, ...]


# A permission is also had by whoever has one of these. Source: Microsoft Graph permissions reference.
_INCLUDED_IN = {
    "DelegatedAdminRelationship.Read.All": ("DelegatedAdminRelationship.ReadWrite.All",),
    "EntitlementManagement.Read.All": ("EntitlementManagement.ReadWrite.All",),
    "GroupMember.Read.All": (
        "Group.Read.All",
        "Group.ReadWrite.All",
        "GroupMember.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ),
    "Group.Read.All": ("Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "Group.ReadWrite.All": ("Directory.ReadWrite.All",),
    "RoleManagement.Read.Defender": ("RoleManagement.ReadWrite.Defender", "RoleManagement.Read.All"),
    "User.DeleteRestore.All": ("User.ReadWrite.All", "Directory.ReadWrite.All"),
    "User.EnableDisableAccount.All": ("User.ReadWrite.All", "Directory.ReadWrite.All"),
    "User.Read.All": ("User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "Organization.Read.All": ("Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
}


def missing(needed: t.Iterable[str], granted: t.Iterable[str]) -> list[str]:
    """The permissions of `needed` that `granted` neither has nor includes, each once, in order."""
    have = {name.lower() for name in granted}
    lacking = []
    for name in dict.fromkeys(needed):
        if not any(each.lower() in have for each in (name, *_INCLUDED_IN.get(name, ()))):
            lacking.append(name)
    return lacking
