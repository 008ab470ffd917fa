# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Azure CLI, with a script in its place."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _azure_cli
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.tests.unit.fakes import token

TENANT = "11111111-0000-4000-8000-000000000001"
SECRET = "s3cret-of-the-cli"


@pytest.fixture(name="az")
def _az(tmp_path, monkeypatch):
    """Puts a script in the place of az, and nothing else on PATH; gives the file that it writes its arguments to."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(script):
        path = tmp_path / "az"
        path.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n{script}\n', encoding="utf-8")
        path.chmod(0o700)
        return tmp_path / "arguments"

    return make


def identity(tenant=TENANT, scope="https://graph.test/.default", **options):
    return Identity(tenant, "", "https://login.test", scope, {"request_timeout": 30, **options})


def refused(**changed):
    with pytest.raises(Failure) as caught:
        _azure_cli.acquire(identity(**changed), None)
    assert SECRET not in str(caught.value.as_result())
    return caught.value


def test_a_token_with_the_time_that_it_has_left(az):
    text = token(exp=time.time() + 1000)
    arguments = az(f"""echo '{{"accessToken": "{text}", "expiresOn": "2026-01-01 00:00:00.000000"}}'""")
    got = _azure_cli.acquire(identity(), None)
    assert got["access_token"] == text
    assert got["expires_in"] == pytest.approx(1000, abs=5)
    assert arguments.read_text(encoding="utf-8").split() == [
        *("account", "get-access-token", "--output", "json", "--resource", "https://graph.test", "--tenant", TENANT)
    ]


def test_it_is_tried_where_it_is_installed(az):
    assert not _azure_cli.available({})
    az("")
    assert _azure_cli.available({})


def test_not_installed(az):
    assert str(refused()) == (
        "no access token: the Azure CLI (az) is not installed. Install it where Ansible runs, or choose another auth_method."
    )


def test_not_signed_in(az):
    az(f"echo 'ERROR: Please run '\"'az login'\"' to setup account. {SECRET}' >&2; exit 1")
    failure = refused()
    assert failure.code == "AzureCliNotSignedIn"
    assert str(failure) == (
        "no access token: the Azure CLI is not signed in to this tenant. "
        f"As the user who runs Ansible: az login --tenant {TENANT}."
    ).rstrip(".")


@pytest.mark.parametrize("code", ["AADSTS50076", "AADSTS700082", "AADSTS90002"])
def test_a_refusal_of_the_identity_platform(az, code):
    az(f"echo 'ERROR: {code}: Words. {SECRET} Interactive authentication is needed. Please run: az login' >&2; exit 1")
    failure = refused()
    assert failure.code == code
    assert str(failure).startswith(f"no access token: the Azure CLI is not signed in to this tenant ({code}). As the user")


@pytest.mark.parametrize("code", ["AADSTS500011", "AADSTS900382", "AADSTS90038"])
@pytest.mark.parametrize(
    ("graph", "name"),
    [
        ("https://graph.microsoft.us", "AzureUSGovernment"),
        ("https://microsoftgraph.chinacloudapi.cn", "AzureChinaCloud"),
        ("https://graph.test", "NAME"),
    ],
)
def test_it_is_set_to_another_cloud(az, code, graph, name):
    az(f"echo 'ERROR: {code}: Words. {SECRET} Please run: az login' >&2; exit 1")
    failure = refused(scope=f"{graph}/.default")
    assert failure.code == code
    assert str(failure) == (
        f"no access token: the Azure CLI is set to another cloud than that of {graph} ({code}). As the user who runs Ansible: "
        f"az cloud set --name {name}, then az login --tenant {TENANT}; or correct cloud."
    )


def test_it_fails_otherwise_and_nothing_of_it_is_quoted(az):
    az(f"echo '{SECRET}'; echo 'Traceback {SECRET}' >&2; exit 3")
    failure = refused()
    assert failure.code == "AzureCliFailed"
    assert str(failure) == (
        "no access token: the Azure CLI failed (exit status 3). See what it says: "
        f"az account get-access-token --resource https://graph.test --tenant {TENANT}"
    )


@pytest.mark.parametrize("out", ["", "rubbish", "[]", "{}", '{"token": "x"}', "null"])
def test_something_else_than_a_token(az, out):
    az(f"echo '{out}'; echo '{SECRET}' >&2")
    failure = refused()
    assert failure.code == "AzureCliFailed"
    assert str(failure).startswith("no access token: the Azure CLI answered something else than a token. See what it says: az ")


def test_it_cannot_be_started(az, tmp_path):
    az("")
    (tmp_path / "az").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    assert str(refused()) == (
        "no access token: the Azure CLI cannot be started (No such file or directory). Check its installation: az version"
    )


def test_it_takes_too_long_and_nothing_of_it_is_left(az, tmp_path):
    az(f"/bin/sleep 60 & echo $! > {tmp_path}/child; wait")
    begun = time.monotonic()
    failure = refused(request_timeout=1)
    assert time.monotonic() - begun < 20
    assert failure.code == "Timeout"
    assert str(failure) == (
        "no access token: the Azure CLI did not answer within 1 second. "
        "Raise request_timeout, or see what it waits for: az account show"
    )
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    end = time.monotonic() + 10
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("tenant", ["--debug", "-x", "a b", "", "a;b", "$(x)", "é"])
def test_a_tenant_is_no_option_of_the_command_line(az, tmp_path, tenant):
    az("")
    failure = refused(tenant=tenant)
    assert str(failure) == "tenant_id is neither an id nor a domain. Set tenant_id to one of them."
    assert not (tmp_path / "arguments").exists()


def test_another_sign_in_is_another_credential(monkeypatch):
    seen = set()
    for directory in ("/one", "/two"):
        monkeypatch.setenv("AZURE_CONFIG_DIR", directory)
        seen.add(_azure_cli.fingerprint(identity()))
    monkeypatch.delenv("AZURE_CONFIG_DIR")
    seen.add(_azure_cli.fingerprint(identity()))
    assert len(seen) == 3
    assert os.environ.get("AZURE_CONFIG_DIR") is None
