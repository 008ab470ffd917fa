# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People's tokens: refresh tokens and given access tokens; wrong, expired, revoked, of another tenant, cloud, application."""

from __future__ import annotations

import collections.abc
import time
import typing as t
from pathlib import Path

import pytest
from credential_asking import Asked, Case, ask
from credential_people import Door
from harness import server, world
from harness.server import Sandbox
from harness.tenants import Tenant

SCOPES = ["EntitlementManagement.ReadWrite.All", "User.Read.All", "Organization.Read.All"]
LEAD = f"lead@{world.MSSP_DOMAIN}"
GRAPH = "https://graph.microsoft.com"


# As Graph refuses a token of a client that knows continuous access evaluation, once sessions were revoked.
REVOKED = {
    "code": "InvalidAuthenticationToken",
    "message": "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
    "TokenIssuedBeforeRevocationTimestamp",
}


class World(t.NamedTuple):
    """What was asked, and with which secrets."""

    asked: Asked
    sandbox: Sandbox
    tenant: Tenant
    other: Tenant
    secrets: list[str]


def config() -> dict[str, t.Any]:
    """Four customers, each with the MSSP's applications for people."""
    made = world.config(customers=4)
    made["applications"] = [
        {"name": "approve", "scopes": SCOPES, "public": True},
        {"name": "partner", "scopes": SCOPES},
        {"name": "approve-too", "scopes": SCOPES, "public": True},
    ]
    # Nobody of the MSSP is known in the third.
    made["tenants"][2]["users"] = [user for user in made["tenants"][2]["users"] if user.get("user_type") != "Guest"]
    return made


def options(tenant: Tenant, client: str, **more: t.Any) -> dict[str, t.Any]:
    """Without a secret, unless it is given."""
    return {**tenant.options(client), "client_secret": None, "wait_timeout": 5, **more}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[World]:
    """All cases in one run."""
    directory = tmp_path_factory.mktemp("people")
    with server.running(directory / "sandbox", config()) as sandbox:
        first, second, third, fourth = sandbox.tenants
        door = Door(sandbox)
        public = door.sign_in(first, "approve", LEAD)
        confidential = door.sign_in(first, "partner", LEAD, secret=True)
        revoked = door.sign_in(first, "approve", f"ben@{first.domain}")
        first.post(f"users/{first.user('ben')}/revokeSignInSessions", None)
        secret = first.client("partner")["client_secret"]
        access = door.access_token(first, LEAD, "approve")
        application = first.token()
        revoked_access = door.access_token(fourth, f"ben@{fourth.domain}", "approve")
        sandbox.faults({"tenant": fourth.tenant_id, "path": "/organization", "status": 401, **REVOKED})
        cases = {
            "public": Case(options(first, "approve", refresh_token=public, features=["entitlement"])),
            "public_by_method": Case(options(first, "approve", refresh_token=public, auth_method="refresh_token")),
            "public_as_module": Case(options(first, "approve", refresh_token=public), ordinary=True),
            "public_from_the_environment": Case(options(first, "approve"), {"MSSP_REFRESH_TOKEN": public}),
            "confidential": Case(options(first, "partner", refresh_token=confidential, client_secret=secret)),
            "another_customer": Case(options(second, "approve", refresh_token=public)),
            "by_domain": Case(options(second, "approve", refresh_token=public, tenant_id=second.domain)),
            "wrong": Case(options(first, "approve", refresh_token="0.wr0ng-refresh-token-of-nobody")),
            "revoked": Case(options(first, "approve", refresh_token=revoked)),
            "of_another_application": Case(options(first, "approve-too", refresh_token=public)),
            "person_unknown": Case(options(third, "approve", refresh_token=public)),
            "wrong_cloud": Case(options(first, "approve", refresh_token=public, cloud="usgov")),
            "secret_of_a_public_one": Case(options(first, "approve", refresh_token=public, client_secret=secret)),
            "no_secret": Case(options(first, "partner", refresh_token=confidential)),
            "given": Case(options(first, "approve", client_id=None, access_token=access, features=["entitlement"])),
            "given_as_module": Case(options(first, "approve", client_id=None, access_token=access), ordinary=True),
            "given_from_the_environment": Case(options(first, "approve", client_id=None), {"MSSP_ACCESS_TOKEN": access}),
            "given_by_domain": Case(options(first, "approve", access_token=access, tenant_id=first.domain)),
            "given_of_an_application": Case(options(first, "approve", client_id=None, access_token=application)),
            "given_of_another_tenant": Case(options(second, "approve", access_token=access)),
            "given_of_another_domain": Case(options(second, "approve", access_token=access, tenant_id=second.domain)),
            "given_of_no_domain": Case(options(second, "approve", access_token=access, tenant_id="nowhere.example")),
            "given_for_another_cloud": Case(options(first, "approve", access_token=access, cloud="china")),
            "given_rubbish": Case(options(first, "approve", access_token="wr0ng-access-token-of-nobody")),
            "given_revoked": Case(options(fourth, "approve", access_token=revoked_access)),
            "given_tampered": Case(options(first, "approve", access_token=access[:-8] + "AAAAAAAA")),
        }
        sandbox.log.clear()
        asked = ask(directory / "run", cases)
        yield World(asked, sandbox, first, second, [public, confidential, revoked, secret, access, application, revoked_access])


