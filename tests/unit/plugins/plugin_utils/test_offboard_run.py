# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of an offboarding tell their modules, and what its files say."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import re

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils import offboard_changes, offboard_proof, offboard_told
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_run import Offboarding, ended, look
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.test_offboard_plan import HELD, PLAN, seen

NOW = datetime.datetime(2026, 11, 23, 12, 0, 7)
PRE = "mssp_onboard_result_"
MSSP = "11111111-2222-3333-4444-555555555555"


def variables(**more):
    there = seen()
    found = {
        "mssp_onboard_plan": {**PLAN, "mssp": MSSP, "features": ["onboard"]},
        f"{PRE}preflight": {"tenant": {"id": "t1"}, "settings": there.settings, "application": {"client_id": "app"}},
        f"{PRE}offboard_groups": {"results": [{"groups": found} for found in there.groups]},
        f"{PRE}offboard_catalogs": {"catalogs": there.catalogs},
        f"{PRE}offboard_packages": {"access_packages": there.packages},
        f"{PRE}offboard_policies": {"policies": there.policies},
        f"{PRE}offboard_roles": {"roles": there.roles},
        f"{PRE}offboard_organizations": {"connected_orgs": there.organizations},
        f"{PRE}offboard_assignments": {"assignments": there.assignments},
        f"{PRE}offboard_requests": {"requests": there.requests},
    }
    return {**found, **{f"{PRE}offboard_{name}": value for name, value in more.items()}}


def run(**more):
    return Offboarding(variables(**more), now=NOW)


def test_every_step_has_its_items():
    options = {step: [x["options"] for x in run().items(step)] for step in offboard_changes.STEPS}
    gone, checked = ({"state": "absent", "force": force} for force in (True, False))
    policy = {"policy_id": "po1", "name": "Direct", "access_package": {"id": "P1", "displayName": "P"}}
    closed = dict.fromkeys(("add", "extend", "on_behalf_add", "on_behalf_extend"), False)
    ours = [{"id": "g1", "displayName": "G"}]
    assert options == {
        "door_catalog": [{"catalog_id": "c1", "name": "C", "published": False}],
        "door_policies": [{**policy, "requests": closed}],
        "requests": [{"request_id": "rq1", "decision": "cancel"}],
        "defender_assignments": [{"role_id": "ro1", "name": "R", "unassigned_groups": ours}],
        "defender_roles": [{"role_id": "ro1", "name": "R", "unassigned_groups": ours, **checked}],
        "assignments": [{"assignment_id": "a1", "state": "absent"}],
        "policies": [{**policy, **gone}],
        "role_scopes": [{"package_id": "p1", "name": "P", "resource_roles": []}],
        "packages": [{"package_id": "p1", "name": "P", **gone}],
        "resources": [{"catalog_id": "c1", "name": "C", "groups": []}],
        "catalog": [{"catalog_id": "c1", "name": "C", **gone}],
        "groups": [{"group_id": "g1", "name": "G", "members": [{"id": "bob"}], **checked}],
        "organization": [{"org_tenant_id": MSSP, "name": "M", **gone}],
        "guests": [],
    }


def test_items_say_when_their_step_began():
    assert {x["began"] for x in run().items("packages")} == {"2026-11-23T12:00:07Z"}


def test_groups_are_found_by_unique_name_or_by_their_id():
    plan = {**PLAN, "mssp": MSSP, "groups": [*PLAN["groups"], {"name": "H", "key": "h", "options": {"group_id": "h1"}}]}
    found = Offboarding({"mssp_onboard_plan": plan}).items("group_filters")
    assert [x["options"] for x in found] == [{"unique_name": f"mssp-{MSSP}-g"}, {"group_id": "h1"}]


def test_later_tasks_go_by_the_first_look():
    first = dataclasses.asdict(run().ending())
    later = run(begun={"ending": first}, packages={"access_packages": []}, catalogs={"catalogs": []})
    assert [x["options"]["package_id"] for x in later.items("packages")] == ["p1"]


def test_a_request_that_was_approved_meanwhile_is_an_assignment_to_end():
    late = {**HELD, "id": "a2"}
    there = [HELD, late, {**late, "id": "a3", "accessPackage": {"id": "p9"}}, {**late, "id": "a4", "state": "expired"}]
    found = run(assignments_later={"assignments": there}).items("assignments")
    assert [x["options"]["assignment_id"] for x in found] == ["a1", "a2"]


def did(check, *changes, **more):
    return {"results": [{"check_mode": check, "changes": list(changes), "item": {"name": "P: Bob", "began": "then"}, **more}]}


def change(kind, identifier, action="delete", **more):
    name = more.pop("name", identifier)
    return {"object": {"type": kind, "name": name, "id": identifier}, "action": action, "before": None, "after": None, **more}


@pytest.mark.parametrize("check", [True, False])
def test_in_check_mode_what_goes_before_is_still_there(check):
    there = Offboarding(variables(did_assignments=did(check), users={"users": [{"id": "bob", "userType": "Guest"}]}), guests=True)
    assert there.items("guests")[0]["options"] == {"user": "bob", "state": "absent", "force": check}
    # A group's own check knows who may be in it; a role's own whose it is.
    assert there.items("groups")[0]["options"]["force"] is False


@pytest.mark.parametrize(("check", "waits"), [(True, 0), (False, 1)])
def test_what_is_waited_for(check, waits):
    assert len(ended(run(did_assignments=did(check)))) == waits


