# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/getting-started.md, followed: its commands typed as they stand, its files written, the customer's administrator played."""

from __future__ import annotations

import collections.abc
import csv
import dataclasses
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import requests
from harness import applications, onboarding, server
from harness.desk import Desk, Run
from harness.guide import Guide
from harness.onboarding import Estate, estate
from harness.paths import REPOSITORY
from harness.server import Sandbox
from harness.tenants import Tenant
from started_stand_ins import AzureCli, Cluster, powershell

from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions_table import rows

GUIDE = "docs/getting-started.md"
REGISTER, CERTIFICATES, INVENTORY = "1. Register the applications", "2. A certificate, not a secret", "3. The inventory"
CONSENT, LOOK, ONBOARD, AUDIT, AFTER = "4. Consent", "5. Look first", "6. Onboard", "7. Audit", "8. After the change window"
OWN, LESS = "A registration in the customer's own tenant", "A customer who grants less"
IDS = {
    **applications.IDS,
    "own": "55555555-6666-7777-8888-999999999999",
    "less": "66666666-7777-8888-9999-000000000000",
}
READS = [
    "EntitlementManagement.Read.All",
    "GroupMember.Read.All",
    "User.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "Organization.Read.All",
]


@dataclasses.dataclass
class Story:
    """What the guide has led to.

    :param consents: by step: (customer, application) -> what the sheet says.
    :param clients: by step: the applications that asked Graph.
    :param findings: the grave ones of the first audit, by their ids.
    """

    guide: Guide
    az: AzureCli
    tenants: dict[str, Tenant]
    directory: Path
    runs: dict[str, Run] = dataclasses.field(default_factory=dict)
    consents: dict[str, dict[tuple[str, str], str]] = dataclasses.field(default_factory=dict)
    clients: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    estates: dict[str, Estate] = dataclasses.field(default_factory=dict)
    findings: list[str] = dataclasses.field(default_factory=list)


def registered(directory: Path, application: str, extra: t.Iterable[str] = ()) -> dict[str, t.Any]:
    """An application as the sandbox is told of it: with what its manifest asks for, and the certificate that was made."""
    [asked] = json.loads((REPOSITORY / "docs" / "manifests" / f"{application}.json").read_text(encoding="utf-8"))
    names = {(row.guid, row.kind): row.name for row in rows()}
    kinds: dict[str, list[str]] = {"Role": [], "Scope": []}
    for each in asked["resourceAccess"]:
        kinds[each["type"]].append(names[each["id"], each["type"]])
    kinds["Role"] += [names[guid, "Role"] for guid in extra]
    known = {"name": application, "client_id": IDS[application], "permissions": kinds["Role"], "scopes": kinds["Scope"]}
    if application == "approve":
        return {**known, "public": True}
    return {**known, "certificate": str(directory / "keys" / f"{application}.crt")}


def config(directory: Path, extra: t.Iterable[str], cluster: Cluster) -> dict[str, t.Any]:
    """The customers of the guide. Nobody has consented to anything yet, but for what the last sections take for granted."""
    made = onboarding.three_customers()
    nobody = {"onboard": None, "audit": None, "approve": None}
    own = {"name": "own", "client_id": IDS["own"], "federated": [cluster.trusted()]}
    less = {**registered(directory, "onboard"), "name": "less", "client_id": IDS["less"], "permissions": READS}
    clients = {"adatum": [{**registered(directory, "onboard"), "certificate": None, **own}], "woodgrove": [less]}
    applications = [registered(directory, "onboard", extra), *(registered(directory, name) for name in ("audit", "approve"))]
    tenants = []
    for tenant in made["tenants"]:
        name = tenant["domain"].partition(".")[0]
        plain = {"display_name": tenant["display_name"], "domain": tenant["domain"]}
        tenants.append({**plain, "consent": nobody, "clients": clients.get(name, [])})
    return {**made, "applications": applications, "tenants": tenants}


