# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What goes wrong with an assignment, or otherwise than was stated, in words that help."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import has_code
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word

_PREMIUM = ("NoGovernanceSku", "NoLicense", "GuestBillingRequired")


def delivery_failed(entity: t.Mapping[str, t.Any]) -> Failure:
    """The groups could not be given, or the person could not be invited."""
    return Failure(
        f"its delivery failed (status '{entity.get('status')}')",
        remedy="See whether the groups of the package are there and can be managed, and whether guests may be invited; then "
        "reprocess the request in the portal, within 14 days, or use state: absent and assign again.",
        code="DeliveryFailed",
    )


def refused(request: t.Mapping[str, t.Any]) -> Failure:
    """Somebody, or something, said no."""
    return Failure(
        f"its request was {word(request.get('state'))} (status '{request.get('status')}')",
        remedy="Look at the request in the portal: an approver, a custom extension or a time limit ended it.",
        code="RequestRefused",
    )


def explain(error: GraphError, policy: str, *, invited: bool) -> None:
    """Say what to do about a refusal of an assignment."""
    # Its code is not recorded, its words are.
    if error.status in (400, 403) and "policy requirements" in (error.detail or "").lower():
        error.remedy = f"The policy '{policy}' does not let this person in: " + (
            "the address must belong to a connected organization that it names."
            if invited
            else "name another policy, or widen its requestors."
        )
    elif invited and has_code(error, *_PREMIUM):
        known = f"{error.remedy} " if error.remedy else ""
        error.remedy = (
            f"{known}An assignment that invites takes Entra ID Governance and a linked Azure subscription: invite the guest "
            "first, and leave invite out."
        )


def is_of_parameters(error: GraphError) -> bool:
    """Whether the service stumbles over `parameters`. It names them, or says only that the model is invalid."""
    words = (error.detail or "").lower()
    return error.status == 400 and (has_code(error, "InvalidModel") or "bypassapproval" in words or "parameters" in words)


# -- warnings --------------------------------------------------------------------------------------------------------

UNKNOWN_BYPASS = "the service of this tenant does not know bypass_approval: the approvers may be asked"


def being_removed(name: str) -> str:
    """Nothing can be asked for meanwhile."""
    return f"the assignment '{name}' is being removed: run again when that is done, to assign it anew"


def stays_under(name: str, policy: t.Mapping[str, t.Any]) -> str:
    """No request moves an assignment to another policy."""
    return (
        f"the assignment '{name}' is under the policy '{policy.get('displayName')}' and stays there: another one takes effect "
        "when it is removed and assigned again"
    )


def in_part(name: str) -> str:
    """Some groups of the package could not be given."""
    return (
        f"the assignment '{name}' was delivered in part only: see to the groups of the package, then reprocess it in the portal"
    )


def nobody_asked(name: str) -> str:
    """Some tenants' services skip the approvers of a direct assignment, whatever is asked (practice M3)."""
    return (
        f"nobody was asked to approve the assignment '{name}', though its policy says so: the service of this tenant gives "
        "direct assignments at once"
    )
