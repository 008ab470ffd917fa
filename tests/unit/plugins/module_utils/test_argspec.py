# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec


def test_merge_keeps_options_and_rules_of_both():
    one = ArgumentSpec({"a": {"type": "str"}}, required_one_of=(("a", "b"),), required_by={"a": ("b",)})
    other = ArgumentSpec({"b": {"type": "int"}}, required_one_of=(("b",),), mutually_exclusive=(("a", "b"),))
    merged = one.merge(other)
    assert merged.to_kwargs() == {
        "argument_spec": {"a": {"type": "str"}, "b": {"type": "int"}},
        "mutually_exclusive": [["a", "b"]],
        "required_together": [],
        "required_one_of": [["a", "b"], ["b"]],
        "required_if": [],
        "required_by": {"a": ["b"]},
    }
    assert one.to_kwargs()["argument_spec"] == {"a": {"type": "str"}}


def test_an_option_is_stated_once():
    with pytest.raises(ValueError) as caught:
        GRAPH.merge(ArgumentSpec({"cloud": {"type": "str"}}))
    assert str(caught.value) == "options stated twice: ['cloud']"


def test_what_is_given_away_is_a_copy():
    GRAPH.to_kwargs()["argument_spec"]["cloud"]["type"] = "int"
    assert GRAPH.options["cloud"]["type"] == "str"


def test_no_shared_option_is_required_and_secrets_are_marked():
    assert not [name for name, option in GRAPH.options.items() if option.get("required")]
    secret = {"client_secret", "certificate_password", "refresh_token", "access_token"}
    assert {name for name, option in GRAPH.options.items() if option.get("no_log")} == secret
