# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook offboard: what it says, what it ends and leaves, and its proof; judged by the tenants and the request log."""

from __future__ import annotations

import collections.abc
import dataclasses
import hashlib
import json
import os
import stat
import typing as t

import pytest
from estate import DOMAIN, OFFBOARD, ONBOARD, Office, State, ask, delete_application, end, give, others_own, whole
from harness import world
from harness.onboarding import changes
from harness.playbook import Result
from harness.server import Sandbox
from harness.tenants import ASSIGNMENTS, EM, ROLES, Tenant
from harness.ways import by_hand

Entry = dict[str, t.Any]

BLOCK = "mssp.defender.mssp_onboard : Say what is about to end, and for whom"
LEFT = "mssp.defender.mssp_onboard : What is left, and what stays"
GROUPS = ("Tier 1 Analyst", "Tier 2 Analyst", "MSSP Analyst Approvers")
FILES = {"before.json", "after.json", "proof.json", "proof.md", "SHA256SUMS"}


@dataclasses.dataclass
class Told:
    """A run, with what the sandbox was asked in its course and what the tenants held afterwards."""

    result: Result
    writes: dict[str, list[Entry]]
    requests: dict[str, int]
    states: dict[str, State]


@dataclasses.dataclass
class Story:
    """All runs, in order."""

    office: Office
    before: dict[str, State]
    used: dict[str, State]
    runs: dict[str, Told]
    files: dict[str, dict[str, bytes]]
    own: collections.abc.Mapping[str, str]


def tell(office: Office, result: Result) -> Told:
    logs = {name: office.sandbox.log.all(tenant.tenant_id) for name, tenant in office.tenants.items()}
    writes = {name: [x for x in log if x["write"]] for name, log in logs.items()}
    states = {name: whole(tenant) for name, tenant in office.tenants.items() if name in ("alpha", "beta", "gamma")}
    return Told(result, writes, {name: len(log) for name, log in logs.items()}, states)


def use(tenant: Tenant) -> None:
    """Ann approves, Bob is an analyst, Cem was one, Ana waits."""
    give(tenant, "ann", "Ann Lead", "MSSP Analyst Approvers")
    give(tenant, "bob", "Bob", "Tier 1 Analyst", by=f"ann@{DOMAIN}")
    end(tenant, give(tenant, "cem", "Cem", "Tier 2 Analyst", by=f"ann@{DOMAIN}"))
    ask(tenant, "ana", "Ana =1+1 {{ 7*7 }}", "Tier 1 Analyst")


def use_ours(tenant: Tenant, own: collections.abc.Mapping[str, str]) -> None:
    """The customer uses what is ours: our catalog, our organization, our role, and somebody has got into a group."""
    (organization,) = [x for x in tenant.list(f"{EM}/connectedOrganizations") if x["displayName"] == world.MSSP_NAME]
    by_hand.policy(tenant, "Auditors", own["package"], organization["id"])
    (catalog,) = [x for x in tenant.list(f"{EM}/catalogs") if x["displayName"] == "MSSP Accesses"]
    by_hand.package(tenant, "Red team", catalog["id"])
    (group,) = [x for x in tenant.list("groups") if x["displayName"] == "Tier 1 Analyst"]
    tenant.link(f"groups/{group['id']}/members", tenant.user("dee"))
    (role,) = [x for x in tenant.list(ROLES, beta=True) if x["displayName"] == "Tier 2 Analysts"]
    body = {"displayName": "Theirs", "roleDefinitionId": role["id"], "principalIds": [own["group"]], "appScopeIds": ["Mde"]}
    tenant.post(ASSIGNMENTS, body, beta=True)


