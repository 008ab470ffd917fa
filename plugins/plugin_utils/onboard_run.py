# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A run of the role mssp_onboard: its plan, with what its tasks have found and made so far. Answers the lookup `onboard`."""

from __future__ import annotations

import collections.abc
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name
from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_preflight, onboard_told
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_facts import Item, Run, Values, reference, referred


def answer(asked: str, variables: Values) -> t.Any:
    """What is asked for.

    :param asked: one of `ANSWERS`.
    :param variables: the host's facts and registered results, as they are.
    :return: what plugins/lookup/onboard.yml says of the term; a list is the items of a task's loop, or lines.
    """
    return ANSWERS[asked](Run(variables))


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
            else {"id": KNOWN_AFTER_APPLY, "displayName": group["name"], "uniqueName": unique_name(mssp, group["key"])}
            for here, group in zip(known, groups, strict=True)
        ],
    }


def _seen(run: Run) -> Item:
    found = run.result("preflight").get("groups") or []
    return seen(run.plan["groups"], found, run.mssp, run.results("planned"))


def _unsure(run: Run) -> bool:
    """Whether a run has to look closer before its first write (tasks/guard.yml), also for who is who."""
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
    requestor = reference(organization) if organization else {"id": KNOWN_AFTER_APPLY, "displayName": "the MSSP"}

    def more(item: Values) -> Item:
        later = {"id": KNOWN_AFTER_APPLY, "displayName": item["package"]}
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


def _initial_approvers(run: Run, package: Values, policy: Values) -> list[Item]:
    """An assignment for each person who approves from the first day: a bare membership would be nobody's decision."""
    why = "Named by the customer to approve from the first day"
    options = {"access_package": package, "policy": policy, "justification": why}
    return [{"name": person, "options": {**options, "target": person}} for person in run.plan["initial_approvers"]]


def _planned_approvers(run: Run) -> list[Item]:
    later = {"id": KNOWN_AFTER_APPLY, "displayName": run.plan["packages"][-1]["name"]}
    return _initial_approvers(run, later, {"id": KNOWN_AFTER_APPLY, "displayName": run.plan["policies"][-1]["name"]})


# The terms of the lookup `onboard`, beside `plan`.
ANSWERS: t.Mapping[str, t.Callable[[Run], t.Any]] = {
    "mssp": lambda run: run.mssp,
    "unsure": _unsure,
    "unclear_groups": lambda run: groups(_seen(run)["unclear"], run.mssp),
    "planned_roles": lambda run: roles(run.plan["roles"], _seen(run)["groups"]),
    "planned_policies": lambda run: policies(run.plan["policies"], _seen(run)["groups"]),
    "refusals": onboard_told.refusals,
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
    "summary": onboard_told.summary,
    "findings": lambda run: onboard_preflight.lines(run.result("preflight"), run.plan, run.mssp),
    "shut": lambda run: onboard_preflight.shut(run.result("preflight"), run.mssp),
    "changes": onboard_told.changes,
    "objects": onboard_told.objects,
    "failure": onboard_told.failure,
}
