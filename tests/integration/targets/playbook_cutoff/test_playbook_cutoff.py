# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook cutoff: what it takes away, what it leaves to others, and what it says of both."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import stat
import typing as t
from pathlib import Path

import pytest
from cutoff_customer import ANA, CUT, LEAD, PARTNER, Customer, config, variables
from harness import requesting, server, world
from harness.onboarding import customers, estate
from harness.paths import REPOSITORY
from harness.playbook import Result, run_playbook
from harness.server import Sandbox
from harness.tenants import EM, Tenant
from harness.ways import by_hand

PLAYBOOK = [{"import_playbook": "mssp.defender.cutoff"}]
ONBOARD = [{"import_playbook": "mssp.defender.onboard"}]
CORE216 = REPOSITORY / ".venv-2.16" / "bin"
CONFIRM = {"mssp_cutoff_confirm": "yes"}
HOSTS = ("alpha", "manual", "orphan", "reader", "tenant", "empty", "lost", "onboarded", "oldest")
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'touch EVIDENCE') }}\x1b[31m <b>|"


@dataclasses.dataclass
class Story:
    """The runs, in their order; after each the state of every customer, and what was written."""

    directory: Path
    sandbox: Sandbox
    made: dict[str, Customer] = dataclasses.field(default_factory=dict)
    runs: dict[str, Result] = dataclasses.field(default_factory=dict)
    states: dict[str, dict[str, dict[str, t.Any]]] = dataclasses.field(default_factory=dict)
    writes: dict[str, dict[str, list[str]]] = dataclasses.field(default_factory=dict)
    signed_in: dict[str, bool] = dataclasses.field(default_factory=dict)

    def run(self, name: str, hosts: dict[str, dict[str, t.Any]], check: bool = False, **more: t.Any) -> None:
        """One run of the playbook."""
        self.sandbox.log.clear()
        result = run_playbook(PLAYBOOK, self.directory / name, hosts=customers(**hosts), check=check, extra_vars=more)
        self.runs[name] = result
        self.writes[name] = {
            host: [f"{x['method']} {x['path']}" for x in self.sandbox.log.writes(customer.tenant.tenant_id)]
            for host, customer in self.made.items()
        }
        self.states[name] = {host: customer.state() for host, customer in self.made.items()}

    def page(self, name: str, host: str) -> list[str]:
        """The last page of a customer on the screen."""
        return t.cast("list[str]", self.runs[name].task("What was cut, and what was not", host).result["msg"])

    def failed(self, name: str) -> dict[str, str]:
        """What each customer failed with at the end."""
        return {x.host: x.result["msg"] for x in self.runs[name].tasks if x.task == "What was not cut" and x.failed}

    def report(self, host: str) -> dict[str, t.Any]:
        """The JSON report of a customer."""
        (file,) = (self.directory / "reports" / "cutoff").glob(f"{host}-*.json")
        return t.cast("dict[str, t.Any]", json.loads(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """All runs, one after the other."""
    directory = tmp_path_factory.mktemp("cutoff")
    with server.running(directory / "sandbox", config(len(HOSTS))) as sandbox:
        told = Story(directory, sandbox)
        tenants = dict(zip(HOSTS, sandbox.tenants, strict=True))
        _prepare(told, tenants)
        _tell(told, tenants)
        yield told


def _prepare(told: Story, tenants: dict[str, Tenant]) -> None:
    told.made = {host: Customer(tenants[host], names=host != "manual") for host in HOSTS[:5]}
    told.made["alpha"].neighbours()
    name = HOSTILE.replace("EVIDENCE", str(told.directory / "evidence"))
    told.made["oldest"] = Customer(tenants["oldest"])
    tenants["oldest"].patch(f"{EM}/accessPackages/{told.made['oldest'].package}", {"displayName": name})
    # Somebody has taken the organization away: only what carries our names is left.
    orphan = told.made["orphan"]
    tenants["orphan"].delete(f"{EM}/connectedOrganizations/{orphan.organization}")


def _tell(told: Story, tenants: dict[str, Tenant]) -> None:
    hosts = {host: variables(tenants[host]) for host in ("alpha", "manual", "orphan", "tenant", "empty")}
    # The MSSP by one of its domains.
    hosts["manual"] = variables(tenants["manual"], mssp_tenant_id=None, mssp_domain=world.MSSP_DOMAIN)
    hosts["reader"] = variables(tenants["reader"], "cutter")
    # Nobody listens there.
    hosts["lost"] = variables(tenants["lost"], graph_url="https://127.0.0.1:9", login_url="https://127.0.0.1:9")
    told.run("unconfirmed", hosts)
    told.run("check", {host: hosts[host] for host in hosts if host != "lost"}, check=True)
    told.signed_in = {who: told.made["alpha"].signs_in(who) for who in (LEAD, ANA, PARTNER)}
    told.run("cut", hosts, mssp_reports=str(told.directory / "reports"), **CONFIRM)
    told.run("again", {host: hosts[host] for host in ("alpha", "manual")}, **CONFIRM)
    told.run("tenant", {"tenant": hosts["tenant"]}, mssp_cutoff_block_tenant="true", **CONFIRM)
    told.run("onboarded", {"twin": hosts["alpha"], "alpha": hosts["alpha"]}, **CONFIRM)
    if CORE216.exists():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MSSP_TEST_ANSIBLE", str(CORE216))
            told.run("oldest", {"oldest": variables(tenants["oldest"])}, mssp_cutoff_block_users="false", **CONFIRM)


# -- before it is meant ----------------------------------------------------------------------------------------------


def test_nothing_is_cut_unless_it_is_meant(story: Story) -> None:
    result = story.runs["unconfirmed"]
    assert result.rc != 0
    (said,) = {x.result["msg"] for x in result.tasks if x.failed}
    assert "write -e mssp_cutoff_confirm=yes" in said
    assert not any(story.writes["unconfirmed"].values())
    assert not [x for x in result.tasks if x.action.startswith("mssp.defender")]


def test_check_mode_writes_nothing(story: Story) -> None:
    assert not any(story.writes["check"].values())
    assert story.states["check"] == story.states["unconfirmed"]


@pytest.mark.parametrize("host", ["alpha", "manual", "tenant"])
def test_check_mode_lists_exactly_what_is_then_cut(story: Story, host: str) -> None:
    def rows(name: str, outcome: str) -> list[tuple[str, str]]:
        fact = story.runs[name].task("mssp.defender.mssp_onboard : What was done", host).result["ansible_facts"]
        listed = fact["mssp_onboard_result_cutoff"]["rows"]
        assert {row["outcome"] for row in listed} == {outcome}
        return [(row["step"], row["id"]) for row in listed]

    assert rows("check", "would be cut") == rows("cut", "cut")


# -- what is cut -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["alpha", "manual", "tenant"])
def test_everything_is_cut(story: Story, host: str) -> None:
    before = story.states["check"][host]
    assert all(before[step] != CUT[step] for step in CUT)
    assert story.states["cut"][host] == CUT


def test_who_was_signed_in_cannot_sign_in_any_more(story: Story) -> None:
    assert story.signed_in == {LEAD: True, ANA: True, PARTNER: True}
    alpha = story.made["alpha"]
    assert {who: alpha.signs_in(who) for who in story.signed_in} == {LEAD: False, ANA: False, PARTNER: True}


def test_the_order_of_the_writes(story: Story) -> None:
    """The door first, then Defender, then people, then what they hold."""
    marks = (
        "PATCH .*/catalogs/",
        "PUT .*/assignmentPolicies/",
        "POST .*/cancel$",
        "DELETE .*/roleAssignments/",
        "PATCH .*/users/",
        "DELETE .*/groups/.*/members/",
        "POST .*/assignmentRequests$",
    )
    kinds = [next(n for n, mark in enumerate(marks) if _fits(mark, write)) for write in story.writes["cut"]["manual"]]
    assert kinds == sorted(kinds)
    assert set(kinds) == set(range(len(marks)))


def _fits(mark: str, write: str) -> bool:
    method, dummy, parts = mark.partition(" .*")
    return write.startswith(method) and all(part in f"{write}$" for part in parts.split(".*"))


def test_without_the_organization_names_and_claims_are_left(story: Story) -> None:
    # The service refuses to write a policy that names what is gone; the catalog's door is closed all the same.
    assert story.states["cut"]["orphan"] == {**CUT, "policies": (True, True)}
    assert any("No connected organization of the MSSP is there" in line for line in story.page("cut", "orphan"))


# -- what others keep ------------------------------------------------------------------------------------------------


def test_others_keep_what_they_share_with_the_mssp(story: Story) -> None:
    alpha = story.made["alpha"]
    assert alpha.tenant.ids(f"groups/{alpha.partners}/members") == {alpha.ada, alpha.ids[PARTNER]}
    assert alpha.lives(alpha.partner_assignment)
    assert not alpha.lives(alpha.portal_assignment)
    assert (alpha.opened(alpha.portal_policy), alpha.opened(alpha.theirs), alpha.opened(alpha.all_policy)) == (False, True, True)
    assert alpha.tenant.get(f"{EM}/catalogs/{alpha.other_catalog}")["state"] == "published"
    assert alpha.holders(alpha.partner_role) == [[alpha.partners]]
    assert alpha.holders(alpha.shared_role) == [[alpha.soc]]
    assert alpha.holders(alpha.personal_role) == []
    assert alpha.holders(alpha.built_in) == []


def test_what_is_left_is_told(story: Story) -> None:
    page = "\n".join(story.page("cut", "alpha"))
    assert "The Defender role 'Partners' stays with the group" in page
    assert "The package 'Canteen' can be requested by people of every configured connected organization" in page


# -- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Last write accepted after ",
        "continuous access evaluation does not cover guests); Defender's own delay is not published.",
        "NOT cut: GDAP and CSP relationships, and service principals",
        "Onboarding again restores configuration, not people: they must request and be approved again.",
        "first enable the users that were blocked here",
    ],
)
def test_what_an_incident_report_must_not_leave_out(story: Story, words: str) -> None:
    assert words in "\n".join(story.page("cut", "alpha"))
    (markdown,) = (story.directory / "reports" / "cutoff").glob("alpha-*.md")
    assert words.split("(")[0] in markdown.read_text(encoding="utf-8")


def test_seconds_to_the_last_accepted_write(story: Story) -> None:
    report = story.report("alpha")
    seconds = {row["step"]: row["seconds"] for row in report["rows"]}
    assert 0 < seconds["policies"] <= seconds["roles"] <= seconds["users"] <= seconds["assignments"] <= report["seconds"] < 60
    summary = story.runs["cut"].task("All customers").result["msg"]
    (line,) = [line for line in summary if line.startswith("alpha")]
    assert line.split()[-1] == f"{report['seconds']:.1f}"


def test_the_reports(story: Story) -> None:
    folder = story.directory / "reports" / "cutoff"
    files = sorted(x.name.rsplit("-", 1)[0] + x.suffix for x in folder.iterdir())
    assert files == sorted(
        f"{host}{suffix}"
        for host in ("alpha", "manual", "orphan", "reader", "tenant", "empty", "lost")
        for suffix in (".md", ".json")
    )
    assert {stat.S_IMODE(x.stat().st_mode) for x in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    report = story.report("alpha")
    assert report["not_cut"] == []
    assert len(report["blocked"]) == 2


def test_where_nothing_is_there_nothing_is_cut(story: Story) -> None:
    assert "Nothing of the MSSP was found." in story.page("cut", "empty")
    assert "empty" not in story.failed("cut")


# -- again, and beside others ----------------------------------------------------------------------------------------


def test_again_changes_nothing(story: Story) -> None:
    assert not any(story.writes["again"].values())
    assert story.runs["again"].rc == 0
    assert "Nothing was left to cut: everything had been cut already." in story.page("again", "alpha")


def test_only_those_fail_that_could_not_be_cut(story: Story) -> None:
    assert set(story.failed("cut")) == {"reader", "lost", "orphan"}
    assert story.runs["cut"].rc != 0


def test_a_read_only_application_is_told_what_it_lacks(story: Story) -> None:
    assert story.states["cut"]["reader"] == story.states["check"]["reader"]
    failed = story.failed("cut")["reader"]
    for words in ("catalog MSSP Accesses", "policy Tier 1 Analyst: MSSP SOC users", f"user {LEAD.replace('@', '_')}#EXT#"):
        assert words in failed
    page = "\n".join(story.page("cut", "reader"))
    assert "No write was accepted." in page
    assert "lacks EntitlementManagement.ReadWrite.All, Group.ReadWrite.All" in page
    assert "User.EnableDisableAccount.All" in page


def test_a_tenant_that_cannot_be_reached_holds_up_nobody(story: Story) -> None:
    assert (
        "the users to block" in story.failed("cut")["lost"] or "who of the tenant is of the MSSP" in story.failed("cut")["lost"]
    )
    (line,) = [line for line in story.runs["cut"].task("All customers").result["msg"] if line.startswith("lost")]
    assert "NOT cut off" in line


def test_the_tenant_is_blocked_on_request_only(story: Story) -> None:
    assert not any("crossTenantAccessPolicy" in write for writes in story.writes["cut"].values() for write in writes)
    partner = story.made["tenant"].tenant.get(f"policies/crossTenantAccessPolicy/partners/{world.MSSP_TENANT}")
    assert partner["b2bCollaborationInbound"]["usersAndGroups"]["accessType"] == "blocked"


def test_two_hosts_of_one_tenant(story: Story) -> None:
    """One of the two is a typing error, perhaps the one that was meant."""
    failed = story.failed("onboarded")
    assert len(failed) == 1
    (sentence,) = failed.values()
    assert "name the same tenant" in sentence
    assert sentence.count("NOTHING was cut: ") == 1


def test_the_oldest_core_and_names_that_are_templates(story: Story) -> None:
    if "oldest" not in story.runs:
        pytest.skip("ansible-core 2.16 is not installed: make core216")
    assert story.states["oldest"]["oldest"] == {**CUT, "users": [True, True]}
    page = "\n".join(story.page("oldest", "oldest"))
    assert "mssp_cutoff_block_users is false" in page
    assert "{{ lookup(" in page
    assert "\x1b" not in page
    assert not (story.directory / "evidence").exists()


def test_onboarding_again_restores_configuration_and_not_people(story: Story, tmp_path: Path) -> None:
    alpha = story.made["alpha"]
    hosts = customers(
        alpha=variables(
            alpha.tenant, connected_org_state="proposed", customer_approvers=[{"user": f"ada@{alpha.tenant.domain}"}], adopt=True
        )
    )
    result = run_playbook(ONBOARD, tmp_path, hosts=hosts)
    assert result.rc == 0, result
    after = alpha.state()
    assert (after["catalogs"], after["policies"]) == ("published", (True, True))
    assert (after["users"], after["members"], after["assignments"]) == ([False, False], set(), False)
    assert alpha.holders(alpha.role) == [[alpha.group]]
    # What onboarding has made is cut as what was made by hand.
    again = run_playbook(PLAYBOOK, tmp_path / "again", hosts=customers(alpha=variables(alpha.tenant)), extra_vars=CONFIRM)
    assert again.rc == 0, again
    built = estate(alpha.tenant)
    ours = {x["id"] for x in built.packages if x["catalog"]["displayName"] == "MSSP Accesses"}
    assert {
        x["requestorSettings"]["enableTargetsToSelfAddAccess"] for x in built.policies if x["accessPackage"]["id"] in ours
    } == {False}
    assert sorted(x["principalIds"] for x in built.assignments) == sorted([[alpha.partners], [alpha.soc]])
    assert alpha.state() == CUT


def test_an_own_tenant_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    """The MSSP's own tenant, hidden by its domain."""
    tenant = sandbox.fresh_tenant()
    by_hand.catalog(tenant, "MSSP Accesses")
    hosts = customers(own=variables(tenant, tenant_id=tenant.domain, mssp_tenant_id=tenant.tenant_id))
    sandbox.log.clear()
    result = run_playbook(PLAYBOOK, tmp_path, hosts=hosts, extra_vars=CONFIRM)
    assert "is the tenant of the MSSP, from which nobody is cut off" in result.task("What was not cut").result["msg"]
    assert sandbox.log.writes() == []


def test_blocked_people_ask_for_nothing(story: Story) -> None:
    manual = story.made["manual"]
    with pytest.raises(RuntimeError):
        requesting.ask_from_outside(manual.tenant, f"new@{world.MSSP_DOMAIN}", "New", manual.package, manual.policy)
