# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy's questions and what a requestor answered (EM F.3, G.1)."""

from __future__ import annotations

import re
from typing import Any

from ..store import Row
from .common import invalid_model


def check_answers(policy: Row, answers: list[dict[str, Any]]) -> None:
    """Raise GraphError unless each required question has an answer that its question allows."""
    questions = {question["id"].lower(): question for question in policy["questions"]}
    answered: set[str] = set()
    for answer in answers:
        question = questions.get(_question_id(answer))
        if question is None:
            raise invalid_model()
        if not _fits(question, answer.get("value")):
            raise invalid_model()
        if answer.get("value"):
            answered.add(question["id"].lower())
    if any(question["isRequired"] and row_id not in answered for row_id, question in questions.items()):
        raise invalid_model()


def merge_answers(policy: Row, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers after a change; only those to questions that say so can be changed."""
    questions = {question["id"].lower(): question for question in policy["questions"]}
    merged = {_question_id(answer): answer for answer in old}
    for answer in new:
        row_id = _question_id(answer)
        question = questions.get(row_id)
        if question is None or not _fits(question, answer.get("value")):
            raise invalid_model()
        before = merged.get(row_id)
        if before is not None and before.get("value") != answer.get("value") and not question["isAnswerEditable"]:
            raise invalid_model()
        merged[row_id] = answer
    return list(merged.values())


def _question_id(answer: dict[str, Any]) -> str:
    question = answer.get("answeredQuestion")
    return str(question.get("id") if isinstance(question, dict) else "").lower()


def _fits(question: Row, value: Any) -> bool:
    if value is None or value == "":
        return True
    if not isinstance(value, str):
        return False
    if "choices" in question:
        known = {choice["actualValue"] for choice in question["choices"]}
        chosen = value.split(",") if question["isMultipleSelectionAllowed"] else [value]
        return all(item.strip() in known for item in chosen)
    pattern = question["regexPattern"]
    return not pattern or re.fullmatch(pattern, value) is not None
