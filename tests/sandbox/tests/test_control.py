# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log, faults and quirks at run time, permissions."""

from __future__ import annotations

import time

import pytest
import requests
from sandbox_building import EM, add_resource, make_catalog, make_group
from sandbox_harness import BASIC, Graph, Running, Start

DEFENDER = "/beta/roleManagement/defender"


def test_request_log(graph: Graph, other: Graph) -> None:
    control = graph.sandbox.control
    control("DELETE", "requests")
    group = make_group(graph, displayName="Logged")
    other.ok("GET", "/groups?$select=id")
    client = graph.tenant
    graph.sandbox.application(client, client["domain"]).acquire_token_for_client(["https://graph.microsoft.com/.default"])
    entries = control("GET", f"requests?tenant={client['tenant_id']}")["requests"]
    assert entries == control("GET", "requests?tenant=contoso.example")["requests"]
    write, *identity = entries
    assert (write["method"], write["path"], write["status"], write["write"], write["area"]) == (
        "POST",
        "/v1.0/groups",
        201,
        True,
        "graph",
    )
    assert write["body"]["displayName"] == "Logged"
    assert write["client_id"] == client["client_id"]
    token_request = identity[-1]
    assert (token_request["area"], token_request["write"], token_request["body"], token_request["status"]) == (
        "identity",
        False,
        None,
        200,
    )
    everything = control("GET", "requests")["requests"]
    assert [entry["n"] for entry in everything] == sorted(entry["n"] for entry in everything)
    assert any(entry["path"] == "/v1.0/groups?$select=id" for entry in everything)
    text = str(everything)
    assert client["client_secret"] not in text
    assert "Bearer" not in text
    assert group


def test_passwords_stay_out_of_the_log(graph: Graph) -> None:
    graph("POST", "/users", {"displayName": "x", "passwordProfile": {"password": "very secret"}})
    assert "very secret" not in str(graph.sandbox.control("GET", "requests"))


