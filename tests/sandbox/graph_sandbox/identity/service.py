# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of the identity platform. A tenant may be named by id or by any of its verified domains."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from ..config.faults import Fault
from ..exchange import Exchange, Handled, Reply, Requester
from ..ids import IdSource, derive_guid
from . import device_flow
from .authorize import authorize
from .clouds import CLOUDS
from .consent import admin_consent
from .documents import SHARED, instance_discovery, openid_configuration
from .errors import (
    IdentityError,
    cross_cloud_application,
    cross_cloud_person,
    only_post,
    parameter_missing,
    tenant_not_found,
)
from .grant_errors import no_tenant
from .grants import GRANTS, TokenRequest
from .managed_identity import APP_SERVICE_PATH, IMDS_PATH, app_service_token, imds_token
from .pages import page, paragraph
from .people import home_tenant

if TYPE_CHECKING:
    from ..world import Tenant, World

_LOG = logging.getLogger("graph_sandbox")


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
        path = unquote(exchange.raw_path).strip("/")
        name, _unused, rest = path.partition("/")
        rest = rest.lower()
        query = dict(parse_qsl(exchange.query, keep_blank_values=True))
        if path.lower() == IMDS_PATH:
            return imds_token(self._world, query, exchange.headers)
        if path.lower() == APP_SERVICE_PATH:
            return app_service_token(self._world, query, exchange.headers)
        if path.lower() == device_flow.PAGE:
            return device_flow.show(self._world, exchange.method, _form(exchange))
        if rest in ("discovery/keys", "discovery/v2.0/keys"):
            return Reply(200, self._authority.jwks())
        if rest == "discovery/instance":
            return Reply(200, instance_discovery(self._world, query))
        if rest in ("v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"):
            return Reply(200, openid_configuration(self._world, name, 2 if rest.startswith("v2.0") else 1))
        if rest in ("oauth2/v2.0/token", "oauth2/token"):
            return self._token(exchange, name, "v2.0" in rest)
        if rest in ("oauth2/v2.0/devicecode", "oauth2/devicecode"):
            if exchange.method != "POST":
                raise only_post(exchange.method)
            return device_flow.begin(self._world, self._tenant(name), _form(exchange))
        if rest in ("oauth2/v2.0/authorize", "oauth2/authorize"):
            return self._page(lambda: authorize(self._world, self._tenant(name), name, query))
        if rest in ("adminconsent", "v2.0/adminconsent"):
            version = 2 if rest.startswith("v2.0") else 1
            return self._page(lambda: admin_consent(self._world, self._one_tenant(name, query), query, version))
        raise IdentityError(404, "invalid_request", 900561, "The endpoint does not exist in the sandbox.")

    def _tenant(self, name: str) -> Tenant | None:
        """The tenant that a path names; None for /common and its like."""
        if name.lower() in SHARED:
            return None
        tenant = self._world.find_tenant(name)
        if tenant is None:
            cloud = self._world.elsewhere.get(name.lower())
            raise cross_cloud_person(name, CLOUDS[cloud].instance) if cloud else tenant_not_found(name)
        return tenant

    def _one_tenant(self, name: str, query: dict[str, str]) -> Tenant:
        """The same, where /organizations is told apart by who signs in."""
        tenant = self._tenant(name) or home_tenant(self._world, query.get("login_hint", ""))
        if tenant is None:
            raise no_tenant()
        return tenant

    @staticmethod
    def _page(show: Callable[[], Reply]) -> Reply:
        """A browser is told in a page what went wrong."""
        try:
            return show()
        except IdentityError as error:
            return page(
                "Sorry, but we\u2019re having trouble signing you in.", paragraph(f"AADSTS{error.code}: {error.text}"), 400
            )

    def _token(self, exchange: Exchange, name: str, v2: bool) -> Reply:
        form = _form(exchange)
        if name.lower() in self._world.elsewhere and (form.get("client_secret") or form.get("client_assertion")):
            raise cross_cloud_application()
        tenant = self._tenant(name)
        if exchange.method != "POST":
            raise only_post(exchange.method)
        if not v2 and "resource" in form:
            form.setdefault("scope", f"{form['resource'].rstrip('/')}/.default")
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
        authorization = exchange.headers.get("authorization", "")
        request = TokenRequest(self._world, self._authority, tenant, name, form, authorization)
        return Reply(200, grant(request), {"Cache-Control": "no-store, no-cache"})


def _form(exchange: Exchange) -> dict[str, str]:
    try:
        return dict(parse_qsl(exchange.body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        return {}
