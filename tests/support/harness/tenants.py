# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant by plain HTTP: what is there, and changes made by hand. Independent of the collection."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import requests

EM = "identityGovernance/entitlementManagement"
ROLES = "roleManagement/defender/roleDefinitions"
ASSIGNMENTS = "roleManagement/defender/roleAssignments"

Json = t.Any


class Tenant:
    """One customer's tenant.

    :param ca_path: empty for what everybody trusts.
    :param data: its entry in sandbox.json.
    """

    def __init__(self, graph_url: str, login_url: str, ca_path: str, data: dict[str, t.Any], token: str | None = None) -> None:
        self.graph_url, self.login_url, self.ca_path = graph_url, login_url, ca_path
        self.data = data
        self.tenant_id: str = data["tenant_id"]
        self.domain: str = data["domain"]
        self.client_id: str = data["client_id"]
        self.client_secret: str = data["client_secret"]
        self._token = token
        self._http = requests.Session()
        # Never None: that would verify nothing.
        self._http.verify = ca_path or True
        self._http.trust_env = not ca_path

    # -- how the collection reaches it ---------------------------------------------------------------------------

    def options(self, client: str | None = None) -> dict[str, t.Any]:
        """The shared options of the modules, for the default client or another one by name."""
        chosen = self.client(client) if client else self.data
        return {
            "tenant_id": self.tenant_id,
            "client_id": chosen["client_id"],
            "client_secret": chosen["client_secret"],
            "graph_url": self.graph_url,
            "login_url": self.login_url,
            "ca_path": self.ca_path,
            **({"cloud": self.data["cloud"]} if "cloud" in self.data else {}),
        }

    def client(self, name: str) -> dict[str, t.Any]:
        """Another application of the tenant."""
        return next(client for client in self.data["clients"] if client["name"] == name)

    # -- plain HTTP ----------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, body: Json = None, *, beta: bool = False) -> requests.Response:
        """Any request; the answer whatever its status."""
        url = path if path.startswith("https:") else f"{self.graph_url}/{'beta' if beta else 'v1.0'}/{path}"
        headers = {"Authorization": f"Bearer {self.token()}"}
        return self._http.request(method, url, json=body, headers=headers, timeout=30, allow_redirects=False)

    def call(self, method: str, path: str, body: Json = None, *, beta: bool = False) -> Json:
        """A request that must succeed; the answer's body."""
        answer = self.request(method, path, body, beta=beta)
        if answer.status_code >= 300:
            raise RuntimeError(f"{method} {path} by hand: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}

    def get(self, path: str, *, beta: bool = False) -> Json:
        """One object."""
        return self.call("GET", path, beta=beta)

    def list(self, path: str, *, beta: bool = False) -> list[Json]:
        """A collection, all pages."""
        page = self.get(path, beta=beta)
        found = list(page["value"])
        while link := page.get("@odata.nextLink"):
            page = self.get(link)
            found += page["value"]
        return found

    def post(self, path: str, body: Json, *, beta: bool = False) -> Json:
        """Create by hand."""
        return self.call("POST", path, body, beta=beta)

    def patch(self, path: str, body: Json, *, beta: bool = False) -> Json:
        """Change by hand."""
        return self.call("PATCH", path, body, beta=beta)

    def put(self, path: str, body: Json, *, beta: bool = False) -> Json:
        """Replace by hand."""
        return self.call("PUT", path, body, beta=beta)

    def delete(self, path: str, *, beta: bool = False) -> Json:
        """Delete by hand."""
        return self.call("DELETE", path, beta=beta)

    def token(self) -> str:
        """An access token of the default client, which may do everything."""
        if self._token is None:
            answer = self._http.post(
                f"{self.login_url}/{self.tenant_id}/oauth2/v2.0/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": self.client_id,
                    "client_secret": self.client_secret,
                    "scope": f"{self.graph_url}/.default",
                },
                timeout=30,
            )
            answer.raise_for_status()
            self._token = str(answer.json()["access_token"])
        return self._token

    # -- things that many tests need -----------------------------------------------------------------------------

    def user(self, name: str) -> str:
        """The id of a person: `ada`."""
        return str(self.get(f"users/{name}@{self.domain}")["id"])

    def group(self, name: str, **more: t.Any) -> str:
        """A group made by hand; its id."""
        body = {"displayName": name, "mailEnabled": False, "securityEnabled": True, "mailNickname": "by-hand", **more}
        return str(self.post("groups", body)["id"])

    def link(self, path: str, object_id: str) -> None:
        """Add a reference by hand: `groups/<id>/members`."""
        self.post(f"{path}/$ref", {"@odata.id": f"{self.graph_url}/v1.0/directoryObjects/{object_id}"})

    def ids(self, path: str) -> set[str]:
        """The ids of a collection."""
        return {str(item["id"]) for item in self.list(path)}

    # -- for another process -------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write what `load` needs, a token included, readable by the owner only."""
        content = [self.graph_url, self.login_url, self.ca_path, self.data, self.token()]
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)

    @classmethod
    def load(cls, path: str) -> Tenant:
        """A tenant that another process saved."""
        return cls(*json.loads(Path(path).read_text(encoding="utf-8")))
