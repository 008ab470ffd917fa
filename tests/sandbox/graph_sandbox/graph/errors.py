# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graph's error envelope, and the refusals that more than one route gives.

Each back-end spells its codes its own way, so a refusal asks which area it comes from. Source of codes and texts: EM
1.3 and Defender 1.8 (docs/sources.md).
"""

from __future__ import annotations

from enum import Enum


class Area(Enum):
    """The back-end that answers."""

    DIRECTORY = "directory"
    ENTITLEMENT = "entitlement"
    DEFENDER = "defender"
    GOVERNANCE = "governance"
    """Access reviews."""
    REPORTING = "reporting"
    """The audit and sign-in logs."""


class GraphError(Exception):
    """A refusal, as ``{"error": {"code", "message", "innerError"}}``."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        details: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.details = details


_BAD_REQUEST = {Area.DIRECTORY: "Request_BadRequest", Area.ENTITLEMENT: "InvalidModel"}
_BAD_QUERY = {Area.DIRECTORY: "Request_UnsupportedQuery", Area.ENTITLEMENT: "InvalidFilter"}


def bad_request(area: Area, message: str) -> GraphError:
    """A body or an argument that the area does not accept."""
    return GraphError(400, _BAD_REQUEST.get(area, "BadRequest"), message)


def bad_query(area: Area, message: str) -> GraphError:
    """A query option that the area does not accept."""
    return GraphError(400, _BAD_QUERY.get(area, "BadRequest"), message)


def not_found(area: Area, object_id: str) -> GraphError:
    """An id that nothing has."""
    if area is Area.ENTITLEMENT:
        return GraphError(404, "ResourceNotFound", "The resource was not found.")
    if area is not Area.DIRECTORY:
        return GraphError(404, "NotFound", f"The requested resource '{object_id}' was not found.")
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present.",
    )


def forbidden(area: Area) -> GraphError:
    """The token lacks the permission."""
    if area is Area.ENTITLEMENT:
        return GraphError(403, "UnAuthorized", "User is not authorized to perform the operation. Reason: Unauthorized")
    if area is Area.DEFENDER:
        return GraphError(403, "Forbidden", "The caller does not have permission to perform the action.")
    if area is Area.GOVERNANCE:  # as PIM, its neighbour, answers; not recorded of access reviews
        return GraphError(403, "UnauthorizedAccessException", "Attempted to perform an unauthorized operation.")
    if area is Area.REPORTING:
        message = "Calling principal does not have required MSGraph permissions AuditLog.Read.All"
        return GraphError(403, "Authentication_MSGraphPermissionMissing", message)
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def no_http_resource(url: str) -> GraphError:
    """A route that stands in the metadata and does not exist: a 404 with an empty code, from the back-end (EM 1.1)."""
    path = url.partition("/entitlementManagement")[2]
    back_end = f"https://igaelm-asev3-ecapi-sandbox.azurewebsites.net/api/v1{path}"
    return GraphError(404, "", f"No HTTP resource was found that matches the request URI '{back_end}'.")


def method_not_allowed(area: Area) -> GraphError:
    """A verb that the route does not know."""
    code = "Request_BadRequest" if area is Area.DIRECTORY else "MethodNotAllowed"
    return GraphError(405, code, "Specified HTTP method is not allowed for the request target.")


def unauthenticated(message: str) -> GraphError:
    """No token, or one that does not hold."""
    return GraphError(
        401,
        "InvalidAuthenticationToken",
        message,
        headers={
            "WWW-Authenticate": 'Bearer realm="", '
            'authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
            'client_id="00000003-0000-0000-c000-000000000000"'
        },
    )
