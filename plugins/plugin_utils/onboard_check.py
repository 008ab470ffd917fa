# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What is wrong with the variables of the role mssp_onboard, taken together.

Ansible's own check of role arguments prints its whole specification, and knows neither how variables belong together nor whose
customer they are.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import shown, truth
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import (
    PREFIX,
    VARIABLES,
    tier_label,
    unknown_name,
    wrong_value,
)

_GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OBJECT = re.compile(_GUID, re.IGNORECASE)
_TENANT = re.compile(_GUID + r"|[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

# What two tiers cannot share, and what a tier cannot share with the approvers.
_OWN = ("key", "group", "group_id", "role", "role_id", "package")
_OF_APPROVERS = {"group": "approvers_group", "group_id": "approvers_group_id", "package": "approvers_package"}


def onboard_problem(variables: t.Mapping[str, t.Any], names: t.Iterable[str] = ()) -> str:
    """The first problem of the variables as one sentence with its remedy, or an empty string."""
    names = set(map(str, names))
    return (
        unknown_name(names)
        or _parties(variables)
        or _values(variables, names)
        or _ids(variables)
        or _tiers(variables)
        or _deciders(variables)
    )


def _parties(variables: t.Mapping[str, t.Any]) -> str:
    tenant = str(variables.get("tenant_id") or "").strip()
    if not tenant:
        return (
            "mssp_onboard_tenant_id is not set. Set it in host_vars to the customer's tenant id or to one of its verified "
            "domains; nothing was done for this customer."
        )
    if not _TENANT.fullmatch(tenant):
        return f"mssp_onboard_tenant_id is '{tenant}'. Set it to the customer's tenant id or to one of its verified domains."
    mssp_id, mssp_domain = variables.get("mssp_tenant_id"), variables.get("mssp_domain")
    if bool(mssp_id) == bool(mssp_domain):
        how = "both are" if mssp_id else "neither is"
        return (
            f"mssp_onboard_mssp_tenant_id or mssp_onboard_mssp_domain names the MSSP, and {how} set. "
            "Set exactly one of them, for all customers."
        )
    mssp = str(mssp_id or mssp_domain).strip()
    if not _TENANT.fullmatch(mssp):
        return (
            f"the MSSP's tenant is '{mssp}'. Set mssp_onboard_mssp_tenant_id to its id, or mssp_onboard_mssp_domain to a domain."
        )
    if mssp.lower() == tenant.lower():
        return (
            f"the customer's tenant and the MSSP's tenant are the same ({tenant}). "
            "Correct mssp_onboard_tenant_id: nothing is ever built in the MSSP's own tenant."
        )
    return ""


def _values(variables: t.Mapping[str, t.Any], names: t.Collection[str]) -> str:
    for name in VARIABLES:
        value = variables.get(name)
        # What is not set arrives as null, on ansible-core 2.16 as an empty text.
        if value in (None, "") and PREFIX + name not in names:
            continue
        problem = wrong_value(name, value)
        if problem:
            return problem
    return ""


def _ids(variables: t.Mapping[str, t.Any]) -> str:
    stated = {f"{tier_label(number, tier)}: group_id": tier.get("group_id") for number, tier in _numbered(variables)}
    stated["mssp_onboard_approvers_group_id"] = variables.get("approvers_group_id")
    for where, value in stated.items():
        if value and not _OBJECT.fullmatch(str(value)):
            return f"{where} is {shown(value)}, which is no object id. Copy it from the group's overview in the Entra portal."
    return ""


def _tiers(variables: t.Mapping[str, t.Any]) -> str:
    seen = {(name, str(variables[theirs]).lower()): 0 for name, theirs in _OF_APPROVERS.items() if variables.get(theirs)}
    for number, tier in _numbered(variables):
        label = tier_label(number, tier)
        if not tier.get("permissions") and not truth(variables.get("skip_defender") or False):
            return f"{label} has no permissions. Add what is missing."
        if not _KEY.fullmatch(str(tier["key"])) or tier["key"] == "approvers":
            return f"{label}: key is {shown(tier['key'])}. Use up to 32 small letters, digits and hyphens, and not 'approvers'."
        for name in _OWN:
            value = tier.get(name) or (tier["group"] if name == "package" else None)
            first = seen.setdefault((name, str(value).lower()), number) if value else number
            if first != number:
                whose = f"tier {first}" if first else "the approvers"
                return f"{label} has the same {name} as {whose} ({shown(value)}). Give each its own."
    return ""


def _numbered(variables: t.Mapping[str, t.Any]) -> t.Iterable[tuple[int, t.Mapping[str, t.Any]]]:
    return enumerate(variables.get("tiers") or [], start=1)


def _deciders(variables: t.Mapping[str, t.Any]) -> str:
    if variables.get("customer_approvers"):
        return ""
    for name in ("tier_approvers", "reviewers"):
        value = variables.get(name)
        if value in ("customer", "both"):
            return (
                f"mssp_onboard_{name} is '{value}', but mssp_onboard_customer_approvers names nobody. "
                "Name at least one person or group of the customer."
            )
    return ""
