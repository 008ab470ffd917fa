# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other job templates, with the answers of a survey: links, requests, and what offboarding and cutting off would do."""

from __future__ import annotations

import collections.abc

import awx_fleet
import pytest
from awx_fleet import Fleet, writes
from controller import configuration, jobs
from controller.jobs import Done
from harness import onboarding

VARIABLES = configuration.variables()
CUSTOMER = "contoso"
# A check asks for no confirmation, and AWX for an answer all the same.
NO = {"offboard": {"mssp_offboard_confirm": "no"}, "cutoff": {"mssp_cutoff_confirm": "no"}}


class Story:
    """One customer, set up, looked at by every job, and at last offboarded."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.reports = fleet.directory / "reports"
        template = {x: jobs.template_named(VARIABLES, f"playbooks/{x}.yml") for x in ("onboard", "links", "requests", *NO)}
        self.done: dict[str, Done] = {}
        self.writes: dict[str, list[str]] = {}
        fleet.run(template["onboard"], "onboard", fleet.writer)
        self.before = onboarding.estate(fleet.sandbox.tenant(CUSTOMER)).counts
        # AWX gives `links` the identity that can only read.
        self._run("links", fleet.run(template["links"], "links", fleet.reader, reports=self.reports))
        self._run("requests", fleet.run(template["requests"], "requests", fleet.reader))
        for name, answers in NO.items():
            self._run(name, fleet.run(template[name], name, fleet.writer, job_type="check", answers=answers))
        yes = {"mssp_offboard_confirm": fleet.sandbox.tenant(CUSTOMER).domain}
        self._run("offboarded", fleet.run(template["offboard"], "offboarded", fleet.writer, answers=yes, reports=self.reports))
        self.after = onboarding.estate(fleet.sandbox.tenant(CUSTOMER)).counts

    def _run(self, name: str, told: tuple[Done, list[dict[str, object]]]) -> None:
        self.done[name], self.writes[name] = told[0], writes(told[1])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """All jobs."""
    with awx_fleet.running(tmp_path_factory.mktemp("others"), VARIABLES, [CUSTOMER]) as fleet:
        yield Story(fleet)


@pytest.mark.parametrize("name", ["links", "requests", *NO, "offboarded"])
def test_the_job_succeeds(story: Story, name: str) -> None:
    assert story.done[name].rc == 0, story.done[name]


@pytest.mark.parametrize("name", ["links", "requests", *NO])
def test_a_look_writes_to_no_tenant(story: Story, name: str) -> None:
    assert story.writes[name] == []


def test_the_link_sheet_is_in_the_directory_that_jobs_share(story: Story) -> None:
    assert "myaccess" in (story.reports / "links.md").read_text(encoding="utf-8")


def test_the_confirmation_of_the_survey_offboards(story: Story) -> None:
    assert story.before["packages"] == 3
    assert story.after["packages"] == story.after["policies"] == story.after["roles"] == 0
    assert (story.reports / "offboard" / CUSTOMER / "proof.json").is_file()
