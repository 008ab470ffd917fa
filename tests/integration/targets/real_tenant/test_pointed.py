# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integration tests, pointed by a configuration file alone at a tenant that they do not know: a sandbox plays it.

What the tests of the child do there goes through Graph and the identity platform; the request log is read by this test only.
"""

from __future__ import annotations

import collections.abc
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from harness import pointed, server, world
from harness.ground import Ground
from harness.log import Entry
from harness.onboarding import Estate, estate
from harness.paths import REPOSITORY
from harness.server import Sandbox
from harness.tenants import EM, Tenant

TARGETS = REPOSITORY / "tests" / "integration" / "targets"
# What somebody has in the tenant, with names that tests like.
THEIRS = {
    "groups": [{"display_name": "Tier 1"}, {"display_name": "mssp-test group of ours"}],
    "catalogs": [{"display_name": "Accesses"}],
    "defender_roles": [{"display_name": "Tier 1", "permissions": ["microsoft.xdr/secops/securitydata/basics/read"]}],
    "connected_organizations": [{"display_name": "Tailspin", "tenant_id": world.OTHER_TENANT}],
}
NEEDED = [
    "CrossTenantInformation.ReadBasic.All",
    "EntitlementManagement.ReadWrite.All",
    "Group.ReadWrite.All",
    "Organization.Read.All",
    "RoleManagement.ReadWrite.Defender",
    "User.Read.All",
]


class Told(t.NamedTuple):
    """A run of the tests in the tenant."""

    done: subprocess.CompletedProcess[str]
    tenant: Tenant
    before: Estate
    after: Estate
    deleted: list[t.Any]
    log: list[Entry]


@pytest.fixture(scope="module")
def somewhere(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Sandbox]:
    """Two tenants. The application that the file names has no permission that its template does not."""
    config = world.config(customers=2)
    config["tenants"][0] |= THEIRS
    for tenant in config["tenants"]:
        tenant["clients"].append({"name": "tests", "permissions": NEEDED})
    with server.running(tmp_path_factory.mktemp("somewhere"), config) as sandbox:
        yield sandbox


def written(directory: Path, tenant: Tenant, **changed: t.Any) -> Path:
    """A configuration file: the template, filled in."""
    template = (REPOSITORY / "tests" / "integration" / "integration_config.yml.template").read_text(encoding="utf-8")
    content = {
        **yaml.safe_load(template),
        "tenant_id": tenant.tenant_id,
        "tenants": [{"tenant_id": tenant.tenant_id.upper(), "may_be_changed": True}],
        "client_id": tenant.client("tests")["client_id"],
        "client_secret": tenant.client("tests")["client_secret"],
        "person": f"ada@{tenant.domain}",
        "organization": world.MSSP_TENANT,
        "graph_url": tenant.graph_url,
        "login_url": tenant.login_url,
        "ca_path": tenant.ca_path,
        **changed,
    }
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "integration_config.yml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    file.chmod(0o600)
    return file


def run_tests(file: Path, directory: Path, *targets: str) -> subprocess.CompletedProcess[str]:
    """The tests of these targets in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs", f"--basetemp={directory / 'tmp'}"]
    return subprocess.run(
        [*command, *(str(TARGETS / target) for target in targets)],
        cwd=REPOSITORY,
        env={**os.environ, "MSSP_INTEGRATION_CONFIG": str(file)},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def told(somewhere: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """All targets of modules."""
    directory = tmp_path_factory.mktemp("told")
    tenant = somewhere.tenants[0]
    before = estate(tenant)
    somewhere.log.clear()
    done = run_tests(written(directory, tenant), directory, *(path.name for path in sorted(TARGETS.glob("module_*"))))
    log = somewhere.log.all()
    deleted = tenant.list("directory/deletedItems/microsoft.graph.group")
    return Told(done, tenant, before, estate(tenant), deleted, log)


def test_the_tests_that_make_sense_anywhere_run_there(told: Told) -> None:
    assert told.done.returncode == 0, told.done.stdout
    files = sorted(TARGETS.glob("module_*/test_any_tenant.py"))
    assert len(files) == 7
    assert re.search(rf"^{len(files)} passed, \d{{2,}} skipped in", told.done.stdout, re.MULTILINE), told.done.stdout
    assert "needs the sandbox, and a configuration file names a real tenant" in told.done.stdout


def test_no_other_tenant_and_no_other_application_was_used(told: Told) -> None:
    asked = [entry for entry in told.log if entry["area"] == "graph"]
    assert len(asked) > 100
    assert {entry["tenant_id"] for entry in told.log} == {told.tenant.tenant_id}
    assert {entry["client_id"] for entry in asked} == {told.tenant.client("tests")["client_id"]}


def test_what_was_made_bears_the_name_of_its_run(told: Told) -> None:
    names = [
        entry["body"]["displayName"] for entry in told.log if entry["method"] == "POST" and "displayName" in (entry["body"] or {})
    ]
    assert len(names) > 10
    assert [name for name in names if not re.match(r"mssp-test-[0-9a-f]{8}( |$)", name)] == []


def test_it_is_gone_and_what_was_there_is_as_it_was(told: Told) -> None:
    assert told.after == told.before
    assert told.deleted == []
    assert told.before.counts["groups"] == len(THEIRS["groups"])


def test_nothing_of_others_was_changed(told: Told) -> None:
    """Each write names something that was made in the run, or makes it."""
    theirs = {x["id"] for kind in told.before for x in kind} - {x["id"] for x in told.before.resources}
    touched = [entry["path"] for entry in told.log if entry["write"] and any(one in entry["path"] for one in theirs)]
    assert touched == []


# -- the guard -------------------------------------------------------------------------------------------------------


def test_a_tenant_that_is_not_named_ends_it_before_anything_is_asked(somewhere: Sandbox, tmp_path: Path) -> None:
    """In a process of its own: nothing is run, and the exit status says so."""
    named, meant = somewhere.tenants
    somewhere.log.clear()
    done = run_tests(written(tmp_path, named, tenant_id=meant.tenant_id), tmp_path, "module_tenant_info")
    said = f"No test was run: the tenant {meant.tenant_id} is not named under tenants: nobody has said that it may be touched."
    assert (done.returncode, said in done.stdout + done.stderr) == (4, True), done
    assert somewhere.log.all() == []


ID = "b1000000-0000-4000-8000-00000000cafe"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tenants": [{"tenant_id": ID, "may_be_changed": True}]}, "the tenant {mine} is not named under tenants"),
        ({"tenants": [{"tenant_id": "{mine}"}]}, "the tenant {mine} is named, but not marked as one that may be changed"),
        ({"tenants": [{"tenant_id": "{mine}", "may_be_changed": False}]}, "the tenant {mine} is named, but not marked"),
        ({"tenants": [{"tenant_id": "{mine}", "may_be_changed": "true"}]}, "the tenant {mine} is named, but not marked"),
        ({"tenants": [{"tenant_id": "{mine}", "may_be_changed": 1}]}, "the tenant {mine} is named, but not marked"),
        ({"tenants": [{"tenant_id": "{mine}", "may_be_changed": x} for x in (True, False)]}, "is named more than once"),
        ({"tenants": {"{mine}": True}}, "the tenant {mine} is not named under tenants"),
        ({"tenant_id": "customer1.example"}, "tenant_id is 'customer1.example', and not an id: a domain may come to mean"),
        ({"tenants": [{"tenant_id": "customer1.example", "may_be_changed": True}]}, "a tenant_id of tenants is 'customer1.ex"),
        ({"client_secret": ""}, "needs tenant_id, tenants, client_id, client_secret, and knows no more"),
        ({"may_be_changed": True}, "needs tenant_id, tenants, client_id, client_secret, and knows no more"),
        ({"cloud": "germany"}, "cloud is 'germany', and not one of public, usgov, usgov_dod, china"),
        ({"without": ["groups"]}, "without knows only entitlement, defender"),
    ],
)
def test_what_the_file_must_say(somewhere: Sandbox, tmp_path: Path, changed: dict[str, t.Any], said: str) -> None:
    mine = somewhere.tenants[0].tenant_id
    file = written(tmp_path, somewhere.tenants[0], **yaml.safe_load(yaml.safe_dump(changed).replace("{mine}", mine)))
    somewhere.log.clear()
    with pytest.raises(pointed.Refused) as caught:
        pointed.load(file)
    assert said.format(mine=mine) in str(caught.value)
    assert somewhere.log.all() == []


