# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong at night: each in one sentence, for its own customer only, with nothing written and nothing told."""

from __future__ import annotations

import collections.abc
import re
import typing as t

import pytest
from harness import onboarding
from harness.onboarding import MSSP, Onboarding, customers, estate
from harness.playbook import Result
from harness.ways import by_hand

LACKING = [
    "EntitlementManagement.ReadWrite.All",
    "Group.ReadWrite.All",
    "CrossTenantInformation.ReadBasic.All",
    "User.Read.All",
    "Organization.Read.All",
]
WRONG_SECRET = "an-entirely-wrong-secret-0123456789"
# Nothing answers there.
NOWHERE = "https://localhost:1"


def _more_tenants() -> list[dict[str, t.Any]]:
    config = onboarding.three_customers()
    names = (
        "fine",
        "wrongsecret",
        "lacking",
        "nograph",
        "nologin",
        "unknowing",
        "squatted",
        "stranger",
        "lost",
        "odd",
        "busy",
        "alone",
        "plain",
        "opens",
    )
    more: list[dict[str, t.Any]] = [{"display_name": name.title(), "domain": f"{name}.onmicrosoft.com"} for name in names]
    by_name = dict(zip(names, more, strict=True))
    by_name["lacking"]["consent"] = {"onboard": LACKING}
    by_name["unknowing"]["consent"] = {"onboard": None}
    by_name["squatted"]["users"] = [{"user_principal_name": "eve@squatted.onmicrosoft.com", "display_name": "Eve"}]
    by_name["squatted"]["groups"] = [{"display_name": "Tier 2 Analyst", "members": ["eve@squatted.onmicrosoft.com"]}]
    by_name["stranger"]["groups"] = [{"display_name": "Other MSSP"}]
    by_name["stranger"]["defender_roles"] = [
        {
            "display_name": "Tier 1 Analysts",
            "permissions": ["microsoft.xdr/secops/securitydata/basics/read"],
            "groups": ["Other MSSP"],
            "scopes": ["Mde"],
        }
    ]
    tenants: list[dict[str, t.Any]] = config["tenants"]
    return [*tenants, *more]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Onboarding]:
    """A sandbox with a tenant for each way to go wrong."""
    with onboarding.running(tmp_path_factory.mktemp("role"), onboarding.three_customers(tenants=_more_tenants())) as started:
        yield started


@pytest.fixture(autouse=True)
def _no_faults(job: Onboarding) -> collections.abc.Iterator[None]:
    yield
    job.sandbox.faults()


def sentence(result: Result, host: str) -> str:
    """What the one task of a host that failed said."""
    failed = [x for x in result.tasks if x.host == host and x.failed]
    assert len(failed) == 1, result
    # Of a loop, what its failed item said.
    items = [item for item in failed[0].result.get("results", []) if item.get("failed")]
    return str((items or [failed[0].result])[0]["msg"])


