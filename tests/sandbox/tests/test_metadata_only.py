# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of Graph's metadata that the service does not have (EM 1.1, N.3)."""

from __future__ import annotations

import re

import pytest
from sandbox_building import EM
from sandbox_harness import Graph

NOBODY = "00000000-0000-0000-0000-000000000001"
ROUTES = [
    ("POST", "accessPackages/{id}/assignmentPolicies"),
    ("GET", "accessPackages/{id}/assignmentPolicies"),
    ("GET", "accessPackages/{id}/catalog"),
    ("GET", "accessPackages/{id}/resourceRoleScopes"),
    ("PATCH", "accessPackages/{id}/resourceRoleScopes/{id}"),
    ("PUT", "accessPackages/{id}"),
    ("PATCH", "assignmentPolicies/{id}"),
    ("GET", "assignmentPolicies/{id}/accessPackage"),
    ("GET", "assignmentPolicies/{id}/questions"),
    ("PATCH", "assignmentRequests/{id}"),
    ("GET", "assignmentRequests/{id}/requestor"),
    ("POST", "assignments"),
    ("PATCH", "assignments/{id}"),
    ("DELETE", "assignments/{id}"),
    ("GET", "assignments/{id}/target"),
    ("GET", "catalogs/{id}/accessPackages"),
    ("POST", "catalogs/{id}/accessPackages"),
    ("POST", "catalogs/{id}/resources"),
    ("PATCH", "catalogs/{id}/resources/{id}"),
    ("DELETE", "catalogs/{id}/resources/{id}"),
    ("GET", "catalogs/{id}/resources/{id}/environment"),
    ("POST", "catalogs/{id}/resourceRoles"),
    ("GET", "catalogs/{id}/resourceScopes"),
    ("POST", "connectedOrganizations/{id}/internalSponsors"),
    ("GET", "resourceEnvironments/{id}"),
    ("POST", "resourceEnvironments"),
    ("GET", "resourceRequests/{id}"),
    ("DELETE", "resourceRequests/{id}"),
    ("GET", "resourceRoleScopes"),
    ("PATCH", "resourceRoleScopes/{id}"),
    ("GET", "resources"),
    ("POST", "resources"),
    ("GET", "resources/{id}/roles"),
    ("DELETE", "settings"),
    ("POST", "subjects"),
    ("DELETE", "subjects/{id}"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_not_served(graph: Graph, method: str, path: str) -> None:
    """EM 1.1: 404, an empty code, and the back-end's address in the message."""
    body = {} if method in ("POST", "PATCH", "PUT") else None
    error = graph(method, f"{EM}/{path.replace('{id}', NOBODY)}", body, 404).json()["error"]
    assert error["code"] == ""
    expected = re.escape("/api/v1/" + path.replace("{id}", NOBODY))
    assert re.match(
        rf"^No HTTP resource was found that matches the request URI 'https://[^/]+\.azurewebsites\.net{expected}'\.$",
        error["message"],
    )
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
