# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job templates of extensions/awx, run by ansible-runner as AWX runs them: onboard, then audit, whole and in slices."""

from __future__ import annotations

import collections.abc
import concurrent.futures
import copy
import json
import os
import typing as t
from pathlib import Path

import awx_fleet
import pytest
from awx_fleet import Fleet, writes
from controller import configuration, jobs
from controller.jobs import Done
from harness import onboarding
from harness.leaking import leaks, leaks_in_files

SLICES = 2
# Beside those of the demo.
MORE = ("fourth", "tailwind") if os.environ.get("MSSP_SWEEP") == "full" else ()
CUSTOMERS = sorted(["adatum", "contoso", "woodgrove", *MORE])
ALONE = configuration.variables()

Json = dict[str, t.Any]


class Story:
    """Customers: looked at, set up, changed by hand, and audited by one job and by the jobs of two slices."""

    def __init__(self, fleet: Fleet) -> None:
        self.tenant, self.secrets = fleet.sandbox.tenant, fleet.secrets
        self.whole, self.merged = fleet.directory / "whole", fleet.directory / "merged"
        shared = configuration.variables(mssp_awx_reports=str(self.merged), mssp_awx_audit_slices=SLICES)
        onboard, audit = jobs.template_named(ALONE, "playbooks/onboard.yml"), jobs.template_named(ALONE, "playbooks/audit.yml")
        writer, reader, run = fleet.writer, fleet.reader, fleet.run

        self.looked, self.looked_log = run(onboard, "looked", writer, job_type="check")
        self.made, self.made_log = run(onboard, "made", writer)
        assert self.made.rc == 0, self.made
        self._by_hand()
        self.audit, self.audit_log = run(audit, "audit", reader, reports=self.whole)
        sliced = jobs.template_named(shared, "playbooks/audit.yml")
        with concurrent.futures.ThreadPoolExecutor(SLICES) as pool:
            self.slices = list(
                pool.map(
                    lambda x: run(sliced, f"slice{x}", reader, slice_=(x, SLICES), reports=self.merged)[0],
                    range(1, SLICES + 1),
                )
            )
        self.report, self.report_log = run(
            jobs.template_named(shared, "playbooks/report.yml"), "report", reader, reports=self.merged
        )

    @property
    def jobs(self) -> list[Done]:
        """All of them."""
        return [self.looked, self.made, self.audit, *self.slices, self.report]

    def _by_hand(self) -> None:
        """Somebody joins a group past all approval; a role's text is changed."""
        tenant = self.tenant("contoso")
        group = next(x["id"] for x in tenant.list("groups") if x["displayName"] == "Tier 1 Analyst")
        user = {"accountEnabled": True, "displayName": "Eve", "mailNickname": "eve", "userPrincipalName": f"eve@{tenant.domain}"}
        made = tenant.post("users", {**user, "passwordProfile": {"password": "not-kept"}})
        tenant.link(f"groups/{group}/members", made["id"])
        other = self.tenant("woodgrove")
        role = next(x for x in other.list(onboarding.ROLES, beta=True) if x["displayName"] == "Tier 2 Analysts")
        other.patch(f"{onboarding.ROLES}/{role['id']}", {"description": "changed"}, beta=True)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """All jobs."""
    with awx_fleet.running(tmp_path_factory.mktemp("awx"), ALONE, CUSTOMERS, MORE) as fleet:
        yield Story(fleet)


def fleet_json(directory: Path) -> Json:
    return t.cast(Json, json.loads((directory / "audit" / "fleet.json").read_text(encoding="utf-8")))


def timeless(fleet: Json) -> Json:
    """Without when it was looked, and by what threshold the run was judged."""
    kept = copy.deepcopy(fleet)
    for name in ("made", "threshold", "verdict"):
        del kept[name]
    for customer in kept["customers"]:
        for name in ("began", "ended"):
            del customer["document"][name]
    return kept


# -- onboarding -------------------------------------------------------------------------------------------------------


def test_a_check_writes_nothing_and_says_what_it_would(story: Story) -> None:
    assert story.looked.rc == 0, story.looked
    assert writes(story.looked_log) == []
    would = story.looked.facts("mssp_onboard_changes")
    assert set(would) == set(CUSTOMERS)
    assert all(would.values())


