# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From Graph's answers to customers: which relationship counts, which roles, and what an answer may not look like."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.plugin_utils import customers_roles
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import LIVE, STATUSES, customers, domain_name

CONTOSO = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
ADATUM = "0aaabbbb-0000-cccc-1111-dddd2222eeee"
READER, OPERATOR = "5d6b6bb7-de71-4623-b4af-96380a352509", "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"


def relationship(status="active", tenant=CONTOSO, roles=(READER,), name="GDAP", **more):
    return {
        "id": f"{status}-{name}",
        "displayName": name,
        "status": status,
        "customer": {"tenantId": tenant, "displayName": "Contoso"},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]},
        "autoExtendDuration": "PT0S",
        "endDateTime": "2028-11-21T22:50:41Z",
        **more,
    }


def answer(*relationships, listed=(CONTOSO,), domains=None):
    return {
        "customers": [{"tenantId": tenant, "displayName": "Contoso"} for tenant in listed],
        "relationships": list(relationships),
        "domains": domains or {},
        "refused": False,
    }


def one(*relationships, **more):
    (customer,) = customers(answer(*relationships, **more))
    return customer


def test_a_customer():
    customer = one(relationship(autoExtendDuration="p180d"), domains={CONTOSO: "Contoso.Example "})
    assert (customer.tenant_id, customer.name, customer.domain) == (CONTOSO, "Contoso", "contoso.example")
    assert (customer.status, customer.ends, customer.auto_extend) == ("active", "2028-11-21T22:50:41Z", True)
    assert (customer.roles, customer.live) == ([READER], True)


@pytest.mark.parametrize("status", STATUSES)
def test_who_is_reached(status):
    customer = one(relationship(status), listed=())
    assert (customer.status, customer.live) == (status, status in LIVE)


@pytest.mark.parametrize(
    ("status", "listed", "told", "live"),
    [
        ("suspendedForReview", [CONTOSO], "suspendedForReview", True),
        ("{{ 1 }}", [], "unknown", False),
        (None, [], "unknown", False),
    ],
)
def test_statuses_that_nobody_knows_yet(status, listed, told, live):
    """A new word of Graph's drops no customer that Graph still lists."""
    customer = one(relationship(status), listed=listed)
    assert (customer.status, customer.live) == (told, live)


def test_the_best_relationship_decides_and_all_are_listed():
    customer = one(
        relationship("terminated", name="a"),
        relationship("active", name="b", endDateTime="2027-01-01T00:00:00Z"),
        relationship("active", name="c", endDateTime=None),
        relationship("expiring", name="d", endDateTime="2030-01-01T00:00:00Z"),
        relationship("active", name="e", endDateTime="2027-06-01T00:00:00Z"),
        relationship("somethingNew", name="f"),
    )
    assert [held.name for held in customer.relationships] == ["e", "b", "c", "d", "a", "f"]
    assert (customer.status, customer.ends) == ("active", "2027-06-01T00:00:00Z")


def test_equal_relationships_are_in_the_same_order_whatever_graph_says_first():
    pair = [relationship(name="x"), relationship(name="y")]
    assert one(*pair) == one(*reversed(pair))


@pytest.mark.parametrize(
    ("relationships", "roles"),
    [
        ([relationship(roles=[READER]), relationship("expiring", roles=[OPERATOR, READER])], [OPERATOR, READER]),
        ([relationship(roles=[READER]), relationship("expired", roles=[OPERATOR])], [READER]),
        ([relationship("expired", roles=[OPERATOR]), relationship("terminated", roles=[READER])], [OPERATOR]),
        ([relationship(roles=[READER.upper(), READER, "no id", None, 7])], [READER]),
        ([relationship(accessDetails=None)], []),
        ([relationship(accessDetails={"unifiedRoles": 7})], []),
    ],
)
def test_roles_are_those_in_force(relationships, roles):
    assert one(*relationships).roles == roles


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ("2028-11-21T22:50:41.1234567Z", "2028-11-21T22:50:41Z"),
        ("2028-11-22T00:50:41+02:00", "2028-11-21T22:50:41Z"),
        (None, None),
        ("{{ lookup('pipe', 'id') }}", None),
        (["x"], None),
    ],
)
def test_ends_have_one_form(told, ends):
    assert one(relationship(endDateTime=told)).ends == ends


