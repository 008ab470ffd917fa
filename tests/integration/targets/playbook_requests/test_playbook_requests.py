# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook requests: what waits at all customers in one table, and deciding it by id, by person and by tier."""

from __future__ import annotations

import collections.abc
import csv
import dataclasses
import json
import stat
import typing as t
from pathlib import Path

import pytest
from harness import requesting, server, world
from harness.onboarding import customers
from harness.paths import REPOSITORY
from harness.playbook import Result, run_playbook
from harness.requesting import REQUESTS, signed_in, stage, stages_of
from harness.server import Sandbox
from harness.tenants import Tenant
from harness.ways import by_hand

PLAYBOOK = [{"import_playbook": "mssp.defender.requests"}]
LEAD = f"lead@{world.MSSP_DOMAIN}"
HOSTILE = "=1+1 <b>x</b> | {{ lookup('ansible.builtin.pipe', 'touch EVIDENCE') }} \x1b[31m\n[y](https://evil.example)"
HOSTS = ("alpha", "beta", "idle", "fresh", "lost")
CORE216 = REPOSITORY / ".venv-2.16" / "bin"
WHY = "Ticket 4711"
WITHOUT_CATALOG = "there is no catalog 'MSSP Accesses'"


class Customer:
    """A tenant with our catalog and requests for its packages; ids by a short name."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.requests: dict[str, str] = {}
        self.people = {name: signed_in(tenant, name) for name in ("ada", "ben", "cyd", "dee")}
        self.ids = {name: person.get("me")["id"] for name, person in self.people.items()}
        self.lead = str(tenant.get(f"users?$filter=mail eq '{LEAD}'")["value"][0]["id"])

    def package(self, name: str, *approvers: str, catalog: str = "MSSP Accesses") -> tuple[str, str]:
        """A package and its policy of one stage."""
        found = self.tenant.list("identityGovernance/entitlementManagement/catalogs")
        home = next((x["id"] for x in found if x["displayName"] == catalog), None) or by_hand.catalog(self.tenant, catalog)
        package = by_hand.package(self.tenant, name, home)
        return package, requesting.policy(self.tenant, package, stage(*approvers))

    def ask(self, name: str, who: str, what: tuple[str, str], why: str) -> None:
        """Somebody asks."""
        self.requests[name] = requesting.ask(self.people[who], *what, why)

    def state(self, name: str) -> str:
        """What became of a request."""
        return str(self.tenant.get(f"{REQUESTS}/{self.requests[name]}")["state"])


@dataclasses.dataclass
class Story:
    """The runs, in their order; after each the state of every request, and what was written."""

    alpha: Customer
    beta: Customer
    reports: Path
    evidence: Path
    runs: dict[str, Result] = dataclasses.field(default_factory=dict)
    states: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    writes: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    files: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)

    def lines(self, name: str) -> list[str]:
        """The table on the screen."""
        found = [x for x in self.runs[name].tasks if x.task == "What waits for approval" and "msg" in x.result]
        assert len(found) == 1, self.runs[name]
        return t.cast("list[str]", found[0].result["msg"])

    def rows(self, name: str) -> list[dict[str, str]]:
        """The CSV file that a run has written."""
        return list(csv.DictReader(self.files[name]["csv"].splitlines()))

    def failed(self, name: str) -> dict[str, str]:
        """What each customer failed with at the end."""
        return {x.host: x.result["msg"] for x in self.runs[name].tasks if x.task == "What went wrong" and x.failed}


def _prepare(alpha: Customer, beta: Customer, evidence: Path) -> None:
    tier1, tier2 = alpha.package("Tier 1 Analyst", alpha.ids["ada"]), alpha.package("Tier 2 Analyst", alpha.ids["ada"])
    foreign = alpha.package("Tier 1 Analyst", alpha.ids["ada"], catalog="Of others")
    alpha.ask("dee1", "dee", tier1, HOSTILE.replace("EVIDENCE", str(evidence)))
    alpha.ask("cyd1", "cyd", tier1, WHY)
    alpha.ask("dee2", "dee", tier2, WHY)
    alpha.ask("foreign", "dee", foreign, WHY)
    # Ada would decide what she asked for herself.
    alpha.ask("ada1", "ada", tier1, WHY)
    beta.ask("ben1", "ben", beta.package("Tier 1 Analyst", beta.lead), WHY)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """All runs, one after the other."""
    directory = tmp_path_factory.mktemp("requests")
    config = world.config(customers=len(HOSTS))
    # Ada may list all requests, her own among them; the lead sees only what waits for him.
    config["tenants"][0]["users"][0]["directory_roles"] = ["Identity Governance Administrator"]
    scopes = ["EntitlementManagement.ReadWrite.All", "User.Read"]
    config["applications"] = [{"name": "approve", "scopes": scopes, "public": True}]
    with server.running(directory / "sandbox", config) as sandbox:
        tenants = dict(zip(HOSTS, sandbox.tenants, strict=True))
        by_hand.catalog(tenants["idle"], "MSSP Accesses")
        told = Story(Customer(tenants["alpha"]), Customer(tenants["beta"]), directory / "reports", directory / "evidence")
        _prepare(told.alpha, told.beta, told.evidence)
        sandbox.faults(
            {"tenant": tenants["lost"].tenant_id, "path": "/catalogs", "status": 400, "code": "Odd", "message": HOSTILE}
        )
        _tell(told, sandbox, tenants, directory)
        yield told


def _tell(told: Story, sandbox: Sandbox, tenants: dict[str, Tenant], directory: Path) -> None:
    application = {name: _variables(tenant) for name, tenant in tenants.items()}
    people = {
        # A given access token at one customer, a refresh token at the other.
        "alpha": _variables(tenants["alpha"], access_token=told.alpha.people["ada"].token()),
        "beta": _variables(
            tenants["beta"],
            client_id=tenants["beta"].client("approve")["client_id"],
            client_secret=None,
            refresh_token=requesting.refresh_token(tenants["beta"], LEAD, "approve"),
        ),
    }

    def run(
        name: str, hosts: dict[str, dict[str, t.Any]], check: bool = False, typed: t.Sequence[str] = (), **wanted: str
    ) -> None:
        sandbox.log.clear()
        variables = {f"mssp_{key}": value for key, value in wanted.items()}
        if "decision" in wanted:
            variables.setdefault("mssp_justification", WHY)
        result = run_playbook(
            PLAYBOOK, directory / name, hosts=customers(**hosts), check=check, extra_vars=variables, arguments=typed
        )
        told.runs[name] = result
        told.writes[name] = [f"{x['method']} {x['path']}" for x in sandbox.log.writes()]
        told.states[name] = {
            request: customer.state(request) for customer in (told.alpha, told.beta) for request in customer.requests
        }
        if told.reports.exists():
            told.files[name] = {x.suffix[1:]: x.read_text(encoding="utf-8") for x in told.reports.iterdir()}

    reports = {"reports": str(told.reports)}
    run("list", application, **reports)
    run("nothing_named", people, decision="approve")
    run("no_reason", people, decision="approve", tier="tier1", justification=" ")
    run("cut", people, decision="approve", tier="tier1", typed=["-e", "mssp_justification=Ticket 4711"])
    run("no_decision", people, decision="maybe", tier="tier1")
    with pytest.MonkeyPatch.context() as patch:
        if CORE216.exists():
            patch.setenv("MSSP_TEST_ANSIBLE", str(CORE216))
            run("oldest", application, **reports)
    run("application", {"alpha": application["alpha"]}, decision="approve", request_id=told.alpha.requests["dee2"])
    run("check", people, check=True, decision="approve", tier="tier1", **reports)
    run("by_id", people, decision="deny", request_id=told.alpha.requests["cyd1"])
    run("by_person", people, decision="deny", requestor=f"DEE@{tenants['alpha'].domain}", tier="Tier 2 Analyst")
    run("by_tier", people, decision="approve", tier="tier1", **reports)
    run("again", people, decision="approve", tier="tier1")


def _variables(tenant: Tenant, **more: t.Any) -> dict[str, t.Any]:
    options = {**tenant.options(), "mssp_tenant_id": world.MSSP_TENANT, **more}
    return {f"mssp_onboard_{name}": value for name, value in options.items() if value is not None}


# -- the table -------------------------------------------------------------------------------------------------------


def test_what_waits_at_all_customers(story: Story) -> None:
    rows = {(row["customer"], row["request"]): row for row in story.rows("list") if row["request"]}
    expected = {("alpha", story.alpha.requests[name]) for name in ("dee1", "cyd1", "dee2", "ada1")}
    assert set(rows) == expected | {("beta", story.beta.requests["ben1"])}
    row = rows["alpha", story.alpha.requests["cyd1"]]
    raw = story.alpha.tenant.get(f"{REQUESTS}/{story.alpha.requests['cyd1']}")
    assert (row["tier"], row["justification"]) == ("Tier 1 Analyst", WHY)
    assert row["who"].startswith("Cyd <cyd@")
    assert row["since"] == f"{raw['createdDateTime'][:10]} {raw['createdDateTime'][11:16]} UTC"
    assert row["expires"][:10] > row["since"][:10]
    assert story.writes["list"] == []


@pytest.mark.parametrize("host", ["fresh", "lost"])
def test_a_customer_that_cannot_be_read_is_a_line_too(story: Story, host: str) -> None:
    (row,) = [row for row in story.rows("list") if row["customer"] == host]
    words = WITHOUT_CATALOG if host == "fresh" else "Odd"
    assert row["tier"] == "not read"
    assert words in row["justification"]
    assert any(line.startswith(host) and words in line for line in story.lines("list"))
    assert words in story.failed("list")[host]
    assert story.runs["list"].rc != 0


def test_only_those_fail_that_could_not_be_read(story: Story) -> None:
    assert set(story.failed("list")) == {"fresh", "lost"}


def test_the_table_is_aligned_and_says_how_many(story: Story) -> None:
    *table, summary = story.lines("list")
    columns = [i for i, mark in enumerate(table[1]) if mark == " " and table[1][i - 1] == "-"]
    assert all(line[i] == " " for line in table if len(line) > max(columns) for i in columns)
    assert summary == "5 requests for approval at 2 of 5 customers. 2 customers could not be read."


@pytest.mark.parametrize("name", ["list", "oldest"])
def test_what_people_write_stays_what_it_is(story: Story, name: str) -> None:
    """Ansible-core 2.16 takes any text in a variable for a template, unless it knows where that comes from."""
    if name not in story.runs:
        pytest.skip("ansible-core 2.16 is not installed: make core216")
    (row,) = [row for row in story.rows(name) if row["request"] == story.alpha.requests["dee1"]]
    assert row["justification"].startswith("'=1+1 <b>x</b> | {{ lookup(")
    everything = "".join([*story.files[name].values(), *story.lines(name)])
    assert "\x1b" not in everything
    assert "<b>" not in story.files[name]["md"]
    assert "](https://evil.example)" not in story.files[name]["md"]
    (line,) = [line for line in story.lines(name) if story.alpha.requests["dee1"] in line]
    assert "{{ lookup(" in line
    data = json.loads(story.files[name]["json"])
    (alpha,) = [x for x in data["customers"] if x["customer"] == "alpha"]
    (request,) = [x for x in alpha["requests"] if x["id"] == story.alpha.requests["dee1"]]
    assert request["justification"] == HOSTILE.replace("EVIDENCE", str(story.evidence))
    assert not story.evidence.exists()


def test_the_reports_are_private(story: Story) -> None:
    assert {x.name for x in story.reports.iterdir()} == {"requests.md", "requests.csv", "requests.json"}
    assert {stat.S_IMODE(x.stat().st_mode) for x in story.reports.iterdir()} == {0o600}
    assert stat.S_IMODE(story.reports.stat().st_mode) == 0o700


# -- deciding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing_named", "set mssp_request_id, mssp_requestor or mssp_tier. Nothing was decided."),
        ("no_reason", "mssp_justification is empty"),
        ("cut", "Ansible has cut the value of an -e off at a space, before 4711. Write it with both kinds of quotes"),
        ("no_decision", "mssp_decision is maybe, and only approve and deny are decisions."),
    ],
)
def test_what_is_not_said_decides_nothing(story: Story, name: str, words: str) -> None:
    result = story.runs[name]
    assert result.rc != 0
    said = [x.result["msg"] for x in result.tasks if x.failed]
    assert len(said) == 1
    assert words in said[0]
    assert (story.writes[name], set(story.states[name].values())) == ([], {"pendingApproval"})
    assert not [x for x in result.tasks if x.action.startswith("mssp.defender")]


def test_an_application_decides_nothing_and_is_told_why(story: Story) -> None:
    assert story.writes["application"] == []
    assert set(story.failed("application")) == {"alpha"}
    assert "Sign in to the customer's tenant as an approver" in story.failed("application")["alpha"]
    assert any("NOT approved: " in line for line in story.lines("application"))


def test_check_mode_says_what_would_be_decided(story: Story) -> None:
    assert story.writes["check"] == []
    decisions = {row["request"]: row["decision"] for row in story.rows("check")}
    own = decisions.pop(story.alpha.requests["ada1"])
    assert decisions == {
        story.alpha.requests["dee1"]: "would be approved",
        story.alpha.requests["cyd1"]: "would be approved",
        story.alpha.requests["dee2"]: "left alone",
        story.beta.requests["ben1"]: "would be approved",
    }
    assert "nobody decides what they asked for" in own


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("by_id", {"cyd1": "denied"}),
        ("by_person", {"dee2": "denied"}),
        ("by_tier", {"dee1": "approved", "ben1": "approved"}),
        ("again", {}),
    ],
)
def test_exactly_what_is_named_is_decided(story: Story, name: str, changed: dict[str, str]) -> None:
    order = list(story.states)
    before, after = story.states[order[order.index(name) - 1]], story.states[name]
    decided = {request: state for request, state in after.items() if state != before[request] == "pendingApproval"}
    assert {x: "denied" if state == "denied" else "approved" for x, state in decided.items()} == changed
    assert len(story.writes[name]) == len(changed)


def test_the_approval_says_who_and_why(story: Story) -> None:
    (one,) = stages_of(story.alpha.people["ada"], story.alpha.requests["dee1"])
    assert (one["reviewResult"], one["justification"], one["reviewedBy"]["id"]) == ("Approved", WHY, story.alpha.ids["ada"])
    (other,) = stages_of(signed_in(story.beta.tenant, LEAD), story.beta.requests["ben1"])
    assert (other["reviewResult"], other["reviewedBy"]["id"]) == ("Approved", story.beta.lead)


def test_one_that_cannot_be_decided_holds_up_no_other(story: Story) -> None:
    assert set(story.failed("by_tier")) == {"alpha"}
    assert story.states["by_tier"]["ada1"] == "pendingApproval"
    assert story.lines("by_tier")[-1].startswith("3 requests for approval at 2 of 2 customers. 2 approved. 1 NOT approved.")


def test_what_others_asked_for_elsewhere_is_left_alone(story: Story) -> None:
    assert story.states["again"]["foreign"] == "pendingApproval"


def test_no_token_is_told(story: Story) -> None:
    tokens = [story.alpha.people["ada"].token()]
    for result in story.runs.values():
        assert not any(token in result.stdout + result.stderr for token in tokens)
