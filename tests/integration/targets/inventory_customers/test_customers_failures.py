# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong: one clear sentence each, no inventory rather than a part of one, and no secret in whatever is said."""

from __future__ import annotations

import collections.abc
import re

import pytest
from harness import libraries
from harness.tenants import Tenant
from partner_world import MSSP, WIDE, Listed, Partner

WRONG = "Wr0ngS3cretWr0ngS3cret"
REST = (
    " (None of these customers is in the inventory. With ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true no playbook goes on "
    "without them.)"
)
HEAD = f"Cannot read the MSSP's customers in tenant {MSSP}: "
SOURCES = {
    "secret": {"client_secret": WRONG},
    "permission": {"client": "nobody"},
    "tenant": {"tenant_id": None},
    "domains": {"client": "no_domains", "hostnames": ["domain"]},
    "filters": {"filters": {"include": {"status": ["active"]}}},
    "page": {"domain": WIDE},
    "batch": {"domain": "blind-soc.example"},
    "strict": {"strict": True, "compose": {"there": "nothing.there"}},
    "number": {"client_secret": WRONG, "request_timeout": "many"},
    "certificate": {"ca_path": None},
}


@pytest.fixture(scope="module")
def failed(partner: Partner) -> collections.abc.Iterator[Listed]:
    """All sources in one run: each fails. The last one has no customers, which is no failure."""
    blind = partner.of("blind-soc.example")
    partner.sandbox.faults(
        {
            "tenant": partner.of(WIDE).tenant_id,
            "path": "delegatedAdminRelationships.*skiptoken",
            "request": 2,
            "status": 403,
            "code": "Authorization_RequestDenied",
            "message": "Not this page",
        },
        {"tenant": blind.tenant_id, "path": "findTenantInformation", "request": 2, "status": 400, "code": "Odd", "message": "No"},
        {
            "tenant": blind.tenant_id,
            "path": "findTenantInformation",
            "request": 3,
            "status": 409,
            "code": "Odd",
            "message": "Not now",
        },
    )
    sources = [partner.source(**{"wait_timeout": 1, **more}) for more in SOURCES.values()]
    yield partner.list(*sources, partner.source(client=None, domain="alone.example"), arguments=["--list", "-vvvv"])
    partner.sandbox.faults()


def consent(tenant: Tenant, client: str) -> str:
    """Where an administrator of the MSSP is sent."""
    return f"{tenant.login_url}/{tenant.domain}/adminconsent?client_id={tenant.client(client)['client_id']}"


def test_no_part_of_an_inventory(failed: Listed) -> None:
    """Pages one and two of three had customers, and so had the source whose expression fails at the first one."""
    listed = failed.stdout[failed.stdout.index("{\n") :]
    assert '"hostvars": {}' in listed
    assert '"hosts"' not in listed
    assert failed.rc == 0, "Ansible only warns unless it is told otherwise"


def test_a_wrong_secret(partner: Partner, failed: Listed) -> None:
    client = partner.tenant.client("inventory")["client_id"]
    assert failed.says(
        f"{HEAD}no access token: the client secret is wrong (AADSTS7000215). Give the secret's value, not its id, of the "
        f"application {client}.{REST}"
    )


def test_a_missing_permission(partner: Partner, failed: Listed) -> None:
    client = partner.tenant.client("nobody")["client_id"]
    assert failed.says(f"{HEAD}Graph answered 403 Authorization_RequestDenied: Insufficient privileges to complete the operation")
    assert failed.says(
        f"The application {client} lacks DelegatedAdminRelationship.Read.All: an administrator of the MSSP grants the whole set "
        f"here: {consent(partner.tenant, 'nobody')}{REST}"
    )


def test_a_page_that_is_refused(failed: Listed) -> None:
    assert failed.says(
        f"Cannot read the MSSP's customers in tenant {WIDE}: Graph answered 403 Authorization_RequestDenied: Not this page"
    )
    assert failed.says(
        "The token has DelegatedAdminRelationship.Read.All. Check that tenant_id is the tenant that holds the relationships; "
        "where applications are refused all the same, sign in as a person with playbooks/sign_in.yml and give "
        f"refresh_token.{REST}"
    )
    assert len([request for request in failed.requests if request.endswith("delegatedAdminRelationships")]) >= 3


def test_a_domain_that_cannot_be_read_now(failed: Listed) -> None:
    """Another name for a day would part the host from its variables."""
    assert failed.says("Cannot read the MSSP's customers in tenant blind-soc.example: Graph answered 409 Odd: Not now")


def test_a_certificate_that_nobody_vouches_for(partner: Partner, failed: Listed) -> None:
    """TLS is verified; there is no way to leave that out."""
    assert failed.says(f"{HEAD}the TLS certificate of {partner.tenant.login_url} cannot be verified. Set ca_path")


@pytest.mark.parametrize(
    "sentence",
    [
        "Cannot read the MSSP's customers: tenant_id is missing: it names the MSSP's tenant. Set tenant_id, or AZURE_TENANT_ID "
        f"in the environment.{REST}",
        f"Tenant {MSSP}: the application may not read domains (CrossTenantInformation.ReadBasic.All), and hostnames allows "
        f"nothing else. Add tenant_id to hostnames, or let domains be read.{REST}",
        f"Tenant {MSSP}: filters.include has no 'status'. Its keys are statuses, roles, tenant_ids, domains.{REST}",
        "Could not set there for host adatum.example: 'nothing' is undefined",
        "There are no customers: tenant_id has to be the tenant that holds the relationships (GDAP) (tenant alone.example).",
    ],
)
def test_what_the_operator_can_settle(failed: Listed, sentence: str) -> None:
    assert failed.says(sentence), failed


def test_nothing_secret_is_told(partner: Partner, failed: Listed) -> None:
    everything = re.sub(r"\s", "", failed.stdout + failed.stderr)
    secrets = [client["client_secret"] for tenant in partner.sandbox.tenants for client in tenant.data["clients"]]
    for secret in (WRONG, "eyJ", *secrets):
        assert secret not in everything


def test_a_failure_ends_the_run_where_ansible_is_told_so(partner: Partner) -> None:
    """And then nobody has to be told how."""
    found = partner.list(partner.source(client_secret=WRONG), env={"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"})
    assert found.rc != 0
    assert found.says("the client secret is wrong (AADSTS7000215).")
    assert not found.says("None of these customers is in the inventory")


@pytest.mark.usefixtures("newest")
def test_a_missing_library_is_a_sentence(partner: Partner) -> None:
    found = partner.list(partner.source(), env=libraries.without(partner.directory / "blocked", ("requests", "msal")))
    assert found.says("Failed to import the required Python library (requests)")
    assert found.says("Install what the collection needs there: pip install 'msal>=1.35,<2' 'requests>=2.31,<3'.")
    assert "Traceback" not in found.stderr


def test_without_the_permission_for_domains_tenant_ids_serve(partner: Partner) -> None:
    """Said once; the default allows it."""
    found = partner.list(partner.source(client="no_domains"))
    assert sorted(found.hosts) == sorted(one["tenantId"] for one in partner.customers().values())
    assert all(host["mssp_customer_domain"] is None for host in found.hosts.values())
    assert found.says(
        "The application may not read domains (CrossTenantInformation.ReadBasic.All): customers are named by their tenant ids "
        f"(tenant {MSSP})."
    )
