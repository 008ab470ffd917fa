# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._cloud_features import FEATURES, Offer
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import MICROSOFT_LOGIN_URLS, NAMES, find_cloud


@pytest.mark.parametrize(
    ("name", "cloud", "graph_url"),
    [
        ("public", "public", "https://graph.microsoft.com"),
        (" Public ", "public", "https://graph.microsoft.com"),
        ("AzureCloud", "public", "https://graph.microsoft.com"),
        ("Global", "public", "https://graph.microsoft.com"),
        ("USGovDoD", "usgov_dod", "https://dod-graph.microsoft.us"),
        ("AzurePublicCloud", "public", "https://graph.microsoft.com"),
        ("AzureUSGovernment", "usgov", "https://graph.microsoft.us"),
        ("AzureUSGovernmentCloud", "usgov", "https://graph.microsoft.us"),
        ("usgov", "usgov", "https://graph.microsoft.us"),
        ("USGOV_DOD", "usgov_dod", "https://dod-graph.microsoft.us"),
        ("AzureChinaCloud", "china", "https://microsoftgraph.chinacloudapi.cn"),
        ("china", "china", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_names_and_azures_names(name, cloud, graph_url):
    found = find_cloud(name)
    assert (found.name, found.graph_url) == (cloud, graph_url)
    assert found.login_url in MICROSOFT_LOGIN_URLS


@pytest.mark.parametrize("name", ["public", "usgov", "usgov_dod", "china"])
def test_urls_have_no_slash_at_the_end(name):
    cloud = find_cloud(name)
    for url in (cloud.login_url, cloud.graph_url, cloud.my_access_url, cloud.portal_url):
        assert url is None or (url.startswith("https://") and not url.endswith("/"))


@pytest.mark.parametrize("name", ["germany", "", "azure public"])
def test_an_unknown_cloud_is_named_with_those_that_are_known(name):
    with pytest.raises(InvalidInput) as caught:
        find_cloud(name)
    assert str(caught.value) == (
        f"the cloud '{name}' is not known. Set cloud to one of public, usgov, usgov_dod, china, or to Azure's name for it."
    )


def test_what_a_cloud_lacks_is_a_sentence():
    assert find_cloud("china").lacks("audit_log") == (
        "The cloud china does not have the audit log in Microsoft Graph. Who changed what, and when, cannot be told there."
    )
    with pytest.raises(Failure) as caught:
        find_cloud("china").require("audit_log")
    assert caught.value.code == "NotInThisCloud"
    assert str(caught.value).startswith("the cloud china does not have the audit log in Microsoft Graph. Who changed")


def test_what_is_not_documented_is_neither_lacking_nor_there():
    china = find_cloud("china")
    assert china.lacks("defender") is None
    china.require("defender")
    assert china.unsure("defender") == (
        "Microsoft documents no Defender roles (unified RBAC) for the cloud china. Where Graph refuses them, onboard without "
        "them (mssp_onboard_skip_defender)."
    )
    assert str(china.unsure("my_access")).startswith("Microsoft documents no address of My Access for the cloud china. Links")


@pytest.mark.parametrize("name", ["public", "usgov", "usgov_dod"])
def test_the_other_clouds_have_all_that_is_used(name):
    cloud = find_cloud(name)
    assert [feature for feature in FEATURES if cloud.lacks(feature) or cloud.unsure(feature)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_an_address_exactly_where_one_is_documented(name):
    cloud = find_cloud(name)
    for feature, url in (("my_access", cloud.my_access_url), ("portal", cloud.portal_url)):
        assert (url is not None) == (FEATURES[feature].offer(name) is Offer.YES)


def test_every_feature_names_its_source_and_known_clouds():
    for feature in FEATURES.values():
        assert feature.source
        assert feature.effect.endswith(".")
        assert feature.no | feature.undocumented <= set(NAMES)
        assert not feature.no & feature.undocumented
