# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are missing, misspelt or malformed, at every depth: one sentence, no request, and no dump of a specification."""

from __future__ import annotations

import collections.abc
import json
import typing as t
from pathlib import Path

import pytest
from harness import onboarding
from harness.onboarding import Onboarding, customers
from harness.playbook import Result, run_playbook

SECRET = "not-to-be-shown-0123456789"

TIER = {"key": "tier1", "group": "Tier 1 Analyst", "role": "Tier 1 Analysts", "permissions": ["alerts_investigation"]}


def tiers(**more: t.Any) -> dict[str, t.Any]:
    """A second tier with these."""
    second = {"key": "tier2", "group": "Tier 2 Analyst", "role": "Tier 2 Analysts", "permissions": ["alerts_investigation"]}
    return {"mssp_onboard_tiers": [TIER, {**second, **more}]}


SECOND = "tier 2 of mssp_onboard_tiers ('tier2')"

# host -> what is wrong with its variables, and the beginning of the sentence.
WRONG: dict[str, tuple[dict[str, t.Any], str]] = {
    "unset": (
        {"mssp_onboard_tenant_id": None},
        "mssp_onboard_tenant_id is not set. Set it in host_vars to the customer's tenant id or to one of its verified domains;",
    ),
    "misspelt": (
        {"mssp_onboard_durationdays": 90},
        "mssp_onboard_durationdays is no variable of the role mssp_onboard. Write mssp_onboard_duration_days instead.",
    ),
    "number": ({"mssp_onboard_duration_days": "soon"}, "mssp_onboard_duration_days is 'soon', which is no whole number."),
    "flag": ({"mssp_onboard_adopt": "perhaps"}, "mssp_onboard_adopt is 'perhaps', which is neither true nor false."),
    "shape": ({"mssp_onboard_skip_defender": {"a": 1}}, "mssp_onboard_skip_defender is a dictionary, which is neither true nor"),
    "choice": ({"mssp_onboard_review_every": "fortnight"}, "mssp_onboard_review_every is 'fortnight'. Set it to week, month,"),
    "state": ({"mssp_onboard_state": "gone"}, "mssp_onboard_state is 'gone'. Set it to present or absent."),
    "empty": ({"mssp_onboard_catalog": ""}, "mssp_onboard_catalog is empty. Give it a value, or leave it out."),
    "text": (
        {"mssp_onboard_tiers": "tier1"},
        "mssp_onboard_tiers is 'tier1', which is no list. Leave it out for the published two",
    ),
    # The default of tier 2 is made of it.
    "permissions": (
        {"mssp_onboard_tier1_permissions": "all"},
        "mssp_onboard_tier1_permissions is 'all', which is no list. Write each",
    ),
    "lacking": (tiers(role=None), f"{SECOND} has no role. Add what is missing."),
    "field": (tiers(duraton_days=90), f"{SECOND} has duraton_days, which means nothing. Write duration_days instead."),
    "days": (tiers(duration_days="long"), f"{SECOND}: duration_days is 'long', which is no whole number."),
    "stage": (
        tiers(approval_stages=[{"deny_after_days": "soon"}]),
        f"{SECOND}: approval_stages, entry 1: deny_after_days is 'soon', which is no whole number. "
        "Write the number of days, such as 14.",
    ),
    "person": (
        tiers(reviews={"reviewers": [{"user": "a", "group": "b"}]}),
        f"{SECOND}: reviews: reviewers, entry 1 names user and group. Name one of",
    ),
    "word": (
        tiers(approval_stages=[{"approvers": [], "approver_visibility": "dark"}]),
        f"{SECOND}: approval_stages, entry 1: approver_visibility is 'dark'. Set it to default, visible or notVisible.",
    ),
    "secret": (
        {"mssp_onboard_client_secret": [SECRET]},
        "mssp_onboard_client_secret is a value that is not shown here, which is",
    ),
}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Onboarding]:
    """The sandbox of the demo."""
    with onboarding.running(tmp_path_factory.mktemp("variables")) as started:
        yield started


@pytest.fixture(scope="module")
def refused(ansible: str, job: Onboarding) -> Result:
    """One run of the playbook for all customers whose variables are wrong. Ansibles hand variables over in different types."""
    hosts = {name: variables(job, more) for name, (more, dummy) in WRONG.items()}
    run = job.run(hosts=customers(**hosts), env={"AZURE_TENANT_ID": job.tenant("contoso").tenant_id})
    assert job.sandbox.log.all() == []
    return run


def variables(job: Onboarding, more: dict[str, t.Any]) -> dict[str, t.Any]:
    """Those of contoso, with these; None takes one away."""
    return {key: value for key, value in job.variables("contoso", **more).items() if value is not None}


@pytest.mark.parametrize("host", WRONG)
def test_one_sentence(refused: Result, host: str) -> None:
    """What is wrong, where, and what to write instead; nothing else fails."""
    (failed,) = [x for x in refused.tasks if x.host == host and x.failed]
    assert failed.task == "mssp.defender.mssp_onboard : Check the variables"
    assert failed.result["msg"].startswith(f"Customer {host}: {WRONG[host][1]}")


def test_no_dump(refused: Result) -> None:
    """Neither core's specification nor a traceback nor a secret, on the terminal or in a result."""
    everything = refused.stdout + refused.stderr + json.dumps([x.result for x in refused.tasks])
    for words in ("argument_spec_data", "argument_errors", "Traceback", SECRET, "short_description"):
        assert words not in everything
    # Each customer costs a few lines.
    assert len(refused.stdout) < 1500 * len(WRONG)


def test_in_a_play_of_ones_own(ansible: str, job: Onboarding, tmp_path: Path) -> None:
    """The role by itself, as in its README: the same sentences, and a variable of the role's `vars` is seen as well."""
    wrong = variables(job, {"mssp_onboard_tenant_id": None})
    plays = [
        {
            "hosts": "all",
            "gather_facts": False,
            "roles": [{"role": "mssp.defender.mssp_onboard", "vars": {"mssp_onboard_reviews": "sometimes"} if number else {}}],
        }
        for number in range(2)
    ]
    job.sandbox.log.clear()
    hosts = {"all": {"hosts": {"forgotten": wrong}}}
    first = run_playbook(plays[:1], tmp_path / "1", hosts=hosts, env={"AZURE_TENANT_ID": job.tenant("contoso").tenant_id})
    second = run_playbook(plays[1:], tmp_path / "2", hosts={"all": {"hosts": {"wrong": variables(job, {})}}})
    (unset,) = [x for x in first.tasks if x.failed]
    (sometimes,) = [x for x in second.tasks if x.failed]
    assert unset.result["msg"].startswith("Customer forgotten: mssp_onboard_tenant_id is not set.")
    assert sometimes.result["msg"] == (
        "Customer wrong: mssp_onboard_reviews is 'sometimes', which is neither true nor false. Write true or false."
    )
    for run in (first, second):
        assert "argument_spec_data" not in run.stdout + run.stderr + json.dumps([x.result for x in run.tasks])
    assert job.sandbox.log.all() == []
