# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All routers of the sandbox. A new resource is a module with a router and a line here."""

from __future__ import annotations

from ..defender import catalogue_routes, role_assignments, role_definitions
from ..directory import (
    directory_objects,
    group_members,
    groups,
    me,
    organization,
    service_principals,
    tenant_information,
    tenant_policies,
    users,
)
from ..entitlement import (
    assignments,
    catalogs,
    connected_organizations,
    incompatibilities,
    packages,
    policies,
    requests,
    resource_requests,
    role_scopes,
    settings,
)
from .routing import Router


def all_routes() -> list[Router]:
    """The routers, of every area."""
    modules = [
        directory_objects,
        group_members,
        groups,
        me,
        organization,
        service_principals,
        tenant_information,
        tenant_policies,
        users,
        catalogue_routes,
        role_assignments,
        role_definitions,
        assignments,
        catalogs,
        connected_organizations,
        incompatibilities,
        packages,
        policies,
        requests,
        resource_requests,
        role_scopes,
        settings,
    ]
    return [module.router for module in modules]
