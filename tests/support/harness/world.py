# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world that every test module starts with: many customers, a few people in each, the MSSP as a tenant elsewhere."""

from __future__ import annotations

import typing as t

CUSTOMERS = 60
PEOPLE = ("ada", "ben", "cyd", "dee")
READ_ONLY = (
    "GroupMember.Read.All",
    "User.Read.All",
    "RoleManagement.Read.Defender",
    "EntitlementManagement.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "Organization.Read.All",
)
MSSP_TENANT = "b1000000-0000-4000-8000-000000000001"
MSSP_DOMAIN = "fabrikam-security.example"
MSSP_NAME = "Fabrikam Security"
OTHER_TENANT = "b1000000-0000-4000-8000-000000000002"
OTHER_DOMAIN = "tailspin.example"


def config(customers: int = CUSTOMERS, **more: t.Any) -> dict[str, t.Any]:
    """The sandbox's configuration; `more` goes to its top level."""
    return {
        "tenants": [customer(number) for number in range(1, customers + 1)],
        "external_tenants": [
            {
                "display_name": MSSP_NAME,
                "domain": MSSP_DOMAIN,
                "aliases": ["fabrikam-security.onmicrosoft.example"],
                "tenant_id": MSSP_TENANT,
            },
            {"display_name": "Tailspin", "domain": OTHER_DOMAIN, "tenant_id": OTHER_TENANT},
        ],
        **more,
    }


def customer(number: int) -> dict[str, t.Any]:
    """One customer's tenant."""
    domain = f"customer{number}.example"
    return {
        "display_name": f"Customer {number}",
        "domain": domain,
        "users": [
            *({"user_principal_name": f"{name}@{domain}", "display_name": name.title()} for name in PEOPLE),
            {
                "user_principal_name": f"lead_{MSSP_DOMAIN}#EXT#@{domain}",
                "display_name": "Lea Lead",
                "mail": f"lead@{MSSP_DOMAIN}",
                "user_type": "Guest",
            },
        ],
        "clients": [{"name": "reader", "permissions": list(READ_ONLY)}, {"name": "nobody", "permissions": []}],
    }
