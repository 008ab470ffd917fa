# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of the loop: a run leaves nothing to do, and check mode predicts it without a write."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._paths import has, overlay, pick, put
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.tests.unit.memory import Memory

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

names = st.just("x")
notes = st.sampled_from([None, "", "one", "two"])
tags = st.lists(st.sampled_from("aAbcd"), max_size=5)
stated = st.fixed_dictionaries(
    {"displayName": names},
    optional={
        "note": st.sampled_from(["", "one", "two"]),
        "hidden": st.booleans(),
        "nested": st.fixed_dictionaries({}, optional={"deep": st.sampled_from(["", "one", "two"])}),
    },
)


@st.composite
def stored(draw):
    if draw(st.booleans()):
        return None
    entity = draw(
        st.fixed_dictionaries(
            {"id": st.just("id-1"), "displayName": names},
            optional={
                "note": notes,
                "hidden": st.sampled_from([None, True, False]),
                "nested": st.sampled_from([None, {}, {"deep": "one"}, {"deep": None, "other": 1}]),
                "kind": st.just("k"),
            },
        )
    )
    # A set holds each link once.
    entity["tags"] = list({tag.lower(): tag for tag in draw(tags)}.values())
    return entity


world = (stated, stored(), st.one_of(st.none(), tags), st.booleans(), st.sampled_from([None, "tag"]))


@hypothesis.given(*world)
def test_a_second_run_has_nothing_to_do(desired, entity, wanted, purge, link_type):
    options = {"links": {"tags": wanted}, "purge": purge, "link_type": link_type}
    first = Memory(desired, entity, **options)
    reconcile(first)
    second = Memory(desired, first.stored, **options)
    assert reconcile(second).changes == []
    assert second.log == []


@hypothesis.given(*world)
def test_check_mode_writes_nothing_and_predicts_the_run(desired, entity, wanted, purge, link_type):
    options = {"links": {"tags": wanted}, "purge": purge, "link_type": link_type}
    checked, run = Memory(desired, entity, **options), Memory(desired, entity, **options)
    predicted, done = reconcile(checked, check_mode=True), reconcile(run)
    assert checked.log == []
    assert checked.stored == entity
    assert [x.as_result() for x in predicted.changes] == [x.as_result() for x in done.changes]
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert bool(run.log) == predicted.changed


@hypothesis.given(*world)
def test_a_run_changes_nothing_that_is_not_stated(desired, entity, wanted, purge, link_type):
    hypothesis.assume(entity is not None)
    resource = Memory(desired, entity, links={"tags": wanted}, purge=purge, link_type=link_type)
    reconcile(resource)
    for path in ("id", "note", "hidden", "kind", "nested.deep", "nested.other"):
        if not has(desired, path):
            assert pick(resource.stored, path) == pick(entity, path)
    if wanted is None:
        assert resource.stored["tags"] == entity["tags"]
    elif not purge:
        assert {x.lower() for x in entity["tags"]} <= {x.lower() for x in resource.stored["tags"]}


paths = st.lists(st.sampled_from(["a", "b", "0", "1"]), min_size=1, max_size=4).map(lambda steps: ".".join(["r", *steps]))


@hypothesis.given(st.lists(st.tuples(paths, st.integers()), max_size=4), paths, st.integers())
def test_what_was_put_is_picked(before, path, value):
    entity = {}
    for known, number in before:
        # A list has no named keys: such a path cannot belong to one entity together with the others.
        try:
            put(entity, known, number)
        except ValueError:
            return
    try:
        put(entity, path, value)
    except ValueError:
        return
    assert has(entity, path)
    assert pick(entity, path) == value


json = st.recursive(
    st.one_of(st.none(), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=8,
)


objects = st.dictionaries(st.sampled_from("abc"), json, max_size=3)


@hypothesis.given(objects, objects)
def test_overlay_is_idempotent_and_changes_nobody(current, changed):
    before = copy.deepcopy((current, changed))
    merged = overlay(current, changed)
    assert overlay(merged, changed) == merged
    assert (current, changed) == before
    for key in changed:
        if not isinstance(changed[key], dict):
            assert merged[key] == changed[key]
