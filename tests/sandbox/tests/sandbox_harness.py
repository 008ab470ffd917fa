# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start real sandboxes, and talk to them over TLS as any client would."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msal
import requests
import yaml

PROGRAM = Path(__file__).resolve().parent.parent
READY_WITHIN = 20
MSSP_TENANT = "7f1d9c3e-0000-4000-8000-0000000000aa"

BASIC: dict[str, Any] = {
    "tenants": [
        {
            "display_name": "Contoso",
            "domain": "contoso.example",
            "aliases": ["contoso.onmicrosoft.example"],
            "users": [
                {"user_principal_name": "admin@contoso.example", "display_name": "Customer Admin"},
                {
                    "user_principal_name": "ana_mssp.example#EXT#@contoso.example",
                    "mail": "ana@mssp.example",
                    "display_name": "Ana",
                    "user_type": "Guest",
                },
            ],
        },
        {"display_name": "Fabrikam", "domain": "fabrikam.example"},
    ],
    "external_tenants": [{"display_name": "The MSSP", "domain": "mssp.example", "tenant_id": MSSP_TENANT}],
}


class Running:
    """A sandbox process."""

    def __init__(self, process: subprocess.Popen[str], info: dict[str, Any]) -> None:
        self.process = process
        self.info = info
        self.url: str = info["graph_url"]

    def session(self) -> requests.Session:
        """An HTTP session that trusts the sandbox's CA and nobody's environment."""
        session = requests.Session()
        session.trust_env = False
        session.verify = self.info["ca_path"]
        return session

    def tenant(self, position: int = 0) -> dict[str, Any]:
        """A tenant of sandbox.json."""
        found: dict[str, Any] = self.info["tenants"][position]
        return found

    def application(self, client: dict[str, Any], tenant: str, **more: Any) -> msal.ConfidentialClientApplication:
        """An MSAL application, unmodified."""
        return msal.ConfidentialClientApplication(
            client["client_id"],
            authority=f"{self.info['login_url']}/{tenant}",
            http_client=self.session(),
            instance_discovery=False,
            **{"client_credential": client["client_secret"], **more},
        )

    def graph(self, tenant: int = 0, client: str = "default") -> Graph:
        """Calls to Graph with a token of a named client."""
        entry = self.tenant(tenant)
        chosen = next(item for item in entry["clients"] if item["name"] == client)
        answer = self.application(chosen, entry["domain"]).acquire_token_for_client(["https://graph.microsoft.com/.default"])
        return Graph(self, answer["access_token"], entry)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call to /_sandbox."""
        response = self.session().request(method, f"{self.url}/_sandbox/{path}", json=body)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None


class Graph:
    """Graph with one token. ``v1.0`` is understood; a path that begins with /beta is taken as it is."""

    def __init__(self, sandbox: Running, token: str, tenant: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.tenant = tenant
        self.session = sandbox.session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: Any = None, status: int | None = None, **headers: str) -> Any:
        """Send, check the status if one is expected, return the response."""
        root = "" if path.startswith(("/beta", "/v1.0")) else "/v1.0"
        url = path if path.startswith("https:") else f"{self.sandbox.url}{root}{path}"
        response = self.session.request(
            method, url, json=body, headers={key.replace("_", "-"): value for key, value in headers.items()}
        )
        if status is not None:
            assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
        return response

    def ok(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """Send, expect success, return the parsed body."""
        return self(method, path, body, status, **headers).json()

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Send, expect an error, return (status, code)."""
        response = self(method, path, body, **headers)
        assert response.status_code >= 400, response.text
        return response.status_code, response.json()["error"]["code"]

    def quirk(self, **quirks: Any) -> None:
        """Set quirks of this tenant."""
        self.sandbox.control("POST", "quirks", {"tenant": self.tenant["tenant_id"], "quirks": quirks})


Start = Callable[..., Running]


def start_sandbox(directory: Path, config: dict[str, Any], *arguments: str) -> Running:
    """Run the command and wait for its announcement."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "config.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), "--config", str(file), "--dir", str(directory), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ready = directory / "sandbox.json"
    deadline = time.monotonic() + READY_WITHIN
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the sandbox did not start: {process.communicate()[1]}")
        time.sleep(0.02)
    return Running(process, json.loads(ready.read_text(encoding="utf-8")))


def stop_sandbox(running: Running) -> int:
    """Ask it to stop; return its exit status."""
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGTERM)
    running.process.communicate(timeout=10)
    return running.process.returncode
