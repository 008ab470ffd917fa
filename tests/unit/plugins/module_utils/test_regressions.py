# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that were found by reading, each with the test that failed before it was mended."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _client_secret
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import Translator
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref, References
from ansible_collections.mssp.defender.plugins.module_utils._task import Task
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Http, Routes, graph, page, refusal, token

EM = "identityGovernance/entitlementManagement"


# Retry-After: 0 answered again and again: endless, without a pause, even when the budget is spent (fits(0) is always true).
def test_retry_after_zero_ends():
    def zero(sent):
        assert len(http.sent) < 500, "no end"
        return refusal(429, "TooManyRequests", Retry_After="0")

    http = Http(*[zero] * 1000)
    with pytest.raises(GraphError, match="429"):
        graph(http, seconds=5).get("x")


# An id that is not there, state present, no name: planned as a create; then KeyError, AttributeError or a POST without a name.
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Group, {"group_id": A}),
        (Catalog, {"catalog_id": A}),
        (AccessPackage, {"package_id": A}),
        (DefenderRole, {"role_id": A}),
        (Policy, {"policy_id": A, "package": None}),
    ],
)
def test_an_unknown_id_is_never_created(kind, options, check_mode):
    http = Http(page() if kind is DefenderRole else refusal(404))
    with pytest.raises(Failure, match="there is no .* with the id"):
        reconcile(kind(graph(http), {}, **options), check_mode=check_mode)


# state absent by id and name, already gone: fails instead of being nothing to do (second run of a deletion).
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (Group, {"group_id": A}),
        (Catalog, {"catalog_id": A}),
        (AccessPackage, {"package_id": A}),
        (DefenderRole, {"role_id": A}),
        (Policy, {"policy_id": A, "package": None}),
    ],
)
def test_gone_already_by_id(kind, options):
    http = Http(page() if kind is DefenderRole else refusal(404))
    assert not reconcile(kind(graph(http), {"displayName": "x"}, **options), state="absent").changed


# Check mode and the diff of a policy's stages show only the stated part: what is kept looks removed.
def test_the_prediction_and_the_diff_of_stages_keep_what_is_kept():
    stage = {
        "primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": A}],
        "durationBeforeAutomaticDenial": "P14D",
    }
    stored = {"id": C, "displayName": "p", "accessPackage": {"id": B}, "requestApprovalSettings": {"stages": [stage]}}
    wanted = {"displayName": "p", "requestApprovalSettings": {"stages": [{"durationBeforeAutomaticDenial": "P7D"}]}}
    http = Routes({f"GET {EM}/assignmentPolicies": page(stored)})
    outcome = reconcile(Policy(graph(http), copy.deepcopy(wanted), package=Ref(B, "t")), check_mode=True)
    after = {**stage, "durationBeforeAutomaticDenial": "P7D"}
    assert outcome.entity["requestApprovalSettings"]["stages"] == [after]
    before_keys, after_keys = (set(x["requestApprovalSettings"]["stages"][0]) for x in (outcome.before, outcome.after))
    assert before_keys == after_keys


# A 403 before reconcile (look-up of a user or group, catalog): "The token has ; ask the customer ...".
def test_a_403_of_a_reference(monkeypatch):
    monkeypatch.setattr(_client_secret, "acquire", lambda identity, http: {"access_token": token(roles=[]), "expires_in": 3600})
    params = {"tenant_id": "t", "client_id": "a", "client_secret": "s" * 9, "request_timeout": 3, "wait_timeout": 3}
    failure = GraphError("Graph answered 403", status=403)
    Task(params, check_mode=False, diff_mode=False, warn=print).explain(failure)
    assert "The token has ;" not in str(failure)


# PATCH, PUT and DELETE that are refused with "exists already" are final refusals, yet sent six times with back-off.
@pytest.mark.parametrize("verb", ["patch", "put"])
def test_a_duplicate_name_is_refused_once(verb):
    http = Http(*[refusal(409, "DuplicateKey", "There.")] * 9)
    with pytest.raises(GraphError):
        getattr(graph(http, seconds=1000), verb)("x", {})
    assert len(http.sent) == 1


# Values that reach Graph unchecked.
@pytest.mark.parametrize(
    "params",
    [
        {"expiry": ""},
        {"reviews": {"first_on": "soon"}},
        {"approval": {"stages": [{"deny_after_days": -3}]}},
        {"approval": {"stages": [{"escalate_after_days": -3}]}},
        {"approval": {"stages": [{"deny_after_days": 3, "escalate_after_days": 9}]}},
        {"reviews": {"reviewers": [{"manager_level": 0}]}},
    ],
)
def test_values_that_cannot_be(params):
    with pytest.raises(InvalidInput):
        Translator(params, References(graph(Http()), False)).policy()


# An https URL in capitals is called no https URL; another case of the host makes every second page foreign.
def test_urls_have_no_case():
    params = {"tenant_id": "t", "client_id": "a", "client_secret": "s" * 9, "graph_url": "HTTPS://graph.test"}
    assert Task(params, check_mode=False, diff_mode=False, warn=print)._graph_url().lower() == "https://graph.test"
    http = Http(page(1, next_link="https://Graph.Test/v1.0/x?2"), page(2))
    assert graph(http).list("x") == [1, 2]


# Words.
def test_one_assignment_gives():
    roles, held = "roleManagement/defender/roleDefinitions", "roleManagement/defender/roleAssignments"
    table = {
        f"GET {roles}": page({"id": A, "displayName": "T"}),
        f"GET {held}": page({"id": "a", "roleDefinitionId": A, "principalIds": [C]}),
    }
    with pytest.raises(Failure, match="1 assignment to others"):
        reconcile(DefenderRole(graph(Routes(table)), {"displayName": "T"}, groups=[Ref(B, "g")]), state="absent")


def test_a_policy_of_the_tenant_is_not_an_unknown_tenant():
    from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _msal
    from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity

    words = "The application is blocked by a policy of this tenant"
    failure = _msal.refused(Identity("t", "c", "l", "s", {}), {"error": "access_denied", "error_description": words})
    assert "no such tenant" not in str(failure)
