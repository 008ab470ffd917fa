# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that only read, by real playbook runs. Pages of two objects, so that whatever is listed has several."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from harness import world
from harness.playbook import inventory, run_playbook
from harness.server import Sandbox
from harness.story import KNOWN_AFTER_APPLY, Play, Step
from harness.tenants import ASSIGNMENTS, ROLES, Tenant
from harness.ways.by_hand import catalog, organization, package, policy

SANDBOX = {"page_size": 2}
NAMES = ("One", "Two", "Three", "Four", "Five")
# Quotes of both kinds, a template, and what has a meaning in URLs: data.
HOSTILE = "O'Brien's \"best\" {{ 1 // 0 }} {% raw %} & 100% #1 / ?"
BASICS = "microsoft.xdr/secops/securitydata/basics/read"


class Kind(t.NamedTuple):
    """A module that reads, what it returns, its option for the id, the permission that it needs."""

    module: str
    key: str
    by_id: str
    permission: str


GROUPS = Kind("aad_group_info", "groups", "group_id", "GroupMember.Read.All")
MDE_ROLES = Kind("mde_role_info", "roles", "role_id", "RoleManagement.Read.Defender")
ORGANIZATIONS = Kind("connected_org_info", "connected_orgs", "org_id", "EntitlementManagement.Read.All")
CATALOGS = Kind("access_package_catalog_info", "catalogs", "catalog_id", "EntitlementManagement.Read.All")
PACKAGES = Kind("access_package_info", "access_packages", "package_id", "EntitlementManagement.Read.All")
POLICIES = Kind("access_package_policy_info", "policies", "policy_id", "EntitlementManagement.Read.All")
KINDS = (GROUPS, MDE_ROLES, ORGANIZATIONS, CATALOGS, PACKAGES, POLICIES)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.module for kind in KINDS])
NOWHERE = "00000000-1111-4222-8333-444444444444"


def role(tenant: Tenant, name: str) -> str:
    """A Defender role by hand."""
    body = {"displayName": name, "rolePermissions": [{"allowedResourceActions": [BASICS]}]}
    return str(tenant.post(ROLES, body, beta=True)["id"])


def make(tenant: Tenant, kind: Kind, names: t.Sequence[str]) -> dict[str, str]:
    """Objects of this kind; their ids by name."""
    if kind is GROUPS:
        return {name: tenant.group(name) for name in names}
    if kind is MDE_ROLES:
        return {name: role(tenant, name) for name in names}
    if kind is ORGANIZATIONS:
        tenants = (world.MSSP_TENANT, world.OTHER_TENANT, *TENANTS)
        return {name: organization(tenant, name, tenants[number]) for number, name in enumerate(names)}
    if kind is CATALOGS:
        return {name: catalog(tenant, name) for name in names}
    home = catalog(tenant, "MSSP Accesses")
    if kind is PACKAGES:
        return {name: package(tenant, name, home) for name in names}
    of = package(tenant, "Tier 1 Analyst", home)
    return {name: policy(tenant, name, of) for name in names}


# The other customers of the sandbox are organizations that can be connected as well; filled by the fixture.
TENANTS: list[str] = []


@pytest.fixture(autouse=True)
def _others(sandbox: Sandbox) -> None:
    TENANTS[:] = [other.tenant_id for other in sandbox.tenants[-5:]]


def told(step: Step, kind: Kind) -> dict[str, str]:
    """What a step read: ids by name. It has changed nothing, and sent no write."""
    assert (step.changed, step.writes) == (False, [])
    found = step.result[kind.key]
    assert isinstance(found, list)
    for item in found:
        assert not [key for key in item if key.startswith("@")]
    return {item["displayName"]: item["id"] for item in found}


@each_kind
def test_nothing_there(play: Play, kind: Kind) -> None:
    by_name = play.task(kind.module, name="One")
    by_id = play.task(kind.module, **{kind.by_id: NOWHERE})
    everything = play.task(kind.module)
    predicted = play.check(kind.module, **{kind.by_id: KNOWN_AFTER_APPLY})
    play.run(client="reader")

    assert (told(by_name, kind), told(by_id, kind), told(predicted, kind)) == ({}, {}, {})
    # The built-in things of a new tenant apart.
    own = [x for x in everything.result[kind.key] if not (x.get("isBuiltIn") or x.get("catalogType") == "serviceDefault")]
    assert own == []


