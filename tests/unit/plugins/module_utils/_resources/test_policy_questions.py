# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions of a policy: written as Graph has them, compared by what they ask, changed without losing answers."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_questions import keep_ids, meaning, translate

OPTIONS = [
    {"text": "Ticket?", "required": True, "pattern": "[0-9]+"},
    {"text": "Shift?", "choices": ["day", "night"], "multiple": True},
]
TICKET = {
    "@odata.type": "#microsoft.graph.accessPackageTextInputQuestion",
    "text": "Ticket?",
    "isRequired": True,
    "isAnswerEditable": True,
    "sequence": 0,
    "isSingleLineQuestion": True,
    "regexPattern": "[0-9]+",
}
SHIFT = {
    "@odata.type": "#microsoft.graph.accessPackageMultipleChoiceQuestion",
    "text": "Shift?",
    "isRequired": False,
    "isAnswerEditable": True,
    "sequence": 1,
    "isMultipleSelectionAllowed": True,
    "choices": [{"actualValue": "day", "text": "day"}, {"actualValue": "night", "text": "night"}],
}


def test_as_graph_has_them():
    assert translate(OPTIONS) == [TICKET, SHIFT]
    assert translate([]) == []


def stored():
    """The same as the service gives them back."""
    german = [{"languageCode": "de", "text": "Nummer?"}]
    ticket = {**TICKET, "id": "q1", "localizations": german, "@odata.type": "microsoft.graph.accessPackageTextInputQuestion"}
    shift = copy.deepcopy({**SHIFT, "id": "q2", "localizations": [], "regexPattern": None})
    shift["choices"][0]["localizations"] = [{"languageCode": "de", "text": "Tag"}]
    return [shift, ticket]


def test_ids_translations_and_the_order_of_the_answer_are_no_difference():
    assert meaning(stored()) == meaning(translate(OPTIONS))
    assert meaning(None) == meaning([]) == ()


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (0, {"text": "Case?"}),
        (0, {"required": False}),
        (0, {"answer_editable": False}),
        (0, {"single_line": False}),
        (0, {"pattern": None}),
        (1, {"multiple": False}),
        (1, {"choices": ["night", "day"]}),
        (1, {"choices": ["day", "night", "late"]}),
        (1, {"choices": None}),
    ],
)
def test_what_is_a_difference(number, change):
    other = copy.deepcopy(OPTIONS)
    other[number].update(change)
    assert meaning(translate(other)) != meaning(stored())
    assert meaning(translate(OPTIONS[::-1])) != meaning(stored())


def test_a_change_keeps_ids_and_translations():
    wanted = translate([{**OPTIONS[0], "required": False}, {"text": "New?"}, OPTIONS[1]])
    ticket, new, shift = keep_ids(stored(), wanted)
    assert (ticket["id"], ticket["isRequired"], ticket["localizations"]) == ("q1", False, stored()[1]["localizations"])
    assert "id" not in new
    assert (shift["id"], shift["sequence"]) == ("q2", 2)
    assert shift["choices"][0]["localizations"] == [{"languageCode": "de", "text": "Tag"}]
    assert "localizations" not in shift["choices"][1]
    # The same words as another kind of question are another question: answers to it would mean something else.
    assert "id" not in keep_ids(stored(), translate([{"text": "Shift?"}]))[0]


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ([{"text": " "}], "entry 1 of questions asks nothing. Give each question a text."),
        (
            [{"text": "A?", "choices": ["x", "y"], "pattern": "x"}],
            "the question 'A?' has both choices and a pattern. A pattern checks free text: leave one out.",
        ),
        (
            [{"text": "A?", "choices": ["x"]}],
            "the question 'A?' has 1 choice. Give two or more, or leave choices out.",
        ),
        ([{"text": "A?"}, {"text": "A?"}], "questions asks 'A?' twice. Ask each question once."),
    ],
)
def test_questions_that_cannot_be(questions, words):
    with pytest.raises(InvalidInput) as caught:
        translate(questions)
    assert str(caught.value) == words
