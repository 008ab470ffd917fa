# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a run of the role mssp_onboard tells at its end: where to go, what has changed, what is there, what stood in the way."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.plugin_utils import offboard_changes, onboard_preflight
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_facts import Item, Run, Values


def summary(run: Run) -> list[str]:
    """The lines that a run prints last: links, warnings of the preflight, and what somebody has to check by hand."""
    links = run.result("preflight")["links"]
    made = [result["access_package"] for result in run.results("packages")]
    where = f"{links['approvals'] or 'My Access of this cloud'}"
    # A cloud of which no My Access page is documented has no links of its packages either.
    lines = [f"Request {package['displayName']}: {package.get('request_url') or where}" for package in made]
    lines.append(f"Decide requests: {where}")
    lines.append(f"Defender portal: {links['portal'] or 'the portal of this cloud'}")
    if not run.plan["approvers_open"]:
        lines.append(
            f"Warning: the package {run.plan['packages'][-1]['name']} is closed, nobody can request it, until "
            "mssp_onboard_customer_approvers names who of the customer decides."
        )
    if run.plan.get("catalog_owner"):
        lines.append(
            "Not ours to make or change (mssp_onboard_catalog_owner): groups, the connected organization, and what is outside of "
            f"the catalog {run.plan['catalog']['name']}."
        )
    return [*lines, *onboard_preflight.warnings(run.result("preflight")), *run.text("check_by_hand")]


def changes(run: Run) -> list[Values]:
    """Every difference, as modules return it, in the order in which a run makes them."""
    single = ("organization", "catalog", "let_in")
    results = []
    for name in ("organization", "groups", "roles", "catalog", "packages", "policies", "initial_approvers", "let_in"):
        results += [run.result(name)] if name in single else run.results(name)
    # What an offboarding has removed is in the results of its own tasks.
    removed = offboard_changes.changes(run.variables) if run.result("offboard_begun") else []
    return [change for result in results for change in result.get("changes") or []] + removed


def objects(run: Run) -> Item:
    """What the tenant has now, as references; what a run that stopped has not come to is not in it."""
    preflight = run.result("preflight")
    found: Item = {name: preflight[name] for name in ("tenant", "links") if name in preflight}
    for name, returned in (("organization", "connected_org"), ("catalog", "catalog")):
        found |= {name: _short(run.result(name)[returned])} if returned in run.result(name) else {}
    loops = {"groups": "group", "roles": "role", "packages": "access_package", "policies": "policy"}
    for name, returned in loops.items():
        found[name] = [_short(result[returned]) for result in run.results(name) if returned in result]
    return found


def _short(entity: Values) -> Item:
    return {key: entity[key] for key in ("id", "displayName", "request_url") if entity.get(key) is not None}


def refusals(run: Run) -> list[Values]:
    """The plans that failed: those tell why, and list no changes."""
    planned = ("planned", "planned_roles", "planned_policies", "planned_approvers")
    looked = [result for name in planned for result in run.results(name)]
    return [result for result in looked if "msg" in result and "changes" not in result]


def failure(run: Run) -> Values:
    """The `failure` of the first plan that failed; empty where none did."""
    return next(iter(refusals(run)), {}).get("failure") or {}
