# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_request_info, by a real playbook run."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from harness import requesting, world
from harness.requesting import REQUESTS, signed_in, stage
from harness.server import Sandbox
from harness.story import KNOWN_AFTER_APPLY, Play, Step
from harness.tenants import EM, Tenant
from harness.ways import by_hand

MODULE = "access_package_request_info"
# Pages of two objects, so that whatever is listed has several.
SANDBOX = {"page_size": 2}
HOSTILE = "O'Brien's \"best\" {{ 1 // 0 }} {% raw %} & 100% #1 / ?"
ANA = f"ana@{world.MSSP_DOMAIN}"
LEAD = f"lead@{world.MSSP_DOMAIN}"
NOWHERE = "00000000-1111-4222-8333-444444444444"


class Story:
    """Requests of all kinds, what each step gave, and what is there by plain HTTP."""

    def __init__(self, tenant: Tenant, play: Play) -> None:
        self.tenant = tenant
        self.play = play
        self.steps: dict[str, Step] = {}
        self.requests: dict[str, str] = {}
        people = {name: signed_in(tenant, LEAD if name == "lead" else name) for name in (*world.PEOPLE, "lead")}
        self.people = people
        ids = {name: person.get("me")["id"] for name, person in people.items()}
        self.catalog = by_hand.catalog(tenant, "MSSP Accesses")
        other = by_hand.catalog(tenant, "Other")
        tier1, tier2 = by_hand.package(tenant, "Tier 1", self.catalog), by_hand.package(tenant, "Tier 2", self.catalog)
        foreign = by_hand.package(tenant, "Tier 1", other)
        organization = by_hand.organization(tenant, world.MSSP_NAME, world.MSSP_TENANT)
        outside = requesting.policy(
            tenant,
            tier1,
            stage(ids["lead"], durationBeforeAutomaticDenial="P3D"),
            displayName="MSSP users",
            allowedTargetScope="specificConnectedOrganizationUsers",
            specificAllowedTargets=[
                {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": organization}
            ],
        )
        both = requesting.policy(tenant, tier2, stage(ids["ada"]), stage(ids["ben"]))
        of_other = requesting.policy(tenant, foreign, stage(ids["ada"]))
        self.requests["ana"] = requesting.ask_from_outside(tenant, ANA, HOSTILE, tier1, outside, HOSTILE)
        self.requests["dee"] = requesting.ask(people["dee"], tier2, both)
        self.requests["cyd"] = requesting.ask(people["cyd"], tier2, both)
        self.requests["foreign"] = requesting.ask(people["dee"], foreign, of_other)
        self.requests["denied"] = requesting.ask(people["cyd"], foreign, of_other)
        # The first stage of one is decided, and another request is denied.
        self._decide("ada", self.requests["cyd"], "Approve")
        self._decide("ada", self.requests["denied"], "Deny")

    def _decide(self, who: str, request: str, result: str) -> None:
        (current, *_rest) = requesting.stages_of(self.people[who], request)
        path = f"{requesting.APPROVALS}/{request}/stages/{current['id']}"
        self.people[who].patch(path, {"reviewResult": result, "justification": "By hand"})

    def step(self, name: str, who: str | None = None, *, check: bool = False, fails: bool = False, **options: t.Any) -> None:
        """A task; `who` has signed in, or it is the application."""
        if who:
            options["access_token"] = self.people[who].token()
        self.steps[name] = self.play.task(MODULE, check=check, fails=fails, **options)

    def found(self, name: str) -> list[dict[str, t.Any]]:
        """What a step returned."""
        return t.cast("list[dict[str, t.Any]]", self.steps[name].result["requests"])

    def names(self, name: str) -> set[str]:
        """Which requests a step returned."""
        by_id = {identifier: each for each, identifier in self.requests.items()}
        return {by_id[x["id"]] for x in self.found(name)}

    def one(self, name: str, request: str) -> dict[str, t.Any]:
        """A request that a step returned."""
        return next(x for x in self.found(name) if x["id"] == self.requests[request])


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All steps, in one run."""
    tenant = sandbox.fresh_tenant()
    told = Story(tenant, Play(tenant, tmp_path_factory.mktemp("story")))
    told.step("waiting")
    told.step("all", states=["all"])
    told.step("denied", states=["denied", "canceled"])
    told.step("of a catalog", catalog="MSSP Accesses")
    told.step("of a package", access_package="Tier 1", catalog="MSSP Accesses", states=["pendingApproval", "denied"])
    told.step("of a person", target=f"Dee@{tenant.domain}")
    told.step("of a stranger", target=ANA)
    told.step("by id", request_id=told.requests["denied"])
    told.step("by an unknown id", request_id=NOWHERE)
    told.step("of what is to come", check=True, access_package={"id": KNOWN_AFTER_APPLY, "displayName": "Tier 3"})
    told.step("an approver", "ada", with_approvals=True)
    told.step("the second approver", "ben", with_approvals=True)
    told.step("a guest", "lead", with_approvals=True)
    told.step("a guest by catalog", "lead", catalog="MSSP Accesses")
    told.step("a guest by another catalog", "lead", catalog="Other")
    told.step("nobody's approver", "dee", with_approvals=True)
    told.step("an application's approvals", fails=True, with_approvals=True)
    told.step("a misspelt package", fails=True, access_package="Teir 1")
    told.step("two packages of one name", fails=True, access_package="Tier 1")
    told.step("an empty target", fails=True, target="")
    told.step("without permission", fails=True, **_client(tenant, "nobody"))
    told.step("with the least permission", **_client(tenant, "reader"))
    told.play.run()
    return told


def _client(tenant: Tenant, name: str) -> dict[str, str]:
    client = tenant.client(name)
    return {"client_id": client["client_id"], "client_secret": client["client_secret"]}


@pytest.mark.parametrize(
    ("name", "requests"),
    [
        ("waiting", {"ana", "dee", "cyd", "foreign"}),
        ("all", {"ana", "dee", "cyd", "foreign", "denied"}),
        ("denied", {"denied"}),
        ("of a catalog", {"ana", "dee", "cyd"}),
        ("of a package", {"ana"}),
        ("of a person", {"dee", "foreign"}),
        ("of a stranger", {"ana"}),
        ("by id", {"denied"}),
        ("by an unknown id", set()),
        ("of what is to come", set()),
        ("an approver", {"dee", "foreign"}),
        ("the second approver", {"cyd"}),
        ("a guest", {"ana"}),
        ("a guest by catalog", {"ana"}),
        ("a guest by another catalog", set()),
        ("nobody's approver", set()),
        ("with the least permission", {"ana", "dee", "cyd", "foreign"}),
    ],
)
def test_what_is_found(story: Story, name: str, requests: set[str]) -> None:
    assert story.names(name) == requests
    assert story.steps[name].writes == []
    assert story.steps[name].changed is False


def test_the_oldest_comes_first(story: Story) -> None:
    # To the second: Graph writes fractions of differing length.
    created = [x["createdDateTime"][:19] for x in story.found("all")]
    assert len(created) == len(story.requests)
    assert created == sorted(created)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("an application's approvals", "NotAPerson"),
        ("a misspelt package", "InvalidInput"),
        ("two packages of one name", "InvalidInput"),
        ("an empty target", "InvalidInput"),
        ("without permission", "UnAuthorized"),
    ],
)
def test_what_is_refused(story: Story, name: str, code: str) -> None:
    assert story.steps[name].code == code, story.steps[name].msg


def test_what_the_tenant_says_is_data(story: Story) -> None:
    shown = story.one("waiting", "ana")
    raw = story.tenant.get(f"{REQUESTS}/{story.requests['ana']}?$expand=requestor")
    assert shown["justification"] == raw["justification"] == HOSTILE
    assert shown["requestor"]["displayName"] == raw["requestor"]["displayName"] == HOSTILE
    assert (shown["state"], shown["status"], shown["requestType"]) == (raw["state"], raw["status"], raw["requestType"])


def test_where_somebody_comes_from(story: Story) -> None:
    stranger = story.one("waiting", "ana")["requestor"]
    assert stranger["connectedOrganization"]["displayName"] == world.MSSP_NAME
    tenant = stranger["tenant"]
    assert (tenant["id"], tenant["displayName"], tenant["known_from"]) == (
        world.MSSP_TENANT,
        world.MSSP_NAME,
        "connectedOrganization",
    )


def _after(moment: str, **time: int) -> str:
    begun = datetime.datetime.fromisoformat(moment[:19])
    return (begun + datetime.timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_until_when_it_has_to_be_decided(story: Story) -> None:
    """An application sees it where a policy has one stage, and an approver where the policies may be read."""
    waiting = story.one("waiting", "ana")
    assert waiting["approval"] == {
        "id": story.requests["ana"],
        "stages": None,
        "deadline": _after(waiting["createdDateTime"], days=3),
    }
    # Two stages: which is open, and since when, is not for an application to see.
    assert story.one("waiting", "cyd")["approval"] is None
    assert story.one("by id", "denied")["approval"] is None


def test_who_has_decided_and_who_is_to(story: Story) -> None:
    first, second = story.one("the second approver", "cyd")["approval"]["stages"]
    assert (first["reviewResult"], first["reviewedBy"]["displayName"], first["justification"]) == ("Approved", "Ada", "By hand")
    assert (second["status"], second["assignedToMe"], second["reviewedBy"]) == ("InProgress", True, None)
    (only,) = story.one("a guest", "ana")["approval"]["stages"]
    assert only["assignedToMe"] is True


def test_nothing_is_asked_of_approvals_unless_wanted(story: Story) -> None:
    for name in ("waiting", "all", "a guest by catalog"):
        assert not [entry for entry in story.steps[name].requests if "Approvals" in entry["path"]]
    assert len([entry for entry in story.steps["a guest"].requests if "Approvals" in entry["path"]]) == 1


def test_policies_are_read_once_for_each_package(story: Story) -> None:
    read = [entry["path"] for entry in story.steps["waiting"].requests if f"{EM}/assignmentPolicies" in entry["path"]]
    assert len(read) == len(set(read)) == 3
