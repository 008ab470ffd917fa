# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of custom workflow extensions (M; customcalloutextension and the types derived from it)."""

from __future__ import annotations

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, ComplexType, EntityType, Property, text
from .common import with_read_times

_ENDPOINT = ComplexType(
    "customExtensionEndpointConfiguration",
    {},
    {
        "logicAppTriggerEndpointConfiguration": ComplexType(
            "logicAppTriggerEndpointConfiguration",
            {"subscriptionId": text(), "resourceGroupName": text(), "logicAppWorkflowName": text(), "url": text()},
        ),
        "httpRequestEndpoint": ComplexType("httpRequestEndpoint", {"targetUrl": text()}),
    },
)
_AUTHENTICATION = ComplexType(
    "customExtensionAuthenticationConfiguration",
    {},
    {
        "azureAdPopTokenAuthentication": ComplexType("azureAdPopTokenAuthentication", {}),
        "azureAdTokenAuthentication": ComplexType("azureAdTokenAuthentication", {"resourceId": text()}),
    },
)
_CLIENT = ComplexType(
    "customExtensionClientConfiguration", {"maximumRetries": Property("int"), "timeoutInMilliseconds": Property("int")}
)
_CALLBACK = ComplexType("customExtensionCallbackConfiguration", {"timeoutDuration": Property("duration")})

_WRITTEN = {
    "displayName": text(),
    "description": text(),
    "clientConfiguration": Property("object", of=_CLIENT),
    "endpointConfiguration": Property("object", of=_ENDPOINT),
    "authenticationConfiguration": Property("object", of=_AUTHENTICATION),
    "callbackConfiguration": Property("object", of=_CALLBACK),
}
EXTENSION_BODY = ComplexType("customCalloutExtension", _WRITTEN)
EXTENSION = EntityType(
    "customCalloutExtension",
    Area.ENTITLEMENT,
    {
        "id": READ_ONLY_ID,
        **_WRITTEN,
        "createdBy": text(),
        "createdDateTime": READ_ONLY_TIME,
        "lastModifiedBy": text(),
        "lastModifiedDateTime": READ_ONLY_TIME,
    },
    present=with_read_times,
)
