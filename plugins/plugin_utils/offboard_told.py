# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What an offboarding tells people: what it ends and for whom, what is left and why, and what stays whatever it does."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_plan import Ending
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_run import (
    Offboarding,
    assignment_name,
    person,
    policy_name,
)
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import one_line

Values = t.Mapping[str, t.Any]
Item = dict[str, t.Any]


def objects(ending: Ending) -> list[Item]:
    """Everything that is to go, in the order in which it goes: `type`, `name`, `id`."""

    def thing(kind: str, name: str, identifier: t.Any) -> Item:
        return {"type": kind, "name": name, "id": identifier}

    ours = {str(x["id"]).lower() for x in ending.our_groups}
    roles = {str(x["id"]).lower() for x in ending.roles}
    found = [
        thing(
            "request",
            f"{(x.get('accessPackage') or {}).get('displayName')}: {person(x.get('target') or x.get('requestor') or {})}",
            x["id"],
        )
        for x in ending.requests
    ]
    found += [
        thing("Defender role assignment", f"{role.get('displayName')}: on {', '.join(x.get('appScopeIds') or [])}", x.get("id"))
        for role in ending.unassigned
        for x in role.get("assignments") or []
        if str(role["id"]).lower() in roles or {str(p).lower() for p in x.get("principalIds") or []} <= ours
    ]
    found += [thing("Defender role", x["displayName"], x["id"]) for x in ending.roles]
    found += [thing("assignment", assignment_name(x), x["id"]) for x in ending.assignments]
    found += [thing("assignment policy", policy_name(x), x["id"]) for x in ending.policies]
    found += [
        thing("role scope", f"{package['displayName']}: {_role_scope(x)}", x.get("id"))
        for package in ending.packages
        for x in package.get("resourceRoleScopes") or []
    ]
    found += [thing("access package", x["displayName"], x["id"]) for x in ending.packages]
    kept = {x.get("id") for x in ending.kept}
    found += [
        thing("catalog resource", f"{catalog['displayName']}: {x.get('displayName')}", x.get("id"))
        for catalog in ending.emptied
        for x in catalog.get("resources") or []
        if x.get("id") not in kept
    ]
    found += [thing("catalog", x["displayName"], x["id"]) for x in ending.catalogs]
    found += [thing("group", x["displayName"], x["id"]) for x in ending.groups]
    found += [thing("connected organization", x["displayName"], x["id"]) for x in ending.organizations]
    return found + [thing("user", person(x), x["id"]) for x in ending.users]


def _role_scope(scope: Values) -> str:
    role, what = scope.get("role") or {}, scope.get("scope") or {}
    return f"{role.get('displayName')} of {what.get('displayName') or what.get('originId')}"


def stays(run: Offboarding) -> list[str]:
    """What no offboarding by an application ends, each as a sentence with the step that does."""
    application = run.result("preflight").get("application") or {}
    client, identifier = application.get("client_id"), application.get("object_id")
    permissions = ", ".join(application.get("permissions") or []) or "none"
    which = f"{client} (object id {identifier})" if identifier else str(client)
    return [
        f"The MSSP's enterprise application {which} stays in the customer's tenant, with {permissions}. It cannot delete itself. "
        "An administrator of the customer does: Microsoft Entra admin center, Enterprise applications, this application, "
        f"Properties, Delete; or: az ad sp delete --id {client}. Then run the playbook offboard with "
        "-e mssp_offboard_verify=true.",
        "Granular delegated admin relationships (GDAP) and reseller relationships are ended in Partner Center or, by the "
        "customer, in the Microsoft 365 admin center under Settings, Partner relationships.",
        "An entry for the MSSP in the cross-tenant access settings stays.",
        "Deleted groups and users can be restored for 30 days (deletedItems).",
        "Audit logs stay as long as the tenant keeps them, 30 days by default with Entra ID P1, and so do ended assignments and "
        "requests.",
        "Sessions that are open go on until their access tokens expire, about an hour by default; Defender's own delay is not "
        "published.",
    ]


def blocked(run: Offboarding) -> list[str]:
    """Whom the tenant's own setting will block, each as a sentence."""
    settings = run.result("preflight").get("settings")
    people = run.ending().blocked
    if not people:
        return []
    if settings is None:
        what = "may block and later delete them: the setting may not be read by this application"
    else:
        days = settings.get("durationUntilExternalUserDeletedAfterBlocked")
        deletes = str(settings.get("externalUserLifecycleAction")).lower() == "blocksigninanddelete"
        what = "blocks them from signing in" + (f" and deletes them after {days or 'a while'}" if deletes else "")
    names = ", ".join(person(x) for x in people)
    ends = f"The last assignment of {names} ends, and the tenant's own setting for external users {what}, whatever else they use."
    return [ends]


def left(ending: Ending) -> list[str]:
    """What is left and why, each as a sentence."""
    return [f"The {x['type']} '{x['name']}' ({x['id']}) is left: {'; '.join(x['reasons'])}." for x in ending.left]


def lines(run: Offboarding, customer: str) -> list[str]:
    """What is about to end and for whom, each one line for a terminal."""
    return [one_line(line) for line in _lines(run, customer)]


def _lines(run: Offboarding, customer: str) -> list[str]:
    ending = run.ending()
    if ending.problem:
        return [f"Customer {customer}: {ending.problem}"]
    tenant = run.result("preflight").get("tenant") or {}
    head = f"Customer {customer}, tenant {tenant.get('id')} ({tenant.get('display_name')})"
    if ending.nothing:
        return [f"{head}: there is nothing to remove.", *left(ending)]
    found = [f"{head}: this ends."]
    found += [
        f"Access of {person(x.get('target') or {})} to {(x.get('accessPackage') or {}).get('displayName')}"
        for x in ending.assignments
    ]
    closed = [f"catalog '{x['displayName']}'" for x in ending.catalogs] + [f"policy '{policy_name(x)}'" for x in ending.policies]
    found += [f"Closed: {', '.join(closed)}"] if closed else []
    found += [
        f"{'Cancelled' if x['type'] == 'request' else 'Removed'}: {x['type']} '{x['name']}' ({x['id']})" for x in objects(ending)
    ]
    return [*found, *blocked(run), *left(ending)]


def facts(run: Offboarding, customer: str) -> Item:
    """The fact mssp_onboard_offboard."""
    ending = run.ending()
    return {
        "problem": ending.problem,
        "nothing": ending.nothing,
        "lines": lines(run, customer),
        "removes": objects(ending),
        "left": ending.left,
        "left_why": left(ending),
        "blocked": ending.blocked,
        "blocked_why": blocked(run),
        "stays": stays(run),
    }
