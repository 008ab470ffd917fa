# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other ways in and permissions: what triggers each rule, and the near misses that must not."""

from __future__ import annotations

import json

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_ways_in import writes
from ansible_collections.mssp.defender.tests.unit.audits import HOSTILE
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    CATALOG,
    GROUPS,
    OTHER,
    PEOPLE,
    change,
    facts,
    found,
    group,
    member,
    policy,
)
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_spoiling import (
    a_group,
    plus,
)

READS = [
    "AccessReview.Read.All",
    "AuditLog.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "EntitlementManagement.Read.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "RoleManagement.Read.Defender",
    "RoleManagement.Read.Directory",
    "User.Read.All",
]


def holder(name, identifier, scope, who="carl", **more):
    """Somebody who holds a role on a catalog."""
    principal = {"id": PEOPLE[who], "type": "user", "displayName": who.title(), "userPrincipalName": f"{who}@contoso.example"}
    return {"id": "x", "role": {"id": identifier, "displayName": name}, "principal": {**principal, **more}, "scope": scope}


OWNER, READER, CREATOR = (
    "ae79f266-94d4-4dab-b730-feca7e132178",
    "44272f93-9762-48e8-af59-1b5351b1d6b3",
    "ba92d953-d8e0-4e39-a797-0cbedb0a89e8",
)


OURS = f"/AccessPackageCatalog/{CATALOG}"


OTHERS = [{"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": OTHER}]


def further(**more):
    """A policy on the package of tier 1 that the variables do not describe."""
    return policy("tier1", id=OTHER, displayName="Further", **more)


def in_groups(name, *groups):
    """Where somebody is in."""
    return {"id": PEOPLE[name], "member_of": list(groups)}


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        (
            lambda raw: {**raw, "groups": [group("tier1", member("ana"), owners=[member("carl")]), *raw["groups"][1:]]},
            [("MSSP401", "Carl")],
        ),
        (lambda raw: plus(raw, "catalog_roles", holder("Catalog owner", OWNER, OURS)), [("MSSP402", "Carl")]),
        (lambda raw: plus(raw, "catalog_roles", holder("Catalog creator", CREATOR, "/")), [("MSSP402", "Carl")]),
        (lambda raw: plus(raw, "catalog_roles", holder("Catalog reader", READER, OURS)), []),
        (lambda raw: plus(raw, "catalog_roles", holder("Catalog owner", OWNER, f"/AccessPackageCatalog/{OTHER}")), []),
        (
            lambda raw: plus(
                {**raw, "options": {**raw["options"], "accepted_principals": ["CARL@contoso.example"]}},
                "catalog_roles",
                holder("Catalog owner", OWNER, OURS),
            ),
            [],
        ),
        (lambda raw: plus(raw, "policies", further(specificAllowedTargets=OTHERS)), [("MSSP403", "Tier 1 Analyst: Further")]),
        (
            lambda raw: plus(raw, "policies", further(allowedTargetScope="allExternalUsers")),
            [("MSSP403", "Tier 1 Analyst: Further")],
        ),
        (
            lambda raw: plus(raw, "policies", further(allowedTargetScope="AllConfiguredConnectedOrganizationUsers")),
            [("MSSP403", "Tier 1 Analyst: Further")],
        ),
        (lambda raw: plus(raw, "policies", further()), [("MSSP404", "Tier 1 Analyst: Further")]),
        (
            lambda raw: plus(
                raw, "policies", further(specificAllowedTargets=OTHERS, requestorSettings={"enableTargetsToSelfAddAccess": False})
            ),
            [("MSSP404", "Tier 1 Analyst: Further")],
        ),
        # A policy of another package is nobody's business.
        (lambda raw: plus(raw, "policies", further(allowedTargetScope="allExternalUsers", accessPackage={"id": OTHER})), []),
        (lambda raw: plus(raw, "member_of", in_groups("lea", a_group())), [("MSSP406", "Lea")]),
        (
            lambda raw: plus(
                raw, "member_of", in_groups("lea", a_group(groupTypes=["DynamicMembership"]), a_group(GROUPS["tier2"]))
            ),
            [],
        ),
        (lambda raw: plus(raw, "directory_roles", holder("Security Reader", OTHER, "/", "lea")), [("MSSP407", "Lea")]),
        (
            lambda raw: plus(
                plus(raw, "member_of", in_groups("lea", a_group(groupTypes=["DynamicMembership"]))),
                "directory_roles",
                holder("Security Reader", OTHER, "/", id=OTHER, type="group"),
            ),
            [("MSSP407", "Lea")],
        ),
        (lambda raw: plus(raw, "directory_roles", holder("Global Administrator", OTHER, "/", "carl")), []),
    ],
)
def test_ways_in(spoilt, expected):
    assert found(spoilt(facts())) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (READS, []),
        ([*READS, "Group.ReadWrite.All"], ["MSSP408"]),
        ([*READS, "Mail.Send"], ["MSSP408"]),
        ([*READS, "Application.Read.All"], ["MSSP409"]),
        # A broader one in the place of what is needed, and beside it.
        ([*(x for x in READS if x not in ("User.Read.All", "GroupMember.Read.All")), "Directory.Read.All"], []),
        ([*READS, "Directory.Read.All"], ["MSSP409"]),
        ([*READS, "openid", "profile", "offline_access", "User.Read"], []),
    ],
)
def test_permissions(held, expected):
    raw = facts()
    raw["tenant"]["application"]["permissions"] = held
    assert [rule for rule, _name in found(raw)] == expected


@pytest.mark.parametrize(
    ("name", "can_write"),
    [
        ("Group.ReadWrite.All", True),
        ("User.EnableDisableAccount.All", True),
        ("RoleManagement.ReadWrite.Defender", True),
        ("CrossTenantInformation.ReadBasic.All", False),
        ("RoleManagement.Read.Defender", False),
        ("AuditLogsQuery-Entra.Read.All", False),
    ],
)
def test_what_can_write(name, can_write):
    assert bool(writes([name])) is can_write


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_names_of_a_directory_are_data(name):
    """Whatever people, groups, packages, policies and roles are called: the same is found, and it can be written."""
    raw = plus(facts(), "directory_roles", holder(name, OTHER, "/", "lea", displayName=name))
    raw = plus(raw, "catalog_roles", holder(name, OWNER, OURS, displayName=name))
    raw = plus(raw, "policies", {**further(), "displayName": name})
    raw = plus(raw, "member_of", in_groups("lea", a_group(displayName=name)))
    for kind in ("users", "people"):
        raw[kind] = [{**x, "displayName": name, "mail": name} for x in raw[kind]]
    raw["drift"]["changes"] = [change("group", name, id=None, property="description", before=name, after="a")]
    document = findings(raw)
    assert sorted(x["id"] for x in document["findings"]) == ["MSSP208", "MSSP402", "MSSP404", "MSSP406", "MSSP407"]
    assert {x["person"]["display_name"] for x in document["findings"] if x["person"]} == {name}
    assert json.loads(json.dumps(document)) == document
