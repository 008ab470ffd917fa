# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import urllib.parse

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import find_cloud
from ansible_collections.mssp.defender.plugins.module_utils._resources import tenants
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.tests.unit.fakes import A, Http, Routes, graph, page, refusal

PUBLIC = find_cloud("public")
HOSTILE = ["a/b", "a#b", "a?b", "../x", "<script>", "a b", "{{ x }}", '"onmouseover="', "javascript:x", "a@b", "a%2fb"]


def test_links():
    assert tenants.request_url(PUBLIC, "contoso.com", A) == f"https://myaccess.microsoft.com/@contoso.com#/access-packages/{A}"
    assert tenants.approvals_url(PUBLIC, "contoso.com") == "https://myaccess.microsoft.com/@contoso.com#/"
    assert tenants.portal_url(PUBLIC, A) == f"https://security.microsoft.com/?tid={A}"


def test_a_link_that_will_be_known():
    assert tenants.request_url(PUBLIC, "contoso.com", KNOWN_AFTER_APPLY) == (
        "https://myaccess.microsoft.com/@contoso.com#/access-packages/(known after apply)"
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_links_hold_what_they_are_given_as_data(value):
    for url, where in (
        (tenants.request_url(PUBLIC, value, A), "path"),
        (tenants.request_url(PUBLIC, "contoso.com", value), "fragment"),
        (tenants.approvals_url(PUBLIC, value), "path"),
        (tenants.portal_url(PUBLIC, value), "query"),
    ):
        split = urllib.parse.urlsplit(url)
        assert split.netloc in ("myaccess.microsoft.com", "security.microsoft.com")
        assert not set(url) & set("<>\"{} '")
        assert urllib.parse.unquote(getattr(split, where).replace("?tid=", "")).endswith(value)
        assert value not in url or value == urllib.parse.quote(value, safe="")


@pytest.mark.parametrize(
    ("cloud", "hint", "package", "approvals", "portal"),
    [
        (
            "usgov",
            "x",
            "https://myaccess.microsoft.us/@x",
            "https://myaccess.microsoft.us/@x#/",
            "https://security.microsoft.us/",
        ),
        (
            "usgov_dod",
            "x",
            "https://myaccess.microsoft.us/@x",
            "https://myaccess.microsoft.us/@x#/",
            "https://security.apps.mil/",
        ),
        ("china", "x", None, None, None),
        ("public", None, None, None, "https://security.microsoft.com/"),
        ("public", "", None, None, "https://security.microsoft.com/"),
    ],
)
def test_a_host_that_is_not_documented_is_never_guessed(cloud, hint, package, approvals, portal):
    known = find_cloud(cloud)
    assert tenants.approvals_url(known, hint) == approvals
    assert (tenants.request_url(known, hint, A) or "").startswith(package or "")
    assert (tenants.request_url(known, hint, A) is None) == (package is None)
    assert tenants.portal_url(known, A) == (None if portal is None else f"{portal}?tid={A}")


def _domain(name, initial=False, default=False):
    return {"name": name, "isInitial": initial, "isDefault": default}


@pytest.mark.parametrize(
    ("domains", "hint"),
    [
        ([_domain("a.com"), _domain("b.com", default=True), _domain("c.onmicrosoft.com", initial=True)], "c.onmicrosoft.com"),
        ([_domain("a.com"), _domain("b.com", default=True)], "b.com"),
        ([_domain("a.com"), _domain("b.com")], "a.com"),
        ([], None),
        (None, None),
    ],
)
def test_the_hint_is_the_initial_domain_then_the_default_one(domains, hint):
    assert tenants.directory_hint({"verifiedDomains": domains}) == hint


def test_organization():
    http = Http(page({"id": A, "displayName": "Contoso"}))
    assert tenants.organization(graph(http))["id"] == A
    with pytest.raises(Failure) as caught:
        tenants.organization(graph(Http(page())))
    assert str(caught.value) == "Graph shows no organization for this token. Check tenant_id."


def test_look_up():
    found = {"tenantId": A, "displayName": "Fabrikam", "defaultDomainName": "fabrikam.com"}
    by_id = f"GET tenantRelationships/findTenantInformationByTenantId(tenantId='{A}')"
    by_domain = "GET tenantRelationships/findTenantInformationByDomainName(domainName='o''x.com')"
    http = Routes({by_id: found, by_domain: found})
    expected = tenants.OtherTenant(A, "Fabrikam", "fabrikam.com")
    assert tenants.look_up(graph(http), tenant_id=A) == expected
    assert tenants.look_up(graph(http), domain="o'x.com") == expected


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_tenant_is_none(status):
    assert tenants.look_up(graph(Http(refusal(status))), domain="x.com") is None


def test_a_refusal_is_no_unknown_tenant():
    with pytest.raises(GraphError):
        tenants.look_up(graph(Http(refusal(403))), domain="x.com")


def test_a_tenant_id_that_is_none():
    with pytest.raises(InvalidInput) as caught:
        tenants.look_up(graph(Http()), tenant_id="contoso.com")
    assert str(caught.value) == "'contoso.com' is not a tenant id. Give the GUID, or give the domain instead."
