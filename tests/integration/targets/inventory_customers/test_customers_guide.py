# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/customers.md, as it stands there: each inventory file, its commands, and the onboarding of whom it finds."""

from __future__ import annotations

import collections.abc
import configparser
import json
import typing as t
from pathlib import Path

import pytest
from harness import server
from harness.applications import IDS, SECRETS
from harness.certificates import Certified
from harness.desk import Desk, Run
from harness.guide import Guide
from harness.onboarding import MSSP, estate
from harness.permissions import ONBOARD
from harness.server import Sandbox
from partner_world import DOMAINS, READ

Json = t.Any
SECRET = SECRETS["onboard"]
FILE, NAMES, WHO, GROUPS, CACHE, FAILS = "The file", "Names", "Who is in it", "Groups", "Cache", "When it fails"
ONBOARDING, AWX = "Onboard them", "AWX"


def config(certificate: Path) -> Json:
    """The MSSP and its application as the page names them; two customers, one that was, and one without a relationship."""
    customers = ["contoso", "adatum", "woodgrove"]
    return {
        "applications": [
            {
                "name": "onboard",
                "client_id": IDS["onboard"],
                "client_secret": SECRET,
                "permissions": list(ONBOARD),
            }
        ],
        "external_tenants": [{"display_name": "Gone", "domain": "gone.onmicrosoft.com"}],
        "tenants": [
            {
                "display_name": "Fabrikam Security",
                "domain": "fabrikam-soc.onmicrosoft.com",
                "tenant_id": MSSP,
                "consent": {"onboard": None},
                "clients": [
                    {
                        "name": "customers",
                        "client_id": "55555555-6666-7777-8888-999999999999",
                        "certificate": str(certificate),
                        "permissions": [READ, DOMAINS],
                    }
                ],
                "partner": {
                    "relationships": [
                        {"customer": "contoso.onmicrosoft.com"},
                        {
                            "customer": "adatum.onmicrosoft.com",
                            "status": "expiring",
                            "auto_extend": "P180D",
                            "roles": ["Security Operator"],
                        },
                        {"customer": "gone.onmicrosoft.com", "status": "expired"},
                    ]
                },
            },
            *({"display_name": name.title(), "domain": f"{name}.onmicrosoft.com"} for name in customers),
        ],
    }


class Reader:
    """Somebody who follows the page."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        self.directory = directory
        self.guide = Guide("docs/customers.md")
        self.desk = Desk(self.guide, sandbox, directory, {"ANSIBLE_CONFIG": str(directory / "ansible.cfg")})

    def hosts(self, heading: str) -> Json:
        """The hosts that the file of a section gives, with their variables."""
        return self.listed(heading)["_meta"]["hostvars"]

    def listed(self, heading: str) -> Json:
        """The whole of it; warnings stand before."""
        self.desk.write(heading)
        said = self.desk.type(FAILS, "--list").result.stdout
        return json.loads(said[said.index("{\n") :])

    def domain(self, name: str) -> str:
        """A customer's tenant id, by plain HTTP."""
        return next(tenant.tenant_id for tenant in self.sandbox.tenants if tenant.domain.startswith(f"{name}."))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Reader]:
    """A directory with a certificate, which another page has made."""
    directory = tmp_path_factory.mktemp("customers")
    certified = Certified(directory / "certificate", "a-password-of-it")
    desk = directory / "desk"
    (desk / "keys").mkdir(parents=True)
    (desk / "ansible.cfg").touch()
    both = certified.public.read_text(encoding="utf-8") + certified.private_key
    (desk / "keys" / "customers.pem").write_text(both, encoding="utf-8")
    with server.running(directory / "sandbox", config(certified.public)) as sandbox:
        yield Reader(sandbox, desk)


# In the order of the page: each goes on where the one before has ended.


def test_the_file_and_its_graph(reader: Reader) -> None:
    reader.desk.write(FILE)
    (block,) = [x for x in reader.guide.blocks if x.heading == FILE and x.commands]
    run = reader.desk.type(FILE, "--graph")
    assert run.result.stdout == block.text.partition("\n")[2]


def test_names_that_never_change(reader: Reader) -> None:
    assert set(reader.hosts(NAMES)) == {reader.domain("contoso"), reader.domain("adatum")}


def test_who_is_in_it(reader: Reader) -> None:
    assert set(reader.hosts(WHO)) == {"contoso.onmicrosoft.com", "adatum.onmicrosoft.com", "gone.onmicrosoft.com"}


def test_groups(reader: Reader) -> None:
    found = reader.listed(GROUPS)
    assert found["role_Security_Operator"]["hosts"] == ["adatum.onmicrosoft.com"]
    assert found["runs_out"]["hosts"] == ["contoso.onmicrosoft.com"]
    assert {host["mssp_onboard_cloud"] for host in found["_meta"]["hostvars"].values()} == {"public"}


def test_a_cache_asks_nobody(reader: Reader) -> None:
    first = reader.hosts(CACHE)
    assert len(reader.sandbox.log.all()) > 3
    assert reader.hosts(CACHE) == first
    assert reader.sandbox.log.all() == []


def test_onboarding(reader: Reader) -> None:
    """Looked at first; then two whom nobody has written down, one with its host_vars. Who is written down is there too."""
    reader.desk.write(ONBOARDING)
    vault = reader.directory / "inventory" / "group_vars" / "customers" / "vault.yml"
    vault.write_text(f"vaulted_client_secret: {SECRET}\n", encoding="utf-8")
    planned = _well(reader.desk.type(ONBOARDING, "--check"))
    assert planned.writes == []
    assert {task.host for task in planned.result.tasks} == {"contoso.onmicrosoft.com"}
    made = _well(reader.desk.type(ONBOARDING, "--limit emea"))
    assert {task.host for task in made.result.tasks} == {"contoso.onmicrosoft.com", "adatum.onmicrosoft.com"}
    for name, prefix in (("contoso", ""), ("adatum", "FAB ")):
        tenant = next(tenant for tenant in reader.sandbox.tenants if tenant.domain.startswith(f"{name}."))
        there = estate(tenant)
        names = [f"{prefix}{group}" for group in ("MSSP Analyst Approvers", "Tier 1 Analyst", "Tier 2 Analyst")]
        assert sorted(group["displayName"] for group in there.groups) == names
        assert sorted(package["displayName"] for package in there.packages) == names
        (organization,) = there.organizations
        assert [source["tenantId"] for source in organization["identitySources"]] == [MSSP]
    assert "woodgrove.onmicrosoft.com" in reader.desk.type(FAILS, "--list").result.stdout


def test_a_failure_is_an_error(reader: Reader) -> None:
    reader.desk.write(FAILS)
    assert _well(reader.desk.type(FAILS, "--list"))
    reader.desk.edit("inventory/customers.yml", "fabrikam-soc.onmicrosoft.com", "nobody.onmicrosoft.com")
    run = reader.desk.type(FAILS, "--list")
    assert run.result.rc != 0
    # Older Ansibles break lines.
    assert "the tenant is not known in this cloud" in " ".join(run.result.stdout.split())
    assert "woodgrove" not in run.result.stdout


def test_what_awx_needs_is_a_configuration(reader: Reader) -> None:
    (content,) = reader.guide.files(AWX).values()
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(content)
    assert parser["defaults"]["collections_path"].startswith("/runner/requirements_collections:")


def test_nothing_of_the_page_is_left(reader: Reader) -> None:
    assert reader.guide.left == set()


def _well(run: Run) -> Run:
    assert run.result.rc == 0, run.result
    return run
