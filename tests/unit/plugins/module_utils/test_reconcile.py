# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import types

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.plugins.module_utils._normalise import exact, subjects, text
from ansible_collections.mssp.defender.plugins.module_utils._paths import has, overlay, pick, put
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import differences, plan_links, reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY, Link, Part, Property
from ansible_collections.mssp.defender.tests.unit.fakes import Clock
from ansible_collections.mssp.defender.tests.unit.memory import Memory


def lost(*, status=None):
    return GraphError("the answer was lost", outcome_unknown=True, status=status)


def as_results(outcome):
    return [change.as_result() for change in outcome.changes]


# -- paths -----------------------------------------------------------------------------------------------------------

NESTED = {"a": {"b": 1, "n": None}, "l": [{"x": 1}, {"x": [7, 8]}], "e": []}


@pytest.mark.parametrize(
    ("path", "value", "there"),
    [
        ("a", {"b": 1, "n": None}, True),
        ("a.b", 1, True),
        ("a.n", None, True),
        ("a.c", None, False),
        ("a.b.c", None, False),
        ("z.y.x", None, False),
        ("l.0.x", 1, True),
        ("l.1.x.1", 8, True),
        ("l.1.x.2", None, False),
        ("l.2", None, False),
        ("l.2.x", None, False),
        ("e", [], True),
        ("e.0", None, False),
    ],
)
def test_pick_and_has(path, value, there):
    assert pick(NESTED, path) == value
    assert has(NESTED, path) is there


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("a", 9),
        ("a.b", 9),
        ("l.0", 9),
        ("l.0.x", 9),
        ("l.2.x", 9),
        ("s.0.p", 9),
    ],
)
def test_put_makes_what_is_on_the_way(path, made):
    for start in ({}, {"a": {"k": 1}, "l": [{"k": 1}]}, {"a": None, "l": None, "s": "text"}):
        entity = copy.deepcopy(start)
        put(entity, path, made)
        assert pick(entity, path) == made


def test_put_keeps_what_stands_beside():
    entity = {"l": [{"x": 1, "y": 2}, {"z": 3}], "a": {"b": 1}}
    put(entity, "l.0.x", 9)
    put(entity, "a.c", 9)
    assert entity == {"l": [{"x": 9, "y": 2}, {"z": 3}], "a": {"b": 1, "c": 9}}


def test_put_fills_a_list_with_empty_objects():
    entity = {}
    put(entity, "l.2.x", 9)
    assert entity == {"l": [{}, {}, {"x": 9}]}


@pytest.mark.parametrize(
    ("current", "changed", "merged"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 9}}, {"a": {"b": 9, "c": 2}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"l": [1, 2]}, {"l": [3]}, {"l": [3]}),
        ({"l": [1, 2]}, {"l": []}, {"l": []}),
    ],
)
def test_overlay(current, changed, merged):
    before = copy.deepcopy((current, changed))
    made = overlay(current, changed)
    assert made == merged
    made["new"] = 1
    for value in made.values():
        if isinstance(value, (dict, list)):
            value.clear()
    assert (current, changed) == before


# -- differences -----------------------------------------------------------------------------------------------------

WHOLE = (
    Property("stages", "stages", lambda value: len(value or ())),
    Property("stages.0.approvers", "stages", subjects),
    Property("stages.0.note", "stages", text),
    Property("stages2", "stages2", exact),
    Property("start", "start", exact, compared=False),
)


def changed_paths(current, desired):
    return [prop.path for prop, dummy, dummy2 in differences(WHOLE, current, desired)]


def test_differences_reports_what_is_stated_and_differs():
    assert changed_paths({"stages2": 1}, {}) == []
    assert changed_paths({"stages2": 1}, {"stages2": 1}) == []
    assert changed_paths({"stages2": 1}, {"stages2": 2}) == ["stages2"]
    assert changed_paths({}, {"stages2": 2}) == ["stages2"]


def test_differences_skips_what_lies_inside_a_differing_whole():
    one = {"approvers": [{"@odata.type": "singleUser", "userId": "a"}]}
    two = {"approvers": [{"@odata.type": "singleUser", "userId": "b"}], "note": "x"}
    assert changed_paths({"stages": [one]}, {"stages": [two]}) == ["stages.0.approvers", "stages.0.note"]
    # A path that merely begins with the same letters is not inside.
    assert changed_paths({"stages": []}, {"stages": [two], "stages2": 1}) == ["stages", "stages2"]


def test_differences_never_compares_what_is_only_sent():
    assert changed_paths({"start": 1}, {"start": 2}) == []


# -- one object ------------------------------------------------------------------------------------------------------


