# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What spoils the facts of a clean customer, and what several tables of the audit share."""

from __future__ import annotations

from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    GROUPS,
    OTHER,
    PACKAGES,
    PEOPLE,
    POLICIES,
    assignment,
    group,
    member,
    policy,
    request,
)

ALIEN = {"id": OTHER, "type": "group", "displayName": "Nested", "groupTypes": []}
DIRECT = {"requestType": "adminAdd"}


def plus(raw, name, *more):
    """The facts with more in one list."""
    raw[name] = [*raw[name], *more]
    return raw


def replaced(raw, name, *new):
    """The facts with one list replaced."""
    return {**raw, name: list(new)}


def people(raw, *changed):
    """The facts with users changed."""
    named = {x["id"]: x for x in changed}
    for kind in ("users", "people"):
        raw[kind] = [{**x, **named.get(x["id"], {})} for x in raw[kind]]
    return raw


def policies(raw, **changed):
    """The facts with policies changed, by tier."""
    return replaced(raw, "policies", *(policy(key, **changed.get(key, {})) for key in POLICIES))


def with_groups(raw, **members):
    """The facts with other members in groups."""
    there = {"tier1": [member("ana")], "tier2": [], "approvers": [member("anna")], **members}
    return replaced(raw, "groups", *(group(key, *each) for key, each in there.items()))


def holds(raw, *assignments, requests=()):
    """The facts with assignments beside anna's."""
    raw = replaced(raw, "assignments", assignment("anna", "approvers"), *assignments)
    return replaced(raw, "requests", request("anna", "approvers"), *requests)


def deliver_to(raw, name, key, **more):
    """The facts with somebody in a tier, governed."""
    raw["assignments"].append(assignment(name, key, **more))
    raw["requests"].append(request(name, key))
    where = next(x for x in raw["groups"] if x["id"] == GROUPS[key])
    where["members"] = where["transitive_members"] = [*where["members"], member(name)]
    return raw


def owners_package():
    """A package that makes people owners of the group of tier 1."""
    grant = {"role": {"originId": f"Owner_{GROUPS['tier1']}", "displayName": "Owner"}, "scope": {"originId": GROUPS["tier1"]}}
    return {"id": OTHER, "displayName": "Owners", "resourceRoleScopes": [grant]}


def single(*names):
    """A stage with these people."""
    return {"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": PEOPLE[x]} for x in names]}


def a_group(identifier=OTHER, **more):
    """A group that somebody is in."""
    return {"id": identifier, "type": "group", "displayName": "Projects", "groupTypes": [], **more}


def eligible(raw, origin, name="Eligible Member"):
    """The facts with a package of tier 1 that makes people eligible, and no member at once."""
    grant = {"role": {"originId": origin, "displayName": name}, "scope": {"originId": GROUPS["tier1"]}}
    raw["packages"] = [{**x, "resourceRoleScopes": [grant]} if x["id"] == PACKAGES["tier1"] else x for x in raw["packages"]]
    return raw