def test_a_file_that_others_can_read_is_refused(somewhere: Sandbox, tmp_path: Path) -> None:
    file = written(tmp_path, somewhere.tenants[0])
    file.chmod(0o640)
    with pytest.raises(pointed.Refused, match="can be read by others, and it holds a secret: chmod 600"):
        pointed.load(file)


def test_the_template_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "integration_config.yml"
    file.write_bytes((REPOSITORY / "tests" / "integration" / "integration_config.yml.template").read_bytes())
    file.chmod(0o600)
    with pytest.raises(pointed.Refused, match="needs tenant_id"):
        pointed.load(file)


def test_who_answers_has_to_be_the_tenant_of_the_file(
    somewhere: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway may lead elsewhere, and what it gives is believed by nobody."""
    mine, other = somewhere.tenants
    there = pointed.load(written(tmp_path, mine))
    pointed.check(there)
    foreign = other.token()
    with monkeypatch.context() as patch:
        patch.setattr(Tenant, "token", lambda self: foreign)
        with pytest.raises(
            pointed.Refused, match=f"the access token is of the tenant {other.tenant_id}, and not of {mine.tenant_id}"
        ):
            pointed.check(there)
    monkeypatch.setattr(Tenant, "list", lambda self, path: [{"id": other.tenant_id}])
    with pytest.raises(pointed.Refused, match=f"Graph is of the tenant {other.tenant_id}, and not of {mine.tenant_id}"):
        pointed.check(there)


def test_a_tenant_that_cannot_be_asked_is_refused(somewhere: Sandbox, tmp_path: Path) -> None:
    there = pointed.load(written(tmp_path, somewhere.tenants[0], client_secret="wr0ng"))
    with pytest.raises(pointed.Refused, match=r"cannot be asked who it is \(HTTPError\)"):
        pointed.check(there)


def test_what_is_removed_is_what_bears_the_name_of_the_run(somewhere: Sandbox, tmp_path: Path) -> None:
    """What a killed run has left, and what only looks like it, stays."""
    tenant = somewhere.tenants[0]
    ground = Ground(pointed.load(written(tmp_path, tenant)))
    mine = [ground.group("One"), ground.package("Two", ground.catalog("Three"))]
    others = [tenant.group("mssp-test-00000000 of another run"), tenant.group(f"x {ground.run_name}")]
    ground.clear()
    groups = tenant.ids("groups?$select=id")
    assert set(others) <= groups
    assert not set(mine) & (groups | tenant.ids(f"{EM}/accessPackages"))
    for group in others:
        tenant.delete(f"groups/{group}")
