# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reviews: which policy each belongs to, and what is shown of them."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.review import Wanted, read, subject_of
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Routes, graph, page

PATH = "identityGovernance/accessReviews/definitions"
NOBODY = {"id": "00000000-0000-0000-0000-000000000000", "displayName": ""}


def by_query(package=B, policy=C):
    query = f"/identityGovernance/x?$filter=(accessPackageId eq '{package}' and assignmentPolicyId eq '{policy}')"
    return {"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": query}


def by_resource(package=B, policy=C):
    return {"resourceScopes": [{"resourceId": policy, "accessPackageId": package}]}


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        (by_query(), (B, C)),
        (by_resource(), (B, C)),
        ({"accessPackageId": B, "assignmentPolicyId": C, "resourceId": A}, (B, C)),
        ({"query": f"/x?$filter=(ACCESSPACKAGEID eq '{B}')"}, (B, None)),
        ({"query": f"/groups/{A}/transitiveMembers"}, (None, None)),
        (None, (None, None)),
    ],
)
def test_what_a_definition_reviews(scope, subject):
    assert subject_of({"scope": scope}) == subject


def definitions():
    return [
        {"id": A, "displayName": "One", "scope": by_query()},
        {"id": B, "displayName": "Two", "scope": by_resource(A, A)},
        {"id": C, "displayName": "Of a group", "scope": {"query": "/groups/x"}},
    ]


def routes():
    one, two, dummy = definitions()
    open_one = {"id": C, "status": "InProgress", "endDateTime": "x", "extra": 1}
    return Routes(
        {
            f"GET {PATH}?$filter=contains(scope/microsoft.graph.accessReviewQueryScope/query,'accessPackageAssignments')": page(
                one
            ),
            f"GET {PATH}?$top=100": page(*definitions()),
            f"GET {PATH}/{A}/instances": page(open_one, {"id": B, "status": "NotStarted"}),
            f"GET {PATH}/{B}/instances": page(),
            f"GET {PATH}/{A}/instances/{C}/decisions?$top=100": page(
                {"id": A, "decision": "Deny", "principal": {"id": B, "displayName": "Ana"}, "reviewedBy": NOBODY}
            ),
        }
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [A, B]),
        (Wanted(packages=frozenset({B.upper()})), [A]),
        (Wanted(packages=frozenset()), []),
        (Wanted(policy=A), [B]),
        (Wanted(states=frozenset({"inprogress"})), [A]),
        (Wanted(states=frozenset({"Applied"})), []),
    ],
)
def test_which_are_found(wanted, found):
    assert [x["id"] for x in read(graph(routes()), wanted, decisions=False)] == found


def test_what_is_shown():
    wanted = Wanted(states=frozenset({"InProgress"}))
    (told,) = read(graph(routes()), wanted, decisions=True)
    assert (told["accessPackage"], told["assignmentPolicy"]) == ({"id": B}, {"id": C})
    (instance,) = told["instances"]
    assert set(instance) == {"id", "status", "startDateTime", "endDateTime", "reviewers", "decisions"}
    (decision,) = instance["decisions"]
    assert decision["principal"] == {"id": B, "displayName": "Ana", "userPrincipalName": None}
    # The zero id stands for nobody.
    assert decision["reviewedBy"] is None
    assert read(graph(routes()), wanted, decisions=False)[0]["instances"][0]["decisions"] is None