@pytest.mark.parametrize(
    ("name", "method", "client"),
    [
        ("public", "refresh_token", "approve"),
        ("public_by_method", "refresh_token", "approve"),
        ("public_as_module", "refresh_token", "approve"),
        ("public_from_the_environment", "refresh_token", "approve"),
        ("confidential", "refresh_token", "partner"),
        ("another_customer", "refresh_token", "approve"),
        ("by_domain", "refresh_token", "approve"),
        ("given", "access_token", "approve"),
        ("given_as_module", "access_token", "approve"),
        ("given_from_the_environment", "access_token", "approve"),
        ("given_by_domain", "access_token", "approve"),
    ],
)
def test_a_person_is_known_by_the_token(told: World, name: str, method: str, client: str) -> None:
    found = told.asked.application(name)
    assert (found["auth_method"], found["delegated"]) == (method, True)
    assert found["application"]["client_id"] == told.tenant.client(client)["client_id"]
    assert set(found["application"]["permissions"]) - {"openid", "profile"} == set(SCOPES)
    wanted = told.other if name in ("another_customer", "by_domain") else told.tenant
    assert found["tenant"]["id"] == wanted.tenant_id


@pytest.mark.parametrize("name", ["public", "given"])
def test_what_is_missing_is_judged_by_the_delegated_permissions(told: World, name: str) -> None:
    found = told.asked.application(name)
    assert set(found["missing_permissions"]) == {"CrossTenantInformation.ReadBasic.All", "Group.ReadWrite.All"}
    assert found["consent_url"].endswith(f"/adminconsent?client_id={told.tenant.client('approve')['client_id']}")


def test_an_applications_own_token_may_be_given_as_well(told: World) -> None:
    found = told.asked.application("given_of_an_application")
    assert (found["auth_method"], found["delegated"]) == ("access_token", False)
    assert found["application"]["client_id"] == told.tenant.client_id


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("wrong", "AADSTS9002313", "the refresh token is none of the identity platform, or not the whole of it"),
        ("revoked", "AADSTS50173", "the refresh token was revoked"),
        ("of_another_application", "AADSTS700007", "the refresh token was issued to another application than "),
        ("person_unknown", "AADSTS50020", "the person who signed in is not known in this tenant"),
        ("wrong_cloud", "AADSTS500011", "the tenant's cloud knows no https://graph.microsoft.us"),
        # The sandbox says of a public application's secret that it is wrong; which credential was meant is said.
        ("secret_of_a_public_one", "AADSTS7000215", "auth_method auto took refresh_token, before client_secret."),
        ("no_secret", "AADSTS7000218", "is a confidential one, which has to prove itself as well"),
    ],
)
def test_what_is_wrong_with_a_refresh_token(told: World, name: str, code: str, words: str) -> None:
    said = told.asked.said(name)
    assert said.startswith("no access token: ")
    assert words in said
    assert f"({code})" in said
    assert told.asked.of(name).result["failure"]["code"] == code


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("given_of_another_tenant", "the access token is of the tenant {tenant}, and not of this one. Acquire one"),
        ("given_of_another_domain", "the access token is of the tenant {tenant}, and not of this one. Acquire one"),
        ("given_of_no_domain", "no access token: the identity platform knows no such tenant. Check tenant_id and cloud."),
        ("given_for_another_cloud", f"the access token is for {GRAPH}, not for https://microsoftgraph.chinacloudapi.cn. Acquire"),
        ("given_rubbish", "the given access token is none of Entra ID. Set access_token (MSSP_ACCESS_TOKEN)"),
    ],
)
def test_what_is_wrong_with_a_given_token_is_known_before_graph_is_asked(told: World, name: str, words: str) -> None:
    assert told.asked.said(name).startswith(words.format(tenant=told.tenant.tenant_id))


