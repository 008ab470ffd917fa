# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An evidence pack holds what was read, as tables too, and proves itself."""

from __future__ import annotations

import csv
import io
import re
import stat
import subprocess

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.report_evidence import directory_of, pack
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer
from ansible_collections.mssp.defender.plugins.plugin_utils.report_write import write_directory
from ansible_collections.mssp.defender.tests.unit import audits

FACTS = {
    "policies": [{"id": "p", "displayName": "SOC"}],
    "requests": [
        {
            "id": "r1",
            "accessPackage": {"displayName": "Tier 1"},
            "requestor": {"displayName": "=Ana", "email": "ana@x.example"},
            "justification": "Ticket 4711",
            "approval": {
                "stages": [
                    {"reviewResult": "Approve", "reviewedBy": {"displayName": "Ada"}, "justification": "Known"},
                    {"reviewResult": "Approve", "reviewedBy": {"displayName": "Bob"}, "justification": None},
                ]
            },
        },
        {"id": "r2", "approval": None},
    ],
    "reviews": [
        {
            "id": "v",
            "displayName": "Yearly",
            "instances": [
                {"status": "Completed", "decisions": [{"decision": "Approve", "principal": {"displayName": "Ana"}}]},
                {"status": "InProgress", "decisions": None},
            ],
        }
    ],
    "roles": [
        {
            "id": "x",
            "displayName": "Tier 1",
            "rolePermissions": [{"allowedResourceActions": ["a/read", "b/manage"]}],
            "assignments": [{"principalIds": ["g1", "g2"], "appScopeIds": ["Mde"]}],
        }
    ],
    "approved": [
        {
            "activityDateTime": "2026-11-02T09:14:00Z",
            "activityDisplayName": "Approve access package assignment request",
            "initiatedBy": {"app": None, "user": {"id": "u", "displayName": "Ada", "userPrincipalName": "ada@x.example"}},
            "targetResources": [{"displayName": "Ana", "id": "1"}, {"displayName": "Tier 1", "id": "2"}],
            "result": "success",
        }
    ],
    "Directory Audits/../x": [],
}


def customer(**more):
    return Customer("contoso", "contoso", document=audits.document("contoso", **more))


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def listed(directory):
    return sorted(path.name for path in directory.iterdir())


def test_a_directory_proves_itself(tmp_path):
    path = tmp_path / "evidence" / "contoso" / "20261123T200000Z"
    assert write_directory(path, pack(customer(), FACTS, "1.2.3"))
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "MANIFEST.sha256"], cwd=path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # Of every file there is.
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} == set(listed(path)) - {"MANIFEST.sha256"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(x.stat().st_mode) for x in path.iterdir()} == {0o600}

    (path / "access.csv").write_text("changed", encoding="utf-8")
    done = subprocess.run(["sha256sum", "--check", "MANIFEST.sha256"], cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "access.csv: FAILED" in done.stdout


def test_tables_for_people(tmp_path):
    files = pack(customer(), FACTS, "1.2.3")
    first, second = rows(files["requests.csv"])
    assert (first["who"], first["justification"], first["decided_by"]) == ("'=Ana", "Ticket 4711", "Ada; Bob")
    assert (first["decision"], first["decided_because"]) == ("Approve; Approve", "Known")
    assert second["request"] == "r2"
    [decision] = rows(files["decisions.csv"])
    assert (decision["review"], decision["review_status"], decision["who"], decision["decision"]) == (
        "Yearly",
        "Completed",
        "Ana",
        "Approve",
    )
    [approved] = rows(files["approved.csv"])
    assert (approved["who"], approved["to"], approved["when"]) == ("Ada", "Ana; Tier 1", "2026-11-02T09:14:00Z")
    assert [(row["role"], row["action"], row["assigned_to"], row["scopes"]) for row in rows(files["role_actions.csv"])] == [
        ("Tier 1", "a/read", "g1; g2", "Mde"),
        ("Tier 1", "b/manage", "g1; g2", "Mde"),
    ]


def named(its, name):
    """The same with every text in it replaced, but not the keys."""
    if isinstance(its, dict):
        return {key: named(value, name) for key, value in its.items()}
    if isinstance(its, list):
        return [named(x, name) for x in its]
    return name if isinstance(its, str) else its


@pytest.mark.parametrize("name", audits.HOSTILE)
def test_whatever_things_are_called_a_pack_proves_itself(tmp_path, name):
    """And its tables have a line for each row, none of them a formula; its page of contents a line for each file."""
    document = next(x for x in audits.hostile() if x["customer"].startswith(f"{name} "))
    files = pack(Customer(document["customer"], "x", document=document), named(FACTS, audits.HOSTILE[name]), "1.2.3")
    usual = pack(customer(not_checked=document["not_checked"]), FACTS, "1.2.3")
    assert set(files) == set(usual)
    assert len(files["README.txt"].splitlines()) == len(usual["README.txt"].splitlines())
    for table in (x for x in files if x.endswith(".csv") and x not in ("findings.csv", "access.csv")):
        assert len(rows(files[table])) == len(rows(usual[table]))
        assert len(files[table].splitlines()) == len(usual[table].splitlines())
        assert not [cell for row in rows(files[table]) for cell in row.values() if re.match(r"[=+\-@\t\r\n]", cell or "")]
    write_directory(tmp_path / "pack", files)
    done = subprocess.run(["sha256sum", "--check", "--status", "--strict", "MANIFEST.sha256"], cwd=tmp_path / "pack", check=False)
    assert done.returncode == 0


def test_no_fact_is_lost_and_none_is_a_path():
    files = pack(customer(), {**FACTS, "audit": 1, "Audit": 2, "": 3}, "1.2.3")
    assert {"policies.json", "directory_audits_x.json", "audit.json", "audit_.json", "audit__.json", "fact.json"} <= set(files)
    assert all("/" not in name and not name.startswith(".") for name in files)
    assert "mssp.defender 1.2.3" in files["README.txt"]


def test_without_facts_there_is_what_the_audit_found():
    files = pack(customer(findings=[audits.finding()], access=[audits.access()]), {}, "1")
    assert set(files) == {"audit.json", "findings.csv", "access.csv", "README.txt"}
    assert [row["id"] for row in rows(files["findings.csv"])] == ["MSSP001"]
    assert [row["approved_by"] for row in rows(files["access.csv"])] == ["Ada Approver"]


@pytest.mark.parametrize(
    ("ended", "name"),
    [
        ("2026-11-23T20:00:00Z", "20261123T200000Z"),
        ("../../x", "undated"),
        ("", "undated"),
        ("2026-11-23T20:00:00Z\n", "undated"),
    ],
)
def test_a_packs_directory(ended, name):
    assert directory_of(customer(ended=ended)) == name
