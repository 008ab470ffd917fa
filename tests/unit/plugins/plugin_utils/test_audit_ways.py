# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defender roles, other ways in, ends and waits: what triggers each rule, and the near misses that must not."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_ways_in import writes
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    BASICS,
    CATALOG,
    GROUPS,
    LIVE,
    OTHER,
    PACKAGES,
    PEOPLE,
    ROLES,
    SETTINGS,
    ago,
    ahead,
    assignment,
    change,
    facts,
    found,
    group,
    member,
    policy,
    request,
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


def plus(raw, name, *more):
    """The facts with more in one list."""
    raw[name] = [*raw[name], *more]
    return raw


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


def a_group(identifier=OTHER, **more):
    """A group that somebody is in."""
    return {"id": identifier, "type": "group", "displayName": "Projects", "groupTypes": [], **more}


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


def ending(**span):
    """Anna's and ana's assignments; ana's ends then."""
    schedule = {"startDateTime": ago(days=100), "expiration": {"type": "afterDateTime", "endDateTime": ahead(**span)}}
    return [assignment("anna", "approvers"), assignment("ana", "tier1", schedule=schedule)]


@pytest.mark.parametrize(
    ("days", "severity"), [(29, "notice"), (31, "info"), (61, "info"), (89, "info"), (91, None), (-0.01, None)]
)
def test_what_ends_soon(days, severity):
    document = findings({**facts(), "assignments": ending(days=days)})
    assert [(x["id"], x["severity"]) for x in document["findings"]] == ([("MSSP501", severity)] if severity else [])


def review(status, end, decisions=None, package="tier1"):
    """A review with one instance."""
    instance = {"id": "i", "status": status, "endDateTime": end, "decisions": decisions}
    return {"id": "r", "displayName": "Yearly", "accessPackage": {"id": PACKAGES.get(package, package)}, "instances": [instance]}


OPEN, DONE = {"decision": "NotReviewed"}, {"decision": "Approve"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (review("InProgress", ahead(days=3), [OPEN, DONE]), ["MSSP502"]),
        (review("InProgress", ahead(days=3)), ["MSSP502"]),
        (review("InProgress", ahead(days=3), [DONE]), []),
        (review("InProgress", ahead(days=3), []), []),
        (review("InProgress", ago(days=3), [OPEN]), ["MSSP503"]),
        (review("Completing", ago(days=3)), ["MSSP503"]),
        # The service is about to end it.
        (review("Completing", ago(hours=2)), []),
        (review("Completed", ago(days=3)), []),
        (review("Applied", ago(days=3)), []),
        (review("AutoReviewed", ago(days=3)), []),
        (review("NotStarted", ahead(days=300)), []),
        (review("InProgress", ahead(days=3), [OPEN], OTHER), []),
    ],
)
def test_reviews(one, expected):
    assert [rule for rule, _name in found({**facts(), "reviews": [one]})] == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"createdDateTime": ago(days=3.1)}, [("MSSP504", "Lea")]),
        ({"createdDateTime": ago(days=2.9)}, []),
        ({"createdDateTime": ago(days=9), "state": "denied"}, []),
        ({"createdDateTime": ago(days=9), "accessPackage": {"id": OTHER}}, []),
    ],
)
def test_requests_that_wait(more, expected):
    one = request("lea", "tier2", **{"state": "pendingApproval", "completedDateTime": None, **more})
    assert found(plus(facts(), "requests", one)) == expected


def test_the_timeline():
    raw = {**facts(), "assignments": ending(days=10), "reviews": [review("InProgress", ahead(days=5), [OPEN])]}
    raw = plus(
        raw,
        "requests",
        request("lea", "tier2", state="pendingApproval", createdDateTime=ago(days=1), approval={"deadline": ahead(days=13)}),
    )
    assert [(x["kind"], x["when"]) for x in findings(raw)["ends"]] == [
        ("review", ahead(days=5)),
        ("assignment", ahead(days=10)),
        ("request", ahead(days=13)),
        ("assignment", ahead(days=265)),
    ]


def test_what_could_not_be_read():
    raw = {
        **facts(),
        "roles": None,
        "problems": [{"what": "Defender roles", "message": "403"}],
        "drift": {"changes": [], "problem": "Stopped."},
    }
    document = findings(raw)
    assert [(x["id"], x["property"]) for x in document["findings"]] == [("MSSP900", "Defender roles"), ("MSSP901", None)]
    assert document["complete"] is False
