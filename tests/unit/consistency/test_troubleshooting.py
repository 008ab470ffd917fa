# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of failures names every sentence that the plugins can say, and docs/troubleshooting.md is that table."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import _ADVICE
from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import _REMEDIES, _REVOKED
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import _IS_NOT
from ansible_collections.mssp.defender.tests.support.troubleshooting import page, sites, table

ROWS = table.rows()
SITES = sites.sites()

# What no user and no answer of Graph can cause, and why. The text is that of the place, with an ellipsis for what is computed.
NOBODY = {
    "the catalog is not named, and package names are unique only in a catalog. Set catalog.": "Ansible asks for catalog before",
    "the access package is not named, and policies have names only there. Set access_package.": "Ansible asks for it before",
}


def covered(site: sites.Site) -> bool:
    return any(
        site.says(row.msg)
        and (site.code is None or (row.failure is not None and row.failure.code == site.code))
        and site.of_role == (row.subject == "role")
        for row in ROWS
    )


def test_there_are_many_places():
    assert len(SITES) > 80


@pytest.mark.parametrize("site", [pytest.param(site, id=f"{site.place} {site.text[:60]}") for site in SITES])
def test_every_sentence_has_a_row(site):
    assert covered(site) != (site.text in NOBODY), f"{site.place} says, and no row of the table does: {site.text}"


def test_what_nobody_can_cause_is_still_there():
    assert set(NOBODY) <= {site.text for site in SITES}


@pytest.mark.parametrize("code", sorted(_REMEDIES))
def test_every_remedy_for_a_code_of_graph_has_a_row(code):
    of_code = [row for row in ROWS if row.failure and str(row.failure.code).lower() == code]
    assert of_code
    assert all(_REMEDIES[code] in row.msg or _REVOKED in row.msg or row.failure.code == "InvalidModel" for row in of_code)


@pytest.mark.parametrize("code", sorted(_ADVICE))
def test_every_advice_for_a_code_of_entra_id_has_a_row(code):
    cause, remedy = (re.sub(r"\{\w+\}", "…", words) for words in _ADVICE[code])
    parts = [re.escape(part) for part in f"{cause}… {remedy}".split("…")]
    said = [row.msg for row in ROWS if row.failure and row.failure.code == code]
    # One code may say more than one thing.
    assert any(re.search(".*".join(parts), sentence) for sentence in said)


def test_every_remedy_of_the_role_has_a_row():
    variables = yaml.safe_load((table.REPOSITORY / "roles/mssp_onboard/vars/main.yml").read_text(encoding="utf-8"))
    for code, remedy in variables.get("mssp_onboard_remedies", {}).items():
        assert any(row.subject == "role" and row.msg.endswith(" " + remedy) for row in ROWS), code


def test_every_kind_that_a_variable_is_not_has_a_row():
    for words in _IS_NOT.values():
        assert any(row.subject == "role" and f", which is {words}. " in row.msg for row in ROWS), words


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS if row.proved_by])
def test_what_a_unit_test_proves_is_proved_there(row):
    path, name = row.proved_by.split("::")
    text = (table.REPOSITORY / path).read_text(encoding="utf-8")
    assert f"def {name}(" in text


def test_rows_under_another_one_are_of_its_subject():
    titled = {row.id: row for row in ROWS if row.title}
    for row in ROWS:
        assert row.under is None or titled[row.under].subject == row.subject, row.id


def test_every_subject_is_provoked():
    tests = "".join(path.read_text(encoding="utf-8") for path in table.TABLE.parent.glob("test_*.py"))
    for subject in table.load():
        assert f'"{subject.name}"' in tests, subject.name


def test_a_sentence_is_one_line_of_code():
    for row in ROWS:
        assert "\n" not in row.msg, row.id
        assert "`" not in row.msg, row.id
        assert row.msg.count("{") == len(re.findall(r"\{[a-z_0-9]+\}", row.msg)), row.id


def test_the_page_is_what_the_table_says():
    assert page.PAGE.read_text(encoding="utf-8") == page.render(), "run make docs-troubleshooting"


def test_links_of_the_page_lead_somewhere():
    text = page.render()
    headings = [page.anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")]
    for target in re.findall(r"\]\(#([^)]*)\)", text):
        assert headings.count(target) == 1, target
