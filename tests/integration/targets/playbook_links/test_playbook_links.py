# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The link sheet: two customers in the public cloud, one of the US government, one not onboarded, two that cannot be read."""

from __future__ import annotations

import collections.abc
import contextlib
import csv
import dataclasses
import html.parser
import re
import stat
import typing as t
from pathlib import Path

import pytest
from harness import onboarding, server, world
from harness.onboarding import customers
from harness.playbook import Result, run_playbook
from harness.ports import closed_port
from harness.server import Sandbox
from harness.tenants import EM, Tenant

TIERS = [
    {
        "key": "tier1",
        "group": "One",
        "role": "One",
        "package": "=cmd|' /C calc'!A1",
        "permissions": ["microsoft.xdr/secops/securitydata/basics/read"],
    },
    {
        "key": "tier2",
        "group": "Two",
        "role": "Two",
        "package": "Two | <script>alert(2)</script> [x](https://evil.example)",
        "permissions": ["microsoft.xdr/secops/securitydata/basics/read"],
    },
]
# What the directory of each customer says it is called.
NAMES = {
    "alpha": "<script>alert(1)</script>\n=1+1 | \"><img src=x onerror='alert(1)'>",
    "beta": "=cmd|' /C calc'!A0 {{ lookup('ansible.builtin.pipe', 'touch EVIDENCE') }}",
    "gov": "Bureau of Links",
    "fresh": "Not Yet Ltd",
    "gone": "Far Away",
    "lost": "Lost {{ lookup('ansible.builtin.pipe', 'touch EVIDENCE') }}",
}
HOSTS = {"alpha": "com", "beta": "com", "gov": "us"}
PLAYBOOK = [{"import_playbook": "mssp.defender.links"}]


@dataclasses.dataclass(frozen=True)
class Story:
    """The runs and what they have written.

    :param requests: what the sandbox was asked by the run over all customers.
    :param narrow: a run in check mode for one customer, with a tag that no task has.
    """

    tenants: dict[str, Tenant]
    result: Result
    requests: list[dict[str, t.Any]]
    reports: Path
    evidence: Path
    narrow: Result
    narrow_requests: list[dict[str, t.Any]]
    narrow_reports: Path

    def text(self, form: str) -> str:
        """One of the files."""
        return (self.reports / f"links.{form}").read_text(encoding="utf-8")

    def rows(self) -> list[dict[str, str]]:
        """The CSV file."""
        return _rows(self.reports)


