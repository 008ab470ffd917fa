# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's request log."""

from __future__ import annotations

import typing as t

import requests

Entry = dict[str, t.Any]


class RequestLog:
    """What the sandbox was asked, in order."""

    def __init__(self, http: requests.Session, url: str) -> None:
        self._http = http
        self._url = f"{url}/_sandbox/requests"

    def clear(self) -> None:
        """Forget everything."""
        self._http.delete(self._url, timeout=30).raise_for_status()

    def all(self, tenant_id: str | None = None) -> list[Entry]:
        """Every request, to the identity platform too; those of one tenant if it is named."""
        query = {"tenant": tenant_id} if tenant_id else {}
        answer = self._http.get(self._url, params=query, timeout=30)
        answer.raise_for_status()
        return t.cast("list[Entry]", answer.json()["requests"])

    def writes(self, tenant_id: str | None = None) -> list[Entry]:
        """The requests to Graph that change something."""
        return [entry for entry in self.all(tenant_id) if entry["write"]]

    def tokens(self, tenant_id: str | None = None) -> list[Entry]:
        """The requests for a token."""
        return [entry for entry in self.all(tenant_id) if entry["path"].endswith("/oauth2/v2.0/token")]
