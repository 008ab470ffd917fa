# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All routers of the sandbox. A new resource is a module with a router and a line here."""

from __future__ import annotations

from ..audit import routes as audit_logs
from ..defender import catalogue_routes, role_assignments, role_definitions, zones
from ..directory import (
    administrative_units,
    app_role_assignments,
    applications,
    deleted_items,
    directory_objects,
    directory_roles,
    group_members,
    groups,
    invitations,
    me,
    membership,
    organization,
    service_principals,
    subscribed_skus,
    tenant_information,
    user_relations,
    users,
)
from ..entitlement import (
    approvals,
    assignments,
    catalogs,
    connected_organizations,
    extensions,
    incompatibilities,
    package_requestors,
    packages,
    policies,
    requests,
    resource_environments,
    resource_requests,
    role_scopes,
    settings,
    subjects,
)
from ..entitlement import role_assignments as catalog_roles
from ..policies_tenant import authorization, b2b_management, conditional_access, cross_tenant, group_settings
from ..relationships import routes as relationships
from ..reviews import actions as review_actions
from ..reviews import routes as reviews
from . import metadata_only
from .routing import Router


def all_routes() -> list[Router]:
    """The routers, of every area."""
    modules = [
        administrative_units,
        app_role_assignments,
        applications,
        deleted_items,
        directory_objects,
        directory_roles,
        group_members,
        groups,
        invitations,
        me,
        membership,
        organization,
        service_principals,
        subscribed_skus,
        tenant_information,
        user_relations,
        users,
        b2b_management,
        conditional_access,
        cross_tenant,
        group_settings,
        relationships,
        catalogue_routes,
        role_assignments,
        role_definitions,
        zones,
        approvals,
        assignments,
        catalogs,
        connected_organizations,
        extensions,
        incompatibilities,
        package_requestors,
        packages,
        policies,
        requests,
        resource_environments,
        resource_requests,
        role_scopes,
        settings,
        subjects,
        catalog_roles,
        reviews,
        review_actions,
        audit_logs,
    ]
    routers = [authorization.v1, authorization.beta, *(module.router for module in modules)]
    return [*routers, metadata_only.router_beside(routers)]
