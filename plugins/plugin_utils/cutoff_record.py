# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a cut-off has done at one customer: each object with its outcome, and when the last write was accepted."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff import Found, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX

Record = dict[str, t.Any]

CUT, PLANNED, ALREADY, FAILED = "cut", "would be cut", "was cut already", "NOT cut"


class Step(t.NamedTuple):
    """A writing task: what it registers, the kind of its objects, what is done to them, and the fact that says when it ended."""

    name: str
    kind: str
    done: str
    ended: str


# In the order of the run.
STEPS = (
    Step("catalogs", "catalog", "unpublished", "cut_door_ended"),
    Step("policies", "policy", "closed", "cut_door_ended"),
    Step("requests", "request", "cancelled", "cut_door_ended"),
    Step("roles", "Defender role", "taken away", "cut_roles_ended"),
    Step("users", "user", "blocked", "cut_users_ended"),
    Step("personal_roles", "Defender role held in person", "taken away", "cut_users_ended"),
    Step("members", "group", "emptied of the MSSP's people", "cut_members_ended"),
    Step("assignments", "assignment", "told to end", "cut_assignments_ended"),
    Step("tenant", "the MSSP's tenant", "blocked inbound", "cut_ended"),
    Step("given_back", "Defender role of others", "given back", "cut_ended"),
)
# What remains unknown when a reading task fails.
_UNKNOWN = {
    "found_organizations": "who of the tenant is of the MSSP (its connected organization)",
    "found_policies": "the policies to close",
    "found_packages": "the MSSP's packages and their groups",
    "found_catalogs": "the catalog to unpublish",
    "found_requests": "the open requests to cancel",
    "found_roles": "the Defender roles to take away",
    "found_assignments": "the assignments to end",
    "found_users": "the users to block",
}


def record(found: Found, variables: Json, *, block_users: bool = True, skip_defender: bool = False) -> Record:
    """What has been done, as data.

    :param variables: the facts of the host: when each step ended.
    :param block_users: whether users were to be blocked.
    :param skip_defender: whether the customer has no unified RBAC, so that its roles cannot be read.
    :return: `rows`, each with `step`, `kind`, `name`, `id`, `outcome`, `done` (what was done, in a word), `why` and `failure` of
        a failure, `at`, `seconds`, `changes` and, of a group, `gone`; `unread`, each with `what` is not known and `why`; `left`,
        sentences about what was left on purpose; `blocked`, the users by name; `seconds` from the customer's start (`started`) to
        the last accepted write (`last_write`), both null when there was none; `customer`, `tenant`, `mssp`, `application` and
        `missing_permissions`; `check_mode`; `problem`, empty unless something unforeseen has stopped the run (`stopped`).
    """
    started = str(variables.get(f"{PREFIX}result_cut_started") or "")
    rows: list[Record] = []
    for step in STEPS:
        at = str(variables.get(f"{PREFIX}result_{step.ended}") or "")
        known = {"step": step.name, "kind": step.kind, "done": step.done, "at": at, "seconds": _between(started, at)}
        rows += [{**known, **_row(result, found)} for result in _results(found, step)]
    unread = _unread(found, skip_defender=skip_defender)
    written = [row["at"] for row in rows if row["outcome"] == CUT and row["at"]]
    preflight = found.result("preflight")
    return {
        "customer": str(variables.get("inventory_hostname") or ""),
        "tenant": {"named": found.plan["tenant"], **found.tenant},
        "mssp": {"tenant_id": found.mssp, "organizations": [str(x.get("displayName")) for x in found.organizations]},
        "application": (preflight.get("application") or {}).get("client_id"),
        "missing_permissions": list(preflight.get("missing_permissions") or []),
        "check_mode": any(result.get("check_mode") for step in STEPS for result in _results(found, step)),
        "started": started,
        "last_write": max(written, default=None),
        "seconds": _between(started, max(written)) if written else None,
        "rows": rows,
        "unread": unread,
        "left": _left(found, block_users=block_users),
        "blocked": [row["name"] for row in rows if row["step"] == "users" and row["outcome"] == CUT],
        "problem": "",
    }