def _rows(directory: Path) -> list[dict[str, str]]:
    with (directory / "links.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _variables(tenant: Tenant, client: str | None, **more: t.Any) -> dict[str, t.Any]:
    options = {f"mssp_onboard_{name}": value for name, value in tenant.options(client).items()}
    return {**options, "mssp_onboard_mssp_tenant_id": world.MSSP_TENANT, **more}


@contextlib.contextmanager
def _running(directory: Path, names: dict[str, str], **more: t.Any) -> collections.abc.Iterator[Sandbox]:
    """A sandbox with customers of these names."""
    config = world.config(customers=len(names), **more)
    for tenant, name in zip(config["tenants"], names.values(), strict=True):
        tenant["display_name"] = name
    with server.running(directory, config) as started:
        yield started


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """Three customers onboarded, then the sheet with an application that can only read."""
    directory = tmp_path_factory.mktemp("links")
    evidence = directory / "evidence"
    public = {host: name.replace("EVIDENCE", str(evidence)) for host, name in NAMES.items() if host != "gov"}
    with (
        _running(directory / "public", public) as sandbox,
        _running(directory / "government", {"gov": NAMES["gov"]}, cloud="usgov", seed=11) as government,
    ):
        tenants = dict(zip([*public, "gov"], [*sandbox.tenants, *government.tenants], strict=True))
        logs = [sandbox.log, government.log]
        ada = f"ada@{tenants['alpha'].domain}"
        own: dict[str, dict[str, t.Any]] = {
            "alpha": {"mssp_onboard_tiers": TIERS, "mssp_onboard_customer_approvers": [{"user": ada}]},
            "beta": {"mssp_onboard_packages_hidden": True, "mssp_onboard_name_prefix": "FAB "},
            "gov": {"mssp_onboard_cloud": "usgov"},
            "fresh": {},
            "gone": {"mssp_onboard_login_url": f"https://localhost:{closed_port()}", "mssp_onboard_wait_timeout": 1},
            "lost": {},
        }
        first = run_playbook(
            onboarding.PLAYBOOK,
            directory / "onboard",
            hosts=customers(**{name: _variables(tenants[name], None, **own[name]) for name in HOSTS}),
        )
        assert first.rc == 0, str(first)
        # What somebody else has put into our catalog is none of ours.
        catalog = tenants["gov"].list(f"{EM}/catalogs?$filter=displayName eq 'MSSP Accesses'")[0]["id"]
        tenants["gov"].post(f"{EM}/accessPackages", {"displayName": "Theirs", "catalog": {"id": catalog}})
        hosts = customers(**{name: _variables(tenants[name], "reader", **own[name]) for name in NAMES})

        # Graph itself may quote a name where it says what is wrong.
        lost = {"tenant": tenants["lost"].tenant_id, "path": "/organization", "status": 400, "code": "BadRequest"}
        sandbox.faults({**lost, "message": public["lost"]})
        for log in logs:
            log.clear()
        reports = directory / "deep" / "reports"
        result = run_playbook(PLAYBOOK, directory / "all", hosts=hosts, diff=True, extra_vars={"mssp_reports": str(reports)})
        requests = [entry for log in logs for entry in log.all()]

        for log in logs:
            log.clear()
        here = directory / "narrow" / "mssp-reports"
        here.mkdir(parents=True)
        here.chmod(0o755)
        arguments = ["--limit", "alpha", "--tags", "none"]
        narrow = run_playbook(PLAYBOOK, directory / "narrow", hosts=hosts, check=True, arguments=arguments)
        narrow_requests = [entry for log in logs for entry in log.all()]
        yield Story(tenants, result, requests, reports, evidence, narrow, narrow_requests, here)


def packages(tenant: Tenant) -> dict[str, str]:
    """Names and ids of a customer's packages, by plain HTTP."""
    return {x["displayName"]: x["id"] for x in tenant.list(f"{EM}/accessPackages")}


@pytest.mark.parametrize("host", HOSTS)
def test_every_link_of_a_customer(story: Story, host: str) -> None:
    """Each package that the tenant has, at the hosts of its cloud."""
    tenant, top = story.tenants[host], HOSTS[host]
    there = packages(tenant)
    there.pop("Theirs", None)
    rows = [row for row in story.rows() if row["customer"] == host]

    access = f"https://myaccess.microsoft.{top}/@{tenant.domain}#"
    assert sorted(row["request_link"] for row in rows) == sorted(f"{access}/access-packages/{x}" for x in there.values())
    for row in rows:
        name = next(name for name in there if there[name] in row["request_link"])
        assert row["package"].removeprefix("'") == name
        assert row["approval_link"] == f"{access}/"
        assert row["portal_link"] == f"https://security.microsoft.{top}/?tid={tenant.tenant_id}"
        assert row["tenant_id"] == tenant.tenant_id
    assert [row["tier"] for row in rows] == ["tier1", "tier2", "approvers"]
    for form in ("md", "html"):
        text = story.text(form)
        for row in rows:
            assert row["request_link"] in text
        assert rows[0]["portal_link"] in text
        assert rows[0]["approval_link"] in text


@pytest.mark.parametrize(
    ("host", "tier", "words"),
    [
        ("alpha", "tier1", ""),
        ("alpha", "approvers", ""),
        ("beta", "tier1", "Hidden: only this link leads to it."),
        ("beta", "approvers", "Closed: no policy lets anybody request it. Hidden: only this link leads to it."),
        ("gov", "tier2", ""),
        ("gov", "approvers", "Closed: no policy lets anybody request it."),
        ("fresh", "", "Not onboarded: there is no catalog 'MSSP Accesses'. Run mssp.defender.onboard for this customer."),
    ],
)
def test_what_there_is_to_know(story: Story, host: str, tier: str, words: str) -> None:
    [row] = [row for row in story.rows() if (row["customer"], row["tier"]) == (host, tier)]
    assert row["note"] == words
    assert words in story.text("md")
    assert words.replace("'", "&#x27;") in story.text("html")


def test_a_customer_that_cannot_be_read_is_a_row_that_says_why(story: Story) -> None:
    [row] = [row for row in story.rows() if row["customer"] == "gone"]
    assert row["note"].startswith("Could not be read. ")
    assert story.tenants["gone"].tenant_id in row["note"]
    assert "cannot be reached" in row["note"]
    assert {row[name] for name in ("request_link", "approval_link", "portal_link", "package")} == {""}
    # In both parts.
    for form in ("md", "html"):
        assert story.text(form).count("cannot be reached") == 2


def test_it_fails_for_such_customers_only_and_at_the_end(story: Story) -> None:
    assert story.result.rc == 2
    last = {x.host: x.status for x in story.result.tasks if x.task == "Whose links are not on it"}
    assert {host for host, status in last.items() if status == "failed"} == {"gone", "lost"}
    assert "cannot be reached" in story.result.task("Whose links are not on it", "gone").result["msg"]


def test_nothing_is_written_to_any_tenant(story: Story) -> None:
    for requests in (story.requests, story.narrow_requests):
        assert any("accessPackages" in x["path"] for x in requests)
        assert [x for x in requests if x["write"]] == []
        # An application that can only read suffices.
        readers = {tenant.client("reader")["client_id"] for tenant in story.tenants.values()}
        assert {x["client_id"] for x in requests if x["area"] == "graph"} <= readers
    for run in (story.result, story.narrow):
        assert [x.task for x in run.tasks if x.result.get("changed")] == []


def test_only_the_owner_reads_it(story: Story) -> None:
    assert stat.S_IMODE(story.reports.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in story.reports.iterdir()}
    assert modes == {"links.md": 0o600, "links.csv": 0o600, "links.html": 0o600}


def test_one_customer_in_check_mode_whatever_the_tags(story: Story) -> None:
    """The files are written beside where one stands, and a directory that is there keeps its mode."""
    assert story.narrow.rc == 0, str(story.narrow)
    assert {row["customer"] for row in _rows(story.narrow_reports)} == {"alpha"}
    assert {path.name for path in story.narrow_reports.iterdir()} == {"links.md", "links.csv", "links.html"}
    assert stat.S_IMODE(story.narrow_reports.stat().st_mode) == 0o755
    alpha = story.tenants["alpha"].tenant_id
    assert {x["tenant_id"] for x in story.narrow_requests} == {alpha}


def test_the_screen_stays_free_of_the_files(story: Story) -> None:
    assert "<!doctype" not in story.result.stdout
    assert str(story.reports / "links.html") in story.result.stdout


class Page(html.parser.HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_names_are_text_in_html(story: Story) -> None:
    page = Page(story.text("html"))
    tags = [tag for tag, _attributes in page.tags]
    assert (tags.count("script"), tags.count("style"), tags.count("img")) == (1, 1, 0)
    assert not [
        name for _tag, attributes in page.tags for name in attributes if name.startswith("on") or name in ("src", "srcset")
    ]
    assert " ".join(NAMES["alpha"].split()) in page.texts
    assert TIERS[1]["package"] in page.texts
    links = {attributes["href"] or "" for tag, attributes in page.tags if tag == "a"}
    assert {link.partition("/@")[0].partition("/?tid=")[0] for link in links if not link.startswith("#")} == {
        f"https://{host}.microsoft.{top}" for host in ("myaccess", "security") for top in ("com", "us")
    }
    # Nothing is loaded from anywhere.
    assert "link" not in tags
    assert not re.search(r"url\(|@import|fetch|XMLHttp", story.text("html"))


def test_names_are_no_formulas_in_csv(story: Story) -> None:
    cells = [cell for row in story.rows() for cell in row.values()]
    assert f"'{TIERS[0]['package']}" in cells
    assert not [cell for cell in cells if re.match(r"[=+\-@\t\r\n]", cell)]


def test_names_stay_in_their_cells_in_markdown(story: Story) -> None:
    tables = [line for line in story.text("md").splitlines() if line.startswith("|")]
    cells = {len(re.split(r"(?<!\\)\|", line)) - 2 for line in tables}
    assert cells == {5, 4}
    assert "<script" not in story.text("md")
    assert "](https://evil" not in story.text("md")


def test_a_name_is_no_template(story: Story) -> None:
    """Neither where it is shown nor in the sentence that says what went wrong."""
    assert not story.evidence.exists()
    [name] = {row["name"] for row in story.rows() if row["customer"] == "beta"}
    [note] = [row["note"] for row in story.rows() if row["customer"] == "lost"]
    assert name == "'" + NAMES["beta"].replace("EVIDENCE", str(story.evidence))
    assert NAMES["lost"].replace("EVIDENCE", str(story.evidence)) in note


def test_the_note_about_windows(story: Story) -> None:
    for form in ("md", "html"):
        assert "one tenant per browser window" in story.text(form)


def test_a_customer_that_failed_in_an_earlier_play_costs_nobody_the_sheet(tmp_path: Path) -> None:
    nowhere = {"mssp_onboard_login_url": f"https://localhost:{closed_port()}", "mssp_onboard_wait_timeout": 1}
    options = {
        "mssp_onboard_tenant_id": "a.example",
        "mssp_onboard_client_id": "c",
        "mssp_onboard_client_secret": "not-a-real-secret",
    }
    fails = {"name": "Fail", "ansible.builtin.fail": {"msg": "Its own."}, "when": "inventory_hostname == 'failed'"}
    earlier = {"hosts": "customers", "gather_facts": False, "tasks": [fails]}
    reports = tmp_path / "reports"
    result = run_playbook(
        [earlier, *PLAYBOOK],
        tmp_path / "run",
        hosts=customers(failed={**options, **nowhere}, away={**options, **nowhere}),
        extra_vars={"mssp_reports": str(reports)},
    )
    assert (result.rc, reports.exists()) == (2, True), result
    assert [row["customer"] for row in _rows(reports)] == ["away"]
