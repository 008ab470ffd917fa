# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of Graph for the inventory, and how a refusal is told to the MSSP."""

from __future__ import annotations

import urllib.parse

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.plugin_utils import customers_read
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import customers
from ansible_collections.mssp.defender.tests.unit.fakes import URL, A, B, C, Http, Tokens, graph, page, refusal

LIST = "/v1.0/tenantRelationships/delegatedAdminCustomers?$top=300"
FIELDS = "id,displayName,status,customer,accessDetails,autoExtendDuration,endDateTime"
RELATIONSHIPS = f"/v1.0/tenantRelationships/delegatedAdminRelationships?$select={FIELDS}&$top=300"
NEXT = f"{URL}/v1.0/tenantRelationships/delegatedAdminCustomers?$skiptoken=2"


def batch(*answers):
    """The envelope for answers of (status, body), in another order than they were asked for."""
    told = [{"id": str(number), "status": status, "body": body} for number, (status, body) in enumerate(answers)]
    return {"responses": told[::-1]}


def known(tenant, domain):
    return 200, {"tenantId": tenant, "defaultDomainName": domain}


def test_all_pages_and_no_domain():
    http = Http(
        page({"tenantId": A, "displayName": "a", "@odata.etag": "x"}, next_link=NEXT),
        page({"tenantId": B, "displayName": "b"}),
        page(
            {"id": "r", "customer": {"tenantId": A}, "status": "active", "accessDetails@odata.context": "x", "@odata.etag": "x"}
        ),
    )
    answer = customers_read.relationships(graph(http))
    assert [line.removeprefix("GET ") for line in http.lines] == [LIST, NEXT.removeprefix(URL), RELATIONSHIPS]
    assert [x["tenantId"] for x in answer["customers"]] == [A, B]
    assert "odata.etag" not in str(answer)
    assert [x.tenant_id for x in customers(answer)] == [A, B]


@pytest.mark.parametrize("pages", [1, 2])
def test_a_refused_page_is_no_shorter_list(pages):
    script = [page({"tenantId": A}, next_link=NEXT), page({"tenantId": B}, next_link=f"{NEXT}3")][:pages]
    with pytest.raises(GraphError) as caught:
        customers_read.relationships(graph(Http(*script, refusal(403, "Authorization_RequestDenied", "No."))))
    assert caught.value.needs == ("DelegatedAdminRelationship.Read.All",)


def test_domains():
    http = Http(batch(known(A, "a.example"), (404, {"error": {"code": "Request_ResourceNotFound"}}), (200, None)))
    assert customers_read.domains(graph(http), [A, B, C]) == {A: "a.example", B: None, C: None}
    (sent,) = http.sent
    assert [urllib.parse.unquote(x["url"]) for x in sent.body["requests"]] == [
        f"/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant}')" for tenant in (A, B, C)
    ]


def test_twenty_domains_take_one_request():
    ids = [f"{number:08}{A[8:]}" for number in range(41)]
    parts = [ids[:20], ids[20:40], ids[40:]]
    told = iter(range(41))
    script = [
        {"responses": [{"id": str(next(told)), "status": 200, "body": known(x, f"{x}.example")[1]} for x in part]}
        for part in parts
    ]
    http = Http(*script)
    assert customers_read.domains(graph(http), ids) == {x: f"{x}.example" for x in ids}
    assert len(http.sent) == 3


def test_where_domains_may_not_be_read_there_are_none():
    refused_one = (403, {"error": {"code": "Authorization_RequestDenied", "message": "No."}})
    assert customers_read.domains(graph(Http(batch(known(A, "a.example"), refused_one))), [A, B]) is None


def test_anything_else_is_a_failure_so_that_no_host_changes_its_name():
    http = Http(batch(known(A, "a.example"), (409, {"error": {"code": "Odd", "message": "No."}})))
    with pytest.raises(GraphError) as caught:
        customers_read.domains(graph(http), [A, B])
    assert (caught.value.code, caught.value.needs) == ("Odd", ("CrossTenantInformation.ReadBasic.All",))


class Task:
    """As much of a task as an explanation takes."""

    def __init__(self, *permissions, delegated=False):
        self._granted = permissions
        self.tokens = Tokens(**({"scp": " ".join(permissions)} if delegated else {"roles": list(permissions)}))

    def missing_permissions(self, needed):
        return [name for name in needed if name not in self._granted]

    def explain(self, failure):
        failure.tenant = "mssp.example"
        failure.remedy = failure.remedy or "Ask an administrator of the customer, in the customer's tenant."


def refused(status=403):
    failure = GraphError("Graph answered", status=status)
    failure.needs = customers_read.PERMISSIONS.read
    return failure


def test_in_the_words_of_the_mssp():
    failure = refused()
    customers_read.explain(Task(), failure)
    assert str(failure) == "Tenant mssp.example: Graph answered. Ask an administrator of the MSSP, in the MSSP's tenant."
    failure = Failure("a policy of the customer blocks it")
    customers_read.explain(Task(), failure)
    assert failure.cause == "a policy of the MSSP blocks it"


def test_refused_although_it_has_the_permission():
    failure = refused()
    customers_read.explain(Task("DelegatedAdminRelationship.Read.All"), failure)
    assert str(failure) == (
        "Tenant mssp.example: Graph answered. The token has DelegatedAdminRelationship.Read.All. Check that tenant_id is the "
        "tenant that holds the relationships; where applications are refused all the same, sign in as a person with "
        "playbooks/sign_in.yml and give refresh_token."
    )


@pytest.mark.parametrize(
    ("task", "status"),
    [(Task("DelegatedAdminRelationship.Read.All", delegated=True), 403), (Task("DelegatedAdminRelationship.Read.All"), 404)],
)
def test_others_are_told_what_they_are_told_elsewhere(task, status):
    failure = refused(status)
    customers_read.explain(task, failure)
    assert "an administrator of the MSSP" in failure.remedy
