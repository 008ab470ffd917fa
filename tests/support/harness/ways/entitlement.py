# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of connected organizations, catalogs and access packages."""

from __future__ import annotations

import typing as t

from harness import world
from harness.tenants import Tenant
from harness.ways import by_hand
from harness.ways.directory import NOWHERE
from harness.ways.telling import Story, failures, predicted, registered, step

DENIED = "UnAuthorized"

_MSSP: dict[str, t.Any] = {"org_tenant_id": world.MSSP_TENANT}
_ORGANIZATION: dict[str, t.Any] = {
    **_MSSP,
    "description": "The MSSP",
    "internal_sponsors": ["ada@{{ tenant.domain }}"],
    "accept_open_policies": True,
}
_ORGANIZATION_CHANGED: dict[str, t.Any] = {
    "domain": world.MSSP_DOMAIN,
    "name": "The MSSP",
    "description": "2027-01-01 10:00:00",
    "internal_sponsors": ["{{ ben }}"],
    "external_sponsors": [],
}


def _organization(tenant: Tenant) -> dict[str, t.Any]:
    other = by_hand.organization(tenant, "Tailspin", world.OTHER_TENANT)
    home = by_hand.catalog(tenant, "MSSP Accesses")
    tier1 = by_hand.package(tenant, "Tier 1", home)
    by_hand.policy(tenant, "For Tailspin", tier1, other)
    return {"ben": tenant.user("ben"), "tier1": tier1}


def _organization_warned(tenant: Tenant) -> dict[str, t.Any]:
    made = _organization(tenant)
    # What another organization gets as well is worth a warning.
    by_hand.open_to_all(tenant, made["tier1"])
    return made


ORGANIZATION = Story(
    "organization",
    _organization_warned,
    [
        predicted("create in check mode", "connected_org", "changed", **_ORGANIZATION),
        registered(step("create", "connected_org", "changed", **_ORGANIZATION), "made"),
        step("create again", "connected_org", "ok", **_ORGANIZATION),
        predicted("change in check mode", "connected_org", "changed", **_ORGANIZATION_CHANGED),
        step("change", "connected_org", "changed", **_ORGANIZATION_CHANGED),
        step("change again", "connected_org", "ok", **_ORGANIZATION_CHANGED),
        step("read by id", "connected_org_info", "ok", org_id="{{ made.connected_org.id }}"),
        step("read by domain", "connected_org_info", "ok", domain=world.MSSP_DOMAIN),
        predicted("absent in check mode", "connected_org", "changed", **_MSSP, state="absent"),
        step("absent", "connected_org", "changed", **_MSSP, state="absent"),
        step("absent again", "connected_org", "ok", **_MSSP, state="absent"),
    ],
)

ORGANIZATION_FAILURES = failures(
    "organization-failures",
    _organization,
    [
        step("read all", "connected_org_info", "ok"),
        step("read without permission", "connected_org_info", DENIED, client="nobody"),
        step("itself", "connected_org", "InvalidInput", org_tenant_id="{{ tenant.tenant_id }}"),
        step("no tenant", "connected_org", "InvalidInput", org_tenant_id=NOWHERE),
        step("without permission", "connected_org", DENIED, **_MSSP, description="x", client="reader"),
        step("wrong choice", "connected_org", "must be one of: configured, proposed", **_MSSP, org_state="open"),
        step("by tenant and domain", "connected_org", "mutually exclusive", **_MSSP, domain="x.example"),
        step("in use", "connected_org", "InUse", org_tenant_id=world.OTHER_TENANT, state="absent"),
    ],
)

_CATALOG: dict[str, t.Any] = {"name": "Accesses", "description": "For the MSSP", "externally_visible": True, "groups": ["Tier 1"]}
_CATALOG_CHANGED: dict[str, t.Any] = {
    "name": "Accesses",
    "description": "",
    "published": False,
    "groups": [{"id": "{{ tier2 }}", "displayName": "Tier 2"}],
}


def _catalog(tenant: Tenant) -> dict[str, t.Any]:
    for _number in range(2):
        by_hand.catalog(tenant, "Twin")
    by_hand.package(tenant, "Tier 1", by_hand.catalog(tenant, "Used"))
    return {"tier1": tenant.group("Tier 1"), "tier2": tenant.group("Tier 2")}


