# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person signs in: what is shown, how long is waited, and where the refresh token goes."""

from __future__ import annotations

import time

import pytest

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _device_code
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._task import Task
from ansible_collections.mssp.defender.plugins.modules import sign_in
from ansible_collections.mssp.defender.tests.unit.fakes import answer, token

ROOT = "https://login.test/contoso.com"
REFRESH = "0.refresh-token-of-ana"
FLOW = {
    "user_code": "ABC123",
    "device_code": "the-device-code-of-it",
    "verification_uri": "https://microsoft.test/devicelogin",
    "expires_in": 900,
    "interval": 1,
}
PENDING = answer(400, {"error": "authorization_pending", "error_description": "AADSTS70016: Pending."})


def tokens(**changed):
    access = token(upn="ana@contoso.com", tid="t-1", appid="app-1", scp="User.Read A.Read")
    known = {
        "access_token": access,
        "refresh_token": REFRESH,
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "x",
        **changed,
    }
    return answer(200, {name: value for name, value in known.items() if value is not None})


class Login:
    """Gives a code, then these answers, the last one for ever."""

    def __init__(self, *answers, flow=None):
        self.forms = []
        self._flow = answer(200, FLOW) if flow is None else flow
        self._answers = list(answers)

    def get(self, url, **kwargs):
        names = ("token_endpoint", "authorization_endpoint", "device_authorization_endpoint", "issuer")
        return answer(200, {name: f"{ROOT}/oauth2/v2.0/{name}" for name in names})

    def post(self, url, **kwargs):
        self.forms.append(kwargs["data"])
        if url.endswith("device_authorization_endpoint"):
            return self._flow
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def close(self):
        pass


def identity(tenant="contoso.com"):
    return Identity(tenant, "app-1", "https://login.test", "https://graph.test/.default", {})


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    """MSAL's pauses pass quickly."""
    pause = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: pause(min(seconds, 0.01)))


def test_a_person_signs_in_after_a_while():
    login = Login(PENDING, PENDING, tokens())
    started = _device_code.SignIn(identity(), login, ["A.Read", "B.Read"])
    wanted = "Sign in to the tenant contoso.com: open https://microsoft.test/devicelogin and enter the code ABC123"
    assert started.prompt == wanted
    assert started.wait(60)["refresh_token"] == REFRESH
    assert {"https://graph.test/A.Read", "https://graph.test/B.Read", "offline_access"} <= set(login.forms[0]["scope"].split())
    assert [form.get("device_code") or form.get("code") for form in login.forms[1:]] == [FLOW["device_code"]] * 3
    assert {FLOW["device_code"], REFRESH} <= _secrets.seen()


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("authorization_declined", "AADSTS65004: User declined.", "AADSTS65004"),
        ("expired_token", "AADSTS70020: The provided value for the input parameter 'device_code' is not valid.", "AADSTS70020"),
        ("invalid_grant", "AADSTS53003: Blocked.", "AADSTS53003"),
    ],
)
def test_what_the_identity_platform_says(error, description, code):
    login = Login(PENDING, answer(400, {"error": error, "error_description": description}))
    with pytest.raises(Failure) as caught:
        _device_code.SignIn(identity(), login, [".default"]).wait(60)
    assert caught.value.code == code
    assert f"({code})" in str(caught.value)


def test_no_code_is_given():
    refusal = answer(400, {"error": "unauthorized_client", "error_description": "AADSTS700016: Unknown. Trace ID: 1"})
    with pytest.raises(Failure) as caught:
        _device_code.SignIn(identity(), Login(PENDING, flow=refusal), [".default"])
    assert str(caught.value).startswith("no access token: the application app-1 is not known in this tenant (AADSTS700016).")


def test_nobody_signs_in():
    with pytest.raises(Failure) as caught:
        _device_code.SignIn(identity(), Login(PENDING), [".default"]).wait(0.05)
    assert caught.value.code == "Timeout"
    assert str(caught.value).startswith("nobody has signed in within 0.05 seconds. Run again for a new code.")


def test_without_a_refresh_token_there_is_nothing_to_store():
    with pytest.raises(Failure) as caught:
        _device_code.SignIn(identity(), Login(tokens(refresh_token=None)), [".default"]).wait(60)
    assert str(caught.value) == (
        "the identity platform gave no refresh token. Let the application have the delegated permission offline_access."
    )


def test_what_is_shown_is_one_line():
    flow = answer(200, {**FLOW, "user_code": "AB\n\x1b[2JC", "verification_uri": "https://x\r\nTASK [forged]"})
    started = _device_code.SignIn(identity("a\nb"), Login(PENDING, flow=flow), [".default"])
    assert started.prompt == "Sign in to the tenant ab: open https://xTASK [forged] and enter the code AB[2JC"


