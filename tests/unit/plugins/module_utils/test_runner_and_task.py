# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
import time

import pytest
import requests
from ansible.module_utils import basic

from ansible_collections.mssp.defender.plugins.module_utils import _deps, _runner, _secrets, _task
from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph import _http
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _client_secret, _tokens
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._resources import tenants
from ansible_collections.mssp.defender.plugins.module_utils._runner import execute, mask
from ansible_collections.mssp.defender.plugins.module_utils._task import Task
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, token
from ansible_collections.mssp.defender.tests.unit.memory import Memory

SECRET = "S3cr3t-client-value"
PASSWORD = "P4ss-of-the-key"
PARAMS = {
    "tenant_id": "contoso.com",
    "client_id": "app-1",
    "client_secret": SECRET,
    "certificate_password": PASSWORD,
    "login_url": "https://login.test",
    "graph_url": "https://graph.test",
    "request_timeout": 30,
    "wait_timeout": 300,
}
CONSENT = "https://login.test/contoso.com/adminconsent?client_id=app-1"


def task(params=None, **options):
    options = {"check_mode": False, "diff_mode": False, "warn": lambda text: None, **options}
    return Task({**PARAMS, **(params or {})}, **options)


@pytest.fixture(name="platform")
def _platform(monkeypatch):
    """An identity platform that gives one token; its claims and the number of requests to it."""

    class Platform:
        claims = {"tid": TENANT, "roles": []}
        asked = 0

    platform = Platform()

    def acquire(identity, http):
        platform.asked += 1
        return {"access_token": token(**platform.claims), "expires_in": 3600}

    monkeypatch.setattr(_client_secret, "acquire", acquire)
    return platform


# -- results ---------------------------------------------------------------------------------------------------------


def test_a_result_is_passed_on():
    assert execute(lambda task: {"changed": True, "x": 1}, task()) == {"changed": True, "x": 1}


def test_a_failure_is_a_result_with_the_tenant():
    def body(task):
        raise Failure("it broke", remedy="Mend it.", code="X")

    assert execute(body, task()) == {
        "failed": True,
        "changed": False,
        "msg": "Tenant contoso.com: it broke. Mend it.",
        "failure": {"status": None, "code": "X", "message": "it broke", "request_id": None},
    }


def test_an_unexpected_error_is_told_by_kind_and_place_without_its_text():
    def body(task):
        Memory({"displayName": "x"}).part.add({}, None)

    result = execute(body, task())
    assert result["failed"] is True
    assert result["failure"]["code"] == "Unexpected"
    # The last frame of the collection's own, here of the tests.
    place = result["msg"].split(" at ")[1].split(")")[0]
    assert place.startswith("memory.py:")
    assert result["msg"] == (
        f"Tenant contoso.com: an unexpected error (IndexError at {place}) stopped the task. "
        "This is a fault of mssp.defender: please report it with these words and the versions of Ansible and Python "
        f"({sys.version_info.major}.{sys.version_info.minor})."
    )


class PanicError(BaseException):
    """What a library that is written in Rust raises."""


PanicError.__module__ = "pyo3_runtime"


def test_a_panic_of_a_library_is_a_failure_of_this_task_only():
    def body(task):
        raise PanicError(SECRET)

    result = execute(body, task())
    assert "an unexpected error (PanicError at " in result["msg"]
    assert SECRET not in str(result)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_process_ends_it(kind):
    def body(task):
        raise kind

    with pytest.raises(kind):
        execute(body, task())


def raiser(kind):
    def raise_it(*args, **kwargs):
        raise kind(f"boom with {SECRET} and {PASSWORD}")

    return raise_it


@pytest.mark.parametrize(
    "kind", [RuntimeError, ValueError, KeyError, OSError, requests.exceptions.ConnectionError, Failure, GraphError]
)
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (_task, "choose"),
        (_client_secret, "fingerprint"),
        (_client_secret, "acquire"),
        (_http, "session"),
        (_tokens, "_load"),
        (_tokens, "_store"),
        (_tokens, "_sweep"),
        (Graph, "list"),
        (Graph, "_once"),
        (tenants, "organization"),
        (Task, "explain"),
    ],
)
def test_no_layer_can_quote_a_secret(monkeypatch, tmp_path, platform, kind, owner, name):
    def body(task):
        task.tokens.get()
        found = tenants.organization(task.graph)
        if name == "explain":
            raise Failure(f"boom with {SECRET}")
        return found

    if name == "explain":
        monkeypatch.setattr(Graph, "list", lambda *args, **kwargs: [{"id": "1"}])
    monkeypatch.setattr(owner, name, raiser(kind))
    result = execute(body, task(run_directory=str(tmp_path)))
    assert result["failed"] is True
    text = json.dumps(result)
    assert SECRET not in text
    assert PASSWORD not in text
    assert token(**platform.claims) not in text


