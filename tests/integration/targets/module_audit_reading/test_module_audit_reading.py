# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aad_membership_info, audit_log_info and role_assignment_info, by a real playbook run, against what plain HTTP shows."""

from __future__ import annotations

import typing as t

import pytest
from harness.server import Sandbox
from harness.story import Play
from harness.tenants import Tenant
from harness.ways import by_hand

# Pages of two objects, so that whatever is listed has several.
SANDBOX = {"page_size": 2}
NOWHERE = "99999999-9999-4999-8999-999999999999"
READER = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
OWNER = "ae79f266-94d4-4dab-b730-feca7e132178"


class Story:
    """Ada is in Inner, Inner in Outer with Ben; Cyd owns Outer; Dee holds roles."""

    def __init__(self, tenant: Tenant, play: Play) -> None:
        self.tenant = tenant
        self.play = play
        self.users = {name: tenant.user(name) for name in ("ada", "ben", "cyd", "dee")}
        self.groups = {name: tenant.group(name) for name in ("Inner", "Outer")}
        tenant.link(f"groups/{self.groups['Inner']}/members", self.users["ada"])
        tenant.link(f"groups/{self.groups['Outer']}/members", self.users["ben"])
        tenant.link(f"groups/{self.groups['Outer']}/members", self.groups["Inner"])
        tenant.link(f"groups/{self.groups['Outer']}/owners", self.users["cyd"])
        self.catalog = by_hand.catalog(tenant, "Accesses")
        for role in (READER, GLOBAL):
            body = {"principalId": self.users["dee"], "roleDefinitionId": role, "directoryScopeId": "/"}
            tenant.post("roleManagement/directory/roleAssignments", body)
        body = {
            "principalId": self.users["dee"],
            "roleDefinitionId": OWNER,
            "appScopeId": f"/AccessPackageCatalog/{self.catalog}",
        }
        tenant.post("roleManagement/entitlementManagement/roleAssignments", body)
        outer, log = self.groups["Outer"], "audit_log_info"
        reader = tenant.client("reader")
        may_not = {"client_id": reader["client_id"], "client_secret": reader["client_secret"], "fails": True}
        self.steps = {
            "memberships": play.task("aad_membership_info", groups=[outer, NOWHERE], users=[self.users["ada"]]),
            "nothing": play.task("aad_membership_info"),
            "all": play.task(log),
            "target": play.task(log, target=outer),
            "activity": play.task(log, target=outer, activities=["add MEMBER to group"]),
            "activities": play.task(log, target=outer, activities=["Add member to group", "Add owner to group"]),
            "service": play.task(log, service="Entitlement Management", days=1),
            "directory": play.task("role_assignment_info", provider="directory"),
            "catalogs": play.task("role_assignment_info", provider="entitlement_management"),
            "no log": play.task(log, **may_not),
            "no roles": play.task("role_assignment_info", provider="directory", **may_not),
        }
        play.run()

    def names(self, step: str) -> list[str]:
        """Activities that a step has read."""
        return [x["activityDisplayName"] for x in self.steps[step].result["entries"]]


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All steps, in one run."""
    tenant = sandbox.fresh_tenant()
    return Story(tenant, Play(tenant, tmp_path_factory.mktemp("story")))


def ids(found: list[dict[str, t.Any]]) -> set[str]:
    return {x["id"] for x in found}


def test_who_is_in_a_group(story: Story) -> None:
    outer, nowhere = story.steps["memberships"].result["groups"]
    assert ids(outer["members"]) == {story.users["ben"], story.groups["Inner"]}
    assert ids(outer["transitive_members"]) == {story.users["ben"], story.users["ada"], story.groups["Inner"]}
    assert ids(outer["owners"]) == {story.users["cyd"]}
    ben = next(x for x in outer["members"] if x["id"] == story.users["ben"])
    assert (ben["type"], ben["displayName"], ben["accountEnabled"]) == ("user", "Ben", True)
    assert (outer["found"], nowhere["found"], nowhere["members"]) == (True, False, [])


def test_where_somebody_is_in(story: Story) -> None:
    (ada,) = story.steps["memberships"].result["users"]
    assert (ada["id"], ids(ada["member_of"])) == (story.users["ada"], set(story.groups.values()))


def test_nobody_is_asked_about_nothing(story: Story) -> None:
    step = story.steps["nothing"]
    assert (step.result["groups"], step.result["users"], step.requests) == ([], [], [])


def test_the_log(story: Story) -> None:
    raw = story.tenant.list("auditLogs/directoryAudits")
    there = ids(story.steps["all"].result["entries"])
    assert there
    assert there <= ids(raw)
    assert story.names("target").count("Add member to group") == 2
    assert "Add group" in story.names("target")
    assert story.names("activity") == ["Add member to group"] * 2
    assert sorted(story.names("activities")) == ["Add member to group", "Add member to group", "Add owner to group"]
    assert {x["loggedByService"] for x in story.steps["service"].result["entries"]} == {"Entitlement Management"}
    entry = story.steps["activity"].result["entries"][0]
    assert story.groups["Outer"] in ids(entry["targetResources"])
    assert entry["initiatedBy"]["app"]["displayName"]
    assert entry["initiatedBy"]["user"] is None


def test_roles_of_the_directory(story: Story) -> None:
    held = [x for x in story.steps["directory"].result["assignments"] if x["principal"]["id"] == story.users["dee"]]
    assert {(x["role"]["displayName"], x["role"]["id"], x["scope"]) for x in held} == {
        ("Directory Readers", READER, "/"),
        ("Global Administrator", GLOBAL, "/"),
    }
    assert {(x["principal"]["type"], x["principal"]["displayName"]) for x in held} == {("user", "Dee")}


def test_roles_of_catalogs(story: Story) -> None:
    (held,) = story.steps["catalogs"].result["assignments"]
    assert (held["role"]["displayName"], held["principal"]["id"]) == ("Catalog owner", story.users["dee"])
    assert held["scope"] == f"/AccessPackageCatalog/{story.catalog}"


@pytest.mark.parametrize(("name", "permission"), [("no log", "AuditLog.Read.All"), ("no roles", "RoleManagement.Read.Directory")])
def test_what_is_refused(story: Story, name: str, permission: str) -> None:
    assert story.steps[name].result["failure"]["status"] == 403
    assert permission in story.steps[name].msg


def test_nothing_is_written(story: Story) -> None:
    assert [step.writes for step in story.steps.values()] == [[]] * len(story.steps)
    assert not any(step.result["changed"] for step in story.steps.values() if "msg" not in step.result)
