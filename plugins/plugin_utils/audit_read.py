# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A run of the role mssp_audit: what its tasks have read so far, and what the next ones are to read.

Read from the role's facts and registered results as they are, which Ansible has no templates in.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils import audit_facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_access import access
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_approvers import deciders
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_defender import principals
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import ADMINISTRATORS
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Json, key
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_ways_in import writes

Values = t.Mapping[str, t.Any]

PREFIX = "mssp_audit_"
_RESULT = f"{PREFIX}result_"


@dataclasses.dataclass(frozen=True)
class _Read:
    """What one task reads.

    :param returned: the key of its module's result.
    :param what: for people.
    """

    returned: str
    what: str


_READS: t.Mapping[str, _Read] = {
    "organizations": _Read("connected_orgs", "Connected organizations"),
    "catalogs": _Read("catalogs", "The catalog"),
    "packages": _Read("access_packages", "Access packages"),
    "policies": _Read("policies", "Assignment policies"),
    "roles": _Read("roles", "Defender roles"),
    "directory_roles": _Read("assignments", "Entra roles"),
    "catalog_roles": _Read("assignments", "Roles on catalogs"),
    "assignments": _Read("assignments", "Assignments"),
    "requests": _Read("requests", "Requests"),
    "reviews": _Read("reviews", "Access reviews"),
    "groups": _Read("groups", "Members of groups"),
    "people": _Read("users", "The people of the MSSP"),
    "users": _Read("users", "Users and their sign-ins"),
    "member_of": _Read("users", "The groups of the MSSP's people"),
    "added": _Read("entries", "The audit log of groups"),
    "approved": _Read("entries", "The audit log of approvals"),
}


def facts(variables: Values, options: Values, now: str, *, version: str, core: str) -> Json:
    """The facts of `audit_facts.py`, as far as they have been read.

    :param options: the role's own variables without their prefix.
    :param now: the instant of the audit.
    """
    plan = variables.get("mssp_onboard_plan") or {}
    tenant = variables.get(f"{_RESULT}tenant") or {}
    looked_up = tenant.get("looked_up") or {}
    made: Json = {
        "customer": variables.get("inventory_hostname"),
        "began": variables.get(f"{PREFIX}began") or now,
        "now": now,
        "version": version,
        "core": core,
        "options": dict(options),
        "plan": plan,
        "mssp": key(plan.get("mssp") or looked_up.get("id")),
        "tenant": tenant if "tenant" in tenant else {},
        "cloud": variables.get("mssp_onboard_cloud"),
        "skip_defender": not plan.get("roles"),
    }
    problems = []
    for name, read in _READS.items():
        made[name], problem = _value(variables.get(_RESULT + name) or {}, read.returned)
        if problem:
            problems.append({"what": read.what, "message": problem})
    made["sign_ins_read"] = made["users"] is not None
    if made["users"] is None:
        # Without sign-ins, where the log may not be read.
        made["users"], _problem = _value(variables.get(f"{_RESULT}users_only") or {}, "users")
    made["problems"] = problems
    why = (variables.get(f"{PREFIX}stopped") or {}).get("message")
    made["drift"] = {"changes": list(variables.get("mssp_onboard_changes") or ()), "problem": why}
    return made


def _value(result: Values, returned: str) -> tuple[list[Json] | None, str | None]:
    """(what a task has read or None, what went wrong or None); a loop's items together."""
    items = result.get("results") if "results" in result else [result]
    found: list[Json] = []
    for item in items or []:
        if item.get("skipped") or not item:
            return None, None
        if returned not in item:
            return None, str(item.get("msg") or "no answer")
        found += item[returned]
    return found, None


def evidence(raw: Values) -> Json:
    """The facts that are kept beside a document: what was read of the tenant, and what should be there."""
    known = Facts(raw)
    # What the customer has besides, and who administers the directory, is nobody's evidence.
    kept = [name for name in ("tenant", "plan", "drift", *_READS) if name not in ("directory_roles", "member_of")]
    made = {name: raw[name] for name in kept if raw.get(name) is not None}
    ours = {key(x["id"]) for x in packages_to_read(known)}
    if "packages" in made:
        made["packages"] = [x for x in made["packages"] if key(x["id"]) in ours]
    if "policies" in made:
        made["policies"] = policies_to_read(known)
    if "organizations" in made:
        made["organizations"] = [x for x in made["organizations"] if str(x["id"]) == organization(known)]
    return made


