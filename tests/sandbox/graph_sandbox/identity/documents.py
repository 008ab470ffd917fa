# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity platform's documents: openid-configuration in both versions, and instance discovery.

As https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration shows them, and the same without v2.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .clouds import CLOUDS
from .errors import IdentityError, tenant_not_found

if TYPE_CHECKING:
    from ..world import World

SHARED = frozenset({"common", "organizations", "consumers"})


def openid_configuration(world: World, name: str, version: int) -> dict[str, Any]:
    """For a served tenant, for one that is only known, for one of another cloud, or for ``common`` and its like."""
    shared = name.lower() in SHARED
    known = None if shared else world.find_known(name)
    elsewhere = world.elsewhere.get(name.lower())
    if known is None and elsewhere is None and not shared:
        raise tenant_not_found(name)
    tenant_id = known.tenant_id if known else "{tenantid}"
    # The endpoints stay on this machine, whatever the cloud: who asks there is told to go elsewhere.
    base, cloud = world.base_url, CLOUDS[elsewhere or world.config.cloud]
    root = f"{base}/{known.tenant_id if known else name}"
    v2 = "/v2.0" if version == 2 else ""
    return {
        "token_endpoint": f"{root}/oauth2{v2}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{root}/discovery{v2}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/{tenant_id}/v2.0" if version == 2 else f"https://sts.windows.net/{tenant_id}/",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"{base}/oidc/userinfo",
        "authorization_endpoint": f"{root}/oauth2{v2}/authorize",
        "device_authorization_endpoint": f"{root}/oauth2{v2}/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{root}/oauth2{v2}/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "ver"],
        "kerberos_endpoint": f"{root}/kerberos",
        "tenant_region_scope": "WW",
        "cloud_instance_name": cloud.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": cloud.graph.removeprefix("https://"),
        "rbac_url": "https://pas.windows.net",
    }


def instance_discovery(world: World, query: dict[str, str]) -> dict[str, Any]:
    """What MSAL asks about an authority that it does not know: whether it belongs to the cloud, and where to go on."""
    host = world.base_url.removeprefix("https://")
    # MSAL leaves out the port.
    asked = urlsplit(query.get("authorization_endpoint", f"{world.base_url}/common/oauth2/authorize"))
    if asked.scheme != "https" or asked.hostname != urlsplit(world.base_url).hostname:
        raise IdentityError(400, "invalid_instance", 50049, "Unknown or invalid instance.")
    name = asked.path.strip("/").partition("/")[0]
    return {
        "tenant_discovery_endpoint": f"{world.base_url}/{name}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }
