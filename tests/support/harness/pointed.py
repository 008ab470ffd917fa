# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real test tenant that a configuration file names, and the guard in front of every other one.

The file is `tests/integration/integration_config.yml`, or the one that MSSP_INTEGRATION_CONFIG names. Its template says what is
in it.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import os
import stat
import typing as t
import uuid
from pathlib import Path

import requests
import yaml

from harness.paths import REPOSITORY
from harness.tenants import Tenant

FILE = REPOSITORY / "tests" / "integration" / "integration_config.yml"
PARTS = ("entitlement", "defender")
# Graph documentation, concepts/deployments. Written down once more: the tests know nothing of the collection.
HOSTS = {
    "public": ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "usgov": ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "usgov_dod": ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": ("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}
_NEEDED = ("tenant_id", "tenants", "client_id", "client_secret")
_KNOWN = (*_NEEDED, "cloud", "person", "organization", "without", "graph_url", "login_url", "ca_path")


class Refused(Exception):
    """No test may run: one sentence says why."""


@dataclasses.dataclass(frozen=True)
class Pointed:
    """What the file says.

    :param person: the address of a user; empty where none may be used.
    :param organization: the id of a tenant that may be connected; empty where none may be.
    """

    tenant_id: str
    client_id: str
    client_secret: str
    cloud: str = "public"
    person: str = ""
    organization: str = ""
    without: tuple[str, ...] = ()
    graph_url: str = ""
    login_url: str = ""
    ca_path: str = ""

    def tenant(self) -> Tenant:
        """The tenant by plain HTTP, with a token of its own."""
        graph, login = HOSTS[self.cloud]
        data = {
            "tenant_id": self.tenant_id,
            "domain": "",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "cloud": self.cloud,
        }
        return Tenant(self.graph_url or graph, self.login_url or login, self.ca_path, data)


def path() -> Path | None:
    """The configuration file, if there is one."""
    named = os.environ.get("MSSP_INTEGRATION_CONFIG")
    if named:
        return Path(named)
    return FILE if FILE.exists() else None


def load(file: Path) -> Pointed:
    """What the file says, unless it names a tenant that may not be changed. Nobody is asked anything."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        mode = file.stat().st_mode
    except (OSError, ValueError, yaml.YAMLError) as exc:
        raise Refused(f"{file} cannot be read ({type(exc).__name__})") from None
    if stat.S_IMODE(mode) & 0o077:
        raise Refused(f"{file} can be read by others, and it holds a secret: chmod 600")
    if not isinstance(content, dict) or set(content) - set(_KNOWN) or not all(content.get(name) for name in _NEEDED):
        raise Refused(f"{file} needs {', '.join(_NEEDED)}, and knows no more than its template says")
    made = Pointed(
        tenant_id=_guid(content["tenant_id"], "tenant_id"),
        client_id=_guid(content["client_id"], "client_id"),
        client_secret=str(content["client_secret"]),
        cloud=str(content.get("cloud") or "public"),
        person=str(content.get("person") or ""),
        organization=_guid(content["organization"], "organization") if content.get("organization") else "",
        without=tuple(content.get("without") or ()),
        **{name: str(content.get(name) or "") for name in ("graph_url", "login_url", "ca_path")},
    )
    if made.cloud not in HOSTS:
        raise Refused(f"cloud is '{made.cloud}', and not one of {', '.join(HOSTS)}")
    if set(made.without) - set(PARTS):
        raise Refused(f"without knows only {', '.join(PARTS)}")
    _guard(made.tenant_id, content["tenants"])
    return made


def _guard(tenant_id: str, named: t.Any) -> None:
    entries = [entry for entry in named if isinstance(entry, dict)] if isinstance(named, list) else []
    mine = [entry for entry in entries if _guid(entry.get("tenant_id"), "a tenant_id of tenants") == tenant_id]
    if not mine:
        raise Refused(f"the tenant {tenant_id} is not named under tenants: nobody has said that it may be touched")
    if len(mine) > 1:
        raise Refused(f"the tenant {tenant_id} is named more than once under tenants")
    # True and nothing that merely looks like it.
    if mine[0].get("may_be_changed") is not True:
        raise Refused(f"the tenant {tenant_id} is named, but not marked as one that may be changed (may_be_changed: true)")


def _guid(value: t.Any, name: str) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise Refused(f"{name} is '{value}', and not an id: a domain may come to mean another tenant") from None


def check(pointed: Pointed) -> None:
    """Refuse when the token, or the tenant behind Graph, is another one than the file names. Reads only."""
    tenant = pointed.tenant()
    try:
        payload = tenant.token().split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get("tid")
        listed = tenant.list("organization?$select=id")
    except (requests.RequestException, RuntimeError, ValueError, IndexError, KeyError) as exc:
        raise Refused(f"the tenant {pointed.tenant_id} cannot be asked who it is ({type(exc).__name__})") from None
    for what, told in (("the access token", found), ("Graph", listed[0]["id"] if listed else None)):
        if str(told).lower() != pointed.tenant_id:
            raise Refused(f"{what} is of the tenant {told}, and not of {pointed.tenant_id}")


@functools.lru_cache(maxsize=1)
def pointed_at() -> Pointed | None:
    """The tenant to test on, judged once for each process; None: the sandbox."""
    file = path()
    if file is None:
        return None
    found = load(file)
    check(found)
    return found
