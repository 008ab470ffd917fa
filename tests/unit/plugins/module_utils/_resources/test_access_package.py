# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access packages and what they grant: what is sent, and every sentence they refuse with."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage, GroupRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, D, Routes, answer, graph, page, refusal, writes

EM = "identityGovernance/entitlementManagement"
EXPAND = "$expand=catalog,resourceRoleScopes($expand=role,scope)"
PACKAGES = f"GET {EM}/accessPackages?$filter=catalog/id eq '{A}'&{EXPAND}"
SCOPE = {
    "id": "scope-1",
    "role": {"displayName": "Member", "originId": f"Member_{B}"},
    "scope": {"displayName": "Tier 1", "originId": B},
}
ADDED = f"GET {EM}/catalogs/{A}/resources?$filter=originId eq '{B}'&$expand=roles,scopes"
RESOURCE = {"id": D, "displayName": "Tier 1", "originId": B, "originSystem": "AadGroup"}
PACKAGE = {"id": C, "displayName": "Tier 1", "catalog": {"id": A}, "isHidden": False, "resourceRoleScopes": []}


def package(table, desired=None, **options):
    http = Routes(table)
    options = {"catalog": Ref(A, "MSSP"), **options}
    return AccessPackage(graph(http), dict(desired or {"displayName": "Tier 1"}), **options), http


def test_a_new_package_with_its_role():
    table = {
        PACKAGES: page(),
        f"POST {EM}/accessPackages": [refusal(404, "ResourceNotFound"), answer(201, {"id": C})],
        ADDED: page(
            {**RESOURCE, "roles": [{"id": "role-1", "originId": f"Member_{B}"}], "scopes": [{"id": "s-1", "originId": B}]}
        ),
        f"POST {EM}/accessPackages/{C}/resourceRoleScopes": answer(201, {"id": "new"}),
    }
    resource, http = package(table, roles=[GroupRole(Ref(B, "Tier 1"), "Member")])
    outcome = reconcile(resource)
    assert writes(http)[1].body == {"displayName": "Tier 1", "description": "", "isHidden": False, "catalog": {"id": A}}
    origin = {"originSystem": "AadGroup"}
    assert writes(http)[2].body == {
        "role": {
            "id": "role-1",
            "displayName": "Member",
            "originId": f"Member_{B}",
            "resource": {"id": D, "originId": B, **origin},
            **origin,
        },
        "scope": {"id": "s-1", "originId": B, "isRootScope": True, **origin},
    }
    assert outcome.entity["resourceRoleScopes"] == [{"id": "new", "role": "Member", "group": B}]


def test_the_zero_guid_of_a_role_is_never_sent():
    zero = "00000000-0000-0000-0000-000000000000"
    table = {
        PACKAGES: page(PACKAGE),
        ADDED: page({**RESOURCE, "roles": [{"id": zero, "originId": f"Member_{B}"}], "scopes": [{"id": zero, "originId": B}]}),
        f"POST {EM}/accessPackages/{C}/resourceRoleScopes": answer(201, {"id": "new"}),
    }
    resource, http = package(table, roles=[GroupRole(Ref(B, "Tier 1"), "Member")])
    reconcile(resource)
    assert zero not in str(writes(http)[0].body)


def test_a_role_that_is_granted_already():
    resource, http = package(
        {PACKAGES: page({**PACKAGE, "resourceRoleScopes": [SCOPE]})}, roles=[GroupRole(Ref(B.upper(), "T"), "Member")]
    )
    assert reconcile(resource).changes == []
    assert len(http.sent) == 1


def test_a_role_that_nobody_wants_is_removed():
    table = {
        PACKAGES: page({**PACKAGE, "resourceRoleScopes": [SCOPE]}),
        f"DELETE {EM}/accessPackages/{C}/resourceRoleScopes/scope-1": answer(204),
    }
    resource, http = package(table, roles=[])
    assert [change.name for change in reconcile(resource).changes] == ["Tier 1: Member of Tier 1"]
    assert len(writes(http)) == 1


def test_a_role_whose_answer_was_lost_is_found_and_not_posted_again():
    table = {
        PACKAGES: page(PACKAGE),
        f"GET {EM}/accessPackages/{C}": {**PACKAGE, "resourceRoleScopes": [SCOPE]},
        ADDED: page(RESOURCE),
        f"POST {EM}/accessPackages/{C}/resourceRoleScopes": [answer(504)],
    }
    resource, http = package(table, roles=[GroupRole(Ref(B, "Tier 1"), "Member")])
    assert reconcile(resource).entity["resourceRoleScopes"] == [{"id": "scope-1", "role": "Member", "group": B}]
    assert len(writes(http)) == 1


def test_a_group_that_never_comes_into_the_catalog():
    resource, dummy = package(
        {PACKAGES: page(PACKAGE), ADDED: lambda sent: page()}, roles=[GroupRole(Ref(B, "Tier 1"), "Member")]
    )
    with pytest.raises(Failure, match="waited 300 seconds for the group 'Tier 1' to be in the package's catalog, in vain"):
        reconcile(resource)


def test_roles_of_groups_that_will_be_there_are_each_predicted():
    roles = [GroupRole(Ref(KNOWN_AFTER_APPLY, name), "Member") for name in ("Tier 1", "Tier 2")]
    resource, dummy = package({}, catalog=Ref(KNOWN_AFTER_APPLY, "MSSP"), roles=roles)
    outcome = reconcile(resource, check_mode=True)
    assert [change.type for change in outcome.changes] == ["access package", "role scope", "role scope"]


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (
            {PACKAGES: page(PACKAGE, {**PACKAGE, "id": B})},
            {},
            f"2 access packages of the catalog have this name ({C}, {B}). Name the right one by package_id.",
        ),
        ({}, {"catalog": None}, "the catalog is not named, and package names are unique only in a catalog. Set catalog."),
        (
            {f"GET {EM}/accessPackages/{C}": refusal(404)},
            {"package_id": C},
            f"there is no access package with the id {C}. Check the id, or leave it out and name the object.",
        ),
        (
            {f"GET {EM}/accessPackages/{C}": {**PACKAGE, "catalog": {"id": B}}},
            {"package_id": C},
            f"it lies in another catalog ({B}), and Graph v1.0 cannot move it. "
            "Leave catalog out, or delete the package and let it be made anew.",
        ),
    ],
)
def test_packages_that_cannot_be(table, options, words):
    resource, dummy = package(table, **options)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value).partition(": ")[2] == words


def test_live_assignments_are_named():
    people = [{"state": "delivered", "target": {"displayName": name}} for name in ("Ann", None, "Cleo", "Dan", "Eve", "Fay")]
    table = {
        PACKAGES: page(PACKAGE),
        f"GET {EM}/assignments?$filter=accessPackage/id eq '{C}'&$expand=target": page({"state": "expired"}, *people),
    }
    resource, dummy = package(table)
    with pytest.raises(Failure, match=r"6 live assignments \('Ann', 'somebody', 'Cleo', 'Dan', 'Eve'\)\."):
        reconcile(resource, state="absent")
