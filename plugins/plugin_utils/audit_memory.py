# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What an audit knows from its own earlier ones: Microsoft keeps the log for 30 days, and access lasts a year (practice S11).

What lies in the directory was perhaps not written by an audit: whatever has another shape is no memory.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Json, key

LOGS = ("approved", "added")


def remembering(document: t.Mapping[str, t.Any], earlier: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A document that knows since when and by whom where an earlier audit knew it: the log forgets (practice S11)."""
    listed = earlier.get("findings")
    # Whatever lies there was perhaps not written by an audit.
    there = [x for x in listed if isinstance(x, dict)] if isinstance(listed, list) else []
    known = {str(x.get("fingerprint")): x for x in there if x.get("since")}
    findings = []
    for finding in document["findings"]:
        before = known.get(finding["fingerprint"])
        if before and not finding["since"]:
            told = f"{finding['is']} An earlier audit knew: {before['since']}, by {before.get('by') or 'somebody unknown'}."
            finding = {**finding, "since": before["since"], "by": before.get("by"), "is": told}
        findings.append(finding)
    return {**document, "findings": findings}


def recalling(facts: t.Mapping[str, t.Any], earlier: t.Mapping[str, t.Any]) -> Json:
    """Facts with those entries of earlier ones of the log that it does not have any more, and that still tell something.

    An approval tells of a request that is still listed, an entry about a group of somebody who is in it now. A log that
    could not be read stays so: that it is told matters more.

    :param earlier: the facts that an earlier audit of the customer has kept.
    """
    made = dict(facts)
    requests = {key(x.get("id")) for x in _objects(facts.get("requests"))}
    members = {key(m.get("id")) for x in _objects(facts.get("groups")) for m in _objects(x.get("members"))}
    for name, about in zip(LOGS, (requests, members), strict=True):
        if not isinstance(facts.get(name), list):
            continue
        known = {key(x.get("id")) for x in _objects(facts[name])}
        old = [x for x in _earlier(earlier, name) if key(x.get("id")) not in known | {""} and _targets(x) & about]
        made[name] = [*facts[name], *old]
    return made


def keeping(facts: t.Mapping[str, t.Any], earlier: t.Mapping[str, t.Any]) -> Json:
    """Facts to be stored in the place of earlier ones: of a log that was not read this time the memory, under `remembered`."""
    kept = {name: _earlier(earlier, name) for name in LOGS if not isinstance(facts.get(name), list)}
    kept = {name: entries for name, entries in kept.items() if entries}
    return {**facts, "remembered": kept} if kept else dict(facts)


def _earlier(earlier: t.Mapping[str, t.Any], name: str) -> list[Json]:
    remembered = earlier.get("remembered")
    return _objects(earlier.get(name)) or _objects(remembered.get(name) if isinstance(remembered, dict) else None)


def _targets(entry: Json) -> set[str]:
    return {key(x.get("id")) for x in _objects(entry.get("targetResources"))} - {""}


def _objects(its: t.Any) -> list[Json]:
    return [x for x in its if isinstance(x, dict)] if isinstance(its, list) else []
