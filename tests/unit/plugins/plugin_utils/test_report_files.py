# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are whole or not there, and an evidence pack proves itself."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
import subprocess

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils import report_write
from ansible_collections.mssp.defender.plugins.plugin_utils.report_evidence import directory_of, pack
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer
from ansible_collections.mssp.defender.plugins.plugin_utils.report_run import run
from ansible_collections.mssp.defender.plugins.plugin_utils.report_write import write, write_directory
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


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "findings.md"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    write(path, "new\n")
    assert path.read_text(encoding="utf-8") == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert listed(tmp_path) == ["findings.md"]


def test_half_a_character_ends_no_report(tmp_path):
    write(tmp_path / "a", "lone \ud800 here")
    assert (tmp_path / "a").read_bytes() == b"lone ? here"
    assert write_directory(tmp_path / "pack", {"a": "lone \ud800 here"})
    assert not write_directory(tmp_path / "pack", {"a": "lone \ud800 here"})
    assert (
        subprocess.run(["sha256sum", "--check", "--status", "MANIFEST.sha256"], cwd=tmp_path / "pack", check=False).returncode
        == 0
    )


def test_whatever_is_made_on_the_way_is_private(tmp_path):
    write_directory(tmp_path / "a" / "b" / "c", {"x": "1"})
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c")} == {
        0o700
    }


@pytest.mark.parametrize("breaks", ["fsync", "replace"])
def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch, breaks):
    path = tmp_path / "findings.md"
    path.write_text("old", encoding="utf-8")

    def full(*dummy):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_write.os, breaks, full)
    with pytest.raises(OSError, match="No space"):
        write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert listed(tmp_path) == ["findings.md"]


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs", encoding="utf-8")
    path = tmp_path / "index.html"
    path.symlink_to(elsewhere)
    write(path, "ours")
    assert elsewhere.read_text(encoding="utf-8") == "theirs"
    assert not path.is_symlink()


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


def test_the_same_pack_is_not_written_again(tmp_path):
    path = tmp_path / "contoso" / "day"
    assert write_directory(path, {"a": "1"})
    before = path.stat().st_ino
    assert not write_directory(path, {"a": "1"})
    assert path.stat().st_ino == before
    assert write_directory(path, {"a": "2", "b": "3"})
    assert listed(path) == ["MANIFEST.sha256", "a", "b"]
    assert listed(path.parent) == ["day"]


def test_a_pack_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "contoso" / "day"
    write_directory(path, {"a": "1"})
    rename, calls = os.rename, []

    def second_fails(old, new):
        calls.append(new)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        rename(old, new)

    monkeypatch.setattr(report_write.os, "rename", second_fails)
    with pytest.raises(OSError, match="Input/output"):
        write_directory(path, {"a": "2"})
    assert (path / "a").read_text(encoding="utf-8") == "1"
    assert listed(path.parent) == ["day"]


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


DEFAULTS = {"fail_on": "grave", "fail_count": 1, "fail_unread": True, "expected": [], "evidence": True}


def test_everything_is_written_beside_the_documents(tmp_path):
    audits.write(tmp_path, [*audits.fleet(3), *audits.hostile()])
    told = run(str(tmp_path / "audit"), **DEFAULTS)
    assert told["problem"] == ""
    names = ["access.csv", "findings.csv", "findings.md", "findings.sarif", "fleet.json", "index.html", "junit.xml"]
    assert listed(tmp_path / "audit") == sorted([*names, "by_customer", "customers", "evidence"])
    assert sorted(os.path.basename(x) for x in told["files"]) == names
    assert listed(tmp_path) == ["audit"]
    packs = list((tmp_path / "audit" / "evidence").glob("*/*/MANIFEST.sha256"))
    assert len(packs) == 13


def test_no_evidence_unless_wanted_and_none_of_who_was_not_audited(tmp_path):
    audits.write(tmp_path, [audits.document("a"), audits.failed("b")])
    run(str(tmp_path / "audit"), **{**DEFAULTS, "evidence": False})
    assert not (tmp_path / "audit" / "evidence").exists()
    run(str(tmp_path / "audit"), **DEFAULTS)
    assert listed(tmp_path / "audit" / "evidence") == ["a-000"]


def test_no_reports_of_each_customer_unless_wanted(tmp_path):
    audits.write(tmp_path, [audits.document("a")])
    run(str(tmp_path / "audit"), **DEFAULTS, each=False)
    assert not (tmp_path / "audit" / "by_customer").exists()


def test_who_is_expected_and_not_there(tmp_path):
    audits.write(tmp_path, [audits.document("a")])
    told = run(str(tmp_path / "audit"), **{**DEFAULTS, "expected": ["a", "b"]})
    assert told["verdict"] == "1 customer without a document: b."
    assert told["counts"]["not_audited"] == 1


@pytest.mark.parametrize(
    ("more", "make", "problem"),
    [
        (
            {},
            False,
            "There is no document of an audit in {0}/audit/customers: run mssp.defender.audit first, or set mssp_reports.",
        ),
        ({"fail_on": "bad"}, True, "mssp_report_fail_on is bad: use one of grave, warning, notice, info, never."),
        (
            {"fail_count": 0},
            True,
            "mssp_report_fail_count is 0: the least is 1. To let no finding fail a run, set mssp_report_fail_on to never.",
        ),
    ],
)
def test_what_cannot_be_reported(tmp_path, more, make, problem):
    if make:
        audits.write(tmp_path, [audits.document("a")])
    told = run(str(tmp_path / "audit"), **{**DEFAULTS, **more})
    assert told["problem"] == problem.format(tmp_path)
    assert not list(tmp_path.glob("audit/*.*"))


def test_a_disk_that_is_full_is_a_sentence(tmp_path, monkeypatch):
    audits.write(tmp_path, [audits.document("a")])

    def full(*dummy):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_write.os, "replace", full)
    told = run(str(tmp_path / "audit"), **DEFAULTS)
    assert told["problem"] == f"The reports cannot be written into {tmp_path}/audit: No space left on device."
