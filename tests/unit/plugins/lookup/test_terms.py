# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each lookup names the terms that it knows when it is asked for another one, and documents all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleLookupError

from ansible_collections.mssp.defender.plugins.lookup import audit, cutoff, offboard, onboard
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_changes import STEPS

LOOKUPS = {"audit": audit, "cutoff": cutoff, "offboard": offboard, "onboard": onboard}
# Documented together, as the names of steps.
TOGETHER = {"offboard": set(STEPS)}


class Templar:
    """Whatever it is given has no templates in it."""

    @staticmethod
    def template(value):
        return value


def known(name):
    """The terms that the lookup says it knows."""
    module = LOOKUPS[name]
    with pytest.raises(AnsibleLookupError) as refused:
        module.LookupModule(templar=Templar()).run(["nonsense"], {"mssp_onboard_plan": {}})
    (words,) = re.findall(rf"{name} knows no 'nonsense'. Use one of (.+)\.", str(refused.value))
    return set(words.split(", "))


@pytest.mark.parametrize("name", LOOKUPS)
def test_every_term_is_documented(name):
    page = yaml.safe_load(Path(LOOKUPS[name].__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    told = " ".join(page["DOCUMENTATION"]["options"]["_terms"]["description"])
    assert {term for term in known(name) if f"C({term})" not in told} - TOGETHER.get(name, set()) == set()


@pytest.mark.parametrize("name", LOOKUPS)
def test_roles_and_playbooks_ask_for_terms_that_there_are(name):
    root = Path(LOOKUPS[name].__file__).parents[2]
    pages = [path for folder in ("roles", "playbooks") for path in (root / folder).rglob("*.yml")]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    asked = set(re.findall(rf"mssp\.defender\.{name}', '(\w+)'", text))
    assert asked
    assert asked <= known(name)
