# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send the requests of one default onboarding, as a client sent them once (onboarding.json), to any tenant.

Each recorded request is ``{"method", "path", "body", "status"}``. Where it holds something that an earlier answer
gave, there stands ``<5:value.0.id>``: what the answer to request 5 (counted from 0) has at that place.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import requests

RECORDING = Path(__file__).parent / "onboarding.json"
MSSP = {"display_name": "The MSSP", "domain": "mssp.example", "tenant_id": "11111111-2222-3333-4444-555555555555"}
"""The external tenant that the recorded onboarding connects: a configuration for it must know this one."""
_PLACE = re.compile(r"<(\d+):([^>]+)>")


def open_session(info: dict[str, Any]) -> requests.Session:
    """A session that trusts the sandbox of this sandbox.json, and nobody's environment."""
    session = requests.Session()
    session.trust_env = False
    session.verify = info["ca_path"]
    return session


def get_token(session: requests.Session, info: dict[str, Any], tenant: dict[str, Any]) -> str:
    """An access token for a tenant's default client."""
    form = {
        "grant_type": "client_credentials",
        "client_id": tenant["client_id"],
        "client_secret": tenant["client_secret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = session.post(f"{info['login_url']}/{tenant['tenant_id']}/oauth2/v2.0/token", data=form)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def replay(session: requests.Session, info: dict[str, Any], tenant: dict[str, Any]) -> int:
    """Onboard one tenant; returns the number of requests. RuntimeError when a status is not the recorded one."""
    recorded = json.loads(RECORDING.read_text(encoding="utf-8"))
    headers = {"Authorization": f"Bearer {get_token(session, info, tenant)}"}
    answers: list[Any] = []
    for number, request in enumerate(recorded):
        body = json.loads(_fill(json.dumps(request["body"]), answers)) if request["body"] is not None else None
        prefer = {"Prefer": "create-if-missing"} if request["method"] == "PATCH" else {}
        answer = session.request(
            request["method"], info["graph_url"] + _fill(request["path"], answers), json=body, headers={**headers, **prefer}
        )
        if answer.status_code != request["status"]:
            raise RuntimeError(f"request {number} {request['method']} {request['path']}: {answer.status_code} {answer.text}")
        answers.append(answer.json() if answer.content else None)
    return len(recorded) + 1


def _fill(text: str, answers: list[Any]) -> str:
    return _PLACE.sub(lambda place: str(_at(answers[int(place[1])], place[2])), text)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value
