# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connected organizations, catalogs, resources, packages, requests (EM B to E, G, N)."""

from __future__ import annotations

from typing import Any

from sandbox_building import (
    EM,
    add_resource,
    grant_chain,
    guest_id,
    make_catalog,
    make_group,
    make_package,
    mssp_organization,
    policy_body,
    resource_of,
    role_scope_body,
    unique,
    user_id,
)
from sandbox_harness import MSSP_TENANT, Graph

ZERO = "00000000-0000-0000-0000-000000000000"
TENANT_SOURCE = {
    "@odata.type": "#microsoft.graph.azureActiveDirectoryTenant",
    "displayName": "M",
    "tenantId": MSSP_TENANT,
}


def domain_source(domain: str) -> dict[str, str]:
    return {"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": domain, "displayName": domain}


def organization(source: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"displayName": unique("Org"), "description": "d", "identitySources": [source], **more}


def test_connected_organization(other: Graph) -> None:
    made = other("POST", f"{EM}/connectedOrganizations", organization(domain_source("mssp.example")), 201)
    assert made.json()["identitySources"] == []
    assert made.json()["state"] == "configured"
    assert "azurewebsites.net" in made.headers["Location"]
    row = made.json()["id"]
    read = other.ok("GET", f"{EM}/connectedOrganizations/{row}")
    assert read["identitySources"] == [
        {
            "@odata.type": "microsoft.graph.azureActiveDirectoryTenant",
            "tenantId": MSSP_TENANT,
            "displayName": "The MSSP",
        }
    ]
    by_source = f"{EM}/connectedOrganizations?$filter=identitySources/any(is:is/microsoft.graph."
    by_tenant = f"{by_source}azureActiveDirectoryTenant/tenantId eq "
    assert [item["id"] for item in other.ok("GET", f"{by_tenant}'{MSSP_TENANT}')")["value"]] == [row]
    again = other.refused("POST", f"{EM}/connectedOrganizations", organization(TENANT_SOURCE))
    assert again == (400, "ConnectedOrganizationAlreadyExists")
    changed = other("PATCH", f"{EM}/connectedOrganizations/{row}", {"description": "new", "state": "proposed"}, 202)
    assert set(changed.json()) == {"@odata.context", "id", "displayName", "description", "state"}
    second = other.ok("POST", f"{EM}/connectedOrganizations", organization(domain_source("unknown.example")), 201)["id"]
    by_domain = f"{by_source}domainIdentitySource/domainName eq "
    assert [item["id"] for item in other.ok("GET", f"{by_domain}'unknown.example')")["value"]] == [second]
    assert other.refused("PATCH", f"{EM}/connectedOrganizations/{second}", {"identitySources": [TENANT_SOURCE]}) == (
        400,
        "IdentityProviderAlreadyConfigured",
    )
    other("DELETE", f"{EM}/connectedOrganizations/{row}", status=204)
    assert other.refused("GET", f"{EM}/connectedOrganizations/{row}") == (404, "ResourceNotFound")


def test_connected_organization_refusals(graph: Graph) -> None:
    for sources in (
        [],
        [domain_source("a.example"), domain_source("b.example")],
        [{"@odata.type": "#microsoft.graph.tenant"}],
    ):
        body = {"displayName": "x", "identitySources": sources}
        assert graph.refused("POST", f"{EM}/connectedOrganizations", body) == (400, "InvalidModel")
    unknown = {**TENANT_SOURCE, "tenantId": "11111111-2222-3333-4444-555555555555"}
    assert graph.refused("POST", f"{EM}/connectedOrganizations", organization(unknown))[0] == 400
    graph.quirk(connected_org_unknown_tenant="accepted")
    graph("POST", f"{EM}/connectedOrganizations", organization(unknown), 201)


