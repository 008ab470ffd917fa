# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.inventory.customers import InventoryModule


class Plugin(InventoryModule):
    """One whose paths Ansible has resolved: an empty one is the folder of the inventory by then."""

    def get_option(self, option, hostvars=None):
        return f"/inventory/{option}"


@pytest.mark.parametrize(
    ("environment", "config", "value"),
    [("", {}, None), ("", {"ca_path": "ca.pem"}, "/inventory/ca_path"), ("ca.pem", {}, "/inventory/ca_path")],
    ids=["empty", "stated in the file", "set"],
)
def test_an_empty_path_of_the_environment_says_nothing(monkeypatch, environment, config, value):
    monkeypatch.setenv("MSSP_CA_PATH", environment)
    plugin = Plugin()
    plugin.templar = type("Templar", (), {"is_template": staticmethod(lambda text: False)})
    assert plugin._stated("ca_path", config) == value