@each_kind
def test_by_name_by_id_and_all_over_several_pages(play: Play, tenant: Tenant, kind: Kind) -> None:
    made = make(tenant, kind, NAMES)
    by_name = play.task(kind.module, name="Three")
    in_check_mode = play.check(kind.module, name="Three")
    other_case = play.task(kind.module, name="three")
    by_id = play.task(kind.module, **{kind.by_id: made["Four"]})
    everything = play.task(kind.module)
    play.run(client="reader")

    assert told(by_name, kind) == told(in_check_mode, kind) == {"Three": made["Three"]}
    assert told(other_case, kind) == {}
    assert told(by_id, kind) == {"Four": made["Four"]}
    assert made.items() <= told(everything, kind).items()
    assert len([entry for entry in everything.requests if "skiptoken" in str(entry)]) >= 2


@each_kind
def test_a_name_is_data(play: Play, tenant: Tenant, kind: Kind) -> None:
    made = make(tenant, kind, ("One", HOSTILE))
    everything = play.task(kind.module)
    # As a playbook passes on what it has read.
    chosen = f"{everything._at}.{kind.key} | selectattr('id', 'equalto', '{made[HOSTILE]}')"
    again = play.task(kind.module, name="{{ (" + chosen + " | first).displayName }}")
    play.run(client="reader")

    assert told(again, kind) == {HOSTILE: made[HOSTILE]}
    assert made.items() <= told(everything, kind).items()


@each_kind
def test_an_application_that_may_not_read(play: Play, tenant: Tenant, kind: Kind) -> None:
    steps = [play.refused(kind.module), play.refused(kind.module, name="One"), play.refused(kind.module, **{kind.by_id: NOWHERE})]
    play.run(client="nobody")

    for step in steps:
        assert step.writes == []
        assert step.result["failure"]["status"] == 403
        for words in (kind.permission, tenant.tenant_id, "adminconsent", "Cannot read"):
            assert words in step.msg
        assert "ReadWrite" not in step.msg


@each_kind
def test_an_empty_filter_is_not_all(play: Play, kind: Kind) -> None:
    steps = [play.refused(kind.module, name=""), play.refused(kind.module, **{kind.by_id: " "})]
    unknown = play.refused(kind.module, **{kind.by_id: KNOWN_AFTER_APPLY})
    both = play.refused(kind.module, name="One", **{kind.by_id: NOWHERE})
    play.run()

    for step in steps:
        assert (step.code, step.requests) == ("InvalidInput", [])
        assert "is empty" in step.msg
    assert "check-mode" in unknown.msg
    assert "mutually exclusive" in both.msg


def test_several_of_one_name_are_told(play: Play, tenant: Tenant) -> None:
    twins = {tenant.group("Tier 1"), tenant.group("Tier 1")}
    roles = {role(tenant, "Tier 1"), role(tenant, "Tier 1")}
    groups, defender = play.task("aad_group_info", name="Tier 1"), play.task("mde_role_info", name="Tier 1")
    play.run(client="reader")

    assert {x["id"] for x in groups.result["groups"]} == twins
    assert {x["id"] for x in defender.result["roles"]} == roles


