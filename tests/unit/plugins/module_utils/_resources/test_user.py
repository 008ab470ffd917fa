# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users: who is found, what is sent, what is refused; and which of them are an organization's."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.module_utils._resources.user import (
    ASSIGNMENTS,
    PAGE,
    SELECT,
    User,
    everybody,
    find_users,
    is_foreign,
    key_of,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.user_listing import named, shown_with
from ansible_collections.mssp.defender.plugins.module_utils._resources.user_origin import Home, domains, users_of, users_of_tenant
from ansible_collections.mssp.defender.plugins.modules import aad_user
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, A, B, C, D, Routes, answer, graph, page, refusal, writes

GUEST = {"id": A, "displayName": "Lea", "userPrincipalName": "lea_m.example#EXT#@c.example", "userType": "Guest"}
MEMBER = {"id": A, "displayName": "Ada", "userPrincipalName": "ada@c.example", "userType": "Member"}
READ = f"GET users/{A}?$select={SELECT}"
LIVE = f"GET {ASSIGNMENTS}?$filter=target/objectId eq '{A}'&$expand=accessPackage"
DELETE = f"DELETE users/{A}"
ORGANIZATION = f"GET identityGovernance/entitlementManagement/connectedOrganizations/{B}"
ALL_ASSIGNMENTS = f"GET {ASSIGNMENTS}?$expand=target($expand=connectedOrganization)"
EVERYBODY = f"GET users?$select={SELECT}&$top={PAGE}"


def user(table, desired=None, key=A, **more):
    http = Routes(table)
    return User(graph(http), dict(desired or {}), key=key, **more), http


# -- one user --------------------------------------------------------------------------------------------------------


def test_the_properties_are_options_of_the_module():
    assert {prop.option for prop in User.properties} <= set(aad_user.SPEC.options)


@pytest.mark.parametrize(
    ("value", "key"),
    [("lea@m.example", "lea@m.example"), (f" {A} ", A), ({"id": A, "displayName": "Lea"}, A)],
)
def test_what_names_a_user(value, key):
    assert key_of(value, "user") == key


@pytest.mark.parametrize("value", ["", " ", None, 7, [], {}, {"displayName": "Lea"}, {"id": None}])
def test_what_names_nobody(value):
    with pytest.raises(InvalidInput, match="user names no user. Give an id"):
        key_of(value, "user")


def test_a_mail_address_is_looked_for_when_it_is_no_principal_name():
    mail = "o'brien@m.example"
    http = Routes(
        {
            f"GET users/{mail}?$select={SELECT}": refusal(404),
            f"GET users?$filter=mail eq 'o''brien@m.example'&$select={SELECT}": page(GUEST),
        }
    )
    assert find_users(graph(http), mail) == [GUEST]


def test_an_id_is_no_mail_address():
    http = Routes({READ: refusal(404)})
    assert find_users(graph(http), A) == []
    assert len(http.sent) == 1


def test_a_hash_in_a_principal_name_is_no_fragment():
    http = Routes({f"GET users/{GUEST['userPrincipalName']}?$select={SELECT}": GUEST})
    assert find_users(graph(http), GUEST["userPrincipalName"]) == [GUEST]
    assert "%23EXT%23%40" in http.sent[0].url


@pytest.mark.parametrize(
    ("enabled", "wanted", "sent"),
    [(True, False, True), (False, False, False), (False, True, True), (None, True, False), (None, False, True)],
)
def test_blocking_is_one_property(enabled, wanted, sent):
    """What Graph does not tell counts as allowed: blocking is then sent rather than left out."""
    resource, http = user(
        {READ: {**GUEST, "accountEnabled": enabled}, f"PATCH users/{A}": answer(204)}, {"accountEnabled": wanted}
    )
    outcome = reconcile(resource)
    assert [x.body for x in writes(http)] == ([{"accountEnabled": wanted}] if sent else [])
    assert outcome.changed is sent
    assert outcome.entity["accountEnabled"] is (wanted if sent else enabled)


def test_who_is_synchronised_from_elsewhere():
    there = {**MEMBER, "accountEnabled": True, "onPremisesSyncEnabled": True}
    resource, http = user({READ: there}, {"accountEnabled": False})
    with pytest.raises(Failure, match="synchronised from an on-premises directory"):
        reconcile(resource, check_mode=True)
    assert not writes(http)
    resource, dummy = user({READ: there}, {"accountEnabled": True})
    assert not reconcile(resource).changed


