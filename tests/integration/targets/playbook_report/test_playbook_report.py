# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of an audit: what runs of the playbook make of documents, of two machines and of hostile names."""

from __future__ import annotations

import csv
import html.parser
import json
import re
import stat
import subprocess
import typing as t
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import referencing
import xmlschema
from harness.paths import REPOSITORY
from harness.playbook import Result
from report_story import NAMED, Story, run_all

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES
from ansible_collections.mssp.defender.tests.unit import audits

SCHEMAS = Path(__file__).resolve().parent / "schemas"
REPORTS = ["access.csv", "findings.csv", "findings.md", "findings.sarif", "fleet.json", "index.html", "junit.xml"]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All runs."""
    return run_all(tmp_path_factory.mktemp("report"))


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stats(result: Result) -> dict[str, t.Any]:
    """What a controller is told."""
    [line] = [line for line in result.stdout.splitlines() if "RUN:" in line]
    return t.cast("dict[str, t.Any]", json.loads(line.partition("RUN:")[2]))


def published(name: str) -> jsonschema.Draft202012Validator:
    """A schema of ours, which may refer to the others."""
    all_of_them = [json.loads(path.read_text(encoding="utf-8")) for path in (REPOSITORY / "docs" / "schemas").glob("*.json")]
    registry = referencing.Registry().with_resources([(x["$id"], referencing.Resource.from_contents(x)) for x in all_of_them])
    [schema] = [x for x in all_of_them if x["$id"] == f"https://mssp.defender/schemas/{name}.json"]
    return jsonschema.Draft202012Validator(schema, registry=registry)


def test_the_documents_of_these_tests_are_as_published() -> None:
    validator = published("audit-1")
    for document in [*NAMED.values(), *audits.fleet(20)]:
        validator.validate(document)


def test_fleet_json_is_as_published(story: Story) -> None:
    validator = published("fleet-1")
    for run in ("full", "narrow", "bare"):
        told = json.loads((story.reports(run) / "fleet.json").read_text(encoding="utf-8"))
        validator.validate(told)
        for customer in told["customers"]:
            assert (customer["problem"] is None) == (customer["document"]["error"] is None)
    assert told["verdict"] is None
    # The schema does look at the documents.
    told["customers"][0]["document"]["complete"] = "yes"
    assert not validator.is_valid(told)


def test_it_fails_by_the_threshold_when_everything_is_written(story: Story) -> None:
    assert story.full.rc == 2
    failed = [x for x in story.full.tasks if x.failed]
    assert [x.task for x in failed] == ["Is it too much?"]
    assert failed[0].result["msg"] == (
        f"{1 + len(audits.HOSTILE)} findings of severity grave; 1 would be enough to fail. "
        "1 customer could not be audited: gone. 1 customer without a document: never."
    )
    assert sorted(x.name for x in story.reports("full").iterdir()) == sorted([*REPORTS, "by_customer", "customers", "evidence"])


def test_a_person_reads_a_table(story: Story) -> None:
    shown = story.full.task("What was found", "bastion").result["msg"]
    table = {line.split("  ")[0]: re.split(r"  +", line)[1:] for line in shown}
    assert table["customer"] == ["grave", "warning", "notice", "complete", "worst finding"]
    assert table["gone"] == ["-", "-", "-", "NOT READ", "The tenant cannot be reached."]
    assert table["alpha"] == ["1", "1", "0", "yes", "MSSP001 Member without an assignment."]
    assert table["beta"] == ["0", "0", "1", "NO", "MSSP501 Ana ends soon."]
    assert "clean" not in table
    assert "No document of: never." in shown


def test_the_controller_is_told_numbers(story: Story) -> None:
    counts = {"customers": 15, "audited": 13, "complete": 12, "not_audited": 2, "grave": 11, "warning": 1, "notice": 1, "info": 1}
    assert stats(story.full) == {"mssp_report_counts": counts}
    assert not [x for x in stats(story.bare)["mssp_report_counts"].values() if isinstance(x, bool)]


def test_limit_narrows_who_must_be_there_and_not_the_report(story: Story) -> None:
    """And slices of two machines become one report, in check mode and whatever the tags."""
    assert story.narrow.rc == 0, str(story.narrow)
    told = json.loads((story.reports("narrow") / "fleet.json").read_text(encoding="utf-8"))
    assert [x["customer"] for x in told["customers"]] == ["slice-one", "slice-two"]
    assert told["missing"] == []
    assert {x.host for x in story.narrow.tasks} == {"slice-one"}


def test_without_an_inventory_nobody_is_missed(story: Story) -> None:
    assert story.bare.rc == 0, str(story.bare)
    assert {x.host for x in story.bare.tasks} == {"localhost"}
    assert stats(story.bare)["mssp_report_counts"]["customers"] == len(NAMED)
    assert not (story.reports("bare") / "evidence").exists()
    assert not (story.reports("bare") / "by_customer").exists()


def test_nothing_audited_is_no_clean_bill(story: Story) -> None:
    assert story.empty.rc == 2
    [failed] = [x for x in story.empty.tasks if x.failed]
    where = story.reports("empty") / "customers"
    assert (
        failed.result["msg"]
        == f"There is no document of an audit in {where}: run mssp.defender.audit first, or set mssp_reports."
    )
    assert [x.name for x in story.reports("empty").iterdir()] == ["customers"]


def test_only_the_owner_reads_it_and_nothing_is_changed(story: Story) -> None:
    for run in ("full", "narrow", "bare"):
        for name in REPORTS:
            assert stat.S_IMODE((story.reports(run) / name).stat().st_mode) == 0o600
    for result in (story.full, story.narrow, story.bare):
        assert [x.task for x in result.tasks if x.result.get("changed")] == []
    assert stat.S_IMODE((story.reports("full") / "evidence").stat().st_mode) == 0o700


def test_the_screen_stays_free_of_the_files(story: Story) -> None:
    assert "<!doctype" not in story.full.stdout
    assert str(story.reports("full") / "index.html") in story.full.stdout


def test_a_name_is_no_template_and_no_path(story: Story) -> None:
    assert not list(story.directory.rglob("EVIDENCE"))
    told = {x["customer"] for x in rows(story.reports("full") / "findings.csv")}
    assert any("{{ lookup(" in name for name in told)
    assert "\x1b" not in story.full.stdout
    packs = [x.relative_to(story.reports("full") / "evidence") for x in (story.reports("full") / "evidence").rglob("*")]
    assert all(re.fullmatch(r"[\w.-]+", part) and part != ".." for path in packs for part in path.parts)


def test_findings_and_access_in_csv(story: Story) -> None:
    found = rows(story.reports("full") / "findings.csv")
    assert [(x["id"], x["severity"]) for x in found if x["customer"] == "alpha"] == [
        ("MSSP001", "grave"),
        ("MSSP401", "warning"),
        ("MSSP501", "info"),
    ]
    access = rows(story.reports("full") / "access.csv")
    [ana] = [x for x in access if x["customer"] == "alpha"]
    assert (ana["person"], ana["tier"], ana["approved_by"]) == ("Ana Analyst <ana@fabrikam.example>", "tier1", "Ada Approver")
    assert ana["expires"] == audits.instant(60)
    cells = [cell for row in [*found, *access] for cell in row.values()]
    assert not [cell for cell in cells if re.match(r"[=+\-@\t\r\n]", cell)]
    assert any(cell.startswith("'=cmd") for cell in cells)


def test_findings_in_markdown(story: Story) -> None:
    text = (story.reports("full") / "findings.md").read_text(encoding="utf-8")
    assert len(text) < 65536
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.split(r"(?<!\\)\|", line)) - 2 for line in tables} == {2, 4, 6}
    assert "| MSSP001 Member without an assignment | alpha |" in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "<script" not in text
    # Nobody is called by a name.
    assert not re.search(r"@(?!<)\w", text)


def test_junit_as_jenkins_publishes_it(story: Story) -> None:
    path = story.reports("full") / "junit.xml"
    xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd")).validate(str(path))
    root = ElementTree.parse(path).getroot()
    suites = {suite.get("name"): suite for suite in root}
    assert len(suites) == 15
    alpha = suites["alpha"]
    cases = {(case.get("name") or "")[:7]: [x.tag for x in case] for case in alpha}
    # One for each rule; what is below the threshold is told, and no failure.
    assert set(cases) == set(RULES)
    assert {key: tags for key, tags in cases.items() if tags} == {
        "MSSP001": ["failure"],
        "MSSP401": ["system-out"],
        "MSSP501": ["system-out"],
    }
    assert (alpha.get("tests"), alpha.get("failures"), alpha.get("errors")) == (str(len(RULES)), "1", "0")
    for name in ("gone", "never"):
        assert [x.tag for case in suites[name] for x in case] == ["error"]
    assert (root.get("failures"), root.get("errors")) == ("11", "2")


def test_sarif_as_oasis_publishes_it(story: Story) -> None:
    text = (story.reports("full") / "findings.sarif").read_text(encoding="utf-8")
    told = json.loads(text)
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    assert list(validator.iter_errors(told)) == []
    [run] = told["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)
    mine = [x for x in run["results"] if x["properties"]["customer"] == "alpha"]
    assert [(x["ruleId"], x["level"], x.get("kind")) for x in mine] == [
        ("MSSP001", "error", "fail"),
        ("MSSP401", "warning", "fail"),
        ("MSSP501", "none", "informational"),
    ]
    assert [x["partialFingerprints"] for x in mine] == [{"msspDefender/v1": x["fingerprint"]} for x in NAMED["alpha"]["findings"]]
    assert mine[0]["locations"][0]["logicalLocations"][0]["name"] == "Tier 1 Analyst"
    assert all(rules[x["ruleIndex"]]["id"] == x["ruleId"] for x in run["results"])
    # The document that a result leads to is there.
    for result in run["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert (story.reports("full") / uri).is_file()
    # A customer that nobody could look at is no success.
    assert run["invocations"][0]["executionSuccessful"] is False
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 2


def test_every_customer_has_a_pack_that_proves_itself(story: Story) -> None:
    packs = sorted((story.reports("full") / "evidence").glob("*/*"))
    assert len(packs) == 13
    for pack in packs:
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", "MANIFEST.sha256"], cwd=pack, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_pack_of_a_period_says_so(story: Story) -> None:
    packs = sorted((story.reports("narrow") / "evidence").glob("*/*"))
    assert {x.name for x in packs} == {"2026-07-01_2026-12-31_20261123T200000Z"}
    assert "2026-07-01 to 2026-12-31" in (packs[0] / "README.txt").read_text(encoding="utf-8")


def test_each_customer_has_reports_as_published(story: Story) -> None:
    """Of hostile names too: the same files by the same validators."""
    junit = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
    sarif = jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8")))
    directories = sorted((story.reports("full") / "by_customer").iterdir())
    assert len(directories) == len(NAMED) + len(audits.HOSTILE)
    for directory in directories:
        junit.validate(str(directory / "junit.xml"))
        sarif.validate(json.loads((directory / "findings.sarif").read_text(encoding="utf-8")))
        published("audit-1").validate(json.loads((directory / f"{directory.name}.json").read_text(encoding="utf-8")))


class Page(html.parser.HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_names_are_text_in_html(story: Story) -> None:
    text = (story.reports("full") / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    tags = [tag for tag, dummy in page.tags]
    assert (tags.count("script"), tags.count("style"), tags.count("img"), tags.count("link")) == (2, 1, 0, 0)
    assert not [
        name for dummy, attributes in page.tags for name in attributes if name.startswith("on") or name in ("src", "srcset")
    ]
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp", text)
    assert "javascript:" not in str([attributes.get("href") for dummy, attributes in page.tags])
