# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each variable of the role at every depth: what is accepted, and the sentence for what is not."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import STAGES
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import EVERY, LONGEST
from ansible_collections.mssp.defender.plugins.modules.access_package_policy import SPEC
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import problem, shown
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import (
    INTERNAL,
    PREFIX,
    VARIABLES,
    unknown_name,
    wrong_value,
)

TIER = {"key": "tier1", "group": "Tier 1 Analyst", "role": "Tier 1 Analysts", "permissions": ["alerts_investigation"]}
SECOND = "tier 2 of mssp_onboard_tiers ('tier2')"
PEOPLE = "Write entries such as user: anna@customer.com, or group: IT."
LINES = "Write each entry on a line of its own, after a hyphen."


def second(**more):
    return [TIER, {**TIER, "key": "tier2", **more}]


def stage(**more):
    return second(approval_stages=[{"approvers": [{"group": "IT"}]}, more])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # As ansible-core 2.16 hands over what was templated.
        ("duration_days", "365"),
        ("duration_days", 3660),
        ("adopt", "True"),
        ("adopt", "no"),
        ("adopt", 1),
        ("skip_defender", "0"),
        ("review_first_after_days", 0),
        ("name_prefix", ""),
        ("name_prefix", None),
        ("live_response_permissions", []),
        ("scopes", ("Mde", "Mdo")),
        ("catalog", 7),
        ("reviewers", "self"),
        ("reviewers", [{"group": {"id": "x", "displayName": "IT"}}]),
        ("customer_approvers", []),
        ("tiers", second(hidden="yes", duration_days="90", description="", reviews={"enabled": False})),
        ("tiers", stage(approvers=[{"manager_level": 1}], deny_after_days="3", approver_visibility="visible")),
        ("approval_stages", [{"approvers": [{"user": "anna@customer.com"}], "escalation_approvers": []}]),
        ("auth_method", "certificate"),
        ("client_secret", "0"),
    ],
)
def test_accepted(name, value):
    assert wrong_value(name, value) == ""


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("duration_days", "soon", "is 'soon', which is no whole number. Write the number of days, such as 365."),
        ("duration_days", 1.5, "is '1.5', which is no whole number. Write the number of days, such as 365."),
        ("duration_days", True, "is 'true', which is no whole number. Write the number of days, such as 365."),
        ("duration_days", ["7"], "is a list, which is no whole number. Write the number of days, such as 365."),
        ("duration_days", 0, "is 0. Choose 1 to 3660 days."),
        ("duration_days", "3661", "is 3661. Choose 1 to 3660 days."),
        ("approval_days", 0, "is 0. Choose 1 or more days."),
        ("wait_timeout", "long", "is 'long', which is no whole number. Write the number of seconds, such as 300."),
        ("adopt", "perhaps", "is 'perhaps', which is neither true nor false. Write true or false."),
        # The filter `bool` and a module's option disagree about it.
        ("adopt", "y", "is 'y', which is neither true nor false. Write true or false."),
        ("adopt", {}, "is a dictionary, which is neither true nor false. Write true or false."),
        ("catalog", None, "is empty. Give it a value, or leave it out."),
        ("catalog", " ", "is empty. Give it a value, or leave it out."),
        ("catalog", ["MSSP"], "is a list, which is no text. Write one value."),
        ("state", "gone", "is 'gone'. Set it to present or absent."),
        ("review_every", "fortnight", "is 'fortnight'. Set it to week, month, quarter, half_year or year."),
        ("tier_approvers", "nobody", "is 'nobody'. Set it to approvers, customer or both."),
        (
            "reviewers",
            "anna",
            "is 'anna'. Set it to self, approvers, customer, or a list of entries such as user: anna@customer.com.",
        ),
        ("reviewers", [], "is an empty list. List at least one entry, or leave it out."),
        ("scopes", "Mde", f"is 'Mde', which is no list. {LINES}"),
        ("scopes", ["Mde", {"a": 1}], ", entry 2 is a dictionary, which is no text. Write one value."),
        ("tier1_permissions", ["a", None], ", entry 2 is empty. Give it a value, or leave it out."),
        ("tiers", [], "is an empty list. Leave it out for the published two, or list at least one tier."),
        (
            "tiers",
            {"tier1": TIER},
            "is a dictionary, which is no list. Leave it out for the published two, or list at least one tier.",
        ),
        ("customer_approvers", "anna", f"is 'anna', which is no list. {PEOPLE}"),
        ("customer_approvers", ["anna"], f", entry 1 is 'anna', which is no dictionary. {PEOPLE}"),
        (
            "customer_approvers",
            [{"user": "a"}, {"user": "a", "group": "b"}],
            ", entry 2 names user and group. Name one of user, group in each entry.",
        ),
        ("customer_approvers", [{}], ", entry 1 names nobody. Name one of user, group in each entry."),
        ("customer_approvers", [{"user": ""}], ", entry 1: user is empty. Give it a value, or leave it out."),
        ("customer_approvers", [{"user": ["a"]}], ", entry 1: user is a list, which is no name and no id. Write one value."),
        ("customer_approvers", [{"users": "a"}], ", entry 1 has users, which means nothing. Write user instead."),
        ("approval_stages", [{}] * 4, "has 4 entries. List one to three stages, or leave it out."),
        ("approval_stages", [], "is an empty list. List one to three stages, or leave it out."),
        (
            "approval_stages",
            [{"approvers": [{"manager_level": "first"}]}],
            ", entry 1: approvers, entry 1: manager_level is 'first', which is no whole number. Write a whole number, such as 1.",
        ),
        # A secret is never shown, whatever is wrong with it.
        ("client_secret", ["s3cr3t"], "is a value that is not shown here, which is no text. Write one value."),
        ("certificate_password", "", "is empty. Give it a value, or leave it out."),
    ],
)
def test_a_variable(name, value, sentence):
    said = wrong_value(name, value)
    assert said.startswith(PREFIX + name)
    assert said[len(PREFIX + name) :].strip() == sentence