@pytest.fixture(scope="module")
def story(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """alpha has nothing but ours, beta uses ours and has its own, gamma's offboarding is interrupted, and its guests go too."""
    office = Office(sandbox, tmp_path_factory.mktemp("offboard"))
    tenants = {name: office.customer(name) for name in ("alpha", "beta", "gamma")}
    own = others_own(tenants["beta"])
    others_own(tenants["gamma"])
    before = {name: whole(tenant) for name, tenant in tenants.items()}
    assert office.run(ONBOARD, *tenants).rc == 0
    for tenant in tenants.values():
        use(tenant)
    use_ours(tenants["beta"], own)
    used = {name: whole(tenant) for name, tenant in tenants.items()}
    runs = {"unconfirmed": tell(office, office.offboard("alpha", "beta", confirm=None))}
    runs["another's"] = tell(office, office.offboard("alpha", "beta", confirm=tenants["gamma"].tenant_id))
    runs["check"] = tell(office, office.offboard("alpha", "beta", check=True))
    runs["removed"] = tell(office, office.offboard("alpha", "beta"))
    files = {"alpha": _files(office, "alpha")}
    runs["again"] = tell(office, office.offboard("alpha", "beta"))
    files["alpha again"] = _files(office, "alpha")
    forced = {"beta": {"mssp_onboard_offboard_force": True}, "arguments": ["--limit", "beta"]}
    runs["forced"] = tell(office, office.offboard("alpha", "beta", **forced))
    guests = {"mssp_onboard_offboard_guests": True}
    gone = {"method": "DELETE", "path": "/catalogs/", "status": 403, "code": "UnAuthorized", "message": "No"}
    sandbox.faults(gone)
    runs["interrupted"] = tell(office, office.offboard("gamma", confirm=tenants["gamma"].tenant_id.upper(), gamma=guests))
    sandbox.faults()
    files["gamma"] = _files(office, "gamma")
    runs["resumed"] = tell(office, office.offboard("gamma", gamma=guests))
    runs["refused"] = tell(office, _refused(office))
    return Story(office, before, used, runs, files, own)


def _refused(office: Office) -> Result:
    """Nobody's customer, two catalogs of our name, the MSSP's own tenant, an MSSP that nobody knows, too few permissions."""
    for name in ("fresh", "twice", "own", "unknown", "reader"):
        office.customer(name)
    office.sandbox.quirks(office.tenants["twice"], unique_catalog_names=False)
    for _time in range(2):
        by_hand.catalog(office.tenants["twice"], "MSSP Accesses")
    return office.run(
        OFFBOARD,
        "fresh",
        "twice",
        "own",
        "unknown",
        "reader",
        extra_vars={"mssp_offboard_confirm": "yes"},
        # By its domain: two ids would be compared before the first request.
        own={
            "mssp_onboard_tenant_id": office.tenants["own"].domain,
            "mssp_onboard_mssp_tenant_id": office.tenants["own"].tenant_id,
        },
        unknown={"mssp_onboard_mssp_tenant_id": "", "mssp_onboard_mssp_domain": "nobody.example"},
        reader=office.host("reader", "reader"),
    )


def _files(office: Office, name: str) -> dict[str, bytes]:
    return {x.name: x.read_bytes() for x in (office.reports / "offboard" / name).iterdir()}


def said(told: Told, host: str, task: str = BLOCK) -> str:
    return "\n".join(told.result.task(task, host).result["msg"])


def names(state: State, kind: str) -> list[str]:
    return [x["displayName"] for x in state[kind]]


# -- before anything happens -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", ["unconfirmed", "another's"])
def test_nothing_is_done_that_nobody_has_confirmed(story: Story, run: str) -> None:
    told = story.runs[run]
    assert told.result.rc == 2
    assert told.requests == {"alpha": 0, "beta": 0, "gamma": 0}
    alpha = story.office.tenants["alpha"].tenant_id
    assert told.result.task("Is this meant?", "alpha").result["msg"] == (
        "Customer alpha: nothing was removed, since nobody has confirmed it. Look with --check first; then set "
        f"mssp_offboard_confirm to {alpha} for this customer, or to yes for all of them."
    )


@pytest.mark.parametrize("host", ["alpha", "beta"])
def test_check_mode_lists_what_the_run_then_does(story: Story, host: str) -> None:
    check, removed = story.runs["check"], story.runs["removed"]
    assert (check.result.rc, check.writes[host]) == (0, [])
    assert check.states[host] == story.used[host]

    def listed(told: Told) -> list[t.Any]:
        return [(x["object"]["type"], x["object"]["name"], x["object"]["id"], x["action"]) for x in changes(told.result, host)]

    assert len(listed(check)) > 20
    assert listed(check) == listed(removed)
    assert said(check, host) == said(removed, host)


def test_it_says_for_whom_it_ends(story: Story) -> None:
    lines = said(story.runs["check"], "alpha")
    assert f"Access of Bob (bob@{DOMAIN}) to Tier 1 Analyst" in lines
    assert f"Access of Ann Lead (ann@{DOMAIN}) to MSSP Analyst Approvers" in lines
    assert "Cem" not in lines
    assert f"Cancelled: request 'Tier 1 Analyst: Ana =1+1 {{{{ 7*7 }}}} (ana@{DOMAIN})'" in lines
    (blocked,) = [line for line in lines.splitlines() if "own setting for external users" in line]
    assert f"Ann Lead (ann@{DOMAIN}), Bob (bob@{DOMAIN})" in blocked or f"Bob (bob@{DOMAIN}), Ann Lead (ann@{DOMAIN})" in blocked
    assert "blocks them from signing in and deletes them after P30D" in blocked


def test_no_file_is_written_in_check_mode(story: Story) -> None:
    # The first file of the run that removes is its own.
    assert story.runs["check"].result.rc == 0
    assert not [x for x in story.files["alpha"] if x not in FILES]


def test_a_customer_without_anything_of_ours(story: Story) -> None:
    told = story.runs["refused"]
    assert told.result.task(BLOCK, "fresh").result["msg"][0].endswith("there is nothing to remove.")
    assert not (story.office.reports / "offboard" / "fresh").exists()


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("twice", "{}, and nobody can tell which one is ours. Delete or rename the others; nothing was removed."),
        ("own", "{} is the tenant of the MSSP. Name the tenant of the customer; nothing was removed."),
        (
            "unknown",
            "Customer unknown: Microsoft knows no tenant of the domain nobody.example. Correct mssp_onboard_mssp_domain; nothing "
            "was removed.",
        ),
        ("reader", "{} lacks EntitlementManagement.ReadWrite.All"),
    ],
)
def test_guards(story: Story, host: str, sentence: str) -> None:
    told = story.runs["refused"]
    assert told.writes[host] == []
    (failed,) = [x for x in told.result.tasks if x.host == host and x.failed]
    head, _mark, rest = sentence.partition("{}")
    assert failed.result["msg"].startswith(head)
    assert rest in failed.result["msg"]
    if host == "own":
        assert f"mssp_onboard_tenant_id ({story.office.tenants['own'].domain})" in failed.result["msg"]
    if host == "twice":
        assert "Customer twice: 2 catalogs have the name MSSP Accesses (" in failed.result["msg"]


