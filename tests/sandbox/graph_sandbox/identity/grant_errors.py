# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AADSTS errors that people and their grants meet.

Codes and names: "Microsoft Entra authentication and authorization error codes" (D). Texts: as tools and issues quote them
(T): Azure/azure-workload-identity #340 and #1200, microsoft/Partner-Center-PowerShell #419, AzureAD/microsoft-identity-web
#1435, the troubleshooting page of AADSTS50173. Where only the name is documented, the text is the page's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .errors import IdentityError


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def no_tenant() -> IdentityError:
    """/common where a tenant must be named, and nothing else tells it."""
    return IdentityError(
        400,
        "invalid_request",
        50059,
        "No tenant-identifying information found in either the request or implied by any provided credentials.",
    )


def single_tenant(client_id: str, name: str) -> IdentityError:
    """/common for an application that belongs to one tenant."""
    return IdentityError(
        400,
        "invalid_request",
        50194,
        f"Application '{client_id}'({name}) is not configured as a multi-tenant application. Usage of the /common "
        "endpoint is not supported for such applications created after '10/15/2018'. Use a tenant-specific endpoint or "
        "configure the application to be multi-tenant.",
    )


def pending() -> IdentityError:
    """Nobody has signed in with the code yet."""
    text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
    return IdentityError(400, "authorization_pending", 70016, text)


def slow_down() -> IdentityError:
    """Polled faster than the interval (RFC 8628; Entra's page does not list it)."""
    return IdentityError(400, "slow_down", 70016, "OAuth 2.0 device flow error. The device polls too often. Slow down.")


def declined() -> IdentityError:
    """The person said no."""
    return IdentityError(400, "authorization_declined", 65004, "User declined to consent to access the app.")


def device_code_expired() -> IdentityError:
    """Fifteen minutes are over."""
    return IdentityError(
        400,
        "expired_token",
        70020,
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    )


def bad_device_code() -> IdentityError:
    """Not a code that was given out, or one that was used already."""
    return IdentityError(400, "bad_verification_code", 70018, "Invalid verification code.")


def malformed_grant() -> IdentityError:
    """Not a grant of this service."""
    return IdentityError(400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.", suberror="bad_token")


def other_client() -> IdentityError:
    """A grant in the hands of another application."""
    return IdentityError(400, "invalid_grant", 700007, "The grant was issued for a different client id.")


def code_redeemed() -> IdentityError:
    """An authorization code works once."""
    return IdentityError(
        400,
        "invalid_grant",
        54005,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
    )


def code_expired() -> IdentityError:
    """An authorization code lives ten minutes."""
    return IdentityError(
        400,
        "invalid_grant",
        70008,
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
        "authorization request for this user and resource.",
    )


def code_of_other_tenant() -> IdentityError:
    """A code is redeemed where it was asked for."""
    return IdentityError(
        400,
        "invalid_grant",
        700005,
        "Provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code "
        "must be redeemed against same tenant it was acquired for (/common or /{tenant-ID} as appropriate).",
    )


def wrong_verifier() -> IdentityError:
    """PKCE does not fit."""
    return IdentityError(
        400, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request."
    )


def wrong_reply_address(given: str, asked: str) -> IdentityError:
    """Another redirect URI than in the authorization request."""
    return IdentityError(
        400,
        "invalid_client",
        500112,
        f"The reply address '{given}' does not match the reply address '{asked}' provided when requesting Authorization code.",
    )


def unregistered_reply_address(uri: str, client_id: str) -> IdentityError:
    """A redirect URI that the application does not have."""
    return IdentityError(
        400,
        "invalid_request",
        50011,
        f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        f"application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your application "
        "in the Azure portal.",
    )


def revoked(issued: datetime, valid_from: datetime) -> IdentityError:
    """Sessions were revoked after the grant was given."""
    return IdentityError(
        400,
        "invalid_grant",
        50173,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or "
        f"reset their password. The grant was issued on '{_time(issued)}' and the TokensValidFrom date (before which tokens "
        f"are not valid) for this user is '{_time(valid_from)}'.",
    )


def inactive(issued: datetime, life: timedelta) -> IdentityError:
    """A refresh token that nobody used for too long."""
    return IdentityError(
        400,
        "invalid_grant",
        700082,
        f"The refresh token has expired due to inactivity. The token was issued on {_time(issued)} and was inactive for "
        f"{life.days}.{timedelta(seconds=life.seconds)}.",
    )


def not_in_tenant(tenant_name: str, client_id: str, client_name: str, home: str) -> IdentityError:
    """A person who is no guest there."""
    return IdentityError(
        400,
        "invalid_grant",
        50020,
        f"User account '{{EUII Hidden}}' from identity provider 'https://sts.windows.net/{home}/' does not exist in tenant "
        f"'{tenant_name}' and cannot access the application '{client_id}'({client_name}) in that tenant. The account needs to "
        "be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active "
        "Directory user account.",
    )


def unknown_user(tenant_name: str) -> IdentityError:
    """Nobody of that name."""
    return IdentityError(
        400,
        "invalid_grant",
        50034,
        f"The user account {{EUII Hidden}} does not exist in the {tenant_name} directory. To sign into this application, the "
        "account must be added to the directory.",
    )


def disabled_user() -> IdentityError:
    """The account may not sign in."""
    return IdentityError(400, "invalid_grant", 50057, "The user account is disabled.")


def blocked_by_policy() -> IdentityError:
    """Conditional access does not let the device code flow pass."""
    return IdentityError(
        400,
        "access_denied",
        53003,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    )


def consent_missing(client_id: str, name: str) -> IdentityError:
    """Delegated permissions that nobody has agreed to."""
    return IdentityError(
        400,
        "invalid_grant",
        65001,
        f"The user or administrator has not consented to use the application with ID '{client_id}' named '{name}'. Send an "
        "interactive authorization request for this user and resource.",
        suberror="consent_required",
    )


def interaction_required() -> IdentityError:
    """prompt=none, and nobody is signed in."""
    return IdentityError(400, "login_required", 50058, "A silent sign-in request was sent but no user is signed in.")


def admin_required() -> IdentityError:
    """A person without a role that may consent for the organization."""
    return IdentityError(400, "access_denied", 90094, "Administrator consent is required.")


def no_federation(client_id: str, name: str) -> IdentityError:
    """An assertion of somebody else's for an application that trusts nobody."""
    return IdentityError(
        401,
        "invalid_client",
        70025,
        f"The client '{client_id}'({name}) has no configured federated identity credentials.",
    )


def federation_mismatch(code: int, what: str, value: str) -> IdentityError:
    """One of issuer, audience, subject is not what the application trusts."""
    return IdentityError(
        401,
        "invalid_client",
        code,
        f"No matching federated identity record found for presented assertion {what} '{value}'. Please check your federated "
        "identity credential Subject, Audience and Issuer against the presented assertion. "
        "https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation",
    )


def federation_mismatch_at_large(issuer: str, subject: str, audience: str) -> IdentityError:
    """The same as it was told until 2023, whatever part was wrong."""
    return IdentityError(
        400,
        "invalid_request",
        70021,
        "No matching federated identity record found for presented assertion. Assertion Issuer: "
        f"'{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. "
        "https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation",
    )