@pytest.mark.parametrize(
    ("tiers", "sentence"),
    [
        ([TIER, "tier2"], "tier 2 of mssp_onboard_tiers is 'tier2', which is no dictionary. Give it key, group and role."),
        ([{"key": "a"}], "tier 1 of mssp_onboard_tiers ('a') has no group and no role. Add what is missing."),
        (
            second(duraton_days=3),
            f"{SECOND} has duraton_days, which means nothing. Write duration_days instead.",
        ),
        (
            second(duration_days=None),
            f"{SECOND}: duration_days is empty. Give it a value, or leave it out.",
        ),
        (
            second(hidden="perhaps"),
            f"{SECOND}: hidden is 'perhaps', which is neither true nor false. Write true or false.",
        ),
        (second(permissions="all"), f"{SECOND}: permissions is 'all', which is no list. {LINES}"),
        (
            second(reviews="yearly"),
            f"{SECOND}: reviews is 'yearly', which is no dictionary. "
            "Give it entries such as enabled, self_review or recommendations.",
        ),
        (
            second(reviews={"every": "fortnight"}),
            f"{SECOND}: reviews: every is 'fortnight'. Set it to week, month, quarter, half_year or year.",
        ),
        (
            second(reviews={"reviewers": ["anna"]}),
            f"{SECOND}: reviews: reviewers, entry 1 is 'anna', which is no dictionary. {PEOPLE}",
        ),
        (
            second(approval_stages={"approvers": []}),
            f"{SECOND}: approval_stages is a dictionary, which is no list. List one to three stages, or leave it out.",
        ),
        (
            stage(deny_after_days="soon"),
            f"{SECOND}: approval_stages, entry 2: deny_after_days is 'soon', which is no whole number. "
            "Write the number of days, such as 14.",
        ),
        (
            stage(aprovers=[]),
            f"{SECOND}: approval_stages, entry 2 has aprovers, which means nothing. Write approvers instead.",
        ),
        (
            stage(colour="red"),
            f"{SECOND}: approval_stages, entry 2 has colour, which means nothing. Use approvers, fallback_approvers,",
        ),
        (
            stage(approvers=[{"group": "IT"}, {"user": "a", "manager_level": 1}]),
            f"{SECOND}: approval_stages, entry 2: approvers, entry 2 names user and manager_level. Name one of",
        ),
    ],
)
def test_a_tier(tiers, sentence):
    assert wrong_value("tiers", tiers).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("mssp_onboard_durationdays", "mssp_onboard_duration_days"),
        ("mssp_onboard_tier_approver", "mssp_onboard_tier_approvers"),
        ("mssp_onboard_client_sercet", "mssp_onboard_client_secret"),
    ],
)
def test_a_misspelt_name(name, near):
    assert unknown_name([near, name]) == f"{name} is no variable of the role mssp_onboard. Write {near} instead."


def test_names_that_are_no_variables_of_the_role():
    assert (
        unknown_name(["mssp_customers", "ansible_user", "mssp_onboard_result_groups", *(PREFIX + name for name in VARIABLES)])
        == ""
    )
    assert unknown_name(PREFIX + name for name in INTERNAL) == ""
    assert unknown_name(["mssp_onboard_weather"]) == (
        "mssp_onboard_weather is no variable of the role mssp_onboard. Give it another name: mssp_onboard_ is for the role's own."
    )


def test_long_values_are_shortened_and_stay_on_one_line():
    assert shown("word\n" * 50) == "'word word word word word word word word word word word wo...'"
    assert problem("x" * 1000, {"type": "int"}, "it").startswith(f"it is '{'x' * 57}...', which")


def test_what_modules_know_is_the_same_here():
    # The table does not import what brings Graph with it.
    assert VARIABLES["duration_days"]["most"] == LONGEST
    assert VARIABLES["approval_stages"]["most"] == STAGES
    assert VARIABLES["review_every"]["choices"] == list(EVERY)
    reviews = SPEC.options["reviews"]["options"]
    assert VARIABLES["review_unanswered"]["choices"] == reviews["unanswered"]["choices"]