@pytest.mark.parametrize("lacking", [[], ["User.EnableDisableAccount.All"]])
def test_a_refusal_is_explained_when_no_permission_is_missing(lacking):
    table = {READ: {**GUEST, "accountEnabled": True}, f"PATCH users/{A}": refusal(403, "Authorization_RequestDenied", "No.")}
    resource, dummy = user(table, {"accountEnabled": False}, lacking=lambda needed: lacking)
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    # Else the task names the permission.
    assert ("holds an Entra admin role" in str(caught.value)) is (lacking == [])


def test_another_error_is_not_explained_so():
    table = {READ: {**GUEST, "accountEnabled": True}, f"PATCH users/{A}": refusal(400, "Request_BadRequest", "No.")}
    resource, dummy = user(table, {"accountEnabled": False})
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert caught.value.remedy is None


@pytest.mark.parametrize(
    ("person", "foreign"),
    [
        (GUEST, True),
        ({**MEMBER, "userType": "guest"}, True),
        (MEMBER, False),
        ({**MEMBER, "userPrincipalName": "sam_m.example#ext#@c.example"}, True),
        ({**MEMBER, "identities": [{"signInType": "userPrincipalName", "issuer": "c.example"}]}, False),
        ({**MEMBER, "identities": [{"signInType": "federated", "issuer": "ExternalAzureAD"}]}, True),
        ({"id": A}, False),
    ],
)
def test_who_comes_from_elsewhere(person, foreign):
    assert is_foreign(person) is foreign


@pytest.mark.parametrize(
    ("person", "assignments", "obstacles"),
    [
        (GUEST, page(), []),
        (GUEST, page({"state": "expired"}, {"state": "Expired"}), []),
        (MEMBER, page(), ["it is a member of this directory and no guest of another organization"]),
        (
            GUEST,
            page(
                {"state": "delivered", "accessPackage": {"displayName": "Tier 1"}},
                {"state": "delivering", "accessPackage": {"displayName": "Tier 1"}},
                {"state": "delivered", "accessPackage": {"displayName": "Tier 2"}},
            ),
            ["it has 3 live assignments ('Tier 1', 'Tier 2'), which would block deleting the package for 30 days"],
        ),
        (GUEST, refusal(403), ["assignments of access packages, which this application may not read, could be live"]),
    ],
)
def test_what_stands_in_the_way_of_deleting(person, assignments, obstacles):
    resource, http = user({READ: person, LIVE: assignments, DELETE: answer(204)})
    if obstacles:
        with pytest.raises(Failure) as caught:
            reconcile(resource, state="absent")
        assert f": it is still in use: {'; '.join(obstacles)}. Remove what stands in the way" in str(caught.value)
        assert not writes(http)
        reconcile(resource, state="absent", force=True)
    else:
        reconcile(resource, state="absent")
    assert len(writes(http)) == 1


def test_an_unknown_error_of_assignments_is_no_reason_to_delete():
    resource, http = user({READ: GUEST, LIVE: refusal(400, "BadRequest", "No.")})
    with pytest.raises(GraphError):
        reconcile(resource, state="absent")
    assert not writes(http)


# -- several ---------------------------------------------------------------------------------------------------------


def test_each_once_and_nothing_that_was_not_asked_for():
    http = Routes({READ: {**GUEST, "identities": [], "onPremisesSyncEnabled": None}})
    found = shown_with(named(graph(http), [A, A]), graph(http), sign_in=False)
    assert [x["id"] for x in found] == [A]
    assert "identities" not in found[0]
    assert "signInActivity" not in found[0]


def test_everybody_over_all_pages():
    following = f"https://graph.test/v1.0/users?$select={SELECT}&$top={PAGE}&$skiptoken=2"
    http = Routes({EVERYBODY: page(GUEST, next_link=following), f"{EVERYBODY}&$skiptoken=2": page(MEMBER)})
    assert everybody(graph(http)) == [GUEST, MEMBER]


def test_who_went_meanwhile_was_never_there():
    http = Routes({f"GET users/{A}?$select=id,signInActivity": refusal(404)})
    assert shown_with([GUEST], graph(http), sign_in=True)[0]["signInActivity"] is None


