# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are whole or not there."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils import report_write
from ansible_collections.mssp.defender.plugins.plugin_utils.report_run import run
from ansible_collections.mssp.defender.plugins.plugin_utils.report_write import write, write_directory
from ansible_collections.mssp.defender.tests.unit import audits


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
