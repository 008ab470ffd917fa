# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defender roles: what triggers each rule, and the near misses that must not."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    BASICS,
    GROUPS,
    LIVE,
    OTHER,
    PEOPLE,
    ROLES,
    SETTINGS,
    change,
    facts,
    found,
    group,
    member,
)
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_spoiling import (
    a_group,
    plus,
)


def role(actions, *principals, **more):
    """A Defender role that somebody else made."""
    permissions = [{"allowedResourceActions": actions}]
    return {
        "id": OTHER,
        "displayName": "Odd",
        "rolePermissions": permissions,
        "assignments": [{"principalIds": principals}],
        **more,
    }


def declared(raw, number, actions):
    """The facts with other permissions in the variables."""
    raw["plan"]["roles"][number]["options"]["permissions"] = actions
    return raw


def grants(raw, key, actions):
    """The facts with other actions in a tier's role."""
    for each in raw["roles"]:
        if each["id"] == ROLES[key]:
            each["rolePermissions"] = [{"allowedResourceActions": actions}]
    return raw


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        (lambda raw: plus(raw, "roles", role([LIVE], GROUPS["tier1"])), [("MSSP301", "Tier 1 Analyst")]),
        (
            lambda raw: plus(raw, "roles", role(["microsoft.xdr/secops/*/manage"], GROUPS["tier1"])),
            [("MSSP301", "Tier 1 Analyst")],
        ),
        (lambda raw: plus(raw, "roles", role([SETTINGS], GROUPS["tier2"])), [("MSSP301", "Tier 2 Analyst")]),
        # Reading everything is no live response.
        (lambda raw: plus(raw, "roles", role(["microsoft.xdr/secops/*/read"], GROUPS["tier1"])), [("MSSP303", "Odd")]),
        # Tier 1 has none, whatever the variables say; another tier what they say.
        (
            lambda raw: grants(declared(declared(raw, 0, [BASICS, LIVE]), 1, [BASICS, LIVE]), "tier1", [BASICS, LIVE]),
            [("MSSP301", "Tier 1 Analyst")],
        ),
        (lambda raw: grants(declared(raw, 1, [BASICS, LIVE, SETTINGS]), "tier2", [BASICS, LIVE, SETTINGS]), []),
        # Through a group that holds the role.
        (
            lambda raw: plus(
                plus(raw, "roles", role([LIVE], OTHER)),
                "groups",
                group(OTHER, {"id": GROUPS["tier1"], "type": "group", "displayName": "x", "groupTypes": []}),
            ),
            [("MSSP301", "Tier 1 Analyst")],
        ),
        # Added to the tier's own role, it is told once, as drift.
        (
            lambda raw: {
                **grants(raw, "tier1", [BASICS, LIVE]),
                "drift": {
                    "changes": [
                        change(
                            "Defender role",
                            "Tier 1 Analysts",
                            id=ROLES["tier1"],
                            property="rolePermissions",
                            before=[{"allowedResourceActions": [BASICS, LIVE]}],
                            after=[{"allowedResourceActions": [BASICS]}],
                        )
                    ],
                    "problem": None,
                },
            },
            [("MSSP205", "Tier 1 Analysts")],
        ),
        (lambda raw: declared(raw, 1, [LIVE]), [("MSSP302", "Tier 2 Analysts")]),
        (lambda raw: declared(raw, 1, ["microsoft.xdr/secops/*/manage"]), []),
        (lambda raw: plus(raw, "roles", role([BASICS], PEOPLE["lea"])), [("MSSP303", "Lea")]),
        (
            lambda raw: plus(plus(raw, "roles", role([BASICS], OTHER)), "groups", group(OTHER, member("lea"))),
            [("MSSP303", "Lea")],
        ),
        (lambda raw: plus(raw, "roles", role([BASICS], GROUPS["approvers"])), [("MSSP303", "Odd")]),
        # The tier's group is in another one that holds the role: told of the group, and not of each person in it.
        (
            lambda raw: plus(
                plus(raw, "roles", role([BASICS], OTHER)),
                "groups",
                group(OTHER, a_group(GROUPS["tier1"]), transitive_members=[a_group(GROUPS["tier1"]), member("ana")]),
            ),
            [("MSSP303", "Odd")],
        ),
        # The customer's own people are the customer's business.
        (lambda raw: plus(plus(raw, "roles", role([LIVE], OTHER, PEOPLE["carl"])), "groups", group(OTHER, member("carl"))), []),
        (lambda raw: plus(raw, "roles", role([BASICS], OTHER)), [("MSSP304", "Odd")]),
        (lambda raw: {**plus(raw, "roles", role([BASICS], OTHER)), "users": None}, []),
    ],
)
def test_defender(spoilt, expected):
    # In tier 1's group, ana is in what it reaches; who is in a group of somebody else's is another matter.
    assert found(spoilt(facts())) == expected