def stopped(result: Values) -> Json:
    """Why a task failed, of a loop the first item: `message` and `failure`."""
    failed = [x for x in result.get("results") or [] if x.get("failed")]
    first = failed[0] if failed else result
    return {"message": str(first.get("msg") or "A task failed."), "failure": dict(first.get("failure") or {})}


def error(variables: Values, raw: Values) -> Json | None:
    """Why the customer cannot be audited at all; None when it can."""
    said = variables.get(f"{PREFIX}stopped") or {}
    if not raw["tenant"]:
        return {"message": said.get("message") or "The tenant could not be read.", "failure": said.get("failure") or {}}
    sentence = refusal(raw)
    return {"message": sentence, "failure": {"code": "CanWrite", "message": sentence}} if sentence else None


def refusal(raw: Values) -> str:
    """Why the audit refuses the token (practice M12); empty when it does not."""
    application = (raw.get("tenant") or {}).get("application") or {}
    writing = sorted(writes(application.get("permissions") or []))
    if not writing or raw["options"].get("allow_write_token"):
        return ""
    return (
        f"The token of the application {application.get('client_id')} can write ({', '.join(writing)}), and an audit only reads. "
        "Give it an application of its own with permissions to read, or set mssp_audit_allow_write_token to true."
    )


# ---- what to read next ---------------------------------------------------------------------------------------------


def packages_to_read(known: Facts) -> list[Json]:
    """The managed packages, and all others that grant a managed group: `id` and `displayName`."""
    found = [x.package for x in known.managed if x.package]
    found += [x for managed in known.managed if managed.group_id for x in known.granting(managed.group_id)]
    return [{"id": x["id"], "displayName": x.get("displayName")} for x in {key(x["id"]): x for x in found}.values()]


def policies_to_read(known: Facts) -> list[Json]:
    """The policies of the managed packages."""
    return [x for managed in known.managed if managed.package for x in known.policies_of(managed.package["id"])]


def groups_to_read(known: Facts) -> list[str]:
    """Managed groups, groups that decide, and whoever holds a Defender role: which of them is a group, the answer says."""
    found = [*sorted(known.group_ids), *audit_facts.groups_that_decide(policies_to_read(known)), *principals(known.read("roles"))]
    admins = [x["principal"] for x in known.read("directory_roles") if x["role"].get("displayName") in ADMINISTRATORS]
    found += [str(x["id"]) for x in admins if x.get("type") == "group"]
    return list({key(x): str(x) for x in found}.values())


def users_to_read(known: Facts) -> list[str]:
    """Everybody with access, everybody who decides, and who holds a Defender role without being a group."""
    found = [x["id"] for group_id in known.group_ids for x in known.users_in(group_id)]
    found += [(x.get("target") or {}).get("id") for x in known.read("assignments") if key(x.get("state")) in audit_facts.LIVE]
    for policy in policies_to_read(known):
        found += [x for ids in deciders(known, policy)[0].values() for x in ids]
    found += [x for x in principals(known.read("roles")) if key(x) not in known.memberships]
    found += [x["principal"]["id"] for x in known.read("directory_roles") if x["role"].get("displayName") in ADMINISTRATORS]
    return [x for x in dict.fromkeys(key(x) for x in found) if x and x not in known.memberships]


def organization(known: Facts) -> str:
    """Id of the MSSP's connected organization; empty when there is none."""
    return next((str(x["id"]) for x in known.organizations), "")


def mssp_to_read(known: Facts) -> list[str]:
    """The people of the MSSP, whose groups are looked at."""
    return sorted(People(known).mssp_ids)


def groups_with_strangers(known: Facts) -> list[str]:
    """Groups with members whom the log is asked about."""
    found = (x["object"]["id"] for x in access(known, People(known)) if x["id"] == "MSSP001")
    return list(dict.fromkeys(str(x) for x in found))