# -- what is gone ------------------------------------------------------------------------------------------------------


def without(state: State, kind: str, before: State) -> State:
    """The state, of one kind only what was there before."""
    known = {x["id"] for x in before[kind]}
    return {**state, kind: [x for x in state[kind] if x["id"] in known]}


def test_the_tenant_is_what_it_was(story: Story) -> None:
    told = story.runs["removed"]
    assert told.result.rc == 0
    # Whom entitlement management has invited stays, blocked by the tenant's own setting.
    assert without(told.states["alpha"], "users", story.before["alpha"]) == story.before["alpha"]
    tenant = story.office.tenants["alpha"]
    deleted = tenant.list("directory/deletedItems/microsoft.graph.group")
    assert sorted(x["displayName"] for x in deleted) == sorted(GROUPS)
    assert not tenant.get(f"users?$filter=mail eq 'bob@{DOMAIN}'&$select=accountEnabled")["value"][0]["accountEnabled"]


def test_the_order_is_the_door_first_then_defender_and_groups_late(story: Story) -> None:
    asked = []
    for entry in story.runs["removed"].writes["alpha"]:
        path = entry["path"].partition("?")[0].split("/")
        collection = next(x for x in reversed(path) if not x.startswith("$") and len(x) < 36)
        kind = f"{entry['method']} {collection}"
        if not asked or asked[-1] != kind:
            asked.append(kind)
    assert asked == [
        "PATCH catalogs",
        "PUT assignmentPolicies",
        "POST cancel",
        "DELETE roleAssignments",
        "DELETE roleDefinitions",
        "POST assignmentRequests",
        "DELETE assignmentPolicies",
        "DELETE resourceRoleScopes",
        "DELETE accessPackages",
        "POST resourceRequests",
        "DELETE catalogs",
        "DELETE groups",
        "DELETE connectedOrganizations",
    ]


