# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of users: somebody let a blocked guest in again."""

from __future__ import annotations

from harness.drift import BOOLEAN, FALSE_IS_STATED, Body, Case, Patched
from harness.drift_promises import EveryProperty
from harness.drift_story import Table

from ansible_collections.mssp.defender.plugins.module_utils._resources.user import SHOWN, User


class Users(Patched):
    """Guests who are blocked. The module manages nothing else of them."""

    module = "aad_user"
    collection = "users"
    select = f"?$select={','.join(SHOWN)},department,otherMails"
    options = {"enabled": False}

    def create(self, number: int) -> str:
        body = {
            "accountEnabled": False,
            "displayName": "{name}",
            "department": "SOC",
            "mailNickname": "by-hand",
            "passwordProfile": {"password": "not-kept"},
            "userPrincipalName": f"guest{number}@{self.tenant.domain}",
            "userType": "Guest",
        }
        return str(self.tenant.post("users", self.filled(body))["id"])

    def key(self, identifier: str) -> Body:
        return {"user": identifier}

    def beside(self, path: str) -> None:
        return None


CASES = {"accountEnabled": Case(True, FALSE_IS_STATED, BOOLEAN)}
TABLE = Table(Users, {prop.path: prop.option for prop in User.properties}, CASES)


class TestUser(EveryProperty):
    table = TABLE
