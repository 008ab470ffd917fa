# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers of the sandbox for jobs of AWX: an application that onboards, by a secret, and one that audits, by a certificate."""

from __future__ import annotations

import collections.abc
import contextlib
import typing as t
from pathlib import Path

from controller import jobs
from controller.jobs import Done, Identity
from harness import onboarding
from harness.certificates import Certified
from harness.onboarding import MSSP, Onboarding, three_customers
from harness.permissions import AUDIT

PASSWORD = "correct-horse.battery-staple-of-a-certificate"

Json = dict[str, t.Any]


class Fleet:
    """Jobs for these customers.

    :param variables: those of extensions/awx.
    """

    def __init__(self, sandbox: Onboarding, directory: Path, certified: Certified, customers: list[str], variables: Json) -> None:
        self.sandbox, self.directory, self.customers = sandbox, directory, customers
        self.secrets: list[str] = [certified.private_key]
        secret = {"client_secret": self._client("onboard")["client_secret"]}
        certificate = {"certificate": certified.pem.read_text(encoding="utf-8"), "certificate_password": PASSWORD}
        self.writer = self._identity(variables, secret, "onboard")
        self.reader = self._identity(variables, certificate, "audit")

    def run(self, template: Json, name: str, identity: Identity, **more: t.Any) -> tuple[Done, list[Json]]:
        """A job, and what the sandbox was asked meanwhile."""
        self.sandbox.sandbox.log.clear()
        tenants = {x: self.sandbox.tenant(x).domain for x in self.customers}
        hosts = {x: {"mssp_onboard_tenant_id": y, "mssp_onboard_mssp_tenant_id": MSSP} for x, y in tenants.items()}
        done = jobs.launch(template, self.directory / name, hosts=hosts, identity=identity, **more)
        return done, self.sandbox.sandbox.log.all()

    def _client(self, name: str) -> Json:
        return self.sandbox.tenant(self.customers[0]).client(name)

    def _identity(self, variables: Json, inputs: dict[str, str], name: str) -> Identity:
        tenant = self.sandbox.tenant(self.customers[0])
        also = {
            "client_id": self._client(name)["client_id"],
            "graph_url": tenant.graph_url,
            "login_url": tenant.login_url,
            "ca_certificate": Path(tenant.ca_path).read_text(encoding="utf-8"),
        }
        made = jobs.inject(variables, {**inputs, **also}, self.directory / f"files-{name}")
        self.secrets += [x for x in made.secrets if "-----" not in x]
        return made


@contextlib.contextmanager
def running(
    directory: Path, variables: Json, customers: list[str], more: collections.abc.Sequence[str] = ()
) -> collections.abc.Iterator[Fleet]:
    """A sandbox with the customers of the demo, and `more`."""
    certified = Certified(directory / "certificates", PASSWORD)
    config = three_customers()
    config["applications"].append({"name": "audit", "permissions": list(AUDIT), "certificate": str(certified.public)})
    config["tenants"] += [{"display_name": x.title(), "domain": f"{x}.onmicrosoft.com"} for x in more]
    with onboarding.running(directory, config) as started:
        yield Fleet(started, directory, certified, customers, variables)


def writes(log: list[Json]) -> list[str]:
    """The requests that change something."""
    return [f"{x['method']} {x['path']}" for x in log if x["write"]]