def test_one_customers_failure_is_one_sentence_and_stops_no_other(job: Onboarding) -> None:
    """Each failure names tenant, cause and remedy; nothing is written for it; the others finish; nothing leaks."""
    application = job.tenant("fine").client("onboard")
    hosts = customers(
        wrongsecret=job.variables("wrongsecret", mssp_onboard_client_secret=WRONG_SECRET),
        lacking=job.variables("lacking"),
        nograph=job.variables("nograph", mssp_onboard_graph_url=NOWHERE, mssp_onboard_wait_timeout=2),
        nologin=job.variables("nologin", mssp_onboard_login_url=NOWHERE),
        unknowing=job.variables("fine", mssp_onboard_tenant_id="unknowing.onmicrosoft.com"),
        notenant={key: value for key, value in job.variables("fine").items() if key != "mssp_onboard_tenant_id"},
        nobody=job.variables("fine", mssp_onboard_tenant_id="nobody.example"),
        fine=job.variables("fine"),
    )
    run = job.run(hosts=hosts, verbosity=5, diff=True)

    said = {
        host: sentence(run, host) for host in ("wrongsecret", "lacking", "nograph", "nologin", "unknowing", "notenant", "nobody")
    }
    consent = f"{job.sandbox.login_url}/{{}}/adminconsent?client_id={application['client_id']}"
    assert said["wrongsecret"] == (
        "Tenant wrongsecret.onmicrosoft.com: no access token: the client secret is wrong (AADSTS7000215). "
        f"Give the secret's value, not its id, of the application {application['client_id']}."
    )
    assert said["lacking"] == (
        f"Tenant lacking.onmicrosoft.com: the access token of the application {application['client_id']} lacks "
        "RoleManagement.ReadWrite.Defender. An administrator of the customer grants the application's whole set here: "
        + consent.format("lacking.onmicrosoft.com")
    )
    assert re.fullmatch(
        r"Tenant nograph\.onmicrosoft\.com: https://localhost:1 cannot be reached or dropped the connection \(tried \d times\)\. "
        r"Check network, proxy, cloud and graph_url, then run again: nothing is done twice\.",
        said["nograph"],
    )
    assert said["nologin"] == (
        "Tenant nologin.onmicrosoft.com: the identity platform https://localhost:1 cannot be reached. "
        "Check network, proxy, cloud and login_url."
    )
    assert said["unknowing"] == (
        f"Tenant unknowing.onmicrosoft.com: no access token: the application {application['client_id']} is not known in this "
        "tenant (AADSTS700016). An administrator of the customer consents to it here: "
        + consent.format("unknowing.onmicrosoft.com")
    )
    assert said["notenant"] == (
        "Customer notenant: mssp_onboard_tenant_id is not set. Set it in host_vars to the customer's tenant id or to one of its "
        "verified domains; nothing was done for this customer."
    )
    assert said["nobody"] == (
        "Tenant nobody.example: no access token: the tenant is not known in this cloud (AADSTS90002). Check tenant_id and cloud."
    )

    for name in ("wrongsecret", "lacking", "nograph", "nologin", "unknowing"):
        assert job.sandbox.log.writes(job.tenant(name).tenant_id) == []
    assert estate(job.tenant("fine")).counts["policies"] == 3
    assert run.rc == 2

    everything = run.stdout + run.stderr + "".join(str(x.result) for x in run.tasks)
    for secret in (application["client_secret"], WRONG_SECRET):
        assert secret not in everything
    # Every JSON web token begins so.
    assert "eyJ" not in everything


def test_missing_variable_never_ends_in_the_environments_tenant(job: Onboarding) -> None:
    """AZURE_TENANT_ID is set, the customer's variable is not: no request at all, by the playbook and by the role alone."""
    variables = {key: value for key, value in job.variables("alone").items() if key != "mssp_onboard_tenant_id"}
    env = {"AZURE_TENANT_ID": job.tenant("alone").tenant_id}
    run = job.run(hosts=customers(forgotten=variables), env=env)
    assert "mssp_onboard_tenant_id is not set" in sentence(run, "forgotten")
    assert job.sandbox.log.all() == []