def test_create_sends_the_stated_and_what_a_create_needs_once():
    resource = Memory({"displayName": "x", "note": "stated"})
    outcome = reconcile(resource)
    assert resource.log == ["create {'displayName': 'x', 'note': 'stated', 'hidden': False}"]
    assert outcome.changed
    assert as_results(outcome) == [
        {
            "object": {"type": "thing", "name": "x", "id": None},
            "action": "create",
            "property": None,
            "before": None,
            "after": {"displayName": "x", "note": "stated", "hidden": False},
        }
    ]
    assert outcome.entity["id"] == "id-1"
    assert outcome.before == {}
    assert outcome.after == {"displayName": "x", "note": "stated", "hidden": False}


def test_a_stated_value_beats_the_one_a_create_would_send():
    resource = Memory({"displayName": "x", "hidden": True})
    reconcile(resource)
    assert resource.stored["hidden"] is True


def test_check_mode_predicts_a_create_and_writes_nothing():
    desired = {"displayName": "x", "note": "stated"}
    links = {"tags": ["a", "b"]}
    predicted = reconcile(checked := Memory(desired, links=links), check_mode=True)
    done = reconcile(Memory(desired, links=links))
    assert checked.log == []
    assert as_results(predicted) == as_results(done)
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert predicted.entity == {**done.entity, "id": KNOWN_AFTER_APPLY}


def test_nothing_to_do():
    resource = Memory({"displayName": "x", "note": ""}, {"id": "id-1", "displayName": "x", "note": None, "hidden": True})
    outcome = reconcile(resource)
    assert resource.log == []
    assert not outcome.changed
    assert outcome.changes == []
    assert outcome.entity["id"] == "id-1"
    assert outcome.before == outcome.after


def test_update_sends_only_what_is_stated_and_differs():
    stored = {"id": "id-1", "displayName": "x", "note": "old", "hidden": True, "unmanaged": 1}
    resource = Memory({"displayName": "x", "note": "new"}, stored)
    outcome = reconcile(resource)
    assert resource.log == ["update {'note': 'new'}"]
    assert resource.stored == {**stored, "note": "new"}
    assert as_results(outcome) == [
        {
            "object": {"type": "thing", "name": "x", "id": "id-1"},
            "action": "update",
            "property": "note",
            "before": "old",
            "after": "new",
        }
    ]
    assert (outcome.before, outcome.after) == ({"displayName": "x", "note": "old"}, {"displayName": "x", "note": "new"})


def test_a_stated_empty_value_clears():
    resource = Memory({"displayName": "x", "note": ""}, {"id": "id-1", "displayName": "x", "note": "old"})
    outcome = reconcile(resource)
    assert resource.stored["note"] == ""
    assert [(change.property, change.before, change.after) for change in outcome.changes] == [("note", "old", "")]


def test_what_is_not_stated_is_left_alone():
    resource = Memory({"displayName": "x"}, {"id": "id-1", "displayName": "x", "note": "old"}, links={"tags": None})
    resource.stored["tags"] = ["a"]
    outcome = reconcile(resource)
    assert (outcome.changed, resource.log) == (False, [])
    assert "tags" not in outcome.after


def test_check_mode_predicts_an_update_and_writes_nothing():
    def resource():
        stored = {"id": "id-1", "displayName": "x", "note": "old", "hidden": False, "tags": ["a", "b"]}
        return Memory({"displayName": "x", "note": "new", "hidden": True}, stored, links={"tags": ["b", "c"]})

    predicted = reconcile(checked := resource(), check_mode=True)
    done = reconcile(resource())
    assert checked.log == []
    assert as_results(predicted) == as_results(done)
    assert predicted.entity == done.entity
    assert (predicted.before, predicted.after) == (done.before, done.after)


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_cannot_be_changed_is_a_sentence(check_mode):
    resource = Memory({"displayName": "x", "kind": "a"}, {"id": "id-1", "displayName": "x", "kind": "b"})
    with pytest.raises(Failure) as caught:
        reconcile(resource, check_mode=check_mode)
    assert str(caught.value) == "Cannot plan the thing 'x': kind is 'b' and cannot be changed to 'a'. Leave kind out."
    assert caught.value.code == "CannotBeChanged"
    assert resource.log == []


def test_what_cannot_be_changed_can_be_created():
    reconcile(resource := Memory({"displayName": "x", "kind": "a"}))
    assert resource.stored["kind"] == "a"


@pytest.mark.parametrize("check_mode", [False, True])
def test_guard_and_check_come_before_the_first_write(check_mode):
    class Guarded(Memory):
        def guard(self, current):
            raise Failure("it is somebody else's")

    class Checked(Memory):
        def check(self, current):
            raise Failure("the service would refuse it")

    stored = {"id": "id-1", "displayName": "x", "note": "old"}
    for kind, words in (
        (Guarded, "Cannot take over the thing 'x': it is somebody else's."),
        (Checked, "Cannot plan the thing 'x': the service would refuse it."),
    ):
        resource = kind({"displayName": "x", "note": "new"}, stored)
        with pytest.raises(Failure) as caught:
            reconcile(resource, check_mode=check_mode)
        assert str(caught.value) == words
        assert resource.log == []


