# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of the identity platform.

Documents as https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration shows them; a tenant may
be named by id or by any of its verified domains.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from ..config.faults import Fault
from ..exchange import Exchange, Handled, Reply, Requester
from ..ids import IdSource, derive_guid
from .errors import IdentityError, parameter_missing, tenant_not_found
from .grants import GRANTS, TokenRequest

if TYPE_CHECKING:
    from ..world import Tenant, World

_LOG = logging.getLogger("graph_sandbox")
_SHARED = frozenset({"common", "organizations", "consumers"})


class IdentityService:
    """Answers everything that is not Graph."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._authority = world.authority
        self._trace_ids = IdSource(derive_guid(world.config.seed, "trace ids"))

    def identify(self, exchange: Exchange) -> Requester:
        """The tenant that the path names, and the application that the form names, if they exist."""
        tenant = self._world.find_tenant(unquote(exchange.raw_path.split("/")[1]))
        if tenant is None:
            return Requester()
        client_id = _form(exchange).get("client_id", "").lower()
        return Requester(tenant.id, client_id if client_id in tenant.clients else None, tenant.names)

    def refuse(self, exchange: Exchange, who: Requester, fault: Fault) -> Handled:
        """An injected failure."""
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        error = IdentityError(
            fault.status or 503, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again."
        )
        trace_id = self._trace_ids.next()
        reply = error.reply(trace_id, trace_id, self._world.clock.now())
        reply.headers.update(headers)
        return Handled(reply, who.tenant_id, who.client_id, trace_id)

    def handle(self, exchange: Exchange, who: Requester) -> Handled:
        """Answer one request."""
        trace_id = self._trace_ids.next()
        try:
            reply = self._route(exchange)
        except IdentityError as error:
            correlation_id = exchange.headers.get("client-request-id") or trace_id
            reply = error.reply(trace_id, correlation_id, self._world.clock.now())
        except Exception:  # a fault of the sandbox itself: say so, and where, but go on serving
            _LOG.exception("%s %s failed", exchange.method, exchange.raw_path)
            broken = IdentityError(500, "server_error", 90033, "The sandbox itself failed; see its standard error.")
            reply = broken.reply(trace_id, trace_id, self._world.clock.now())
        reply.headers["x-ms-request-id"] = trace_id
        return Handled(reply, who.tenant_id, who.client_id, trace_id)

    def _route(self, exchange: Exchange) -> Reply:
        name, _unused, rest = unquote(exchange.raw_path).strip("/").partition("/")
        rest = rest.lower()
        if rest in ("discovery/keys", "discovery/v2.0/keys"):
            return Reply(200, self._authority.jwks())
        if rest == "discovery/instance":
            return self._instance_discovery(name)
        if rest in ("v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"):
            return Reply(200, self._openid_configuration(name))
        if rest in ("oauth2/v2.0/token", "oauth2/token"):
            return self._token(exchange, self._tenant(name))
        raise IdentityError(404, "invalid_request", 900561, "The endpoint does not exist in the sandbox.")

    def _tenant(self, name: str) -> Tenant:
        tenant = self._world.find_tenant(name)
        if tenant is None:
            raise tenant_not_found(name)
        return tenant

    def _token(self, exchange: Exchange, tenant: Tenant) -> Reply:
        if exchange.method != "POST":
            raise IdentityError(
                405,
                "invalid_request",
                900561,
                f"The endpoint only accepts POST requests. Received a {exchange.method} request.",
            )
        form = _form(exchange)
        if "grant_type" not in form:
            raise parameter_missing("grant_type")
        grant = GRANTS.get(form["grant_type"])
        if grant is None:
            raise IdentityError(
                400,
                "unsupported_grant_type",
                70003,
                f"The app requested an unsupported grant type '{form['grant_type']}'.",
            )
        request = TokenRequest(self._world, self._authority, tenant, form, exchange.headers.get("authorization", ""))
        return Reply(200, grant(request), {"Cache-Control": "no-store, no-cache"})

    def _openid_configuration(self, name: str) -> dict[str, Any]:
        """For a served tenant, for a tenant that is only known, or for ``common``."""
        shared = name.lower() in _SHARED
        known = None if shared else self._world.find_known(name)
        if known is None and not shared:
            raise tenant_not_found(name)
        tenant_id = known.tenant_id if known else "{tenantid}"
        base = self._world.base_url
        root = f"{base}/{known.tenant_id if known else name}"
        return {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/{tenant_id}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{base}/oidc/userinfo",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "ver"],
            "kerberos_endpoint": f"{root}/kerberos",
            "tenant_region_scope": "WW",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        }

    def _instance_discovery(self, name: str) -> Reply:
        """What MSAL asks an authority that it does not know."""
        host = self._world.base_url.removeprefix("https://")
        return Reply(
            200,
            {
                "tenant_discovery_endpoint": f"{self._world.base_url}/{name}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            },
        )


def _form(exchange: Exchange) -> dict[str, str]:
    try:
        return dict(parse_qsl(exchange.body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        return {}
