# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ordinary way cannot do. Each limit is written down in the README or in docs/decisions; here it is seen."""

from __future__ import annotations

import concurrent.futures
import re
import time
import typing as t
from pathlib import Path

import pytest
from harness.playbook import Result, inventory, local, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant
from harness.ways import by_hand
from harness.ways.comparing import TellAll, outcome, plain
from harness.ways.telling import NEARBY, WORKER, Step, Story, step, tell

NAMES = ["Tier 1", "Tier 2", "Tier 3"]
LOOP: dict[str, t.Any] = {"mssp.defender.access_package": {"name": "{{ item }}", "catalog": "Accesses"}, "loop": NAMES}


def prepare(tenant: Tenant) -> dict[str, t.Any]:
    """A catalog for the packages."""
    by_hand.catalog(tenant, "Accesses")
    return {}


def wrong_inside(**inside: t.Any) -> dict[str, t.Any]:
    """A policy with a mistake three levels deep."""
    approval = {"stages": [{"approvers": [inside]}]}
    return {"name": "Users", "access_package": "Tier 1", "approval": approval}


STORIES = [
    Story(
        "limits",
        prepare,
        [
            Step("in a loop", LOOP, "changed"),
            Step("in a loop again", LOOP, "ok"),
            step("alone", "access_package", "ok", name="Tier 1", catalog="Accesses"),
            step("two mistakes", "aad_group", "wait_timeout", name="x", wait_timeout="soon", descripton="y"),
            step("unknown inside", "access_package_policy", "Unsupported parameters", **wrong_inside(grup="x")),
        ],
        (WORKER, NEARBY),
    )
]


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> TellAll:
    """One story in the worker and over another connection."""
    return tell(sandbox, STORIES, tmp_path_factory.mktemp("limits"))


def test_a_token_for_each_task(told: TellAll) -> None:
    """The run's private directory, where its token lies, is the controller's: an ordinary module has its own token, which dies
    with it. In a loop each item is a module of its own.
    """
    assert told["limits", WORKER].tokens == 1
    assert told["limits", NEARBY].tokens == 2 * len(NAMES) + 1


def test_only_in_the_worker_items_of_a_loop_share_what_was_read(told: TellAll) -> None:
    """The items of a loop run in one worker process, which keeps what it has read; ordinary modules are processes of their own
    and read it again. What comes out is the same.
    """

    def reads(way: str) -> int:
        return len([entry for entry in told["limits", way].graph if entry["method"] == "GET"])

    def writes(way: str) -> list[t.Any]:
        one = told["limits", way]
        return [plain(one.tenant, [x["method"], x["path"], x["body"]]) for x in one.graph if x["write"]]

    assert reads(WORKER) <= reads(NEARBY) - 4
    assert writes(WORKER) == writes(NEARBY)
    assert len(writes(WORKER)) == len(NAMES)
    for name in ("in a loop", "in a loop again", "alone"):
        assert outcome(told["limits", WORKER], name) == outcome(told["limits", NEARBY], name)
    assert [item["changed"] for item in told["limits", NEARBY].tasks["in a loop"].result["results"]] == [True] * 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "unknown inside",
            "Unsupported parameters for (mssp.defender.access_package_policy) module: approval.stages.approvers.grup. "
            "Supported parameters include: group, manager_level, sponsors, user.",
        ),
        ("two mistakes", "argument 'wait_timeout' is of type str and we were unable to convert to int"),
    ],
)
def test_mistakes_are_told_in_the_same_words(told: TellAll, name: str, words: str) -> None:
    """Unknown options with those that would have been right beside them; of several mistakes the same one first."""
    here, there = (told["limits", way].tasks[name].result["msg"] for way in (WORKER, NEARBY))

    assert here == there
    assert words in here


