# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real controller: configured, configured again, checked; jobs launched, and the workflow taken through its approval.

Used when CONTROLLER_HOST is set, with CONTROLLER_OAUTH_TOKEN or CONTROLLER_USERNAME and CONTROLLER_PASSWORD.
MSSP_TEST_AWX_VARIABLES names a YAML file for -e: a prefix and an organization of the tests' own, a project that the
controller can fetch, an image, identities, and an inventory of customers on a sandbox that the jobs can reach. What the
tests have made is taken away at the end.
"""

from __future__ import annotations

import collections.abc
import os
import time
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from controller import configuration
from controller.configuration import EXTENSION
from harness.playbook import Result, run_playbook

HOST = os.environ.get("CONTROLLER_HOST")
pytestmark = pytest.mark.skipif(not HOST, reason="CONTROLLER_HOST is not set: there is no controller to configure.")

_SECONDS = 1800
_ENDED = ("successful", "failed", "error", "canceled")
Json = dict[str, t.Any]


class Live:
    """The controller, by plain HTTP and by configure.yml."""

    def __init__(self, directory: Path, programs: Path) -> None:
        file = os.environ.get("MSSP_TEST_AWX_VARIABLES")
        self._given = yaml.safe_load(Path(file).read_text(encoding="utf-8")) if file else {}
        self.names = configuration.variables(**self._given)
        self._directory, self._programs = directory, programs
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = os.environ.get("CONTROLLER_VERIFY_SSL", "true").lower() not in ("false", "no", "0")
        if token := os.environ.get("CONTROLLER_OAUTH_TOKEN"):
            self._http.headers["Authorization"] = f"Bearer {token}"
        else:
            self._http.auth = (os.environ["CONTROLLER_USERNAME"], os.environ["CONTROLLER_PASSWORD"])

    def configure(self, name: str, *, check: bool = False, **variables: t.Any) -> Result:
        """Run configure.yml."""
        env = {x: y for x, y in os.environ.items() if x.startswith("CONTROLLER_")}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MSSP_TEST_ANSIBLE", str(self._programs))
            return run_playbook(
                EXTENSION / "configure.yml",
                self._directory / name,
                check=check,
                env=env,
                extra_vars={**self._given, **variables},
                seconds=_SECONDS,
            )

    def call(self, method: str, path: str, body: Json | None = None, **query: t.Any) -> Json:
        """One request that must succeed."""
        url = path if path.startswith("/api/") else f"/api/v2/{path}/"
        answer = self._http.request(method, f"{HOST}{url}", json=body, params=query, timeout=60)
        assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text}"
        return t.cast(Json, answer.json()) if answer.content else {}

    def named(self, collection: str, name: str) -> Json:
        """The only object of this name."""
        (found,) = self.call("GET", collection, name=name)["results"]
        return t.cast(Json, found)

    def launch(self, collection: str, name: str, **body: t.Any) -> Json:
        """Launch a template; the job, which has not ended."""
        started = self.call("POST", f"{collection}/{self.named(collection, name)['id']}/launch", body)
        return self.call("GET", started["url"])

    def ended(self, job: Json, *, seconds: float = _SECONDS) -> Json:
        """Wait for its end."""
        return self.until(lambda: self.call("GET", job["url"]), lambda x: x["status"] in _ENDED, seconds)

    @staticmethod
    def until(look: t.Callable[[], t.Any], good: t.Callable[[t.Any], bool], seconds: float = _SECONDS) -> t.Any:
        """Look until it is as wanted."""
        end = time.monotonic() + seconds
        while not good(found := look()):
            assert time.monotonic() < end, f"still {found}"
            time.sleep(3)
        return found


@pytest.fixture(scope="module")
def live(with_awx: Path, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Live]:
    """A controller that is configured."""
    controller = Live(tmp_path_factory.mktemp("live"), with_awx)
    try:
        made = controller.configure("made")
        assert made.rc == 0, made
        yield controller
    finally:
        controller.configure("gone", mssp_awx_state="absent")


def changed(result: Result) -> set[str]:
    return {x.task for x in result.tasks if x.result.get("changed")}


def test_configured_again_it_changes_nothing(live: Live) -> None:
    again = live.configure("again")
    assert again.rc == 0, again
    assert changed(again) == set()


def test_check_mode_of_a_configured_controller_sees_and_writes_nothing(live: Live) -> None:
    before = live.call("GET", "activity_stream", page_size=1)["count"]
    checked = live.configure("checked", check=True)
    assert checked.rc == 0, checked
    assert changed(checked) == set()
    # Modules that are given a password make themselves tokens, which AWX notes.
    if os.environ.get("CONTROLLER_OAUTH_TOKEN"):
        assert live.call("GET", "activity_stream", page_size=1)["count"] == before


def test_a_check_of_the_onboarding_succeeds_and_shows_no_secret(live: Live) -> None:
    job = live.ended(live.launch("job_templates", live.names["mssp_awx_job_template_onboard"], job_type="check"))
    assert job["status"] == "successful", job["result_traceback"]
    shown = {name: value for name, value in job["job_env"].items() if name in ("AZURE_CLIENT_SECRET", "MSSP_REFRESH_TOKEN")}
    assert set(shown.values()) <= {"**********", ""}


def test_the_workflow_waits_for_a_person_and_goes_on(live: Live) -> None:
    workflow = live.launch("workflow_job_templates", live.names["mssp_awx_workflow_onboard"])

    def steps() -> dict[str, Json]:
        found = live.call("GET", f"workflow_jobs/{workflow['id']}/workflow_nodes")["results"]
        return {x["identifier"]: x["summary_fields"].get("job", {}) for x in found}

    waits = live.until(steps, lambda x: x["approve"].get("status") == "pending")
    assert waits["audit-before"]["status"] in ("successful", "failed")
    assert waits["onboard"] == {}
    live.call("POST", f"workflow_approvals/{waits['approve']['id']}/approve")
    assert live.ended(workflow)["status"] in ("successful", "failed")
    assert steps()["onboard"]["status"] == "successful"
    # Whatever it finds: it has audited.
    assert steps()["audit-after"]["status"] in ("successful", "failed")


def test_an_audit_tells_numbers(live: Live) -> None:
    job = live.launch("job_templates", live.names["mssp_awx_job_template_audit"], job_slice_count=1)
    counts = live.ended(job)["artifacts"]["mssp_report_counts"]
    assert counts["audited"] == counts["customers"] > 0
    assert all(isinstance(x, int) and not isinstance(x, bool) for x in counts.values())


def test_the_schedule_is_there(live: Live) -> None:
    schedule = live.named("schedules", live.names["mssp_awx_schedule_audit"])
    assert schedule["enabled"] is True
    assert schedule["next_run"]
