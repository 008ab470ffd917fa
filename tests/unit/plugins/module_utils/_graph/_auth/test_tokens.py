# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat
import threading
import time

import pytest

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _tokens
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._tokens import TokenSource
from ansible_collections.mssp.defender.tests.unit.fakes import token

SECRET = "s3cret-value"


class Method:
    """Gives access-token-1, then -2, and so on; counts."""

    NAME = "client_secret"
    NEEDS = ()
    STORED = True
    ANY_TENANT = False

    def __init__(self, *answers):
        self.asked = 0
        self._answers = list(answers)

    def fingerprint(self, identity):
        return str(identity.options.get("client_secret"))

    def acquire(self, identity, http):
        self.asked += 1
        if self._answers:
            return self._answers.pop(0)
        return {"access_token": f"access-token-{self.asked}", "expires_in": 3600}


def identity(**changed):
    known = {
        "tenant_id": "contoso.onmicrosoft.com",
        "client_id": "app",
        "login_url": "https://login.test",
        "scope": "https://graph.test/.default",
        "options": {"client_secret": SECRET},
    }
    return Identity(**{**known, **changed})


@pytest.fixture(name="run")
def _run(tmp_path):
    """The run's private directory, as Ansible makes it."""
    path = tmp_path / "ansible-local-123abc"
    path.mkdir(mode=0o700)
    return str(path)


def source(run, method=None, **changed):
    return TokenSource(identity(**changed), method or Method(), None, run)


def tokens_in(run):
    return sorted(name for name in os.listdir(run) if name.startswith("mssp-token-") and not name.endswith(".lock"))


def test_without_a_directory_the_token_lives_as_long_as_the_process():
    method = Method()
    tokens = source(None, method)
    assert tokens.get() == tokens.get() == "access-token-1"
    assert method.asked == 1
    tokens.drop()
    assert tokens.get() == "access-token-2"


def test_a_second_task_finds_the_token(run):
    method = Method()
    assert source(run, method).get() == source(run, method).get() == "access-token-1"
    assert method.asked == 1


def test_the_file_is_the_owners_and_holds_nothing_but_the_token(run):
    source(run).get()
    (name,) = tokens_in(run)
    path = os.path.join(run, name)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(path + ".lock").st_mode) == 0o600
    with open(path, encoding="ascii") as file:
        text = file.read()
    assert sorted(json.loads(text)) == ["access_token", "ends"]
    assert SECRET not in text


@pytest.mark.parametrize("tenant", ["contoso.onmicrosoft.com", "../../etc/passwd", "a/b\0c"])
def test_the_name_reveals_nothing_and_is_no_path(run, tenant):
    source(run, tenant_id=tenant).get()
    (name,) = tokens_in(run)
    assert name.startswith("mssp-token-")
    assert len(name) == len("mssp-token-") + 64
    for word in ("contoso", "app", "login", SECRET):
        assert word not in name
    assert os.listdir(os.path.dirname(run)) == [os.path.basename(run)]


@pytest.mark.parametrize(
    "changed",
    [
        {"options": {"client_secret": "another-secret"}},
        {"tenant_id": "fabrikam.onmicrosoft.com"},
        {"client_id": "other"},
        {"login_url": "https://login.other"},
        {"scope": "https://graph.other/.default"},
    ],
)
def test_another_credential_never_finds_this_token(run, changed):
    method = Method()
    source(run, method).get()
    assert source(run, method, **changed).get() == "access-token-2"
    assert len(tokens_in(run)) == 2


def test_a_tenant_is_one_in_any_case(run):
    method = Method()
    source(run, method).get()
    source(run, method, tenant_id="Contoso.OnMicrosoft.com").get()
    assert method.asked == 1


def test_a_wrong_secret_after_a_right_one_is_refused(run):
    source(run).get()
    wrong = Method({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."})
    with pytest.raises(Failure, match="AADSTS7000215"):
        source(run, wrong, options={"client_secret": "wrong"}).get()
    assert len(tokens_in(run)) == 1


def test_a_token_is_used_until_five_minutes_before_its_end(run, monkeypatch):
    method = Method()
    tokens = source(run, method)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    tokens.get()
    monkeypatch.setattr(time, "time", lambda: now + 3600 - 301)
    assert tokens.get() == source(run, method).get() == "access-token-1"
    monkeypatch.setattr(time, "time", lambda: now + 3600 - 299)
    assert tokens.get() == source(run, method).get() == "access-token-2"
    assert method.asked == 2


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"access_token": "x"}', '{"ends": 1}', '{"access_token": "x", "ends": "?"}', "\xff"]
)
def test_a_broken_file_is_no_token(run, content):
    method = Method()
    source(run, method).get()
    path = os.path.join(run, tokens_in(run)[0])
    with open(path, "w", encoding="latin-1") as file:
        file.write(content)
    assert source(run, method).get() == "access-token-2"


