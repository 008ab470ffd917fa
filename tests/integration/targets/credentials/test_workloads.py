# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a workload has instead of a secret: a federated token, a managed identity, the Azure CLI; and which of them auto takes."""

from __future__ import annotations

import collections.abc
import json
import time
import typing as t
from pathlib import Path

import pytest
from credential_asking import Asked, Case, ask
from credential_people import Issuer
from harness import server, world
from harness.playbook import local, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant

CLI_SECRET = "s3cret-that-the-cli-prints-when-it-fails"
AZ = """#!/bin/sh
printf '%s\\n' "$*" >> "$0.asked"
[ -z "$AZ_ERRORS" ] || echo "$AZ_ERRORS" >&2
[ -z "$AZ_ANSWER" ] || cat "$AZ_ANSWER"
exit "${AZ_STATUS:-0}"
"""


class World(t.NamedTuple):
    """What was asked, and with which secrets."""

    asked: Asked
    sandbox: Sandbox
    tenant: Tenant
    other: Tenant
    az: Path
    secrets: list[str]


def config(issuer: Issuer) -> dict[str, t.Any]:
    """Two customers; the first has a federated application and two managed identities."""
    made = world.config(customers=2)
    made["tenants"][0]["clients"] += [
        {"name": "federated", "permissions": ["Organization.Read.All"], "federated": [issuer.trusted()]},
        {"name": "system", "permissions": ["Organization.Read.All"], "managed_identity": True},
        {"name": "user-assigned", "permissions": ["Organization.Read.All"], "managed_identity": True},
    ]
    made["clock"] = {"offset_seconds": 0}
    return made


