# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planted in which customer's tenant, when, and what exactly the audit is to find there."""

from __future__ import annotations

import dataclasses
import typing as t

import audit_plants
from audit_plants import BASICS, LIVE, NOBODY, SECURITY_READER
from audit_world import APPROVERS, TIER1, TIER2, Customer, Json

# (rule, object, who, property); None where there is none.
Expected = tuple[str, str, str | None, str | None]
T1, T2, APP = (f"{package}: MSSP SOC users" for package in (TIER1, TIER2, APPROVERS))


def nothing(customer: Customer) -> None:
    """Leave it as it is."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One customer.

    :param variables: of the onboarding. `anna` and `boris` are the customer's people.
    :param early: what is done on the first day, `mid` five days before the audit, `late` an hour before.
    :param client: the application that audits.
    :param options: of the audit.
    """

    name: str
    expected: tuple[Expected, ...] = ()
    variables: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    early: t.Callable[[Customer], None] = nothing
    mid: t.Callable[[Customer], None] = nothing
    late: t.Callable[[Customer], None] = nothing
    client: str = "audit"
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


def _customers_approve(name: str, *people: str) -> Json:
    approvers = [{"user": f"{person}@{name}.example"} for person in people or ("anna",)]
    return {"mssp_onboard_customer_approvers": approvers, "mssp_onboard_tier_approvers": "customer"}


def _initial(name: str, *people: str) -> Json:
    return {"mssp_onboard_initial_approvers": [f"{person}@{name}.example" for person in people or ("anna",)]}


CASES = (
    Case("fresh", variables=_customers_approve("fresh")),
    Case("initial", variables=_initial("initial", "anna", "boris")),
    Case("delivered", variables=_initial("delivered"), early=audit_plants.delivered),
    Case("default", (("MSSP101", T1, None, None), ("MSSP101", T2, None, None))),
    Case(
        "members",
        (
            ("MSSP001", TIER2, "ana", None),
            ("MSSP001", TIER1, "lea", None),
            ("MSSP004", TIER2, None, "members/{group:Night shift}"),
        ),
        _initial("members"),
        audit_plants.old_member,
        audit_plants.new_member,
    ),
    Case(
        "assignments",
        (
            ("MSSP002", TIER1, "ana", None),
            ("MSSP003", TIER2, "kim", None),
            ("MSSP006", TIER2, "lea", None),
            ("MSSP007", TIER1, "ida", None),
        ),
        _initial("assignments"),
        audit_plants.assignments,
        audit_plants.taken_out,
        audit_plants.just_ended,
    ),
    Case("disabled", (("MSSP102", T1, "carl", None),), _customers_approve("disabled", "anna", "carl"), mid=audit_plants.disabled),
    Case(
        "gone",
        # By its name nobody finds who has left, and so the onboarding stops there.
        (("MSSP102", T1, "", None), ("MSSP901", "Gone", None, None)),
        _customers_approve("gone", "anna", "carl"),
        mid=audit_plants.gone,
    ),
    Case(
        "both",
        (("MSSP103", T1, "lea", None), ("MSSP109", TIER2, "ana", None)),
        {**_initial("both"), "mssp_onboard_customer_approvers": [{"user": "boris@both.example"}]},
        audit_plants.both,
        late=audit_plants.own_tenant,
    ),
    Case(
        "mssp",
        (
            ("MSSP104", APP, None, None),
            ("MSSP105", T1, None, None),
            ("MSSP105", T2, None, None),
            ("MSSP007", APPROVERS, "lea", None),
        ),
        {"mssp_onboard_approvers_approve_approvers": True},
        audit_plants.mssp_only,
    ),
    Case(
        "drift",
        (
            ("MSSP201", T1, None, "requestApprovalSettings.isApprovalRequiredForUpdate"),
            ("MSSP202", T1, None, "allowedTargetScope"),
            ("MSSP207", T1, None, "specificAllowedTargets"),
            ("MSSP203", T1, None, "expiration"),
            ("MSSP204", T1, None, "reviewSettings.isEnabled"),
            ("MSSP208", T1, None, "description"),
            ("MSSP206", T2, None, None),
            ("MSSP205", "Tier 1 Analysts", None, "rolePermissions"),
            ("MSSP208", TIER1, None, "description"),
            ("MSSP207", TIER1, None, "isHidden"),
        ),
        _initial("drift"),
        mid=audit_plants.drift,
    ),
    Case(
        "extension",
        (("MSSP209", T1, None, None), ("MSSP209", T2, None, None), ("MSSP302", "Tier 2 Analysts", None, None)),
        {
            **_initial("extension"),
            "mssp_onboard_approval_for_extension": False,
            "mssp_onboard_tier2_permissions": [BASICS, LIVE],
        },
    ),
    Case(
        "defender",
        (
            ("MSSP301", TIER1, None, "Defender role {role:Hunters}"),
            ("MSSP303", "Odd", "ana", None),
            ("MSSP303", "Odd", "lea", None),
            ("MSSP304", "Old", None, f"principal {NOBODY}"),
            ("MSSP406", "Ana", "ana", "group {group:Ops}"),
        ),
        _initial("defender"),
        audit_plants.defender,
    ),
    Case(
        "ways",
        (
            ("MSSP401", TIER1, "boris", None),
            ("MSSP402", "MSSP Accesses", "boris", "Catalog owner {user:boris}"),
            ("MSSP403", f"{TIER1}: Partners", None, None),
            ("MSSP404", f"{TIER1}: Back door", None, None),
            ("MSSP405", "Everything", None, f"group {{group:{TIER2}}}"),
            ("MSSP406", "Ana", "ana", "group {group:Projects}"),
            ("MSSP407", "Lea", "lea", f"role {SECURITY_READER}"),
        ),
        _initial("ways"),
        audit_plants.ways_in,
    ),
    Case(
        "ends",
        (
            ("MSSP501", TIER1, "ana", None),
            ("MSSP501", APPROVERS, "anna", None),
            ("MSSP502", TIER1, None, None),
            ("MSSP502", APPROVERS, None, None),
            ("MSSP503", TIER2, None, None),
            ("MSSP504", TIER2, "lea", None),
        ),
        {**_initial("ends"), "mssp_onboard_duration_days": 120, "mssp_onboard_review_first_after_days": 0},
        audit_plants.overdue,
        audit_plants.waiting,
    ),
    Case("failed", (("MSSP005", TIER1, "zed", None),), _initial("failed"), audit_plants.not_delivered),
    Case("guests", (("MSSP106", "Zoe", "zoe", None), ("MSSP107", "Gus", "gus", None)), _initial("guests"), audit_plants.guests),
    Case(
        "unknown",
        (("MSSP108", "Unknown", None, None),),
        _initial("unknown"),
        lambda customer: customer.let_in("gus", TIER1),
    ),
    Case(
        "surplus",
        (("MSSP408", "{client:both}", None, None), ("MSSP409", "{client:both}", None, None)),
        _customers_approve("surplus"),
        client="both",
        options={"mssp_audit_allow_write_token": True},
    ),
    Case(
        "partial",
        (
            ("MSSP900", "Partial", None, "Entra roles"),
            ("MSSP900", "Partial", None, "Users and their sign-ins"),
            ("MSSP900", "Partial", None, "The audit log of approvals"),
        ),
        _customers_approve("partial"),
        client="partial",
    ),
)
REFUSED = Case("refused", client="both", variables=_customers_approve("refused"))
BROKEN = Case("broken", client="audit", variables=_customers_approve("broken"))
ALL = (*CASES, REFUSED, BROKEN)
