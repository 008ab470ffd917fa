# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tenant has bought, as ``assignedPlans`` and ``subscribedSkus`` show it. Switches: licence, defender_plan.

Ids: learn.microsoft.com "Product names and service plan identifiers for licensing".
"""

from __future__ import annotations

from dataclasses import dataclass

from ..config.quirks import Quirks
from ..ids import derive_guid


@dataclass(frozen=True, slots=True)
class Product:
    """A product and the service plans that matter here: (name, id, the service's name in assignedPlans)."""

    part_number: str
    sku_id: str
    plans: tuple[tuple[str, str, str], ...]


_P1 = ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AADPremiumService")
_P2 = ("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998", "AADPremiumService")
_GOVERNANCE = ("Entra_Identity_Governance", "e866a266-3cff-43a3-acca-0c90a7e00c8b", "AADPremiumService")
_MDE_P2 = ("WINDEFATP", "871d91ec-ec1a-452b-a83f-bd76c7d770ef", "WindowsDefenderATP")
_MDE_P1 = ("MDE_LITE", "292cc034-7b7c-4950-aaf5-943befd3f1d4", "WindowsDefenderATP")
_BUSINESS = ("MDE_SMB", "bfc1bbd9-981b-4f71-9b82-17c35fd0e2a4", "WindowsDefenderATP")

_ENTRA: dict[str, tuple[Product, ...]] = {
    "none": (),
    "p1": (Product("AAD_PREMIUM", "078d2b04-f1bd-4111-bbd4-b4b1b354cef4", (_P1,)),),
    "p2": (Product("AAD_PREMIUM_P2", "84a661c4-e949-4bd2-a560-ed7766fcaf2b", (_P1, _P2)),),
    "governance": (
        Product("AAD_PREMIUM_P2", "84a661c4-e949-4bd2-a560-ed7766fcaf2b", (_P1, _P2)),
        Product(
            "Microsoft_Entra_ID_Governance_Step_Up_for_Microsoft_Entra_ID_P2",
            derive_guid("sku", "governance step up"),  # only the product's name was found
            (_GOVERNANCE,),
        ),
    ),
}
_DEFENDER: dict[str, tuple[Product, ...]] = {
    "none": (),
    "p1": (Product("DEFENDER_ENDPOINT_P1", "16a55f2f-ff35-4cd5-9146-fb784e3761a5", (_MDE_P1,)),),
    "p2": (Product("WIN_DEF_ATP", "111046dd-295b-4d6d-9724-d52ac90bd1f2", (_MDE_P2,)),),
    "business": (Product("SPB", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", (_P1, _BUSINESS)),),
}


def products(quirks: Quirks) -> list[Product]:
    """The tenant's products."""
    return [*_ENTRA[quirks.licence], *_DEFENDER[quirks.defender_plan]]


def has_premium(quirks: Quirks) -> bool:
    """Whether features of Entra ID P1 work, such as sign-in activity."""
    return quirks.licence != "none"
