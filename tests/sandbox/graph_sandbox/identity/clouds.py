# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clouds: which Graph their tenants accept, and what their documents say.

Facts: DC concepts/deployments (EM 0.1); "National clouds" (learn.microsoft.com) for the other names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """What differs from cloud to cloud."""

    graph: str
    """The resource that scopes name."""
    management: str
    """Azure Resource Manager, the other resource that every tenant knows."""
    instance: str
    exchange_audience: str
    """The audience of a federated assertion."""


CLOUDS = {
    "public": Cloud(
        "https://graph.microsoft.com",
        "https://management.azure.com",
        "microsoftonline.com",
        "api://AzureADTokenExchange",
    ),
    "usgov": Cloud(
        "https://graph.microsoft.us",
        "https://management.usgovcloudapi.net",
        "microsoftonline.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    "usgov_dod": Cloud(
        "https://dod-graph.microsoft.us",
        "https://management.usgovcloudapi.net",
        "microsoftonline.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    "china": Cloud(
        "https://microsoftgraph.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "partner.microsoftonline.cn",
        "api://AzureADTokenExchangeChina",
    ),
}
