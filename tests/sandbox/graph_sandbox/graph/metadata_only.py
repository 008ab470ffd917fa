# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of entitlement management that Graph's metadata and SDKs have and the service has not (EM 1.1).

The metadata makes create, read, change and delete of every relation; documented is a part of them. What stands here meets
a documented path with another method, or a path of which nothing is documented below a documented one; paths that no
route begins are answered the same way without being listed.
"""

from __future__ import annotations

import re

from ..entitlement.common import PATH
from .errors import Area
from .routing import Router

_VARIABLE = re.compile(r"\{\w+\}")
# A literal segment here hides a variable of the same place in a route that is served: use the same variable.
NOT_SERVED: tuple[tuple[str, str], ...] = (
    ("PUT", "/accessPackages/{id}"),
    ("GET", "/accessPackages/{id}/assignmentPolicies"),
    ("POST", "/accessPackages/{id}/assignmentPolicies"),
    ("GET", "/accessPackages/{id}/catalog"),
    ("GET", "/accessPackages/{id}/resourceRoleScopes"),
    ("GET", "/accessPackages/{id}/resourceRoleScopes/{scope_id}"),
    ("PATCH", "/accessPackages/{id}/resourceRoleScopes/{scope_id}"),
    ("PATCH", "/assignmentPolicies/{id}"),
    ("GET", "/assignmentPolicies/{id}/accessPackage"),
    ("GET", "/assignmentPolicies/{id}/catalog"),
    ("PATCH", "/assignmentRequests/{id}"),
    ("POST", "/assignments"),
    ("PATCH", "/assignments/{id}"),
    ("DELETE", "/assignments/{id}"),
    ("GET", "/assignments/{id}/target"),
    ("POST", "/catalogs/{id}/accessPackages"),
    ("GET", "/catalogs/{id}/accessPackages"),
    ("POST", "/catalogs/{id}/resources"),
    ("PATCH", "/catalogs/{id}/resources/{resource_id}"),
    ("DELETE", "/catalogs/{id}/resources/{resource_id}"),
    ("POST", "/catalogs/{id}/resourceRoles"),
    ("GET", "/catalogs/{id}/resourceScopes"),
    ("POST", "/connectedOrganizations/{id}/{relation}"),
    ("POST", "/resourceEnvironments"),
    ("GET", "/resourceEnvironments/{id}"),
    ("PATCH", "/resourceEnvironments/{id}"),
    ("GET", "/resourceRequests/{id}"),
    ("PATCH", "/resourceRequests/{id}"),
    ("DELETE", "/resourceRequests/{id}"),
    ("GET", "/resourceRoleScopes"),
    ("PATCH", "/resourceRoleScopes/{id}"),
    ("GET", "/resources"),
    ("POST", "/resources"),
    ("DELETE", "/settings"),
    ("POST", "/subjects"),
    ("GET", "/subjects/{id}"),
    ("DELETE", "/subjects/{id}"),
)


def router_beside(routers: list[Router]) -> Router:
    """A router for those of the list that no other router serves or refuses already."""
    taken = {(method, _VARIABLE.sub("{}", template)) for router in routers for method, template, _route in router.entries}
    result = Router(Area.ENTITLEMENT, PATH, versions=("v1.0",))
    for method, template in NOT_SERVED:
        if (method, _VARIABLE.sub("{}", f"/v1.0{PATH}{template}")) not in taken:
            result.absent(method, template)
    return result
