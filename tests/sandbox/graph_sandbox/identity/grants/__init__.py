# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grant types of the token endpoint, one file each: a function from the token request to the answer's body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .client_credentials import client_credentials

if TYPE_CHECKING:
    from ...world import Tenant, World
    from ..tokens import TokenAuthority


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a grant gets to see."""

    world: World
    authority: TokenAuthority
    tenant: Tenant
    form: dict[str, str]
    authorization: str


GRANTS: dict[str, Callable[[TokenRequest], dict[str, Any]]] = {
    "client_credentials": client_credentials,
}
"""By ``grant_type``. Another grant is another file and another line here."""