def test_what_the_customer_uses_is_left(story: Story) -> None:
    state, before = story.runs["removed"].states["beta"], story.before["beta"]
    assert set(names(state, "groups")) - set(names(before, "groups")) == {"Tier 1 Analyst"}
    (group,) = [x for x in state["groups"] if x["displayName"] == "Tier 1 Analyst"]
    assert group["members"] == [story.office.tenants["beta"].user("dee")]
    (catalog,) = [x for x in state["catalogs"] if x["displayName"] == "MSSP Accesses"]
    # Its other package can still be requested, and ours are gone from it.
    assert (catalog["state"], catalog["resources"]) == ("published", [])
    assert set(names(state, "packages")) == {"Finance", "Red team"}
    assert set(names(state, "organizations")) == {"Tailspin", world.MSSP_NAME}
    roles = [x for x in state["roles"] if not x["isBuiltIn"]]
    assert {x["displayName"] for x in roles} == {"Own role", "Tier 2 Analysts"}
    # Nobody of ours holds anything.
    assert {tuple(x["principalIds"]) for x in state["role assignments"]} == {(story.own["group"],)}
    assert [x["id"] for x in state["live assignments"]] == [x["id"] for x in before["live assignments"]]
    assert (state["open requests"], names(state, "policies")) == ([], ["Direct", "Auditors"])


def test_it_says_what_is_left_and_why(story: Story) -> None:
    tenant = story.office.tenants["beta"]
    lines = said(story.runs["removed"], "beta", LEFT)
    assert "The catalog 'MSSP Accesses'" in lines
    assert "is left: the access package 'Red team' in it is not ours." in lines
    assert f"is left: Dee ({tenant.user('dee')}) is a member whom no assignment explains." in lines
    assert "is left: the policy 'Auditors' of the package 'Finance' names it." in lines
    assert "The Defender role 'Tier 2 Analysts'" in lines
    assert f"is left: it is assigned to {story.own['group']}" in lines
    assert f"az ad sp delete --id {tenant.client_id}" in lines
    assert "GDAP" in lines


def test_a_run_after_that_changes_nothing(story: Story) -> None:
    told = story.runs["again"]
    assert told.result.rc == 0
    assert (told.writes["alpha"], told.writes["beta"]) == ([], [])
    assert "there is nothing to remove." in said(told, "alpha")
    assert story.files["alpha again"] == story.files["alpha"]


def test_forced_it_leaves_nothing_of_ours(story: Story) -> None:
    told = story.runs["forced"]
    assert (told.result.rc, told.requests["alpha"]) == (0, 0)
    state, before = told.states["beta"], story.before["beta"]
    assert names(state, "groups") == names(before, "groups")
    for kind in ("roles", "role assignments", "organizations", "catalogs", "packages"):
        assert state[kind] == before[kind], kind


# -- the proof ---------------------------------------------------------------------------------------------------------


def test_the_files_are_the_owners_only(story: Story) -> None:
    folder = story.office.reports / "offboard" / "alpha"
    assert set(os.listdir(folder)) == FILES
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in FILES} == {0o600}
    assert {stat.S_IMODE(x.stat().st_mode) for x in (folder, *list(folder.parents)[:2])} == {0o700}


