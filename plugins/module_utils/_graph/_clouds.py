# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The national clouds of Microsoft: hosts by name, and what each has (`_cloud_features.py`).

Source: Graph documentation, concepts/deployments; My Access: entra-docs, access-package-settings; portals:
defender-endpoint/gov (2026-01). A host that is not documented is None and is never guessed.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._cloud_features import FEATURES, Offer


@dataclasses.dataclass(frozen=True)
class Cloud:
    """Where one cloud answers. URLs have no slash at the end.

    :param azure_name: what Azure's tools call it; they do not tell the two clouds of the US government apart.
    """

    name: str
    azure_name: str
    login_url: str
    graph_url: str
    my_access_url: str | None
    portal_url: str | None

    def lacks(self, feature: str) -> str | None:
        """A sentence when this cloud is documented not to have the feature.

        :param feature: a name of `_cloud_features.FEATURES`.
        """
        if FEATURES[feature].offer(self.name) is not Offer.NO:
            return None
        return f"The cloud {self.name} does not have {FEATURES[feature].what}. {FEATURES[feature].effect}"

    def unsure(self, feature: str) -> str | None:
        """A sentence when Microsoft does not say whether this cloud has the feature."""
        if FEATURES[feature].offer(self.name) is not Offer.UNDOCUMENTED:
            return None
        return f"Microsoft documents no {_bare(FEATURES[feature].what)} for the cloud {self.name}. {FEATURES[feature].effect}"

    def require(self, feature: str) -> None:
        """Refuse, before anything is asked, what this cloud is documented not to have.

        :raises Failure: with the code `NotInThisCloud`.
        """
        if self.lacks(feature):
            raise Failure(
                f"the cloud {self.name} does not have {FEATURES[feature].what}",
                remedy=FEATURES[feature].effect,
                code="NotInThisCloud",
            )


def _bare(what: str) -> str:
    """Without its article: `no address of ...`."""
    return what.removeprefix("an ").removeprefix("the ")


_CLOUDS = (
    Cloud(
        "public",
        "AzureCloud",
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://myaccess.microsoft.com",
        "https://security.microsoft.com",
    ),
    Cloud(
        "usgov",
        "AzureUSGovernment",
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://myaccess.microsoft.us",
        "https://security.microsoft.us",
    ),
    Cloud(
        "usgov_dod",
        "AzureUSGovernment",
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://myaccess.microsoft.us",
        "https://security.apps.mil",
    ),
    Cloud(
        "china",
        "AzureChinaCloud",
        "https://login.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        None,
        None,
    ),
)

# The names that Azure's own tools use, and those of Microsoft Graph's.
_ALIASES = {
    "global": "public",
    "azurecloud": "public",
    "azurepubliccloud": "public",
    "azureusgovernment": "usgov",
    "azureusgovernmentcloud": "usgov",
    "usgovdod": "usgov_dod",
    "azurechinacloud": "china",
}

# Further names of the identity platform, as MSAL knows them.
_OTHER_LOGIN_HOSTS = {
    "login.microsoft.com": "login.microsoftonline.com",
    "login.windows.net": "login.microsoftonline.com",
    "sts.windows.net": "login.microsoftonline.com",
    "login-us.microsoftonline.com": "login.microsoftonline.us",
    "login.usgovcloudapi.net": "login.microsoftonline.us",
    "login.partner.microsoftonline.cn": "login.chinacloudapi.cn",
}

# In the order in which they are documented.
NAMES = tuple(cloud.name for cloud in _CLOUDS)
MICROSOFT_LOGIN_URLS = frozenset(cloud.login_url for cloud in _CLOUDS)


def find_cloud(name: str) -> Cloud:
    """The cloud of this name or of Azure's name for it, without regard to case.

    :raises InvalidInput: no cloud is called so.
    """
    wanted = name.strip().lower()
    wanted = _ALIASES.get(wanted, wanted)
    for cloud in _CLOUDS:
        if cloud.name == wanted:
            return cloud
    raise InvalidInput(
        f"the cloud '{name}' is not known", remedy=f"Set cloud to one of {', '.join(NAMES)}, or to Azure's name for it."
    )


def by_graph(url: str) -> Cloud | None:
    """The cloud whose Graph this is; None for an address that is not Microsoft's."""
    return next((cloud for cloud in _CLOUDS if cloud.graph_url == url), None)


def by_login_host(host: str | None) -> tuple[Cloud, ...]:
    """The clouds whose identity platform answers at this host; none for a host that is not Microsoft's."""
    login_url = f"https://{_OTHER_LOGIN_HOSTS.get(host or '', host)}"
    return tuple(cloud for cloud in _CLOUDS if cloud.login_url == login_url)
