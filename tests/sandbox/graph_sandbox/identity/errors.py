# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AADSTS errors in the shape in which the token endpoint gives them.

Codes and texts: learn.microsoft.com, "Microsoft Entra authentication and authorization error codes"; the shape:
"OAuth 2.0 client credentials flow", error response.
"""

from __future__ import annotations

from datetime import datetime, timezone

from ..exchange import Reply

CLOCK_SKEW = 300
"""Seconds by which clocks may differ when an assertion is judged."""
ERROR_URI = "https://login.microsoftonline.com/error?code={code}"


class IdentityError(Exception):
    """A refusal by the identity platform."""

    def __init__(self, status: int, error: str, code: int, text: str, *, suberror: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.code = code
        self.text = text
        self.suberror = suberror

    def reply(self, trace_id: str, correlation_id: str, now: datetime) -> Reply:
        """The answer that a client gets."""
        stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
        description = f"AADSTS{self.code}: {self.text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {stamp}"
        return Reply(
            self.status,
            {
                "error": self.error,
                "error_description": description,
                "error_codes": [self.code],
                "timestamp": stamp,
                "trace_id": trace_id,
                "correlation_id": correlation_id,
                "error_uri": ERROR_URI.format(code=self.code),
                **({"suberror": self.suberror} if self.suberror else {}),
            },
        )


def tenant_not_found(name: str) -> IdentityError:
    """No tenant of that id or domain."""
    return IdentityError(
        400,
        "invalid_tenant",
        90002,
        f"Tenant '{name}' not found. Check to make sure you have the correct "
        "tenant ID and are signing into the correct cloud. Check with your subscription administrator, this "
        "may happen if there are no active subscriptions for the tenant.",
    )


def parameter_missing(name: str) -> IdentityError:
    """A required form field is absent."""
    return IdentityError(400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'.")


def application_not_found(client_id: str, tenant_name: str) -> IdentityError:
    """The application has no service principal in the tenant: nobody there has consented to it."""
    return IdentityError(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the "
        f"directory '{tenant_name}'. This can happen if the application has not been installed by the "
        "administrator of the tenant or consented to by any user in the tenant. You may have sent your "
        "authentication request to the wrong tenant.",
    )


def application_disabled(client_id: str, name: str) -> IdentityError:
    """An administrator of the tenant has disabled sign-in for the application."""
    return IdentityError(400, "unauthorized_client", 7000112, f"Application '{client_id}'({name}) is disabled.")


def invalid_secret(client_id: str) -> IdentityError:
    """The secret is wrong."""
    return IdentityError(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the "
        "request is the client secret value, not the client secret ID, for a secret added to app "
        f"'{client_id}'.",
    )


def secret_expired(client_id: str) -> IdentityError:
    """The secret was right, and its time is over."""
    return IdentityError(
        401,
        "invalid_client",
        7000222,
        f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys for your "
        "app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
        "https://aka.ms/certCreds.",
    )


def cross_cloud_application() -> IdentityError:
    """An application asks one cloud for a token in a tenant of another (documented name; text as issues quote it)."""
    return IdentityError(400, "invalid_request", 900382, "Confidential Client is not supported in Cross Cloud request.")


def cross_cloud_person(name: str, instance: str) -> IdentityError:
    """The same for a person: NationalCloudTenantRedirection."""
    return IdentityError(
        400, "invalid_request", 90038, f"Tenant '{name}' request is being redirected to the National Cloud '{instance}'."
    )


def credential_missing() -> IdentityError:
    """Neither a secret nor an assertion was sent."""
    return IdentityError(
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def bad_assertion(reason: str, code: int = 700027) -> IdentityError:
    """The client assertion does not hold."""
    return IdentityError(401, "invalid_client", code, reason)


def outside_its_time(now: float, begins: object, ends: object) -> IdentityError:
    """The client assertion is too old, or not valid yet; times are seconds since 1970."""

    def text(moment: object) -> str:
        if not isinstance(moment, (int, float)):
            return str(moment)
        return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")

    return bad_assertion(
        f"Client assertion is not within its valid time range. Current time: {text(now)}, assertion valid from {text(begins)}, "
        f"expiry time of assertion {text(ends)}. Review the documentation at "
        "https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .",
        700024,
    )


def only_post(method: str) -> IdentityError:
    """A verb that the endpoint does not take."""
    return IdentityError(
        405,
        "invalid_request",
        900561,
        f"The endpoint only accepts POST requests. Received a {method} request.",
    )
