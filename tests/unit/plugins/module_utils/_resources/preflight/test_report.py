# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report: its order, what stops whom, what could not be read, and how little is asked."""

from __future__ import annotations

import ast
import json
import pathlib
import re

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import NAMES, find_cloud
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight import gates, partner
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    KINDS,
    SEVERITIES,
    Finding,
    found,
    quoted,
)
from ansible_collections.mssp.defender.tests.unit.fakes import A, Http, answer, graph
from ansible_collections.mssp.defender.tests.unit.fakes import refusal as refused
from ansible_collections.mssp.defender.tests.unit.preflight_building import (
    ALWAYS,
    CONSENT,
    GOOD,
    MSSP,
    findings,
    listed,
    policy,
    refusal,
    sku,
    told,
    wanted,
)

ROOT = pathlib.Path(__file__).resolve().parents[6]
PACKAGE = ROOT / "plugins" / "module_utils" / "_resources" / "preflight"
REFUSED = refusal(403)
EVERYTHING_SHUT = {
    "skus": listed(sku("p1")),
    "settings": refusal(403, "NoLicense"),
    "policies": refusal(403, "NoLicense"),
    "organizations": refusal(403, "NoLicense"),
    "authorization": {"allowInvitesFrom": "none"},
    "roles": refusal(403),
    "namespaces": refusal(403),
}


def test_the_licence_is_first_and_then_what_stops():
    ids = [x.id for x in findings(EVERYTHING_SHUT)]
    assert ids == ["licence_p1", "licence_defender", "invitations_off", "urbac_silent"]


def test_what_is_told_of_everybody():
    report = gates.report(wanted(), GOOD)
    assert {(x.id, x.severity) for x in report.findings} == {(name, "not_checked") for name in ALWAYS}
    assert report.licence["entra"] == "p2"
    assert report.urbac == {"answers": True, "active": "unknown"}


def test_unified_rbac_is_never_called_active():
    for answers in (GOOD, EVERYTHING_SHUT, {}):
        assert gates.report(wanted(), answers).urbac["active"] == "unknown"


@pytest.mark.parametrize("features", [(), ("audit",), ("audit_drift",), ("preflight",)])
def test_nothing_stops_who_builds_nothing(features):
    report = gates.report(wanted(features=features), EVERYTHING_SHUT)
    assert gates.stopping(report.findings) == []
    assert "invitations_off" in [x.id for x in report.findings]


def test_everything_refused_is_told_in_a_few_lines():
    """Once for each reason, however many gates it keeps shut; and nothing fails."""
    answers = dict.fromkeys(GOOD, REFUSED)
    found_ids = [x.id for x in gates.report(wanted(), answers).findings if x.id not in ALWAYS]
    # That unified RBAC refuses whoever has the permission is its way to say that it is not there.
    assert found_ids == ["urbac_silent", "not_readable"]


def test_what_the_application_may_not_read_is_not_asked():
    asker = wanted(granted=tuple(needed(["onboard"])))
    assert {x.name for x in gates.questions(asker) if not x.may_be_asked(asker.granted)} == {
        "authorization",
        "domains",
        "cross_default",
        "cross_partner",
        "conditional",
    }
    told_of = [
        x for x in gates.report(asker, {k: v for k, v in GOOD.items() if "cross" not in k}).findings if x.id == "not_readable"
    ]
    assert len(told_of) == 2
    policies, domains = told_of
    assert policies.remedy == f"To have them checked, grant Policy.Read.All too, with the application's whole set: {CONSENT}"
    assert (
        "who may invite guests; whether cross-tenant access lets the MSSP in; what Conditional Access asks of guests."
        in policies.says
    )
    assert "Policy.Read.B2BManagementPolicy" in domains.remedy


def test_a_token_that_says_nothing_of_itself_is_tried():
    assert all(x.may_be_asked(()) for x in gates.questions(wanted(granted=())))


def test_missing_permissions():
    (found_one,) = findings(granted=tuple(x for x in wanted().granted if "Defender" not in x), features=("onboard",))[:1]
    assert (found_one.id, found_one.severity) == ("permission_missing", "stop")
    assert found_one.says == "The access token lacks RoleManagement.ReadWrite.Defender."
    assert found_one.remedy.endswith(f"grants the application's whole set here: {CONSENT}")


def test_permissions_by_mode():
    """Decisions M12: the audit is not nagged for permissions to write."""
    reading = tuple(needed(["audit"]))
    assert partner.by_mode(reading, delegated=False)["audit"] == []
    assert "Group.ReadWrite.All" in partner.by_mode(reading, delegated=False)["onboard"]
    assert partner.by_mode(("User.Read",), delegated=True) == {"approve": ["EntitlementManagement.ReadWrite.All"]}


