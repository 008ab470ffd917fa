# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An MSSP with customers of all kinds, and its inventory as Ansible reads it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import typing as t
from pathlib import Path

import yaml
from harness.permissions import ONBOARD
from harness.playbook import environment, programs
from harness.server import Sandbox
from harness.tenants import Tenant

Json = t.Any

PLUGIN = "mssp.defender.customers"
MSSP = "fabrikam-soc.example"
WIDE = "wide-soc.example"
LISTS = "tenantRelationships/delegatedAdminCustomers"
RELATIONSHIPS = "tenantRelationships/delegatedAdminRelationships"
READ = "DelegatedAdminRelationship.Read.All"
DOMAINS = "CrossTenantInformation.ReadBasic.All"
# A customer's name is the customer's own. `{ran}` is a file that is there once Ansible has run what a name says.
NAMES = {
    "template.example": "{{{{ lookup('pipe', 'touch {ran}') }}}}",
    "statement.example": "{{% for x in [1] %}}{{{{ x }}}}{{% endfor %}}",
    "page.example": "<script>alert(1)</script>",
    "path.example": "../../../etc/passwd",
    "long.example": "x" * 256,
    "words.example": "Müller & Söhne GmbH 株式会社",
}
LIVE = {"active", "expiring", "terminationRequested", "terminating"}


def ran(directory: Path) -> Path:
    """What is there once a name was executed."""
    return directory / "ran"


def config(directory: Path) -> Json:
    """The sandbox: the MSSP, another one with many relationships, two customers that are served, and more that are not."""
    known = [{"display_name": name.format(ran=ran(directory)), "domain": domain} for domain, name in NAMES.items()]
    known += [{"display_name": name.title(), "domain": f"{name}.example"} for name in ("waiting", "gone", "leaving")]
    return {
        "applications": [{"name": "onboard", "permissions": list(ONBOARD)}],
        "external_tenants": known,
        "tenants": [
            {
                "display_name": "Fabrikam Security",
                "domain": MSSP,
                "consent": {"onboard": None},
                "clients": [
                    {"name": "inventory", "permissions": [READ, DOMAINS]},
                    {"name": "no_domains", "permissions": [READ]},
                    {"name": "nobody", "permissions": [DOMAINS]},
                ],
                "partner": {"relationships": _relationships()},
            },
            {"display_name": "Contoso", "domain": "contoso.example"},
            {"display_name": "Adatum", "domain": "adatum.example"},
            {
                "display_name": "Wide Security",
                "domain": WIDE,
                "clients": [{"name": "inventory", "permissions": [READ, DOMAINS]}],
                # Three pages of them.
                "partner": {
                    "relationships": [
                        {
                            "customer": "contoso.example",
                            "status": "terminated" if number else "active",
                            "display_name": str(number),
                        }
                        for number in range(650)
                    ]
                },
            },
            {
                "display_name": "Blind Security",
                "domain": "blind-soc.example",
                "clients": [{"name": "inventory", "permissions": [READ, DOMAINS]}],
                "partner": {"relationships": [{"customer": domain} for domain in NAMES]},
            },
            {"display_name": "No partner", "domain": "alone.example"},
        ],
    }


def _relationships() -> list[Json]:
    both = ["Security Reader", "Security Operator"]
    return [
        {"customer": "contoso.example", "status": "terminated", "display_name": "Before"},
        {"customer": "contoso.example", "roles": both, "display_name": "Now"},
        {"customer": "contoso.example", "roles": ["Global Reader"], "duration": "P30D", "display_name": "Soon over"},
        {"customer": "adatum.example", "status": "expiring", "auto_extend": "P180D"},
        {"customer": "leaving.example", "status": "terminationRequested"},
        {"customer": "waiting.example", "status": "approvalPending"},
        {"customer": "gone.example", "status": "expired"},
        {"status": "created", "display_name": "For anybody"},
        *({"customer": domain} for domain in NAMES),
    ]


