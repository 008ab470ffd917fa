# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""By what a group is known to be the MSSP's own work (practice M6): a name is no proof of origin."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity


def unique_name(mssp: str, key: str) -> str:
    """The claim of origin that a group of ours carries."""
    return f"mssp-{mssp}-{key}".lower()


def all_known(groups: t.Iterable[Entity], mssp: str | None, known_by: t.Collection[str]) -> bool:
    """Whether each of the wanted groups is there and ours.

    :param groups: what is there.
    :param known_by: of each wanted group its key, or its id where the operator has named it.
    """
    there = list(groups)
    ids = {word(group.get("id")) for group in there}
    claims = {word(group.get("uniqueName")) for group in there}
    return bool(known_by) and all(
        word(key) in ids if is_guid(key) else bool(mssp) and unique_name(str(mssp), key) in claims for key in known_by
    )
