# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Catalogs and the groups in them: what is sent, and every sentence they refuse with."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, D, Routes, answer, graph, page, refusal, writes

EM = "identityGovernance/entitlementManagement"
CATALOG = {"id": A, "displayName": "MSSP", "description": "", "state": "published", "isExternallyVisible": True}
CATALOG_BY_NAME = f"GET {EM}/catalogs?$filter=displayName eq 'MSSP'"
RESOURCES = f"GET {EM}/catalogs/{A}/resources"
RESOURCE = {"id": D, "displayName": "Tier 1", "originId": B, "originSystem": "AadGroup"}


def catalog(table, desired=None, **options):
    http = Routes(table)
    return Catalog(graph(http), dict(desired or {"displayName": "MSSP"}), **options), http


def test_a_new_catalog_is_published_and_visible():
    resource, http = catalog({CATALOG_BY_NAME: page(), f"POST {EM}/catalogs": answer(201, {"id": A})})
    reconcile(resource)
    assert writes(http)[0].body == {"displayName": "MSSP", "description": "", "state": "published", "isExternallyVisible": True}


def test_several_catalogs():
    resource, dummy = catalog({CATALOG_BY_NAME: page(CATALOG, {**CATALOG, "id": B})})
    with pytest.raises(Failure, match=rf"2 catalogs have this name \({A}, {B}\). Name the right one by catalog_id."):
        reconcile(resource)


def test_microsofts_own_catalog():
    resource, dummy = catalog({CATALOG_BY_NAME: page({**CATALOG, "catalogType": "serviceDefault"})})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot take over the catalog 'MSSP': it is a catalog that Microsoft manages. Choose another name."
    )


def test_a_group_is_added_by_a_request_and_waited_for():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        # What was there, and then twice too early.
        RESOURCES: [page(), page(), page({**RESOURCE, "originId": C}), page(RESOURCE)],
        f"POST {EM}/resourceRequests": [refusal(404, "ResourceNotFoundInOriginSystem"), answer(201, {"id": "r"})],
    }
    resource, http = catalog(table, groups=[Ref(B, "Tier 1")])
    outcome = reconcile(resource)
    assert writes(http)[0].body == {
        "requestType": "adminAdd",
        "resource": {"originId": B, "originSystem": "AadGroup"},
        "catalog": {"id": A},
    }
    assert len(writes(http)) == 2
    assert outcome.entity["resources"] == [{"id": D, "displayName": "Tier 1", "originId": B}]


def test_a_group_that_is_in_it_already_is_no_failure():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        RESOURCES: [page(), page(RESOURCE)],
        f"POST {EM}/resourceRequests": refusal(400, "ResourceAlreadyOnboarded"),
    }
    resource, http = catalog(table, groups=[Ref(B, "Tier 1")])
    reconcile(resource)
    assert len(writes(http)) == 1


GRANTING = f"GET {EM}/accessPackages?$filter=catalog/id eq '{A}'&$expand=resourceRoleScopes($expand=role,scope)"
GRANTED = refusal(400, "InvalidDeleteResourceHasEntitlements", "In use.")


def test_what_a_package_still_grants_is_not_removed():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        GRANTING: page({"id": C, "resourceRoleScopes": [{"scope": {"originId": B.upper()}}]}),
        RESOURCES: page(RESOURCE, {**RESOURCE, "id": C, "originSystem": "SharePointOnline"}),
        f"POST {EM}/resourceRequests": GRANTED,
    }
    resource, http = catalog(table, groups=[])
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot remove Tier 1 from the catalog 'MSSP': Graph answered 400 InvalidDeleteResourceHasEntitlements: In use. "
        "An access package still grants this group: change the package first, or set append: true."
    )
    assert writes(http)[0].body["resource"] == {"id": D, "originId": B, "originSystem": "AadGroup"}


def test_what_was_granted_a_moment_ago_is_removed_when_that_is_known():
    sent = [GRANTED, GRANTED, answer(201)]
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        RESOURCES: page(RESOURCE),
        GRANTING: page({"id": C}),
        f"POST {EM}/resourceRequests": sent,
    }
    resource, http = catalog(table, groups=[])
    assert reconcile(resource).changed
    assert (len(writes(http)), sent) == (3, [])


@pytest.mark.parametrize("lost", [refusal(500), refusal(404, "ResourceNotFound")])
@pytest.mark.parametrize(("then", "fails"), [([], False), ([RESOURCE], True)])
def test_a_removal_whose_answer_was_lost_is_looked_up(lost, then, fails):
    table = {CATALOG_BY_NAME: page(CATALOG), RESOURCES: [page(RESOURCE), page(*then)], f"POST {EM}/resourceRequests": [lost]}
    resource, http = catalog(table, groups=[])
    if fails:
        with pytest.raises(GraphError):
            reconcile(resource)
    else:
        assert reconcile(resource).changed
    assert len(writes(http)) == 1


def test_groups_of_a_new_catalog_are_each_predicted():
    refs = [Ref(KNOWN_AFTER_APPLY, name) for name in ("Tier 1", "Tier 2", "Approvers")]
    resource, dummy = catalog({CATALOG_BY_NAME: page()}, groups=refs)
    outcome = reconcile(resource, check_mode=True)
    assert [(x.type, x.name, x.action) for x in outcome.changes] == [
        ("catalog", "MSSP", "create"),
        *(("catalog resource", f"MSSP: {ref.name}", "create") for ref in refs),
    ]


def test_a_catalog_with_packages_is_not_deleted():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        f"GET {EM}/accessPackages?$filter=catalog/id eq '{A}'": page({"displayName": "Tier 1"}),
    }
    resource, dummy = catalog(table)
    with pytest.raises(Failure, match="it is still in use: the access package 'Tier 1' is in it"):
        reconcile(resource, state="absent")


def test_a_catalog_that_another_run_made_at_the_same_moment_is_taken():
    there = {"id": A, "displayName": "MSSP Accesses", "catalogType": "userManaged"}
    listed = f"GET {EM}/catalogs?$filter=displayName eq 'MSSP Accesses'"
    table = {
        listed: [page(), page(there, {**there, "id": D}), page(there)],
        f"POST {EM}/catalogs": answer(201, {"id": D, "displayName": "MSSP Accesses"}),
        f"DELETE {EM}/catalogs/{D}": answer(204),
    }
    http = Routes(table)
    assert reconcile(Catalog(graph(http), {"displayName": "MSSP Accesses"})).entity["id"] == A
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]