def test_a_token_that_was_acquired_is_masked_in_every_text(platform):
    def body(task):
        raise Failure(f"boom with {task.tokens.get()}")

    assert "boom with ********" in execute(body, task())["msg"]


def test_what_a_body_returns_is_masked_in_depth():
    result = execute(lambda task: {"a": [{"b": f"x{SECRET}y"}], "n": 1}, task())
    assert result == {"a": [{"b": "x********y"}], "n": 1}


def test_mask_takes_more_values():
    assert mask({"a": "short and x"}, ["short"]) == {"a": "******** and x"}


def test_no_second_exception_hides_the_failure(monkeypatch):
    monkeypatch.setattr(Task, "explain", raiser(RuntimeError))

    def body(task):
        raise Failure("the failure itself")

    assert execute(body, task())["msg"] == "Tenant contoso.com: the failure itself."


@pytest.mark.parametrize("library", ["requests", "msal"])
def test_a_missing_library_is_a_sentence(monkeypatch, library):
    monkeypatch.setattr(_deps, "missing", [library])
    result = execute(lambda task: pytest.fail("the body must not run"), task())
    assert f"Failed to import the required Python library ({library})" in result["msg"]
    assert result["msg"].endswith("Install what the collection needs there: pip install 'msal>=1.35,<2' 'requests>=2.31,<3'.")
    assert result["failure"]["code"] == "MissingLibrary"


# -- the ordinary way ------------------------------------------------------------------------------------------------

SPEC = GRAPH.merge(ArgumentSpec({"name": {"type": "str"}}))


def run_module(monkeypatch, capsys, body, **args):
    args = {"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": "/tmp", "_ansible_keep_remote_files": False, **args}}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(args).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit) as caught:
        _runner.run_module(SPEC, body)
    return json.loads(capsys.readouterr().out), caught.value.code


def test_the_ordinary_way(monkeypatch, capsys):
    seen = {}
    # What core does with a warning depends on its version and on whether this process is the controller.
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda self, text: seen.update(warning=text))

    def body(task):
        seen.update(check_mode=task.check_mode, diff_mode=task.diff_mode, name=task.params["name"], host=task.host)
        task.warn("careful")
        return {"changed": False, "note": f"the {SECRET}"}

    result, status = run_module(
        monkeypatch, capsys, body, name="n", client_secret=SECRET, _ansible_check_mode=True, _ansible_diff=True
    )
    assert seen == {"check_mode": True, "diff_mode": True, "name": "n", "host": None, "warning": "careful"}
    assert (result["changed"], result["note"], status) == (False, "the ********", 0)
    assert SECRET not in json.dumps(result)


def test_the_ordinary_way_fails_with_the_same_words(monkeypatch, capsys):
    def body(task):
        raise InvalidInput("it is wrong", remedy="Right it.")

    result, status = run_module(monkeypatch, capsys, body, tenant_id="contoso.com")
    assert status == 1
    assert result["failed"] is True
    assert result["msg"] == "Tenant contoso.com: it is wrong. Right it."
    assert result["failure"]["code"] == "InvalidInput"


# -- the task --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wait_timeout", "timeout", "seconds"),
    [(300, None, 300), (300, 0, 300), (300, 60, 59), (30, 60, 30), (300, 1, 0), (300, 0.5, 0), (0, None, 0), (60, 61, 60)],
)
def test_our_sentence_comes_before_ansibles(platform, wait_timeout, timeout, seconds):
    made = task({"wait_timeout": wait_timeout}, seconds=timeout)
    assert made.graph.budget.seconds == pytest.approx(seconds, abs=0.5)
    assert not made.graph.budget.over