def one_play(tasks: list[dict[str, t.Any]], options: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """A play of these tasks."""
    play = {"name": "Limits", "hosts": "all", "gather_facts": False, "module_defaults": {"group/mssp.defender.graph": options}}
    return [{**play, "tasks": tasks}]


def test_two_customers_of_one_tenant_are_not_noticed(sandbox: Sandbox, tmp_path: Path) -> None:
    """`exclusive` is a file in the run's private directory, which an ordinary module cannot see."""
    tenants = {way: sandbox.fresh_tenant() for way in (WORKER, NEARBY)}
    hosts = {
        f"{name}-{way}": local(tenant=tenant.tenant_id, application=tenant.data, **connection)
        for way, tenant, connection in (
            (WORKER, tenants[WORKER], {}),
            (NEARBY, tenants[NEARBY], {"ansible_connection": "nearby"}),
        )
        for name in ("a", "b")
    }
    own = {"tenant_id": "{{ tenant }}", **{name: "{{ application." + name + " }}" for name in ("client_id", "client_secret")}}
    task = {"name": "claim", "mssp.defender.tenant_info": {"exclusive": True}, "ignore_errors": True}
    result = run_playbook(one_play([task], {**tenants[WORKER].options(), **own}), tmp_path, hosts={"all": {"hosts": hosts}})

    failed = {way: [name for name in ("a", "b") if result.task("claim", f"{name}-{way}").failed] for way in (WORKER, NEARBY)}
    assert len(failed[WORKER]) == 1, str(result)
    assert failed[NEARBY] == [], str(result)


def holding(directory: Path, secret: str) -> list[Path]:
    """The files below a directory with the secret in them. Files come and go meanwhile."""
    found = []
    for path in directory.rglob("*"):
        try:
            if path.is_file() and secret.encode() in path.read_bytes():
                found.append(path)
        except FileNotFoundError:
            continue
    return found


def while_it_runs(sandbox: Sandbox, tenant: Tenant, directory: Path, way: str, **env: str) -> tuple[Result, bool, list[Path]]:
    """A run of one slow task: its result, whether the secret was seen on the target meanwhile, and where it is afterwards."""
    sandbox.faults({"tenant": tenant.tenant_id, "method": "GET", "path": "/groups", "times": 1, "latency_ms": 2000})
    connection = {"ansible_connection": "nearby"} if way == NEARBY else {}
    play = one_play([{"name": "slow", "mssp.defender.aad_group": {"name": "Tier 1"}}], tenant.options())
    remote = directory / "home" / "remote"
    seen = False
    with concurrent.futures.ThreadPoolExecutor() as pool:
        run = pool.submit(run_playbook, play, directory, hosts=inventory("customer", **connection), env=env)
        while not run.done():
            seen = seen or bool(holding(remote, tenant.client_secret))
            time.sleep(0.05)
        result = run.result()
    return result, seen, holding(remote, tenant.client_secret)


@pytest.mark.parametrize(("way", "seen"), [(WORKER, False), (NEARBY, True)])
def test_the_arguments_lie_on_the_target_while_the_module_runs(
    sandbox: Sandbox, tenant: Tenant, tmp_path: Path, way: str, seen: bool
) -> None:
    """Ansible copies an ordinary module with its arguments, the secret among them, into a private directory of the target, and
    removes it after the task. In the worker nothing is written at all.
    """
    result, was_seen, left = while_it_runs(sandbox, tenant, tmp_path, way)

    assert result.rc == 0, str(result)
    assert was_seen is seen
    assert left == []


def test_kept_remote_files_keep_the_secret(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    """ANSIBLE_KEEP_REMOTE_FILES=1 is a debugging aid of core that leaves the module where it was, the secret in it."""
    result, _seen, left = while_it_runs(sandbox, tenant, tmp_path, NEARBY, ANSIBLE_KEEP_REMOTE_FILES="1")

    assert result.rc == 0, str(result)
    (payload,) = left
    assert payload.name == "AnsiballZ_aad_group.py"
    assert payload.parent.stat().st_mode & 0o077 == 0


def test_core_prints_the_environment_keyword(tenant: Tenant, tmp_path: Path) -> None:
    """An ordinary module gets `environment` in front of its command, and core prints commands at -vvv. So a secret belongs into
    an option. In the worker no command is run and nothing is printed.
    """
    options = tenant.options()
    environment = {"AZURE_CLIENT_SECRET": options.pop("client_secret")}
    play = one_play([{"name": "it", "mssp.defender.tenant_info": {}, "environment": environment}], options)
    printed = {}
    for way, connection in ((WORKER, {}), (NEARBY, {"ansible_connection": "nearby"})):
        result = run_playbook(play, tmp_path / way, hosts=inventory("customer", **connection), verbosity=3)
        assert result.rc == 0, str(result)
        printed[way] = tenant.client_secret in result.stdout

    assert printed == {WORKER: False, NEARBY: True}


def test_a_module_left_behind_writes_nothing(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    """At the end of its `timeout` core gives an ordinary task up, but not its module, which goes on. It knows when the task ended
    and writes nothing after.
    """
    sandbox.faults({"tenant": tenant.tenant_id, "method": "GET", "path": "/groups", "times": 1, "latency_ms": 5000})
    tasks = [{"name": "slow", "mssp.defender.aad_group": {"name": "Tier 1"}, "timeout": 3, "ignore_errors": True}]
    result = run_playbook(one_play(tasks, tenant.options()), tmp_path, hosts=inventory("customer", ansible_connection="nearby"))

    task = result.task("slow")
    assert task.failed, str(result)
    # core's sentence, in the words of old and newer versions: the module itself could say nothing any more.
    assert re.search(r"Timed out after 3 second|expected time frame \(3\)", str(task.result)), str(result)
    assert "failure" not in task.result
    # The module is still reading. It is answered, and has time to write.
    end = time.monotonic() + 30
    while not (read := [x for x in sandbox.log.all(tenant.tenant_id) if "/groups" in x["path"]]) and time.monotonic() < end:
        time.sleep(0.2)
    assert [entry["method"] for entry in read] == ["GET"]
    time.sleep(2)
    assert sandbox.log.writes(tenant.tenant_id) == []
    assert tenant.list("groups") == []