CATALOG = Story(
    "catalog",
    _catalog,
    [
        predicted("create in check mode", "access_package_catalog", "changed", **_CATALOG),
        registered(step("create", "access_package_catalog", "changed", **_CATALOG), "made"),
        step("create again", "access_package_catalog", "ok", **_CATALOG),
        predicted("change in check mode", "access_package_catalog", "changed", **_CATALOG_CHANGED),
        step("change", "access_package_catalog", "changed", **_CATALOG_CHANGED),
        step("change again", "access_package_catalog", "ok", **_CATALOG_CHANGED),
        step("read by id", "access_package_catalog_info", "ok", catalog_id="{{ made.catalog.id }}"),
        step("read by name", "access_package_catalog_info", "ok", name="Accesses"),
        predicted("absent in check mode", "access_package_catalog", "changed", name="Accesses", state="absent"),
        step("absent", "access_package_catalog", "changed", name="Accesses", state="absent"),
        step("absent again", "access_package_catalog", "ok", name="Accesses", state="absent"),
    ],
)

CATALOG_FAILURES = failures(
    "catalog-failures",
    _catalog,
    [
        step("read all", "access_package_catalog_info", "ok"),
        step("read without permission", "access_package_catalog_info", DENIED, client="nobody"),
        step("no such group", "access_package_catalog", "InvalidInput", name="Accesses", groups=["Tire 1"]),
        step("without permission", "access_package_catalog", DENIED, name="Accesses", description="x", client="reader"),
        step("two of one name", "access_package_catalog", "Ambiguous", name="Twin", description="x"),
        step("in use", "access_package_catalog", "InUse", name="Used", state="absent"),
    ],
)

_KEY: dict[str, t.Any] = {"name": "Tier 1", "catalog": "Accesses"}
_PACKAGE: dict[str, t.Any] = {**_KEY, "description": "What tier 1 gets", "resource_roles": [{"group": "Tier 1"}]}
_PACKAGE_CHANGED: dict[str, t.Any] = {
    **_KEY,
    "hidden": True,
    "resource_roles": [{"group": {"id": "{{ tier2 }}", "displayName": "Tier 2"}, "role": "Owner"}],
    "incompatible_groups": ["Tier 1"],
}


def _package(tenant: Tenant) -> dict[str, t.Any]:
    groups = {"tier1": tenant.group("Tier 1"), "tier2": tenant.group("Tier 2")}
    home = by_hand.catalog(tenant, "Accesses", groups.values())
    for _number in range(2):
        tenant.group("Twin")
    by_hand.assigned(tenant, by_hand.package(tenant, "Assigned", home))
    return {**groups, "home": home}


PACKAGE = Story(
    "package",
    _package,
    [
        predicted("create in check mode", "access_package", "changed", **_PACKAGE),
        registered(step("create", "access_package", "changed", **_PACKAGE), "made"),
        step("create again", "access_package", "ok", **_PACKAGE),
        predicted("change in check mode", "access_package", "changed", **_PACKAGE_CHANGED),
        step("change", "access_package", "changed", **_PACKAGE_CHANGED),
        step("change again", "access_package", "ok", **_PACKAGE_CHANGED),
        step("read by id", "access_package_info", "ok", package_id="{{ made.access_package.id }}"),
        step("read by name", "access_package_info", "ok", name="Tier 1", catalog="{{ home }}"),
        predicted("absent in check mode", "access_package", "changed", **_KEY, state="absent"),
        step("absent", "access_package", "changed", **_KEY, state="absent"),
        step("absent again", "access_package", "ok", **_KEY, state="absent"),
    ],
)

PACKAGE_FAILURES = failures(
    "package-failures",
    _package,
    [
        step("read all", "access_package_info", "ok"),
        step("read without permission", "access_package_info", DENIED, client="nobody"),
        step("no such catalog", "access_package", "InvalidInput", name="Tier 1", catalog="Acceses"),
        step("without permission", "access_package", DENIED, **_KEY, description="x", client="reader"),
        step("two groups of one name", "access_package", "2 objects match", **_KEY, resource_roles=[{"group": "Twin"}]),
        step(
            "wrong choice inside",
            "access_package",
            "must be one of: Member, Owner",
            **_KEY,
            resource_roles=[{"group": "x", "role": "y"}],
        ),
        step(
            "missing inside", "access_package", "missing required arguments: group", **_KEY, resource_roles=[{"role": "Member"}]
        ),
        step("in use", "access_package", "InUse", name="Assigned", catalog="Accesses", state="absent"),
    ],
)

STORIES = (ORGANIZATION, ORGANIZATION_FAILURES, CATALOG, CATALOG_FAILURES, PACKAGE, PACKAGE_FAILURES)