def test_groups_with_their_people(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1", uniqueName=f"it's-{tenant.tenant_id}")
    people = {tenant.user(name) for name in world.PEOPLE}
    for person in people:
        tenant.link(f"groups/{group}/members", person)
    tenant.link(f"groups/{group}/owners", tenant.user("ada"))
    plain = play.task("aad_group_info", unique_name=f"it's-{tenant.tenant_id}")
    whole = play.task("aad_group_info", name="Tier 1", with_members=True)
    none = play.task("aad_group_info", unique_name="Tier 1", with_members=True)
    play.run(client="reader")

    assert told(plain, GROUPS) == told(whole, GROUPS) == {"Tier 1": group}
    found = whole.result["groups"][0]
    assert {x["id"] for x in found["members"]} == people
    assert {x["displayName"] for x in found["members"]} == {name.title() for name in world.PEOPLE}
    assert [x["displayName"] for x in found["owners"]] == ["Ada"]
    assert {key: value for key, value in found.items() if key not in ("members", "owners")} == plain.result["groups"][0]
    assert plain.result["groups"][0]["securityEnabled"] is True
    assert told(none, GROUPS) == {}


def test_roles_with_their_assignments(play: Play, tenant: Tenant) -> None:
    held, free = role(tenant, "Held"), role(tenant, "Free")
    groups = [tenant.group(name) for name in NAMES]
    for group in groups:
        body = {"displayName": "By hand", "roleDefinitionId": held, "principalIds": [group], "appScopeIds": ["Mde"]}
        tenant.post(ASSIGNMENTS, body, beta=True)
    everything, by_id = play.task("mde_role_info"), play.task("mde_role_info", role_id=held.upper())
    play.run(client="reader")

    of = {x["id"]: x for x in everything.result["roles"]}
    assert sorted(x["principalIds"][0] for x in of[held]["assignments"]) == sorted(groups)
    assert {tuple(x["appScopeIds"]) for x in of[held]["assignments"]} == {("Mde",)}
    assert all(x["id"] for x in of[held]["assignments"])
    assert of[free]["assignments"] == []
    assert of[held]["rolePermissions"][0]["allowedResourceActions"] == [BASICS]
    assert by_id.result["roles"] == [of[held]]


def test_organizations_by_tenant_and_by_domain(play: Play, tenant: Tenant) -> None:
    ours, other = organization(tenant, "Ours", world.MSSP_TENANT), organization(tenant, "Other", world.OTHER_TENANT)
    by_tenant = play.task("connected_org_info", org_tenant_id=world.MSSP_TENANT)
    by_domain = play.task("connected_org_info", domain=world.OTHER_DOMAIN)
    none = play.task("connected_org_info", domain="no-such-tenant's.example")
    itself = play.task("connected_org_info", org_tenant_id=tenant.tenant_id)
    play.run(client="reader")

    assert told(by_tenant, ORGANIZATIONS) == {"Ours": ours}
    assert told(by_domain, ORGANIZATIONS) == {"Other": other}
    assert (told(none, ORGANIZATIONS), told(itself, ORGANIZATIONS)) == ({}, {})
    assert by_tenant.result["connected_orgs"][0]["identitySources"][0]["tenantId"] == world.MSSP_TENANT


def test_catalogs_with_their_groups(play: Play, tenant: Tenant) -> None:
    groups = [tenant.group(name) for name in NAMES]
    made = catalog(tenant, "MSSP Accesses", groups=groups)
    empty = catalog(tenant, "Empty")
    by_name, by_id = (
        play.task("access_package_catalog_info", name="MSSP Accesses"),
        play.task("access_package_catalog_info", catalog_id=empty),
    )
    play.run(client="reader")

    assert told(by_name, CATALOGS) == {"MSSP Accesses": made}
    resources = by_name.result["catalogs"][0]["resources"]
    assert {x["displayName"]: x["originId"] for x in resources} == dict(zip(NAMES, groups, strict=True))
    assert by_id.result["catalogs"][0]["resources"] == []


def test_packages_with_what_they_grant_and_where(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1")
    one, two = catalog(tenant, "MSSP Accesses", groups=[group]), catalog(tenant, "Another")
    play.task("access_package", name="Tier 1", catalog=one, resource_roles=[{"group": group}])
    there = package(tenant, "Tier 1", two)
    more = [package(tenant, name, one) for name in NAMES]
    in_one = play.task("access_package_info", catalog="MSSP Accesses")
    in_both = play.task("access_package_info", name="Tier 1")
    in_two = play.task("access_package_info", name="Tier 1", catalog={"id": two, "displayName": "Another"})
    hinted = play.task("access_package_info", package_id=there, directory_hint="contoso.example")
    predicted = play.check("access_package_info", name="Tier 1", catalog=KNOWN_AFTER_APPLY)
    missing = play.refused("access_package_info", catalog="Anohter")
    play.run()

    assert {x["id"] for x in in_one.result["access_packages"]} > set(more)
    assert len(in_one.result["access_packages"]) == len(NAMES) + 1
    granting = next(x for x in in_one.result["access_packages"] if x["displayName"] == "Tier 1")
    assert granting["catalog"]["displayName"] == "MSSP Accesses"
    assert [(x["role"]["displayName"], x["scope"]["originId"]) for x in granting["resourceRoleScopes"]] == [("Member", group)]
    assert granting["request_url"] == f"https://myaccess.microsoft.com/@{tenant.domain}#/access-packages/{granting['id']}"
    assert {x["id"] for x in in_both.result["access_packages"]} == {there, granting["id"]}
    assert told(in_two, PACKAGES) == told(hinted, PACKAGES) == {"Tier 1": there}
    assert in_two.result["access_packages"][0]["resourceRoleScopes"] == []
    assert hinted.result["access_packages"][0]["request_url"].startswith("https://myaccess.microsoft.com/@contoso.example#/")
    assert [entry for entry in hinted.requests if "organization" in entry["path"]] == []
    assert told(predicted, PACKAGES) == {}
    assert "Anohter" in missing.msg


def test_packages_with_what_excludes_them(play: Play, tenant: Tenant) -> None:
    group, one = tenant.group("Tier 2"), catalog(tenant, "MSSP Accesses")
    first, second = package(tenant, "First", one), package(tenant, "Second", one)
    play.task("access_package", package_id=first, incompatible_groups=[group], incompatible_packages=[second])
    told_all = play.task("access_package_info", catalog=one, with_incompatible=True)
    play.run()

    by_id = {x["id"]: x for x in told_all.result["access_packages"]}
    assert [x["id"] for x in by_id[first]["incompatibleGroups"]] == [group]
    assert [x["id"] for x in by_id[first]["incompatibleAccessPackages"]] == [second]
    assert (by_id[second]["incompatibleGroups"], by_id[second]["incompatibleAccessPackages"]) == ([], [])


def test_packages_without_permission_to_read_the_domain(play: Play, tenant: Tenant) -> None:
    made = package(tenant, "Tier 1", catalog(tenant, "MSSP Accesses"))
    play.faults({"method": "GET", "path": "/organization", "status": 403, "code": "Authorization_RequestDenied"})
    found = play.task("access_package_info")
    play.faults()
    play.run(client="reader")

    assert told(found, PACKAGES) == {"Tier 1": made}
    assert found.result["access_packages"][0]["request_url"] is None
    assert "The link to request a package is not known" in str(found.result["warnings"])


def test_policies_of_one_package(play: Play, tenant: Tenant) -> None:
    one, two = catalog(tenant, "MSSP Accesses"), catalog(tenant, "Another")
    mine, twin = package(tenant, "Tier 1", one), package(tenant, "Tier 1", two)
    made = {name: policy(tenant, name, mine) for name in NAMES}
    other = policy(tenant, "One", twin)
    of_package = play.task("access_package_policy_info", access_package="Tier 1", catalog="MSSP Accesses")
    named = play.task("access_package_policy_info", access_package=twin, name="One")
    both = play.task("access_package_policy_info", name="One")
    by_id = play.task("access_package_policy_info", policy_id=other)
    predicted = play.check("access_package_policy_info", access_package=KNOWN_AFTER_APPLY)
    ambiguous = play.refused("access_package_policy_info", access_package="Tier 1")
    alone = play.refused("access_package_policy_info", catalog=one)
    play.run(client="reader")

    assert told(of_package, POLICIES) == made
    assert told(named, POLICIES) == told(by_id, POLICIES) == {"One": other}
    assert {(x["id"], x["accessPackage"]["id"]) for x in both.result["policies"]} == {(made["One"], mine), (other, twin)}
    assert {x["accessPackage"]["displayName"] for x in both.result["policies"]} == {"Tier 1"}
    whole = by_id.result["policies"][0]
    assert (whole["description"], whole["expiration"]["type"]) == ("By hand", "noExpiration")
    assert whole["requestApprovalSettings"]["isApprovalRequiredForAdd"] is False
    assert told(predicted, POLICIES) == {}
    for words in (mine, twin):
        assert words in ambiguous.msg
    assert "access_package" in alone.msg


def test_as_ordinary_modules_the_same(tenant: Tenant, tmp_path: Path) -> None:
    """Where the connection is not local, the modules are packed and run in a process of their own."""
    for kind in KINDS:
        if kind not in (CATALOGS, PACKAGES):  # a policy has a package in a catalog
            make(tenant, kind, NAMES[:3])
    play = {
        "name": "Both ways",
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/mssp.defender.graph": tenant.options("reader")},
        "tasks": [{"name": kind.key, f"mssp.defender.{kind.module}": {}} for kind in KINDS],
    }
    here, there = (
        run_playbook([play], tmp_path / way, hosts=inventory("contoso", **variables))
        for way, variables in (("here", {}), ("there", {"ansible_connection": "nearby"}))
    )

    for kind in KINDS:
        mine, theirs = here.task(kind.key, "contoso").result, there.task(kind.key, "contoso").result
        assert mine[kind.key], here
        assert mine[kind.key] == theirs[kind.key]
        assert mine["changed"] is theirs["changed"] is False


def test_until_asks_again(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    """Repetitions of one task run in one process, which must not answer from what it read before."""
    sandbox.log.clear()
    task = {
        "name": "wait",
        "mssp.defender.aad_group_info": {"name": "Tier 1"},
        "register": "found",
        "until": "found.groups | length > 0",
        "retries": 2,
        "delay": 0,
        "ignore_errors": True,
    }
    play = {
        "name": "Wait for a group",
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/mssp.defender.graph": tenant.options("reader")},
        "tasks": [task],
    }
    result = run_playbook([play], tmp_path, hosts=inventory("contoso"))

    assert result.task("wait", "contoso").failed, str(result)
    asked = [entry["path"] for entry in sandbox.log.all() if entry["area"] == "graph"]
    assert len(asked) >= 2
    assert all(path.startswith("/v1.0/groups?") for path in asked)