@pytest.mark.parametrize(
    ("told", "extends"), [("P180D", True), ("PT0S", False), ("P0D", False), (None, False), ("soon", False), (["P180D"], False)]
)
def test_auto_extension(told, extends):
    assert one(relationship(autoExtendDuration=told)).auto_extend is extends


@pytest.mark.parametrize("nobody", [None, {}, {"tenantId": None, "displayName": None}])
@pytest.mark.parametrize("status", ["created", "approvalPending", "expired", "terminated"])
def test_a_relationship_that_nobody_has_taken_is_nobodys(status, nobody):
    assert customers(answer(relationship(status, customer=nobody), listed=())) == []


def test_who_is_listed_without_a_relationship_stays():
    customer = one()
    assert (customer.status, customer.live, customer.roles, customer.ends) == ("unknown", True, [], None)


def test_the_list_names_a_customer_and_ids_are_one_whatever_their_case():
    told = answer(relationship(tenant=CONTOSO.upper()), relationship(tenant=ADATUM), listed=(CONTOSO, ADATUM))
    told["customers"][0]["displayName"] = "Contoso Ltd"
    told["customers"][1]["displayName"] = None
    assert [(x.tenant_id, x.name) for x in customers(told)] == [(ADATUM, "Contoso"), (CONTOSO, "Contoso Ltd")]


def _without(path):
    told = answer(relationship())
    at = told
    for step in path[:-2]:
        at = at[step]
    at[path[-2]] = path[-1]
    return told


STRANGE = {
    "no object": ["x"],
    "nothing": None,
    "no customers": _without(("customers", None)),
    "customers are texts": _without(("customers", ["x"])),
    "no relationships": _without(("relationships", {})),
    "a customer without an id": _without(("customers", 0, "tenantId", None)),
    "a customer whose id is a path": _without(("customers", 0, "tenantId", "../../etc/passwd")),
    "a relationship with a text": _without(("relationships", 0, "customer", "Contoso")),
    "one in force without a customer": _without(("relationships", 0, "customer", None)),
    "one in force with an empty customer": _without(("relationships", 0, "customer", {"tenantId": None, "displayName": None})),
    "a relationship without an id": _without(("relationships", 0, "customer", {"displayName": "Contoso"})),
    "domains are a list": _without(("domains", [])),
}


@pytest.mark.parametrize("told", STRANGE.values(), ids=STRANGE)
def test_a_strange_answer_is_a_failure(told):
    """Nobody is dropped silently, and no text becomes an id."""
    before = copy.deepcopy(told)
    with pytest.raises(Failure) as caught:
        customers(told)
    assert str(caught.value).startswith("Graph's answer is not as it is documented: ")
    assert str(caught.value).endswith(
        "Nothing was taken from it. Run again later; if that does not help, report it to mssp.defender."
    )
    assert told == before


@pytest.mark.parametrize(
    ("told", "domain"),
    [
        ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        (" Contoso.COM ", "contoso.com"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("a-1.b2.c", "a-1.b2.c"),
        ("contoso", None),
        ("", None),
        (None, None),
        (7, None),
        ("../../etc.passwd", None),
        ("a..b", None),
        (".a.b", None),
        ("-a.b", None),
        ("a.b-", None),
        ("a.b\n", "a.b"),
        ("a.b\nc.d", None),
        ("{{ x }}.example", None),
        ("web[1:3].example", None),
        ("münchen.example", None),
        (f"{'a' * 64}.example", None),
        (f"{'a.' * 126}com", None),
    ],
)
def test_domains(told, domain):
    assert domain_name(told) == domain


def test_roles_have_names_both_ways():
    assert customers_roles.name_of(READER.upper()) == "Security Reader"
    assert customers_roles.id_of(" security operator") == OPERATOR
    assert customers_roles.name_of(CONTOSO) is None
    assert customers_roles.id_of("Security") is None
    assert len(set(customers_roles.IDS.values())) == len(customers_roles.IDS) > 100
