# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What customers are called, and their variables: nothing that a directory says is a name or a template."""

from __future__ import annotations

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.plugin_utils import customers_hosts
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_choice import Choice, Unfinished
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import Customer, Relationship

A, B, C = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3))
READER, UNKNOWN_ROLE = "5d6b6bb7-de71-4623-b4af-96380a352509", "f" * 8 + A[8:]
NAMES = [
    "{{ lookup('pipe', 'touch ran') }}",
    "{% set x = cycler %}",
    "{{ mssp_customer_tenant_id }}",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "=1+1",
    "!vault |",
    "x" * 256,
    "Müller & Söhne GmbH 株式会社",
    "a\tb",
    "",
]


def customer(tenant_id, domain=None, name="Contoso", **more):
    held = Relationship(id=f"{A}-{B}", name=name, status="active", roles=(READER, UNKNOWN_ROLE), ends=None, auto_extend="P180D")
    return Customer(tenant_id=tenant_id, name=name, reached=True, relationships=(held,), domain=domain, **more)


@pytest.mark.parametrize(
    ("order", "named"),
    [
        (["domain", "tenant_id"], {A: "a.example", B: B}),
        (["tenant_id"], {A: A, B: B}),
        (["tenant_id", "domain"], {A: A, B: B}),
    ],
)
def test_names(order, named):
    assert customers_hosts.host_names([customer(A, "a.example"), customer(B)], order) == (named, [])


def test_two_of_one_domain_have_their_tenant_ids():
    names, notes = customers_hosts.host_names(
        [customer(A, "x.example"), customer(B, "x.example"), customer(C, "y.example")], ["domain", "tenant_id"]
    )
    assert names == {A: A, B: B, C: "y.example"}
    assert notes == [f"The customers {A}, {B} all have the domain x.example: they are named by their tenant ids"]


@pytest.mark.parametrize(
    ("customers", "sentence"),
    [
        (
            [customer(A, "x.example"), customer(B, "x.example")],
            f"the customers {A}, {B} would all be the host x.example. Add tenant_id to hostnames, which names such customers "
            "by their tenant ids.",
        ),
        (
            [customer(A, "x.example"), customer(B)],
            f"the domain of the customer {B} is not known, and hostnames allows nothing else. Add tenant_id to hostnames, which "
            "names such customers by their tenant ids.",
        ),
    ],
)
def test_domains_alone(customers, sentence):
    with pytest.raises(Failure) as caught:
        customers_hosts.host_names(customers, ["domain"])
    assert str(caught.value) == sentence


@pytest.mark.parametrize("stated", [[], None, "domain", ["display_name"], ["domain", "x"]])
def test_hostnames_that_there_are_not(stated):
    with pytest.raises(Failure) as caught:
        customers_hosts.check_hostnames(stated)
    assert str(caught.value) == "hostnames is no list of domain and tenant_id. The default is [domain, tenant_id]."


@pytest.mark.parametrize("stated", ["", None, "1x", "mssp-", "{{ x }}", "a b", "x\n"])
def test_prefixes_that_no_variable_has(stated):
    with pytest.raises(Failure) as caught:
        customers_hosts.check_prefix(stated)
    assert str(caught.value) == (
        f"vars_prefix is '{stated}', which no variable's name can begin with. Use letters, digits and underscores, such as "
        "mssp_onboard_."
    )


def texts(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_a_directory_says_is_a_template(name):
    """Each value as a play would use it, and an expression that uses it."""
    told = customers_hosts.variables(customer(A, "a.example", name=name), cloud="public", prefix="mssp_onboard_")
    templar = Templar(loader=DataLoader(), variables={**told, "ansible_playbook_python": "/usr/bin/python"})
    for found in (told["mssp_customer_display_name"], told["mssp_customer_relationships"][0]["display_name"]):
        assert found == name
        assert templar.template(found) == name
    told.pop("ansible_python_interpreter")
    for text in texts(told):
        assert templar.template(text) == text


@pytest.mark.parametrize("name", NAMES)
def test_trust_that_a_cache_brings_is_taken_away(name):
    """From ansible-core 2.19 on a cache keeps the mark of what may be templated, and whoever writes it can set it."""
    found = customers_hosts.text(customers_hosts.trust_as_template(name))
    assert Templar(loader=DataLoader(), variables={"mssp_customer_tenant_id": A}).template(found) == name


def test_variables():
    told = customers_hosts.variables(customer(A, "a.example"), cloud="usgov", prefix="x_")
    assert told == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "x_tenant_id": A,
        "mssp_customer_tenant_id": A,
        "mssp_customer_display_name": "Contoso",
        "mssp_customer_domain": "a.example",
        "mssp_customer_cloud": "usgov",
        "mssp_customer_status": "active",
        "mssp_customer_ends": None,
        "mssp_customer_auto_extend": True,
        "mssp_customer_roles": [{"id": READER, "name": "Security Reader"}, {"id": UNKNOWN_ROLE, "name": None}],
        "mssp_customer_role_names": ["Security Reader", UNKNOWN_ROLE],
        "mssp_customer_relationships": [
            {
                "id": f"{A}-{B}",
                "display_name": "Contoso",
                "status": "active",
                "ends": None,
                "auto_extend": True,
                "auto_extend_duration": "P180D",
                "roles": [{"id": READER, "name": "Security Reader"}, {"id": UNKNOWN_ROLE, "name": None}],
            }
        ],
    }