def test_sponsors(graph: Graph) -> None:
    row, admin, guest = mssp_organization(graph), user_id(graph), guest_id(graph)
    sponsors = f"{EM}/connectedOrganizations/{row}/internalSponsors"
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{admin}"}
    graph("POST", f"{sponsors}/$ref", reference, 204)
    assert graph("POST", f"{sponsors}/$ref", reference).status_code == 400
    assert [item["id"] for item in graph.ok("GET", sponsors)["value"]] == [admin]
    graph("DELETE", f"{sponsors}/{admin}/$ref", status=204)
    external = f"{EM}/connectedOrganizations/{row}/externalSponsors/$ref"
    assert graph("POST", external, reference).status_code == 400
    graph("POST", external, {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{guest}"}, 204)


def test_catalog(graph: Graph) -> None:
    catalog = make_catalog(graph)
    graph("PATCH", f"{EM}/catalogs/{catalog}", {"state": "unpublished"}, 204)
    assert graph.ok("GET", f"{EM}/catalogs/{catalog}")["state"] == "unpublished"
    assert graph.refused("PATCH", f"{EM}/catalogs/{catalog}", {"state": "hidden"}) == (400, "ArgumentException")
    assert graph.refused("POST", f"{EM}/catalogs", {"displayName": "x", "colour": 1}) == (400, "InvalidModel")
    general = graph.ok("GET", f"{EM}/catalogs?$filter=catalogType eq 'ServiceDefault'")["value"]
    assert [item["displayName"] for item in general] == ["General"]
    package = make_package(graph, catalog)
    assert graph.refused("DELETE", f"{EM}/catalogs/{catalog}")[0] == 400
    graph("DELETE", f"{EM}/accessPackages/{package}", status=204)
    graph("DELETE", f"{EM}/catalogs/{catalog}", status=204)


def test_resources(graph: Graph) -> None:
    catalog, group = make_catalog(graph), make_group(graph)
    graph.quirk(origin_lag=1, resource_visible_lag=2, role_scope_lag=1, unuse_lag=1)
    assert add_resource(graph, catalog, group, 400).json()["error"]["code"] == "ResourceNotFoundInOriginSystem"
    answer = add_resource(graph, catalog, group).json()
    assert {key: answer[key] for key in ("requestType", "state")} == {"requestType": "adminAdd", "state": "delivered"}
    listed = [
        graph.ok("GET", f"{EM}/catalogs/{catalog}/resources?$filter=originId eq '{group}'")["value"] for _unused in range(3)
    ]
    assert [len(rows) for rows in listed] == [0, 0, 1]
    assert add_resource(graph, catalog, group, 400).json()["error"]["code"] == "ResourceAlreadyOnboarded"
    resource = resource_of(graph, catalog, group)
    assert [(role["id"], role["originId"]) for role in resource["roles"]] == [
        (ZERO, f"Member_{group}"),
        (ZERO, f"Owner_{group}"),
    ]
    assert resource["scopes"][0]["isRootScope"] is True

    package, url = make_package(graph, catalog), ""
    url = f"{EM}/accessPackages/{package}/resourceRoleScopes"
    body = role_scope_body(group, resource["id"])
    assert graph.refused("POST", url, body) == (404, "ResourceNotFound")
    with_zero = {**body, "role": {**body["role"], "id": ZERO}}
    assert graph.refused("POST", url, with_zero) == (404, "RoleNotFound")
    scope = graph.ok("POST", url, body, 201)
    assert set(scope) == {"@odata.context", "id", "createdDateTime"}
    assert graph.refused("GET", url) == (404, "")
    expanded = graph.ok(
        "GET", f"{EM}/accessPackages/{package}?$expand=catalog,resourceRoleScopes($expand=role($expand=resource),scope)"
    )
    entry = expanded["resourceRoleScopes"][0]
    assert (entry["id"], entry["role"]["originId"], entry["scope"]["originId"]) == (
        scope["id"],
        f"Member_{group}",
        group,
    )
    assert entry["role"]["resource"]["id"] == resource["id"]
    assert entry["id"] == f"{entry['role']['id']}_{entry['scope']['id']}"
    assert expanded["catalog"]["id"] == catalog

    roles = f"{EM}/catalogs/{catalog}/resourceRoles"
    assert graph("GET", roles).status_code == 400
    filtered = graph.ok(
        "GET", f"{roles}?$filter=(originSystem eq 'AadGroup' and resource/id eq '{resource['id']}')&$expand=resource"
    )
    assert [role["id"] == ZERO for role in filtered["value"]] == [False, True]

    remove = {"requestType": "adminRemove", "resource": {"id": resource["id"]}, "catalog": {"id": catalog}}
    refusal = (400, "InvalidDeleteResourceHasEntitlements")
    assert graph.refused("POST", f"{EM}/resourceRequests", remove) == refusal
    graph("DELETE", f"{url}/{scope['id']}", status=204)
    assert graph.refused("POST", f"{EM}/resourceRequests", remove) == refusal
    graph("POST", f"{EM}/resourceRequests", remove, 201)
    assert graph.ok("GET", f"{EM}/catalogs/{catalog}/resources")["value"] == []


def test_resource_refusals(graph: Graph) -> None:
    catalog, group = make_catalog(graph), make_group(graph)

    def refused(**resource: str) -> tuple[int, str]:
        body = {"requestType": "adminAdd", "resource": resource, "catalog": {"id": catalog}}
        return graph.refused("POST", f"{EM}/resourceRequests", body)

    assert refused(originId=group, originSystem="AdApplication") == (400, "ArgumentException")
    assert refused(originId=catalog, originSystem="AadGroup") == (400, "ResourceNotFoundInOriginSystem")
    body = {
        "requestType": "adminAdd",
        "resource": {"originId": group, "originSystem": "AadGroup"},
        "catalog": {"id": group},
    }
    assert graph.refused("POST", f"{EM}/resourceRequests", body) == (404, "ResourceNotFound")


def test_packages(graph: Graph) -> None:
    catalog, second, name = make_catalog(graph), make_catalog(graph), unique("Named")
    package = make_package(graph, catalog, displayName=name)
    body = {"displayName": name, "catalog": {"id": catalog}}
    assert graph.refused("POST", f"{EM}/accessPackages", body) == (400, "DuplicateAccessPackage")
    graph.quirk(duplicate_package_status=409)
    assert graph.refused("POST", f"{EM}/accessPackages", body) == (409, "DuplicateAccessPackage")
    make_package(graph, second, displayName=name)
    found = graph.ok("GET", f"{EM}/accessPackages?$filter=displayName eq '{name}' and catalog/id eq '{catalog}'&$expand=catalog")
    assert [item["id"] for item in found["value"]] == [package]
    assert "catalog" not in graph.ok("GET", f"{EM}/accessPackages/{package}")
    assert graph.ok("GET", f"{EM}/accessPackages?$filter=contains(tolower(displayName),'{name.lower()}')")["value"]
    graph("PATCH", f"{EM}/accessPackages/{package}", {"isHidden": True}, 204)
    assert graph.refused("PATCH", f"{EM}/accessPackages/{package}", {"catalog": {"id": second}}) == (
        400,
        "InvalidModel",
    )
    assert graph.refused("GET", f"{EM}/accessPackages?$filter=catalog/id eq 'x'")[0] in (200, 400)
    assert graph.refused("GET", f"{EM}/accessPackages?$filter=id eq 'x'") == (400, "InvalidFilter")
    assert graph.refused("GET", f"{EM}/accessPackages/{package}/nothing") == (404, "")


def test_incompatibilities(graph: Graph) -> None:
    catalog, group = make_catalog(graph), make_group(graph)
    one, two = make_package(graph, catalog), make_package(graph, catalog)
    graph(
        "POST",
        f"{EM}/accessPackages/{one}/incompatibleGroups/$ref",
        {"@odata.id": f"https://x/v1.0/groups/{group}"},
        204,
    )
    graph(
        "POST",
        f"{EM}/accessPackages/{one}/incompatibleAccessPackages/$ref",
        {"@odata.id": f"https://x/v1.0{EM}/accessPackages/{two}"},
        204,
    )

    def ids(path: str) -> list[str]:
        return [row["id"] for row in graph.ok("GET", f"{EM}/accessPackages/{path}")["value"]]

    assert ids(f"{one}/incompatibleGroups") == [group]
    assert ids(f"{one}/incompatibleAccessPackages") == [two]
    assert ids(f"{two}/accessPackagesIncompatibleWith") == [one]
    graph("DELETE", f"{EM}/accessPackages/{one}/incompatibleGroups/{group}/$ref", status=204)
    assert ids(f"{one}/incompatibleGroups") == []


def request_body(package: str, policy: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "requestType": "adminAdd",
        "assignment": {"targetId": target, "assignmentPolicyId": policy, "accessPackageId": package},
        **more,
    }


def test_assignment_from_request_to_removal(graph: Graph) -> None:
    group, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)["id"]
    admin = user_id(graph)
    answer = graph.ok("POST", f"{EM}/assignmentRequests", request_body(package, policy, admin), 201)
    assert {key: answer[key] for key in ("state", "status", "createdDateTime", "completedDateTime")} == {
        "state": "submitted",
        "status": "Accepted",
        "createdDateTime": None,
        "completedDateTime": None,
    }
    assert graph.refused("POST", f"{EM}/assignmentRequests", request_body(package, policy, admin)) == (
        400,
        "ExistingOpenRequest",
    )
    assert graph.ok("GET", f"/groups/{group}/members")["value"] == []
    read = graph.ok("GET", f"{EM}/assignmentRequests/{answer['id']}?$expand=requestor,accessPackage,assignment($expand=target)")
    assert (read["state"], read["assignment"]["target"]["objectId"]) == ("delivered", admin)
    assert read["requestor"]["objectId"] == admin
    assert [row["id"] for row in graph.ok("GET", f"/groups/{group}/members")["value"]] == [admin]
    query = f"{EM}/assignments?$expand=target,accessPackage,assignmentPolicy&$filter=accessPackage/id eq '{package}' and "
    found = graph.ok("GET", f"{query}target/objectId eq '{admin}' and state eq 'Delivered'")["value"]
    assert [(row["state"], row["schedule"]["expiration"]["type"]) for row in found] == [("delivered", "afterDateTime")]
    assert graph("POST", f"{EM}/assignmentRequests", request_body(package, policy, admin)).status_code == 409
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminRemove", "assignment": {"id": found[0]["id"]}}, 201)
    after = graph.ok("GET", f"{query}target/objectId eq '{admin}'")["value"]
    assert [row["state"] for row in after] == ["expired"]
    assert graph.ok("GET", f"/groups/{group}/members")["value"] == []
    graph("POST", f"{EM}/assignmentRequests", request_body(package, policy, admin), 201)


def test_package_that_changes_under_its_holders(graph: Graph) -> None:
    group, catalog, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)["id"]
    graph("POST", f"{EM}/assignmentRequests", request_body(package, policy, user_id(graph)), 201)
    graph.ok("GET", f"{EM}/assignments")
    second = make_group(graph)
    add_resource(graph, catalog, second)
    resource = resource_of(graph, catalog, second)["id"]
    url = f"{EM}/accessPackages/{package}/resourceRoleScopes"
    scope = graph.ok("POST", url, role_scope_body(second, resource), 201)["id"]

    def size(group_id: str) -> int:
        return len(graph.ok("GET", f"/groups/{group_id}/members")["value"])

    assert (size(group), size(second)) == (1, 1)
    graph("DELETE", f"{url}/{scope}", status=204)
    assert (size(group), size(second)) == (1, 0)