def options(tenant: Tenant, client: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    """Without a secret, unless it is given; without an application unless it is named."""
    known = {**tenant.options(client), "client_secret": None, "wait_timeout": 5}
    return {**known, **({} if client else {"client_id": None}), **more}


def written(directory: Path, name: str, content: str) -> str:
    """A file's path."""
    path = directory / name
    path.write_text(content, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[World]:
    """All cases in one run."""
    directory = tmp_path_factory.mktemp("workloads")
    issuer, stranger = Issuer(directory), Issuer(tmp_path_factory.mktemp("stranger"))
    with server.running(directory / "sandbox", config(issuer)) as sandbox:
        tenant, other = sandbox.tenants
        tokens = {
            "good": issuer.token(),
            "expired": issuer.token(age=7200),
            "forged": stranger.token(),
            "subject": issuer.token(sub="system:serviceaccount:mssp:somebody"),
            "issuer": issuer.token(iss="https://other.example"),
            "audience": issuer.token(aud="api://Other"),
        }
        file = {name: written(directory, f"{name}.jwt", token + "\n") for name, token in tokens.items()}
        az = directory / "bin" / "az"
        az.parent.mkdir()
        az.write_text(AZ, encoding="utf-8")
        az.chmod(0o700)
        path = {"PATH": f"{az.parent}:/usr/bin:/bin"}
        answers = {
            "mine": {"accessToken": tenant.token(), "expiresOn": "2026-01-01 00:00:00.000000", "tokenType": "Bearer"},
            "others": {"accessToken": other.token(), "tokenType": "Bearer"},
        }
        answer = {name: written(directory, f"{name}.json", json.dumps(one)) for name, one in answers.items()}
        metadata = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": sandbox.login_url}
        header = tenant.client("system")["client_secret"]
        app_service = {"IDENTITY_ENDPOINT": f"{sandbox.login_url}/msi/token", "IDENTITY_HEADER": header}
        proxy = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}

        def federated(token: str, **more: t.Any) -> dict[str, t.Any]:
            return options(tenant, "federated", federated_token_file=file[token], **more)

        secret = tenant.client_secret
        cases = {
            "federated": Case(federated("good")),
            "federated_by_method": Case(federated("good", auth_method="federated", client_secret="wr0ng-wr0ng")),
            "federated_as_module": Case(federated("good"), ordinary=True),
            "federated_from_the_environment": Case(options(tenant, "federated"), {"AZURE_FEDERATED_TOKEN_FILE": file["good"]}),
            "federated_expired": Case(federated("expired")),
            "federated_forged": Case(federated("forged")),
            "federated_subject": Case(federated("subject")),
            "federated_issuer": Case(federated("issuer")),
            "federated_audience": Case(federated("audience")),
            "federated_untrusting": Case(options(tenant, "nobody", federated_token_file=file["good"])),
            "federated_other_tenant": Case(federated("good", tenant_id=other.tenant_id)),
            "federated_wrong_cloud": Case(federated("good", cloud="usgov")),
            "metadata": Case(options(tenant, auth_method="managed_identity"), metadata),
            "metadata_by_auto": Case(options(tenant), metadata),
            "metadata_as_module": Case(options(tenant), metadata, ordinary=True),
            "metadata_user_assigned": Case(options(tenant, "user-assigned"), metadata),
            "metadata_by_domain": Case(options(tenant, tenant_id=tenant.domain), metadata),
            "metadata_other_tenant": Case(options(other), metadata),
            "metadata_other_domain": Case(options(other, tenant_id=other.domain), metadata),
            "metadata_wrong_cloud": Case(options(tenant, cloud="usgov"), metadata),
            "metadata_unknown_identity": Case(options(tenant, client_id="b1000000-0000-4000-8000-00000000dead"), metadata),
            "app_service": Case(options(tenant), app_service),
            "app_service_wrong_header": Case(options(tenant), {**app_service, "IDENTITY_HEADER": "wr0ng-header-wr0ng"}),
            "cli": Case(options(tenant, auth_method="azure_cli"), {**path, "AZ_ANSWER": answer["mine"]}),
            "cli_by_auto": Case(options(tenant), {**path, "AZ_ANSWER": answer["mine"]}),
            "cli_as_module": Case(options(tenant, auth_method="azure_cli"), {**path, "AZ_ANSWER": answer["mine"]}, ordinary=True),
            "cli_other_tenant": Case(
                options(tenant, auth_method="azure_cli"),
                {**path, "AZ_ANSWER": answer["others"], "AZURE_CONFIG_DIR": "/another/sign-in"},
            ),
            "cli_signed_out": Case(
                options(tenant, auth_method="azure_cli"),
                {
                    **path,
                    "AZURE_CONFIG_DIR": "/none",
                    "AZ_STATUS": "1",
                    "AZ_ERRORS": f"ERROR: Please run 'az login' to setup account. {CLI_SECRET}",
                },
            ),
            "cli_ended": Case(
                options(tenant, auth_method="azure_cli"),
                {
                    **path,
                    "AZURE_CONFIG_DIR": "/ended",
                    "AZ_STATUS": "1",
                    "AZ_ERRORS": f"AADSTS700082: Ended. {CLI_SECRET} az login",
                },
            ),
            "cli_another_cloud": Case(
                options(tenant, auth_method="azure_cli", cloud="usgov"),
                {**path, "AZURE_CONFIG_DIR": "/public", "AZ_STATUS": "1", "AZ_ERRORS": f"AADSTS500011: No. {CLI_SECRET}"},
            ),
            "cli_failed": Case(
                options(tenant, auth_method="azure_cli"),
                {**path, "AZURE_CONFIG_DIR": "/broken", "AZ_STATUS": "2", "AZ_ERRORS": f"ERROR: {CLI_SECRET}"},
            ),
            "all_of_them": Case(federated("good", client_secret=secret, client_id=tenant.client_id), {**metadata, **path}),
            "federated_first": Case(federated("good"), {**metadata, **path}),
            "metadata_first": Case(options(tenant), {**metadata, **path}),
            "wrong_first": Case(federated("good", client_secret="wr0ng-secret-wr0ng"), {**metadata, **path}),
            "nothing": Case(options(tenant), {"PATH": "/nowhere"}),
        }
        # The endpoint is on the machine: no proxy, or its secret would pass there. Graph is then out of reach, and says so.
        cases["metadata_past_a_proxy"] = Case(options(tenant), {**metadata, **proxy})
        sandbox.log.clear()
        asked = ask(directory / "run", cases)
        yield World(asked, sandbox, tenant, other, az, [*tokens.values(), header, secret, CLI_SECRET])


@pytest.mark.parametrize(
    ("name", "method", "client"),
    [
        ("federated", "federated", "federated"),
        ("federated_by_method", "federated", "federated"),
        ("federated_as_module", "federated", "federated"),
        ("federated_from_the_environment", "federated", "federated"),
        ("metadata", "managed_identity", "system"),
        ("metadata_by_auto", "managed_identity", "system"),
        ("metadata_as_module", "managed_identity", "system"),
        ("metadata_user_assigned", "managed_identity", "user-assigned"),
        ("metadata_by_domain", "managed_identity", "system"),
        ("app_service", "managed_identity", "system"),
        ("cli", "azure_cli", "default"),
        ("cli_by_auto", "azure_cli", "default"),
        ("cli_as_module", "azure_cli", "default"),
        ("all_of_them", "client_secret", "default"),
        ("federated_first", "federated", "federated"),
        ("metadata_first", "managed_identity", "system"),
    ],
)
def test_a_workload_is_known_by_what_it_has(told: World, name: str, method: str, client: str) -> None:
    found = told.asked.application(name)
    assert (found["auth_method"], found["delegated"]) == (method, False)
    assert found["application"]["client_id"] == told.tenant.client(client)["client_id"]
    assert found["tenant"]["id"] == told.tenant.tenant_id


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "federated_expired",
            "no access token: the assertion is outside its time (AADSTS700024). The federated token has expired",
        ),
        (
            "federated_forged",
            "no access token: the signature of the assertion does not hold (AADSTS50027). The federated token is not",
        ),
        ("federated_subject", "does not trust the subject of the federated token (AADSTS700213). Compare the federated"),
        ("federated_issuer", "does not trust the issuer of the federated token (AADSTS700211). Compare the federated"),
        ("federated_audience", "no access token: the federated token has another audience than the application "),
        ("federated_untrusting", "has no federated credential (AADSTS70025). Add one for the issuer of the token"),
        ("federated_other_tenant", "is not known in this tenant (AADSTS700016). An administrator of the customer consents"),
        (
            "federated_wrong_cloud",
            "no access token: the tenant's cloud knows no https://graph.microsoft.us (AADSTS500011). Check",
        ),
        ("metadata_other_tenant", "the access token is of the tenant {tenant}, and not of this one. Acquire one in the tenant"),
        ("metadata_other_domain", "the access token is of the tenant {tenant}, and not of this one. Acquire one in the tenant"),
        (
            "metadata_wrong_cloud",
            "no access token: the tenant's cloud knows no https://graph.microsoft.us (AADSTS500011). Check cloud: it has to",
        ),
        (
            "metadata_unknown_identity",
            "endpoint {login} gave none for the client_id b1000000-0000-4000-8000-00000000dead. Assign",
        ),
        (
            "app_service_wrong_header",
            "no access token: the managed identity endpoint {login} gave none. Assign a managed identity",
        ),
        ("cli_other_tenant", "the access token is of the tenant {other}, and not of this one. Acquire one in the tenant"),
        (
            "cli_signed_out",
            "no access token: the Azure CLI is not signed in to this tenant. As the user who runs Ansible: az login",
        ),
        (
            "cli_ended",
            "no access token: the Azure CLI is not signed in to this tenant (AADSTS700082). As the user who runs Ansible: az",
        ),
        (
            "cli_another_cloud",
            "no access token: the Azure CLI is set to another cloud than that of https://graph.microsoft.us (AADSTS500011). As "
            "the user who runs Ansible: az cloud set --name AzureUSGovernment, then az login --tenant {tenant}; or",
        ),
        ("cli_failed", "no access token: the Azure CLI failed (exit status 2). See what it says: az account get-access-token"),
        ("wrong_first", "auth_method auto took client_secret, before federated, managed_identity."),
        ("nothing", "no credential is given: client_id and client_secret or certificate_path missing. Set client_id with"),
    ],
)
def test_what_is_wrong_is_one_sentence(told: World, name: str, words: str) -> None:
    known = {"tenant": told.tenant.tenant_id, "other": told.other.tenant_id, "login": told.sandbox.login_url}
    assert words.format(**known) in told.asked.said(name)


