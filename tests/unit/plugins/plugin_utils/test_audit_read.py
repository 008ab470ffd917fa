# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of the role have read, what the next ones read, whom the audit refuses, and where a document goes."""

from __future__ import annotations

import json
import stat

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils import audit_read
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_files import stem, store
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_links import link
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import finding
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    GROUPS,
    NOW,
    OTHER,
    PACKAGES,
    PEOPLE,
    change,
    facts,
    group,
    member,
    policy,
)

NOW_TEXT = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(**variables):
    """The facts of these variables of a host."""
    plan = {"mssp": "M", "roles": [{"number": 0}]}
    return audit_read.facts({"mssp_onboard_plan": plan, **variables}, {}, NOW_TEXT, version="1", core="2")


@pytest.mark.parametrize(
    ("result", "value", "problem"),
    [
        ({}, None, None),
        ({"skipped": True}, None, None),
        ({"roles": []}, [], None),
        ({"roles": [{"id": 1}], "failed": False}, [{"id": 1}], None),
        ({"msg": "403", "failed": False}, None, "403"),
    ],
)
def test_what_one_task_has_read(result, value, problem):
    raw = read(mssp_audit_result_roles=result)
    assert raw["roles"] == value
    assert raw["problems"] == ([{"what": "Defender roles", "message": problem}] if problem else [])


@pytest.mark.parametrize(
    ("results", "value"),
    [([], []), ([{"requests": [1]}, {"requests": [2, 3]}], [1, 2, 3]), ([{"requests": [1]}, {"msg": "late"}], None)],
)
def test_what_a_loop_has_read(results, value):
    raw = read(mssp_audit_result_requests={"results": results, "skipped": not results})
    assert raw["requests"] == value


def test_users_without_sign_ins_take_the_place_of_those_with():
    raw = read(mssp_audit_result_users={"msg": "403"}, mssp_audit_result_users_only={"users": [{"id": 1}]})
    assert (raw["users"], raw["sign_ins_read"]) == ([{"id": 1}], False)
    assert [x["what"] for x in raw["problems"]] == ["Users and their sign-ins"]


def test_drift_is_what_all_tasks_of_the_onboarding_would_change():
    changes = [change("group", name) for name in "abc"]
    raw = read(mssp_onboard_changes=changes, mssp_audit_stopped={"message": "403"})
    assert raw["drift"] == {"changes": changes, "problem": "403"}
    assert read()["drift"] == {"changes": [], "problem": None}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"msg": "One"}, "One"),
        ({"msg": "All items completed", "results": [{"changed": False}, {"failed": True, "msg": "Second"}]}, "Second"),
        ({}, "A task failed."),
    ],
)
def test_why_a_task_failed(result, message):
    assert audit_read.stopped(result)["message"] == message


@pytest.mark.parametrize(
    ("permissions", "allowed", "refused"),
    [
        (["User.Read.All"], False, False),
        (["User.Read.All", "Group.ReadWrite.All"], False, True),
        (["User.Read.All", "Group.ReadWrite.All"], True, False),
        ([], False, False),
    ],
)
def test_a_token_that_can_write_is_refused(permissions, allowed, refused):
    raw = facts()
    raw["tenant"]["application"]["permissions"] = permissions
    raw["options"]["allow_write_token"] = allowed
    problem = audit_read.error({}, raw)
    assert bool(problem) is refused
    assert not refused or "Group.ReadWrite.All" in problem["message"]


def test_a_tenant_that_did_not_answer():
    said = {"message": "AADSTS1", "failure": {"code": "AADSTS1"}}
    assert audit_read.error({"mssp_audit_stopped": said}, {**facts(), "tenant": {}}) == said


