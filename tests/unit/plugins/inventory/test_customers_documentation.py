# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin's documentation says of credentials what the modules' specification says."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.inventory import customers
from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import STATUSES

DOCUMENTED = yaml.safe_load(customers.DOCUMENTATION)
OPTIONS = DOCUMENTED["options"]
SHARED = sorted(set(GRAPH.options) - {"options", "variables_prefix"})
OWN = {"plugin", "hostnames", "look_up_domains", "filters", "customers_group", "group_by_status", "vars_prefix"}
# Of its fragments.
CONSTRUCTED = {"strict", "compose", "groups", "keyed_groups", "cache", "cache_plugin", "cache_connection", "cache_timeout"}


def test_the_options():
    assert set(OPTIONS) == OWN | set(SHARED)
    assert DOCUMENTED["name"] == "customers"
    assert {"constructed", "inventory_cache"} <= set(DOCUMENTED["extends_documentation_fragment"])


@pytest.mark.parametrize("name", SHARED)
def test_an_option_of_the_connection_is_the_modules(name):
    said, so = OPTIONS[name], GRAPH.options[name]
    assert (said["type"], said.get("default")) == (so["type"], so.get("default"))
    # Of several variables Ansible takes the last one that is set for a plugin, and the first one for a module.
    names = [entry["name"] for entry in said.get("env", [])]
    assert names[::-1] == list(so["fallback"][1] if "fallback" in so else [])


def test_an_inventory_asks_nobody_to_sign_in():
    assert set(GRAPH.options["auth_method"]["choices"]) - set(OPTIONS["auth_method"]["choices"]) == {"device_code"}


@pytest.mark.parametrize("example", list(yaml.safe_load_all(customers.EXAMPLES)), ids=["least", "filtered", "groups"])
def test_examples_use_options_that_there_are(example):
    assert example["plugin"] == customers.InventoryModule.NAME == OPTIONS["plugin"]["choices"][0]
    assert set(example) <= OWN | set(SHARED) | CONSTRUCTED
    assert set(example.get("filters", {})) <= {"include", "exclude"}


def test_statuses_that_are_documented_are_graphs():
    told = " ".join(OPTIONS["filters"]["description"])
    assert all(status in told for status in ("active", "expiring", "expired", "terminated"))
    assert {"active", "expiring", "expired", "terminated"} <= set(STATUSES)
