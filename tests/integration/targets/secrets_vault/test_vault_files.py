# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/secrets.md with ansible-vault, on the newest and the oldest ansible-core: customers are onboarded, and nothing is told."""

from __future__ import annotations

import collections.abc
import json
import typing as t

import pytest
from harness.desk import Run
from harness.leaking import leaks, leaks_in_files
from harness.onboarding import PLAYBOOK, estate
from harness.paths import REPOSITORY
from harness.runner import RunnerResult, run_by_runner
from vault_desk import FILE, OF_ADATUM, PASSWORDS, SECRETS, SHARED, VALUE, VaultDesk, sitting

CORE216 = REPOSITORY / ".venv-2.16" / "bin"
BY_ROLES = """
- name: Onboard
  hosts: customers
  gather_facts: false
  roles:
    - mssp.defender.mssp_onboard
"""


class Told(t.NamedTuple):
    """What was typed, and what came of it."""

    core: str
    desk: VaultDesk
    of_file: Run
    of_value: Run
    clients: dict[str, set[str]]
    by_roles: Run
    requests_by_roles: int
    by_import: Run
    by_audit: Run


@pytest.fixture(scope="module", params=["newest", "oldest"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Told]:
    """Each command of the guide, and the one that it warns of."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "oldest":
            if not CORE216.exists():
                pytest.skip("ansible-core 2.16 is not installed: make core216")
            patch.setenv("MSSP_TEST_ANSIBLE", str(CORE216))
        with sitting(tmp_path_factory.mktemp(request.param)) as desk:
            desk.encrypted_file()
            of_file = desk.run(desk.command(FILE, "mssp.defender.onboard"))
            desk.one_value()
            both = desk.command(VALUE, "mssp.defender.onboard")
            of_value = desk.run(both)
            clients = {name: _clients(desk, name) for name in ("contoso", "adatum")}
            desk.write("roles.yml", BY_ROLES)
            by_roles = desk.run(f"{both.replace('mssp.defender.onboard', 'roles.yml')} --check --limit adatum")
            requests = len(desk.sandbox.log.all(desk.tenant("adatum").tenant_id))
            for path, text in desk.files(VALUE).items():
                if path == "onboard.yml":
                    desk.write(path, text)
            by_import = desk.run(desk.command(VALUE, "onboard.yml -i"))
            audit = both.replace("mssp.defender.onboard", "mssp.defender.audit")
            options = f"-e mssp_reports={desk.directory}/reports -e mssp_audit_allow_write_token=true"
            by_audit = desk.run(f"{audit} --limit adatum {options}")
            yield Told(request.param, desk, of_file, of_value, clients, by_roles, requests, by_import, by_audit)


def _clients(desk: VaultDesk, name: str) -> set[str]:
    """The applications in whose name a customer's tenant was asked."""
    log = desk.sandbox.log.all(desk.tenant(name).tenant_id)
    return {str(entry["client_id"]) for entry in log if entry["area"] == "graph"}


def test_the_files_hold_no_secret_that_can_be_read(told: Told) -> None:
    inventory = told.desk.directory / "inventory"
    vault = (inventory / "group_vars" / "customers" / "vault.yml").read_text(encoding="utf-8")
    assert vault.startswith("$ANSIBLE_VAULT;1.2;AES256;mssp\n")
    value = (inventory / "host_vars" / "adatum.yml").read_text(encoding="utf-8")
    assert "mssp_onboard_client_secret: !vault |\n" in value
    assert "$ANSIBLE_VAULT;1.2;AES256;adatum\n" in value
    assert leaks_in_files(inventory, list(SECRETS.values())) == []


def test_a_customer_is_onboarded_by_an_encrypted_file(told: Told) -> None:
    assert told.of_file.result.rc == 0, told.of_file.result
    assert len(told.of_file.writes) > 15
    assert estate(told.desk.tenant("contoso")).counts["packages"] == 3


def test_another_customer_is_onboarded_by_one_encrypted_value(told: Told) -> None:
    assert told.of_value.result.rc == 0, told.of_value.result
    assert estate(told.desk.tenant("adatum")).counts["packages"] == 3
    # Each with its own application, by its own vault.
    assert told.clients == {"contoso": {SHARED}, "adatum": {OF_ADATUM}}


def test_what_the_guide_says_of_roles_and_the_oldest_core(told: Told) -> None:
    """Ansible's own check of a role's variables: it fails there, before anything is asked, and nowhere else."""
    if told.core == "newest":
        assert told.by_roles.result.rc == 0, told.by_roles.result
        return
    assert told.by_roles.result.rc == 2
    assert "AnsibleVaultEncryptedUnicode" in told.by_roles.result.stdout
    assert told.requests_by_roles == 0


def test_the_cure_of_the_guide_works(told: Told) -> None:
    assert told.by_import.result.rc == 0, told.by_import.result
    assert told.by_import.writes == []


def test_the_audit_reads_with_one_encrypted_value(told: Told) -> None:
    document = told.desk.directory / "reports" / "audit" / "customers" / "adatum.json"
    assert json.loads(document.read_text(encoding="utf-8"))["error"] is None, told.by_audit.result


def test_nothing_is_told_and_nothing_is_left(told: Told) -> None:
    """The last one: the passwords are put away."""
    told.desk.assert_nothing_leaks()


# -- ansible-runner, as AWX runs it ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_runner(tmp_path_factory: pytest.TempPathFactory) -> RunnerResult:
    """A run of both customers in check mode, with the two vaults."""
    directory = tmp_path_factory.mktemp("runner")
    with sitting(directory) as desk:
        desk.encrypted_file()
        desk.one_value()
        where = {
            "MSSP_GRAPH_URL": desk.sandbox.graph_url,
            "AZURE_AUTHORITY_HOST": desk.sandbox.login_url,
            "MSSP_CA_PATH": desk.sandbox.ca_path,
            "ANSIBLE_VAULT_IDENTITY_LIST": ",".join(f"{name}@{desk.directory}/home/.vault-{name}" for name in PASSWORDS),
        }
        inventory = desk.directory / "inventory"
        return run_by_runner(PLAYBOOK, directory / "run", hosts=inventory, arguments="--check", verbosity=4, env=where)


def test_events_and_artifacts_hold_no_secret(by_runner: RunnerResult) -> None:
    words = [*SECRETS.values(), *PASSWORDS.values()]
    assert by_runner.rc == 0, by_runner
    assert len(by_runner.events) > 50
    assert leaks_in_files(by_runner.artifacts, words) == []
    assert leaks_in_files(by_runner.home, words) == []
    assert leaks(by_runner.stdout + by_runner.stderr, words) == []
