# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's tenant by plain HTTP, past the collection: what is there, what was written, what goes wrong."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

from sweeps.wire import BASE_URL, Wire

EM = "identityGovernance/entitlementManagement"
# What was written or granted just now is seen after so many tries at the latest.
_PATIENCE = 10

Json = t.Any
Entry = dict[str, t.Any]


class Customer:
    """One tenant of the sandbox.

    :param number: which of the series.
    """

    def __init__(self, wire: Wire, number: int) -> None:
        self.wire = wire
        self.domain = f"customer{number}.example"
        tenant = wire.world.find_tenant(self.domain)
        assert tenant is not None
        self.tenant_id = tenant.id
        self._clients = {client.name: client for client in tenant.clients.values()}
        self._token: tuple[str, float] | None = None

    def credentials(self, name: str) -> dict[str, str]:
        """Id and secret of an application."""
        client = self._clients[name]
        return {"client_id": client.client_id, "client_secret": client.secret}

    def get(self, path: str, *, beta: bool = False) -> Json:
        """One object or page."""
        return self.call("GET", path, beta=beta)

    def list(self, path: str, *, beta: bool = False) -> list[Json]:
        """A collection, all pages."""
        page = self.get(path, beta=beta)
        found = list(page["value"])
        while link := page.get("@odata.nextLink"):
            page = self._call("GET", link)
            found += page["value"]
        return found

    def look(self, path: str, *, beta: bool = False) -> int:
        """The status of a GET, whatever it is."""
        headers = {"Authorization": f"Bearer {self._bearer()}"}
        url = f"{BASE_URL}/{'beta' if beta else 'v1.0'}/{path}"
        return self.wire.exchange("GET", url, headers).status_code

    def call(self, method: str, path: str, body: Json = None, *, beta: bool = False) -> Json:
        """Any request that must succeed."""
        return self._call(method, f"{BASE_URL}/{'beta' if beta else 'v1.0'}/{path}", body)

    def _call(self, method: str, url: str, body: Json = None) -> Json:
        headers = {"Authorization": f"Bearer {self._bearer()}", "Content-Type": "application/json"}
        payload = b"" if body is None else json.dumps(body).encode()
        for _try in range(_PATIENCE):
            answer = self.wire.exchange(method, url.replace(" ", "%20"), headers, payload)
            if answer.status_code not in (403, 404):
                break
        assert answer.status_code < 300, f"{method} {url} by hand: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else {}

    def _bearer(self) -> str:
        now = self.wire.timeline.time()
        if self._token is None or self._token[1] < now:
            form = {"grant_type": "client_credentials", **self.credentials("default"), "scope": f"{BASE_URL}/.default"}
            answer = self.wire.exchange(
                "POST",
                f"{BASE_URL}/{self.tenant_id}/oauth2/v2.0/token",
                {"content-type": "application/x-www-form-urlencoded"},
                urllib.parse.urlencode(form).encode(),
            )
            self._token = (answer.json()["access_token"], now + 3000)
        return self._token[0]

    # -- what the sandbox was asked and told -------------------------------------------------------------------------

    def log(self) -> list[Entry]:
        """The requests to this tenant, in order."""
        return t.cast("list[Entry]", self.wire.control("GET", f"requests?tenant={self.tenant_id}")["requests"])

    def writes(self) -> list[Entry]:
        """Those that change something."""
        return [entry for entry in self.log() if entry["write"]]

    def forget_log(self) -> None:
        """The log of the whole sandbox begins anew."""
        self.wire.control("DELETE", "requests")

    def faults(self, *faults: dict[str, t.Any], lots: dict[str, t.Any] | None = None) -> None:
        """Replace the faults; none clears them."""
        if faults or lots:
            self.wire.control("POST", "faults", {"faults": list(faults), "random_faults": lots})
        else:
            self.wire.control("DELETE", "faults")

    def quirks(self, **switches: t.Any) -> None:
        """Set switches of this tenant."""
        self.wire.control("POST", "quirks", {"tenant": self.tenant_id, "quirks": switches})
