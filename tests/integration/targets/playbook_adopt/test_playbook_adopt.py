# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook adopt: tenants set up by hand become variables, with which onboarding finds them as they are."""

from __future__ import annotations

import collections.abc
import json
import typing as t
from pathlib import Path

import customers as portals
import pytest
import yaml
from hand_made import Hand
from harness import onboarding, server, world
from harness.playbook import Result, run_playbook
from harness.server import Sandbox

ADOPT = [{"import_playbook": "mssp.defender.adopt"}]
ONBOARD = [{"import_playbook": "mssp.defender.onboard"}]
CORE216 = Path(__file__).resolve().parents[4] / ".venv-2.16" / "bin"

# What Ansible calls the tasks that these tests read.
MADE = "mssp.defender.mssp_onboard : Make variables of it"
PROBLEM = "mssp.defender.mssp_onboard : Is there something to adopt?"
SCREEN = "mssp.defender.mssp_onboard : What to look at"

Change = tuple[str, str | None, str | None]


class Job:
    """Customers in tenants of their own, and an inventory whose host_vars are what adopt writes."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        self.directory = directory
        self.reports = directory / "reports"
        self.marker = directory / "executed"
        self.hands: dict[str, Hand] = {}
        self._runs = 0

    def customer(self, name: str, build: collections.abc.Callable[[Hand], None] | None = None) -> Hand:
        """A customer whose tenant somebody sets up now."""
        hand = self.hands[name] = Hand(self.sandbox.fresh_tenant())
        if build:
            build(hand)
        return hand

    def host(self, name: str, client: str | None = None, **more: t.Any) -> dict[str, t.Any]:
        """A customer in the inventory, with nothing but the parties and a credential."""
        options = {f"mssp_onboard_{key}": value for key, value in self.hands[name].tenant.options(client).items()}
        return {**options, **(more or {"mssp_onboard_mssp_tenant_id": world.MSSP_TENANT})}

    def run(self, playbook: list[dict[str, str]], *names: str, client: str | None = None, **more: t.Any) -> Result:
        """One run for these customers; the log starts empty. What adopt writes is beside the inventory, unless that is elsewhere.

        :param client: another application than the one that may do everything.
        """
        self._runs += 1
        directory = more.pop("inventory", self.reports)
        directory.mkdir(exist_ok=True)
        inventory = directory / "hosts.json"
        parties = more.pop("parties", {})
        hosts = {name: self.host(name, client, **parties) for name in names}
        inventory.write_text(json.dumps(onboarding.customers(**hosts)), encoding="utf-8")
        self.sandbox.log.clear()
        variables = {"mssp_reports": str(self.reports), **more.pop("extra_vars", {})}
        return run_playbook(playbook, self.directory / f"run{self._runs}", hosts=inventory, extra_vars=variables, **more)

    def file(self, name: str) -> Path:
        """What adopt writes for a customer."""
        return self.reports / "host_vars" / f"{name}.yml"


def listed(adopted: Result, host: str) -> set[Change]:
    """What adopt says that onboarding would change."""
    result = adopted.task(MADE, host).result["ansible_facts"]["mssp_onboard_result_adopted"]
    return {(x["type"], x["id"], x["property"]) for x in result["differs"]}


def predicted(checked: Result, host: str) -> set[Change]:
    """What onboarding says in check mode that it would change."""
    found = set()
    for change in onboarding.changes(checked, host):
        is_object = change["action"] == "update"
        found.add((change["object"]["type"], change["object"]["id"] if is_object else None, change["property"]))
    return found


def loaded(file: Path) -> dict[str, t.Any]:
    """A file as a plain YAML reader has it, with texts instead of unsafe ones."""
    text = file.read_text(encoding="utf-8").replace("!unsafe ", "")
    return t.cast("dict[str, t.Any]", yaml.safe_load(text))


def screen(adopted: Result, host: str) -> list[str]:
    """What the terminal shows at the end."""
    return t.cast("list[str]", adopted.task(SCREEN, host).result["msg"])


ADOPTED = ["published", "other", "hostile", "beyond", "different", "norole"]
# Of these everything can be said but the mark of the groups.
EXPRESSIBLE = ["published", "hostile", "beyond", "norole"]
NOTHING = "nothing here"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Job]:
    """All the customers."""
    directory = tmp_path_factory.mktemp("adopt")
    with server.running(directory / "sandbox", world.config(customers=len(ADOPTED) + 4)) as sandbox:
        made = Job(sandbox, directory)
        made.customer("published", portals.published)
        made.customer("other", portals.other)
        made.customer("hostile", lambda hand: portals.hostile(hand, str(made.marker)))
        made.customer("beyond", portals.beyond)
        made.customer("different", portals.different)
        made.customer("norole", portals.without_a_role)
        made.customer(NOTHING)
        yield made


@pytest.fixture(scope="module")
def adopted(job: Job) -> Result:
    """Adopt, for all of them at once, by an application that may only read. The customer that has nothing fails."""
    result = job.run(ADOPT, *ADOPTED, NOTHING, client="reader")
    assert [(x.host, x.task) for x in result.tasks if x.failed] == [(NOTHING, PROBLEM)], result
    assert job.sandbox.log.writes() == []
    return result


@pytest.fixture(scope="module")
def checked(job: Job, adopted: Result) -> Result:
    """Onboarding in check mode, with the files that were written as host_vars."""
    result = job.run(ONBOARD, *ADOPTED, check=True)
    assert (result.rc, job.sandbox.log.writes()) == (0, []), result
    return result


@pytest.mark.parametrize("host", ADOPTED)
def test_onboarding_would_change_exactly_what_the_file_lists(checked: Result, adopted: Result, host: str) -> None:
    """The chief promise: the same objects, the same properties."""
    assert predicted(checked, host) == listed(adopted, host)


@pytest.mark.parametrize("host", EXPRESSIBLE)
def test_with_what_was_read_onboarding_changes_nothing(checked: Result, host: str) -> None:
    assert onboarding.changes(checked, host) == []


def test_what_cannot_be_said_is_changed_by_one_run_and_then_nothing_is(job: Job, checked: Result) -> None:
    """Onboarding with the files, once: afterwards check mode has nothing to say, whatever the tenant was like."""
    names = [name for name in ADOPTED if name != "hostile"]
    first = job.run(ONBOARD, *names)
    assert first.rc == 0, first
    again = job.run(ONBOARD, *names, check=True)
    assert again.rc == 0, again
    for name in names:
        assert onboarding.changes(again, name) == [], name


def test_tiers_in_the_order_of_what_they_can_do(job: Job, adopted: Result) -> None:
    """Whatever their names and whenever they were made."""
    read = loaded(job.file("other"))
    assert [x["package"] for x in read["mssp_onboard_tiers"]] == ["C: Watching", "B: Hunting", "A: Forensics"]
    assert [x["hidden"] for x in read["mssp_onboard_tiers"]] == [False, True, False]
    assert [x["duration_days"] for x in read["mssp_onboard_tiers"]] == [90, 180, 180]
    assert [len(x["approval_stages"]) for x in read["mssp_onboard_tiers"]] == [1, 2, 2]
    assert [x["reviews"].get("every") for x in read["mssp_onboard_tiers"]] == ["month", "month", None]
    assert read["mssp_onboard_tiers"][2]["scopes"] == ["/"]
    assert read["mssp_onboard_connected_org_state"] == "proposed"
    ids = [job.hands["other"].groups[word] for word in ("watch", "hunt", "forensics")]
    assert [x["group_id"] for x in read["mssp_onboard_tiers"]] == ids


@pytest.mark.parametrize(
    ("host", "line"),
    [
        ("beyond", "Left alone: The package 'Tier 2 Analyst' has another policy, 'Night shift'."),
        ("beyond", "Left alone: The package 'Tier 2 Analyst' has another policy, 'Direct'."),
        ("beyond", "Left alone: The package 'Printing' in the catalog is somebody else's: no policy of it names the MSSP."),
        ("beyond", "Left alone: The catalog 'MSSP Accesses' also has the groups 'Printers', 'VPN users'."),
        ("beyond", "Left alone: The group 'Tier 1 Analyst' has owners, who decide who is in it: 'Cyd'."),
        ("beyond", "Left alone: The connected organization 'Fabrikam Security' has internal sponsors: 'Dee'."),
        ("beyond", "Left alone: The package 'Tier 1 Analyst' is incompatible with the groups 'Printers'."),
        ("beyond", "Left alone: The group 'Tier 1 Analyst' also holds the Defender role 'Reading more'."),
        ("beyond", "Chosen: mssp_onboard_catalog: Chosen among 2 catalogs: most packages of the MSSP are in it."),
        ("norole", "Left alone: The catalog 'MSSP Accesses' also has the groups 'Tier 2 Analyst'."),
        ("different", "Onboarding would change: The package 'First' grants Member of 'First line', Member of 'First line, more'; "
         "a run would leave only membership of 'First line'."),
        ("different", "Onboarding would change: The policy 'Initial policy' of the package 'First': specificAllowedTargets is "
         "'Fabrikam Security', 'Tailspin'; a run would make it 'Fabrikam Security'."),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_listed_on_screen_and_in_the_file(job: Job, adopted: Result, host: str, line: str) -> None:
    """Nothing is dropped."""
    assert line in screen(adopted, host)
    head = " ".join(x.lstrip("# ") for x in job.file(host).read_text(encoding="utf-8").splitlines() if x.startswith("#"))
    assert line.partition(": ")[2] in head


def test_a_customer_with_nothing(adopted: Result) -> None:
    """One sentence, and no file."""
    assert adopted.task(PROBLEM, NOTHING).result["msg"] == (
        f"Customer {NOTHING}: the MSSP is no connected organization of this tenant. There is nothing to adopt: "
        "run the playbook onboard instead."
    )


def test_files_are_the_owners_only(job: Job, adopted: Result) -> None:
    """And one for each customer that was adopted, nowhere else."""
    assert sorted(x.name for x in job.file("published").parent.iterdir()) == sorted(f"{name}.yml" for name in ADOPTED)
    assert job.file("published").parent.stat().st_mode & 0o777 == 0o700
    for name in ADOPTED:
        assert job.file(name).stat().st_mode & 0o777 == 0o600


def test_no_credential_is_in_a_file(job: Job, adopted: Result) -> None:
    """Nor on screen."""
    for name in ADOPTED:
        for client in ("reader", None):
            secret = job.hands[name].tenant.options(client)["client_secret"]
            assert secret not in job.file(name).read_text(encoding="utf-8")
            assert secret not in adopted.stdout


def test_names_that_are_code_stay_names(job: Job, checked: Result, adopted: Result) -> None:
    """Written, read back and planned with, and executed by nobody: the groups are found as they are called."""
    assert not job.marker.exists()
    written = job.file("hostile").read_text(encoding="utf-8")
    touch = "{{ lookup('ansible.builtin.pipe', 'touch " + str(job.marker) + "') }}"
    assert f'group: !unsafe "one {touch}"' in written
    for line in written.splitlines():
        assert "{{" not in line or "!unsafe" in line or line.lstrip().startswith("#"), line
    there = {x["displayName"] for x in job.hands["hostile"].tenant.list("groups?$select=id,displayName")}
    assert {x["object"]["name"] for x in onboarding.changes(checked, "hostile")} <= there
    # Nothing on screen turns the writing direction.
    assert "\u202e" not in adopted.stdout


def test_the_file_as_extra_variables(job: Job, adopted: Result) -> None:
    """As the playbook's head shows it, where the inventory has no host_vars."""
    aside = job.directory / "aside"
    arguments = ("-e", f"@{job.file('hostile')}")
    checked = job.run(ONBOARD, "hostile", check=True, inventory=aside, arguments=arguments)
    assert (checked.rc, job.sandbox.log.writes()) == (0, []), checked
    assert predicted(checked, "hostile") == listed(adopted, "hostile")
    assert not job.marker.exists()


