# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.filter.adopt_wanted import adopt_wanted
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_choice import Chooser, NothingToAdopt

MSSP = "11111111-2222-3333-4444-555555555555"
XDR = "microsoft.xdr/"
READ, ALERTS = f"{XDR}secops/securitydata/basics/read", f"{XDR}secops/securitydata/alerts/manage"


def group(name, **more):
    return {"id": f"g-{name}", "displayName": name, "securityEnabled": True, "uniqueName": None, **more}


def package(name, *groups, catalog="c1", **more):
    scopes = [
        {"role": {"displayName": "Member", "originId": f"Member_g-{x}"}, "scope": {"originId": f"g-{x}"}}
        for x in groups or (name,)
    ]
    return {"id": f"p-{name}", "displayName": name, "catalog": {"id": catalog}, "resourceRoleScopes": scopes, **more}


def policy(name, number=1, *, decided_by="lead", add=True, organization="o1", **more):
    return {
        "id": f"y-{name}-{number}",
        "displayName": f"Policy {number}",
        "accessPackage": {"id": f"p-{name}"},
        "specificAllowedTargets": [{"connectedOrganizationId": organization}],
        "requestorSettings": {"enableTargetsToSelfAddAccess": add},
        "requestApprovalSettings": {"stages": [{"primaryApprovers": [{"groupId": f"g-{decided_by}"}]}]},
        **more,
    }


def role(name, *actions, groups=None, **more):
    assignments = [{"principalIds": [f"g-{x}" for x in groups or (name,)], "appScopeIds": ["Mde"]}]
    return {
        "id": f"r-{name}",
        "displayName": f"Role {name}",
        "isBuiltIn": False,
        "rolePermissions": [{"allowedResourceActions": list(actions or (READ,))}],
        "assignments": assignments,
        **more,
    }


def base():
    """Two tiers and the approvers, whose group decides all; the customer's Ada decides about the approvers."""
    return {
        "mssp": MSSP,
        "organizations": [{"id": "o1", "displayName": "Fabrikam"}],
        "policies": [policy("one"), policy("two"), policy("lead", decided_by="nobody")],
        "packages": [package("one"), package("two"), package("lead")],
        "catalogs": [{"id": "c1", "displayName": "Catalog", "resources": []}],
        "groups": [group("one"), group("two"), group("lead")],
        "roles": [role("one"), role("two", READ, ALERTS)],
    }


def chosen(**changes):
    return Chooser({**base(), **changes}).choose()


def names(entries):
    return [entry.package["displayName"] for entry in entries]


def test_without_a_choice_there_is_no_note():
    found = chosen()
    assert names(found.tiers) == ["one", "two"]
    assert found.approvers.package["displayName"] == "lead"
    assert [entry.role["id"] for entry in found.tiers] == ["r-one", "r-two"]
    assert (found.left, [x.notes for x in (*found.tiers, found.approvers)]) == ([], [[], [], []])
    assert list(found.notes) == ["tiers"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"organizations": []}, "the MSSP is no connected organization of this tenant."),
        ({"policies": [policy("one", organization="o2")]}, "no policy names the connected organization 'Fabrikam'."),
        ({"packages": []}, "the packages of the MSSP could not be read."),
        ({"packages": [{**package("one"), "resourceRoleScopes": []}]}, "none of the packages of the MSSP can be a tier"),
    ],
)
def test_nothing_to_adopt(changes, says):
    with pytest.raises(NothingToAdopt) as refused:
        chosen(**changes)
    assert str(refused.value).startswith(says)


def test_what_can_do_less_comes_first():
    three = [
        role("a", f"{XDR}secops/*/manage"),
        role("b", READ, ALERTS),
        role("c", READ),
    ]
    found = chosen(
        packages=[package(x) for x in "abc"] + [package("lead")],
        groups=[group(x) for x in "abc"] + [group("lead")],
        policies=[policy(x) for x in "abc"] + [policy("lead", decided_by="x")],
        roles=three,
    )
    assert names(found.tiers) == ["c", "b", "a"]


def test_the_catalog_with_most_packages_of_the_mssp():
    catalogs = [{"id": "c1", "displayName": "Z"}, {"id": "c2", "displayName": "A"}]
    found = chosen(catalogs=catalogs, packages=[package("one"), package("two"), package("lead"), package("old", catalog="c2")],
                   policies=[*base()["policies"], policy("old")], groups=[*base()["groups"], group("old")])  # fmt: skip
    assert found.catalog["id"] == "c1"
    assert found.notes["catalog"] == ["Chosen among 2 catalogs: most packages of the MSSP are in it."]
    assert [line for line in found.left if "'old'" in line and "another catalog" in line]
    # As many in each: the first by name.
    even = chosen(catalogs=catalogs, packages=[package("one"), package("two", catalog="c2")], policies=base()["policies"][:2])
    assert even.catalog["displayName"] == "A"


@pytest.mark.parametrize(
    ("second", "first_created", "wanted"),
    [
        ({}, "2026-01-01", 1),
        ({"createdDateTime": "2025-01-01"}, "2026-01-01", 1),  # the name of the first is that of the other packages
        ({"displayName": "Policy 1", "createdDateTime": "2025-01-01"}, "2026-01-01", 2),
        ({"displayName": "Policy 1", "createdDateTime": "2025-01-01", "add": False}, "2026-01-01", 1),
    ],
)
def test_the_policy_of_a_package(second, first_created, wanted):
    more = dict(second)
    other = policy("one", 2, add=more.pop("add", True), **more)
    found = chosen(policies=[policy("one", createdDateTime=first_created), other, *base()["policies"][1:]])
    assert found.tiers[0].policy["id"] == f"y-one-{wanted}"
    assert len(found.tiers[0].notes) == 1
    assert "2 policies for the MSSP" in found.tiers[0].notes[0]


