# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The headline definitions of practice B.6 as sets, against whatever a tenant may hold: nothing too much, nothing too little.

What is expected is worked out here from the drawn world alone, with set arithmetic and no code of the audit.
"""

from __future__ import annotations

import dataclasses

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    GROUPS,
    PACKAGES,
    ago,
    ahead,
    assignment,
    facts,
    group,
    member,
    request,
)

# Three packages grant tier 1: the managed one, one that makes members as well, one that makes people eligible. One makes owners.
GRANTS = {
    PACKAGES["tier1"]: f"Member_{GROUPS['tier1']}",
    "91000000-0000-4000-8000-000000000001": f"Member_{GROUPS['tier1']}",
    "92000000-0000-4000-8000-000000000002": f"Eligible Member_{GROUPS['tier1']}",
    "93000000-0000-4000-8000-000000000003": f"Owner_{GROUPS['tier1']}",
}
MEMBERS, ELIGIBLE = list(GRANTS)[:2], list(GRANTS)[2]
NUMBERS = range(1, 6)
HEADLINES = ("MSSP001", "MSSP002", "MSSP003", "MSSP004", "MSSP005")
LIVE = {"delivering", "delivered", "partiallyDelivered"}


@dataclasses.dataclass(frozen=True)
class Held:
    """An assignment, delivered or ended so many hours ago."""

    number: int
    package: str
    state: str
    hours: float


@dataclasses.dataclass(frozen=True)
class World:
    """Who is in the group, what is assigned, and what is in the group without being a person."""

    members: frozenset[int]
    held: tuple[Held, ...]
    others: tuple[str, ...]


def person_id(number):
    """The object id of a drawn person."""
    return f"5a000000-0000-4000-8000-00000000000{number}"


# The edge itself is left out: an hour around the grace time of a day.
HOURS = st.one_of(st.floats(0.1, 23), st.floats(25, 2000))
STATES = st.sampled_from([*sorted(LIVE), "expired", "deliveryFailed"])
HELD = st.builds(Held, st.sampled_from(NUMBERS), st.sampled_from(list(GRANTS)), STATES, HOURS)
WORLDS = st.builds(
    World,
    st.frozensets(st.sampled_from(NUMBERS)),
    # One assignment of a package for each person: Microsoft refuses a second one.
    st.lists(HELD, max_size=8, unique_by=lambda x: (x.number, x.package)).map(tuple),
    st.lists(st.sampled_from(["group", "servicePrincipal", "device"]), max_size=2, unique=True).map(tuple),
)


def built(world):
    """The facts of a clean customer with this world in tier 1."""
    raw = facts()
    there = [{**member("ana"), "id": person_id(x), "displayName": f"Person {x}"} for x in sorted(world.members)]
    there += [{"id": f"other-{kind}", "type": kind, "displayName": kind} for kind in world.others]
    # Whoever is in a nested group is no direct member.
    nested = {**member("ana"), "id": person_id(9)}
    raw["groups"][0] = group("tier1", *there, transitive_members=[*there, nested])
    for package, origin in list(GRANTS.items())[1:]:
        scope = {"role": {"originId": origin}, "scope": {"originId": GROUPS["tier1"]}}
        raw["packages"].append({"id": package, "displayName": origin[:5], "resourceRoleScopes": [scope]})
    raw["assignments"], raw["requests"] = raw["assignments"][1:], raw["requests"][1:]
    for held in world.held:
        raw["assignments"].append(_assignment(held))
        target = {"objectId": person_id(held.number)}
        about = {"target": target, "accessPackage": {"id": held.package}, "completedDateTime": ago(hours=held.hours)}
        raw["requests"].append({**request("ana", "tier1"), **about, "id": f"r-{held.number}-{held.package}"})
    return raw


def _assignment(held):
    schedule = {"startDateTime": ago(hours=held.hours), "expiration": {"type": "afterDateTime", "endDateTime": ahead(days=200)}}
    made = {
        **assignment("ana", "tier1"),
        "id": f"{held.number}-{held.package}",
        "target": {"id": person_id(held.number), "displayName": f"Person {held.number}"},
        "accessPackage": {"id": held.package, "displayName": held.package},
        "state": held.state,
        "schedule": schedule,
    }
    return {**made, "expiredDateTime": ago(hours=held.hours)} if held.state == "expired" else made


def expected(world):
    """(rule, what it is about), by the words of practice B.6."""
    granting = [x for x in world.held if x.package in (*MEMBERS, ELIGIBLE)]
    assigned = {x.number for x in granting if x.state in LIVE}
    leaving = {x.number for x in granting if x.state == "expired" and x.hours < 24}
    settled = {x.number for x in granting if x.package in MEMBERS and x.state == "delivered" and x.hours > 24}
    # Of the managed package alone: how another one delivers is its owner's business.
    failed = {x.number for x in world.held if x.package == MEMBERS[0] and x.state in ("deliveryFailed", "partiallyDelivered")}
    return {
        *(("MSSP001", person_id(x)) for x in world.members - assigned - leaving),
        *(("MSSP003", person_id(x)) for x in (world.members & leaving) - assigned),
        *(("MSSP002", person_id(x)) for x in settled - world.members),
        *(("MSSP004", f"members/other-{x}") for x in world.others),
        *(("MSSP005", person_id(x)) for x in failed),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(WORLDS)
def test_members_and_assignments_are_what_the_definitions_say(world):
    told = [x for x in findings(built(world))["findings"] if x["id"] in HEADLINES]
    about = [(x["id"], x["property"] if x["id"] == "MSSP004" else x["person"]["id"]) for x in told]
    assert set(about) == expected(world)
    assert len(about) == len(set(about))