def test_graph_was_asked_nothing_in_the_tenant_of_others(told: World) -> None:
    """The first customer's token was given for the second: nothing but what a domain stands for was asked there."""
    log = [entry for entry in told.sandbox.log.all(told.other.tenant_id) if entry["area"] == "graph"]
    assert {entry["user_id"] for entry in log} == {_guest(told.other)}


def _guest(tenant: Tenant) -> str:
    (found,) = [user["id"] for user in tenant.list("users") if user.get("mail") == LEAD]
    return str(found)


def test_a_token_that_graph_refuses_is_no_loop(told: World) -> None:
    failure = told.asked.of("given_tampered").result["failure"]
    assert (failure["status"], failure["code"]) == (401, "InvalidAuthenticationToken")


def test_a_given_token_that_was_revoked_says_so(told: World) -> None:
    assert (
        told.asked.of("given_revoked")
        .result["msg"]
        .endswith("The access token was revoked after it was issued: find out why, then sign in again or acquire a new one.")
    )


def test_no_token_is_told_or_left_anywhere(told: World) -> None:
    assert told.asked.run.rc == 0
    told.asked.assert_no_secret(told.secrets)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Both kinds of tokens, a moment after their end."""
    directory = tmp_path_factory.mktemp("late")
    with server.running(directory / "sandbox", {**config(), "token_lifetime": 1, "refresh_token_lifetime": 1}) as sandbox:
        tenant = sandbox.tenants[0]
        door = Door(sandbox)
        cases = {
            "refresh": Case(options(tenant, "approve", refresh_token=door.sign_in(tenant, "approve", LEAD))),
            "access": Case(options(tenant, "approve", access_token=door.access_token(tenant, LEAD, "approve"))),
        }
        time.sleep(2.1)
        sandbox.log.clear()
        asked = ask(directory / "run", cases)
        assert [entry for entry in sandbox.log.all() if entry["area"] == "graph"] == []
        return asked


def test_an_expired_refresh_token(late: Asked) -> None:
    assert late.said("refresh") == (
        "no access token: the refresh token has expired, since nobody used it for too long (AADSTS700082). "
        "Sign in again with playbooks/sign_in.yml."
    )


def test_an_expired_access_token(late: Asked) -> None:
    said = late.said("access")
    assert said.startswith("the given access token expired on 20")
    assert said.endswith(" UTC. Acquire a new one, and set access_token (MSSP_ACCESS_TOKEN) to it.")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[tuple[Sandbox, Asked, Path]]:
    """Three tasks of one customer in a run, and access tokens that hold for long and for no time."""
    directory = tmp_path_factory.mktemp("twice")
    with server.running(directory / "sandbox", config()) as sandbox:
        tenant = sandbox.tenants[0]
        token = Door(sandbox).sign_in(tenant, "approve", LEAD)
        sandbox.log.clear()
        asked = ask(
            directory / "run",
            {
                "worker": Case(options(tenant, "approve", refresh_token=token)),
                "module": Case(options(tenant, "approve", refresh_token=token), ordinary=True),
            },
            tasks=3,
        )
        yield sandbox, asked, directory


def test_a_run_asks_once_and_the_given_refresh_token_stays_good(twice: tuple[Sandbox, Asked, Path]) -> None:
    """In the worker once, as an ordinary module once a task: with the same refresh token each time, whatever came back."""
    sandbox, asked, dummy = twice
    assert [task.status for task in asked.run.tasks] == ["ok"] * 6
    assert [entry["status"] for entry in sandbox.log.tokens()] == [200] * 4
