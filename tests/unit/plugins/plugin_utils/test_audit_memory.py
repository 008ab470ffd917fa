# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log forgets after a month, and the audit does not."""

from __future__ import annotations

import json

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_files import recall, store
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_memory import recalling
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_read import evidence
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    GROUPS,
    OTHER,
    PEOPLE,
    ago,
    assignment,
    facts,
    member,
    request,
)
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_spoiling import DIRECT, holds, with_groups


def entry(identifier, *targets, days=20, by="anna"):
    """An entry of the log."""
    return {
        "id": identifier,
        "activityDateTime": ago(days=days),
        "initiatedBy": {"user": {"id": PEOPLE[by], "userPrincipalName": f"{by}@contoso.example"}},
        "targetResources": [{"id": x} for x in targets],
    }


APPROVED = entry("e1", "request-ana-tier1")


def audit(directory, raw):
    """One audit as the lookup does it; what it found."""
    raw = recall(directory, raw)
    document = findings(raw)
    store(directory, document, evidence(raw))
    return document


def test_an_approval_is_known_long_after_the_log_has_forgotten_it(tmp_path):
    """Else what was approved would become a finding after a month, and nobody would know by whom."""
    raw = holds(facts(), assignment("ana", "tier1"), requests=[request("ana", "tier1", **DIRECT)])
    assert [x["id"] for x in findings(raw)["findings"]] == ["MSSP007"]
    for approved in ([APPROVED], [], []):
        document = audit(tmp_path, {**raw, "approved": approved})
        assert document["findings"] == []
        assert [x["approved_by"] for x in document["access"] if x["tier"] == "tier1"] == [["anna@contoso.example"]]
    (path,) = tmp_path.glob("*.facts.json")
    assert json.loads(path.read_text(encoding="utf-8"))["approved"] == [APPROVED]


def test_a_night_without_the_log_or_without_the_tenant_costs_no_memory(tmp_path):
    raw = holds(facts(), assignment("ana", "tier1"), requests=[request("ana", "tier1", **DIRECT)])
    audit(tmp_path, {**raw, "approved": [APPROVED]})
    audit(tmp_path, {**raw, "approved": None})
    nothing = {"customer": "contoso", "findings": []}
    for _night in range(2):
        store(tmp_path, nothing, {"customer": "contoso"})
    kept = json.loads((tmp_path / "contoso.facts.json").read_text(encoding="utf-8"))
    # It is not among what this audit has read.
    assert (kept.get("approved"), kept["remembered"]["approved"]) == (None, [APPROVED])
    assert audit(tmp_path, {**raw, "approved": []})["findings"] == []
    assert "remembered" not in json.loads((tmp_path / "contoso.facts.json").read_text(encoding="utf-8"))


def test_since_when_a_stranger_is_there_is_known_as_well(tmp_path):
    raw = with_groups(facts(), tier2=[member("lea")])
    told = []
    for added in ([entry("e2", PEOPLE["lea"], GROUPS["tier2"], by="carl")], []):
        (one,) = audit(tmp_path, {**raw, "added": added})["findings"]
        told.append((one["since"], one["by"], one["is"]))
    assert told[0] == told[1]
    assert told[0][:2] == (ago(days=20), "carl@contoso.example")


@pytest.mark.parametrize(
    ("now", "before", "known"),
    [
        ([APPROVED], [APPROVED], ["e1"]),
        ([entry("e3", "request-ana-tier1")], [APPROVED], ["e3", "e1"]),
        # Of a request that is not listed any more, of nothing, without a name, and what is no entry.
        ([], [entry("e4", "request-of-old")], []),
        ([], [entry("e5")], []),
        ([], [{**APPROVED, "id": None}], []),
        ([], [1, None, "e1", {"id": "e6", "targetResources": 7}], []),
        ([], {"e1": APPROVED}, []),
        # What could not be read is told, whatever was known.
        (None, [APPROVED], None),
    ],
)
def test_what_is_recalled(now, before, known):
    made = recalling({**facts(), "approved": now}, {"approved": before})["approved"]
    assert (made if made is None else [x["id"] for x in made]) == known


def test_a_stranger_who_has_left_is_forgotten():
    old = [entry("e7", OTHER, GROUPS["tier1"]), entry("e8", PEOPLE["ana"], GROUPS["tier1"])]
    assert [x["id"] for x in recalling(facts(), {"added": old})["added"]] == ["e8"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"approved": 1}'])
def test_what_is_no_memory_is_none(tmp_path, text):
    (tmp_path / "contoso.facts.json").write_text(text, encoding="utf-8")
    assert recall(tmp_path, facts()) == facts()
