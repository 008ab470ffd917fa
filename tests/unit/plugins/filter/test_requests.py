# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of the playbook requests pass on what they are given."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mssp.defender.plugins.filter import requests_chosen, requests_table
from ansible_collections.mssp.defender.tests.unit.fakes import A

CHOSEN = requests_chosen.FilterModule().filters()["requests_chosen"]
TABLE = requests_table.FilterModule().filters()["requests_table"]
RECORD = {"customer": "contoso", "requests": [{"id": A, "accessPackage": {"displayName": "Tier 1"}}], "decided": []}


def test_the_requests_are_those_that_were_given():
    (found,) = CHOSEN(RECORD["requests"], {"tier": "t1"}, [{"key": "t1", "group": "Tier 1"}])
    assert found is RECORD["requests"][0]
    assert CHOSEN(RECORD["requests"], {}) == []


@pytest.mark.parametrize(("form", "kind"), [("lines", list), ("failures", list), ("md", str), ("csv", str), ("json", str)])
def test_every_form(form, kind):
    made = TABLE([RECORD], form, decision="deny", made="2026-11-23")
    assert isinstance(made, kind)
    if form != "failures":
        assert A in "".join(made)


def test_an_unknown_form():
    with pytest.raises(AnsibleFilterError, match="knows no 'pdf'"):
        TABLE([RECORD], "pdf")
