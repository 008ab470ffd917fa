# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make onboarding.json anew: ``record.py SANDBOX_JSON REQUESTS_JSON``.

REQUESTS_JSON is what GET /_sandbox/requests answered after one onboarding of one tenant; SANDBOX_JSON is of a fresh
sandbox with the same configuration. The same requests give the same ids there, so they are sent as they are, and
every id in them that an earlier answer gave is replaced by its place in that answer.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from replay import MSSP, RECORDING, get_token, open_session

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def main() -> None:
    """Send, learn, write."""
    info, logged = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:3])
    logged = logged if isinstance(logged, list) else logged["requests"]
    session = open_session(info)
    session.headers["Authorization"] = f"Bearer {get_token(session, info, info['tenants'][0])}"
    places: dict[str, str] = {MSSP["tenant_id"]: MSSP["tenant_id"]}
    recorded = []
    for number, entry in enumerate(entry for entry in logged if entry["area"] == "graph"):
        prefer = {"Prefer": "create-if-missing"} if entry["method"] == "PATCH" else {}
        answer = session.request(entry["method"], info["graph_url"] + entry["path"], json=entry["body"], headers=prefer)
        if answer.status_code != entry["status"]:
            raise SystemExit(f"{entry['method']} {entry['path']}: {answer.status_code} and not {entry['status']}")

        def placed(text: str) -> str:
            return _GUID.sub(lambda guid: places.get(guid[0], guid[0]), text)

        body = None if entry["body"] is None else json.loads(placed(json.dumps(entry["body"])))
        path = placed(unquote(entry["path"]))
        recorded.append({"method": entry["method"], "path": path, "body": body, "status": entry["status"]})
        if answer.content:
            _learn(answer.json(), f"<{number}:", places)
    RECORDING.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _learn(value: Any, place: str, places: dict[str, str]) -> None:
    """Note where each GUID stood first."""
    if isinstance(value, dict):
        for name, item in value.items():
            if "@" not in name:
                _learn(item, f"{place}{name}.", places)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            _learn(item, f"{place}{position}.", places)
    elif isinstance(value, str) and _GUID.fullmatch(value):
        places.setdefault(value, place.rstrip(".") + ">")


if __name__ == "__main__":
    main()
