# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/secrets.md with secret stores: each lookup as the guide writes it, by its name, with a stand-in in its place."""

from __future__ import annotations

import collections.abc
import json
import os
import typing as t
from pathlib import Path

import pytest
from harness.desk import Run
from harness.leaking import leaks
from harness.log import Entry
from harness.paths import COLLECTIONS
from vault_desk import OF_ADATUM, ONCE, SECRETS, VaultDesk, sitting

# What each gives in place of a text, and how it is to be asked.
STORES: dict[str, tuple[str, list[str], dict[str, str]]] = {
    "HashiCorp Vault": ("community.hashi_vault.vault_kv2_get", ["mssp/onboard"], {"engine_mount_point": "secret"}),
    "Azure Key Vault": (
        "azure.azcollection.azure_keyvault_secret",
        ["mssp-onboard"],
        {"vault_url": "https://mssp-secrets.vault.azure.net"},
    ),
    "1Password": ("community.general.onepassword", ["MSSP onboard"], {"field": "client secret", "vault": "MSSP"}),
    "pass": ("community.general.passwordstore", ["mssp/onboard"], {}),
}
LOOKUP = '''
from __future__ import annotations

import json
import os

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Writes down how it was asked, and gives the secret."""

    def run(self, terms, variables=None, **kwargs):
        with open(os.environ["STORE_ASKED"], "a", encoding="utf-8") as file:
            file.write(json.dumps([{name!r}, terms, kwargs]) + "\\n")
        secret = os.environ["STORE_SECRET"]
        return [{{"secret": {{"client_secret": secret}}}} if {as_dict!r} else secret]
'''
CUSTOMERS = ("contoso", "adatum", "woodgrove")


class Told(t.NamedTuple):
    """The runs, and how the stores were asked in each."""

    desk: VaultDesk
    each: dict[str, Run]
    once: Run
    once_requests: list[Entry]
    asked: dict[str, list[t.Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Told]:
    """A run for each store and one that asks once for all. Nobody has these collections installed."""
    directory = tmp_path_factory.mktemp("stores")
    for name in {store[0] for store in STORES.values()}:
        namespace, collection, plugin = name.split(".")
        folder = directory / "collections" / "ansible_collections" / namespace / collection / "plugins" / "lookup"
        folder.mkdir(parents=True, exist_ok=True)
        content = LOOKUP.format(name=name, as_dict=plugin == "vault_kv2_get")
        (folder / f"{plugin}.py").write_text(content, encoding="utf-8")
    asked = directory / "asked"
    known = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(COLLECTIONS)
    env = {
        "ANSIBLE_COLLECTIONS_PATH": f"{directory / 'collections'}:{known}",
        "STORE_ASKED": str(asked),
        "STORE_SECRET": SECRETS["adatum"],
    }
    with sitting(directory, env) as desk:
        hosts = "".join(f"    {name}: {{mssp_onboard_tenant_id: {name}.onmicrosoft.com}}\n" for name in CUSTOMERS)
        desk.write("inventory/hosts.yml", f"customers:\n  hosts:\n{hosts}")
        common = f"mssp_onboard_mssp_tenant_id: 11111111-2222-3333-4444-555555555555\nmssp_onboard_client_id: {OF_ADATUM}\n"
        desk.write("inventory/group_vars/customers/main.yml", common)
        each, how = {}, {}
        for store in STORES:
            for path, text in desk.files(store).items():
                desk.write(path, text)
            each[store] = desk.run("ansible-playbook mssp.defender.links -i inventory --limit contoso")
            how[store] = _taken(asked)
        (desk.directory / "inventory" / "group_vars" / "customers" / "secret.yml").unlink()
        for path, text in desk.files(ONCE).items():
            desk.write(path, text)
        once = desk.run(desk.command(ONCE, "once.yml"))
        how[ONCE] = _taken(asked)
        yield Told(desk, each, once, desk.sandbox.log.all(), how)


def _taken(asked: Path) -> list[t.Any]:
    """How the stores were asked since the last time."""
    lines = asked.read_text(encoding="utf-8").splitlines()
    asked.unlink()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("store", STORES)
def test_the_snippet_of_the_guide_serves(told: Told, store: str) -> None:
    assert told.each[store].result.rc == 0, told.each[store].result
    name, terms, options = STORES[store]
    assert told.asked[store]
    assert all(one == [name, terms, options] for one in told.asked[store])


def test_a_store_can_be_asked_once_for_all_customers(told: Told) -> None:
    assert told.once.result.rc == 0, told.once.result
    assert len(told.asked[ONCE]) == 1
    assert told.once.writes == []
    asked = {entry["tenant_id"] for entry in told.once_requests if entry["area"] == "graph"}
    assert asked == {told.desk.tenant(name).tenant_id for name in CUSTOMERS}


def test_the_secret_is_told_nowhere(told: Told) -> None:
    fetched = told.once.result.task("Ask the store once for all customers", "contoso")
    assert leaks(json.dumps(fetched.result), list(SECRETS.values())) == []
    told.desk.assert_nothing_leaks()