def test_status_faults(graph: Graph) -> None:
    fault = {"method": "GET", "path": "/groups", "times": 2, "status": 429, "retry_after": 1}
    graph.sandbox.control("POST", "faults", [fault])
    answers = [graph("GET", "/groups") for _unused in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert (answers[0].headers["Retry-After"], answers[0].json()["error"]["code"]) == ("1", "TooManyRequests")
    graph.sandbox.control("POST", "faults", {"faults": [{"request": 2, "status": 503}]})
    assert [graph("GET", "/organization").status_code for _unused in range(3)] == [200, 503, 200]
    graph.sandbox.control("POST", "faults", [{"every": 2, "status": 504, "tenant": "fabrikam.example"}])
    assert [graph("GET", "/organization").status_code for _unused in range(4)] == [200] * 4
    graph.sandbox.control("DELETE", "faults")


def test_work_done_although_an_error_is_answered(graph: Graph) -> None:
    graph.sandbox.control("POST", "faults", [{"method": "POST", "status": 500, "after_work": True}])
    body = {"displayName": "Ghost", "mailEnabled": False, "mailNickname": "ghost", "securityEnabled": True}
    assert graph("POST", "/groups", body).status_code == 500
    assert len(graph.ok("GET", "/groups?$filter=displayName eq 'Ghost'")["value"]) == 1


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_dropped_connection(graph: Graph, when: str, made: int) -> None:
    name = f"Dropped {when}"
    graph.sandbox.control("POST", "faults", [{"method": "POST", "path": "/groups$", "drop": when, "times": 1}])
    body = {"displayName": name, "mailEnabled": False, "mailNickname": "x", "securityEnabled": True}
    with pytest.raises(requests.ConnectionError):
        graph("POST", "/groups", body)
    assert len(graph.ok("GET", f"/groups?$filter=displayName eq '{name}'")["value"]) == made
    last = [entry for entry in graph.sandbox.control("GET", "requests")["requests"] if entry["write"]][-1]
    assert last["status"] is None


def test_crash_refuses_until_cleared(graph: Graph) -> None:
    graph.sandbox.control("POST", "faults", [{"crash": "refuse", "request": 2}])
    assert [graph("GET", "/organization").status_code for _unused in range(2)] == [200, 200]
    with pytest.raises(requests.ConnectionError):
        graph("GET", "/organization")
    graph.sandbox.control("DELETE", "faults")
    graph.ok("GET", "/organization")


def test_crash_can_end_the_process(start: Start) -> None:
    sandbox = start({**BASIC, "faults": [{"crash": "exit", "request": 1}]})
    sandbox.graph().ok("GET", "/organization")
    sandbox.process.wait(timeout=5)
    assert sandbox.process.returncode == 70


def test_latency(graph: Graph) -> None:
    graph.sandbox.control("POST", "faults", [{"latency_ms": 150}])
    begin = time.monotonic()
    graph.ok("GET", "/organization")
    assert time.monotonic() - begin >= 0.15


def test_throttle(start: Start) -> None:
    graph = start({**BASIC, "throttle": {"requests": 3, "seconds": 60, "retry_after": None}}).graph()
    answers = [graph("GET", "/organization") for _unused in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Retry-After" not in answers[3].headers


def test_identity_faults(sandbox: Running) -> None:
    sandbox.control("POST", "faults", [{"area": "identity", "method": "POST", "status": 503, "times": 1}])
    url = f"{sandbox.info['login_url']}/contoso.example/oauth2/v2.0/token"
    answers = [sandbox.session().post(url, data={"grant_type": "client_credentials"}) for _unused in range(2)]
    assert [answer.status_code for answer in answers] == [503, 400]
    assert answers[0].json()["error_codes"] == [90033]
    sandbox.control("DELETE", "faults")


def test_bad_control_requests(sandbox: Running) -> None:
    session = sandbox.session()
    for path, body in (("faults", [{"status": 7}]), ("quirks", {"quirks": {"nothing": 1}})):
        assert session.post(f"{sandbox.url}/_sandbox/{path}", json=body).status_code == 400
    assert session.post(f"{sandbox.url}/_sandbox/quirks", json={"tenant": "x.example", "quirks": {}}).status_code == 404
    assert session.get(f"{sandbox.url}/_sandbox/nothing").status_code == 404


CLIENTS = {
    "nothing": [],
    "groups_read": ["Group.Read.All"],
    "members": ["GroupMember.ReadWrite.All"],
    "governance": ["EntitlementManagement.ReadWrite.All", "Group.Read.All"],
    "governance_read": ["EntitlementManagement.Read.All"],
    "defender_read": ["RoleManagement.Read.Defender"],
    "groups_write": ["Group.ReadWrite.All"],
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    from sandbox_harness import start_sandbox, stop_sandbox

    tenant = {**BASIC["tenants"][0], "clients": [{"name": name, "permissions": held} for name, held in CLIENTS.items()]}
    running = start_sandbox(tmp_path_factory.mktemp("limited"), {**BASIC, "tenants": [tenant]})
    yield running
    stop_sandbox(running)


DENIED = (403, "Authorization_RequestDenied")


@pytest.mark.parametrize(
    ("client", "method", "path", "expected"),
    [
        ("nothing", "GET", "/groups", DENIED),
        ("nothing", "GET", "/users", DENIED),
        ("groups_read", "GET", "/groups", 200),
        ("groups_read", "POST", "/groups", DENIED),
        ("groups_read", "GET", "/users", DENIED),
        ("members", "GET", "/groups", 200),
        ("members", "POST", "/groups", DENIED),
        ("nothing", "GET", f"{EM}/catalogs", (403, "UnAuthorized")),
        ("governance_read", "GET", f"{EM}/catalogs", 200),
        ("governance_read", "POST", f"{EM}/catalogs", (403, "UnAuthorized")),
        ("groups_read", "GET", f"{DEFENDER}/roleDefinitions", (403, "Forbidden")),
        ("defender_read", "GET", f"{DEFENDER}/roleDefinitions", 200),
        ("defender_read", "POST", f"{DEFENDER}/roleDefinitions", (403, "Forbidden")),
        (
            "governance",
            "GET",
            "/tenantRelationships/findTenantInformationByDomainName(domainName='mssp.example')",
            DENIED,
        ),
        ("governance", "GET", "/organization", DENIED),
    ],
)
def test_permissions(limited: Running, client: str, method: str, path: str, expected: object) -> None:
    graph = limited.graph(0, client)
    if expected == 200:
        graph.ok(method, path)
    else:
        assert graph.refused(method, path, {} if method == "POST" else None) == expected


def test_special_permissions(limited: Running) -> None:
    full = limited.graph()
    governance, writer, members = (limited.graph(0, name) for name in ("governance", "groups_write", "members"))
    group, catalog = make_group(full), make_catalog(full)
    assert add_resource(governance, catalog, group, 400).json()["error"]["code"] == "CallerNotResourceOwner"
    body = {
        "displayName": "R",
        "mailEnabled": False,
        "mailNickname": "r",
        "securityEnabled": True,
        "isAssignableToRole": True,
    }
    assert writer.refused("POST", "/groups", body) == DENIED
    protected = make_group(full, isAssignableToRole=True)
    user = full.ok("GET", "/users")["value"][0]["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{user}"}
    assert writer.refused("POST", f"/groups/{protected}/members/$ref", reference) == DENIED
    members("POST", f"/groups/{group}/members/$ref", reference, 204)
    assert members.refused("PATCH", f"/groups/{group}", {"description": "x"}) == DENIED
    # Without a permission for users their names stay hidden.
    assert set(members.ok("GET", f"/groups/{group}/members")["value"][0]) == {"@odata.type", "id"}
