# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The MSSP's applications with the ids that README and the guides write, as the sandbox's configuration has them."""

from __future__ import annotations

import typing as t

from harness.permissions import AUDIT, ONBOARD

IDS = {
    "onboard": "22222222-3333-4444-5555-666666666666",
    "approve": "33333333-4444-5555-6666-777777777777",
    "audit": "44444444-5555-6666-7777-888888888888",
}
SECRETS = {"onboard": "secret-of-onboard-0001", "audit": "secret-of-audit-0002"}


def onboard() -> dict[str, t.Any]:
    """The one that writes. README says so: blocking users takes one permission more than onboarding."""
    return _with_a_secret("onboard", [*ONBOARD, "User.EnableDisableAccount.All"])


def audit() -> dict[str, t.Any]:
    """The one that can only read."""
    return _with_a_secret("audit", list(AUDIT))


def approve() -> dict[str, t.Any]:
    """The one with which people sign in who approve."""
    scopes = ["EntitlementManagement.ReadWrite.All", "User.Read"]
    return {"name": "approve", "client_id": IDS["approve"], "public": True, "permissions": [], "scopes": scopes}


def _with_a_secret(name: str, permissions: list[str]) -> dict[str, t.Any]:
    return {"name": name, "client_id": IDS[name], "client_secret": SECRETS[name], "permissions": permissions}
