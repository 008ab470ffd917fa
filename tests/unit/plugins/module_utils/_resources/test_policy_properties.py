# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever policy is there and whatever is stated: one run makes it so, keeps the rest, and a second run has nothing to do."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._paths import has, pick
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import PROPERTIES, Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_body import complete
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import Translator
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref, References
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Http, Routes, answer, graph, page

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

POLICIES = "identityGovernance/entitlementManagement/assignmentPolicies"
flags = st.booleans()
subjects = st.lists(st.sampled_from([{"user": A}, {"group": B}, {"manager_level": 1}]), max_size=2, unique_by=str)


def optional(**options):
    return st.fixed_dictionaries({}, optional=options)


stage = optional(
    approvers=subjects,
    escalation_approvers=subjects,
    deny_after_days=st.integers(1, 20),
    escalate_after_days=st.integers(0, 5),
    approver_justification=flags,
)
options = st.fixed_dictionaries(
    {"name": st.just("p")},
    optional={
        "description": st.sampled_from(["", "d"]),
        "duration_days": st.integers(1, 3),
        "notifications": flags,
        "requestors": st.sampled_from([{}, {"users": [A]}, {"connected_organizations": [C]}, {"scope": "allMemberUsers"}]),
        "requests": optional(add=flags, extend=flags, on_behalf_requestors=subjects),
        "approval": optional(for_new=flags, stages=st.lists(stage, max_size=3)),
        "reviews": optional(
            enabled=flags,
            self_review=flags,
            every=st.sampled_from(["month", "year"]),
            open_days=st.integers(1, 9),
            reviewers=subjects,
            recommendations=flags,
        ),
    },
)


def desired(params):
    return Translator(copy.deepcopy(params), References(graph(Http()), False)).policy()


class Store(Routes):
    """Graph with one policy in it."""

    def __init__(self, policy):
        self.policy = policy
        super().__init__(
            {
                f"GET {POLICIES}": lambda sent: page(self.policy),
                f"GET {POLICIES}/{C}": lambda sent: self.policy,
                f"PUT {POLICIES}/{C}": self.put,
            }
        )

    def put(self, sent):
        self.policy = {"id": C, **sent.body}
        return answer(200, self.policy)


def run(store, params, *, check_mode=False):
    return reconcile(Policy(graph(store), desired(params), package=Ref(B, "package")), check_mode=check_mode)


@hypothesis.given(options, options)
def test_one_run_is_enough_and_keeps_what_is_not_stated(there, wanted):
    before = {"id": C, "accessPackage": {"id": B}, "questions": [{"id": "q"}], **complete(desired(there))}
    store = Store(copy.deepcopy(before))
    predicted = run(store, wanted, check_mode=True)
    assert store.policy == before
    done = run(store, wanted)
    assert [x.as_result() for x in predicted.changes] == [x.as_result() for x in done.changes]
    assert ("PUT" in {sent.method for sent in store.sent}) == done.changed
    assert run(store, wanted).changes == []
    stated = desired(wanted)
    for prop in PROPERTIES:
        if prop.path.startswith("requestApprovalSettings.stages") and has(stated, "requestApprovalSettings.stages"):
            continue  # their number may have changed; that stages keep what is not stated is tested by example
        if prop.compared and not has(stated, prop.path) and has(before, prop.path):
            assert prop.same(pick(store.policy, prop.path)) == prop.same(pick(before, prop.path)), prop.path
    assert store.policy["questions"] == [{"id": "q"}]