# -- the module ------------------------------------------------------------------------------------------------------


def run(monkeypatch, command, login=None, *, check_mode=False, shown=None, **changed):
    monkeypatch.setattr(sign_in, "tell", None if shown is None else shown.append)
    monkeypatch.setattr(sign_in._http, "BoundedHttp", lambda *args: login or Login(tokens()))
    params = {name: option.get("default") for name, option in sign_in.SPEC.options.items()}
    params.update({"tenant_id": "contoso.com", "client_id": "app-1", "login_url": "https://login.test", "wait_timeout": 5})
    params.update({"store_command": [str(part) for part in command], **changed})
    return sign_in.run(Task(params, check_mode=check_mode, diff_mode=False, warn=lambda text: None))


def refused(monkeypatch, command, **changed):
    with pytest.raises(Failure) as caught:
        run(monkeypatch, command, **{"shown": [], **changed})
    assert REFRESH not in str(caught.value.as_result())
    return caught.value


def test_the_token_is_the_commands_standard_input_and_nothing_of_the_result(monkeypatch, tmp_path):
    shown = []
    result = run(monkeypatch, ["tee", tmp_path / "kept"], shown=shown)
    assert (tmp_path / "kept").read_text(encoding="utf-8") == REFRESH
    assert result == {
        "changed": True,
        "signed_in": {
            "user": "ana@contoso.com",
            "tenant_id": "t-1",
            "client_id": "app-1",
            "permissions": ["A.Read", "User.Read"],
        },
    }
    assert [line.rpartition(" ")[2] for line in shown] == ["ABC123"]


def test_in_check_mode_nobody_is_asked(monkeypatch, tmp_path):
    shown, login = [], Login(tokens())
    result = run(monkeypatch, ["tee", tmp_path / "kept"], login, check_mode=True, shown=shown)
    assert result == {"changed": True, "signed_in": None}
    assert (shown, login.forms, list(tmp_path.iterdir())) == ([], [], [])


def test_as_an_ordinary_module_there_is_nobody_to_show_a_code_to(monkeypatch):
    failure = refused(monkeypatch, ["cat"], shown=None)
    assert str(failure) == (
        "a code cannot be shown from here. Run the task with a local connection, without become and async: the playbook "
        "mssp.defender.sign_in does."
    )


@pytest.mark.parametrize("command", [[], ["no-such-vault", "insert"], ["/no/such/vault"], [""]])
def test_a_program_that_is_not_there_is_known_before_anybody_signs_in(monkeypatch, command):
    login = Login(tokens())
    failure = refused(monkeypatch, command, login=login)
    assert failure.code == "InvalidInput"
    assert "is not there. Name a program that reads the refresh token" in str(failure)
    assert login.forms == []


def test_a_command_that_fails_is_told_by_its_status(monkeypatch):
    failure = refused(monkeypatch, ["sh", "-c", "cat; cat >&2; exit 3"])
    assert failure.code == "NotStored"
    assert str(failure) == (
        "Cannot store the refresh token: store_command ended with status 3. Run it by hand with some text on its standard input "
        "to see what it says. Then sign in again."
    )


def test_a_command_that_does_not_read_is_no_crash(monkeypatch):
    assert run(monkeypatch, ["true"], shown=[])["changed"] is True


def test_what_a_command_leaves_in_the_background_is_not_waited_for(monkeypatch):
    begun = time.monotonic()
    assert run(monkeypatch, ["sh", "-c", "cat > /dev/null; sleep 3 &"], shown=[])["changed"] is True
    assert time.monotonic() - begun < 2.5


def test_a_command_that_cannot_be_started(monkeypatch, tmp_path):
    program = tmp_path / "vault"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o700)
    failure = refused(monkeypatch, [program])
    assert str(failure).startswith("Cannot store the refresh token: store_command cannot be started (Exec format error).")


def test_a_command_that_waits_for_somebody_is_ended(monkeypatch):
    monkeypatch.setattr(sign_in, "_STORE_SECONDS", 0.5)
    failure = refused(monkeypatch, ["sh", "-c", "sleep 60 & wait"])
    assert failure.code == "Timeout"
    assert "store_command did not end within 0.5 seconds. It must not ask anybody" in str(failure)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_id": ""}, "the credential method device_code needs client_id. Set client_id (AZURE_CLIENT_ID)."),
        ({"tenant_id": ""}, "tenant_id is missing: it names the customer's tenant."),
    ],
)
def test_what_is_missing(monkeypatch, changed, words):
    assert words in str(refused(monkeypatch, ["cat"], **changed))
