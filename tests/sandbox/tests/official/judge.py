# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a request and its answer, as the sandbox's request log keeps them, by the models of the official SDKs."""

from __future__ import annotations

import json
from typing import Any

from official.routes import NoSuchRoute, error_model, models_of
from official.strict import judge
from official.undocumented import is_known

_JUDGED = ("method", "path", "status", "body", "answer")


def judge_entry(entry: dict[str, Any]) -> list[str]:
    """What Microsoft's models do not know in an entry of the log, each as a sentence; empty when all is known.

    :param entry: with ``method``, ``path``, ``status``, ``body`` and ``answer``. A dropped connection has no answer.
    """
    method, path = entry["method"], entry["path"]
    found: list[str] = []
    try:
        models = models_of(method, path)
        if entry["body"] is not None:
            found += [f"sent: {words}" for words in _judge(models.body, entry["body"])]
        if entry["status"] is not None and entry["status"] < 400 and entry["answer"] is not None:
            found += [f"answered: {words}" for words in _judge(models.answer, entry["answer"])]
    except NoSuchRoute as unknown:
        found.append(str(unknown))
    if entry["status"] is not None and entry["status"] >= 400:
        found += [f"refused: {words}" for words in _judge(error_model(path), entry["answer"])]
    return [f"{method} {path.partition('?')[0]} {words}" for words in found if not is_known(method, path, words)]


def judge_all(entries: list[dict[str, Any]]) -> list[str]:
    """The same for all requests to Graph in a log; each sentence once."""
    # Who looks often sees the same often, and a model takes a while.
    different = {json.dumps([entry[part] for part in _JUDGED]): entry for entry in entries if entry["area"] == "graph"}
    return sorted({words for entry in different.values() for words in judge_entry(entry)})


def _judge(model: Any, body: Any) -> list[str]:
    return ["the SDK expects nothing"] if model is None else judge(model, body)
