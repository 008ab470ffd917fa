# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers of the US government's clouds and of China: onboarded, with the links of their cloud, by every kind of credential."""

from __future__ import annotations

import collections.abc
import contextlib
import csv
import json
import typing as t
from pathlib import Path

import pytest
from credential_asking import Asked, Case, ask
from credential_people import Door, Issuer
from harness import onboarding, server, world
from harness.certificates import Certified
from harness.playbook import Result, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant

CLOUDS = ("usgov", "usgov_dod", "china")
# Graph, My Access, portal.
ADDRESSES: dict[str, tuple[str, str | None, str | None]] = {
    "usgov": ("https://graph.microsoft.us", "https://myaccess.microsoft.us", "https://security.microsoft.us"),
    "usgov_dod": ("https://dod-graph.microsoft.us", "https://myaccess.microsoft.us", "https://security.apps.mil"),
    "china": ("https://microsoftgraph.chinacloudapi.cn", None, None),
}
OF_THE_PUBLIC_CLOUD = "b1000000-0000-4000-8000-00000000c0de"
LEAD = f"lead@{world.MSSP_DOMAIN}"
PASSWORD = "a-long-password-of-a-certificate"
LINKS = [{"import_playbook": "mssp.defender.links"}]


class World(t.NamedTuple):
    """Sandboxes by cloud, and what was run against them."""

    sandboxes: dict[str, Sandbox]
    run: Result
    sheet: dict[str, list[dict[str, str]]]
    asked: Asked
    az: Path
    secrets: list[str]

    def tenant(self, cloud: str) -> Tenant:
        """The customer of a cloud."""
        return self.sandboxes[cloud].tenants[0]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[World]:
    """One onboarding over all clouds and one customer whose cloud nobody has stated; then who may ask in usgov."""
    directory = tmp_path_factory.mktemp("clouds")
    issuer = Issuer(directory)
    certified = Certified(directory / "certified", PASSWORD)
    with contextlib.ExitStack() as stack:
        sandboxes = {
            cloud: stack.enter_context(server.running(directory / cloud, _config(cloud, issuer, certified))) for cloud in CLOUDS
        }
        hosts = {cloud: _variables(sandboxes[cloud].tenants[0], mssp_onboard_cloud=cloud) for cloud in CLOUDS}
        # China's second customer, in whose variables nobody has stated the cloud.
        hosts["unstated"] = _variables(sandboxes["china"].tenants[1])
        # A customer of the US government whose MSSP is in the public cloud.
        hosts["apart"] = _variables(
            sandboxes["usgov"].tenants[1], mssp_onboard_cloud="usgov", mssp_onboard_mssp_tenant_id=OF_THE_PUBLIC_CLOUD
        )
        inventory = onboarding.customers(**hosts)
        run = run_playbook(onboarding.PLAYBOOK, directory / "run", hosts=inventory, arguments=["--forks", "2"])
        run_playbook(LINKS, directory / "links", hosts=inventory, arguments=["--forks", "2"])
        with (directory / "links" / "mssp-reports" / "links.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        sheet = {name: [row for row in rows if row["customer"] == name] for name in hosts}
        asked, az, secrets = _ask(sandboxes["usgov"], directory, issuer, certified)
        yield World(sandboxes, run, sheet, asked, az, secrets)


def _config(cloud: str, issuer: Issuer, certified: Certified) -> dict[str, t.Any]:
    # Other ids in each: a run refuses two customers of one tenant.
    config = world.config(customers=2, cloud=cloud, seed=cloud)
    config["external_tenants"].append(
        {"display_name": "Another MSSP", "domain": "mssp.example", "tenant_id": OF_THE_PUBLIC_CLOUD, "cloud": "public"}
    )
    read = {"permissions": ["Organization.Read.All"]}
    # Without a word on its audience the credential has that of the cloud.
    trusted = {name: value for name, value in issuer.trusted().items() if name != "audience"}
    config["tenants"][0]["clients"] += [
        {"name": "certified", "certificate": str(certified.public), **read},
        {"name": "federated", "federated": [trusted], **read},
        {"name": "system", "managed_identity": True, **read},
        {"name": "approve", "public": True, "scopes": ["Organization.Read.All"], "permissions": []},
    ]
    return config


def _variables(tenant: Tenant, **more: t.Any) -> dict[str, t.Any]:
    known = {f"mssp_onboard_{name}": value for name, value in tenant.options().items()}
    return {**known, "mssp_onboard_mssp_tenant_id": world.MSSP_TENANT, **more}


def _ask(sandbox: Sandbox, directory: Path, issuer: Issuer, certified: Certified) -> tuple[Asked, Path, list[str]]:
    """Every kind of credential in usgov."""
    tenant = sandbox.tenants[0]
    graph = ADDRESSES["usgov"][0]
    door = Door(sandbox)
    refresh = door.sign_in(tenant, "approve", LEAD, scope=f"{graph}/.default offline_access")
    access = door.access_token(tenant, LEAD, "approve")
    files = {
        "right.jwt": issuer.token(aud="api://AzureADTokenExchangeUSGov"),
        "public.jwt": issuer.token(),
        "az.json": json.dumps({"accessToken": access}),
    }
    for name, content in files.items():
        (directory / name).write_text(content, encoding="utf-8")
    az = directory / "bin" / "az"
    az.parent.mkdir()
    az.write_text(f'#!/bin/sh\necho "$*" >> "$0.asked"\ncat "{directory / "az.json"}"\n', encoding="utf-8")
    az.chmod(0o700)
    metadata = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": sandbox.login_url}

    def given(client: str | None, **more: t.Any) -> dict[str, t.Any]:
        known = {**tenant.options(client), "client_secret": None, "cloud": "usgov", "wait_timeout": 5, **more}
        return known if client else {**known, "client_id": None}

    where = {name: value for name, value in tenant.options().items() if name in ("graph_url", "login_url", "ca_path")}
    injected = {
        "AZURE_SUBSCRIPTION_ID": "b1000000-0000-4000-8000-00000000beef",
        "AZURE_CLIENT_ID": tenant.client_id,
        "AZURE_SECRET": tenant.client_secret,
        "AZURE_TENANT": tenant.tenant_id,
        "AZURE_CLOUD_ENVIRONMENT": "AzureUSGovernment",
    }
    cases = {
        "client_secret": Case({**tenant.options(), "cloud": "usgov"}),
        "certificate": Case(
            given("certified", certificate_path=str(certified.pfx), certificate_password=PASSWORD, cloud="AzureUSGovernment")
        ),
        "federated": Case(given("federated", federated_token_file=str(directory / "right.jwt"))),
        "managed_identity": Case(given(None), metadata),
        "azure_cli": Case(given(None, auth_method="azure_cli"), {"PATH": f"{az.parent}:/usr/bin:/bin"}),
        "refresh_token": Case(given("approve", refresh_token=refresh)),
        "access_token": Case(given(None, access_token=access)),
        "awx": Case(where, injected),
        "awx_name_and_password": Case(
            where,
            {
                "AZURE_SUBSCRIPTION_ID": injected["AZURE_SUBSCRIPTION_ID"],
                "AZURE_AD_USER": "admin@contoso.example",
                "AZURE_PASSWORD": PASSWORD,
                "AZURE_TENANT_ID": tenant.tenant_id,
                "PATH": "/usr/bin:/bin",
            },
        ),
        "federated_for_the_public_cloud": Case(given("federated", federated_token_file=str(directory / "public.jwt"))),
        "certificate_for_the_public_cloud": Case(
            given("certified", certificate_path=str(certified.pem), certificate_password=PASSWORD, cloud="public")
        ),
        "refresh_token_for_dod": Case(given("approve", refresh_token=refresh, cloud="usgov_dod")),
        "access_token_for_china": Case(given(None, access_token=access, cloud="china")),
    }
    secrets = [refresh, access, tenant.client_secret, PASSWORD, files["right.jwt"], files["public.jwt"], certified.private_key]
    return ask(directory / "asked", cases), az, secrets


# -- the onboarding --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_customer_is_onboarded_in_each_cloud(told: World, cloud: str) -> None:
    counts = onboarding.estate(told.tenant(cloud)).counts
    assert (counts["groups"], counts["roles"], counts["packages"], counts["policies"]) == (3, 2, 3, 3)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_links_are_those_of_the_cloud(told: World, cloud: str) -> None:
    dummy, my_access, portal = ADDRESSES[cloud]
    tenant = told.tenant(cloud)
    packages = {package["displayName"]: package["id"] for package in onboarding.estate(tenant).packages}
    rows = told.sheet[cloud]
    assert {row["package"] for row in rows} == set(packages)
    for row in rows:
        links = (row["request_link"], row["approval_link"], row["portal_link"])
        if my_access is None:
            assert links == ("", "", "")
            assert row["note"].endswith("Microsoft documents no address of My Access and the Defender portal in this cloud.")
        else:
            root = f"{my_access}/@{tenant.domain}#/"
            request = f"{root}access-packages/{packages[row['package']]}"
            assert links == (request, root, f"{portal}/?tid={tenant.tenant_id}")


def test_no_address_of_another_cloud_is_told(told: World) -> None:
    for cloud in CLOUDS:
        text = json.dumps([task.result for task in told.run.tasks if task.host == cloud])
        wrong = [host for host in ("myaccess.microsoft.com", "security.microsoft.com", "graph.microsoft.com") if host in text]
        assert wrong == []
        if cloud == "china":
            assert "microsoft.us" not in text


def test_a_cloud_that_is_not_stated_is_refused_before_graph_is_asked(told: World) -> None:
    tenant = told.sandboxes["china"].tenants[1]
    failed = next(task for task in told.run.tasks if task.host == "unstated" and task.failed)
    assert (
        "the tenant's cloud knows no https://graph.microsoft.com (AADSTS500011). Check cloud: it has to be"
        in failed.result["msg"]
    )
    assert [entry for entry in told.sandboxes["china"].log.all(tenant.tenant_id) if entry["area"] == "graph"] == []


def test_what_china_is_not_documented_to_have_is_told_before_the_first_write(told: World) -> None:
    mine = [task for task in told.run.tasks if task.host == "china"]
    words = "Microsoft documents no Defender roles (unified RBAC) for the cloud china."
    told_at = next(number for number, task in enumerate(mine) if words in json.dumps(task.result))
    made_at = next(number for number, task in enumerate(mine) if task.result.get("changed"))
    assert told_at < made_at


def test_an_mssp_of_another_cloud_is_refused_before_the_first_write(told: World) -> None:
    failed = next(task for task in told.run.tasks if task.host == "apart" and task.failed)
    assert f"Microsoft knows no tenant {OF_THE_PUBLIC_CLOUD} in" in json.dumps(failed.result)
    assert told.sandboxes["usgov"].log.writes(told.sandboxes["usgov"].tenants[1].tenant_id) == []


# -- every kind of credential ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("client_secret", "client_secret"),
        ("certificate", "certificate"),
        ("federated", "federated"),
        ("managed_identity", "managed_identity"),
        ("azure_cli", "azure_cli"),
        ("refresh_token", "refresh_token"),
        ("access_token", "access_token"),
        ("awx", "client_secret"),
    ],
)
def test_each_kind_gets_a_token_for_the_graph_of_the_cloud(told: World, name: str, method: str) -> None:
    found = told.asked.application(name)
    tenant = told.tenant("usgov")
    assert (found["auth_method"], found["tenant"]["id"]) == (method, tenant.tenant_id)
    assert found["links"] == {
        # A guest may not read the tenant's domains.
        "approvals": None if found["delegated"] else f"https://myaccess.microsoft.us/@{tenant.domain}#/",
        "portal": f"https://security.microsoft.us/?tid={tenant.tenant_id}",
    }


def test_the_cli_is_asked_for_the_graph_of_the_cloud(told: World) -> None:
    asked = (told.az.parent / "az.asked").read_text(encoding="utf-8").split()
    assert asked[asked.index("--resource") + 1] == "https://graph.microsoft.us"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("federated_for_the_public_cloud", "no access token: the federated token has another audience than the application "),
        (
            "certificate_for_the_public_cloud",
            "no access token: the tenant's cloud knows no https://graph.microsoft.com (AADSTS500011). Check cloud",
        ),
        (
            "refresh_token_for_dod",
            "no access token: the tenant's cloud knows no https://dod-graph.microsoft.us (AADSTS500011). Check cloud",
        ),
        (
            "access_token_for_china",
            "the access token is for https://graph.microsoft.us, not for https://microsoftgraph.chinacloudapi.cn. Acquire",
        ),
        (
            "awx_name_and_password",
            "no credential is given: a person's name and password (AZURE_AD_USER, AZURE_PASSWORD) are none",
        ),
    ],
)
def test_what_is_for_another_cloud(told: World, name: str, words: str) -> None:
    assert told.asked.said(name).startswith(words)


def test_nothing_secret_is_told_or_left_anywhere(told: World) -> None:
    told.asked.assert_no_secret(told.secrets)
