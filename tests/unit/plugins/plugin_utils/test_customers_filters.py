# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which customers become hosts: the option `filters`, and what is refused because it would drop customers silently."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import Customer, Relationship
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_filters import parse

READER, OPERATOR = "5d6b6bb7-de71-4623-b4af-96380a352509", "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"
IDS = {name: f"{number}0000000-0000-4000-8000-000000000000" for number, name in enumerate(("one", "two", "end", "new"), start=1)}


def customer(name, status, roles, domain=None, reached=None):
    held = (Relationship(id=name, name=name, status=status, roles=tuple(roles), ends=None, auto_extend=None),)
    live = status in ("active", "expiring") if reached is None else reached
    return Customer(tenant_id=IDS[name], name=name, reached=live, relationships=held, domain=domain)


EVERYBODY = [
    customer("one", "active", [READER], "one.example"),
    customer("two", "expiring", [OPERATOR, READER], "two.onmicrosoft.example"),
    customer("end", "expired", [READER], "end.example"),
    customer("new", "approvalPending", [OPERATOR]),
]


def passing(filters, everybody=None):
    chosen = parse(filters)
    return [x.name for x in chosen.by_domains(chosen.before_domains(EVERYBODY if everybody is None else everybody))]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (None, ["one", "two"]),
        ({}, ["one", "two"]),
        ({"include": None, "exclude": {}}, ["one", "two"]),
        ({"include": {"statuses": ["any"]}}, ["one", "two", "end", "new"]),
        ({"include": {"statuses": ["Expired", "approvalpending"]}}, ["end", "new"]),
        ({"include": {"statuses": "active"}}, ["one"]),
        ({"exclude": {"statuses": ["expiring"]}}, ["one"]),
        ({"include": {"roles": ["security operator"]}}, ["two"]),
        ({"include": {"roles": [OPERATOR.upper(), "Security Reader"]}}, ["one", "two"]),
        ({"include": {"roles": ["Security Operator"], "statuses": ["any"]}}, ["two", "new"]),
        ({"exclude": {"roles": ["Security Operator"]}}, ["one"]),
        ({"include": {"tenant_ids": [IDS["one"].upper(), IDS["end"]]}}, ["one"]),
        ({"exclude": {"tenant_ids": [IDS["one"]]}}, ["two"]),
        ({"include": {"domains": ["*.onmicrosoft.example"]}}, ["two"]),
        ({"include": {"domains": ["ONE.example", "nobody.example"]}}, ["one"]),
        ({"include": {"domains": ["*"], "statuses": ["any"]}}, ["one", "two", "end"]),
        ({"exclude": {"domains": ["one.*"]}}, ["two"]),
        ({"exclude": {"domains": ["*"]}, "include": {"statuses": ["any"]}}, ["new"]),
        ({"include": {"roles": ["Security Reader"]}, "exclude": {"statuses": ["active"], "domains": ["x.example"]}}, ["two"]),
    ],
)
def test_who_passes(filters, names):
    assert passing(filters) == names


def test_a_customer_whom_graph_lists_passes_whatever_its_status_is_called():
    assert passing({}, [customer("one", "somethingNew", [], reached=True)]) == ["one"]


def test_a_pattern_is_no_regular_expression_and_no_template():
    odd = dataclasses.replace(EVERYBODY[0], domain="onexexample.example")
    assert passing({"include": {"domains": ["one.example.*"]}}, [odd]) == []


def test_tenants_that_are_nobodys_are_told():
    named = {"include": {"tenant_ids": [IDS["one"]]}, "exclude": {"tenant_ids": ["f" + IDS["one"][1:]]}}
    assert parse(named).strangers(EVERYBODY) == ["f" + IDS["one"][1:]]


@pytest.mark.parametrize("side", ["include", "exclude"])
def test_whether_domains_have_to_be_known(side):
    assert parse({side: {"domains": ["x.example"]}}).by_domain
    assert not parse({side: {"statuses": ["any"]}}).by_domain


KEYS = "Its keys are statuses, roles, tenant_ids, domains."
REFUSED = [
    (["x"], "filters is no dictionary. Its keys are include, exclude."),
    ({"include": ["active"]}, f"filters.include is no dictionary. {KEYS}"),
    ({"statuses": ["active"]}, "filters has no 'statuses'. Its keys are include, exclude."),
    ({"include": {"status": ["active"]}}, f"filters.include has no 'status'. {KEYS}"),
    (
        {"include": {"roles": []}},
        "filters.include.roles is no list of texts. Give one or more, or leave it out: an empty list matches nobody.",
    ),
    (
        {"exclude": {"domains": [""]}},
        "filters.exclude.domains is no list of texts. Give one or more, or leave it out: an empty list matches nobody.",
    ),
    (
        {"include": {"tenant_ids": [7]}},
        "filters.include.tenant_ids is no list of texts. Give one or more, or leave it out: an empty list matches nobody.",
    ),
    (
        {"include": {"statuses": ["activ"]}},
        "filters.include.statuses names 'activ', which is no status of a relationship. There are active, expiring, "
        "terminationRequested, terminating, activating, approved, approvalPending, created, expired, terminated, unknown, "
        "and any for all of them.",
    ),
    (
        {"include": {"roles": ["Security"]}},
        "filters.include.roles names 'Security', which is no built-in role of Entra ID. Write the role as the portal shows it, "
        "such as Security Reader, or give its template id.",
    ),
    (
        {"exclude": {"tenant_ids": ["contoso.example"]}},
        "filters.exclude.tenant_ids names 'contoso.example', which is no tenant id. Give the GUID, or use domains instead.",
    ),
]


@pytest.mark.parametrize(("filters", "sentence"), REFUSED)
def test_what_is_refused(filters, sentence):
    with pytest.raises(Failure) as caught:
        parse(filters)
    assert str(caught.value) == sentence
