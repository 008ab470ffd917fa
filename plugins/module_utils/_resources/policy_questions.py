# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Questions that a policy asks requestors: how they are written, what they mean, and how a change keeps their ids.

Facts: EM F.3 (types) and L.6 (a PUT keeps the server's ids).
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput, some
from ansible_collections.mssp.defender.plugins.module_utils._normalise import flag, text, type_name
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity

_TEXT = "#microsoft.graph.accessPackageTextInputQuestion"
_CHOICE = "#microsoft.graph.accessPackageMultipleChoiceQuestion"


def translate(questions: t.Sequence[t.Mapping[str, t.Any]]) -> list[Entity]:
    """The option `questions` as Graph has it, in the order given.

    :raises InvalidInput: for questions that ask nothing, ask twice, or cannot be answered as they are.
    """
    made = []
    for number, question in enumerate(questions):
        if not str(question["text"]).strip():
            raise InvalidInput(f"entry {number + 1} of questions asks nothing", remedy="Give each question a text.")
        if question.get("choices") is not None and question.get("pattern"):
            raise InvalidInput(
                f"the question '{question['text']}' has both choices and a pattern",
                remedy="A pattern checks free text: leave one out.",
            )
        common = {
            "text": question["text"],
            "isRequired": bool(question.get("required")),
            "isAnswerEditable": question.get("answer_editable") is not False,
            "sequence": number,
        }
        if question.get("choices") is not None:
            choices = [{"actualValue": choice, "text": choice} for choice in question["choices"]]
            if len(choices) < 2:
                raise InvalidInput(
                    f"the question '{question['text']}' has {some(len(choices), 'choice')}",
                    remedy="Give two or more, or leave choices out.",
                )
            multiple = bool(question.get("multiple"))
            made.append({"@odata.type": _CHOICE, **common, "isMultipleSelectionAllowed": multiple, "choices": choices})
        else:
            free = {
                "isSingleLineQuestion": question.get("single_line") is not False,
                "regexPattern": question.get("pattern") or None,
            }
            made.append({"@odata.type": _TEXT, **common, **free})
    texts = [question["text"] for question in made]
    twice = next((each for each in texts if texts.count(each) > 1), None)
    if twice is not None:
        raise InvalidInput(f"questions asks '{twice}' twice", remedy="Ask each question once.")
    return made


def meaning(value: t.Any) -> t.Any:
    """The questions in their order, without ids and translations."""
    ordered = sorted(value or (), key=lambda question: question.get("sequence") or 0)
    return tuple(
        (
            type_name(question),
            text(question.get("text")),
            flag(question.get("isRequired")),
            flag(question.get("isAnswerEditable")),
            flag(question.get("isSingleLineQuestion")),
            text(question.get("regexPattern")),
            flag(question.get("isMultipleSelectionAllowed")),
            tuple(choice.get("actualValue") for choice in question.get("choices") or ()),
        )
        for question in ordered
    )


def keep_ids(there: t.Sequence[Entity], wanted: t.Sequence[Entity]) -> list[Entity]:
    """The wanted questions, each with the id and the translations of the one that asks the same already."""
    by_text = {(type_name(question), question.get("text")): question for question in there}
    merged = []
    for question in wanted:
        known = by_text.get((type_name(question), question.get("text")), {})
        kept = {key: known[key] for key in ("id", "localizations") if known.get(key)}
        if question.get("choices") is not None:
            question = {**question, "choices": _keep_translations(known.get("choices") or (), question["choices"])}
        merged.append({**question, **kept})
    return merged


def _keep_translations(there: t.Sequence[Entity], wanted: t.Sequence[Entity]) -> list[Entity]:
    known = {choice.get("actualValue"): choice.get("localizations") for choice in there}
    return [
        {**choice, "localizations": known[choice["actualValue"]]} if known.get(choice["actualValue"]) else dict(choice)
        for choice in wanted
    ]
