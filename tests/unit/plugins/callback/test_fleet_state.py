# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pickle
import types

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils import fleet_result, fleet_view
from ansible_collections.mssp.defender.plugins.plugin_utils.fleet_book import Book, Told
from ansible_collections.mssp.defender.plugins.plugin_utils.fleet_state import Fleet, Play

NAMES = tuple("abcdef")


def task(name="Groups", action="mssp.defender.aad_group", **more):
    return types.SimpleNamespace(**{"name": name, "action": action, "check_mode": False, "_parent": None, "_uuid": name, **more})


def change(action, name="x", entity_id=None):
    return {"object": {"type": "group", "name": name, "id": entity_id}, "action": action, "property": "p"}


@pytest.fixture
def fleet():
    made = Fleet()
    made.begin(Play(streams=True, pinned=True, hosts=NAMES))
    return made


# -- who is through -------------------------------------------------------------------------------------------------------


def test_a_place_that_is_given_away_tells_that_its_customer_is_done(fleet):
    fleet.start("a", "t", 0)
    fleet.start("b", "t", 0)
    fleet.result("a", 3)
    assert [x.name for x in fleet.start("c", "t", 3.1)] == ["a"]
    assert fleet.customer("a").took == 3
    assert list(fleet.active) == ["b", "c"]


def test_the_next_task_of_a_customer_tells_nothing(fleet):
    fleet.start("a", "t", 0)
    fleet.start("b", "t", 0)
    fleet.result("a", 1)
    fleet.result("b", 1)
    assert fleet.start("a", "u", 1) == []
    assert list(fleet.active) == ["a", "b"]


def test_without_pinned_places_only_time_tells():
    fleet = Fleet()
    fleet.begin(Play(streams=True, hosts=NAMES))
    fleet.start("a", "t", 0)
    fleet.result("a", 1)
    assert fleet.start("b", "t", 2) == []
    assert fleet.settle(5.9) == []
    assert [x.name for x in fleet.settle(6.1)] == ["a"]
    assert fleet.settle(1000) == [], "b is busy"


def test_in_step_nobody_is_through_before_the_end():
    fleet = Fleet()
    fleet.begin(Play(hosts=NAMES))
    fleet.start("a", "t", 0)
    fleet.result("a", 1)
    assert fleet.settle(1000) == []
    assert [x.name for x in fleet.end()] == ["a"]


def test_who_has_failed_takes_no_part_in_the_next_play(fleet):
    fleet.customer("b").failed = True
    fleet.customer("c").unreachable = True
    fleet.begin(Play(hosts=NAMES))
    assert fleet.play.hosts == ("a", "d", "e", "f")


# -- the estimate ---------------------------------------------------------------------------------------------------------


def test_nothing_is_estimated_before_one_is_done(fleet):
    fleet.start("a", "t", 0)
    assert fleet.left(10) is None


def test_the_estimate_counts_who_waits_and_what_remains_of_who_runs(fleet):
    fleet.start("a", "t", 0)
    fleet.start("b", "t", 0)
    fleet.result("a", 10)
    fleet.start("c", "t", 10)
    # 10 s each; d, e, f wait, b is over its time, c has 10 s before it: 40 s of work for two places.
    assert fleet.left(10) == 20
    assert fleet.left(14) == 18


# -- what results say -----------------------------------------------------------------------------------------------------


def test_changes_count_objects_not_properties():
    result = {"changed": True, "changes": [change("update", "x", "1"), change("update", "x", "1"), change("update", "y", "2")]}
    assert fleet_result.changes(result) == {"update": 2}


def test_two_new_links_of_one_object_are_two():
    assert fleet_result.changes({"changed": True, "changes": [change("create"), change("create")]}) == {"create": 2}


@pytest.mark.parametrize(
    ("result", "counts"),
    [
        ({"changed": True}, {"task": 1}),
        ({"changed": True, "results": [{"changed": True}, {"changed": True}]}, {"task": 1}),
        ({"changed": False, "changes": [change("create")]}, {}),
        (
            {"changed": True, "results": [{"changed": False, "changes": [change("create")]}, {"changed": True, "changes": []}]},
            {"task": 1},
        ),
        ({"changed": True, "changes": "of another module"}, {"task": 1}),
        ({"changed": True, "changes": [1, {"action": ["create"]}, {"action": "delete", "object": None}]}, {"delete": 1}),
        ({}, {}),
    ],
)
def test_changes_of_other_shapes(result, counts):
    assert fleet_result.changes(result) == counts


def test_what_was_found():
    result = {"results": [{"requests": [{}, {}], "warnings": ["x"]}, {"requests": [{}]}]}
    assert fleet_result.found(result, "mssp.defender.access_package_request_info") == {"requests": 3}
    assert fleet_result.found({"groups": [{}]}, "mssp.defender.tenant_info") == {}
    assert fleet_result.found({"groups": [{}]}, "other.collection.group_info") == {}