def test_the_job_makes_every_customer(story: Story) -> None:
    for name in CUSTOMERS:
        assert len(onboarding.estate(story.tenant(name)).policies) == 3, name


def test_the_check_has_announced_what_the_job_has_done(story: Story) -> None:
    def told(done: Done) -> dict[str, list[tuple[str, str, str]]]:
        found = done.facts("mssp_onboard_changes")
        return {host: [(x["action"], x["object"]["type"], x["object"]["name"]) for x in y] for host, y in found.items()}

    assert set(told(story.made)) == set(CUSTOMERS)
    assert told(story.looked) == told(story.made)


# -- audits -----------------------------------------------------------------------------------------------------------


def test_an_audit_writes_to_no_tenant(story: Story) -> None:
    for log in (story.audit_log, story.report_log):
        assert writes(log) == []
    assert story.report_log == []


def test_a_grave_finding_fails_the_audit_of_the_whole_fleet(story: Story) -> None:
    assert story.audit.rc != 0
    assert "finding of severity grave" in story.audit.output or "findings of severity grave" in story.audit.output


def test_a_slice_has_every_other_customer_and_decides_nothing(story: Story) -> None:
    assert [x.rc for x in story.slices] == [0, 0], story.slices
    first, second = (x.hosts() for x in story.slices)
    assert first == set(CUSTOMERS[::2])
    assert second == set(CUSTOMERS[1::2])


def test_the_reports_job_decides_for_the_fleet(story: Story) -> None:
    assert story.report.rc != 0
    verdict = fleet_json(story.whole)["verdict"]
    assert verdict
    assert fleet_json(story.merged)["verdict"] == verdict


def test_merged_slices_are_the_report_of_the_whole_fleet(story: Story) -> None:
    merged, whole = fleet_json(story.merged), fleet_json(story.whole)
    assert [x["customer"] for x in whole["customers"]] == CUSTOMERS
    assert {x["id"] for y in whole["customers"] for x in y["document"]["findings"]} >= {"MSSP001", "MSSP208"}
    for one, other in zip(timeless(merged)["customers"], timeless(whole)["customers"], strict=True):
        for key, value in other["document"].items():
            assert one["document"][key] == value, (other["customer"], key)
    assert timeless(merged) == timeless(whole)


@pytest.mark.parametrize("name", ["findings.csv", "access.csv", "findings.sarif", "junit.xml", "findings.md", "index.html"])
def test_every_report_of_the_slices_is_there(story: Story, name: str) -> None:
    for directory in (story.whole, story.merged):
        assert (directory / "audit" / name).stat().st_size > 0
    if name.endswith(".csv"):
        assert (story.merged / "audit" / name).read_bytes() == (story.whole / "audit" / name).read_bytes()


def test_evidence_is_packed_once_by_the_report(story: Story) -> None:
    for name in CUSTOMERS:
        (pack,) = (story.merged / "audit" / "evidence" / name).iterdir()
        assert (pack / "MANIFEST.sha256").is_file()


def test_the_controller_is_told_numbers_that_nobody_adds_up(story: Story) -> None:
    counts = story.audit.stats["mssp_report_counts"]
    assert counts == story.report.stats["mssp_report_counts"] == fleet_json(story.whole)["counts"]
    assert counts["customers"] == counts["audited"] == len(CUSTOMERS)


# -- what is seen -----------------------------------------------------------------------------------------------------


def test_no_secret_is_in_what_goes_back_to_the_controller(story: Story) -> None:
    assert len(story.secrets) == 3
    for done in story.jobs:
        assert len(done.events) > 5
        # Not the file `command`: there ansible-runner itself notes its environment, which AWX stores with stars.
        for name in ("job_events", "fact_cache"):
            assert leaks_in_files(done.artifacts / name, story.secrets) == []
        for text in ((done.artifacts / "stdout").read_text(encoding="utf-8"), done.output):
            assert leaks(text, story.secrets) == []


def test_no_secret_is_in_the_reports(story: Story) -> None:
    assert (
        leaks_in_files(
            story.merged,
            story.secrets,
        )
        == []
    )