def test_changes_in_the_order_of_the_steps_with_names():
    removed = did(False, change("assignment", "a1"), request={"id": "rq9"})
    found = variables(did_groups=did(False, change("group", "g1", name="G")), did_assignments=removed)
    assert [(x["object"]["name"], x["step"], x["began"], x["request_id"]) for x in offboard_changes.all_changes(found)] == [
        ("P: Bob", "assignments", "then", "rq9"),
        ("G", "groups", "then", None),
    ]
    assert set(offboard_changes.changes(found)[0]) == {"object", "action", "before", "after"}


def test_what_the_look_needs():
    assert look(run()) == {
        "features": ["onboard"],
        "guests": False,
        "users": {"connected_org": {"id": "o1"}},
        "catalog": {"catalog": {"id": "c1"}},
        "same": False,
    }
    later = Offboarding(variables(organizations={}, catalogs={}), guests=True)
    assert (look(later)["users"], look(later)["catalog"]) == ({"org_tenant_id": MSSP}, {})
    assert look(later)["features"] == ["onboard", "delete_guests"]
    own = {**variables(), f"{PRE}preflight": {"tenant": {"id": MSSP.upper()}}}
    assert look(Offboarding(own))["same"]
    nobody = {**variables(), "mssp_onboard_plan": {**PLAN, "mssp": "", "features": []}}
    assert look(Offboarding(nobody))["same"]


def test_what_is_told():
    facts = offboard_told.facts(run(), "contoso")
    assert [x["type"] for x in facts["removes"]] == [
        "request",
        "Defender role assignment",
        "Defender role",
        "assignment",
        "assignment policy",
        "role scope",
        "access package",
        "catalog resource",
        "catalog",
        "group",
        "connected organization",
    ]
    assert "Access of Bob to P" in facts["lines"]
    assert facts["blocked_why"] == [
        "The last assignment of Bob ends, and the tenant's own setting for external users blocks them from signing in and "
        "deletes them after a while, whatever else they use."
    ]
    assert any("az ad sp delete --id app." in x for x in facts["stays"])


def test_a_setting_that_may_not_be_read():
    hidden = variables()
    hidden[f"{PRE}preflight"] = {**hidden[f"{PRE}preflight"], "settings": None}
    assert "may block and later delete them: the setting may not be read" in offboard_told.blocked(Offboarding(hidden))[0]


def test_a_line_for_a_terminal_is_one_line():
    package = {**HELD, "target": {"id": "x", "displayName": "A\x1b[2J\nB"}}
    lines = offboard_told.lines(run(assignments={"assignments": [package]}), "contoso")
    assert not any(set(line) & {"\n", "\x1b"} for line in lines)


def write(path, text):
    path.write_text(text, encoding="utf-8")


def test_the_proof_of_an_offboarding_in_two_runs(tmp_path):
    assert offboard_proof.interrupted(str(tmp_path)) is False
    write(tmp_path / "before.json", offboard_proof.before(run(), "contoso"))
    assert offboard_proof.interrupted(str(tmp_path)) is True
    # The first run has removed what comes before the group; this one the group and the organization, which is still shown.
    gone = {name: {} for name in ("groups", "catalogs", "packages", "policies", "roles", "assignments", "requests")}
    removed = {
        "did_groups": did(False, change("group", "g1", name="G")),
        "did_organization": did(False, change("connected organization", "o1", name="M")),
    }
    second = run(**gone, **removed)
    assert [x["id"] for x in offboard_proof.still_there(second)] == ["o1"]
    write(tmp_path / "after.json", offboard_proof.after(second, "contoso"))
    write(tmp_path / "proof.json", offboard_proof.proof(second, "contoso", str(tmp_path)))
    told = {x["type"]: x for x in json.loads((tmp_path / "proof.json").read_text(encoding="utf-8"))["objects"]}
    assert (told["group"]["by"], told["group"]["step_began"], told["group"]["verified_gone"]) == ("this run", "then", True)
    assert (told["access package"]["by"], told["access package"]["verified_gone"]) == ("an earlier run", True)
    assert told["connected organization"]["verified_gone"] is False
    assert offboard_proof.interrupted(str(tmp_path)) is False
    write(tmp_path / "proof.md", offboard_proof.text(str(tmp_path)))
    for line in offboard_proof.sums(str(tmp_path)).splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    # The proof is of another file.
    write(tmp_path / "before.json", "{}")
    assert offboard_proof.interrupted(str(tmp_path)) is True


@pytest.mark.parametrize("name", ["<script>", "a|b", "[x](https://evil.example)", "`x`", "a\nb"])
def test_names_are_no_markup(tmp_path, name):
    bob = {**HELD, "target": {"id": "x", "displayName": name}}
    write(tmp_path / "before.json", offboard_proof.before(run(assignments={"assignments": [bob]}), "contoso"))
    write(tmp_path / "proof.json", offboard_proof.proof(run(), "contoso", str(tmp_path)))
    (row,) = [line for line in offboard_proof.text(str(tmp_path)).splitlines() if line.startswith("| assignment |")]
    assert "<script>" not in row
    assert row.replace("\\|", "").count("|") == 8
    assert not re.search(r"(?<!\\)[\[`]", row)


def test_a_surrogate_can_be_written():
    odd = {**HELD, "target": {"id": "x", "displayName": "\ud800"}}
    offboard_proof.before(run(assignments={"assignments": [odd]}), "contoso").encode("utf-8")
