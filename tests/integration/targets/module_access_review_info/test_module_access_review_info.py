# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_review_info, by a real playbook run: one review is open and half answered, one is to come."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from harness import requesting, world
from harness.requesting import one_of, signed_in
from harness.server import Sandbox
from harness.story import KNOWN_AFTER_APPLY, Play, Step
from harness.tenants import EM, Tenant
from harness.ways import by_hand

MODULE = "access_review_info"
# Pages of two objects, so that whatever is listed has several.
SANDBOX = {"page_size": 2}
DEFINITIONS = "identityGovernance/accessReviews/definitions"
_SOON = 600


class Story:
    """What was there, and what each step gave.

    :param policies: ids by the name of their package.
    """

    def __init__(self, tenant: Tenant, play: Play) -> None:
        self.tenant = tenant
        self.play = play
        self.steps: dict[str, Step] = {}
        self.users = {name: tenant.user(name) for name in world.PEOPLE}
        self.catalogs = {name: by_hand.catalog(tenant, name) for name in ("MSSP Accesses", "Other")}
        self.packages: dict[str, str] = {}
        self.policies: dict[str, str] = {}
        now = datetime.datetime.now(datetime.timezone.utc)
        self._package("Tier 1", "MSSP Accesses", now + datetime.timedelta(seconds=_SOON))
        self._package("Tier 2", "MSSP Accesses", now + datetime.timedelta(days=300))
        self._package("Foreign", "Other", now + datetime.timedelta(days=300))
        for name in ("cyd", "dee", "ben"):
            assignment = {
                "targetId": self.users[name],
                "assignmentPolicyId": self.policies["Tier 1"],
                "accessPackageId": self.packages["Tier 1"],
            }
            tenant.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": assignment})
        for _delivering in range(3):
            tenant.list(f"{EM}/assignments")
        requesting.advance(tenant, _SOON + 60)
        self._answer("cyd", "Deny")

    def _package(self, name: str, catalog: str, start: datetime.datetime) -> None:
        self.packages[name] = by_hand.package(self.tenant, name, self.catalogs[catalog])
        schedule = {
            "startDateTime": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "expiration": {"type": "afterDuration", "duration": "P25D", "endDateTime": None},
            "recurrence": {
                "pattern": {"type": "absoluteYearly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
                "range": {"type": "noEnd", "numberOfOccurrences": 0},
            },
        }
        review = {
            "isEnabled": True,
            "expirationBehavior": "removeAccess",
            "isRecommendationEnabled": True,
            "isReviewerJustificationRequired": True,
            "isSelfReview": False,
            "schedule": schedule,
            "primaryReviewers": [one_of(self.users["ada"])],
            "fallbackReviewers": [],
        }
        self.policies[name] = requesting.policy(self.tenant, self.packages[name], reviewSettings=review)

    def _answer(self, person: str, decision: str) -> None:
        ada = signed_in(self.tenant, "ada")
        for definition in self.tenant.list(DEFINITIONS):
            at = f"{DEFINITIONS}/{definition['id']}/instances"
            for instance in self.tenant.list(at):
                for item in self.tenant.list(f"{at}/{instance['id']}/decisions"):
                    if item["principal"]["id"] == self.users[person]:
                        body = {"decision": decision, "justification": "Left us"}
                        ada.patch(f"{at}/{instance['id']}/decisions/{item['id']}", body)

    def step(self, name: str, *, check: bool = False, fails: bool = False, **options: t.Any) -> None:
        """A task."""
        self.steps[name] = self.play.task(MODULE, check=check, fails=fails, **options)

    def found(self, name: str) -> list[dict[str, t.Any]]:
        """What a step returned."""
        return t.cast("list[dict[str, t.Any]]", self.steps[name].result["reviews"])


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All steps, in one run."""
    tenant = sandbox.fresh_tenant()
    told = Story(tenant, Play(tenant, tmp_path_factory.mktemp("story")))
    package = {"access_package": "Tier 1", "catalog": "MSSP Accesses"}
    told.step("all")
    told.step("of a package", **package)
    told.step("of a catalog", catalog={"id": told.catalogs["MSSP Accesses"], "displayName": "x"})
    told.step("of a policy", policy={"id": told.policies["Tier 2"].upper(), "displayName": "x"})
    told.step("of a policy of another package", **package, policy=told.policies["Tier 2"])
    told.step("open", states=["InProgress"], with_decisions=True)
    told.step("to come", states=["NotStarted"], catalog="MSSP Accesses")
    told.step("over", states=["Applied", "Completed"])
    told.step("of what is to come", check=True, policy={"id": KNOWN_AFTER_APPLY})
    told.step("a misspelt package", fails=True, access_package="Teir 1")
    told.step("without permission", fails=True, client_id=_of(tenant, "reader")[0], client_secret=_of(tenant, "reader")[1])
    told.play.quirks(review_scope="resource")
    told.step("the newer scope", **package)
    told.step("the newer scope of a policy", policy=told.policies["Foreign"])
    told.play.run()
    return told


def _of(tenant: Tenant, name: str) -> tuple[str, str]:
    client = tenant.client(name)
    return client["client_id"], client["client_secret"]


@pytest.mark.parametrize(
    ("name", "packages"),
    [
        ("all", {"Tier 1", "Tier 2", "Foreign"}),
        ("of a package", {"Tier 1"}),
        ("of a catalog", {"Tier 1", "Tier 2"}),
        ("of a policy", {"Tier 2"}),
        ("of a policy of another package", set()),
        ("open", {"Tier 1"}),
        ("to come", {"Tier 2"}),
        ("over", set()),
        ("of what is to come", set()),
        ("the newer scope", {"Tier 1"}),
        ("the newer scope of a policy", {"Foreign"}),
    ],
)
def test_what_is_found(story: Story, name: str, packages: set[str]) -> None:
    found = story.found(name)
    assert {(x["accessPackage"]["id"], x["assignmentPolicy"]["id"]) for x in found} == {
        (story.packages[each], story.policies[each]) for each in packages
    }
    assert len(found) == len(packages)
    assert (story.steps[name].writes, story.steps[name].changed) == ([], False)


def test_the_instances_are_those_of_the_tenant(story: Story) -> None:
    (review,) = story.found("open")
    (instance,) = review["instances"]
    raw = next(x for x in story.tenant.list(f"{DEFINITIONS}/{review['id']}/instances") if x["status"] == "InProgress")
    for key in ("id", "status", "startDateTime", "endDateTime", "reviewers"):
        assert instance[key] == raw[key]
    assert instance["reviewers"]


def test_what_was_decided(story: Story) -> None:
    (instance,) = story.found("open")[0]["instances"]
    by_person = {x["principal"]["displayName"]: x for x in instance["decisions"]}
    assert set(by_person) == {"Ben", "Cyd", "Dee"}
    assert (by_person["Cyd"]["decision"], by_person["Cyd"]["justification"]) == ("Deny", "Left us")
    assert by_person["Cyd"]["reviewedBy"]["id"] == story.users["ada"]
    assert by_person["Cyd"]["recommendation"] in ("Approve", "Deny")
    # Nobody has answered: the zero id is nobody's.
    assert (by_person["Dee"]["decision"], by_person["Dee"]["reviewedBy"]) == ("NotReviewed", None)


def test_decisions_are_read_only_when_wanted(story: Story) -> None:
    assert all(instance["decisions"] is None for x in story.found("all") for instance in x["instances"])
    assert not [entry for entry in story.steps["all"].requests if "/decisions" in entry["path"]]


def test_what_is_refused(story: Story) -> None:
    assert story.steps["a misspelt package"].code == "InvalidInput"
    step = story.steps["without permission"]
    assert step.result["failure"]["status"] == 403
    assert "AccessReview.Read.All" in step.msg
