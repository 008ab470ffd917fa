# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import MICROSOFT_LOGIN_URLS, find_cloud


@pytest.mark.parametrize(
    ("name", "cloud", "graph_url"),
    [
        ("public", "public", "https://graph.microsoft.com"),
        (" Public ", "public", "https://graph.microsoft.com"),
        ("AzureCloud", "public", "https://graph.microsoft.com"),
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