def stopped(variables: Json, why: str, **asked: bool) -> Record:
    """What was done until something unforeseen ended the run.

    :param why: the message of the task that failed.
    :param asked: as for `record`.
    """
    if variables.get(f"{PREFIX}plan", {}).get("problem", "there is no plan"):
        told: Record = {"customer": str(variables.get("inventory_hostname") or ""), "rows": []}
    else:
        told = record(Found(variables), variables, **asked)
    done = any(row["outcome"] == CUT for row in told["rows"])
    return {**told, "problem": f"{'It stopped before its end' if done else 'NOTHING was cut'}: {why}"}


def not_cut(told: Json) -> list[str]:
    """What was not cut, each in a few words."""
    rows = [row for row in told.get("rows") or () if row["outcome"] == FAILED]
    return [*(f"{row['kind']} {row['name']}" for row in rows), *(x["what"] for x in told.get("unread") or ())]


def _results(found: Found, step: Step) -> list[Json]:
    result = found.result(f"cut_{step.name}")
    if "results" in result:
        return found.results(f"cut_{step.name}")
    # A task without a loop; registered but skipped, it has no module's result.
    return [result] if result and not result.get("skipped") else []


def _row(result: Json, found: Found) -> Record:
    # Only the task without a loop has no item: it is about the MSSP itself.
    item = result.get("item") or {"id": found.mssp, "label": found.mssp}
    failed = "changes" not in result
    changes = list(result.get("changes") or [])
    planned = bool(result.get("check_mode")) and bool(changes or "scopes" in item)
    # Who would get a role back has it still in check mode, so that nothing differs yet.
    outcome = FAILED if failed else PLANNED if planned else CUT if changes else ALREADY
    return {
        "name": str(item.get("label") or ""),
        "id": item.get("id"),
        "outcome": outcome,
        "why": str(result.get("msg") or "it is not known why") if failed else "",
        "failure": result.get("failure") if failed else None,
        "changes": changes,
        "gone": [person for change in changes if change.get("property") == "members" for person in _gone(change, found)],
    }


def _gone(change: Json, found: Found) -> list[str]:
    """Who is out of a group: by name where it is known, else by id."""
    before, stay = ([str(_id(x)) for x in change.get(when) or ()] for when in ("before", "after"))
    people = {key: str(person.get("userPrincipalName") or key) for key, person in found.people.items()}
    return [people.get(x.lower(), x) for x in before if x not in stay]


def _id(member: t.Any) -> t.Any:
    return member.get("id") if isinstance(member, dict) else member


def _unread(found: Found, *, skip_defender: bool) -> list[Record]:
    told = [{"what": what, "why": found.unread(name)} for name, what in _UNKNOWN.items() if found.unread(name)]
    if skip_defender:
        # Nobody expects an answer there; onboarding has made no roles.
        told = [x for x in told if x["what"] != _UNKNOWN["found_roles"]]
    groups = [x for x in found.results("found_groups") if "groups" not in x]
    return told + [{"what": f"the group {(x.get('item') or {}).get('label')}", "why": str(x.get("msg"))} for x in groups]


def _left(found: Found, *, block_users: bool) -> list[str]:
    """What was left on purpose, and what else there is to know."""
    left = [] if block_users else ["The MSSP's users were not blocked: mssp_cutoff_block_users is false."]
    if found.unread("preflight"):
        # Nothing to cut is hidden by that.
        left.append(f"What the tenant is called and what the token may do is not known. {found.unread('preflight')}")
    if not found.organizations and not found.unread("found_organizations"):
        left.append(
            "No connected organization of the MSSP is there: its people are known only by what they hold of the MSSP's packages."
        )
    return [*left, *found.kept_roles(), *found.open_to_all()]


def _between(started: str, at: str) -> float | None:
    try:
        return round((_moment(at) - _moment(started)).total_seconds(), 1)
    except ValueError:
        return None


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
