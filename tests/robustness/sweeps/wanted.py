# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator wants: variables of the role mssp_onboard, and the plan that follows from them."""

from __future__ import annotations

import copy
import functools
import typing as t
from pathlib import Path

import yaml

from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_plan import plan

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

    @property
    def tiers(self) -> list[Arguments]:
        """The tiers."""
        return t.cast("list[Arguments]", self["tiers"])

    @functools.cached_property
    def plan(self) -> Arguments:
        """What the role's lookup makes of the variables."""
        return plan({**self._values, "tenant_id": "customer", "mssp_tenant_id": MSSP})


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
