# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A run of the role mssp_onboard: its plan, with what its tasks have found and made so far.

Read from the role's facts and registered results as they are, which Ansible has no templates in.
"""

from __future__ import annotations

import collections.abc
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name
from ansible_collections.mssp.defender.plugins.plugin_utils import offboard_changes, onboard_preflight
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX

Values = t.Mapping[str, t.Any]
Item = dict[str, t.Any]

# What check mode returns as the id of an object that is not there yet; modules take it in check mode only.
_LATER = "(known after apply)"
# The mark of an object that this run has made and nobody has used yet, as modules know it.
_NOTHING_IN_IT = "nothing_in_it"
# What modules need of an object that another one refers to. The whole of it would be carried through every template.
_REFERENCE = ("id", "displayName", "resources")


def answer(asked: str, variables: Values) -> t.Any:
    """What is asked for, by the words of the lookup `onboard`."""
    return _ANSWERS[asked](_Run(variables))


class _Run:
    """The facts of one customer."""

    def __init__(self, variables: Values) -> None:
        self._variables = variables

    @property
    def variables(self) -> Values:
        """All of them."""
        return self._variables

    @property
    def plan(self) -> Values:
        return t.cast(Values, self._variables[f"{PREFIX}plan"])

    def result(self, name: str) -> Values:
        """What a task has registered; empty where it has not run."""
        found = self._variables.get(f"{PREFIX}result_{name}")
        # Inside the very loop that registers it, ansible-core 2.21 has something of its own there.
        return found if isinstance(found, collections.abc.Mapping) else {}

    def results(self, name: str) -> list[Values]:
        """The results of a loop."""
        return list(self.result(name).get("results") or [])

    def made(self, name: str, returned: str) -> list[Item]:
        """The objects that a loop has returned, as references."""
        return [referred(result, returned) for result in self.results(name)]

    def text(self, name: str) -> t.Any:
        """A constant of the role's vars."""
        return self._variables[PREFIX + name]

    @property
    def mssp(self) -> str:
        """Tenant id of the MSSP, stated or looked up; empty when Microsoft knows none of its domain."""
        return str(self.plan["mssp"] or (self.result("preflight").get("looked_up") or {}).get("id") or "")


def reference(entity: Values) -> Item:
    """An object as other tasks refer to it."""
    return {key: entity[key] for key in _REFERENCE if entity.get(key) is not None}


def referred(result: Values, returned: str) -> Item:
    """The object that a task of this run has returned, as later tasks of it refer to it.

    What the task has made is used by the next task of this run first: that need not ask what is in it.
    """
    made = any(change["action"] == "create" and change["property"] is None for change in result.get("changes") or ())
    return {**reference(result[returned]), **({_NOTHING_IN_IT: True} if made else {})}


# ---- what is there before the first write --------------------------------------------------------------------------


def seen(groups: t.Sequence[Values], found: t.Iterable[Values], mssp: str, planned: t.Iterable[Values] = ()) -> Item:
    """What a look at the directory by display names tells of the planned groups. A name is no proof of origin.

    :param groups: `groups` of a plan.
    :param found: the groups that have one of their names, as `aad_group_info` returns them.
    :param mssp: tenant id of the MSSP, which the unique names carry.
    :param planned: the results of planning those of `unclear`, in their order.
    :return: `sure`: all of them are there and ours, so that nothing else needs to be looked at; `unclear`: those that have to be
        planned one by one before the first write; `groups`: all as they are or will be.
    """
    there = list(found)
    later = iter(planned)
    known: list[Values | None] = []
    unclear = []
    for group in groups:
        same = [x for x in there if x.get("displayName") == group["name"]]
        stated = group["options"].get("group_id")
        claim, wanted = ("id", str(stated).lower()) if stated else ("uniqueName", unique_name(mssp, group["key"]))
        if len(same) == 1 and str(same[0].get(claim) or "").lower() == wanted:
            known.append(same[0])
        elif same or stated:
            unclear.append(group)
            known.append(next(later, {}).get("group"))
        else:
            known.append(None)
    return {
        "sure": not unclear and None not in known,
        "unclear": unclear,
        "groups": [
            reference(here)
            if here
            else {"id": _LATER, "displayName": group["name"], "uniqueName": unique_name(mssp, group["key"])}
            for here, group in zip(known, groups, strict=True)
        ],
    }


def _seen(run: _Run) -> Item:
    found = run.result("preflight").get("groups") or []
    return seen(run.plan["groups"], found, run.mssp, run.results("planned"))


def _unsure(run: _Run) -> bool:
    own = str((run.result("preflight").get("tenant") or {}).get("id") or "")
    return not _seen(run)["sure"] or run.mssp.lower() in ("", own.lower())


# ---- the items of the loops ----------------------------------------------------------------------------------------


def _with(items: t.Iterable[Values], more: t.Callable[[Values], Item]) -> list[Item]:
    return [{**item, "options": {"name": item["name"], **item["options"], **more(item)}} for item in items]


def groups(items: t.Iterable[Values], mssp: str) -> list[Item]:
    """Groups, with their claims of origin. Whom the operator names by an id needs none."""
    return _with(items, lambda x: {} if "group_id" in x["options"] else {"unique_name": unique_name(mssp, x["key"])})


def roles(items: t.Iterable[Values], made: t.Sequence[Values]) -> list[Item]:
    """Defender roles, with their groups."""
    return _with(items, lambda item: {"assigned_groups": [made[item["number"]]]})


