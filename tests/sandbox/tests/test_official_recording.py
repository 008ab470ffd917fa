# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log keeps answers when it is told to, so that they can be judged afterwards; and never a secret."""

from __future__ import annotations

import json

from sandbox_harness import BASIC, Graph, Running, Start

RECORDING = {**BASIC, "journal": {"answers": True}}


def test_answers_are_kept(start: Start) -> None:
    sandbox = start(RECORDING)
    graph = sandbox.graph()
    organization = graph.ok("GET", "/organization")
    refusal = graph("GET", "/groups/nobody").json()
    entries = sandbox.control("GET", "requests")["requests"]
    assert [entry["answer"] for entry in entries if entry["area"] == "graph"] == [organization, refusal]
    # An answer of the identity platform is a token.
    assert all("answer" not in entry for entry in entries if entry["area"] == "identity")
    assert "eyJ" not in json.dumps(entries)


def test_an_answer_stays_as_it_was(start: Start) -> None:
    sandbox = start(RECORDING)
    graph = sandbox.graph()
    body = {"displayName": "Before", "mailEnabled": False, "mailNickname": "x", "securityEnabled": True}
    group = graph.ok("POST", "/groups", body, 201)["id"]
    graph("PATCH", f"/groups/{group}", {"displayName": "After"}, 204)
    entries = sandbox.control("GET", "requests")["requests"]
    made = next(entry for entry in entries if entry["method"] == "POST" and entry["area"] == "graph")
    assert made["answer"]["displayName"] == "Before"


def test_passwords_are_not_kept(start: Start) -> None:
    sandbox = start(RECORDING)
    graph = sandbox.graph()
    person = {
        "accountEnabled": True,
        "displayName": "Eve",
        "mailNickname": "eve",
        "userPrincipalName": "eve@contoso.example",
        "passwordProfile": {"password": "hunter2-hunter2"},
    }
    graph("POST", "/users", person)
    assert "hunter2" not in json.dumps(sandbox.control("GET", "requests"))


def test_answers_are_not_kept_unasked(sandbox: Running, graph: Graph) -> None:
    graph.ok("GET", "/organization")
    assert all("answer" not in entry for entry in sandbox.control("GET", "requests")["requests"])