class Newcomer:
    """Somebody at the beginning."""

    def __init__(self, story: Story, sandbox: Sandbox, environment: t.Mapping[str, str]) -> None:
        self.story, self.sandbox = story, sandbox
        self.desk = Desk(story.guide, sandbox, story.directory, environment)

    def run(self, step: str, heading: str, words: str, without: str = "", *, rc: int = 0) -> None:
        """Type a command of the guide, and keep what came of it; one with another status is the end of the story."""
        run = self.desk.type(heading, words, without)
        assert run.result.rc == rc, f"{step}: {run.result}"
        self.story.runs[step] = run
        self.story.clients[step] = {x["client_id"] for x in self.sandbox.log.all() if x["area"] == "graph"}
        if words.endswith("consent"):
            self.story.consents[step] = {(x["customer"], x["application"]): x["consent"] for x in self.sheet()}

    def sheet(self) -> list[dict[str, str]]:
        """The sheet of consent."""
        with (self.story.directory / "mssp-reports" / "consent.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def administrator(self) -> None:
        """The customer's, who opens the links of the sheet and accepts."""
        for row in self.sheet():
            answer = requests.get(f"{row['consent_link']}&grant=accept", verify=self.sandbox.ca_path, timeout=30)
            assert answer.status_code == 200, answer.text

    def powershell(self, heading: str, tenant: Tenant) -> None:
        """The customer's administrator once more."""
        [script] = [x.text for x in self.story.guide.blocks if x.heading == heading and x.language == "powershell"]
        powershell(tenant, script)

    def first_customer(self) -> None:
        """Sections 3 to 8."""
        contoso = self.story.tenants["contoso"]
        self.desk.write(INVENTORY)
        consent = "mssp.defender.consent"
        self.run("nothing yet", CONSENT, consent, without="verify")
        self.administrator()
        self.story.consents["accepted"] = {}
        self.run("accepted", CONSENT, "mssp_consent_verify=true")
        self.story.consents["accepted"] = {(x["customer"], x["application"]): x["consent"] for x in self.sheet()}
        self.run("preflight", LOOK, "--tags preflight")
        self.run("look", LOOK, "--check --diff")
        self.story.estates["look"] = estate(contoso)
        self.run("onboard", ONBOARD, "mssp.defender.onboard")
        self.story.estates["onboard"] = estate(contoso)
        self.run("links", ONBOARD, "mssp.defender.links")
        # It has found something.
        self.run("audit", AUDIT, "mssp.defender.audit", rc=2)
        with (self.story.directory / "mssp-reports" / "audit" / "findings.csv").open(encoding="utf-8", newline="") as file:
            self.story.findings = [row["id"] for row in csv.DictReader(file) if row["severity"] == "grave"]
        self.powershell(AFTER, contoso)
        self.run("afterwards", AFTER, consent)

    def own_registration(self, cluster: Cluster) -> None:
        """Adatum's own."""
        self.desk.write(OWN)
        token = self.story.directory / "azure-identity-token"
        cluster.write(token)
        self.desk.edit("inventory/host_vars/adatum.yml", "/var/run/secrets/azure/tokens/azure-identity-token", str(token))
        self.run("own", OWN, "mssp.defender.consent")

    def one_catalog(self) -> None:
        """Woodgrove grants less."""
        woodgrove = self.story.tenants["woodgrove"]
        self.powershell(LESS, woodgrove)
        self.desk.write(LESS)
        for name, shown in (("Tier 1 Analyst", "000000000001"), ("MSSP Analyst Approvers", "00000000000a")):
            [group] = woodgrove.list(f"groups?$filter=displayName eq '{name}'&$select=id")
            self.desk.edit("less/hosts.yml", f"00000000-0000-0000-0000-{shown}", group["id"])
        self.run("less --check", LESS, "--check")
        self.run("less", LESS, "mssp.defender.onboard", without="--check")
        self.story.estates["less"] = estate(woodgrove)
        self.story.runs["less again"] = self.desk.shell("ansible-playbook mssp.defender.onboard -i less")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    directory = tmp_path_factory.mktemp("started")
    guide = Guide(GUIDE)
    everywhere = {("MSSP " + name, "AzureADMultipleOrgs"): IDS[name] for name in ("onboard", "audit", "approve")}
    az = AzureCli(directory, sys.executable, {**everywhere, ("MSSP onboard", "AzureADMyOrg"): IDS["own"]})
    environment = {"PATH": f"{az.program.parent}:{os.environ['PATH']}"}
    desk = directory / "desk"
    desk.mkdir()
    # Where the guide is read: at the root of a checkout.
    (desk / "docs").symlink_to(REPOSITORY / "docs")
    [credential] = [x.text for x in guide.blocks if x.language == "json"]
    (desk / "mssp-automation.json").write_text(credential, encoding="utf-8")
    commands = [*guide.command(REGISTER), *guide.command(CERTIFICATES), *guide.command(OWN, without="ansible-playbook")]
    script = "\n".join(["set -eu", *commands])
    subprocess.run(["bash", "-c", script], cwd=desk, env=environment, check=True, capture_output=True, timeout=120)
    extra = [x.partition("=")[0] for x in az.told("ad", "app", "permission", "add")[0]["--api-permissions"]]
    cluster = Cluster(directory, json.loads(credential))
    with server.running(directory / "sandbox", config(desk, extra, cluster)) as sandbox:
        tenants = {tenant.domain.partition(".")[0]: tenant for tenant in sandbox.tenants}
        told = Story(guide, az, tenants, desk)
        newcomer = Newcomer(told, sandbox, environment)
        newcomer.first_customer()
        newcomer.own_registration(cluster)
        newcomer.one_catalog()
        yield told


def test_everything_of_the_guide_is_run(story: Story) -> None:
    assert story.guide.left == set()
    assert story.guide.languages == {"console", "yaml", "json", "powershell"}


# -- what the Azure CLI is told --------------------------------------------------------------------------------------


def test_each_application_is_registered_with_its_manifest(story: Story) -> None:
    made = story.az.told("ad", "app", "create")
    files = {x["--display-name"][0] + "/" + x["--sign-in-audience"][0]: x["--required-resource-accesses"][0] for x in made}
    assert files == {
        "MSSP onboard/AzureADMultipleOrgs": "@docs/manifests/onboard.json",
        "MSSP audit/AzureADMultipleOrgs": "@docs/manifests/audit.json",
        "MSSP approve/AzureADMultipleOrgs": "@docs/manifests/approve.json",
        "MSSP onboard/AzureADMyOrg": "@docs/manifests/onboard.json",
    }
    # Without an address to return to, consent ends on an error page.
    assert all(x["--web-redirect-uris"] for x in made)
    assert [x["--display-name"][0] for x in made if x.get("--is-fallback-public-client") == ["true"]] == ["MSSP approve"]


def test_permissions_in_the_guides_are_those_of_the_table() -> None:
    """A wrong id would ask the customer for another permission."""
    for page in (GUIDE, "docs/permissions.md"):
        text = (REPOSITORY / page).read_text(encoding="utf-8")
        asked = re.findall(r"(\S{36})=(Role|Scope)\b", text)
        assert asked, page
        assert set(asked) <= {(row.guid, row.kind) for row in rows()}, page


def test_certificates_are_added_and_keys_stay(story: Story) -> None:
    uploads = story.az.told("ad", "app", "credential", "reset")
    assert [x["--id"] for x in uploads] == [[IDS["onboard"]], [IDS["audit"]]]
    # Without --append the others are removed.
    assert all("--append" in x for x in uploads)
    for upload in uploads:
        assert "PRIVATE KEY" not in (story.directory / upload["--cert"][0][1:]).read_text(encoding="ascii")
    keys = [path for path in (story.directory / "keys").iterdir() if "PRIVATE KEY" in path.read_text(encoding="ascii")]
    assert len(keys) == 4
    assert not [path for path in keys if path.stat().st_mode & 0o077]


# -- the first customer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "consents"),
    [
        ("nothing yet", ("not given", "not given", "not asked")),
        ("accepted", ("given", "given", "not asked")),
        ("afterwards", ("disabled", "given", "not asked")),
    ],
)
def test_consent_of_the_first_customer(story: Story, step: str, consents: tuple[str, ...]) -> None:
    found = story.consents[step]
    assert found == {("contoso", name): word for name, word in zip(("onboard", "audit", "approve"), consents, strict=True)}


