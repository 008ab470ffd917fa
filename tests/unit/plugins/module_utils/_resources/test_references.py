# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref, References
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Http, Routes, graph, page, refusal

EM = "identityGovernance/entitlementManagement"
BY_NAME = "?$filter=displayName eq 'Tier 1'&$select=id,displayName"


def references(table=None, *, check_mode=False):
    http = Routes(table or {})
    return References(graph(http), check_mode), http


KINDS = {
    "group": ("group", f"GET groups{BY_NAME}"),
    "catalog": ("catalog", f"GET {EM}/catalogs{BY_NAME}"),
    "connected_organization": ("connected organization", f"GET {EM}/connectedOrganizations{BY_NAME}"),
    "access_package": ("access package", f"GET {EM}/accessPackages?$filter=displayName eq 'Tier 1'&$expand=catalog"),
}


def ask(refs, kind, value):
    extra = (None,) if kind == "access_package" else ()
    return getattr(refs, kind)(value, "the.option", *extra)


every_kind = pytest.mark.parametrize("kind", [*KINDS, "user"])
by_name = pytest.mark.parametrize("kind", list(KINDS))


@every_kind
@pytest.mark.parametrize("value", [A, A.upper(), {"id": A, "displayName": "Tier 1"}])
def test_an_id_is_taken_at_its_word(kind, value):
    refs, http = references()
    ref = ask(refs, kind, value)
    assert ref.id.lower() == A
    assert ref.known
    assert http.sent == []


def test_a_registered_object_keeps_its_name():
    refs, dummy = references()
    assert refs.group({"id": A, "displayName": "Tier 1"}, "o") == Ref(A, "Tier 1")
    assert refs.user({"id": A, "userPrincipalName": "ann@contoso.com"}, "o") == Ref(A, "ann@contoso.com")
    assert refs.user({"id": A}, "o") == Ref(A, A)


@by_name
def test_one_name(kind):
    refs, dummy = references({KINDS[kind][1]: page({"id": A, "displayName": "Tier 1"}, {"id": B, "displayName": "tier 1"})})
    assert ask(refs, kind, "Tier 1") == Ref(A, "Tier 1")


@by_name
@pytest.mark.parametrize("check_mode", [False, True])
def test_no_such_name_is_an_error_in_check_mode_too(kind, check_mode):
    refs, dummy = references({KINDS[kind][1]: page({"id": B, "displayName": "tier 1"})}, check_mode=check_mode)
    with pytest.raises(InvalidInput) as caught:
        ask(refs, kind, "Tier 1")
    assert str(caught.value) == f"the.option: there is no {KINDS[kind][0]} 'Tier 1'. Check the name, or create it first."


@by_name
def test_several_of_a_name_are_listed(kind):
    refs, dummy = references({KINDS[kind][1]: page({"id": A, "displayName": "Tier 1"}, {"id": B, "displayName": "Tier 1"})})
    with pytest.raises(InvalidInput) as caught:
        ask(refs, kind, "Tier 1")
    assert str(caught.value) == f"the.option: 2 objects match the {KINDS[kind][0]} 'Tier 1' ({A}, {B}). Give the id."


@every_kind
@pytest.mark.parametrize("value", ["", "  ", None, {}, {"displayName": "x"}, {"id": None}, {"id": ""}, 7, ["x"]])
def test_an_empty_reference(kind, value):
    refs, dummy = references()
    with pytest.raises(InvalidInput) as caught:
        ask(refs, kind, value)
    what = {**{name: words for name, (words, dummy) in KINDS.items()}, "user": "user"}[kind]
    assert str(caught.value) == (
        f"the.option has an empty reference to a {what}. "
        "Give its id, its name, or the object that a task of this collection returned."
    )


@every_kind
@pytest.mark.parametrize("value", [KNOWN_AFTER_APPLY, {"id": KNOWN_AFTER_APPLY, "displayName": "Tier 1"}])
def test_what_will_be_known_is_accepted_in_check_mode_only(kind, value):
    refs, http = references(check_mode=True)
    ref = ask(refs, kind, value)
    assert not ref.known
    assert ref.name == ("Tier 1" if isinstance(value, dict) else KNOWN_AFTER_APPLY)
    assert http.sent == []
    refs, dummy = references()
    with pytest.raises(InvalidInput) as caught:
        ask(refs, kind, value)
    assert "by '(known after apply)'; this value comes from a check-mode task" in str(caught.value)
    assert str(caught.value).endswith("Run the task that creates it without check mode as well.")


def test_a_user_by_principal_name_or_by_mail():
    select = "$select=id,displayName,userPrincipalName"
    table = {
        f"GET users/ann@contoso.com?{select}": {"id": A},
        f"GET users/bob@contoso.com?{select}": refusal(404, "Request_ResourceNotFound"),
        f"GET users?$filter=mail eq 'bob@contoso.com'&{select}": page({"id": B}),
        f"GET users/o'x#EXT#@contoso.com?{select}": {"id": C},
    }
    refs, http = references(table)
    assert refs.user("ann@contoso.com", "o") == Ref(A, "ann@contoso.com")
    assert refs.user("bob@contoso.com", "o") == Ref(B, "bob@contoso.com")
    assert refs.user("o'x#EXT#@contoso.com", "o").id == C
    assert "o%27x%23EXT%23%40contoso.com?" in http.sent[-1].url


def test_no_such_user_and_several():
    select = "$select=id,displayName,userPrincipalName"
    table = {
        "GET users/x": refusal(404),
        f"GET users?$filter=mail eq 'x'&{select}": [page(), page({"id": A}, {"id": B})],
    }
    refs, http = references(table)
    with pytest.raises(InvalidInput, match="o: there is no user 'x'. Check the name, or create it first."):
        refs.user("x", "o")
    refs._graph._read.clear()
    with pytest.raises(InvalidInput, match=rf"o: 2 objects match the user 'x' \({A}, {B}\). Give the id."):
        refs.user("x", "o")
    assert len(http.sent) == 4


def test_a_user_that_may_not_be_read_is_no_missing_user():
    refs = References(graph(Http(refusal(403, "Authorization_RequestDenied"))), False)
    with pytest.raises(GraphError) as caught:
        refs.user("ann@contoso.com", "o")
    assert caught.value.status == 403


def test_a_package_is_looked_for_in_its_catalog():
    mine = {"id": A, "displayName": "Tier 1", "catalog": {"id": C.upper()}}
    other = {"id": B, "displayName": "Tier 1", "catalog": {"id": B}}
    table = {KINDS["access_package"][1]: page(mine, other)}
    refs, dummy = references(table)
    assert refs.access_package("Tier 1", "o", Ref(C, "MSSP Accesses")).id == A
    with pytest.raises(InvalidInput, match="2 objects match"):
        refs.access_package("Tier 1", "o", None)
    with pytest.raises(InvalidInput, match="there is no access package"):
        refs.access_package("Tier 1", "o", Ref(A, "another catalog"))


def test_a_name_is_data():
    name = "O'Brien' or 1 eq 1 or '"
    refs, http = references({"GET groups": page({"id": A, "displayName": name})})
    assert refs.group(name, "o").id == A
    assert http.sent[0].query == "$filter=displayName eq 'O''Brien'' or 1 eq 1 or '''&$select=id,displayName"
