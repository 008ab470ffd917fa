# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of a fleet: each fault that is planted is found, nothing else is, and no request writes."""

from __future__ import annotations

import json
import re
import stat
import typing as t
from pathlib import Path

import pytest
from audit_cases import ALL, BROKEN, CASES, REFUSED, Case
from audit_world import BEGAN, Customer, address, config, day
from harness import onboarding, requesting
from harness.onboarding import MSSP, Onboarding, customers
from harness.playbook import Result, run_playbook

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES

HOUR = 3600
Json = dict[str, t.Any]


class Story:
    """The run of the audit over all customers.

    :param documents: by customer.
    """

    def __init__(self, fleet: Onboarding, directory: Path) -> None:
        self.fleet = fleet
        self.customers = {case.name: Customer(fleet.tenant(case.name)) for case in ALL}
        built = [case for case in CASES if case.name not in ("refused", "broken")]
        made = fleet.run(hosts=customers(**{x.name: fleet.variables(x.name, **x.variables) for x in built}), seconds=300)
        assert made.rc == 0, made
        self._each("early")
        self._pass((BEGAN - 5) * 24 * HOUR)
        self._each("mid")
        self._pass(5 * 24 * HOUR - HOUR)
        self._each("late")
        self._pass(HOUR)
        fleet.sandbox.log.clear()
        self.directory = directory / "reports"
        self.result = self._audit(directory)
        self.log = fleet.sandbox.log.all()
        self.documents = {path.stem: _read(path) for path in self.files if not path.name.endswith(".facts.json")}

    def _each(self, when: str) -> None:
        for case in CASES:
            getattr(case, when)(self.customers[case.name])

    def _pass(self, seconds: int) -> None:
        requesting.advance(self.fleet.sandbox.tenants[0], seconds)

    def _audit(self, directory: Path) -> Result:
        hosts = {}
        for case in ALL:
            client = self.fleet.tenant(case.name).client(case.client)
            secret = "wrong" if case is BROKEN else client["client_secret"]
            credential = {"mssp_onboard_client_id": client["client_id"], "mssp_onboard_client_secret": secret}
            hosts[case.name] = {**self.fleet.variables(case.name, **case.variables), **credential, **case.options}
        play = {
            "hosts": "customers",
            "strategy": "ansible.builtin.host_pinned",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.import_role": {"name": "mssp.defender.mssp_audit"}}],
        }
        more = {"mssp_reports": str(self.directory)}
        return run_playbook([play], directory / "audit", hosts=customers(**hosts), extra_vars=more, seconds=300)

    @property
    def files(self) -> list[Path]:
        """What was written."""
        return sorted((self.directory / "audit" / "customers").iterdir())

    def found(self, name: str) -> list[Json]:
        """The findings at a customer."""
        return t.cast("list[Json]", self.documents[name]["findings"])

    def ids(self, name: str, text: str | None) -> str | None:
        """A text of the expectations with the ids that it names."""
        if text is None:
            return None
        customer = self.customers[name]

        def replaced(match: re.Match[str]) -> str:
            kind, called = match[1], match[2]
            if kind == "client":
                return str(customer.tenant.client(called)["client_id"])
            if kind == "role":
                listed = customer.tenant.list("roleManagement/defender/roleDefinitions", beta=True)
                return str(next(x["id"] for x in listed if x["displayName"] == called))
            return str(getattr(customer, kind)(called))

        return re.sub(r"\{(\w+):([^}]+)\}", replaced, text)


def _read(path: Path) -> Json:
    return t.cast(Json, json.loads(path.read_text(encoding="utf-8")))


def _who(person: Json | None) -> str | None:
    if person is None:
        return None
    return str(person["mail"] or person["principal_name"] or "").partition("@")[0]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Story]:
    """All customers onboarded, planted and audited in one run."""
    directory = tmp_path_factory.mktemp("audit")
    with onboarding.running(directory, config(case.name for case in ALL)) as fleet:
        yield Story(fleet, directory)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exactly_what_was_planted_is_found(story: Story, case: Case) -> None:
    found = sorted(((x["id"], x["object"]["name"], _who(x["person"]), x["property"]) for x in story.found(case.name)), key=str)
    expected = sorted(((a, story.ids(case.name, b), c, story.ids(case.name, d)) for a, b, c, d in case.expected), key=str)
    assert found == expected
    assert story.documents[case.name]["error"] is None


def test_every_finding_that_there_is_was_planted() -> None:
    assert {rule for case in CASES for rule, *_about in case.expected} == set(RULES)


def test_who_is_not_in_the_directory_any_more(story: Story) -> None:
    (gone,) = [x for x in story.found("gone") if x["id"] == "MSSP102"]
    assert gone["person"]["id"] in gone["is"]
    assert "is not in the directory" in gone["is"]
    (stopped,) = [x for x in story.found("gone") if x["id"] == "MSSP901"]
    assert "carl@gone.example" in stopped["is"]


def test_a_review_that_hangs_is_overdue(story: Story) -> None:
    (one,) = [x for x in story.found("ends") if x["id"] == "MSSP503"]
    assert f"was to end on {day(BEGAN - 5 - 25)}" in one["is"]
    assert "AutoReviewing" in one["is"]


def test_who_approved_a_request_alone(story: Story) -> None:
    (one,) = [x for x in story.found("both") if x["id"] == "MSSP109"]
    assert one["severity"] == "info"
    assert address("lea").replace("@", "_") in one["by"].lower() or address("lea") in one["by"].lower()


