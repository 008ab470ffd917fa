# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The files of an offboarding: what was there, what was removed when, what is verified gone, and their SHA-256.

The first before.json of an offboarding that was interrupted stays, so that the proof tells of everything that was there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_changes import STEPS, all_changes
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_plan import Seen
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_run import Offboarding
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_told import objects, stays
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import markdown_escape, markdown_table

Item = dict[str, t.Any]

_HEADER = ("what", "name", "id", "step", "step began", "request", "verified gone")
BEFORE, AFTER, PROOF, TEXT = "before.json", "after.json", "proof.json", "proof.md"
INTEGRITY = (
    "A SHA-256 of one's own file proves that the file was not changed since, not that what is in it is true. The tenant's audit "
    "log, and a look with the customer's own account, are the other half."
)


def _json(data: t.Any) -> str:
    return json.dumps(data, indent=2, default=str) + "\n"


def _read(path: pathlib.Path) -> Item:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def digest(path: pathlib.Path) -> str:
    """SHA-256 of a file; empty where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def interrupted(directory: str) -> bool:
    """Whether an offboarding has begun there that no proof has ended."""
    folder = pathlib.Path(directory)
    begun = digest(folder / BEFORE)
    return bool(begun) and (_read(folder / PROOF).get("files") or {}).get(BEFORE) != begun


def _now(run: Offboarding) -> str:
    return run.now.replace(microsecond=0).isoformat() + "Z"


def before(run: Offboarding, customer: str) -> str:
    """Everything that will be removed, whole, and everything that will not."""
    ending = dataclasses.asdict(run.ending())
    told = run.result("preflight")
    whole = {key: ending[key] for key in _WHOLE if ending[key]}
    return _json(
        {
            "customer": customer,
            "made": _now(run),
            "tenant": told.get("tenant"),
            "application": told.get("application"),
            "mssp": run.mssp,
            "settings": told.get("settings"),
            "removes": objects(run.ending()),
            "whole": whole,
            "blocked": ending["blocked"],
            "left": ending["left"],
            "stays": stays(run),
        }
    )


_WHOLE = (
    "requests",
    "unassigned",
    "roles",
    "assignments",
    "policies",
    "packages",
    "emptied",
    "catalogs",
    "groups",
    "organizations",
    "users",
)


def _there(seen: Seen) -> set[str]:
    """Ids of what a look has found."""
    found = [x for groups in seen.groups for x in groups]
    found += [*seen.packages, *seen.policies, *seen.organizations, *seen.requests, *seen.users]
    found += [x for x in seen.assignments if str(x.get("state")).lower() != "expired"]
    for parents, key in ((seen.catalogs, "resources"), (seen.roles, "assignments"), (seen.packages, "resourceRoleScopes")):
        found += [*parents, *(x for parent in parents for x in parent.get(key) or [])]
    return {str(x.get("id")).lower() for x in found}


def still_there(run: Offboarding) -> list[Item]:
    """What this run has removed and the latest look still shows."""
    there = _there(run.seen())
    return [x for x in _removed(run) if str(x["id"]).lower() in there]


def _removed(run: Offboarding) -> list[Item]:
    found = []
    for change in all_changes(run.variables):
        thing, gone = change["object"], change["action"] == "delete" or change["after"] == "canceled"
        identifier = thing.get("id") or (change["before"].get("id") if isinstance(change["before"], dict) else None)
        if gone:
            told = {
                "type": thing["type"],
                "name": thing["name"],
                "id": identifier,
                "step": change["step"],
                "began": change["began"],
            }
            found.append({**told, "request_id": change["request_id"]} if change["request_id"] else told)
    return found


def after(run: Offboarding, customer: str) -> str:
    """What was done, in order, and what a look afterwards still shows."""
    return _json(
        {
            "customer": customer,
            "made": _now(run),
            "changes": all_changes(run.variables),
            "still_there": still_there(run),
            "left": run.ending().left,
        }
    )


def proof(run: Offboarding, customer: str, directory: str) -> str:
    """One line for each thing that was there: when it was removed, and whether it is gone."""
    folder = pathlib.Path(directory)
    begun = _read(folder / BEFORE)
    done = {(x["type"], str(x["id"])): x for x in _removed(run)}
    first = list(begun.get("removes") or [])
    known = {(x["type"], str(x["id"])) for x in first}
    there = _there(run.seen())
    told = []
    # What came while the run was under way was not there before.
    for thing in [*first, *(done[key] for key in done if key not in known)]:
        removal = done.get((thing["type"], str(thing["id"])), {})
        told.append(
            {
                **{key: thing[key] for key in ("type", "name", "id")},
                "removed_in_step": removal.get("step"),
                "step_began": removal.get("began"),
                "request_id": removal.get("request_id"),
                # An earlier run, which was interrupted, has removed it without a word of when.
                "by": "this run" if removal else "an earlier run",
                "verified_gone": str(thing["id"]).lower() not in there,
            }
        )
    return _json(
        {
            "customer": customer,
            "tenant": begun.get("tenant"),
            "mssp": begun.get("mssp"),
            "application": begun.get("application"),
            "begun": begun.get("made"),
            "finished": _now(run),
            "objects": told,
            "soft_deleted": [x["name"] for x in told if x["type"] in ("group", "user")],
            "left": run.ending().left,
            "blocked": begun.get("blocked") or [],
            "stays": stays(run),
            "files": {name: digest(folder / name) for name in (BEFORE, AFTER)},
            "integrity": INTEGRITY,
        }
    )


def sums(directory: str) -> str:
    """As sha256sum -c reads it."""
    folder = pathlib.Path(directory)
    return "".join(f"{digest(folder / name)}  {name}\n" for name in (BEFORE, AFTER, PROOF, TEXT))


def text(directory: str) -> str:
    """The proof for people, as Markdown. Made of the file, so that both say the same."""
    folder = pathlib.Path(directory)
    told = _read(folder / PROOF)
    tenant, application = told.get("tenant") or {}, told.get("application") or {}
    found = [
        f"# Offboarding of {markdown_escape(told.get('customer'))}",
        "",
        f"Tenant {markdown_escape(tenant.get('display_name'))} ({markdown_escape(tenant.get('id'))}). MSSP tenant "
        f"{markdown_escape(told.get('mssp'))}. Begun {told.get('begun')}, finished {told.get('finished')} (UTC), by the "
        f"application {markdown_escape(application.get('client_id'))}.",
        "",
        "## What was there",
        "",
    ]
    rows = [
        (
            x["type"],
            x["name"],
            x["id"],
            STEPS.get(str(x.get("removed_in_step")), x.get("by")),
            x.get("step_began"),
            x.get("request_id"),
            "yes" if x["verified_gone"] else "NO",
        )
        for x in told.get("objects") or []
    ]
    found.append(markdown_table(_HEADER, rows))
    found += ["", "A step began at the time given; everything in it was removed before the next one began."]
    found += _section("Soft-deleted, and can be restored for 30 days", told.get("soft_deleted"))
    left = [f"{x['type']} '{x['name']}' ({x['id']}): {'; '.join(x['reasons'])}" for x in told.get("left") or ()]
    found += _section("Left, because it is in use otherwise", left)
    blocked = [f"{x.get('displayName')} ({x.get('email') or x.get('principalName')})" for x in told.get("blocked") or []]
    found += _section("Blocked by the tenant's own setting for external users", blocked)
    found += _section("What stays", told.get("stays"))
    found += ["", "## SHA-256", "", *(f"- {name}: {digest(folder / name)}" for name in (BEFORE, AFTER, PROOF))]
    return "\n".join([*found, "", INTEGRITY]) + "\n"


def _section(title: str, said: t.Any) -> list[str]:
    return ["", f"## {title}", "", *(f"- {markdown_escape(x)}" for x in said or ["nothing"])]