def test_time_passes_before_the_first_request_as_well(platform, monkeypatch):
    made = task({"wait_timeout": 300}, seconds=60)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert made.graph.budget.over
    assert made.graph.budget.seconds == 0


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (lambda: _runner.tell_end(30), 30),
        # The module began ten seconds after the hand-over.
        (lambda: f"{time.time() + 20} 30", 20),
        (lambda: f"{time.time() - 5} 30", -5),
        # Clocks that differ by more than a minute tell nothing.
        (lambda: f"{time.time() + 4000} 30", 30),
        (lambda: f"{time.time() - 4000} 30", 30),
        (lambda: "", None),
        (lambda: "soon", None),
        (lambda: None, None),
    ],
)
def test_the_seconds_that_a_handed_over_task_has_left(told, seconds):
    assert _runner._seconds_left(told()) == (None if seconds is None else pytest.approx(seconds, abs=1))


def test_the_items_of_a_loop_share_graph_but_each_has_its_own_budget(platform):
    one, other = task(), task()
    assert one.graph is other.graph
    assert one.tokens is other.tokens
    first = one.graph.budget
    assert other.graph.budget is not first
    assert one.graph.budget is first


@pytest.mark.parametrize(
    "changed",
    [
        {"tenant_id": "fabrikam.com"},
        {"client_id": "app-2"},
        {"client_secret": "another-secret"},
        {"graph_url": "https://other.test"},
        {"login_url": "https://other.test"},
    ],
)
def test_another_identity_never_shares(platform, changed):
    assert task().graph is not task(changed).graph


@pytest.mark.parametrize(
    ("params", "login_url", "scope"),
    [
        ({}, "https://login.test", "https://graph.test/.default"),
        (
            {"login_url": None, "graph_url": None},
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com/.default",
        ),
        (
            {"login_url": "", "graph_url": None, "cloud": "AzureUSGovernment"},
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us/.default",
        ),
        ({"login_url": "login.test/", "graph_url": None}, "https://login.test", "https://graph.microsoft.com/.default"),
    ],
)
def test_where_tokens_come_from(params, login_url, scope):
    identity = task({"tenant_id": " contoso.com ", **params}).identity
    assert identity.login_url == login_url
    assert identity.tenant_id == "contoso.com"
    if params.get("graph_url", "") is None:
        assert identity.scope == scope


@pytest.mark.parametrize("option", ["graph_url", "login_url"])
@pytest.mark.parametrize("url", ["http://graph.test", "ftp://graph.test"])
def test_tokens_travel_over_tls_only(option, url):
    with pytest.raises(InvalidInput) as caught:
        assert task({option: url}).graph
    assert str(caught.value) == f"{option} is '{url}', which is not an https URL. Tokens travel over TLS only."


def test_the_secrets_of_a_task_are_masked_from_the_start():
    task()
    assert {SECRET, PASSWORD} <= _secrets.seen()


# -- one tenant, one host --------------------------------------------------------------------------------------------


def test_two_hosts_cannot_claim_one_tenant(platform, tmp_path):
    first = task(host="a", run_directory=str(tmp_path))
    first.claim_tenant()
    first.claim_tenant()  # again by the same host
    with pytest.raises(InvalidInput) as caught:
        task({"tenant_id": "CONTOSO.com"}, host="b", run_directory=str(tmp_path)).claim_tenant()
    assert str(caught.value) == (
        "the customers 'a' and 'b' name the same tenant. Correct the tenant of one of them: nothing was done for the second."
    )
    assert platform.asked == 1  # refused before any request


def test_a_domain_does_not_hide_that_it_is_the_same_tenant(platform, tmp_path):
    task(host="a", run_directory=str(tmp_path)).claim_tenant()
    with pytest.raises(InvalidInput, match="the customers 'a' and 'b' name the same tenant"):
        task({"tenant_id": TENANT.upper()}, host="b", run_directory=str(tmp_path)).claim_tenant()
    platform.claims = {"tid": TENANT.upper()}
    with pytest.raises(InvalidInput, match="the customers 'a' and 'c' name the same tenant"):
        task({"tenant_id": "contoso.onmicrosoft.com"}, host="c", run_directory=str(tmp_path)).claim_tenant()


def test_other_tenants_are_not_refused(platform, tmp_path):
    task(host="a", run_directory=str(tmp_path)).claim_tenant()
    platform.claims = {"tid": "another"}
    task({"tenant_id": "fabrikam.com"}, host="b", run_directory=str(tmp_path)).claim_tenant()


