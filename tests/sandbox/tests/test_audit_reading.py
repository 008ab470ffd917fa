# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the logs: filters, order, pages, retention, delay, permissions and licence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from audit_building import AUDITS, entries, names
from sandbox_building import make_group
from sandbox_harness import BASIC, Graph, Running, Start

CONTOSO: dict[str, Any] = BASIC["tenants"][0]
NOW = datetime(2030, 6, 1, 12, tzinfo=timezone.utc)
SANDBOX: dict[str, Any] = {
    **BASIC,
    "tenants": [
        {
            **CONTOSO,
            "users": [
                *CONTOSO["users"],
                {
                    "user_principal_name": "Recent@contoso.example",
                    "sign_in": {"interactive": "2030-05-30T08:00:00Z", "successful": "2030-05-30T08:00:00Z"},
                },
                {"user_principal_name": "weeks@contoso.example", "sign_in": {"interactive": "2030-05-10T08:00:00Z"}},
                {"user_principal_name": "months@contoso.example", "sign_in": {"interactive": "2030-01-10T08:00:00Z"}},
                {"user_principal_name": "robot@contoso.example", "sign_in": {"non_interactive": "2030-05-30T08:00:00Z"}},
                {"user_principal_name": "reader@contoso.example", "directory_roles": ["Security Reader"]},
            ],
            "clients": [
                {"name": "audit", "permissions": ["AuditLog.Read.All"]},
                {"name": "other", "permissions": ["Group.ReadWrite.All", "Directory.Read.All"]},
            ],
        }
    ],
}


@pytest.fixture
def graph(sandbox: Running) -> Iterator[Graph]:
    yield at(sandbox)
    sandbox.control("DELETE", "quirks")
    sandbox.control("DELETE", "clock")


def at(sandbox: Running, **later: float) -> Graph:
    moment = NOW + timedelta(**later)
    sandbox.control("POST", "clock", {"set": moment.strftime("%Y-%m-%dT%H:%M:%SZ")})
    return sandbox.graph()


def found(graph: Graph, query: str) -> list[str]:
    return [row["id"] for row in graph.ok("GET", f"{AUDITS}?{query}")["value"]]


def test_filters(graph: Graph) -> None:
    """resources/directoryaudit: $filter by time, name, category, service, correlation, initiator and target (practice S11)."""
    group = make_group(graph)
    (entry,) = entries(graph, group)
    this, principal = entry["id"], entry["initiatedBy"]["app"]["servicePrincipalId"]
    for wanted in (
        f"id eq '{this}'",
        f"correlationId eq '{entry['correlationId']}'",
        f"targetResources/any(t:t/id eq '{group}') and category eq 'GroupManagement'",
        f"targetResources/any(t: t/id eq '{group}') and loggedByService eq 'Core Directory'",
        f"targetResources/any(t: t/id eq '{group}' and t/type eq 'Group')",
        f"startswith(activityDisplayName,'Add') and targetResources/any(t: t/id eq '{group}')",
        f"initiatedBy/app/servicePrincipalId eq '{principal}' and targetResources/any(t: t/id eq '{group}')",
        f"activityDateTime ge 2030-06-01T12:00:00Z and targetResources/any(t: t/id eq '{group}')",
        f"activityDateTime le 2030-06-01T13:00:00Z and targetResources/any(t: t/id eq '{group}')",
    ):
        assert found(graph, f"$filter={wanted}") == [this], wanted
    for wanted in (
        "category eq 'Nothing'",
        "activityDateTime ge 2030-06-01T13:00:00Z",
        "activityDateTime le 2030-05-31T00:00:00Z and activityDateTime ge 2030-05-30T00:00:00Z",
        f"targetResources/any(t: t/id eq '{principal}')",
        "initiatedBy/user/id eq '00000000-0000-0000-0000-000000000000'",
    ):
        assert found(graph, f"$filter={wanted}") == [], wanted
    assert graph.ok("GET", f"{AUDITS}/{this}")["id"] == this
    assert graph.refused("GET", f"{AUDITS}/nothing")[0] == 404
    assert graph.refused("GET", f"{AUDITS}?$filter=nothing eq 'x'")[0] == 400


def test_order_and_pages(sandbox: Running, graph: Graph) -> None:
    """directoryaudit-list: $top, $orderby and skiptoken; the newest come first."""
    graph = at(sandbox, hours=5)  # after whatever the other tests wrote
    for _unused in range(5):
        make_group(graph)
    newest = graph.ok("GET", f"{AUDITS}?$top=5")["value"]
    times = [row["activityDateTime"] for row in newest]
    assert times == sorted(times, reverse=True)
    page = graph.ok("GET", f"{AUDITS}?$top=2&$filter=activityDateTime ge {times[-1]}")
    collected = page["value"]
    while "@odata.nextLink" in page:
        page = graph.ok("GET", page["@odata.nextLink"])
        assert len(page["value"]) <= 2
        collected += page["value"]
    assert [row["id"] for row in collected] == [row["id"] for row in newest]
    oldest = graph.ok("GET", f"{AUDITS}?$orderby=activityDateTime asc&$filter=activityDateTime ge {times[-1]}")["value"]
    assert oldest == newest[::-1]
    assert graph.ok("GET", f"/beta{AUDITS}?$top=1")["value"] == newest[:1]


