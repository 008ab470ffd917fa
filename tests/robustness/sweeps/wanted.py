# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator wants: variables of the role mssp_onboard, and the module arguments that follow from them.

The arguments mirror the role's defaults and vars. `test_driver.py` holds them against the role itself.
"""

from __future__ import annotations

import copy
import functools
import typing as t
from pathlib import Path

import yaml

MSSP = "b1000000-0000-4000-8000-000000000001"

_ROLE = Path(__file__).resolve().parents[3] / "roles" / "mssp_onboard"
_PREFIX = "mssp_onboard_"

Arguments = dict[str, t.Any]


@functools.lru_cache(maxsize=1)
def _defaults() -> dict[str, t.Any]:
    text = (_ROLE / "defaults" / "main.yml").read_text(encoding="utf-8")
    found = {name.removeprefix(_PREFIX): value for name, value in yaml.safe_load(text).items()}
    found["tier2_permissions"] = found["tier1_permissions"] + found["live_response_permissions"]
    for tier in found["tiers"]:
        tier["permissions"] = found[f"{tier['key']}_permissions"]
    return found


class Wanted:
    """One operator's variables.

    :param changed: variables of the role without their prefix; the defaults hold for the others.
    """

    def __init__(self, **changed: t.Any) -> None:
        self.changed = changed
        self._values = {**copy.deepcopy(_defaults()), **copy.deepcopy(changed)}

    def __getitem__(self, name: str) -> t.Any:
        return self._values.get(name)

    def variables(self) -> dict[str, t.Any]:
        """For the role itself."""
        return {_PREFIX + name: value for name, value in self.changed.items()}

    # -- what vars/main.yml computes ---------------------------------------------------------------------------------

    @property
    def tiers(self) -> list[Arguments]:
        """The tiers."""
        return t.cast("list[Arguments]", self["tiers"])

    @property
    def entries(self) -> list[Arguments]:
        """The tiers and the approvers."""
        approvers = {
            "key": "approvers",
            "group": self["approvers_group"],
            "package": self["approvers_package"],
            "description": self["approvers_description"],
        }
        return [*self.tiers, approvers]

    def group_name(self, entry: Arguments) -> str:
        """The name of an entry's group."""
        return f"{self['name_prefix']}{entry['group']}"

    def package_name(self, entry: Arguments) -> str:
        """The name of an entry's package."""
        return f"{self['name_prefix']}{entry.get('package', entry['group'])}"

    def _stages(self, word: str, groups: Arguments) -> list[Arguments]:
        deciders = {"approvers": [{"group": groups["approvers"]}], "customer": self["customer_approvers"]}
        words = ["approvers", "customer"] if word == "both" else [word]
        return [
            {
                "deny_after_days": self["approval_days"],
                "approver_justification": self["approver_justification"],
                "approver_visibility": "default",
                "escalate_after_days": 0,
                "fallback_approvers": [],
                "escalation_approvers": [],
                "fallback_escalation_approvers": [],
                "approvers": deciders[each],
            }
            for each in words
        ]

    def tier_stages(self, groups: Arguments) -> list[Arguments]:
        """Who decides requests for tiers."""
        return self._stages(self["tier_approvers"], groups)

    def approvers_stages(self, groups: Arguments) -> list[Arguments]:
        """Who decides who becomes an approver."""
        return self._stages("customer" if self["customer_approvers"] else "approvers", groups)

    def _reviews(self, reviewers: list[Arguments]) -> Arguments:
        return {
            "enabled": self["reviews"],
            "every": self["review_every"],
            "open_days": self["review_open_days"],
            "first_after_days": self["review_first_after_days"],
            "unanswered": self["review_unanswered"],
            "recommendations": True,
            "justification": True,
            "fallback_reviewers": [],
            "self_review": not reviewers,
            "reviewers": reviewers,
        }

    def tier_reviews(self) -> Arguments:
        """Who reviews the tiers; `reviewers` is `self` or `customer` here."""
        return self._reviews([] if self["reviewers"] == "self" else self["customer_approvers"])

    def approvers_reviews(self) -> Arguments:
        """Who reviews the approvers."""
        return self._reviews(self["customer_approvers"])

    # -- arguments of the modules ------------------------------------------------------------------------------------

    def group(self, entry: Arguments, *, described: bool = True) -> Arguments:
        """aad_group."""
        told = {"description": entry.get("description", "")} if described else {}
        return {"name": self.group_name(entry), "unique_name": f"mssp-{MSSP}-{entry['key']}", "adopt": self["adopt"], **told}

    def role(self, tier: Arguments, groups: Arguments, *, described: bool = True) -> Arguments:
        """mde_role."""
        told = {"description": tier.get("description", "")} if described else {}
        return {
            "name": f"{self['name_prefix']}{tier['role']}",
            "permissions": tier["permissions"],
            "assigned_groups": [groups[tier["key"]]],
            "scopes": tier.get("scopes", self["scopes"]),
            "adopt": self["adopt"],
            **told,
        }

    def organization(self, *, described: bool = True) -> Arguments:
        """connected_org."""
        told = {"description": self["connected_org_description"]} if described else {}
        named = {"name": self["connected_org_name"]} if self["connected_org_name"] else {}
        state = {"org_state": self["connected_org_state"]} if self["connected_org_state"] else {}
        return {"org_tenant_id": MSSP, "accept_open_policies": self["accept_open_policies"], **named, **state, **told}

    def catalog(self, groups: Arguments) -> Arguments:
        """access_package_catalog."""
        return {
            "name": f"{self['name_prefix']}{self['catalog']}",
            "description": self["catalog_description"],
            "published": True,
            "externally_visible": True,
            "groups": [groups[entry["key"]] for entry in self.entries],
            "append": True,
        }

    def package(self, entry: Arguments, groups: Arguments, catalog: t.Any, hint: str) -> Arguments:
        """access_package."""
        return {
            "name": self.package_name(entry),
            "catalog": catalog,
            "description": entry.get("description", ""),
            "hidden": entry.get("hidden", self["packages_hidden"]),
            "resource_roles": [{"group": groups[entry["key"]]}],
            "directory_hint": hint,
        }

    def tier_policy(self, tier: Arguments, groups: Arguments, package: t.Any, organization: t.Any) -> Arguments:
        """access_package_policy of a tier."""
        told = tier.get("policy_description", f"Users of the MSSP SOC tenant may request {tier.get('package', tier['group'])}")
        return {
            **self._policy(package, organization, told, opened=True, stages=self.tier_stages(groups)),
            "duration_days": tier.get("duration_days", self["duration_days"]),
            "reviews": self.tier_reviews(),
        }

    def approvers_policy(self, groups: Arguments, package: t.Any, organization: t.Any) -> Arguments:
        """access_package_policy of the approvers."""
        told = "Users of the MSSP SOC tenant may request approver access; the customer decides"
        opened = bool(self["customer_approvers"])
        return {
            **self._policy(package, organization, told, opened=opened, stages=self.approvers_stages(groups)),
            "duration_days": self["duration_days"],
            "reviews": self.approvers_reviews(),
        }

    def _policy(self, package: t.Any, organization: t.Any, told: str, *, opened: bool, stages: list[Arguments]) -> Arguments:
        return {
            "name": self["policy"],
            "access_package": package,
            "description": told,
            "requestors": {"connected_organizations": [organization]},
            "requests": {
                "add": opened,
                "extend": opened,
                "remove": True,
                "custom_schedule": False,
                "on_behalf_add": False,
                "on_behalf_extend": False,
                "on_behalf_remove": False,
                "on_behalf_requestors": [],
            },
            "approval": {
                "for_new": True,
                "for_extension": self["approval_for_extension"],
                "requestor_justification": self["requestor_justification"],
                "stages": stages,
            },
            "notifications": True,
        }


