# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/awx/configure.yml against a stand-in of AWX's API: applied, applied again, checked, taken away, taken away again."""

from __future__ import annotations

import collections.abc
import typing as t
from pathlib import Path

import awx_standin
import pytest
from awx_standin import Controller
from controller.configuration import EXTENSION
from harness.paths import REPOSITORY
from harness.playbook import Result, run_playbook

SECRET = "a-secret-of-an-application"
MORE = {
    "mssp_awx_reports": "/srv/reports",
    "mssp_awx_onboard_identity": {"client_id": "an-application", "client_secret": SECRET},
}


class Story:
    """The runs, and what the controller held in between."""

    def __init__(self, controller: Controller, url: str, directory: Path) -> None:
        self.controller, self._url, self._directory = controller, url, directory
        self.writes: dict[str, list[tuple[str, str]]] = {}
        self.empty = self._names()
        self.looked = self._run("looked", check=True)
        self.applied = self._run("applied", extra_vars=MORE)
        self.full = self._names()
        self.links = self._links()
        self.again = self._run("again", extra_vars=MORE)
        # Nobody has given the secret.
        self.checked = self._run("checked", extra_vars={"mssp_awx_reports": "/srv/reports"}, check=True)
        controller.add("teams", {"name": "somebody else's", "organization": controller.named("organizations", "MSSP")["id"]})
        self.gone = self._run("gone", extra_vars={"mssp_awx_state": "absent"})
        self.left = self._names()
        self.gone_again = self._run("gone_again", extra_vars={"mssp_awx_state": "absent"})

    def _names(self) -> dict[str, set[str]]:
        return {x: self.controller.names(x) for x, kept in self.controller.objects.items() if kept}

    def _links(self) -> dict[str, set[str]]:
        workflow, fleet = "mssp.defender audit, approve, onboard", "mssp.defender fleet audit"
        nodes = {x["identifier"]: x for x in self.controller.objects["workflow_job_template_nodes"].values()}
        found = {
            f"{name} {kind}": self.controller.linked("workflow_job_template_nodes", name, kind)
            for name in nodes
            for kind in ("success_nodes", "always_nodes", "failure_nodes")
        }
        found["on failure"] = self.controller.linked("workflow_job_templates", fleet, "notification_templates_error")
        found["on approval"] = self.controller.linked("workflow_job_templates", workflow, "notification_templates_approvals")
        found["galaxy"] = self.controller.linked("organizations", "MSSP", "galaxy_credentials")
        found["audits as"] = self.controller.linked("job_templates", "mssp.defender audit", "credentials")
        return {name: value for name, value in found.items() if value}

    def _run(self, name: str, **more: t.Any) -> Result:
        self.controller.writes.clear()
        env = {"CONTROLLER_HOST": self._url, "CONTROLLER_OAUTH_TOKEN": "token-of-nobody"}
        done = run_playbook(EXTENSION / "configure.yml", self._directory / name, env=env, seconds=600, **more)
        assert done.rc == 0, done
        self.writes[name] = list(self.controller.writes)
        return done


@pytest.fixture(scope="module")
def story(with_awx: Path, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """All runs."""
    with awx_standin.running(REPOSITORY) as (controller, url), pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSSP_TEST_ANSIBLE", str(with_awx))
        yield Story(controller, url, tmp_path_factory.mktemp("standin"))


def changed(result: Result) -> set[str]:
    return {x.task for x in result.tasks if x.result.get("changed")}


@pytest.mark.parametrize("run", ["looked", "again", "checked", "gone_again"])
def test_nothing_is_written(story: Story, run: str) -> None:
    assert story.writes[run] == []


def test_a_check_of_an_empty_controller_says_how_far_it_came(story: Story) -> None:
    assert changed(story.looked) == {"Organization"}
    assert "goes no further than 'Execution environment'" in story.looked.task("How far check mode came").result["msg"]


@pytest.mark.parametrize("run", ["again", "checked", "gone_again"])
def test_nothing_is_changed_twice(story: Story, run: str) -> None:
    assert changed(getattr(story, run)) == set()


def test_all_is_there(story: Story) -> None:
    made = {kind: names - story.empty.get(kind, set()) for kind, names in story.full.items()}
    assert made["organizations"] == {"MSSP"}
    assert made["job_templates"] == {
        f"mssp.defender {x}" for x in ("onboard", "audit", "report", "links", "requests", "offboard", "cutoff")
    }
    assert made["workflow_job_templates"] == {"mssp.defender audit, approve, onboard", "mssp.defender fleet audit"}
    assert made["workflow_job_template_nodes"] == {"audit-before", "approve", "onboard", "audit-after", "audit", "report"}
    assert made["teams"] == {f"mssp.defender {x}" for x in ("auditors", "operators", "approvers")}
    assert made["inventory_sources"] == {"mssp.defender repository", "mssp.defender GDAP"}
    assert {len(made[x]) for x in ("execution_environments", "credential_types", "projects", "inventories", "schedules")} == {1}
    assert made["credentials"] == {f"mssp.defender {x}" for x in ("onboard", "audit", "approve", "discover")}


def test_it_hangs_together(story: Story) -> None:
    assert story.links == {
        "audit-before always_nodes": {"approve"},
        "approve success_nodes": {"onboard"},
        "onboard success_nodes": {"audit-after"},
        "audit success_nodes": {"report"},
        "on failure": {"mssp.defender findings"},
        "on approval": {"mssp.defender findings"},
        "galaxy": {"Ansible Galaxy"},
        "audits as": {"mssp.defender audit"},
    }


def test_the_secret_is_sent_and_not_shown(story: Story) -> None:
    assert SECRET not in story.applied.stdout + story.again.stdout
    assert SECRET not in "".join(str(x.result) for x in story.applied.tasks)


def test_an_organization_that_somebody_else_uses_stays(story: Story) -> None:
    assert story.left == {
        **story.empty,
        "organizations": {"Default", "MSSP"},
        "teams": {"somebody else's"},
        # A name that no workflow has any more; AWX keeps none either.
        "workflow_approval_templates": {"mssp.defender approve the onboarding"},
    }
    assert "somebody else's" in story.gone.task("It stays").result["msg"]
