# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole customers onboarded by ansible-runner at the highest verbosity, as AWX would: nothing leaks when all goes well."""

from __future__ import annotations

import collections.abc
import json
import typing as t
from pathlib import Path

import pytest
from harness import onboarding
from harness.certificates import Certified
from harness.leaking import leaks, leaks_in_files
from harness.onboarding import Onboarding
from harness.runner import RunnerResult, run_by_runner

PASSWORD = "correct-horse. battery's \"staple\\ of-a-certificate"


class Done(t.NamedTuple):
    """The run, and what may not be in it."""

    job: Onboarding
    run: RunnerResult
    secrets: list[str]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Done]:
    """Three customers: a secret, an encrypted PEM, an encrypted PFX. Secrets are extra variables, from a file."""
    directory = tmp_path_factory.mktemp("onboarding")
    certified = Certified(directory / "certificates", PASSWORD)
    config = onboarding.three_customers()
    config["applications"][0]["certificate"] = str(certified.public)
    with onboarding.running(directory, config) as job:
        hosts = {"contoso": job.variables("contoso", mssp_onboard_client_secret="{{ vaulted_client_secret }}")}
        for name, file in (("adatum", certified.pem), ("woodgrove", certified.pfx)):
            hosts[name] = job.variables(name, mssp_onboard_certificate_path=str(file))
            hosts[name]["mssp_onboard_certificate_password"] = "{{ vaulted_password }}"
            del hosts[name]["mssp_onboard_client_secret"]
        secret = job.tenant("contoso").client("onboard")["client_secret"]
        run = run_by_runner(
            onboarding.PLAYBOOK,
            directory / "run",
            hosts=onboarding.customers(**hosts),
            extra_vars={"vaulted_client_secret": secret, "vaulted_password": PASSWORD},
            arguments="--diff",
            verbosity=5,
            # What libraries log in the worker goes there as well.
            env={"ANSIBLE_LOG_PATH": str(directory / "ansible.log")},
        )
        yield Done(job, run, [secret, PASSWORD, certified.private_key])


def log(done: Done) -> Path:
    """Ansible's log file."""
    return done.run.home.parent.parent / "ansible.log"


def test_the_customers_are_onboarded_and_told_in_full(done: Done) -> None:
    """Or the other tests would look into nothing."""
    assert done.run.rc == 0, done.run
    for name in ("contoso", "adatum", "woodgrove"):
        assert len(onboarding.estate(done.job.tenant(name)).policies) == 3
    assert len(done.run.events) > 100
    told = "\n".join(json.dumps(event) for event in done.run.events)
    assert '"before_header"' in told
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in told
    assert "Tier 1 Analyst" in log(done).read_text(encoding="utf-8")


def test_no_secret_in_events_or_artifacts(done: Done) -> None:
    assert {path.name for path in done.run.artifacts.iterdir()} >= {"command", "fact_cache", "job_events", "stdout"}
    assert leaks_in_files(done.run.artifacts, done.secrets) == []


def test_no_secret_in_output_log_or_results(done: Done) -> None:
    results = "\n".join(json.dumps(task.result, ensure_ascii=False) for task in done.run.tasks)
    for text in (done.run.stdout, done.run.stderr, results, log(done).read_text(encoding="utf-8")):
        assert leaks(text, done.secrets) == []


def test_the_private_directory_of_the_run_holds_no_file_after_it(done: Done) -> None:
    temporary = done.run.home / "tmp"
    assert temporary.is_dir()
    assert [path for path in temporary.rglob("*") if path.is_file()] == []
    assert leaks_in_files(done.run.home, done.secrets) == []