def test_no_request_writes(story: Story) -> None:
    assert len(story.log) > 20 * len(ALL)
    assert [x["path"] for x in story.log if x["write"]] == []


def test_the_others_finish(story: Story) -> None:
    assert story.result.rc == 0, story.result
    assert set(story.documents) == {case.name for case in ALL}


@pytest.mark.parametrize(("case", "says"), [(REFUSED, "can write (Group.ReadWrite.All)"), (BROKEN, "AADSTS7000215")])
def test_who_cannot_be_audited_has_a_document_that_says_why(story: Story, case: Case, says: str) -> None:
    document = story.documents[case.name]
    assert says in document["error"]["message"]
    assert document["error"]["failure"]["code"]
    assert (document["complete"], document["findings"], document["access"]) == (False, [], [])


def test_a_refused_token_reads_nothing_but_whose_tenant_it_is(story: Story) -> None:
    tenant = story.customers["refused"].tenant.tenant_id
    paths = {x["path"].partition("?")[0] for x in story.log if x["tenant_id"] == tenant and x["area"] == "graph"}
    assert paths <= {"/v1.0/organization", "/v1.0/groups"}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_documents_follow_their_schema(story: Story, case: Case) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from harness.paths import REPOSITORY

    schema = _read(REPOSITORY / "docs" / "schemas" / "audit-1.json")
    jsonschema.Draft202012Validator(schema).validate(story.documents[case.name])


def test_documents_are_the_owners_only(story: Story) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in story.files} == {0o600}
    assert len(story.files) == 2 * len(ALL)


def test_facts_are_kept_beside_the_document(story: Story) -> None:
    facts = _read(story.directory / "audit" / "customers" / "delivered.facts.json")
    assert {x["displayName"] for x in facts["packages"]} >= {"Tier 1 Analyst", "Tier 2 Analyst"}
    assert {x["justification"] for x in facts["requests"]} >= {requesting.WHY}
    secret = story.fleet.tenant("delivered").client("audit")["client_secret"]
    assert secret not in json.dumps(facts)


def test_since_when_and_by_whom_a_stranger_is_in_a_group(story: Story) -> None:
    old, new = (next(x for x in story.found("members") if _who(x["person"]) == who) for who in ("ana", "lea"))
    assert (old["since"], old["by"]) == (None, None)
    assert "older than the log" in old["is"]
    assert new["by"] == "boris@members.example"
    assert new["since"]


def test_where_people_come_from_and_what_tells_it(story: Story) -> None:
    person = next(x["person"] for x in story.found("members") if _who(x["person"]) == "lea")
    assert person["home_tenant"] == MSSP
    assert "domain" in person["determined_by"]
    boris = next(x["person"] for x in story.found("ways") if _who(x["person"]) == "boris")
    assert boris["home_tenant"] == story.customers["ways"].tenant.tenant_id


def test_who_has_access_by_which_assignment_and_who_approved(story: Story) -> None:
    rows = {(_who(x["person"]), x["tier"]): x for x in story.documents["delivered"]["access"]}
    assert {("ana", "tier1"), ("lea", "tier2"), ("anna", "approvers")} <= set(rows)
    ana, lea = rows["ana", "tier1"], rows["lea", "tier2"]
    assert (ana["live_response"], lea["live_response"]) == (False, True)
    assert ana["package"]["name"] == "Tier 1 Analyst"
    assert ana["assignment"]["policy"] == "MSSP SOC users"
    assert ana["assignment"]["state"].lower() == "delivered"
    assert ana["assignment"]["since"] < ana["assignment"]["expires"]
    assert ana["enabled"] is True
    assert ana["last_sign_in"]


def test_live_response_from_elsewhere_is_a_class_of_its_own(story: Story) -> None:
    rows = {(_who(x["person"]), x["tier"]) for x in story.documents["delivered"]["access"] if x["live_response"]}
    assert ("carl", "Entra role Global Administrator") in rows
    assert ("boris", "Defender role Own responders") in rows


def test_what_ends_when(story: Story) -> None:
    lines = story.documents["ends"]["ends"]
    assert {(x["kind"], x["what"]) for x in lines} >= {
        ("assignment", "Tier 1 Analyst"),
        ("review", "Tier 1 Analyst"),
        ("request", "Tier 2 Analyst"),
    }
    assert [x["when"] for x in lines] == sorted(x["when"] for x in lines)


def test_what_no_audit_can_tell_is_said_once(story: Story) -> None:
    said = [x["what"] for x in story.documents["fresh"]["not_checked"]]
    assert len(said) == len(set(said)) >= 7
    assert any("GDAP" in x for x in said)


def test_what_could_not_be_read_makes_the_audit_incomplete(story: Story) -> None:
    assert story.documents["partial"]["complete"] is False
    assert story.documents["fresh"]["complete"] is True
    assert all("AuditLog.Read.All" in x["is"] or "RoleManagement.Read.Directory" in x["is"] for x in story.found("partial"))


def test_a_finding_has_one_fingerprint(story: Story) -> None:
    prints = [x["fingerprint"] for case in CASES for x in story.found(case.name)]
    assert len(prints) == len(set(prints))


@pytest.mark.parametrize(("name", "rule", "severity"), [("extension", "MSSP209", "grave"), ("ends", "MSSP501", "notice")])
def test_severity_by_meaning(story: Story, name: str, rule: str, severity: str) -> None:
    assert {x["severity"] for x in story.found(name) if x["id"] == rule} == {severity}
