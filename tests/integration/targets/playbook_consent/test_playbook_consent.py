# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sheet of consent: customers with all of it, a part, none, no answer; then one whose administrator follows the links."""

from __future__ import annotations

import collections.abc
import csv
import dataclasses
import json
import stat
import typing as t
from pathlib import Path

import pytest
import requests
from harness import requesting, server, world
from harness.applications import SECRETS
from harness.onboarding import customers
from harness.paths import REPOSITORY
from harness.permissions import AUDIT, ONBOARD
from harness.playbook import Result, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant

PLAYBOOK = [{"import_playbook": "mssp.defender.consent"}]
SCOPES = ["EntitlementManagement.ReadWrite.All", "User.Read"]
APPLICATIONS = [
    {"name": "onboard", "client_secret": SECRETS["onboard"], "permissions": list(ONBOARD)},
    {"name": "audit", "client_secret": SECRETS["audit"], "permissions": list(AUDIT)},
    {"name": "approve", "public": True, "permissions": [], "scopes": SCOPES},
]
NOBODY = "00000000-0000-4000-8000-00000000dead"
# What each customer's administrator has agreed to; what is not here was agreed to as asked for.
CONSENT: dict[str, dict[str, t.Any]] = {
    "whole": {},
    "part": {
        "onboard": [name for name in ONBOARD if name != "RoleManagement.ReadWrite.Defender"],
        "audit": [*AUDIT, "Group.ReadWrite.All"],
        "approve": {"permissions": [], "scopes": ["User.Read"]},
    },
    "none": {"onboard": None, "audit": None, "approve": None},
    "taken": {"approve": {"permissions": [], "scopes": []}},
}


@dataclasses.dataclass(frozen=True)
class Story:
    """The runs and what they have written.

    :param first: a run over all customers, in check mode; `requests` are what the sandbox was asked by it.
    :param links: one that asks nobody.
    :param after: one for a single customer whose administrator has followed the links of the first sheet.
    """

    sandbox: Sandbox
    tenants: dict[str, Tenant]
    first: Result
    requests: list[dict[str, t.Any]]
    reports: Path
    links: Result
    links_requests: list[dict[str, t.Any]]
    before: Result
    after: Result
    after_reports: Path
    secrets: list[str]
    evidence: Path

    def row(self, host: str, application: str = "") -> dict[str, str]:
        """A row of the first sheet."""
        [found] = [x for x in _rows(self.reports) if (x["customer"], x["application"]) == (host, application)]
        return found


