# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every task of extensions/awx against a closed port: what the modules would refuse, they refuse before they connect."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from controller import configuration
from harness.playbook import TaskResult, run_playbook

CLOSED = {"CONTROLLER_HOST": "http://127.0.0.1:1", "CONTROLLER_OAUTH_TOKEN": "token-of-nobody"}
# Everything that can be said.
ALL = {
    "mssp_awx_reports": "/srv/reports",
    "mssp_awx_audit_slices": 4,
    "mssp_awx_onboard_slices": 2,
    "mssp_awx_instance_groups": ["west", "east"],
    "mssp_awx_project_credential": "git",
    "mssp_awx_inventory_project_url": "https://git.invalid/customers",
    "mssp_awx_inventory_project_credential": "git",
    "mssp_awx_more_credentials": ["vault"],
    "mssp_awx_onboard_identity": {"client_id": "an-application", "client_secret": "a secret of it"},
    "mssp_awx_audit_identity": {"client_id": "another", "certificate": "-----BEGIN\nx\n", "certificate_password": ""},
}
# As if there were something to take away.
THERE = {
    "mssp_awx_state": "absent",
    "mssp_awx_organization_there": {"id": 1},
    "mssp_awx_credential_type_there": {"id": 1},
    "mssp_awx_left": [],
}


def every_task(with_awx: Path, directory: Path, variables: dict[str, t.Any]) -> list[TaskResult]:
    """The results of all tasks, none of which stops the play."""
    copied = directory / "extension"
    shutil.copytree(configuration.EXTENSION, copied)
    (play,) = yaml.safe_load((copied / "configure.yml").read_text(encoding="utf-8"))
    (copied / "configure.yml").write_text(yaml.safe_dump([{**play, "ignore_errors": True}]), encoding="utf-8")
    env = {**CLOSED, "MSSP_TEST_ANSIBLE": str(with_awx)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSSP_TEST_ANSIBLE", str(with_awx))
        done = run_playbook(copied / "configure.yml", directory / "run", extra_vars=variables, env=env, seconds=600)
    return [x for x in done.tasks if x.action.startswith(configuration.PREFIX)]


@pytest.fixture(scope="module")
def results(with_awx: Path, tmp_path_factory: pytest.TempPathFactory) -> list[TaskResult]:
    """Of both states."""
    directory = tmp_path_factory.mktemp("closed")
    return [
        *every_task(with_awx, directory / "present", ALL),
        *every_task(with_awx, directory / "absent", {**ALL, **THERE}),
    ]


def test_every_task_was_tried(results: list[TaskResult]) -> None:
    wanted = {(task.name, configuration.PREFIX + task.module) for task in configuration.tasks()}
    assert {(x.task, x.action) for x in results} == wanted


def test_nobody_refuses_what_is_asked(results: list[TaskResult]) -> None:
    for result in results:
        # Those of a loop are results of their own.
        for each in result.result.get("results", [result.result]):
            assert "Connection refused" in each["msg"], (result.task, each)
            assert not each.get("warnings"), (result.task, each)
