# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model behind docs/scale.md: its corners, and that the page's table is its own."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.tests.support.controller import scale
from ansible_collections.mssp.defender.tests.support.controller.configuration import ROOT
from ansible_collections.mssp.defender.tests.support.controller.scale import AUDIT, FIRST, NO_CHANGE, Place, Work

PLACE = Place()
ALL = pytest.mark.parametrize("work", [FIRST, NO_CHANGE, AUDIT])


def took(work: Work, customers: int, *, slices_: int = 1, nodes: int = 1, forks_: int = 30, place: Place = PLACE) -> float:
    return scale.seconds(work, place, customers, slices_=slices_, nodes=nodes, forks_=forks_)


@ALL
def test_one_customer_takes_its_own_time(work):
    assert took(work, 1) == pytest.approx(PLACE.fixed + work.cpu + work.requests * PLACE.latency)


@ALL
def test_more_forks_help_until_the_cores_are_busy(work):
    enough = scale.forks(work, PLACE)
    assert took(work, 1000, forks_=enough // 3) > took(work, 1000, forks_=enough) * 1.5
    assert took(work, 1000, forks_=enough * 2) == pytest.approx(took(work, 1000, forks_=enough), rel=0.1)


def test_more_cores_help_until_the_parent_is_busy():
    many = [took(AUDIT, 1000, forks_=1000, place=Place(cores=cores)) for cores in (1, 2, 4, 8, 16)]
    assert many[0] > many[1] > many[2] > many[3] == many[4] == pytest.approx(PLACE.fixed + 1000 * AUDIT.parent)


@ALL
def test_slices_help_where_there_are_nodes(work):
    alone = took(work, 9000, slices_=9)
    assert took(work, 9000, slices_=9, nodes=3) == pytest.approx(alone / 3)
    assert took(work, 9000, slices_=9, nodes=9) == pytest.approx(alone / 9)


def test_a_slow_graph_is_answered_with_forks():
    slow = Place(latency=1.0)
    assert took(AUDIT, 1000, forks_=10, place=slow) > 3 * took(AUDIT, 1000, forks_=10, place=Place(latency=0.25))
    assert scale.forks(AUDIT, slow) > 3 * scale.forks(AUDIT, Place(latency=0.25))


@pytest.mark.parametrize(
    ("customers", "nodes", "wanted"), [(1, 10, 1), (100, 10, 1), (1000, 3, 3), (10_000, 1, 10), (10_000, 20, 20)]
)
def test_slices(customers, nodes, wanted):
    assert scale.slices(customers, nodes) == wanted


def test_no_job_grows_without_end():
    for customers in (1, 999, 1001, 25_000):
        for nodes in (1, 7):
            assert customers / scale.slices(customers, nodes) <= scale.MOST


def test_an_application_may_not_write_as_fast_as_many_nodes_could():
    assert scale.writes_allow(FIRST, 10_000) == pytest.approx(900)
    assert took(FIRST, 10_000, slices_=20, nodes=20, forks_=100) < 900
    assert scale.writes_allow(AUDIT, 10_000) == 0


def test_reading_stays_far_below_what_microsoft_lets_an_application_read():
    # 130,000 requests in 10 seconds, of all tenants together.
    assert scale.requests_a_second(AUDIT, PLACE, jobs=10, forks_=100) < 13_000 / 5


def test_the_pages_table_is_the_models():
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert f"<!-- made by tests/support/controller/scale.py -->\n\n{scale.table()}\n\n<!-- end -->" in page


@ALL
def test_the_page_says_what_the_model_computes_with(work):
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert f"| {work.cpu} | {work.parent} | {work.requests} | {scale.rate(work):,.0f} |" in page