@pytest.mark.parametrize(
    ("changes", "intended", "expected"),
    [
        ({"partner": refusal(404)}, {}, [("other_cloud", "stop")]),
        ({"partner": refusal(400)}, {}, [("other_cloud", "stop")]),
        ({"partner": refusal(403)}, {}, [("not_readable", "not_checked")]),
        ({}, {"partner_id": None, "partner_sought": "nobody.example"}, [("other_cloud", "warning")]),
        ({}, {"partner_id": None}, []),
    ],
)
def test_clouds_apart(changes, intended, expected):
    """Decisions S16."""
    assert told(changes, **intended) == expected


@pytest.mark.parametrize("cloud", NAMES)
def test_what_a_cloud_lacks(cloud):
    lacking = [x for x in findings(cloud=find_cloud(cloud)) if x.id == "cloud_lacks"]
    assert bool(lacking) is (cloud == "china")
    assert {x.severity for x in lacking} <= {"warning", "info"}


# ---- how it is asked ---------------------------------------------------------------------------------------------------


def batched(*answers_of):
    def play(sent):
        responses = []
        for request in sent.body["requests"]:
            body = next((body for part, body in answers_of if part in request["url"]), None)
            status = 200 if body is not None else 404
            responses.append(
                {"id": request["id"], "status": status, "body": body if body is not None else {"error": {"code": "x"}}}
            )
        return answer(200, {"responses": responses})

    return play


def test_all_is_asked_in_two_requests():
    play = batched(("subscribedSkus", GOOD["skus"]), ("assignmentPolicies", listed(policy())))
    http = Http(play, play)
    answers = gates.ask(graph(http), wanted(group_ids=(A,)))
    assert http.lines == ["POST /v1.0/$batch", "POST /beta/$batch"]
    assert answers["skus"] == GOOD["skus"]
    assert answers["policies"] == listed(policy())
    assert isinstance(answers["cross_partner"], GraphError)
    assert set(answers) == {x.name for x in gates.questions(wanted(group_ids=(A,)))}


def test_a_gateway_without_batches_is_no_failure():
    http = Http(refused(404, "NotFound"), refused(404, "NotFound"))
    report = gates.report(wanted(), gates.ask(graph(http), wanted()))
    assert "not_readable" in [x.id for x in report.findings]


def test_a_tenant_that_does_not_answer_at_all_is_one():
    with pytest.raises(GraphError):
        gates.ask(graph(Http(refused(401), refused(401))), wanted())


def test_what_comes_from_outside_is_escaped_in_what_is_asked():
    asked = {x.name: x for x in gates.questions(wanted(partner_id="a'/../b", group_ids=("x/y?z",)))}
    assert asked["cross_partner"].path.endswith("partners/a%27%2F..%2Fb")
    assert asked["group x/y?z"].path == "groups/x%2Fy%3Fz"
    assert "a''/../b" in asked["organizations"].query["$filter"]


# ---- the table of findings ---------------------------------------------------------------------------------------------


def ids_in_code():
    ids = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("found", "Finding") and node.args:
                ids |= {x.value for x in ast.walk(node.args[0]) if isinstance(x, ast.Constant) and isinstance(x.value, str)}
    return ids


def test_every_finding_is_in_the_table_and_every_line_of_it_is_used():
    # Which of the two licences is missing is worked out.
    assert ids_in_code() | {"licence_none", "licence_p1"} == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_line_of_the_table(name):
    kind = KINDS[name]
    assert re.fullmatch(r"[a-z][a-z_0-9]*", name)
    assert kind.severities
    assert list(kind.severities) == [x for x in SEVERITIES if x in kind.severities]
    assert kind.means.endswith(".")
    assert kind.remedy.endswith((".", "{consent}"))
    assert kind.page in (None, "entra", "defender")


def test_a_finding_as_it_is_returned():
    one = found("urbac_silent", "stop", "It does not answer.").as_result(find_cloud("public"), A)
    assert one["link"] == f"https://security.microsoft.com/?tid={A}"
    assert list(one) == ["id", "severity", "is", "remedy", "link", "accepted"]
    assert found("invitations_off", "stop", "x").as_result(find_cloud("usgov"), A)["link"] == "https://entra.microsoft.us"
    assert found("invitations_off", "stop", "x").as_result(find_cloud("china"), A)["link"] is None
    assert found("guest_billing", "not_checked", "x").as_result(find_cloud("china"), A)["link"] is None
    json.dumps(one)


def test_names_in_a_sentence():
    assert quoted(["a", "b\n c"]) == "'a', 'b c'"
    assert quoted(range(7), most=2) == "'0', '1' and 5 more"


def test_braces_of_a_customer_are_no_placeholder():
    one = found("not_readable", "not_checked", "{x} {{ y }}.", missing="{z}", consent="{{ c }}")
    assert one == Finding("not_readable", "not_checked", "{x} {{ y }}.", one.remedy)
    assert one.remedy == "To have them checked, grant {z} too, with the application's whole set: {{ c }}"


def test_the_mssps_own_tenant_is_asked_for_one_thing():
    own = wanted(tenant_id=MSSP, features=())
    assert [x.name for x in gates.questions(own)] == ["cross_default"]
