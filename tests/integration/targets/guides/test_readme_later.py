# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README, as it stands there: a customer that is taken over, audited, cut off and left. And what other guides repeat of it."""

from __future__ import annotations

import collections.abc
import json
import re
import shlex

import pytest
from guides_reader import Reader, reading
from harness.guide import Guide
from harness.onboarding import estate

ADOPT, AUDIT, CUTOFF, END = "A customer set up by hand", "Who can do what, and what is wrong", "An emergency", "The end"
# The same commands, in a guide of their own.
REPEATED = {"docs/audit.md": AUDIT, "docs/offboarding.md": END}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Reader]:
    """One whose first customer is onboarded, by the command of the guide to the callback fleet."""
    with reading(tmp_path_factory.mktemp("readme"), ADOPT, AUDIT, CUTOFF, END) as there:
        before = Reader(there.sandbox, there.directory, ["A real customer"])
        before.first_customer()
        (command,) = (x for block in Guide("docs/fleet.md").blocks for x in block.commands)
        made = there.desk.at_terminal(f"{command} --ask-vault-pass")
        assert made.result.rc == 0, made.result
        # As it says: one line for the customer.
        assert re.search(r"^contoso +changed .* 21 created", made.result.stdout, re.MULTILINE), made.result
        yield there


# In the order of the page: each goes on where the one before has ended.


def test_a_customer_set_up_by_hand(reader: Reader) -> None:
    """Somebody has renamed a package: what is adopted knows it, and onboarding finds nothing to do."""
    contoso = reader.tenant("contoso")
    package = next(x for x in estate(contoso).packages if x["displayName"] == "Tier 1 Analyst")
    contoso.patch(f"identityGovernance/entitlementManagement/accessPackages/{package['id']}", {"displayName": "Watch"})
    assert reader.type(ADOPT, "mssp.defender.adopt").writes == []
    assert "Watch" in (reader.directory / "mssp-reports" / "host_vars" / "contoso.yml").read_text(encoding="utf-8")
    run = reader.type(ADOPT, "mssp.defender.onboard")
    assert run.writes == []
    assert "--- before" not in run.result.stdout
    contoso.patch(f"identityGovernance/entitlementManagement/accessPackages/{package['id']}", {"displayName": "Tier 1 Analyst"})


def test_the_audit(reader: Reader) -> None:
    reader.desk.write(AUDIT)
    (command,) = reader.guide.command(AUDIT)
    run = reader.desk.at_terminal(command)
    assert run.writes == []
    # The run fails for what it finds: nobody is an approver yet.
    assert (run.result.rc, run.failed()) == (2, ["2 findings of severity grave; 1 would be enough to fail."]), run.result
    document = json.loads((reader.directory / "mssp-reports/audit/customers/contoso.json").read_text(encoding="utf-8"))
    assert document["complete"] is True


def test_an_emergency(reader: Reader) -> None:
    reader.type(CUTOFF)
    there = estate(reader.tenant("contoso"))
    assert there.assignments == []
    assert [x["state"] for x in there.catalogs] == ["unpublished"]


def test_the_end(reader: Reader) -> None:
    assert reader.type(END, "--check").writes == []
    assert estate(reader.tenant("contoso")).counts["packages"] == 3
    reader.type(END, "mssp_offboard_confirm")
    assert set(estate(reader.tenant("contoso")).counts.values()) == {0}


def test_nothing_of_these_sections_is_left(reader: Reader) -> None:
    assert reader.guide.left == set()


@pytest.mark.parametrize("page", sorted(REPEATED))
def test_a_guide_repeats_these_commands(reader: Reader, page: str) -> None:
    def words(guide: Guide, heading: str) -> list[list[str]]:
        said = [x for block in guide.blocks if block.heading == heading for x in block.commands]
        return [[word for word in shlex.split(x) if word != "--ask-vault-pass"] for x in said]

    assert words(Guide(page), "") == words(reader.guide, REPEATED[page])
