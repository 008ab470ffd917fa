# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_request, by a real playbook run: each story has a package, and in it a request, of its own."""

from __future__ import annotations

import typing as t

import pytest
from harness import requesting, world
from harness.requesting import REQUESTS, signed_in, stage, stages_of, token
from harness.server import Sandbox
from harness.story import Play, Step, same_changes
from harness.tenants import EM, Tenant
from harness.ways import by_hand

MODULE = "access_package_request"
NOWHERE = "00000000-1111-4222-8333-444444444444"
LEAD = f"lead@{world.MSSP_DOMAIN}"
ODD = "O'Brien's \"best\" & 100% #1 / ?"
# What somebody from elsewhere writes is data.
HOSTILE = "O'Brien's \"best\" {{ 1 // 0 }} {% raw %} & 100% #1 / ?"


class Story:
    """What was there, what was done, and what each step gave.

    :param requests: the id of each story's request.
    """

    def __init__(self, tenant: Tenant, play: Play) -> None:
        self.tenant = tenant
        self.play = play
        self.users = {name: tenant.user(name) for name in world.PEOPLE}
        self.users["lead"] = str(tenant.get(f"users?$filter=mail eq '{LEAD}'")["value"][0]["id"])
        self.catalog = by_hand.catalog(tenant, "MSSP Accesses")
        self.people = {name: signed_in(tenant, LEAD if name == "lead" else name) for name in self.users}
        self.tokens = {name: person.token() for name, person in self.people.items()}
        self.packages: dict[str, str] = {}
        self.requests: dict[str, str] = {}
        self.steps: dict[str, Step] = {}

    def waiting(self, name: str, *approvers: str, by: str = "dee", catalog: str | None = None, **more: t.Any) -> str:
        """Somebody has asked for a package of this name; each approver is a stage. The id of the request."""
        self.packages[name] = by_hand.package(self.tenant, name, catalog or self.catalog)
        stages = [stage(self.users[approver], **more) for approver in approvers]
        policy = requesting.policy(self.tenant, self.packages[name], *stages)
        self.requests[name] = requesting.ask(self.people[by], self.packages[name], policy, HOSTILE)
        return self.requests[name]

    def step(
        self, name: str, decision: str, who: str | None = None, *, check: bool = False, fails: bool = False, **options: t.Any
    ) -> None:
        """A task; `who` has signed in, or it is the application."""
        if who:
            options["access_token"] = self.tokens[who]
        if decision != "cancel":
            options.setdefault("justification", f"Because of {name}")
        self.steps[name] = self.play.task(MODULE, check=check, fails=fails, decision=decision, **options)

    def state(self, name: str) -> str:
        """The state of a story's request."""
        return str(self.tenant.get(f"{REQUESTS}/{self.requests[name]}")["state"])

    def stages(self, name: str, who: str = "ada") -> list[dict[str, t.Any]]:
        """The stages of a story's request."""
        return stages_of(self.people[who], self.requests[name])


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All stories, in one run."""
    tenant = sandbox.fresh_tenant()
    # Reads do not make what is under way go on.
    told = Story(tenant, Play(tenant, tmp_path_factory.mktemp("story")))
    _approve_and_deny(told)
    _stages_and_strangers(told)
    _cancel(told)
    _races(told)
    told.play.run()
    return told


def _approve_and_deny(told: Story) -> None:
    request = told.waiting("Approve", "ada")
    told.step("approve in check mode", "approve", "ada", check=True, request_id=request)
    told.step("approve", "approve", "ada", request_id=request, justification=ODD)
    told.step("approve again", "approve", "ada", request_id=request)
    told.step("deny what is approved", "deny", "ada", fails=True, request_id=request)
    by_names = {"access_package": "Deny", "catalog": "MSSP Accesses", "target": f"dee@{told.tenant.domain}"}
    denied = told.waiting("Deny", "ada")
    told.step("deny in check mode", "deny", "ada", check=True, **by_names)
    told.step("deny", "deny", "ada", **by_names)
    told.step("deny again", "deny", "ada", request_id=denied)
    told.step("approve what is denied", "approve", "ada", fails=True, request_id=denied)
    told.waiting("Nothing", "ada")
    told.step("no justification", "approve", "ada", fails=True, request_id=told.requests["Nothing"], justification=" ")
    told.step("the application", "approve", fails=True, request_id=told.requests["Nothing"])
    told.step("no such request", "approve", "ada", fails=True, request_id=NOWHERE)
    told.step("no such person", "approve", "ada", fails=True, access_package="Nothing", target="nobody@nowhere.example")
    told.step("no such package", "approve", "ada", fails=True, access_package="Nothin", target=f"dee@{told.tenant.domain}")
    told.step("no id", "approve", "ada", fails=True, request_id="")
    lapsed = told.waiting("Lapsed", "ada", durationBeforeAutomaticDenial="PT1S")
    told.step("approve too late", "approve", "ada", fails=True, request_id=lapsed)
    told.step("deny too late", "deny", "ada", fails=True, request_id=lapsed)


def _stages_and_strangers(told: Story) -> None:
    request = told.waiting("Two stages", "ada", "ben")
    told.step("second stage too soon", "approve", "ben", fails=True, request_id=request)
    told.step("first stage", "approve", "ada", request_id=request)
    told.step("first stage again", "approve", "ada", request_id=request)
    told.step("first stage otherwise", "deny", "ada", fails=True, request_id=request)
    told.step("no approver", "approve", "cyd", fails=True, request_id=request)
    told.step("second stage in check mode", "approve", "ben", check=True, request_id=request)
    told.step("second stage", "approve", "ben", request_id=request)
    own = told.waiting("Own", "ada", by="ada")
    told.step("own request", "approve", "ada", fails=True, request_id=own)
    guest = told.waiting("Guest", "lead")
    told.step("a guest", "approve", "lead", access_package="Guest", target=told.users["dee"])
    told.step("a guest again", "approve", "lead", request_id=guest)
    other = by_hand.catalog(told.tenant, "Other")
    told.waiting("Twin", "ada")
    first = told.requests["Twin"]
    told.waiting("Twin", "ada", catalog=other)
    by_name = {"access_package": "Twin", "target": f"dee@{told.tenant.domain}"}
    told.step("two of one name", "deny", "ada", fails=True, **by_name)
    told.step("one of one name", "deny", "ada", **by_name, catalog={"id": told.catalog, "displayName": "MSSP Accesses"})
    told.requests.update({"Twin": first, "Other twin": told.requests["Twin"]})


def _cancel(told: Story) -> None:
    request = told.waiting("Cancel", "ada")
    told.step("cancel in check mode", "cancel", check=True, request_id=request)
    told.step("cancel", "cancel", request_id=request)
    told.step("cancel again", "cancel", request_id=request)
    told.step("approve what is cancelled", "approve", "ada", fails=True, request_id=request)
    told.waiting("Cancel by name", "ada")
    by_name = {"access_package": "Cancel by name", "catalog": "MSSP Accesses", "target": f"dee@{told.tenant.domain}"}
    told.step("cancel by name", "cancel", **by_name)
    told.step("cancel by name again", "cancel", **by_name)
    told.step("cancel an unknown package", "cancel", fails=True, access_package="Cancl", target="dee")
    told.step("cancel what is denied", "cancel", fails=True, request_id=told.requests["Deny"])
    given = told.waiting("Given")
    for _delivering in range(3):
        told.play.list(f"{EM}/assignments")
        told.play.list(REQUESTS)
    told.step("cancel what is delivered", "cancel", fails=True, request_id=given)
    told.step("approve what needs no approval", "approve", "ada", fails=True, request_id=given)


def _races(told: Story) -> None:
    patch = {"method": "PATCH", "path": "/stages/"}
    request = told.waiting("Conflict", "ada")
    told.play.faults({**patch, "status": 409, "code": "Conflict", "times": 1})
    told.step("somebody seemed faster", "approve", "ada", request_id=request)
    request = told.waiting("Lost", "ada")
    told.play.faults({**patch, "drop": "after", "times": 1})
    told.step("a lost answer", "approve", "ada", request_id=request)
    request = told.waiting("Lost cancel", "ada")
    told.play.faults({"method": "POST", "path": "/cancel$", "drop": "after", "times": 1})
    told.step("a lost answer to cancel", "cancel", request_id=request)
    told.play.faults()


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Deny", "denied"),
        ("Nothing", "pendingApproval"),
        ("Lapsed", "denied"),
        ("Own", "pendingApproval"),
        ("Twin", "denied"),
        ("Other twin", "pendingApproval"),
        ("Cancel", "canceled"),
        ("Cancel by name", "canceled"),
        ("Lost cancel", "canceled"),
    ],
)
def test_what_became_of_each_request(story: Story, name: str, state: str) -> None:
    assert story.state(name) == state


@pytest.mark.parametrize("name", ["Approve", "Two stages", "Guest", "Conflict", "Lost"])
def test_who_was_approved_gets_the_access(story: Story, name: str) -> None:
    assert story.state(name) in ("submitted", "delivering", "delivered")


@pytest.mark.parametrize("name", ["approve", "deny", "second stage", "cancel"])
def test_check_mode_predicts_and_writes_nothing(story: Story, name: str) -> None:
    predicted, made = story.steps[f"{name} in check mode"], story.steps[name]
    assert predicted.writes == []
    assert predicted.result["check_mode"] is True
    assert predicted.changed
    assert made.changed
    same_changes(predicted, made)
    assert predicted.result["diff"] == made.result["diff"]
    assert predicted.result["request"]["state"] == made.result["request"]["state"]


@pytest.mark.parametrize(
    "name", ["approve again", "deny again", "first stage again", "a guest again", "cancel again", "cancel by name again"]
)
def test_a_repeated_decision_changes_nothing(story: Story, name: str) -> None:
    step = story.steps[name]
    assert (step.changed, step.changes, step.writes) == (False, [], [])


@pytest.mark.parametrize(
    ("name", "decision", "request_name"),
    [
        ("approve", "Approve", "Approve"),
        ("deny", "Deny", "Deny"),
        ("first stage", "Approve", "Two stages"),
        ("second stage", "Approve", "Two stages"),
        ("a guest", "Approve", "Guest"),
    ],
)
def test_a_decision_is_one_write(story: Story, name: str, decision: str, request_name: str) -> None:
    (write,) = [entry for entry in story.steps[name].requests if entry["write"]]
    assert write["method"] == "PATCH"
    assert f"/{story.requests[request_name]}/stages/" in write["path"]
    assert write["body"] == {
        "reviewResult": decision,
        "justification": ODD if name == "approve" else f"Because of {name}",
    }


def test_the_approval_says_who_and_why(story: Story) -> None:
    (one,) = story.stages("Approve")
    assert (one["reviewResult"], one["reviewedBy"]["id"], one["justification"]) == ("Approved", story.users["ada"], ODD)
    first, second = story.stages("Two stages")
    assert [x["reviewedBy"]["id"] for x in (first, second)] == [story.users["ada"], story.users["ben"]]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("deny what is approved", "DecidedOtherwise"),
        ("approve what is denied", "DecidedOtherwise"),
        ("first stage otherwise", "DecidedOtherwise"),
        ("no justification", "InvalidInput"),
        ("no id", "InvalidInput"),
        ("the application", "NotAPerson"),
        ("no such request", "NotFound"),
        ("no such person", "NotFound"),
        ("no such package", "NotFound"),
        ("cancel an unknown package", "InvalidInput"),
        ("approve too late", "Expired"),
        ("deny too late", "Expired"),
        ("second stage too soon", "NotApprover"),
        ("no approver", "NotApprover"),
        ("own request", "OwnRequest"),
        ("two of one name", "Ambiguous"),
        ("approve what is cancelled", "NotOpen"),
        ("cancel what is denied", "NotOpen"),
        ("cancel what is delivered", "TooLate"),
        ("approve what needs no approval", "NotOpen"),
    ],
)
def test_what_is_refused(story: Story, name: str, code: str) -> None:
    step = story.steps[name]
    assert step.code == code, step.msg
    assert step.writes == []


@pytest.mark.parametrize("name", ["no justification", "the application"])
def test_some_is_refused_before_any_request_to_graph(story: Story, name: str) -> None:
    assert [entry["path"] for entry in story.steps[name].requests if entry["area"] == "graph"] == []


def test_a_request_that_ran_out_was_denied_by_nobody(story: Story) -> None:
    for name in ("approve too late", "deny too late"):
        assert "nobody decided it in time" in story.steps[name].msg
    assert all(x["reviewedBy"] is None for x in story.stages("Lapsed"))


def test_a_conflict_is_looked_at_and_a_lost_answer_is_no_conflict(story: Story) -> None:
    for name in ("somebody seemed faster", "a lost answer", "a lost answer to cancel"):
        assert story.steps[name].changed, name
    for name in ("Conflict", "Lost"):
        (one,) = story.stages(name)
        assert one["reviewResult"] == "Approved"
    assert len([x for x in story.steps["a lost answer to cancel"].writes if "/cancel" in x]) == 1


def test_the_request_is_returned(story: Story) -> None:
    shown = story.steps["first stage"].result["request"]
    assert (shown["id"], shown["state"], shown["timed_out"]) == (story.requests["Two stages"], "pendingApproval", False)
    assert (shown["requestor"]["displayName"], shown["justification"]) == ("Dee", HOSTILE)
    assert shown["accessPackage"] == {
        "id": story.packages["Two stages"],
        "displayName": "Two stages",
        "catalog": {"id": story.catalog, "displayName": "MSSP Accesses"},
    }
    assert [x["reviewResult"] for x in shown["approval"]["stages"]] == ["Approved", "NotReviewed"]
    assert story.steps["second stage"].result["request"]["state"] == "delivering"


def test_no_secret_is_told(story: Story) -> None:
    told = repr(story.steps)
    assert "Dee" in told
    assert not any(each in told for each in story.tokens.values())
    assert token(story.tenant, "ada") not in told