def test_a_managed_identity_is_asked_past_every_proxy(told: World) -> None:
    failure = told.asked.of("metadata_past_a_proxy").result["failure"]
    assert failure["code"] == "ConnectionError"
    assert "identity" not in failure["message"]


def test_the_cli_is_asked_for_graph_in_this_tenant_and_nothing_else(told: World) -> None:
    asked = set((told.az.parent / "az.asked").read_text(encoding="utf-8").splitlines())
    wanted = "account get-access-token --output json --resource {} --tenant " + told.tenant.tenant_id
    assert asked == {wanted.format(f"https://graph.microsoft.{end}") for end in ("com", "us")}


def test_nothing_secret_is_told_or_left_anywhere(told: World) -> None:
    assert told.asked.run.rc == 0
    told.asked.assert_no_secret(told.secrets)


def test_nobody_elses_tenant_was_asked_for_anything(told: World) -> None:
    assert [entry for entry in told.sandbox.log.all(told.other.tenant_id) if entry["area"] == "graph"] == []


# -- a federated token is read anew ----------------------------------------------------------------------------------


def test_a_federated_token_is_read_anew_when_the_access_token_ends(tmp_path: Path) -> None:
    """Access tokens of a minute: each task needs a new one. In between the file's writer replaces its token, then stops."""
    issuer = Issuer(tmp_path)
    with server.running(tmp_path / "sandbox", {**config(issuer), "token_lifetime": 60}) as sandbox:
        tenant = sandbox.tenants[0]
        file = tmp_path / "token.jwt"
        file.write_text(issuer.token(age=3590), encoding="utf-8")
        given = options(tenant, "federated", federated_token_file=str(file))
        tasks: list[dict[str, t.Any]] = []
        for number, content in enumerate((issuer.token(jti="renewed"), issuer.token(age=7200))):
            tasks.append({"name": f"ask {number}", "mssp.defender.tenant_info": _stated(given)})
            tasks.append({"name": "replace", "ansible.builtin.copy": {"content": content, "dest": str(file), "mode": "0600"}})
        tasks.append({"name": "ask 2", "mssp.defender.tenant_info": _stated(given), "ignore_errors": True})
        play = {"name": "Renew", "hosts": "all", "gather_facts": False, "tasks": tasks}
        run = run_playbook([play], tmp_path / "run", hosts={"all": {"hosts": {"customer": local()}}})

        assert [run.task(f"ask {number}").status for number in (0, 1, 2)] == ["ok", "ok", "failed"], run
        assert run.task("ask 2").result["failure"]["code"] == "AADSTS700024"
        statuses = [entry["status"] for entry in sandbox.log.tokens(tenant.tenant_id)]
        assert (set(statuses[:-1]), statuses[-1]) == ({200}, 401)


