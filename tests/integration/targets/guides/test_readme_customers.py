# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README, as it stands there: the first customer, a second one, three tiers, a playbook of one's own."""

from __future__ import annotations

import collections.abc

import pytest
from guides_reader import Reader, reading
from harness.applications import SECRETS
from harness.guide import Guide
from harness.onboarding import estate

FIRST, SECOND, THIRD, MODULES = "A real customer", "A second customer", "Three tiers", "Modules"
READ = [
    "microsoft.xdr/secops/securitydata/basics/read",
    "microsoft.xdr/securityposture/posturemanagement/vulnerabilitymanagement/read",
]
# What `make release-check` does.
ELSEWHERE = {
    "make build",
    "ansible-galaxy collection install .build/mssp-defender-*.tar.gz",
    "python -m pip install -r requirements.txt",
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Reader]:
    """One who has an inventory with the first customer, and its vault."""
    with reading(tmp_path_factory.mktemp("readme"), FIRST, SECOND, THIRD, MODULES) as there:
        there.first_customer()
        yield there


# In the order of the page: each goes on where the one before has ended.


def test_the_preflight(reader: Reader) -> None:
    """As its own guide says, before anything is there."""
    (command,) = (x for block in Guide("docs/preflight.md").blocks for x in block.commands)
    looked = reader.desk.at_terminal(f"{command} --ask-vault-pass")
    assert (looked.result.rc, looked.writes) == (0, []), looked.result


def test_the_first_customer(reader: Reader) -> None:
    planned = reader.type(FIRST, "--check --diff")
    assert planned.writes == []
    assert "+++ after: group 'Tier 1 Analyst'" in planned.result.stdout
    made = reader.type(FIRST, "mssp.defender.onboard", without="--check")
    assert len(made.writes) > 15
    counts = estate(reader.tenant("contoso")).counts
    assert (counts["groups"], counts["roles"], counts["packages"], counts["policies"]) == (3, 2, 3, 3)
    assert "https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/access-packages/" in made.result.stdout


def test_the_second_customer(reader: Reader) -> None:
    """It is onboarded beside the first, which is not asked; its approvers' package is open."""
    reader.desk.write(SECOND)
    assert reader.type(SECOND, "--check").writes == []
    assert estate(reader.tenant("adatum")).counts["groups"] == 0
    reader.type(SECOND, "--limit adatum", without="--check")
    assert reader.sandbox.log.all(reader.tenant("contoso").tenant_id) == []
    there = estate(reader.tenant("adatum"))
    assert there.counts["policies"] == 3
    (approvers,) = [x for x in there.policies if x["accessPackage"]["displayName"] == "FAB MSSP Analyst Approvers"]
    assert approvers["requestorSettings"]["enableTargetsToSelfAddAccess"] is True


def test_three_tiers(reader: Reader) -> None:
    """For the second customer: groups, roles, scopes, dates, stages; then silence, at the first one as well."""
    reader.desk.write(THIRD)
    # As README says: look first.
    assert reader.type(SECOND, "--check").writes == []
    reader.type(SECOND, "--limit adatum", without="--check")
    adatum = reader.tenant("adatum")
    there = estate(adatum)
    groups = {x["displayName"]: x["id"] for x in there.groups}
    assert there.counts["packages"] == 4
    assert set(groups) == {"FAB MSSP Analyst Approvers", *(f"FAB Tier {number} Analyst" for number in (1, 2, 3))}

    roles = {x["id"]: x for x in there.roles}
    granted = {x["displayName"]: x["rolePermissions"][0]["allowedResourceActions"] for x in roles.values()}
    assert sorted(granted["FAB Tier 3 Analysts"]) == sorted(READ)
    assert (len(granted["FAB Tier 1 Analysts"]), len(granted["FAB Tier 2 Analysts"])) == (8, 11)
    held = {roles[x["roleDefinitionId"]]["displayName"]: (x["principalIds"], x["appScopeIds"]) for x in there.assignments}
    assert held["FAB Tier 3 Analysts"] == ([groups["FAB Tier 3 Analyst"]], ["Mde", "Mdo"])
    assert held["FAB Tier 1 Analysts"] == ([groups["FAB Tier 1 Analyst"]], ["Mde"])

    policies = {x["accessPackage"]["displayName"]: x for x in there.policies}
    assert {name: x["expiration"]["duration"] for name, x in policies.items()} == {
        "FAB Tier 1 Analyst": "P180D",
        "FAB Tier 2 Analyst": "P90D",
        "FAB Tier 3 Analyst": "P365D",
        "FAB MSSP Analyst Approvers": "P365D",
    }
    approvers, anna = groups["FAB MSSP Analyst Approvers"], adatum.user("anna")
    one, two = policies["FAB Tier 2 Analyst"]["requestApprovalSettings"]["stages"]
    assert [x["groupId"] for x in one["primaryApprovers"]] == [approvers]
    assert [x["userId"] for x in two["primaryApprovers"]] == [anna]
    assert (two["isEscalationEnabled"], two["durationBeforeEscalation"]) == (True, "P3D")
    assert [x["groupId"] for x in two["escalationApprovers"]] == [approvers]
    (only,) = policies["FAB Tier 3 Analyst"]["requestApprovalSettings"]["stages"]
    assert [x["groupId"] for x in only["primaryApprovers"]] == [approvers]

    # Both customers: the first one as well.
    again = reader.type(FIRST, "mssp.defender.onboard", without="--check")
    assert again.writes == []


def test_a_playbook_of_ones_own(reader: Reader) -> None:
    (block,) = [x for x in reader.guide.blocks if x.heading == MODULES]
    (reader.directory / "own.yml").write_text(block.text, encoding="utf-8")
    run = reader.desk.shell(f"ansible-playbook own.yml -e vaulted_client_secret={SECRETS['onboard']}")
    assert (run.result.rc, run.writes) == (0, []), run.result
    (asked,) = [x for x in run.result.tasks if x.task == "What may this application do here?"]
    assert asked.result["tenant"]["id"] == reader.tenant("contoso").tenant_id


def test_nothing_of_these_sections_is_left(reader: Reader) -> None:
    assert reader.guide.left == ELSEWHERE
