# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sponsors who decide, by real playbook runs."""

from __future__ import annotations

import typing as t

from harness.story import Play, same_changes
from harness.tenants import EM, Tenant


def test_sponsors_decide_and_review(play: Play, tenant: Tenant) -> None:
    catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses"})["id"]
    package = tenant.post(f"{EM}/accessPackages", {"displayName": "Tier 1", "catalog": {"id": catalog}})["id"]
    ada = tenant.user("ada")
    stages = [
        {"approvers": [{"sponsors": "internal"}], "fallback_approvers": [{"user": ada}]},
        {"approvers": [{"sponsors": "external"}, {"sponsors": "requestor"}], "fallback_approvers": [{"user": ada}]},
    ]
    wanted: dict[str, t.Any] = {"name": "P", "access_package": package, "approval": {"for_new": True, "stages": stages}}

    predicted = play.check("access_package_policy", **wanted)
    created = play.task("access_package_policy", **wanted)
    stored = play.get(f"{EM}/assignmentPolicies/" + created.ref("policy.id"))
    again = play.task("access_package_policy", **wanted)
    wrong = play.refused("access_package_policy", **{**wanted, "approval": {"stages": [{"approvers": [{"sponsors": "both"}]}]}})
    play.run()

    same_changes(predicted, created)
    kinds = [
        [item["@odata.type"] for item in stage["primaryApprovers"]]
        for stage in stored.result["requestApprovalSettings"]["stages"]
    ]
    graph = "#microsoft.graph."
    assert kinds == [[f"{graph}internalSponsors"], [f"{graph}externalSponsors", f"{graph}targetUserSponsors"]]
    assert (again.changed, again.writes) == (False, [])
    assert "internal, external, requestor" in wrong.msg
