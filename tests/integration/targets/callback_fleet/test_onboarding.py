# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers of the sandbox: what is told is what their tenants hold."""

from __future__ import annotations

import collections.abc
import re

import pytest
from harness import onboarding
from harness.onboarding import Onboarding

FLEET = {"ANSIBLE_STDOUT_CALLBACK": "mssp.defender.fleet"}


@pytest.fixture(scope="module")
def started(ansible: str, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Onboarding]:
    """A sandbox with three customers."""
    with onboarding.running(tmp_path_factory.mktemp("fleet")) as running:
        yield running


def _customers(text: str, word: str) -> list[tuple[str, str]]:
    """(name, what happened) of the customers in that state."""
    return re.findall(rf"^(\w+) +{word} +[\d.]+ s(?:  (.*))?$", text, re.MULTILINE)


def test_the_way_of_three_customers(started: Onboarding) -> None:
    planned = started.run(env=FLEET, check=True, diff=True)
    assert planned.rc == 0, planned
    assert started.sandbox.log.writes() == []
    would = dict(_customers(planned.stdout, "would change"))
    assert len(would) == 3
    assert "+++" not in planned.stdout
    assert planned.stdout.rstrip().endswith("Check mode: nothing was written.")

    built = started.run(env=FLEET)
    assert built.rc == 0, built
    made = dict(_customers(built.stdout, "changed"))
    assert {name: re.sub("(creat|updat)ed", r"to \1e", told) for name, told in made.items()} == would
    total = sum(int(told.split()[0]) for told in made.values())
    assert f"\n{total} created, " in built.stdout

    again = started.run(env=FLEET)
    assert started.sandbox.log.writes() == []
    assert len(_customers(again.stdout, "ok")) == 3
    assert re.search(r"^3 customers in [\d.]+ s: 3 ok$", again.stdout, re.MULTILINE)

    name = "contoso"
    tenant = started.tenant(name)
    group = next(x for x in tenant.list("groups?$select=id,displayName") if x["displayName"].endswith("Tier 1 Analyst"))
    tenant.patch(f"groups/{group['id']}", {"description": "by hand"})
    drifted = started.run(env=FLEET, check=True, diff=True, verbosity=1)
    assert _customers(drifted.stdout, "would change") == [(name, "1 to update")]
    assert "+++ after: group" in drifted.stdout
