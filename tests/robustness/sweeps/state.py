# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a customer's tenant holds of an onboarding, read by plain GETs, ids replaced by names, so that two tenants compare."""

from __future__ import annotations

import collections
import json
import typing as t

from sweeps.customer import EM, Customer

# kind -> objects by their label, each as often as it is there.
State = dict[str, list[tuple[str, t.Any]]]

_ROLES = "roleManagement/defender/roleDefinitions"
_ASSIGNMENTS = "roleManagement/defender/roleAssignments"
_BY_ID = {
    "group": "groups",
    "role": _ROLES,
    "assignment": _ASSIGNMENTS,
    "organization": f"{EM}/connectedOrganizations",
    "catalog": f"{EM}/catalogs",
    "package": f"{EM}/accessPackages",
    "policy": f"{EM}/assignmentPolicies",
}
# Order means something in these only.
_ORDERED = ("stages", "questions")
# Given by the server, or a matter of the day of creation.
_LEFT_OUT = ("id", "version", "isBuiltIn", "isEnabled")
_START = "startDateTime"
_GROUP = "id,displayName,description,uniqueName,mailNickname,securityEnabled,mailEnabled,groupTypes"


def read(customer: Customer) -> State:
    """Everything, whoever made it, but for what Microsoft puts into each tenant."""
    listed = _listed(customer)
    names = _names(customer, listed)
    state: State = {}
    for kind, objects in listed.items():
        said = [(_label(kind, item, names), _plain(item, names)) for item in objects]
        state[kind] = sorted(said, key=lambda one: (one[0], json.dumps(one[1], sort_keys=True)))
    return state


def names(customer: Customer) -> dict[str, str]:
    """What each id of the tenant is called."""
    return _names(customer, _listed(customer))


def settle(customer: Customer, rounds: int) -> None:
    """Look at everything, listed and by id, so often: lags count reads, then no reader sees an old state any more."""
    for _round in range(rounds):
        for kind, objects in _listed(customer).items():
            for item in objects:
                if path := _BY_ID.get(kind):
                    customer.look(f"{path}/{item['id']}", beta=path.startswith("roleManagement"))


def _names(customer: Customer, listed: dict[str, list[dict[str, t.Any]]]) -> dict[str, str]:
    names = {customer.tenant_id: "<tenant>", customer.domain: "<domain>"}
    for user in customer.list("users?$select=id,userPrincipalName"):
        names[user["id"]] = f"<user {user['userPrincipalName'].partition('@')[0]}>"
    for kind, objects in listed.items():
        for item in objects:
            if item.get("displayName") and kind != "resource":
                names[item["id"]] = f"<{kind} {item['displayName']}>"
    for policy in listed["policy"]:
        names[policy["id"]] = f"<policy of {policy['accessPackage']['displayName']}>"
    return names


def _listed(customer: Customer) -> dict[str, list[dict[str, t.Any]]]:
    catalogs = [x for x in customer.list(f"{EM}/catalogs") if x.get("catalogType") == "userManaged"]
    groups = customer.list(f"groups?$select={_GROUP}")
    for group in groups:
        group["members"] = customer.list(f"groups/{group['id']}/members?$select=id")
        group["owners"] = customer.list(f"groups/{group['id']}/owners?$select=id")
    return {
        "group": groups,
        "role": [x for x in customer.list(_ROLES, beta=True) if not x.get("isBuiltIn")],
        "assignment": customer.list(_ASSIGNMENTS, beta=True),
        "organization": customer.list(f"{EM}/connectedOrganizations"),
        "catalog": catalogs,
        "resource": [
            # Its name is a copy of the group's from the day on which it came into the catalog.
            {**x, "catalog": catalog["id"], "displayName": None, "description": None}
            for catalog in catalogs
            for x in customer.list(f"{EM}/catalogs/{catalog['id']}/resources?$expand=scopes")
        ],
        "package": customer.list(f"{EM}/accessPackages?$expand=catalog,resourceRoleScopes($expand=role,scope)"),
        "policy": customer.list(f"{EM}/assignmentPolicies?$expand=accessPackage"),
    }


def _label(kind: str, item: dict[str, t.Any], names: dict[str, str]) -> str:
    name = str(item.get("displayName"))
    if kind == "policy":
        return f"{item['accessPackage']['displayName']}: {name}"
    if kind == "resource":
        return f"{names.get(item['catalog'])}: {names.get(item['originId'])}"
    if kind == "assignment":
        return f"{names.get(item['roleDefinitionId'])}"
    return name


def _plain(value: t.Any, names: dict[str, str], key: str = "") -> t.Any:
    if isinstance(value, dict):
        kept = {}
        for name, item in value.items():
            if name in _LEFT_OUT or name.startswith("@odata.context") or "@odata.etag" in name:
                continue
            if name.endswith("DateTime") and name not in ("endDateTime", _START):
                continue
            # When reviews begin depends on the day; that they begin does not.
            kept[name] = bool(item) if name == _START else _plain(item, names, name)
        return kept
    if isinstance(value, list):
        inner = [_plain(item, names) for item in value]
        return inner if key in _ORDERED else sorted(inner, key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str):
        for identifier, name in names.items():
            value = value.replace(identifier, name)
    return value


def twice(state: State) -> list[str]:
    """What is there more often than once, by name."""
    found = []
    for kind, objects in state.items():
        counted = collections.Counter(label for label, _content in objects)
        found += [f"{kind} '{label}' is there {number} times" for label, number in counted.items() if number > 1]
    for label, package in state["package"]:
        granted = [json.dumps(scope["role"]["originId"]) for scope in package["resourceRoleScopes"]]
        if len(granted) != len(set(granted)):
            found.append(f"package '{label}' grants the same twice")
    return found


def differences(found: State, expected: State) -> list[str]:
    """How one state differs from another, in words; empty when they are equal."""
    said = twice(found)
    for kind in expected:
        there, wanted = dict(found[kind]), dict(expected[kind])
        said += [f"{kind} '{label}' is missing" for label in wanted.keys() - there.keys()]
        said += [f"{kind} '{label}' is too much" for label in there.keys() - wanted.keys()]
        for label in wanted.keys() & there.keys():
            said += [f"{kind} '{label}': {words}" for words in _differ(there[label], wanted[label], "")]
    return said


def _differ(found: t.Any, wanted: t.Any, path: str) -> list[str]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = sorted(found.keys() | wanted.keys())
        return [words for key in keys for words in _differ(found.get(key), wanted.get(key), f"{path}.{key}".lstrip("."))]
    return [] if found == wanted else [f"{path} is {found!r} instead of {wanted!r}"]