# -- whose they are --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "found"),
    [
        ({"mail": "Lea@M.example", "userPrincipalName": "lea@c.example"}, ["M.example"]),
        ({"mail": None, "userPrincipalName": "lea_x_m.example#EXT#@c.example"}, ["m.example"]),
        ({"mail": "a@b@m.example", "userPrincipalName": None}, ["m.example"]),
        ({"mail": "", "userPrincipalName": "m.example_lea@c.example"}, []),
        ({"mail": "nothing"}, ["nothing"]),
    ],
)
def test_domains_of_a_user(person, found):
    assert domains(person) == found


def lookup(domain):
    return f"GET tenantRelationships/findTenantInformationByDomainName(domainName='{domain}')"


def test_a_domain_is_asked_for_once_and_only_where_a_tenant_could_have_it():
    of_tenant = {"tenantId": TENANT.upper(), "displayName": "M", "defaultDomainName": "m.example"}
    http = Routes(
        {lookup("m.example"): [of_tenant], lookup("other.example"): [refusal(404)], lookup("bad.example"): [refusal(400)]}
    )
    home = Home(graph(http), [{"tenantId": TENANT}, {"domainName": "Given.example"}])
    for _again in range(2):
        assert home.owns("M.example")
        assert not home.owns("other.example")
        assert not home.owns("bad.example")
        assert home.owns("given.example")
        assert home.owns(TENANT)
        assert not home.owns("ExternalAzureAD")
        assert not home.owns("")
    assert len(http.sent) == 3


def test_without_a_tenant_nothing_is_asked():
    http = Routes({})
    home = Home(graph(http), [{"domainName": "m.example"}, {"socialIdentitySourceType": "facebook"}])
    assert (home.owns("m.example"), home.owns("other.example")) == (True, False)


def test_each_sign_by_itself():
    people = [
        {"id": A.upper(), "displayName": "Assigned", "mail": "a@elsewhere.example"},
        {"id": C, "displayName": "Signs in there", "identities": [{"signInType": "federated", "issuer": "m.example"}]},
        {"id": D, "displayName": "Mail", "mail": "d@m.example"},
        {"id": TENANT, "displayName": "Nobody", "identities": [{"signInType": "federated", "issuer": None}]},
    ]
    ours = {"connectedOrganization": {"id": B.upper()}}
    http = Routes(
        {
            ORGANIZATION: {"id": B, "identitySources": [{"domainName": "m.example"}]},
            ALL_ASSIGNMENTS: page(
                {"state": "expired", "target": {"objectId": A, **ours}},
                {"state": "delivered", "target": {"objectId": None, **ours}},
                {"state": "delivered", "target": {"objectId": TENANT, "connectedOrganization": {"id": C}}},
                {"state": "delivered", "target": {"objectId": TENANT, "connectedOrganization": None}},
                {"state": "delivered", "target": None},
            ),
            EVERYBODY: page(*people),
        }
    )
    found = users_of(graph(http), Ref(B, "M"))
    assert {x["displayName"]: x["determined_by"] for x in found} == {
        "Assigned": ["assignment"],
        "Signs in there": ["identity"],
        "Mail": ["domain"],
    }


def test_an_organization_that_is_not_there():
    with pytest.raises(InvalidInput, match=f"there is no connected organization with the id {B}. Check the id."):
        users_of(graph(Routes({ORGANIZATION: refusal(404)})), Ref(B, "M"))


@pytest.mark.parametrize("sources", [None, [], [{"socialIdentitySourceType": "facebook"}]])
def test_an_organization_of_no_tenant_and_no_domain(sources):
    http = Routes({ORGANIZATION: {"id": B, "displayName": "M", "identitySources": sources}})
    with pytest.raises(Failure, match="the connected organization 'M' shows neither a tenant nor a domain"):
        users_of(graph(http), Ref(B, "M"))


def test_people_of_a_tenant_that_is_not_connected_any_more():
    people = [{"id": A, "mail": "a@m.example"}, {"id": C, "mail": "c@elsewhere.example"}]
    look_up = "tenantRelationships/findTenantInformationByDomainName(domainName='{}')"
    http = Routes(
        {
            EVERYBODY: page(*people),
            f"GET {look_up.format('m.example')}": {"tenantId": B, "displayName": "M", "defaultDomainName": "m.example"},
            f"GET {look_up.format('elsewhere.example')}": refusal(404),
        }
    )
    assert [(x["id"], x["determined_by"]) for x in users_of_tenant(graph(http), B)] == [(A, ["domain"])]
