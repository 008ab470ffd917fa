# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight: customers that each have one gate shut, looked at with --tags preflight and then onboarded."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from harness import onboarding
from harness.log import Entry
from harness.onboarding import MSSP, Onboarding, customers, estate
from harness.permissions import ONBOARD
from harness.playbook import Result
from harness.ways import by_hand

PREFLIGHT = "mssp.defender.mssp_onboard : What the preflight has found"
LOOK = "mssp.defender.mssp_onboard : Look before the first write"
END = "mssp.defender.mssp_onboard : Where to go now"
ALL = [*ONBOARD, "Policy.Read.All", "Policy.Read.B2BManagementPolicy", "Policy.ReadWrite.CrossTenantAccess"]
UNKNOWN = "22222222-3333-4444-8555-666666666666"
EM_APP = "810dcf14-1858-4bf2-8134-4c369fa3235b"
GUESTS = {"users": {"includeUsers": ["GuestsOrExternalUsers"]}, "applications": {"includeApplications": ["All"]}}
WELL = {"inbound_mfa_trusted": True, "lifecycle_action": "none"}


def rule(*controls: str, **conditions: t.Any) -> dict[str, t.Any]:
    """A Conditional Access policy for guests."""
    return {
        "display_name": "Rule",
        "conditions": {**GUESTS, **conditions},
        "grant_controls": {"operator": "OR", "builtInControls": list(controls)},
    }


class Case(t.NamedTuple):
    """A customer: what is set there, what its operator says, and what must be found beside what is found everywhere."""

    found: list[tuple[str, str]]
    quirks: dict[str, t.Any] = {}
    tenant: dict[str, t.Any] = {}
    variables: dict[str, t.Any] = {}


SPONSORS = [{"approvers": [{"sponsors": "external"}], "fallback_approvers": [{"group": "MSSP Analyst Approvers"}]}]
CASES = {
    "ready": Case([]),
    "invitations": Case([("invitations_off", "stop")], {"allow_invites_from": "none"}),
    "domains": Case([("domain_not_allowed", "stop")], {"b2b_domain_list": {"allowed": ["other.example"]}}),
    "inbound": Case([("inbound_blocked", "stop")], {"inbound_b2b_blocked": True}),
    "mfa": Case([("mfa_not_trusted", "warning")], {"inbound_mfa_trusted": False}),
    "partner": Case(
        [("inbound_blocked", "stop")],
        {},
        {"cross_tenant_partners": [{"tenant": MSSP, "inbound_blocked": True, "mfa_trusted": True}]},
    ),
    "blocked": Case([("conditional_access_blocks", "stop")], {}, {"conditional_access": [rule("block")]}),
    "asked": Case([("conditional_access_guests", "warning")], {}, {"conditional_access": [rule("mfa")]}),
    "excluded": Case(
        [],
        {},
        {
            "conditional_access": [
                rule("mfa", applications={"includeApplications": ["All"], "excludeApplications": [EM_APP]}),
                {**rule("block"), "state": "disabled"},
            ]
        },
    ),
    "flows": Case(
        [("device_code_blocked", "info")],
        {},
        {"conditional_access": [rule("block", authenticationFlows={"transferMethods": "deviceCodeFlow"})]},
    ),
    "lifecycle": Case([("lifecycle_blocks", "info")], {"lifecycle_action": "blockSignInAndDelete"}),
    "premium": Case([("licence_p1", "stop")], {"licence": "p1"}),
    "small": Case(
        [("licence_p1", "stop"), ("licence_defender", "warning"), ("urbac_silent", "stop")],
        {"licence": "p1", "defender_plan": "business", "urbac_active": False},
    ),
    "silent": Case([("urbac_silent", "stop")], {"urbac_active": False, "urbac_inactive_answer": "empty"}),
    "skipping": Case([], {"urbac_active": False}, {}, {"mssp_onboard_skip_defender": True}),
    "opens": Case([("opens_policies", "stop")]),
    "naming": Case([("naming_policy", "info")], {"group_naming": {"requirement": "GRP_[GroupName]"}}),
    "restricted": Case(
        [("restricted_group", "stop")],
        {},
        {
            "groups": [{"display_name": "Tier 1 Analyst"}],
            "administrative_units": [{"display_name": "Tier 0", "restricted": True, "members": ["Tier 1 Analyst"]}],
        },
    ),
    "strange": Case(
        [("permission_unknown", "warning")], {}, {}, {"mssp_onboard_tier1_permissions": ["microsoft.xdr/secops/nothing/manage"]}
    ),
    "sponsors": Case([("governance_feature", "stop")], {"licence": "p2"}, {}, {"mssp_onboard_approval_stages": SPONSORS}),
    "elsewhere": Case([("other_cloud", "stop")], {}, {}, {"mssp_onboard_mssp_tenant_id": UNKNOWN}),
    "unread": Case([("not_readable", "not_checked")] * 2, {}, {"consent": {"onboard": ONBOARD}}),
    "lacking": Case(
        [("permission_missing", "stop"), ("not_readable", "not_checked")],
        {},
        {"consent": {"onboard": [name for name in ALL if "Defender" not in name]}},
    ),
    "accepting": Case(
        [("invitations_off", "warning")], {"allow_invites_from": "none"}, {}, {"mssp_onboard_accept": ["invitations_off"]}
    ),
    "letting": Case(
        [],
        {"inbound_b2b_blocked": True, "inbound_mfa_trusted": False},
        {},
        {"mssp_onboard_cross_tenant_inbound": "allow", "mssp_onboard_trust_mfa": True},
    ),
}
# Told of every customer of theirs.
ALWAYS = {"guest_billing", "mssp_outbound"}
STOPPED = ("invitations", "premium", "opens")
BUILT = ("ready", "mfa", "accepting", "letting")