def packages(items: t.Iterable[Values], made: t.Sequence[Values], catalog: Item, directory: str | None) -> list[Item]:
    """Access packages, with their catalog (a reference), what they grant, and the customer's domain for their links."""
    both = {"catalog": catalog, "directory_hint": directory}
    *tiers, approvers = made

    def more(item: Values) -> Item:
        options = {**both, "resource_roles": [{"group": made[item["number"]]}]}
        if item["options"].get("append_incompatible"):
            options["incompatible_groups"] = tiers if item["number"] == len(tiers) else [approvers]
        return options

    return _with(items, more)


def policies(
    items: t.Iterable[Values],
    made: t.Sequence[Values],
    packages: t.Sequence[Values] | None = None,
    organization: Values | None = None,
) -> list[Item]:
    """Policies, with their packages, who may request, and our groups in the place of their names.

    Without packages and organization as they are planned before either is there.
    """
    by_name = {group["displayName"]: group for group in made if group.get("displayName")}
    requestor = reference(organization) if organization else {"id": _LATER, "displayName": "the MSSP"}

    def more(item: Values) -> Item:
        later = {"id": _LATER, "displayName": item["package"]}
        return {
            "access_package": later if packages is None else packages[item["number"]],
            "requestors": item["options"].get("requestors") or {"connected_organizations": [requestor]},
            "approval": _by_name(item["options"]["approval"], by_name),
            "reviews": _by_name(item["options"]["reviews"], by_name),
        }

    return _with(items, more)


def _by_name(data: t.Any, groups: t.Mapping[str, Values]) -> t.Any:
    """The same data with each `group` that names one of ours in its place, at any depth: by name it may not be there yet."""
    if isinstance(data, (list, tuple)):
        return [_by_name(item, groups) for item in data]
    if not isinstance(data, collections.abc.Mapping):
        return data
    return {
        key: groups[value] if key == "group" and isinstance(value, str) and value in groups else _by_name(value, groups)
        for key, value in data.items()
    }


def _initial_approvers(run: _Run, package: Values, policy: Values) -> list[Item]:
    """An assignment for each person who approves from the first day: a bare membership would be nobody's decision."""
    why = "Named by the customer to approve from the first day"
    options = {"access_package": package, "policy": policy, "justification": why}
    return [{"name": person, "options": {**options, "target": person}} for person in run.plan["initial_approvers"]]


def _planned_approvers(run: _Run) -> list[Item]:
    later = {"id": _LATER, "displayName": run.plan["packages"][-1]["name"]}
    return _initial_approvers(run, later, {"id": _LATER, "displayName": run.plan["policies"][-1]["name"]})


# ---- what is told at the end ---------------------------------------------------------------------------------------


def _summary(run: _Run) -> list[str]:
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


def _changes(run: _Run) -> list[Values]:
    single = ("organization", "catalog", "let_in")
    results = []
    for name in ("organization", "groups", "roles", "catalog", "packages", "policies", "initial_approvers", "let_in"):
        results += [run.result(name)] if name in single else run.results(name)
    # What an offboarding has removed is in the results of its own tasks.
    removed = offboard_changes.changes(run.variables) if run.result("offboard_begun") else []
    return [change for result in results for change in result.get("changes") or []] + removed


def _objects(run: _Run) -> Item:
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


def _refusals(run: _Run) -> list[Values]:
    """The plans that failed: those tell why, and list no changes."""
    planned = ("planned", "planned_roles", "planned_policies", "planned_approvers")
    looked = [result for name in planned for result in run.results(name)]
    return [result for result in looked if "msg" in result and "changes" not in result]


def _failure(run: _Run) -> Values:
    return next(iter(_refusals(run)), {}).get("failure") or {}


_ANSWERS: t.Mapping[str, t.Callable[[_Run], t.Any]] = {
    "mssp": lambda run: run.mssp,
    "unsure": _unsure,
    "unclear_groups": lambda run: groups(_seen(run)["unclear"], run.mssp),
    "planned_roles": lambda run: roles(run.plan["roles"], _seen(run)["groups"]),
    "planned_policies": lambda run: policies(run.plan["policies"], _seen(run)["groups"]),
    "refusals": _refusals,
    "groups": lambda run: groups(run.plan["groups"], run.mssp),
    "roles": lambda run: roles(run.plan["roles"], run.made("groups", "group")),
    "packages": lambda run: packages(
        run.plan["packages"],
        run.made("groups", "group"),
        referred(run.result("catalog"), "catalog"),
        run.plan["directory_hint"] or run.result("preflight")["tenant"]["domain"],
    ),
    "policies": lambda run: policies(
        run.plan["policies"],
        run.made("groups", "group"),
        run.made("packages", "access_package"),
        run.result("organization")["connected_org"],
    ),
    "planned_approvers": _planned_approvers,
    "initial_approvers": lambda run: _initial_approvers(
        run, run.made("packages", "access_package")[-1], run.made("policies", "policy")[-1]
    ),
    "summary": _summary,
    "findings": lambda run: onboard_preflight.lines(run.result("preflight"), run.plan, run.mssp),
    "shut": lambda run: onboard_preflight.shut(run.result("preflight"), run.mssp),
    "changes": _changes,
    "objects": _objects,
    "failure": _failure,
}