def test_a_new_object_is_not_guarded():
    class Guarded(Memory):
        def guard(self, current):
            raise AssertionError("there is nothing to guard")

    reconcile(Guarded({"displayName": "x"}))


@pytest.mark.parametrize(
    ("method", "state", "stored", "words"),
    [
        ("find", "present", None, "read the thing 'x'"),
        ("create", "present", None, "create the thing 'x'"),
        ("update", "present", {"id": "1", "displayName": "x", "note": ""}, "change the thing 'x'"),
        ("delete", "absent", {"id": "1", "displayName": "x"}, "delete the thing 'x'"),
    ],
)
def test_a_failure_says_what_was_being_done(method, state, stored, words):
    resource = Memory({"displayName": "x", "note": "new"}, stored)

    def refuse(*args, **kwargs):
        raise GraphError("Graph answered 403", status=403)

    setattr(resource, method, refuse)
    with pytest.raises(GraphError) as caught:
        reconcile(resource, state=state)
    assert str(caught.value) == f"Cannot {words}: Graph answered 403."


# -- links -----------------------------------------------------------------------------------------------------------


def linked(wanted, stored, **options):
    entity = {"id": "id-1", "displayName": "x", "tags": list(stored)} if stored is not None else None
    return Memory({"displayName": "x"}, entity, links={"tags": wanted}, **options)


def test_links_are_added_before_they_are_removed():
    resource = linked(["b", "c"], ["a", "b"])
    outcome = reconcile(resource)
    assert resource.log == ["add c", "remove a"]
    assert outcome.entity["tags"] == resource.stored["tags"] == ["b", "c"]
    assert as_results(outcome) == [
        {
            "object": {"type": "thing", "name": "x", "id": "id-1"},
            "action": "update",
            "property": "tags",
            "before": ["a", "b"],
            "after": ["b", "c"],
        }
    ]


def test_append_leaves_the_others():
    resource = linked(["b", "c"], ["a", "b"], purge=False)
    outcome = reconcile(resource)
    assert resource.log == ["add c"]
    assert outcome.entity["tags"] == ["a", "b", "c"]


@pytest.mark.parametrize(("purge", "log"), [(True, ["remove a"]), (False, [])])
def test_a_stated_empty_set_clears_only_when_it_purges(purge, log):
    resource = linked([], ["a"], purge=purge)
    reconcile(resource)
    assert resource.log == log


def test_links_have_no_order_and_no_duplicates():
    resource = linked(["b", "a", "b"], ["a", "b"])
    assert not reconcile(resource).changed
    resource = linked(["b", "B"], None)
    reconcile(resource)
    assert resource.stored["tags"] == ["B"]


def test_links_that_are_objects_are_changes_of_their_own():
    resource = linked(["b", "c"], ["a", "b"], link_type="tag")
    outcome = reconcile(resource)
    assert [(x.type, x.name, x.action, x.property, x.before, x.after) for x in outcome.changes] == [
        ("tag", "x: name of c", "create", None, None, "c"),
        ("tag", "x: name of a", "delete", None, "a", None),
    ]
    assert reconcile(linked([], [], link_type="tag")).changes == []


def test_links_of_a_new_object():
    resource = linked(["a"], None)
    outcome = reconcile(resource)
    assert resource.log == ["create {'displayName': 'x', 'note': '', 'hidden': False}", "add a"]
    assert [(change.action, change.property, change.id) for change in outcome.changes] == [
        ("create", None, None),
        ("update", "tags", KNOWN_AFTER_APPLY),
    ]


def test_a_link_that_fails_is_named():
    resource = linked(["c"], ["a"])

    def refuse(*args):
        raise GraphError("Graph answered 403")

    resource.part.add = refuse
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert str(caught.value) == "Cannot add name of c to the thing 'x': Graph answered 403."
    resource = linked([], ["a"])
    resource.part.remove = refuse
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert str(caught.value) == "Cannot remove name of a from the thing 'x': Graph answered 403."


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_link_of_unknown_outcome_is_looked_up_and_never_added_again(carried_out):
    resource = linked(["a"], [])
    calls = []

    def add(entity, link):
        calls.append(link.key)
        if carried_out:
            resource.stored["tags"].append(link.value)
        raise lost()

    resource.part.add = add
    if carried_out:
        assert reconcile(resource).entity["tags"] == ["a"]
    else:
        with pytest.raises(GraphError, match="the answer was lost"):
            reconcile(resource)
    assert calls == ["a"]