class Flight(t.NamedTuple):
    """All runs."""

    job: Onboarding
    looked: Result
    looked_log: list[Entry]
    alone: list[Entry]
    onboarded: Result
    onboarded_log: list[Entry]
    again: Result
    again_log: list[Entry]


def config() -> dict[str, t.Any]:
    """A tenant for each case."""
    tenants = [
        {
            "display_name": name.title(),
            "domain": f"{name}.onmicrosoft.com",
            "quirks": {**WELL, **case.quirks},
            **case.tenant,
        }
        for name, case in CASES.items()
    ]
    return onboarding.three_customers(tenants=tenants, applications=[{"name": "onboard", "permissions": ALL}])


def hosts(job: Onboarding, *names: str) -> dict[str, t.Any]:
    """An inventory of these."""
    return customers(**{name: job.variables(name, **CASES[name].variables) for name in names})


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Flight]:
    """Looked at all together, one alone, then some onboarded, twice."""
    with onboarding.running(tmp_path_factory.mktemp("preflight"), config()) as job:
        opens = job.tenant("opens")
        package = by_hand.package(opens, "Open", by_hand.catalog(opens, "Elsewhere"))
        by_hand.open_to_all(opens, package)
        looked = job.run(hosts=hosts(job, *CASES), arguments=["--tags", "preflight", "--forks", "6"])
        looked_log = job.sandbox.log.all()
        assert job.run(hosts=hosts(job, "ready"), arguments=["--tags", "preflight"]).rc == 0
        alone = job.sandbox.log.all()
        onboarded = job.run(hosts=hosts(job, *STOPPED, *BUILT), arguments=["--forks", "6"])
        onboarded_log = job.sandbox.log.all()
        again = job.run(hosts=hosts(job, *BUILT), arguments=["--forks", "6"])
        yield Flight(job, looked, looked_log, alone, onboarded, onboarded_log, again, job.sandbox.log.all())


def on_the_wire(log: list[Entry]) -> int:
    """How many requests were sent: those of a batch came as one."""
    batches = {entry["batch"] for entry in log if entry["batch"] is not None}
    return len([entry for entry in log if entry["batch"] is None]) + len(batches)


def findings(flight: Flight, name: str) -> list[dict[str, t.Any]]:
    """What tenant_info returned for a customer."""
    task = flight.looked.task("mssp.defender.mssp_onboard : Look at every gate", name)
    return t.cast("list[dict[str, t.Any]]", task.result["findings"])


# -- --tags preflight ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_what_is_found(flight: Flight, name: str) -> None:
    """Each gate that is shut is told once, with its remedy; and no other one."""
    found = findings(flight, name)
    assert [(x["id"], x["severity"]) for x in found if x["id"] not in ALWAYS] == CASES[name].found
    for one in found:
        assert one["is"].endswith(".")
        assert one["remedy"]


@pytest.mark.parametrize("name", CASES)
def test_the_report(flight: Flight, name: str) -> None:
    """One message: the licence first, every finding with its remedy; it fails where an onboarding would stop."""
    task = flight.looked.task(PREFLIGHT, name)
    said = task.result["msg"]
    assert said[0].startswith(f"Licences of {name}.onmicrosoft.com: ")
    for one in findings(flight, name):
        assert any(f"{one['is']} {one['remedy']} [{one['id']}]" in line for line in said)
    assert said[-1].endswith("Nothing was written.")
    assert task.failed == any(severity == "stop" for _id, severity in CASES[name].found)


def test_looking_writes_nothing(flight: Flight) -> None:
    assert [x for x in flight.looked_log if x["write"]] == []
    assert [x for x in flight.looked.tasks if x.result.get("changed")] == []


