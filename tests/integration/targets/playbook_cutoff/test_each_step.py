# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cut-off in which one step fails, each in turn: all other steps are done, and what was not is named."""

from __future__ import annotations

import collections.abc
import dataclasses
import itertools
import typing as t

import pytest
from cutoff_customer import CUT, Customer, config, variables
from harness import server
from harness.onboarding import customers
from harness.playbook import Result, run_playbook

PLAYBOOK = [{"import_playbook": "mssp.defender.cutoff"}]

# By step, the requests of Graph that write it.
WRITES = {
    "catalogs": ("PATCH", "/catalogs/"),
    "policies": ("PUT", "/assignmentPolicies/"),
    "requests": ("POST", "/cancel$"),
    "roles": ("DELETE", "/roleAssignments/"),
    "users": ("PATCH", "/users/"),
    "members": ("DELETE", "/members/"),
    "assignments": ("POST", "/assignmentRequests$"),
}
KINDS: dict[str, dict[str, t.Any]] = {"403": {"status": 403}, "500": {"status": 500}, "drop": {"drop": "before"}}
# By read: what is not known then, and which steps that leaves undone.
READS = {
    "organization": ("/connectedOrganizations", "who of the tenant is of the MSSP", set()),
    "policies": ("/assignmentPolicies\\?", "the policies to close", {"policies"}),
    "packages": ("/accessPackages\\?", "the MSSP's packages and their groups", set()),
    "catalogs": ("/catalogs\\?", "the catalog to unpublish", set()),
    "requests": ("/assignmentRequests\\?", "the open requests to cancel", {"requests"}),
    "roles": ("/roleDefinitions", "the Defender roles to take away", {"roles"}),
    "assignments": ("/assignments\\?", "the assignments to end", {"assignments"}),
    "users": ("/users\\?", "the users to block", set()),
    "tenant": ("/organization", "", set()),
}

# Who may not read the tenant's name goes on without it.
STATUS = {"tenant": 500}


@dataclasses.dataclass
class Story:
    """One run over many customers, each with a fault of its own, and one run after the faults are mended."""

    first: Result
    states: dict[str, dict[str, t.Any]]
    failed: dict[str, str]
    second: Result
    after: dict[str, dict[str, t.Any]]


def _hosts() -> list[tuple[str, dict[str, t.Any]]]:
    writes = [
        (f"{step}-{kind}", {"method": method, "path": path, **effect})
        for (step, (method, path)), (kind, effect) in itertools.product(WRITES.items(), KINDS.items())
    ]
    reads = [
        (f"read-{name}", {"method": "GET", "path": path, "status": STATUS.get(name, 403)})
        for name, (path, dummy, dummy2) in READS.items()
    ]
    throttled = ("throttled", {"method": "PATCH", "path": "/users/", "status": 429, "retry_after": 600})
    return [*writes, *reads, throttled]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """Both runs."""
    directory = tmp_path_factory.mktemp("steps")
    faults = _hosts()
    with server.running(directory / "sandbox", config(len(faults))) as sandbox:
        names = [name for name, dummy in faults]
        made = {name: Customer(tenant) for name, tenant in zip(names, sandbox.tenants, strict=True)}
        hosts = customers(**{name: variables(customer.tenant) for name, customer in made.items()})
        more = {"mssp_cutoff_confirm": "yes"}
        sandbox.faults(*({"tenant": made[name].tenant.tenant_id, **fault} for name, fault in faults))
        forks = ("--forks", "8")
        first = run_playbook(PLAYBOOK, directory / "first", hosts=hosts, extra_vars=more, arguments=forks)
        sandbox.faults()
        states = {name: customer.state() for name, customer in made.items()}
        failed = {x.host: x.result["msg"] for x in first.tasks if x.task == "What was not cut" and x.failed}
        # One for each step: of all of them it would take as long as the first run.
        some = {name: customer for name, customer in made.items() if name.endswith("-drop") or name == "throttled"}
        rest = customers(**{name: variables(customer.tenant) for name, customer in some.items()})
        second = run_playbook(PLAYBOOK, directory / "second", hosts=rest, extra_vars=more, arguments=forks)
        yield Story(first, states, failed, second, {name: customer.state() for name, customer in some.items()})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", WRITES)
def test_a_step_that_fails_holds_up_no_other(story: Story, step: str, kind: str) -> None:
    state = story.states[f"{step}-{kind}"]
    done = {name: state[name] for name in CUT if name != step}
    assert done == {name: CUT[name] for name in done}
    if step != "members":
        # Who was to be taken out of the group is out all the same when the assignment has ended.
        assert state[step] != CUT[step]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", WRITES)
def test_what_was_not_cut_is_named(story: Story, step: str, kind: str) -> None:
    words = {
        "catalogs": "catalog MSSP Accesses",
        "policies": "policy Tier 1 Analyst: MSSP SOC users",
        "requests": "request ana@fabrikam-security.example: Tier 1 Analyst",
        "roles": "Defender role Tier 1 Analysts",
        "users": "user lead_fabrikam-security.example#EXT#@",
        "members": "group Tier 1 Analyst",
        "assignments": "assignment lead@fabrikam-security.example: Tier 1 Analyst",
    }
    sentence = story.failed[f"{step}-{kind}"]
    assert sentence.startswith(f"Customer {step}-{kind}: NOT cut: ")
    assert [name for name, said in words.items() if said in sentence.split(". Run again")[0]] == [step]


@pytest.mark.parametrize("name", READS)
def test_what_cannot_be_read_hides_nothing_else(story: Story, name: str) -> None:
    state = story.states[f"read-{name}"]
    dummy, words, missing = READS[name]
    assert {step for step in CUT if state[step] != CUT[step]} == missing
    # What the tenant is called hides nothing at all.
    assert words in story.failed.get(f"read-{name}", "")
    assert bool(words) == (f"read-{name}" in story.failed)


def test_a_throttled_step_is_not_waited_for(story: Story) -> None:
    assert story.states["throttled"] == {**CUT, "users": [True, True]}
    fact = story.first.task("mssp.defender.mssp_onboard : What was done", "throttled").result["ansible_facts"]
    assert fact["mssp_onboard_result_cutoff"]["seconds"] < 60


def test_a_second_run_cuts_the_rest(story: Story) -> None:
    assert story.second.rc == 0, story.second
    assert {name for name, state in story.after.items() if state != CUT} == set()