def test_the_group_with_a_role_then_the_first_by_name():
    groups = [*base()["groups"], group("aaa"), group("bbb")]
    with_role = chosen(groups=groups, packages=[package("one", "aaa", "one"), package("two"), package("lead")])
    assert with_role.tiers[0].group["displayName"] == "one"
    assert "grants 2 groups" in with_role.tiers[0].notes[0]
    by_name = chosen(groups=groups, packages=[package("one", "bbb", "aaa"), package("two"), package("lead")], roles=[])
    assert by_name.tiers[0].group["displayName"] == "aaa"


def test_the_role_that_is_the_groups_own_then_the_one_that_permits_more():
    shared = role("wide", READ, ALERTS, f"{XDR}secops/securitydata/response/manage", groups=("one", "two"))
    own = chosen(roles=[*base()["roles"], shared])
    assert own.tiers[0].role["id"] == "r-one"
    assert "holds 2 Defender roles" in own.tiers[0].notes[0]
    more = chosen(roles=[*base()["roles"], role("more", READ, ALERTS, groups=("one",))])
    assert {entry.role["id"] for entry in more.tiers} == {"r-more", "r-two"}


@pytest.mark.parametrize(
    "useless", [{"isBuiltIn": True}, {"rolePermissions": [{"allowedResourceActions": ["other.service/x/read"]}]}]
)
def test_a_role_that_cannot_be_said_is_none(useless):
    found = chosen(roles=[role("one", **useless), role("two")])
    assert names(found.tiers) == ["two"]
    assert found.left == [
        "The package 'one': its group 'one' holds no Defender role that these variables can say; each tier has one."
    ]


def test_the_widest_data_sources():
    wide = role("one")
    wide["assignments"] += [{"principalIds": ["G-ONE"], "appScopeIds": ["Mdo", "Mdi"]}]
    found = chosen(roles=[wide, role("two")])
    one = next(x for x in found.tiers if x.package["displayName"] == "one")
    assert one.scopes == ["Mdo", "Mdi"]
    assert one.notes == ["Its role is assigned to the group 2 times. Chosen: the widest data sources."]


def test_no_role_anywhere_means_no_defender():
    found = chosen(roles=[])
    assert names(found.tiers) == ["one", "two"]
    assert found.notes["skip_defender"] == ["No group of a package holds a Defender role: the tiers are without any."]


def test_approvers_decide_most_and_hold_no_role():
    by_two = [policy("one", decided_by="two"), policy("two", decided_by="lead"), policy("lead", decided_by="x")]
    assert chosen(policies=by_two).approvers.package["displayName"] == "lead"
    # A tier that decides another one is no approvers' package.
    nobody = chosen(policies=[policy("one", decided_by="two"), policy("two", decided_by="x"), policy("lead", decided_by="x")])
    assert (nobody.approvers.package, nobody.approvers.group) == ({}, {})
    assert nobody.approvers.notes == ["No group decides: the role's own names stand here."]


def test_a_group_that_decides_without_a_package():
    found = chosen(packages=[package("one"), package("two")], policies=base()["policies"][:2])
    assert (found.approvers.package, found.approvers.group["displayName"]) == ({}, "lead")
    assert found.approvers.notes == ["This group decides, but no package of the MSSP grants it."]


@pytest.mark.parametrize(
    ("second", "what"),
    [
        ({"groups": [group("one"), group("two", displayName="ONE"), group("lead")]}, "name of group"),
        ({"roles": [role("one"), role("two", READ, ALERTS, displayName="role ONE")]}, "name of role"),
        ({"packages": [package("one"), {**package("two"), "displayName": "One"}, package("lead")]}, "name of package"),
        ({"packages": [package("one"), package("two", "one"), package("lead")]}, "group"),
        ({"roles": [role("one", groups=("one", "two"))]}, "role"),
    ],
)
def test_tiers_share_nothing(second, what):
    found = chosen(**second)
    assert len(found.tiers) == 1
    (line,) = found.left
    assert f"has the same {what} as another one" in line


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"securityEnabled": False}, "it is no security group"),
        ({"uniqueName": "another-tool"}, "it carries the unique name 'another-tool' of another tool or another MSSP"),
        ({"uniqueName": f"MSSP-{MSSP}-one"}, None),
    ],
)
def test_groups_that_cannot_be_taken_over(more, why):
    found = chosen(groups=[group("one", **more), group("two"), group("lead")])
    assert names(found.tiers) == (["two"] if why else ["one", "two"])
    assert [line for line in found.left if why and why in line] or not why


def test_owner_is_no_membership():
    owned = package("one")
    owned["resourceRoleScopes"][0]["role"]["originId"] = "Owner_g-one"
    assert names(chosen(packages=[owned, package("two"), package("lead")]).tiers) == ["two"]


def test_the_same_is_chosen_in_whatever_order_it_is_read():
    state = base()
    state["policies"] += [policy("one", 2), policy("two", 3)]
    backwards = {
        name: list(reversed(value)) if isinstance(value, list) else value for name, value in copy.deepcopy(state).items()
    }
    assert Chooser(state).choose() == Chooser(backwards).choose()


def test_what_else_is_to_be_read():
    state = base()
    state["policies"].append(policy("foreign", organization="o2"))
    packages = [{**x, "catalog": {"id": "c1", "displayName": "Catalog"}} for x in (*state["packages"], package("foreign"))]
    found = adopt_wanted(state["organizations"], state["policies"], packages)
    assert found == {
        "policies": ["y-lead-1", "y-one-1", "y-two-1"],
        "packages": ["p-lead", "p-one", "p-two"],
        "groups": ["g-lead", "g-nobody", "g-one", "g-two"],
        "catalogs": ["Catalog"],
    }