@dataclasses.dataclass(frozen=True, repr=False)
class Listed:
    """What a run of ansible-inventory gave.

    :param requests: what it asked of Graph, without what follows the path; of a batch, the parts.
    """

    rc: int
    stdout: str
    stderr: str
    requests: list[str]

    @property
    def inventory(self) -> Json:
        """Of --list."""
        return json.loads(self.stdout)

    @property
    def hosts(self) -> Json:
        """Variables by host."""
        return self.inventory["_meta"]["hostvars"]

    def members(self, group: str) -> list[str]:
        """The hosts of a group, in order."""
        return sorted(self.inventory.get(group, {}).get("hosts", []))

    def says(self, sentence: str) -> bool:
        """Whether it was said beside the inventory. Ansible breaks lines at the edge of a terminal, amid words too."""
        return "".join(sentence.split()) in "".join(self.stderr.split())

    def __repr__(self) -> str:
        return f"rc {self.rc}\n{self.stdout}\n{self.stderr}"


class Partner:
    """The MSSP's tenant, and runs of ansible-inventory that ask it."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        self.directory = directory
        self.tenant = self.of(MSSP)
        self.ran = ran(directory)
        self._sources = 0

    def of(self, domain: str) -> Tenant:
        """A tenant that is served."""
        return next(tenant for tenant in self.sandbox.tenants if tenant.domain == domain)

    def options(self, client: str | None = "inventory", domain: str = MSSP, **more: Json) -> Json:
        """What an inventory file says; null leaves something out."""
        stated = {"plugin": PLUGIN, **self.of(domain).options(client), "tenant_id": domain, **more}
        return {name: value for name, value in stated.items() if value is not None}

    def source(self, client: str | None = "inventory", domain: str = MSSP, directory: Path | None = None, **more: Json) -> Path:
        """An inventory file."""
        self._sources += 1
        file = (directory or self.directory) / f"source{self._sources}.yml"
        file.write_text(yaml.safe_dump(self.options(client, domain, **more), sort_keys=False), encoding="utf-8")
        return file

    def list(self, *sources: Path, arguments: t.Sequence[str] = (), env: t.Mapping[str, str] | None = None) -> Listed:
        """`ansible-inventory --list`, unless `arguments` say otherwise. The log starts empty."""
        self.sandbox.log.clear()
        command = [str(programs() / "ansible-inventory")]
        for source in sources:
            command += ["-i", str(source)]
        done = subprocess.run(
            [*command, *(arguments or ["--list"])],
            cwd=self.directory,
            env={**environment(self.directory / "home"), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        log = [x for x in self.sandbox.log.all() if x["path"].startswith("/v1.0")]
        requests = [f"{x['method']} {x['path'].partition('?')[0].removeprefix('/v1.0/')}" for x in log]
        return Listed(done.returncode, done.stdout, done.stderr, requests)

    def kept(self) -> Path:
        """The cache's file of the application that may read domains."""
        files = (self.directory / "cache").iterdir()
        (found,) = [file for file in files if "contoso.example" in file.read_text(encoding="utf-8")]
        return found

    def tamper(self, change: t.Callable[[Json], None]) -> None:
        """Change what the cache holds, in whatever envelope this Ansible keeps it."""
        file = self.kept()
        outer = json.loads(file.read_text(encoding="utf-8"))
        held = json.loads(outer["__payload__"]) if "__payload__" in outer else outer
        change(held)
        file.write_text(json.dumps({"__payload__": json.dumps(held)} if "__payload__" in outer else held), encoding="utf-8")

    # -- what is so, by plain HTTP -------------------------------------------------------------------------------

    def relationships(self) -> dict[str, list[Json]]:
        """All relationships by the domain of the customer."""
        held: dict[str, list[Json]] = {}
        for one in self.tenant.list(RELATIONSHIPS):
            if one["customer"]:
                held.setdefault(self.domain(one["customer"]["tenantId"]), []).append(one)
        return held

    def customers(self) -> dict[str, Json]:
        """Those whom Graph lists, by domain."""
        return {self.domain(one["tenantId"]): one for one in self.tenant.list(LISTS)}

    def domain(self, tenant_id: str) -> str:
        """The default domain of a tenant."""
        path = f"tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant_id}')"
        return str(self.tenant.get(path)["defaultDomainName"])