@pytest.mark.parametrize(
    "step", ["nothing yet", "accepted", "preflight", "look", "links", "audit", "afterwards", "own", "less --check"]
)
def test_what_only_looks_writes_nothing(story: Story, step: str) -> None:
    assert story.runs[step].writes == []


def test_the_first_customer_is_onboarded(story: Story) -> None:
    assert story.estates["look"].counts["policies"] == 0
    counts = story.estates["onboard"].counts
    assert (counts["groups"], counts["roles"], counts["organizations"], counts["packages"], counts["policies"]) == (3, 2, 1, 3, 3)


@pytest.mark.parametrize(("step", "client"), [("onboard", "onboard"), ("links", "audit"), ("audit", "audit")])
def test_each_work_is_done_by_its_own_application(story: Story, step: str, client: str) -> None:
    assert story.clients[step] == {IDS[client]}


def test_what_the_first_audit_finds(story: Story) -> None:
    """Nobody is an approver yet, of either tier."""
    assert story.findings == ["MSSP101", "MSSP101"]


# -- the other ways --------------------------------------------------------------------------------------------------


def test_a_registration_of_the_customers_own(story: Story) -> None:
    found = story.consents["own"]
    assert (found["adatum", "onboard"], found["adatum", "audit"]) == ("given", "not given")
    assert story.clients["own"] == {IDS["own"]}


def test_one_catalog_is_enough_for_packages_and_policies(story: Story) -> None:
    there = story.estates["less"]
    assert sorted(x["displayName"] for x in there.packages) == ["MSSP Analyst Approvers", "Tier 1 Analyst"]
    scopes = {x["accessPackage"]["displayName"]: x["allowedTargetScope"] for x in there.policies}
    assert scopes["Tier 1 Analyst"] == "specificConnectedOrganizationUsers"
    run = story.runs["less"]
    assert {x for x in run.writes if not re.search("/(accessPackages|assignmentPolicies|catalogs)(/|$)", x)} == set()
    assert story.clients["less"] == {IDS["less"]}
    [told] = run.said("mssp.defender.mssp_onboard : Where to go now")
    assert any(line.startswith("Not ours to make or change") for line in told)
    again = story.runs["less again"]
    assert (again.result.rc, again.writes) == (0, []), again.result