def test_drop_removes_the_refused_token_for_all(run):
    method = Method()
    one, other = source(run, method), source(run, method)
    one.get()
    one.drop()
    assert tokens_in(run) == []
    assert other.get() == one.get() == "access-token-2"
    assert method.asked == 2


def test_drop_keeps_a_token_that_another_process_has_renewed(run):
    method = Method()
    one, other = source(run, method), source(run, method)
    one.get()
    other.get()
    one.drop()
    one.get()
    other.drop()  # Graph refused access-token-1, which other still held
    assert other.get() == "access-token-2"
    assert method.asked == 2


def test_an_answer_without_a_token_is_a_refusal(run):
    with pytest.raises(Failure, match=r"no access token: the client secret is wrong \(AADSTS7000215\)"):
        source(run, Method({"error": "invalid_client", "error_description": "AADSTS7000215: x"})).get()
    assert tokens_in(run) == []


def test_a_refusal_frees_the_lock(run):
    method = Method({"error": "temporarily_unavailable"})
    with pytest.raises(Failure):
        source(run, method).get()
    assert source(run, method).get() == "access-token-2"


def test_every_token_is_masked_from_now_on(run):
    source(run).get()
    assert "access-token-1" in _secrets.seen()


def test_a_token_from_the_file_is_masked_too(run, monkeypatch):
    method = Method()
    source(run, method).get()
    monkeypatch.setattr(_secrets, "_seen", set())
    source(run, method).get()
    assert method.asked == 1
    assert "access-token-1" in _secrets.seen()


def test_many_at_once_ask_once(run):
    class Slow(Method):
        def acquire(self, identity, http):
            time.sleep(0.05)
            return super().acquire(identity, http)

    method = Slow()
    found = []
    threads = [threading.Thread(target=lambda: found.append(source(run, method).get())) for dummy in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["access-token-1"] * 12
    assert method.asked == 1


def test_processes_ask_once_too(run):
    """As Ansible's workers: forked, each with a source of its own."""
    log = os.path.join(run, "asked")

    class Logged(Method):
        def acquire(self, identity, http):
            time.sleep(0.05)
            with open(log, "a", encoding="ascii") as file:
                file.write("x")
            return super().acquire(identity, http)

    children = []
    while len(children) < 6:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = 0 if source(run, Logged()).get() == "access-token-1" else 2
            finally:
                os._exit(status)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 6
    with open(log, encoding="ascii") as file:
        assert file.read() == "x"


def test_a_lock_that_is_never_freed_is_given_up_in_words(run, monkeypatch):
    monkeypatch.setattr(_tokens, "_LOCK_SECONDS", 0.05)
    tokens = source(run)
    with _tokens._locked(tokens._file() + ".lock"), pytest.raises(Failure) as caught:
        tokens.get()
    assert caught.value.code == "Timeout"
    assert str(caught.value) == (
        "another task has been acquiring the same access token for 0 seconds. "
        "The identity platform does not answer in time: run again later."
    )


def test_what_killed_runs_left_is_swept(run):
    beside = os.path.join(os.path.dirname(run), "ansible-local-999dead")
    foreign = os.path.join(os.path.dirname(run), "other-directory")
    files = {}
    for directory in (beside, foreign, run):
        os.makedirs(directory, exist_ok=True)
        for name, age in (("mssp-token-old", 90_000), ("mssp-token-new", 60), ("something-else", 90_000)):
            path = os.path.join(directory, name)
            with open(path, "w", encoding="ascii"):
                pass
            os.utime(path, (time.time() - age, time.time() - age))
            files[directory, name] = path
    source(run).get()
    gone = {key for key, path in files.items() if not os.path.exists(path)}
    assert gone == {(beside, "mssp-token-old"), (run, "mssp-token-old")}


def test_a_run_sweeps_once(run):
    source(run).get()
    beside = os.path.join(os.path.dirname(run), "ansible-local-999dead")
    os.makedirs(beside)
    left = os.path.join(beside, "mssp-token-old")
    with open(left, "w", encoding="ascii"):
        pass
    os.utime(left, (time.time() - 90_000,) * 2)
    # The next customer's token.
    source(run, tenant_id="another.example").get()
    assert os.path.exists(left)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (token(tid="t", roles=["Group.ReadWrite.All"]), {"tid": "t", "roles": ["Group.ReadWrite.All"]}),
        (token(name="Größe???>>>"), {"name": "Größe???>>>"}),
        ("opaque", {}),
        ("a.b.c", {}),
        ("a.%%%.c", {}),
        ("..", {}),
    ],
)
def test_claims(run, text, claims):
    assert source(run, Method({"access_token": text, "expires_in": 3600})).claims() == claims