@pytest.mark.skipif(not (CORE216 / "ansible-playbook").exists(), reason="ansible-core 2.16 is not installed: make integration")
def test_on_the_oldest_core_too(job: Job, adopted: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """ansible-core 2.16, where a name from a directory is a template unless it is unsafe."""
    monkeypatch.setenv("MSSP_TEST_ANSIBLE", str(CORE216))
    before = job.file("hostile").read_text(encoding="utf-8")
    again = job.run(ADOPT, "hostile", extra_vars={"mssp_adopt_overwrite": True})
    assert again.rc == 0, again
    assert job.file("hostile").read_text(encoding="utf-8") == before
    checked = job.run(ONBOARD, "hostile", check=True)
    assert (checked.rc, job.sandbox.log.writes()) == (0, []), checked
    assert predicted(checked, "hostile") == listed(again, "hostile")
    assert not job.marker.exists()


def test_a_file_is_not_overwritten_unless_it_is_said(job: Job, adopted: Result) -> None:
    """Refused before the first request; then written anew."""
    job.file("norole").write_text("mine: true\n", encoding="utf-8")
    refused = job.run(ADOPT, "norole")
    assert refused.task("mssp.defender.mssp_onboard : Stop before somebody's file").result["msg"] == (
        f"Customer norole: {job.file('norole')} is there already, and nothing was read or written. Move it away, or set "
        "mssp_adopt_overwrite to true."
    )
    assert job.sandbox.log.all() == []
    assert job.file("norole").read_text(encoding="utf-8") == "mine: true\n"
    assert job.run(ADOPT, "norole", extra_vars={"mssp_adopt_overwrite": True}).rc == 0
    assert job.file("norole").read_text(encoding="utf-8").startswith("---\n# Customer norole")


def test_a_name_for_a_host_is_not_always_one_for_a_file(job: Job) -> None:
    """In check mode nothing is written; then below the directory, whatever the host is called. Here a domain names the MSSP."""
    job.customer("../a b", portals.published)
    parties = {"mssp_onboard_mssp_domain": world.MSSP_DOMAIN}
    for check in (True, False):
        before = set(job.directory.rglob("*.yml"))
        done = job.run(ADOPT, "../a b", check=check, parties=parties)
        assert done.rc == 0, done
        assert set(job.directory.rglob("*.yml")) - before == (set() if check else {job.file("_._a_b")})
    assert not listed(done, "../a b")


def test_a_domain_that_nobody_has(job: Job) -> None:
    """Said in one sentence."""
    job.customer("stray")
    result = job.run(ADOPT, "stray", parties={"mssp_onboard_mssp_domain": "nobody.example"})
    assert result.task("mssp.defender.mssp_onboard : Is the MSSP known?").result["msg"] == (
        "Customer stray: Microsoft knows no tenant of the domain nobody.example. Correct mssp_onboard_mssp_domain."
    )


def test_a_tenant_without_unified_rbac(job: Job) -> None:
    """Is read once the operator says that there are no Defender roles, and onboarded without any."""
    hand = job.customer("classic", portals.published)
    job.sandbox.quirks(hand.tenant, urbac_active=False)
    stopped = job.run(ADOPT, "classic")
    (failed,) = [x for x in stopped.tasks if x.failed]
    assert failed.action == "mssp.defender.mde_role_info"
    assert not job.file("classic").exists()
    without = {"mssp_onboard_skip_defender": True}
    assert job.run(ADOPT, "classic", extra_vars=without).rc == 0
    assert loaded(job.file("classic"))["mssp_onboard_skip_defender"] is True
    checked = job.run(ONBOARD, "classic", check=True)
    assert checked.rc == 0, checked
    assert not predicted(checked, "classic")
