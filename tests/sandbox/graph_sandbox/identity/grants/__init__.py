# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grant types of the token endpoint, one file each: a function from the token request to the answer's body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .authorization_code import authorization_code
from .client_credentials import client_credentials
from .device_code import device_code
from .refresh_token import refresh_token
from .request import TokenRequest

__all__ = ["GRANTS", "TokenRequest"]

GRANTS: dict[str, Callable[[TokenRequest], dict[str, Any]]] = {
    "authorization_code": authorization_code,
    "client_credentials": client_credentials,
    "refresh_token": refresh_token,
    "urn:ietf:params:oauth:grant-type:device_code": device_code,
    "device_code": device_code,
}
"""By ``grant_type``. Another grant is another file and another line here. ``password`` is not offered."""
