# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Many reads in one request (`$batch`): the envelope, and what each answer in it means.

Facts: EM 1.6. Answers come in any order; each is throttled by itself.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import retry_after
from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import from_answer

Json = t.Any
# A path below the version, and its query.
Asked: t.TypeAlias = "tuple[str, t.Mapping[str, str] | None]"

# Graph takes so many requests in a batch.
_MOST = 20
_LOST = frozenset({500, 502, 503, 504})


@dataclasses.dataclass(frozen=True)
class Inner:
    """One answer of a batch, in the words of `requests`."""

    status_code: int
    headers: t.Mapping[str, str]
    content: Json

    def json(self) -> Json:
        """The body, which the batch has decoded already."""
        return self.content


def chunks(paths: t.Mapping[int, str]) -> t.Iterator[dict[int, str]]:
    """As many at a time as a batch takes."""
    rest = iter(paths.items())
    while part := dict(itertools.islice(rest, _MOST)):
        yield part


def body(paths: t.Mapping[int, str]) -> Json:
    """The envelope that asks for these, by number."""
    return {"requests": [{"id": str(number), "method": "GET", "url": path} for number, path in paths.items()]}


def answers(envelope: Json, paths: t.Mapping[int, str]) -> dict[int, Inner]:
    """The answers by number. What the envelope leaves out counts as lost."""
    found = {number: Inner(504, {}, {}) for number in paths}
    for each in (envelope or {}).get("responses") or ():
        number = int(each["id"]) if str(each.get("id")).isdigit() else None
        if number in found:
            headers = {_capitals(name): str(value) for name, value in (each.get("headers") or {}).items()}
            found[number] = Inner(int(each.get("status") or 504), headers, each.get("body"))
    return found


def _capitals(name: str) -> str:
    """The spelling that this collection looks headers up by: a plain dictionary does not ignore case."""
    return {"retry-after": "Retry-After", "date": "Date"}.get(name.lower(), name.lower())


def is_not_worked(status: int | None) -> bool:
    """Whether an answer of this status was not carried out, or not to the end: a read is then asked for again."""
    return status == 429 or status in _LOST


def not_worked(answer: Inner) -> bool:
    """As `is_not_worked`, of an answer."""
    return is_not_worked(answer.status_code)


def throttled(answer: Inner) -> bool:
    """Whether the service asks to come back, which it may for as long as the budget lasts."""
    return answer.status_code == 429 or (answer.status_code == 503 and pause_of(answer) is not None)


def pause_of(answer: Inner) -> float | None:
    """The seconds that it asks to wait."""
    return retry_after(answer)


def refusal(answer: Inner) -> GraphError:
    """Why it was not read."""
    return from_answer(answer)


def outcome(answer: Inner) -> Json | GraphError:
    """What was read, or why it was not."""
    if answer.status_code >= 300:
        return refusal(answer)
    return answer.content if isinstance(answer.content, dict) else {}
