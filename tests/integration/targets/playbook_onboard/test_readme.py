# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README's inventories, taken out of README as they stand there and run: one customer, a second one, three tiers."""

from __future__ import annotations

import collections.abc
import re
import textwrap
import typing as t
from pathlib import Path

import pytest
from harness import onboarding
from harness.onboarding import Onboarding, estate
from harness.paths import REPOSITORY
from harness.playbook import Result

READ = [
    "microsoft.xdr/secops/securitydata/basics/read",
    "microsoft.xdr/securityposture/posturemanagement/vulnerabilitymanagement/read",
]


def written(heading: str) -> dict[str, str]:
    """The files of an inventory that README shows under a heading: path -> text."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    text = re.split(rf"^##+ {heading}\n", readme, flags=re.MULTILINE)[1]
    end = re.search(r"^##+ ", text, re.MULTILINE)
    found = {}
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```$", text[: end.start() if end else None], re.MULTILINE | re.DOTALL):
        content = textwrap.dedent(block)
        path = re.match(r"# (inventory/\S+)\n", content)
        assert path, content
        found[path[1]] = content
    return found


class Newcomer:
    """Somebody who copies README's files into a directory, and has the sandbox for Microsoft."""

    def __init__(self, job: Onboarding, directory: Path) -> None:
        self.job = job
        self.directory = directory

    def write(self, heading: str) -> None:
        """Write the files of a section."""
        for path, content in written(heading).items():
            file = self.directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")

    def follow(self, heading: str, *arguments: str, check: bool = False) -> Result:
        """Write the files of a section, and run the playbook as it says."""
        self.write(heading)
        sandbox = self.job.variables("contoso")
        # Where Microsoft is, and which application there is.
        names = ("client_id", "graph_url", "login_url", "ca_path")
        extra: dict[str, t.Any] = {f"mssp_onboard_{name}": sandbox[f"mssp_onboard_{name}"] for name in names}
        extra["vaulted_client_secret"] = sandbox["mssp_onboard_client_secret"]
        hosts = self.directory / "inventory"
        return self.job.run(hosts=hosts, extra_vars=extra, arguments=list(arguments), check=check)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Newcomer]:
    """With the first customer onboarded, then the second one, both as README says."""
    directory = tmp_path_factory.mktemp("newcomer")
    with onboarding.running(directory) as job:
        follower = Newcomer(job, directory)
        first = follower.follow("A real customer")
        assert first.rc == 0, first
        yield follower


def test_the_first_and_the_second_customer(newcomer: Newcomer) -> None:
    """The second one is onboarded beside the first, which is not touched; its approvers' package is open."""
    job = newcomer.job
    assert estate(job.tenant("contoso")).counts["policies"] == 3
    assert estate(job.tenant("adatum")).counts["groups"] == 0
    second = newcomer.follow("A second customer", "--limit", "adatum")
    assert second.rc == 0, second
    assert job.sandbox.log.all(job.tenant("contoso").tenant_id) == []
    there = estate(job.tenant("adatum"))
    assert there.counts["policies"] == 3
    (approvers,) = [x for x in there.policies if x["accessPackage"]["displayName"] == "FAB MSSP Analyst Approvers"]
    assert approvers["requestorSettings"]["enableTargetsToSelfAddAccess"] is True
    both = newcomer.follow("A second customer")
    assert (both.rc, job.sandbox.log.writes()) == (0, []), both


def test_three_tiers(tmp_path: Path) -> None:
    """README's three tiers for the customer of the section before: groups, roles, scopes, dates, stages; then silence."""
    with onboarding.running(tmp_path) as job:
        follower = Newcomer(job, tmp_path)
        follower.write("A real customer")
        assert follower.follow("A second customer").rc == 0
        planned = follower.follow("Three tiers", check=True)
        assert (planned.rc, job.sandbox.log.writes()) == (0, []), planned
        first = follower.follow("Three tiers")
        assert first.rc == 0, first
        adatum = job.tenant("adatum")
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

        again = follower.follow("Three tiers")
        assert (again.rc, job.sandbox.log.writes()) == (0, []), again