def test_a_failure_of_others_says_all_it_has():
    result = {"msg": "non-zero return code", "stderr": "no such file\n", "stdout": "", "rc": 2}
    assert fleet_result.sentence(result) == "non-zero return code\nstderr: no such file"
    assert fleet_result.sentence({"msg": "Cannot do it.", "failure": {}, "stderr": "x"}) == "Cannot do it."


def test_a_block_with_rescue_catches_what_lies_deep_in_it_and_nothing_of_its_rescue():
    outer = types.SimpleNamespace(_uuid="outer", _parent=None, block=[], rescue=[], always=[])
    inner = types.SimpleNamespace(_uuid="inner", _parent=outer, block=[], rescue=[], always=[])
    deep, saver = task("deep", _parent=inner), task("saver", _parent=outer)
    outer.block, outer.rescue, inner.block = [inner], [saver], [deep]
    assert fleet_result.rescued(deep)
    assert not fleet_result.rescued(saver)


# -- the book -------------------------------------------------------------------------------------------------------------


def test_a_sentence_once_for_each_customer(fleet):
    book = Book(fleet)
    for number in range(3):
        book.failed(Told("a", task(f"t{number}"), {"msg": "The same."}), 1.0, ignored=False)
    assert fleet_view.failures(fleet) == [("a", ["  t0: The same."])]


def test_items_that_are_forgiven_leave_nothing(fleet):
    book = Book(fleet)
    book.item_failed(Told("a", task(), {"msg": "bad item"}), "one")
    book.failed(Told("a", task(), {"msg": "One or more items failed"}), 1.0, ignored=True)
    assert fleet_view.failures(fleet) == []
    assert fleet.customer("a").news.ignored == 1
    assert fleet.customer("a").state == "ok"


def test_in_check_mode_it_would(fleet):
    book = Book(fleet)
    book.ok(Told("a", task(), {"changed": True, "check_mode": True, "changes": [change("create")]}), 1.0)
    assert fleet.customer("a").state == "would change"
    assert " ".join(fleet_view.line(fleet.customer("a"), 1)[2].split()) == "0.0 s 1 to create"
    book.ok(Told("b", task(), {"changed": True, "check_mode": False, "changes": [change("delete")]}), 1.0)
    assert fleet.customer("b").state == "changed"
    assert fleet_view.line(fleet.customer("b"), 1)[2].endswith("1 deleted")


def test_what_is_known_does_not_grow_with_results(fleet):
    book = Book(fleet)

    def results(count):
        for number in range(count):
            fleet.start("a", f"task {number % 10}", float(number % 10))
            big = {"changed": True, "changes": [change("update", str(number))], "text": "x" * 1000, "requests": [{}] * 3}
            book.ok(Told("a", task(action="mssp.defender.access_package_request_info"), big), float(number % 10))
        return len(pickle.dumps(fleet))

    # Counters have more digits, and that is all.
    assert results(2000) - results(20) < 20


# -- what is shown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [1, 20, 40, 80, 200])
@pytest.mark.parametrize("rows", [1, 5, 24])
def test_the_foot_fits(fleet, columns, rows):
    for name in NAMES:
        fleet.start(name, "A task with quite a long name, as they are called", 0)
    lines = fleet_view.foot(fleet, columns, rows, 3.0, 0.0)
    assert all(len(line) < columns or not line for line in lines)
    assert len(lines) <= max(1, rows - 3)


def test_names_are_harmless_wherever_they_stand():
    fleet = Fleet()
    evil = "a\x1b[2J\u202e\n"
    fleet.begin(Play(streams=True, hosts=(evil,)))
    fleet.start(evil, "t", 0)
    book = Book(fleet)
    book.failed(Told(evil, task("t\x07"), {"msg": "m\x1b"}), 1.0, ignored=False)
    told = [*fleet_view.foot(fleet, 80, 24, 1, 0), *fleet_view.line(fleet.customer(evil), 1)]
    told += [text for who, lines in fleet_view.failures(fleet) for text in (who, *lines)]
    assert len(told) == 7
    assert not any(x in line for line in told for x in "\x1b\u202e\x07\n")


def test_many_who_were_not_reached_share_a_line():
    fleet = Fleet()
    fleet.begin(Play(hosts=tuple(f"c{number}" for number in range(12))))
    assert fleet_view.missed(fleet) == ([], []), "no play had anything to do"
    fleet.start("c0", "t", 0)
    rest, lines = fleet_view.missed(fleet)
    assert [x.name for x in rest] == ["c0"]
    assert [text for text, dummy in lines] == ["11 not reached: " + ",".join(f"c{number}" for number in range(1, 12))]
