# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the table, and sentences with placeholders."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
TABLE = REPOSITORY / "tests" / "integration" / "targets" / "errors" / "table"

_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What a test cannot know beforehand, and what it looks like. All other placeholders are known to the test.
OPEN: t.Mapping[str, str] = {
    "request_id": _GUID,
    "id": _GUID,
    "trace": _GUID,
    "tried": r"(?:1 time|[1-9][0-9]* times)",
    "controller": r"\S+",
    "python": r"\S+",
    "aliases": r"[a-z_]+(?:, [a-z_]+)+",
    "permissions": r"[A-Za-z.]+(?:, [A-Za-z.]+)*",
    "names": r"[a-z_]+(?:, [a-z_]+)+",
    "findings": r"[a-z_0-9]+(?:, [a-z_0-9]+)+",
    "booleans": r"[0-9a-z', ]+",
}
_PLACEHOLDER = re.compile(r"\{([a-z_0-9]+)\}")

_KEYS = {"id", "title", "under", "when", "msg", "failure", "advice", "provoke", "proved_by", "writes", "defect"}
_NEEDED = {"id", "when", "msg", "failure", "advice"}


class TableError(ValueError):
    """The table itself is wrong."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """The key `failure` of a result, with placeholders.

    :param request_id: whether it has a request-id; not stated, an answer with a status has one.
    """

    status: int | None
    code: str | None
    message: str
    request_id: bool


@dataclasses.dataclass(frozen=True)
class Row:
    """One failure.

    :param title: the constant part of the sentence; an ellipsis stands for what differs. None for a row that gives the
        sentence of another one for another reason.
    :param under: the id of that other row.
    :param when: what causes it, for the reader.
    :param msg: the whole sentence, with placeholders in braces.
    :param failure: None where the words are Ansible's own, which give no such key.
    :param provoke: how a test causes it; see `provoking.py`. None where a unit test proves it.
    :param proved_by: that unit test: `tests/unit/...py::test_name`.
    :param writes: requests that change something and succeed before it fails: `POST /v1.0/groups`.
    :param defect: why the sentence is not yet what it says here; None when it is.
    """

    subject: str
    id: str
    title: str | None
    under: str | None
    when: str
    msg: str
    failure: Failure | None
    advice: str
    provoke: t.Mapping[str, t.Any] | None
    proved_by: str | None
    writes: tuple[str, ...]
    defect: str | None


@dataclasses.dataclass(frozen=True)
class Subject:
    """A file of the table."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]


def load(directory: Path = TABLE) -> list[Subject]:
    """All subjects in the order of their `order`."""
    read = []
    for file in sorted(directory.glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        rows = tuple(_row(file.stem, entry) for entry in content["rows"])
        read.append((content["order"], Subject(file.stem, content["title"], content["about"].strip(), rows)))
    subjects = [subject for dummy, subject in sorted(read, key=lambda item: item[0])]
    for what in ("id", "title"):
        named = [getattr(row, what) for subject in subjects for row in subject.rows]
        twice = sorted({name for name in named if name and named.count(name) > 1})
        if twice:
            raise TableError(f"rows share the {what}: {', '.join(twice)}")
    return subjects


def rows() -> list[Row]:
    """All rows."""
    return [row for subject in load() for row in subject.rows]


def _row(subject: str, entry: t.Mapping[str, t.Any]) -> Row:
    name = entry.get("id")
    unknown, lacking = set(entry) - _KEYS, _NEEDED - set(entry)
    if unknown or lacking:
        raise TableError(f"{subject}: row {name} has {sorted(unknown)} too much, {sorted(lacking)} too little")
    if ("provoke" in entry) == ("proved_by" in entry):
        raise TableError(f"{subject}: row {name} needs either provoke or proved_by")
    if ("title" in entry) == ("under" in entry):
        raise TableError(f"{subject}: row {name} needs either title or under")
    failure = entry["failure"]
    row = Row(
        subject=subject,
        id=entry["id"],
        title=entry.get("title"),
        under=entry.get("under"),
        when=entry["when"].strip(),
        msg=entry["msg"].strip(),
        failure=None if failure is None else _failure(failure),
        advice=entry["advice"].strip(),
        provoke=entry.get("provoke"),
        proved_by=entry.get("proved_by"),
        writes=tuple(entry.get("writes", ())),
        defect=entry.get("defect"),
    )
    if row.title and not _holds(row.msg, row.title):
        raise TableError(f"{subject}: the title of {name} is no part of its sentence")
    return row


def _failure(entry: t.Mapping[str, t.Any]) -> Failure:
    status = entry.get("status")
    return Failure(status, entry.get("code"), entry["message"].strip(), entry.get("request_id", status is not None))


def _holds(sentence: str, title: str) -> bool:
    """Whether the title's parts stand in the sentence in their order."""
    parts = [re.escape(part.strip()) for part in title.split("…")]
    return re.search(".*?".join(parts), sentence, re.DOTALL) is not None


def pattern(template: str, known: t.Mapping[str, str]) -> re.Pattern[str]:
    """The sentence as a regular expression: what is known must be there to the letter."""
    made = ""
    at = 0
    for found in _PLACEHOLDER.finditer(template):
        name = found.group(1)
        if name in known:
            part = re.escape(known[name])
        elif name in OPEN:
            part = OPEN[name]
        else:
            raise TableError(f"nobody knows what {{{name}}} stands for in: {template}")
        made += re.escape(template[at : found.start()]) + part
        at = found.end()
    return re.compile(made + re.escape(template[at:]))


def placeholders(template: str) -> set[str]:
    """The names in braces."""
    return set(_PLACEHOLDER.findall(template))


def filled(value: t.Any, known: t.Mapping[str, str]) -> t.Any:
    """The value with every known placeholder in its texts replaced."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: known.get(found.group(1), found.group()), value)
    if isinstance(value, dict):
        return {filled(key, known): filled(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, known) for item in value]
    return value