def test_the_proof_lists_everything_that_was_there(story: Story) -> None:
    before, proof = story.office.file("alpha", "before.json"), story.office.file("alpha", "proof.json")
    assert [(x["type"], x["id"]) for x in proof["objects"]] == [(x["type"], x["id"]) for x in before["removes"]]
    there = {
        str(x["id"])
        for kind in ("groups", "packages", "policies", "live assignments")
        for x in story.used["alpha"][kind]
        if x["id"] not in {y["id"] for y in story.before["alpha"][kind]}
    }
    assert there <= {x["id"] for x in proof["objects"]}
    assert all(x["verified_gone"] and x["by"] == "this run" and x["step_began"] for x in proof["objects"])
    (assignment,) = [x for x in proof["objects"] if x["name"].startswith("Tier 1 Analyst: Bob")]
    sent = {x["id"] for x in story.office.tenants["alpha"].list(f"{EM}/assignmentRequests")}
    assert assignment["request_id"] in sent
    assert before["whole"]["groups"][0]["members"]
    assert sorted(proof["soft_deleted"]) == sorted(GROUPS)


def test_the_sums_are_those_of_the_files(story: Story) -> None:
    files = story.files["alpha"]
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "SHA256SUMS"}
    assert dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines()) == sums
    text = files["proof.md"].decode()
    for name in ("before.json", "after.json", "proof.json"):
        assert f"- {name}: {sums[name]}" in text
    assert "not that what is in it is true" in text


def test_names_of_the_tenant_are_no_markup_and_no_template(story: Story) -> None:
    text = story.files["alpha"]["proof.md"].decode()
    assert r"Ana =1+1 {{ 7\*7 }}" in text
    assert "Ana =1+1 {{ 7*7 }}" in story.files["alpha"]["before.json"].decode()


# -- interrupted -------------------------------------------------------------------------------------------------------


def test_what_was_interrupted_goes_on(story: Story) -> None:
    failed, resumed = story.runs["interrupted"], story.runs["resumed"]
    assert (failed.result.rc, resumed.result.rc) == (2, 0)
    assert "MSSP Accesses" in names(failed.states["gamma"], "catalogs")
    assert "proof.json" not in story.files["gamma"]
    # The guests go too: but for those that were there before, and they are the MSSP's as well.
    state, before = resumed.states["gamma"], story.before["gamma"]
    guests = [x["id"] for x in before["users"] if x["mail"] and x["mail"].endswith(DOMAIN)]
    assert guests
    assert state["users"] == [x for x in before["users"] if x["id"] not in guests]
    assert {**state, "users": []} == {**before, "users": []}


def test_the_proof_tells_of_both_runs(story: Story) -> None:
    office = story.office
    assert office.file("gamma", "before.json")["removes"] == json.loads(story.files["gamma"]["before.json"])["removes"]
    proof = office.file("gamma", "proof.json")
    by = {x["type"]: x["by"] for x in proof["objects"]}
    assert by["Defender role"] == by["assignment"] == by["access package"] == "an earlier run"
    assert by["catalog"] == by["group"] == by["user"] == "this run"
    assert all(x["verified_gone"] for x in proof["objects"])
    assert "resumed.json" in os.listdir(office.reports / "offboard" / "gamma")


# -- afterwards --------------------------------------------------------------------------------------------------------


def test_verification(story: Story) -> None:
    office, tenant = story.office, story.office.tenants["alpha"]
    verify = {"mssp_offboard_verify": True}
    task = "mssp.defender.mssp_onboard : Is there none any more?"
    still = office.offboard("alpha", confirm=None, extra_vars=verify)
    assert still.rc == 2
    assert still.task(task, "alpha").result["msg"] == (
        f"Customer alpha: the application {tenant.client_id} still gets a token for this tenant. Let the customer delete its "
        "enterprise application."
    )
    wrong = office.offboard("alpha", confirm=None, extra_vars=verify, alpha={"mssp_onboard_client_secret": "wrong"})
    assert wrong.rc == 2
    why = "it is not proved that no token can be had, since something else went wrong."
    assert why in wrong.task(task, "alpha").result["msg"]
    delete_application(tenant)
    gone = office.offboard("alpha", confirm=None, extra_vars=verify)
    assert gone.rc == 0
    told = gone.task("mssp.defender.mssp_onboard : No token can be had", "alpha").result["msg"]
    assert told.startswith("Customer alpha: no token can be had any more (AADSTS700016: ")
    assert not office.sandbox.log.writes(tenant.tenant_id)