def test_plan_links_is_pure_and_keeps_what_is_there_as_it_is():
    class Stored(Part):
        property = "p"
        wanted = stored = add = remove = None

    Stored.__abstractmethods__ = frozenset()
    stored = [Link("a", "a", {"id": 1}), Link("b", "b", {"id": 2})]
    planned = plan_links(Stored(), stored, [Link("b", "b", {}), Link("c", "c", {})])
    assert [link.key for link in planned.add] == ["c"]
    assert [link.key for link in planned.remove] == ["a"]
    assert [link.value for link in planned.result] == [{"id": 2}, {}]


# -- a create of unknown outcome -------------------------------------------------------------------------------------


def test_a_lost_create_that_was_carried_out_is_found_and_not_sent_again():
    resource = Memory({"displayName": "x", "note": "n"}, links={"tags": ["a"]})
    resource.on_post = lambda: resource.keep() or lost(status=504)
    outcome = reconcile(resource)
    assert [line.split()[0] for line in resource.log] == ["create", "add"]
    assert resource.finds == [False, True]
    assert [change.action for change in outcome.changes][:1] == ["create"]
    assert outcome.entity["id"] == "id-1"


def test_a_lost_create_that_becomes_visible_later_is_waited_for():
    resource = Memory({"displayName": "x"})
    resource.on_post = lambda: resource.keep(visible_after=3) or lost()
    clock = Clock()
    resource.graph = types.SimpleNamespace(budget=Budget(10, clock))
    assert reconcile(resource).entity["id"] == "id-1"
    assert len(resource.log) == 1
    assert clock.slept == [1.0, 3.0]


def test_a_lost_create_that_is_not_found_says_so_and_is_not_sent_again():
    resource = Memory({"displayName": "x"})
    resource.on_post = lost
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot create the thing 'x': the answer was lost. "
        "Whether it was created is not known; run again: the next run looks for it first."
    )
    assert len(resource.log) == 1


def test_somebody_elses_object_that_is_found_instead_is_guarded_and_brought_to_what_is_wanted():
    guarded = []

    class Guarded(Memory):
        def guard(self, current):
            guarded.append(current["id"])

    resource = Guarded({"displayName": "x", "note": "ours"})

    def another_run_was_faster():
        resource.stored = {"id": "id-9", "displayName": "x", "note": "theirs"}
        return lost(status=409)

    resource.on_post = another_run_was_faster
    outcome = reconcile(resource)
    assert guarded == ["id-9"]
    assert resource.stored == {"id": "id-9", "displayName": "x", "note": "ours"}
    assert [(change.action, change.property) for change in outcome.changes] == [("create", None), ("update", "note")]


def test_a_create_that_was_refused_is_not_looked_up():
    resource = Memory({"displayName": "x"})
    resource.on_post = lambda: GraphError("Graph answered 403", status=403)
    with pytest.raises(GraphError, match="403"):
        reconcile(resource)
    assert resource.finds == [False]


# -- absent ----------------------------------------------------------------------------------------------------------


def test_absent_already():
    outcome = reconcile(Memory({"displayName": "x"}), state="absent")
    assert (outcome.changed, outcome.changes, outcome.entity) == (False, [], None)


@pytest.mark.parametrize("check_mode", [False, True])
def test_absent(check_mode):
    resource = Memory({"displayName": "x", "note": "n"}, {"id": "id-1", "displayName": "x", "note": "secret notes"})
    outcome = reconcile(resource, state="absent", check_mode=check_mode)
    assert resource.log == ([] if check_mode else ["delete id-1"])
    assert outcome.entity is None
    assert as_results(outcome) == [
        {
            "object": {"type": "thing", "name": "x", "id": "id-1"},
            "action": "delete",
            "property": None,
            "before": {"displayName": "x", "id": "id-1"},
            "after": None,
        }
    ]
    assert (outcome.before, outcome.after) == ({"displayName": "x", "id": "id-1"}, {})


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_stands_in_the_way_is_listed(check_mode):
    resource = Memory({"displayName": "x"}, {"id": "id-1", "displayName": "x"})
    resource.obstacles = lambda current: ["it has 2 members", "somebody holds it"]
    with pytest.raises(Failure) as caught:
        reconcile(resource, state="absent", check_mode=check_mode)
    assert str(caught.value) == (
        "Cannot delete the thing 'x': it is still in use: it has 2 members; somebody holds it. "
        "Remove what stands in the way, or set force: true to delete it all the same."
    )
    assert caught.value.code == "InUse"
    assert resource.log == []


def test_force_deletes_all_the_same():
    resource = Memory({"displayName": "x"}, {"id": "id-1", "displayName": "x"})
    resource.obstacles = lambda current: ["it has 2 members"]
    assert reconcile(resource, state="absent", force=True).changed
    assert resource.log == ["delete id-1"]