def test_an_entry_leads_to_its_request(graph: Graph) -> None:
    """practice M5: request and entry can be brought together; the client's own id wins (Graph activity logs)."""
    mine = "0a1b2c3d-0000-4000-8000-00000000abcd"
    body = {"displayName": "Traced", "mailEnabled": False, "mailNickname": "traced", "securityEnabled": True}
    graph("POST", "/groups", body, 201, client_request_id=mine)
    assert [row["activityDisplayName"] for row in graph.ok("GET", f"{AUDITS}?$filter=correlationId eq '{mine}'")["value"]] == [
        "Add group"
    ]
    answer = graph("POST", "/groups", {**body, "mailNickname": "traced2"}, 201, client_request_id="not a guid")
    (entry,) = entries(graph, answer.json()["id"])
    assert entry["correlationId"] == answer.headers["request-id"]
    assert entry["id"].startswith(f"Directory_{entry['correlationId']}_")


@pytest.mark.parametrize(
    ("licence", "days", "kept"),
    [
        ("governance", 29, True),
        ("governance", 31, False),
        ("p1", 29, True),
        ("p1", 31, False),
        ("none", 6, True),
        ("none", 8, False),
    ],
)
def test_retention(sandbox: Running, graph: Graph, licence: str, days: int, kept: bool) -> None:
    """practice S11: 30 days with P1 or P2, 7 without."""
    group = make_group(graph)
    later = at(sandbox, days=days)
    later.quirk(licence=licence)
    assert names(later, group) == (["Add group"] if kept else [])


def test_delay(sandbox: Running, graph: Graph) -> None:
    """practice S11 and reference-reports-latencies: an entry arrives minutes after the write (switch audit_delay_seconds)."""
    graph.quirk(audit_delay_seconds=600)
    group = make_group(graph)
    assert names(graph, group) == []
    assert names(at(sandbox, minutes=9), group) == []
    assert names(at(sandbox, minutes=11), group) == ["Add group"]


def test_permissions(sandbox: Running, graph: Graph) -> None:
    """practice B.5: AuditLog.Read.All, and nothing else, opens the logs; a person needs a role that covers it."""
    audit, other = sandbox.graph(client="audit"), sandbox.graph(client="other")
    for path in (AUDITS, "/auditLogs/signIns"):
        assert audit("GET", path).status_code == 200
        answer = other("GET", path, status=403).json()["error"]
        assert answer["code"] == "Authentication_MSGraphPermissionMissing"
        assert answer["message"].endswith("AuditLog.Read.All")
    graph.quirk(audit_needs_directory_read=True)
    assert audit.refused("GET", AUDITS)[0] == 403
    assert graph("GET", AUDITS).status_code == 200
    for user, status in (("reader@contoso.example", 200), ("Recent@contoso.example", 403)):
        token = sandbox.control("POST", "tokens", {"tenant": "contoso.example", "user": user})["access_token"]
        assert Graph(sandbox, token, sandbox.tenant())("GET", "/auditLogs/signIns").status_code == status


@pytest.mark.parametrize(
    ("licence", "needed", "audits", "sign_ins"), [("p1", True, 200, 200), ("none", False, 200, 403), ("none", True, 403, 403)]
)
def test_licence(graph: Graph, licence: str, needed: bool, audits: int, sign_ins: int) -> None:
    """Sign-ins want P1; the audit log is read in a free tenant too (Microsoft-Extractor-Suite#202; practice S11)."""
    graph.quirk(licence=licence, audit_needs_premium=needed)
    for path, status in ((AUDITS, audits), ("/auditLogs/signIns", sign_ins)):
        answer = graph("GET", path, status=status).json()
        if status == 403:
            assert answer["error"]["code"] == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"


def test_sign_ins(graph: Graph) -> None:
    """resources/signin: interactive ones of 30 days, the newest first; they agree with signInActivity (practice B.6)."""
    rows = graph.ok("GET", "/auditLogs/signIns")["value"]
    assert [row["userPrincipalName"] for row in rows] == ["recent@contoso.example", "weeks@contoso.example"]
    assert [row["status"]["errorCode"] for row in rows] == [0, 50126]
    user = graph.ok("GET", f"/users/{rows[0]['userId']}?$select=signInActivity")["signInActivity"]
    assert user["lastSignInDateTime"] == rows[0]["createdDateTime"] == "2030-05-30T08:00:00Z"
    filtered = graph.ok("GET", f"/auditLogs/signIns?$filter=userId eq '{rows[1]['userId']}'")["value"]
    assert filtered == rows[1:]
    assert graph.ok("GET", f"/auditLogs/signIns/{rows[0]['id']}")["id"] == rows[0]["id"]
    assert graph.refused("GET", "/auditLogs/signIns/nothing")[0] == 404


def test_nothing_is_written_through_the_log(graph: Graph) -> None:
    """directoryaudit-list, -get: there is no other method."""
    assert graph.refused("POST", AUDITS, {})[0] == 405
    assert graph.refused("DELETE", f"{AUDITS}/x")[0] == 405


def test_china_has_no_logs(start: Start) -> None:
    """practice S11: global and US clouds only."""
    for cloud, status in (("usgov", 200), ("china", 400)):
        graph = _graph(start({**BASIC, "cloud": cloud}), cloud)
        assert graph("GET", AUDITS).status_code == status


def _graph(sandbox: Running, cloud: str) -> Graph:
    resource = {"usgov": "https://graph.microsoft.us", "china": "https://microsoftgraph.chinacloudapi.cn"}[cloud]
    tenant = sandbox.tenant()
    application = sandbox.application(tenant, tenant["domain"])
    return Graph(sandbox, application.acquire_token_for_client([f"{resource}/.default"])["access_token"], tenant)
