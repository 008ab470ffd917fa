# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens that somebody else has acquired: judged before they are used, and kept nowhere."""

from __future__ import annotations

import calendar
import os
import time

import pytest

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _access_token, _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._tokens import TokenSource
from ansible_collections.mssp.defender.tests.unit.fakes import answer, token

GRAPH = "https://graph.microsoft.com"
MINE, OTHER = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"


class Platform:
    """Describes tenants, and counts how often."""

    def __init__(self, body=None):
        self.asked = []
        self._body = body

    def get(self, url, **kwargs):
        self.asked.append(url)
        return answer(200, self._body or {"issuer": f"https://login.test/{MINE}/v2.0"})


def given(**claims):
    return token(**{"aud": GRAPH, "tid": MINE, "exp": time.time() + 3600, **claims})


def source(text, tenant=MINE, platform=None, directory=None, **options):
    options = {"access_token": text, **options}
    identity = Identity(tenant, "", "https://login.test", f"{GRAPH}/.default", options)
    return TokenSource(identity, _access_token, platform or Platform(), directory)


def refused(text, **more):
    with pytest.raises(Failure) as caught:
        source(text, **more).get()
    return caught.value


@pytest.mark.parametrize("audience", [GRAPH, GRAPH + "/", GRAPH.upper(), "00000003-0000-0000-c000-000000000000"])
def test_a_token_for_graph_is_taken_as_it_is(audience):
    text = given(aud=audience)
    platform = Platform()
    assert source(f" {text}\n", platform=platform).get() == text
    assert platform.asked == []
    assert text in _secrets.seen()


def test_a_gateways_own_audience_is_taken():
    text = given(aud="https://gateway.test")
    assert source(text, graph_url="https://gateway.test/").get() == text


def test_it_is_written_nowhere(tmp_path):
    assert source(given(), directory=str(tmp_path)).get()
    assert os.listdir(tmp_path) == []


def test_what_a_domain_stands_for_is_asked_without_a_credential():
    platform = Platform()
    assert source(given(), tenant="contoso.example", platform=platform).get()
    assert platform.asked == ["https://login.test/contoso.example/v2.0/.well-known/openid-configuration"]


@pytest.mark.parametrize("text", ["", "x", "Bearer x", "a.b.c", "a.b", "e30.e30.", "eyJhIjox.WzFd.x", "é.é.é", "....", "a..b"])
def test_what_is_no_token_is_refused(text):
    failure = refused(text)
    assert failure.code == "InvalidInput"
    assert str(failure).startswith("the given access token is none of Entra ID. Set access_token (MSSP_ACCESS_TOKEN)")


def test_an_expired_token_is_told_by_its_end():
    failure = refused(given(exp=calendar.timegm((2026, 1, 31, 12, 0, 0))))
    assert failure.code == "TokenExpired"
    assert str(failure) == (
        "the given access token expired on 2026-01-31 12:00:00 UTC. "
        "Acquire a new one, and set access_token (MSSP_ACCESS_TOKEN) to it."
    )


@pytest.mark.parametrize("ends", [None, "soon", [], -1, 0, float("-inf"), float("nan"), float("inf"), 1e300])
def test_a_token_without_a_usable_end_is_no_crash(ends):
    failure = refused(given(exp=ends))
    assert (failure.code, "expired on 1970-01-01 00:00:00 UTC" in str(failure)) == ("TokenExpired", True)


def test_a_token_for_something_else_is_refused():
    failure = refused(given(aud="https://management.azure.com/"))
    assert str(failure) == (
        "the access token is for https://management.azure.com, not for https://graph.microsoft.com. "
        "Acquire one for Microsoft Graph in the tenant's cloud, and check cloud."
    )


@pytest.mark.parametrize("audience", [None, "", [], "https://graph.microsoft.us", "https://graph.microsoft.com.evil.test"])
def test_another_audience_of_any_kind_is_refused(audience):
    assert "not for https://graph.microsoft.com" in str(refused(given(aud=audience)))


@pytest.mark.parametrize("tenant", [MINE, MINE.upper(), "contoso.example"])
def test_a_token_of_another_tenant_is_refused(tenant):
    failure = refused(given(tid=OTHER), tenant=tenant)
    assert str(failure) == (
        f"the access token is of the tenant {OTHER}, and not of this one. "
        "Acquire one in the tenant that tenant_id names, or correct tenant_id."
    )


def test_a_token_without_a_tenant_is_refused():
    assert "of the tenant nothing that it names" in str(refused(given(tid=None)))


def test_a_domain_that_nobody_knows_is_said_to_be_that():
    failure = refused(given(), tenant="nowhere.example", platform=Platform({"error": "invalid_tenant"}))
    assert str(failure) == "no access token: the identity platform knows no such tenant. Check tenant_id and cloud."


def test_what_a_token_says_is_cut_short():
    assert len(str(refused(given(aud="x y\n" * 1000)))) < 400


@pytest.mark.parametrize(
    ("claims", "names", "delegated"),
    [
        ({"roles": ["B.Read", "A.Read"]}, ["A.Read", "B.Read"], False),
        ({"scp": "B.Read A.Read"}, ["A.Read", "B.Read"], True),
        ({"scp": "A.Read", "roles": ["Ignored.All"]}, ["A.Read"], True),
        ({"scp": "", "roles": ["A.Read"]}, ["A.Read"], False),
        ({}, [], False),
    ],
)
def test_permissions_are_those_of_the_person_or_of_the_application(claims, names, delegated):
    assert (_claims.permissions(claims), _claims.is_delegated(claims)) == (names, delegated)


@pytest.mark.parametrize(
    ("claims", "name"), [({"appid": "a"}, "a"), ({"azp": "b"}, "b"), ({"appid": "a", "azp": "b"}, "a"), ({}, None)]
)
def test_the_application_is_named_in_both_versions_of_a_token(claims, name):
    assert _claims.client_id(claims) == name
