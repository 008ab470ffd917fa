# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet may have been audited on several machines, and each customer's reports are that customer's alone."""

from __future__ import annotations

import json
import re
import shutil
import stat

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_files import store
from ansible_collections.mssp.defender.plugins.plugin_utils.report_run import run
from ansible_collections.mssp.defender.tests.unit import audits

FLEET = [*audits.fleet(12, people=3), *audits.hostile(), audits.failed("gone")]
NOW = "2026-11-23 20:00 UTC"
MADE = re.compile(rb"2026-\d\d-\d\d[ T]\d\d:\d\d(:00Z| UTC)")


def audited(directory, documents):
    """A machine that has audited these customers, in this order."""
    for document in documents:
        store(directory / "audit" / "customers", document, {"requests": [], "customer": document["customer"]})
    return directory


def reported(directory):
    """All files that the reports are, by their path; the minute in which they were made is left out."""
    told = run(
        str(directory / "audit"), fail_on="grave", fail_count=1, fail_unread=True, expected=["gone", "lost"], evidence=True
    )
    assert told["problem"] == ""
    found = {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    return {name: MADE.sub(b"then", text) if "customers/" not in name else text for name, text in found.items()}, {
        **told,
        "files": len(told["files"]),
    }


@pytest.mark.parametrize("machines", [2, 3, len(FLEET)])
def test_slices_of_several_machines_are_what_one_machine_would_have(tmp_path, machines):
    """Names, order, numbers and every byte: whoever audits what, and whatever is copied first."""
    whole, said = reported(audited(tmp_path / "whole", FLEET))
    gathered = tmp_path / "gathered"
    for number in reversed(range(machines)):
        there = audited(tmp_path / f"machine-{number}", FLEET[number::machines][::-1])
        shutil.copytree(there, gathered, dirs_exist_ok=True)
    merged, also = reported(gathered)
    assert sorted(merged) == sorted(whole)
    assert [name for name in whole if merged[name] != whole[name]] == []
    assert also == said


def test_a_customer_audited_on_two_machines_is_there_once(tmp_path):
    old = audits.document("contoso", ended=audits.instant(-1), findings=[audits.finding()])
    audited(tmp_path, [old])
    # A machine that calls its files otherwise.
    audits.write(tmp_path, [audits.document("contoso")])
    files, said = reported(tmp_path)
    assert (said["counts"]["customers"], said["counts"]["grave"]) == (3, 0)
    assert json.loads(files["audit/fleet.json"])["customers"][0]["file"] == "contoso-000"


def test_each_customers_reports_are_that_customers_alone(tmp_path):
    """They are handed over: of no other customer there is even the name."""
    documents = [
        audits.document(name, findings=[audits.finding(**{"is": f"Seen at {name}."})], access=[audits.access(tier=name)])
        for name in ("alpha", "beta", "gamma")
    ]
    audited(tmp_path, [*documents, audits.failed("delta", "No answer.")])
    reported(tmp_path)
    top = tmp_path / "audit" / "by_customer"
    assert sorted(x.name for x in top.iterdir()) == ["alpha", "beta", "delta", "gamma"]
    names = {"access.csv", "findings.csv", "findings.md", "findings.sarif", "index.html", "junit.xml"}
    for directory in top.iterdir():
        assert {x.name for x in directory.iterdir()} == {*names, f"{directory.name}.json"}
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert {stat.S_IMODE(x.stat().st_mode) for x in directory.iterdir()} == {0o600}
        for path in directory.iterdir():
            text = path.read_text(encoding="utf-8")
            # Tables of somebody of whom nothing is known are headings.
            assert directory.name in text or (directory.name == "delta" and path.suffix == ".csv")
            assert not re.search("|".join({"alpha", "beta", "gamma", "delta"} - {directory.name}), text)


def test_whose_page_it_is_and_what_a_result_leads_to(tmp_path):
    audited(tmp_path, [audits.document("a", findings=[audits.finding()]), audits.document("b")])
    files, _said = reported(tmp_path)
    assert b"<h1>Audit of the MSSP's access at <bdi>a</bdi></h1>" in files["audit/by_customer/a/index.html"]
    assert b"<h1>Audit of the MSSP's access</h1>" in files["audit/index.html"]
    for directory, category in (("audit", "mssp.defender/audit/"), ("audit/by_customer/a", "mssp.defender/audit/a/")):
        (run_,) = json.loads(files[f"{directory}/findings.sarif"])["runs"]
        # Else the results of one customer would take the place of another's.
        assert run_["automationDetails"]["id"] == category
        uri = run_["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert f"{directory}/{uri}" in files


@pytest.mark.parametrize("name", audits.HOSTILE)
def test_a_customers_name_is_no_path(tmp_path, name):
    (document,) = [x for x in audits.hostile() if x["customer"].startswith(f"{name} ")]
    audited(tmp_path, [document])
    reported(tmp_path)
    (directory,) = (tmp_path / "audit" / "by_customer").iterdir()
    assert re.fullmatch(r"[\w.-]{1,120}", directory.name, re.ASCII)
    assert len(list(directory.iterdir())) == 7