def test_the_interpreter_is_the_one_template():
    told = customers_hosts.variables(customer(A), cloud="public", prefix="x_")
    templar = Templar(loader=DataLoader(), variables={"ansible_playbook_python": "/usr/bin/python"})
    assert templar.template(told["ansible_python_interpreter"]) == "/usr/bin/python"


@pytest.mark.parametrize("value", ["{{ 1 + 1 }}", "a b", "", "=1", "-x", "a{b", "x\n", "#x", "a'b"])
def test_what_does_not_look_as_it_must_is_free_text(value):
    found = customers_hosts.plain(value)
    assert found == value
    assert Templar(loader=DataLoader(), variables={}).template(found) == value
    assert type(found) is type(customers_hosts.text("x"))


def test_nothing_moves_a_cursor():
    assert customers_hosts.text("a\x1b[2Jb\u202ec") == "a [2Jbc"


# -- the whole choice ------------------------------------------------------------------------------------------------


def answer(domains=None, refused=False, listed=(A, B)):
    return {
        "customers": [{"tenantId": tenant, "displayName": "x"} for tenant in listed],
        "relationships": [],
        "domains": domains or {},
        "refused": refused,
    }


def choice(hostnames=("domain", "tenant_id"), look_up_domains=True, filters=None):
    return Choice(hostnames=list(hostnames), look_up_domains=look_up_domains, filters=filters)


def test_domains_are_looked_up_of_those_who_pass():
    filters = {"exclude": {"tenant_ids": [B]}}
    assert choice(filters=filters).domains_of(answer()) == [A]
    assert choice(filters=filters, look_up_domains=False).domains_of(answer()) == []


def test_hosts():
    chosen = choice().of(answer({A: "a.example", B: None}))
    assert ({name: x.tenant_id for name, x in chosen.hosts.items()}, chosen.notes) == ({"a.example": A, B: B}, [])


def test_an_answer_to_another_question_does_not_serve():
    with pytest.raises(Unfinished):
        choice().of(answer({A: "a.example"}))


def test_domains_that_are_not_wanted_name_nobody():
    assert set(choice(look_up_domains=False).of(answer({A: "a.example", B: "b.example"})).hosts) == {A, B}


def test_without_the_permission_tenant_ids_serve():
    chosen = choice().of(answer(refused=True))
    assert set(chosen.hosts) == {A, B}
    assert chosen.notes == [
        "The application may not read domains (CrossTenantInformation.ReadBasic.All): customers are named by their tenant ids"
    ]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"hostnames": ["domain"]}, "hostnames allows nothing else. Add tenant_id to hostnames, or let domains be read."),
        (
            {"filters": {"include": {"domains": ["x"]}}},
            "filters wants domains. Use tenant_ids in filters, or let domains be read.",
        ),
    ],
)
def test_domains_that_have_to_be_known(wanted, sentence):
    with pytest.raises(Failure) as caught:
        choice(look_up_domains=False, **wanted)
    assert str(caught.value) == f"look_up_domains is false, and {sentence}"
    with pytest.raises(Failure) as caught:
        choice(**wanted).of(answer(refused=True))
    assert str(caught.value) == f"the application may not read domains (CrossTenantInformation.ReadBasic.All), and {sentence}"


@pytest.mark.parametrize(
    ("filters", "listed", "notes"),
    [
        (None, (), ["There are no customers: tenant_id has to be the tenant that holds the relationships (GDAP)"]),
        ({"include": {"statuses": ["expired"]}}, (A, B), ["None of the 2 customers passes filters"]),
        ({"exclude": {"tenant_ids": [C]}}, (A,), [f"filters names {C}, which is none of the MSSP's customers"]),
    ],
)
def test_what_is_told_beside(filters, listed, notes):
    assert choice(filters=filters).of(answer({A: None, B: None}, listed=listed)).notes == notes