def test_approval_is_asked_unless_bypassed(graph: Graph) -> None:
    _unused, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)["id"]
    guest = guest_id(graph)
    assert graph.refused("POST", f"{EM}/assignmentRequests", request_body(package, policy, user_id(graph)))[0] == 400
    answer = graph.ok("POST", f"{EM}/assignmentRequests", request_body(package, policy, guest), 201)
    query = f"{EM}/assignmentRequests?$filter=accessPackage/id eq '{package}' and state eq 'pendingApproval'&$expand=requestor"
    (pending,) = graph.ok("GET", query)["value"]
    # "The subject who requested or, if a direct assignment, was assigned": there is no assignment yet that would tell.
    assert (pending["id"], pending["requestor"]["objectId"]) == (answer["id"], guest)
    approval = f"{EM}/accessPackageAssignmentApprovals/{answer['id']}/stages"
    assert graph.refused("GET", approval) == (403, "UnAuthorized")
    assert graph.refused("PATCH", f"{approval}/x", {"reviewResult": "Approve"}) == (403, "UnAuthorized")
    assert graph("POST", f"{EM}/assignmentRequests/{answer['id']}/cancel").status_code == 204
    graph(
        "POST",
        f"{EM}/assignmentRequests",
        request_body(package, policy, guest, parameters={"bypassApproval": True}),
        201,
    )
    assert [row["state"] for row in graph.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")["value"]] == [
        "delivered"
    ]