def _rows(directory: Path) -> list[dict[str, str]]:
    with (directory / "consent.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _variables(tenant: Tenant, ids: t.Mapping[str, str], tokens: t.Mapping[str, str]) -> dict[str, t.Any]:
    found = {f"mssp_consent_{name}_client_id": ids[name] for name in ("audit", "approve")}
    return {
        "mssp_onboard_tenant_id": tenant.domain,
        "mssp_onboard_client_id": ids["onboard"],
        "mssp_onboard_client_secret": SECRETS["onboard"],
        "mssp_onboard_graph_url": tenant.graph_url,
        "mssp_onboard_login_url": tenant.login_url,
        "mssp_onboard_ca_path": tenant.ca_path,
        "mssp_onboard_wait_timeout": 1,
        **found,
        "mssp_consent_audit_client_secret": SECRETS["audit"],
        **{f"mssp_consent_approve_{name}": value for name, value in tokens.items()},
    }


def _disable(tenant: Tenant, name: str) -> None:
    principal = tenant.get(f"servicePrincipals(appId='{tenant.client(name)['client_id']}')")
    tenant.patch(f"servicePrincipals/{principal['id']}", {"accountEnabled": False})


def _accept(sandbox: Sandbox, link: str) -> None:
    """An administrator of the customer follows a link of the sheet, and presses the button."""
    answer = requests.get(f"{link}&grant=accept", verify=sandbox.ca_path, timeout=30)
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    directory = tmp_path_factory.mktemp("consent")
    evidence = directory / "evidence"
    config = world.config(customers=len(CONSENT), applications=APPLICATIONS)
    for tenant, (host, agreed) in zip(config["tenants"], CONSENT.items(), strict=True):
        # A template, a tag and a formula in one.
        name = f"={host} <script>alert(1)</script> {{{{ lookup('ansible.builtin.pipe', 'touch {evidence}') }}}}"
        tenant.update(consent=agreed, display_name=name)
    with server.running(directory / "sandbox", config) as sandbox:
        tenants = dict(zip(CONSENT, sandbox.tenants, strict=True))
        token = requesting.refresh_token(tenants["whole"], f"lead@{world.MSSP_DOMAIN}", "approve")
        _disable(tenants["taken"], "onboard")
        ids = {each["name"]: each["client_id"] for each in tenants["whole"].data["clients"]}
        hosts = {host: _variables(tenant, ids, {"refresh_token": token}) for host, tenant in tenants.items()}
        own = hosts["whole"]
        hosts["unknown"] = {**own, "mssp_onboard_tenant_id": NOBODY}
        hosts["nameless"] = {name: value for name, value in own.items() if name != "mssp_onboard_tenant_id"}
        hosts["bare"] = {name: value for name, value in own.items() if name.endswith(("_id", "_url", "_path"))}
        # A tenant that refuses everything but a token.
        sandbox.faults({"tenant": tenants["taken"].tenant_id, "path": "/organization", "status": 400, "code": "BadRequest"})
        sandbox.log.clear()
        reports = directory / "deep" / "reports"
        first = run_playbook(
            PLAYBOOK,
            directory / "first",
            hosts=customers(**hosts),
            check=True,
            diff=True,
            extra_vars={"mssp_reports": str(reports)},
            # Of somebody else: another application's secret, and another tenant.
            env={"AZURE_TENANT_ID": tenants["whole"].tenant_id, "AZURE_CLIENT_SECRET": "wr0ng-wr0ng"},
        )
        asked = sandbox.log.all()
        sandbox.log.clear()
        verify = {"mssp_consent_verify": "false", "mssp_reports": str(directory / "links")}
        links = run_playbook(PLAYBOOK, directory / "no", hosts=customers(**hosts), extra_vars=verify)
        links_requests = sandbox.log.all()
        strict = {"mssp_consent_verify": "true"}
        limit = ["--limit", "none", "--tags", "nothing"]
        run = directory / "strict"
        before = run_playbook(PLAYBOOK, run, hosts=customers(**hosts), extra_vars=strict, arguments=limit)
        for row in _rows(reports):
            if row["customer"] == "none":
                _accept(sandbox, row["consent_link"])
        after = run_playbook(PLAYBOOK, run, hosts=customers(**hosts), extra_vars=strict, arguments=limit, verbosity=5)
        secrets = [*SECRETS.values(), token]
        here = run / "mssp-reports"
        yield Story(sandbox, tenants, first, asked, reports, links, links_requests, before, after, here, secrets, evidence)


@pytest.mark.parametrize(
    ("host", "application", "consent", "missing"),
    [
        ("whole", "onboard", "given", ""),
        ("whole", "audit", "given", ""),
        ("whole", "approve", "given", ""),
        ("part", "onboard", "incomplete", "RoleManagement.ReadWrite.Defender"),
        ("part", "audit", "given", ""),
        ("part", "approve", "incomplete", "EntitlementManagement.ReadWrite.All"),
        ("none", "onboard", "not given", ""),
        ("none", "audit", "not given", ""),
        ("none", "approve", "not given", ""),
        ("taken", "onboard", "disabled", ""),
        ("taken", "approve", "not given", ""),
        ("bare", "audit", "not asked", ""),
    ],
)
def test_what_each_customer_has_consented_to(story: Story, host: str, application: str, consent: str, missing: str) -> None:
    row = story.row(host, application)
    assert (row["consent"], row["missing"]) == (consent, missing)


def test_what_a_token_carries_is_told(story: Story) -> None:
    assert set(story.row("whole", "onboard")["carries"].split()) == set(ONBOARD)
    assert set(story.row("whole", "approve")["carries"].split()) == {*SCOPES, "openid", "profile"}
    assert story.row("part", "audit")["note"] == "It may do more than its work takes: Group.ReadWrite.All."


@pytest.mark.parametrize(
    ("host", "application", "words"),
    [
        ("unknown", "onboard", "the tenant is not known in this cloud"),
        ("unknown", "audit", "the tenant is not known in this cloud"),
        ("nameless", "", "mssp_onboard_tenant_id is not set."),
        ("taken", "audit", "BadRequest"),
        # The application that onboards takes its credential from the environment too, as everywhere; the others do not.
        ("bare", "onboard", "the client secret is wrong"),
    ],
)
def test_a_customer_that_cannot_be_read_is_a_row_that_says_why(story: Story, host: str, application: str, words: str) -> None:
    row = story.row(host, application)
    assert row["consent"] == "not known"
    assert words in row["note"]
    [sentence] = [x.result["msg"] for x in story.first.tasks if x.task == "What is not in order" and x.host == host]
    assert words in sentence


def test_it_fails_for_such_customers_only_and_at_the_end(story: Story) -> None:
    assert story.first.rc == 2
    failed = {x.host for x in story.first.tasks if x.task == "What is not in order" and x.failed}
    assert failed == {"unknown", "nameless", "taken", "bare"}
    assert {x.task for x in story.first.tasks if x.failed} == {"What is not in order"}


def test_the_link_asks_for_the_whole_set_of_each_application(story: Story) -> None:
    for host, tenant in story.tenants.items():
        for application in ("onboard", "audit", "approve"):
            client_id = story.tenants["whole"].client(application)["client_id"]
            link = story.row(host, application)["consent_link"]
            assert link == f"{tenant.login_url}/{tenant.domain}/adminconsent?client_id={client_id}"
    for form in ("md", "html"):
        text = (story.reports / f"consent.{form}").read_text(encoding="utf-8")
        assert story.row("none", "audit")["consent_link"] in text


def test_nothing_is_written_to_any_tenant(story: Story) -> None:
    """One token and one look for each application that has a credential; nobody is asked who is not."""
    assert [x for x in story.requests if x["write"]] == []
    reads = [(x["method"], x["path"].partition("?")[0]) for x in story.requests if x["area"] == "graph"]
    assert set(reads) == {("GET", "/v1.0/organization")}
    whole = [x for x in story.requests if x["tenant_id"] == story.tenants["whole"].tenant_id and x["area"] == "graph"]
    assert len(whole) == 3
    assert [x.task for x in story.first.tasks if x.result.get("changed")] == []


def test_links_alone_ask_nobody(story: Story) -> None:
    assert story.links_requests == []
    assert story.links.rc == 2
    assert {x.host for x in story.links.tasks if x.failed} == {"nameless"}


def test_after_an_administrator_has_followed_the_links(story: Story) -> None:
    """With verify the run waits for nothing less than all of it."""
    assert story.before.rc == 2
    told = story.before.task("What is not in order", "none").result["msg"]
    assert told.count("not given") == 3
    assert story.after.rc == 0, story.after
    assert {(x["customer"], x["application"], x["consent"]) for x in _rows(story.after_reports)} == {
        ("none", application, "given") for application in ("onboard", "audit", "approve")
    }


def test_only_the_owner_reads_it(story: Story) -> None:
    assert stat.S_IMODE(story.reports.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in story.reports.iterdir()}
    assert modes == {"consent.md": 0o600, "consent.csv": 0o600, "consent.html": 0o600}


def test_names_and_secrets(story: Story) -> None:
    """A name is no template, no tag and no formula; a secret is nowhere."""
    assert not story.evidence.exists()
    files = [path.read_text(encoding="utf-8") for path in story.reports.iterdir()]
    results = json.dumps([dataclasses.asdict(x) for run in (story.first, story.after) for x in run.tasks])
    for text in [*files, story.first.stdout, story.after.stdout, results]:
        assert not [secret for secret in story.secrets if secret in text]
    assert not [text for text in files if "<script>alert" in text and not text.startswith("customer,")]
    assert story.row("whole", "onboard")["name"].startswith("'=whole ")


def test_the_page_of_permissions_says_what_these_applications_ask_for() -> None:
    """Written here a second time, so that a wrong table shows."""
    page = (REPOSITORY / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in (*ONBOARD, *AUDIT, *SCOPES))