def test_a_claim_that_is_being_written_is_not_ours(platform, tmp_path):
    task(host="a", run_directory=str(tmp_path)).claim_tenant()
    for path in tmp_path.glob("mssp-claim-*"):
        path.write_text("")
    with pytest.raises(InvalidInput, match="the customers 'another host' and 'b' name the same tenant"):
        task(host="b", run_directory=str(tmp_path)).claim_tenant()


@pytest.mark.parametrize("where", [{"host": "a"}, {"run_directory": "/nowhere"}, {}])
def test_without_a_run_nothing_is_claimed(where):
    task(**where).claim_tenant()


# -- refusals --------------------------------------------------------------------------------------------------------


def refused(made, **known):
    failure = GraphError("Graph answered 403", **{"status": 403, **known})
    made.explain(failure)
    return failure


def test_a_refusal_names_the_lacking_permissions_and_the_link(platform):
    platform.claims = {"tid": TENANT, "roles": ["Group.Read.All"]}
    made = task()
    made.needs = ("Group.ReadWrite.All", "GroupMember.Read.All", "User.Read.All")
    assert str(refused(made)) == (
        "Tenant contoso.com: Graph answered 403. The application app-1 lacks Group.ReadWrite.All, User.Read.All: "
        f"an administrator of the customer grants the whole set here: {CONSENT}"
    )


def test_a_refusal_in_spite_of_all_permissions(platform):
    platform.claims = {"tid": TENANT, "roles": ["Group.ReadWrite.All"]}
    made = task()
    made.needs = ("Group.ReadWrite.All",)
    assert str(refused(made)) == (
        "Tenant contoso.com: Graph answered 403. The token has Group.ReadWrite.All; ask the customer what else restricts the "
        "application (licence, billing of guests, administrative units, workload not activated)."
    )


def test_a_remedy_that_is_known_is_kept(platform):
    assert refused(task(), remedy="Do this.").remedy == "Do this."
    assert refused(task(), status=404).remedy is None
    assert platform.asked == 0


def test_a_refusal_without_a_token_is_still_a_refusal(monkeypatch):
    monkeypatch.setattr(_client_secret, "acquire", raiser(Failure))
    made = task()
    made.needs = ("Group.ReadWrite.All",)
    failure = refused(made)
    assert (failure.tenant, failure.remedy) == ("contoso.com", None)


# -- reconcile as a module returns it --------------------------------------------------------------------------------


class Thing(Memory):
    class permissions:
        write = ("Thing.ReadWrite.All",)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("diff_mode", [False, True])
def test_what_a_module_returns(check_mode, diff_mode):
    made = task(check_mode=check_mode, diff_mode=diff_mode)
    thing = Thing({"displayName": "x", "note": "new"}, {"id": "1", "displayName": "x", "note": "old"})
    result = made.reconcile(thing, "thing")
    assert (result["changed"], result["check_mode"]) == (True, check_mode)
    assert result["thing"] == {"id": "1", "displayName": "x", "note": "new"}
    assert [change["property"] for change in result["changes"]] == ["note"]
    assert bool(thing.log) is not check_mode
    assert made.needs == ("Thing.ReadWrite.All",)
    header = "thing 'x' in tenant contoso.com"
    diff = {
        "before": {"displayName": "x", "note": "old"},
        "after": {"displayName": "x", "note": "new"},
        "before_header": header,
        "after_header": header,
    }
    assert result.get("diff") == (diff if diff_mode else None)
    assert json.loads(json.dumps(result)) == result


def test_absent_and_force_are_passed_on():
    thing = Thing({"displayName": "x"}, {"id": "1", "displayName": "x"})
    thing.obstacles = lambda current: ["it is full"]
    with pytest.raises(Failure, match="it is full"):
        task({"state": "absent"}).reconcile(thing, "thing")
    result = task({"state": "absent", "force": True}).reconcile(thing, "thing")
    assert (result["changed"], result["thing"]) == (True, None)


def test_changes_are_always_returned():
    result = task().reconcile(Thing({"displayName": "x"}, {"id": "1", "displayName": "x"}), "thing")
    assert (result["changed"], result["changes"]) == (False, [])