def test_what_is_read_next():
    raw = facts()
    nested = {"id": OTHER, "type": "group", "displayName": "x", "groupTypes": []}
    raw["packages"].append(
        {
            "id": OTHER,
            "displayName": "Second",
            "resourceRoleScopes": [{"role": {"originId": "Member_x"}, "scope": {"originId": GROUPS["tier1"]}}],
        }
    )
    raw["roles"][0]["assignments"].append({"principalIds": [PEOPLE["carl"], "no-guid"]})
    raw["groups"] = [group("tier1", member("ana"), nested), group("tier2", member("lea")), group("approvers", member("anna"))]
    known = Facts(raw)
    assert {x["id"] for x in audit_read.packages_to_read(known)} == {*PACKAGES.values(), OTHER}
    # A principal may be a group: the answer says so.
    assert set(audit_read.groups_to_read(known)) == {*GROUPS.values(), PEOPLE["carl"]}
    assert set(audit_read.users_to_read(known)) == set(PEOPLE.values())
    assert audit_read.mssp_to_read(known) == sorted([PEOPLE["ana"], PEOPLE["lea"]])
    assert audit_read.groups_with_strangers(known) == [GROUPS["tier2"]]
    assert audit_read.organization(Facts({**raw, "organizations": []})) == ""


def test_what_is_kept_as_evidence():
    raw = facts()
    raw["packages"].append({"id": OTHER, "displayName": "Payroll", "resourceRoleScopes": []})
    raw["policies"].append(policy("tier1", id=OTHER, accessPackage={"id": OTHER}))
    raw["organizations"].append({"id": OTHER, "identitySources": [{"tenantId": "x"}]})
    kept = audit_read.evidence(raw)
    assert [len(kept[name]) for name in ("packages", "policies", "organizations")] == [3, 3, 1]
    assert "directory_roles" not in kept


@pytest.mark.parametrize("name", ["contoso", "contoso.example", "a_b-c"])
def test_a_plain_name_is_its_files(name):
    assert stem(name) == name


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "a b", "{{ x }}", "ä", "x" * 256, "a\nb"])
def test_other_names_are_made_safe_and_stay_apart(name):
    safe = stem(name)
    assert len(safe) < 120
    assert safe.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert not safe.startswith(".")
    assert safe != stem(name + " ") != stem(safe)


def test_documents_are_written_whole_for_the_owner(tmp_path):
    directory = tmp_path / "audit" / "customers"
    path = store(directory, {"customer": "a/b", "x": "é", "findings": []}, {"policies": []})
    assert json.loads(path.read_text(encoding="utf-8")) == {"customer": "a/b", "x": "é", "findings": []}
    assert sorted(x.name for x in directory.iterdir()) == sorted([path.name, f"{path.stem}.facts.json"])
    assert {stat.S_IMODE(x.stat().st_mode) for x in directory.iterdir()} == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("since", "before", "kept"),
    [
        (None, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-02-02T00:00:00Z", "2026-01-01T00:00:00Z", None),
        (None, None, None),
    ],
)
def test_what_the_log_has_forgotten_an_earlier_audit_knows(tmp_path, since, before, kept):
    one = {"fingerprint": "f", "is": "Here.", "since": since, "by": None}
    store(tmp_path, {"customer": "a", "findings": [{**one, "since": before, "by": "eve"}, {**one, "fingerprint": "g"}]}, {})
    (found,) = json.loads(store(tmp_path, {"customer": "a", "findings": [one]}, {}).read_text("utf-8"))["findings"]
    assert (found["since"], found["by"]) == ((kept, "eve") if kept else (since, None))
    assert ("An earlier audit knew" in found["is"]) is bool(kept)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"findings": null}', '{"findings": [1, {"since": 2}]}', '{"findings": {"a": 1}}']
)
def test_what_is_no_document_is_no_memory(tmp_path, text):
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    path = store(tmp_path, {"customer": "a", "findings": [{"fingerprint": "f", "is": "x", "since": None}]}, {})
    assert json.loads(path.read_text("utf-8"))["findings"] == [{"fingerprint": "f", "is": "x", "since": None}]


@pytest.mark.parametrize(
    ("kind", "cloud", "page"),
    [
        ("group", "public", f"groupId/{OTHER}"),
        ("group", "usgov", None),
        ("Defender role", "usgov", "https://security.example"),
        ("request", "public", "https://myaccess.example"),
        ("assignment policy", "public", "elmEntitlement"),
        ("tenant", "public", None),
    ],
)
def test_links(kind, cloud, page):
    where = link(Facts({**facts(), "cloud": cloud}), finding("MSSP001", (kind, "x", OTHER), "", ""))
    assert where is None if page is None else where.endswith(page)