def test_two_customers_with_one_tenant(job: Onboarding) -> None:
    """By the same words and by id and domain: the second stops before it has written anything."""
    by_domain = job.variables("busy")
    by_id = {**by_domain, "mssp_onboard_tenant_id": job.tenant("busy").tenant_id}
    run = job.run(hosts=customers(first=by_domain, second=by_domain, third=by_id))
    failed = {x.host: x.result["msg"] for x in run.tasks if x.failed}
    assert len(failed) == 2, run
    for words in failed.values():
        assert re.search(r"the customers '\w+' and '\w+' name the same tenant\. Correct the tenant of one of them", words)
    assert estate(job.tenant("busy")).counts["groups"] == 3


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"mssp_onboard_mssp_tenant_id": "alone.onmicrosoft.com"}, "the customer's tenant and the MSSP's tenant are the same"),
        ({"mssp_onboard_mssp_tenant_id": None}, "neither is set. Set exactly one of them, for all customers."),
        ({"mssp_onboard_tiers": []}, "mssp_onboard_tiers is an empty list. Leave it out for the published two"),
        ({"mssp_onboard_tier_approvers": "customer"}, "but mssp_onboard_customer_approvers names nobody."),
        (
            {"mssp_onboard_mssp_tenant_id": None, "mssp_onboard_mssp_domain": "nowhere.example"},
            "Microsoft knows no tenant of the domain nowhere.example. Correct mssp_onboard_mssp_domain.",
        ),
        (
            {"mssp_onboard_mssp_tenant_id": None, "mssp_onboard_mssp_domain": "alone2.onmicrosoft.com"},
            "Microsoft knows no tenant of the domain alone2.onmicrosoft.com.",
        ),
        (
            {"mssp_onboard_customer_approvers": [{"user": "nobody@alone.onmicrosoft.com"}]},
            "there is no user 'nobody@alone.onmicrosoft.com'. Check the name, or create it first. In the variables of this role: "
            "mssp_onboard_customer_approvers, mssp_onboard_initial_approvers,",
        ),
        ({"mssp_onboard_reviewers": [{"group": "Nobody's"}]}, "reviews.reviewers: there is no group 'Nobody's'."),
        ({"mssp_onboard_tier1_permissions": ["see_all"]}, "'see_all' is no permission of Defender."),
        ({"mssp_onboard_review_open_days": 400}, "reviews.open_days is 400, as long as the time from one review to the next."),
    ],
)
def test_variables_that_do_not_fit(job: Onboarding, more: dict[str, t.Any], words: str) -> None:
    """One sentence with the remedy, and nothing is written."""
    variables = {key: value for key, value in job.variables("alone", **more).items() if value is not None}
    said = sentence(job.run(hosts=customers(alone=variables)), "alone")
    assert words in said
    assert "alone" in said
    assert job.sandbox.log.writes() == []


def test_the_mssps_own_tenant_by_its_id(job: Onboarding) -> None:
    """The customer's variable names the MSSP's tenant by domain, the MSSP's by id: found out before the first write."""
    own = job.tenant("odd")
    said = sentence(job.run(hosts=customers(odd=job.variables("odd", mssp_onboard_mssp_tenant_id=own.tenant_id))), "odd")
    assert said == (
        "Customer odd: mssp_onboard_tenant_id (odd.onmicrosoft.com) is the tenant of the MSSP. Name the tenant of the customer: "
        "nothing is ever built in that of the MSSP."
    )
    assert job.sandbox.log.writes() == []


def test_a_squatted_group_is_not_taken_over(job: Onboarding) -> None:
    """Somebody sits in a group of a tier's name: nothing is linked to it; by the operator's word it is."""
    tenant = job.tenant("squatted")
    said = sentence(job.run(hosts=customers(squatted=job.variables("squatted"))), "squatted")
    assert "Cannot take over the group 'Tier 2 Analyst' in tenant squatted.onmicrosoft.com" in said
    assert "members 'Eve' whom nobody named" in said
    assert "In the variables of this role: group_id or role_id of the tier" in said
    assert "mssp_onboard_adopt: true whatever has the right name; mssp_onboard_name_prefix makes others beside it." in said
    assert job.sandbox.log.writes() == []
    adopted = job.run(hosts=customers(squatted=job.variables("squatted", mssp_onboard_adopt=True)))
    assert adopted.rc == 0, adopted
    assert estate(tenant).counts["groups"] == 3


def test_a_role_that_others_hold_is_not_widened(job: Onboarding) -> None:
    """Another MSSP's group holds a role of the tier's name: it would gain what is granted to it now."""
    tenant = job.tenant("stranger")
    said = sentence(job.run(hosts=customers(stranger=job.variables("stranger"))), "stranger")
    assert "Cannot take over the Defender role 'Tier 1 Analysts' in tenant stranger.onmicrosoft.com" in said
    assert job.sandbox.log.writes() == []
    (role,) = estate(tenant).roles
    assert role["rolePermissions"][0]["allowedResourceActions"] == ["microsoft.xdr/secops/securitydata/basics/read"]
    beside = job.run(hosts=customers(stranger=job.variables("stranger", mssp_onboard_name_prefix="FAB ")))
    assert beside.rc == 0, beside
    assert {"FAB Tier 1 Analysts", "FAB Tier 2 Analysts"} <= {x["displayName"] for x in estate(tenant).roles}