def _stated(given: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in given.items() if value is not None}


# -- AWX -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cloud", [None, "AzureCloud"])
def test_the_variables_of_awxs_azure_credential_work_unchanged(tmp_path: Path, cloud: str | None) -> None:
    """What its Microsoft Azure Resource Manager credential injects, and the tenant from there as well (for modules by hand)."""
    with server.running(tmp_path / "sandbox", world.config(customers=1)) as sandbox:
        tenant = sandbox.tenants[0]
        injected = {
            "AZURE_CLIENT_ID": tenant.client_id,
            "AZURE_SECRET": tenant.client_secret,
            "AZURE_TENANT": tenant.tenant_id,
            "AZURE_SUBSCRIPTION_ID": "b1000000-0000-4000-8000-00000000beef",
            **({"AZURE_CLOUD_ENVIRONMENT": cloud} if cloud else {}),
        }
        where = {"graph_url": sandbox.graph_url, "login_url": sandbox.login_url, "ca_path": sandbox.ca_path}
        begun = time.monotonic()
        asked = ask(tmp_path / "run", {"customer": Case(where), "as_module": Case(where, ordinary=True)}, env=injected)

        assert time.monotonic() - begun < 60
        for name in ("customer", "as_module"):
            found = asked.application(name)
            assert (found["auth_method"], found["tenant"]["id"]) == ("client_secret", tenant.tenant_id)
        asked.assert_no_secret([tenant.client_secret])
