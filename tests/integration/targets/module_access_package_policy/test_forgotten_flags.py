# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Justification flags that the service of some tenants accepts and does not keep (practice S8), by real playbook runs."""

from __future__ import annotations

import typing as t

from harness.story import Play
from harness.tenants import EM, Tenant

FLAGS = {
    "requestApprovalSettings.isRequestorJustificationRequired",
    "requestApprovalSettings.stages.0.isApproverJustificationRequired",
}


def test_flags_that_do_not_stick_are_told_and_no_change_of_every_run(play: Play, tenant: Tenant) -> None:
    catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses"})["id"]
    package = tenant.post(f"{EM}/accessPackages", {"displayName": "Tier 1", "catalog": {"id": catalog}})["id"]
    approval = {
        "for_new": True,
        "requestor_justification": True,
        "stages": [{"approvers": [{"user": tenant.user("ada")}], "approver_justification": True}],
    }
    wanted: dict[str, t.Any] = {"name": "P", "access_package": package, "approval": approval}

    play.quirks(justification_flags_stick=False)
    created = play.task("access_package_policy", **wanted)
    again = play.task("access_package_policy", **wanted)
    described = play.task("access_package_policy", **wanted, description="Other words")
    checked = play.check("access_package_policy", **wanted)
    play.quirks(justification_flags_stick=True)
    mended = play.task("access_package_policy", **wanted)
    silent = play.task("access_package_policy", **wanted)
    play.run()

    # The operator is told each time, and told what the tenant has.
    for step in (created, again, described):
        (warning,) = step.result["warnings"]
        assert all(flag in warning for flag in FLAGS)
        assert "does not keep" in warning
        assert step.result["policy"]["requestApprovalSettings"]["isRequestorJustificationRequired"] is False
    assert created.paths == [("create", None)]
    assert (again.changed, again.paths) == (False, [])
    assert again.result["diff"]["before"] == again.result["diff"]["after"]
    assert described.paths == [("update", "description")]
    # Whether a write would be kept cannot be known without one: the difference is there, and an audit shows it.
    assert {path for dummy, path in checked.paths} == FLAGS
    # A service that keeps them gets them.
    assert {path for dummy, path in mended.paths} == FLAGS
    assert mended.result.get("warnings", []) == []
    assert (silent.changed, silent.writes) == (False, [])