def test_packages_that_would_be_opened_stop_the_run(job: Onboarding) -> None:
    """Another package is open to all configured organizations without approval: stopped before the first write, or accepted."""
    tenant = job.tenant("opens")
    by_hand.open_to_all(tenant, by_hand.package(tenant, "Open", by_hand.catalog(tenant, "Elsewhere")))
    said = sentence(job.run(hosts=customers(opens=job.variables("opens"))), "opens")
    assert "would let all its users request without any approval: 'Open' (policy 'For all')" in said
    assert "mssp_onboard_connected_org_state" in said
    assert job.sandbox.log.writes() == []

    proposed = job.run(hosts=customers(opens=job.variables("opens", mssp_onboard_connected_org_state="proposed")))
    assert proposed.rc == 0, proposed
    assert [x["state"] for x in estate(tenant).organizations] == ["proposed"]
    accepted = job.run(
        hosts=customers(
            opens=job.variables("opens", mssp_onboard_connected_org_state="configured", mssp_onboard_accept_open_policies=True)
        )
    )
    assert accepted.rc == 0, accepted
    assert [x["state"] for x in estate(tenant).organizations] == ["configured"]
    assert "may also request 'Open' (policy 'For all')" in " ".join((accepted.stdout + accepted.stderr).split())


def test_whatever_the_inventory_says_about_connections(job: Onboarding) -> None:
    """ssh, become and an interpreter that is not there: customers are names, and everything runs here."""
    variables = job.variables(
        "odd",
        mssp_onboard_name_prefix="O'Brien & Söhne <b> ",
        ansible_connection="ssh",
        ansible_become=True,
        ansible_python_interpreter="/does/not/exist",
    )
    run = job.run(hosts=customers(odd=variables))
    assert run.rc == 0, run
    there = estate(job.tenant("odd"))
    assert "O'Brien & Söhne <b> Tier 1 Analyst" in {x["displayName"] for x in there.groups}
    again = job.run(hosts=customers(odd=variables))
    assert (again.rc, job.sandbox.log.writes()) == (0, [])


def test_by_the_mssps_domain_and_without_defender(job: Onboarding) -> None:
    """The MSSP by its domain, a tenant without unified RBAC: everything else is built, and a second run is silent."""
    variables = job.variables("plain", mssp_onboard_mssp_domain="fabrikam-soc.onmicrosoft.com", mssp_onboard_skip_defender=True)
    del variables["mssp_onboard_mssp_tenant_id"]
    job.sandbox.quirks(job.tenant("plain"), urbac_active=False)
    run = job.run(hosts=customers(plain=variables))
    assert run.rc == 0, run
    job.sandbox.quirks(job.tenant("plain"), urbac_active=True)
    there = estate(job.tenant("plain"))
    assert (len(there.roles), len(there.policies)) == (0, 3)
    assert there.organizations[0]["identitySources"][0]["tenantId"] == MSSP
    assert job.run(hosts=customers(plain=variables)).rc == 0
    assert job.sandbox.log.writes() == []


@pytest.mark.parametrize("lost", ["after", "before"])
def test_answers_that_are_lost(job: Onboarding, lost: str) -> None:
    """Every third write's connection drops, before or after the work is done: run until it is through, nothing is doubled."""
    tenant = job.tenant("lost")
    prefix = f"{lost} "
    variables = job.variables("lost", mssp_onboard_name_prefix=prefix, mssp_onboard_wait_timeout=3)
    for write in ("POST", "PATCH", "PUT"):
        job.sandbox.faults({"method": write, "every": 3, "drop": lost, "tenant": tenant.tenant_id})
        for _attempt in range(6):
            if job.run(hosts=customers(lost=variables)).rc == 0:
                break
    job.sandbox.faults()
    final = job.run(hosts=customers(lost=variables))
    assert final.rc == 0, final
    there = estate(tenant)
    for kind in ("roles", "catalogs", "packages"):
        found = [x["displayName"] for x in getattr(there, kind) if x["displayName"].startswith(prefix)]
        assert len(found) == len(set(found))
    assert len([x for x in there.packages if x["displayName"].startswith(prefix)]) == 3
    assert len(there.groups) == 3
    assert len(there.organizations) == 1