def test_looking_takes_few_requests(flight: Flight) -> None:
    """Token and all: eight at most; the tenant with its groups in one request, the gates in one for each version of Graph."""
    assert on_the_wire(flight.alone) <= 8, [x["path"] for x in flight.alone]
    assert len({x["batch"] for x in flight.alone if x["batch"] is not None}) == 3


def test_words_of_the_customer(flight: Flight) -> None:
    said = {name: " ".join(x["is"] for x in findings(flight, name)) for name in CASES}
    assert "'Open' (policy 'For all')" in said["opens"]
    assert "blocks all guests from requesting access packages: 'Rule'." in said["blocked"]
    assert "The MSSP's domain 'fabrikam-soc.onmicrosoft.com' is not on the list" in said["domains"]
    assert "'Tier 1 Analyst'" in said["restricted"]
    assert "microsoft.xdr/secops/nothing/manage" in said["strange"]
    assert f"no tenant {UNKNOWN} in the cloud public" in said["elsewhere"]
    assert "deleted 30 days later" in said["lifecycle"]
    first = flight.looked.task(PREFLIGHT, "small").result["msg"][0]
    assert first == "Licences of small.onmicrosoft.com: Microsoft Entra ID P1 only, Defender for Business."


def test_the_link_for_the_whole_set(flight: Flight) -> None:
    """Decisions M12: consent is asked for all that the application registers, never for what is missing alone."""
    tenant = flight.job.tenant("lacking")
    (missing,) = [x for x in findings(flight, "lacking") if x["id"] == "permission_missing"]
    client = tenant.client("onboard")["client_id"]
    assert missing["remedy"].endswith(f"{tenant.login_url}/lacking.onmicrosoft.com/adminconsent?client_id={client}")
    assert missing["is"] == "The access token lacks RoleManagement.ReadWrite.Defender."


def test_unified_rbac_is_never_called_active(flight: Flight) -> None:
    for name in CASES:
        said = flight.looked.task(PREFLIGHT, name).result["msg"]
        assert any("whether it is active no API tells" in line for line in said)


# -- onboarding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STOPPED)
def test_a_shut_gate_stops_before_the_first_write(flight: Flight, name: str) -> None:
    task = flight.onboarded.task(LOOK, name)
    assert task.failed
    assert task.result["failure"]["code"] == "PreflightFindings"
    for finding, severity in CASES[name].found:
        assert (f"[{finding}]" in task.result["msg"]) == (severity == "stop")
    tenant_id = flight.job.tenant(name).tenant_id
    assert [x for x in flight.onboarded_log if x["write"] and x["tenant_id"] == tenant_id] == []
    assert flight.job.tenant(name).list("groups") == []


@pytest.mark.parametrize("name", BUILT)
def test_what_stops_nothing_is_told_at_the_end(flight: Flight, name: str) -> None:
    said = flight.onboarded.task(END, name).result["msg"]
    warned = [line for line in said if line.startswith("Warning: ") and "[" in line]
    expected = [finding for finding, severity in CASES[name].found if severity == "warning"]
    assert [line.rpartition("[")[2].rstrip("]") for line in warned] == expected
    assert len(estate(flight.job.tenant(name)).packages) == 3


def test_the_mssp_is_let_in_when_the_operator_says_so(flight: Flight) -> None:
    partners = f"policies/crossTenantAccessPolicy/partners/{MSSP}"
    entry = flight.job.tenant("letting").get(partners)
    assert entry["b2bCollaborationInbound"]["usersAndGroups"]["accessType"] == "allowed"
    assert entry["inboundTrust"]["isMfaAccepted"] is True
    # And never unless.
    assert flight.job.tenant("mfa").request("GET", partners).status_code == 404
    changed = [x["object"]["type"] for x in onboarding.changes(flight.onboarded, "letting")]
    assert "cross-tenant access entry" in changed


@pytest.mark.parametrize("name", BUILT)
def test_the_second_run_looks_at_no_gate(flight: Flight, name: str) -> None:
    """What is there already has been let through: nothing but the tenant and its groups, no change, as many requests as ever."""
    tenant_id = flight.job.tenant(name).tenant_id
    log = [x for x in flight.again_log if x["tenant_id"] == tenant_id]
    assert [x for x in log if x["write"]] == []
    batched = [x["path"].partition("?")[0] for x in log if x["batch"] is not None]
    assert sorted(batched) == ["/v1.0/groups", "/v1.0/organization"]
    assert flight.again.rc == 0
    graph = [x for x in log if x["area"] == "graph"]
    assert len(graph) == (15 if name == "letting" else 14), [x["path"] for x in graph]
    assert onboarding.changes(flight.again, name) == []
