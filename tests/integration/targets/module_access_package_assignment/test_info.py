# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_assignment_info: every filter, all pages, nothing written. Pages of two."""

from __future__ import annotations

import typing as t

import pytest
from harness import world
from harness.assigning import LEAD, REQUESTS, Packages
from harness.server import Sandbox
from harness.story import KNOWN_AFTER_APPLY, Play, Step
from harness.ways import by_hand

SANDBOX = {"page_size": 2}
MODULE = "access_package_assignment_info"
NOBODY: set[str] = set()


class Told(t.NamedTuple):
    """The steps by name; whose assignment each shows, by the person's name."""

    steps: dict[str, Step]
    people: dict[str, str]


# What a task states, and whose assignments it is to show: ids of people stand in braces.
FILTERS: dict[str, tuple[dict[str, t.Any], set[str]]] = {
    "everything that lives": ({}, {"ada", "ben", "lead", "cyd"}),
    "all states": ({"states": ["all"]}, {"ada", "ben", "lead", "cyd", "dee"}),
    "one state": ({"states": ["delivering"]}, {"cyd"}),
    "ended": ({"states": ["expired"]}, {"dee"}),
    "two states": ({"states": ["expired", "delivering"]}, {"cyd", "dee"}),
    "package": ({"access_package": "Tier 2", "catalog": "Accesses"}, {"ben"}),
    "package by id": ({"access_package": "{tier2}"}, {"ben"}),
    "package as returned": ({"access_package": {"id": "{tier2}", "displayName": "Tier 2"}}, {"ben"}),
    "policy by name": ({"access_package": "Tier 1", "policy": "Other"}, {"lead"}),
    "policy by id": ({"policy": "{other}"}, {"lead"}),
    "person": ({"target": "ada@{domain}"}, {"ada"}),
    "person by id in one package": ({"target": "{ada}", "access_package": "Tier 2"}, NOBODY),
    "guest by mail": ({"target": LEAD}, {"lead"}),
    "nobody": ({"target": "nobody@{domain}"}, NOBODY),
    "organization": ({"connected_org": "The MSSP"}, {"lead"}),
    "organization and package": ({"connected_org": "{mssp}", "access_package": "Tier 2"}, NOBODY),
    "id": ({"assignment_id": "{assignment}"}, {"ada"}),
    "id of what ended": ({"assignment_id": "{ended}"}, {"dee"}),
    "no such id": ({"assignment_id": "{other}"}, NOBODY),
}


def _filled(value: t.Any, names: dict[str, str]) -> t.Any:
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    return value.format(**names) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """All filters in one playbook."""
    tenant = sandbox.fresh_tenant()
    packages = Packages(tenant)
    people = {name: tenant.user(name) for name in ("ada", "ben", "cyd", "dee")} | {"lead": packages.lead()}
    tier2 = packages.package("Tier 2")
    other = packages.policy("Other")
    names = {
        **people,
        "domain": tenant.domain,
        "tier2": tier2,
        "other": other,
        "mssp": by_hand.organization(tenant, "The MSSP", world.MSSP_TENANT),
        "assignment": packages.assigned(people["ada"]),
        "ended": packages.assigned(people["dee"]),
    }
    packages.assigned(people["ben"], package=tier2, policy=packages.policy("Second", package=tier2))
    packages.assigned(people["lead"], policy=other)
    tenant.post(REQUESTS, {"requestType": "adminRemove", "assignment": {"id": names["ended"]}})
    tenant.list(REQUESTS)
    sandbox.quirks(tenant, delivery_lag=1000)
    packages.assign(people["cyd"])
    play = Play(tenant, tmp_path_factory.mktemp("info"))
    steps = {name: play.task(MODULE, **_filled(options, names)) for name, (options, dummy) in FILTERS.items()}
    steps["planned"] = play.check(MODULE, access_package=KNOWN_AFTER_APPLY)
    steps["empty"] = play.refused(MODULE, assignment_id="")
    steps["misspelt"] = play.refused(MODULE, access_package="Tire 1")
    play.run(client="reader")
    return Told(steps, people)


@pytest.mark.parametrize("name", FILTERS)
def test_who_is_shown(told: Told, name: str) -> None:
    step = told.steps[name]
    by_id = {identifier: person for person, identifier in told.people.items()}

    assert (step.changed, step.writes) == (False, [])
    assert sorted(by_id[x["target"]["id"]] for x in step.result["assignments"]) == sorted(FILTERS[name][1])


def test_the_shape(told: Told) -> None:
    (one,) = told.steps["guest by mail"].result["assignments"]

    assert set(one) == {
        *("id", "state", "status", "schedule", "expiredDateTime"),
        *("target", "accessPackage", "assignmentPolicy", "connectedOrganization"),
    }
    assert (one["state"], one["accessPackage"]["displayName"]) == ("delivered", "Tier 1")
    assert one["connectedOrganization"]["displayName"] == "The MSSP"
    assert one["target"]["email"] == LEAD
    (nobodys,) = told.steps["person"].result["assignments"]
    assert nobodys["connectedOrganization"] is None


def test_the_server_filters_where_it_can(told: Told) -> None:
    def asked(name: str) -> str:
        return next(x["path"] for x in told.steps[name].requests if "/assignments" in x["path"])

    assert "target/objectId" in asked("person")
    assert "accessPackage/id" in asked("package")
    assert "assignmentPolicy/id" in asked("policy by id")
    assert "state" in asked("one state").partition("filter=")[2]
    assert "filter=" not in asked("everything that lives")


def test_what_is_only_planned_and_what_is_wrong(told: Told) -> None:
    assert told.steps["planned"].result["assignments"] == []
    assert (told.steps["empty"].code, told.steps["misspelt"].code) == ("InvalidInput", "InvalidInput")