def published(**more: t.Any) -> Wanted:
    """Nothing but the defaults, and what the test varies."""
    return Wanted(**more)


def changed(number: int, **more: t.Any) -> Wanted:
    """Another wish for the same customer: each kind of object is changed, by PATCH, by PUT or by replacing a link.

    :param number: which customer of the series.
    """
    tier1, tier2 = Wanted().tiers
    return Wanted(
        tiers=[
            # A renamed group, other permissions, a wider scope: the assignment is replaced.
            {
                **tier1,
                "group": "Tier 1 Desk",
                "package": "Tier 1 Analyst",
                "description": "Reads and triages",
                "permissions": tier1["permissions"][:3],
                "scopes": ["Mde", "Mdo"],
                "duration_days": 90,
            },
            # In the place of tier 2, which stays as it is.
            {
                **tier2,
                "key": "tier3",
                "group": "Tier 3 Analyst",
                "role": "Tier 3 Analysts",
                "permissions": tier1["permissions"][:1],
            },
        ],
        customer_approvers=[{"user": f"anna@customer{number}.example"}],
        tier_approvers="both",
        reviewers="customer",
        review_every="half_year",
        catalog_description="Access of Fabrikam",
        connected_org_description="Fabrikam, around the clock",
        connected_org_state="proposed",
        packages_hidden=True,
        duration_days=180,
        **more,
    )