def test_requests_of_persons_need_a_person(graph: Graph) -> None:
    assert graph.refused("POST", f"{EM}/assignmentRequests", {"requestType": "userAdd", "assignment": {}}) == (
        403,
        "UnAuthorized",
    )
    assert graph.refused("POST", f"{EM}/assignmentRequests", {"requestType": "add", "assignment": {}}) == (
        400,
        "ArgumentException",
    )


def test_invitation_by_email(graph: Graph) -> None:
    group, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)["id"]
    graph.quirk(delivering_until_redeemed=True)
    body = {
        "requestType": "adminAdd",
        "parameters": {"bypassApproval": True},
        "assignment": {
            "target": {"email": "bo@mssp.example"},
            "assignmentPolicyId": policy,
            "accessPackageId": package,
        },
    }
    graph("POST", f"{EM}/assignmentRequests", body, 201)
    listing = f"{EM}/assignments?$filter=accessPackage/id eq '{package}'&$expand=target($expand=connectedOrganization)"
    waiting = graph.ok("GET", listing)["value"][0]
    assert waiting["state"] == "delivering"
    assert waiting["target"]["connectedOrganization"]["id"] == mssp_organization(graph)
    graph.quirk(delivering_until_redeemed=False)
    assert graph.ok("GET", listing)["value"][0]["state"] == "delivered"
    assert len(graph.ok("GET", f"/groups/{group}/members")["value"]) == 1


def test_routes_that_only_the_metadata_has(graph: Graph) -> None:
    assert graph.refused("POST", f"{EM}/assignments", {}) == (404, "")
    assert graph.refused("DELETE", f"{EM}/assignments/{ZERO}") == (404, "")
    assert graph.refused("PUT", f"{EM}/catalogs", {}) == (405, "MethodNotAllowed")


def test_settings(graph: Graph) -> None:
    assert graph.ok("GET", f"{EM}/settings")["externalUserLifecycleAction"] == "blockSignInAndDelete"
    graph.ok("PATCH", f"{EM}/settings", {"externalUserLifecycleAction": "none"})
    assert graph.ok("GET", f"{EM}/settings")["externalUserLifecycleAction"] == "none"
