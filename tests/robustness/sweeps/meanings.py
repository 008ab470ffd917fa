# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Graph may write what was written to it, for each kind of value: generators that know nothing of the collection.

A `Kind` has values in a form of its own, in which two are equal if and only if they mean the same; and for each value the
spellings that Graph answers with (entitlement management F.5 and M.1), `ABSENT` among them where it leaves something out.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from hypothesis import strategies as st

Value = t.Any
Draw = t.Callable[[st.SearchStrategy[t.Any]], t.Any]
ABSENT = object()


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of value.

    :param values: a strategy of values; equal ones mean the same.
    :param written: how the collection writes a value.
    :param spelled: a strategy of the ways in which Graph may answer it.
    """

    values: st.SearchStrategy[Value]
    written: t.Callable[[Value], t.Any]
    spelled: t.Callable[[Value], st.SearchStrategy[t.Any]]


def _cases(text: str) -> list[str]:
    return [text, text.upper(), text.lower(), text.capitalize()]


def _one_of(*values: t.Any) -> st.SearchStrategy[t.Any]:
    return st.sampled_from(values)


def _itself(value: t.Any) -> t.Any:
    return value


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
_IDS = st.sampled_from([f"{x}a1b2c3d-0000-4000-8000-00000000000{x}" for x in range(4)])

NAME = Kind(_TEXTS, _itself, st.just)
TEXT = Kind(st.one_of(st.just(""), _TEXTS), _itself, lambda x: st.just(x) if x else _one_of("", None, ABSENT))
FLAG = Kind(st.booleans(), _itself, lambda x: st.just(True) if x else _one_of(False, None, ABSENT))
ON_BY_DEFAULT = Kind(st.booleans(), _itself, lambda x: _one_of(True, None, ABSENT) if x else st.just(False))


def enum(*words: str, default: str | None = None) -> Kind:
    """An enum; the default may be left out."""
    return Kind(
        st.sampled_from(words),
        _itself,
        lambda x: _one_of(*_cases(x), *((None, "", ABSENT) if x == default else ())),
    )


KEY = Kind(st.sampled_from(["tier-1", "tier-2", "mssp-x-tier1"]), _itself, lambda x: _one_of(*_cases(x)))


def spelled_duration(seconds: int) -> st.SearchStrategy[t.Any]:
    """A number of seconds in ISO 8601."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, left = divmod(hours, 24)
    told = [
        f"PT{seconds}S",
        f"P{days}DT{left}H{minutes}M{rest}S",
        f"PT{hours}H{minutes}M{rest}.0S",
        f"p{days}dt{left}h{minutes}m{rest}s",
    ]
    if not minutes and not rest:
        told += [f"PT{hours}H", f"P0DT{hours}H"]
    if seconds % 86400 == 0:
        told.append(f"P{days}D")
    if seconds % (7 * 86400) == 0:
        told.append(f"P{days // 7}W")
    return _one_of(*told, *(("PT0S", "", None, ABSENT) if seconds == 0 else ()))


DURATION = Kind(
    st.one_of(st.integers(0, 400).map(lambda x: x * 86400), st.integers(0, 10**6)), lambda x: f"PT{x}S", spelled_duration
)


def spelled_instant(moment: datetime.datetime) -> st.SearchStrategy[str]:
    """An instant to the second, in UTC or elsewhere, with up to seven digits of a fraction."""

    def told(offset: int, fraction: str, mark: str) -> str:
        local = moment + datetime.timedelta(minutes=offset)
        sign = "-" if offset < 0 else "+"
        zone = mark if not offset else f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
        return f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{zone}"

    return st.builds(told, _one_of(0, 0, 60, -330), _one_of("", ".0", ".12", ".1234567"), _one_of("Z", "z", "+00:00", ""))


_MOMENTS = st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2090, 1, 1)).map(lambda x: x.replace(microsecond=0))
INSTANT = Kind(_MOMENTS, lambda x: f"{x:%Y-%m-%dT%H:%M:%SZ}", spelled_instant)


# -- expiration: ("never",), ("after", seconds), ("at", moment) --------------------------------------------------------


def _expiration(value: Value) -> t.Any:
    kind = value[0]
    return {
        "type": {"never": "noExpiration", "after": "afterDuration", "at": "afterDateTime"}[kind],
        "duration": DURATION.written(value[1]) if kind == "after" else None,
        "endDateTime": INSTANT.written(value[1]) if kind == "at" else None,
    }


@st.composite
def _expirations(draw: Draw, value: Value) -> t.Any:
    kind = value[0]
    made = {"type": draw(_one_of(*_cases(_expiration(value)["type"])))}
    if kind == "never" and draw(st.booleans()):
        return draw(_one_of(None, ABSENT, {"type": "notSpecified", "duration": None, "endDateTime": None}))
    if kind == "after":
        made["duration"] = draw(spelled_duration(value[1]).filter(lambda x: isinstance(x, str)))
    if kind == "at":
        made["endDateTime"] = draw(spelled_instant(value[1]))
    for sibling in ("duration", "endDateTime"):
        if sibling not in made and draw(st.booleans()):
            made[sibling] = None
    return made


EXPIRATION = Kind(
    st.one_of(
        st.just(("never",)),
        st.tuples(st.just("after"), st.integers(1, 3660).map(lambda x: x * 86400)),
        st.tuples(st.just("at"), _MOMENTS),
    ),
    _expiration,
    _expirations,
)


# -- subject sets: a frozenset of (type, key, id) ----------------------------------------------------------------------

_SUBJECTS = st.one_of(
    st.tuples(st.just("singleUser"), st.just("userId"), _IDS),
    st.tuples(st.just("groupMembers"), st.just("groupId"), _IDS),
    st.tuples(st.just("connectedOrganizationMembers"), st.just("connectedOrganizationId"), _IDS),
    st.tuples(st.just("requestorManager"), st.just("managerLevel"), st.integers(1, 2)),
    st.tuples(_one_of("internalSponsors", "externalSponsors", "targetUserSponsors"), st.none(), st.none()),
)


def _subject(value: Value) -> t.Any:
    name, key, identifier = value
    return {"@odata.type": f"#microsoft.graph.{name}", **({key: identifier} if key else {})}


@st.composite
def _subject_sets(draw: Draw, value: frozenset[Value]) -> t.Any:
    if not value and draw(st.booleans()):
        return draw(_one_of(None, ABSENT))
    told = []
    for name, key, identifier in draw(st.permutations(sorted(value, key=str))):
        items = [("@odata.type", draw(_one_of(f"#microsoft.graph.{name}", f"microsoft.graph.{name}")))]
        if key and not (key == "managerLevel" and identifier == 1 and draw(st.booleans())):
            items.append((key, draw(_one_of(*_cases(identifier))) if isinstance(identifier, str) else identifier))
        items += draw(st.lists(_one_of(("description", "told by the server"), ("isBackup", False)), unique=True))
        told.append(dict(draw(st.permutations(items))))
    return told


SUBJECTS = Kind(st.frozensets(_SUBJECTS, max_size=4), lambda x: [_subject(one) for one in sorted(x, key=str)], _subject_sets)


# -- recurrence: (unit, how many months or weeks, None or a number of times or a date) ---------------------------------


def _recurrence(value: Value) -> t.Any:
    unit, interval, end = value
    ends: dict[str, t.Any] = {"type": "noEnd", "numberOfOccurrences": 0}
    if isinstance(end, int):
        ends = {"type": "numbered", "numberOfOccurrences": end}
    elif end:
        ends = {"type": "endDate", "endDate": end}
    return {"pattern": {"type": unit, "interval": interval, "month": 0, "dayOfMonth": 0, "daysOfWeek": []}, "range": ends}


@st.composite
def _recurrences(draw: Draw, value: Value) -> t.Any:
    unit, interval, end = value
    if unit == "absoluteMonthly" and interval % 12 == 0 and draw(st.booleans()):
        unit, interval = "absoluteYearly", interval // 12
    pattern: dict[str, t.Any] = {"type": draw(_one_of(*_cases(unit))), "interval": interval}
    fillers = {"month": 0, "dayOfMonth": 0, "daysOfWeek": [], "firstDayOfWeek": "sunday", "index": "first"}
    pattern |= {name: fillers[name] for name in draw(st.lists(st.sampled_from(sorted(fillers)), unique=True))}
    ends = _recurrence(value)["range"]
    ends = {**ends, "type": draw(_one_of(*_cases(ends["type"])))}
    if end is None:
        ends |= draw(_one_of({}, {"endDate": None}, {"endDate": "9999-12-31"}, {"startDate": "2027-01-01"}))
        if draw(st.booleans()):
            del ends["numberOfOccurrences"]
    elif isinstance(end, str):
        ends["numberOfOccurrences"] = draw(_one_of(0, None))
    return {"pattern": pattern, "range": ends}


RECURRENCE = Kind(
    st.tuples(
        _one_of("weekly", "absoluteMonthly"),
        _one_of(1, 3, 6, 12, 24),
        st.one_of(st.none(), st.integers(1, 9), _one_of("2030-01-31", "2031-01-31")),
    ),
    _recurrence,
    _recurrences,
)


# -- stages, by their number; questions; actions -----------------------------------------------------------------------

STAGES = Kind(
    st.integers(0, 3),
    lambda x: [{} for _each in range(x)],
    lambda x: _one_of([{"primaryApprovers": []}] * x, *(() if x else (None, ABSENT))),
)

# (text, required, editable, a pattern or choices)
_QUESTION = st.tuples(
    _TEXTS,
    st.booleans(),
    st.booleans(),
    st.one_of(_one_of("", "^[A-Z]+$"), st.lists(_one_of("a", "b", "A"), min_size=2, max_size=3, unique=True).map(tuple)),
)


def _question(number: int, value: Value) -> dict[str, t.Any]:
    text, required, editable, more = value
    common = {"text": text, "isRequired": required, "isAnswerEditable": editable, "sequence": number}
    if isinstance(more, tuple):
        choices = [{"actualValue": x, "text": x} for x in more]
        kind = {"@odata.type": "#microsoft.graph.accessPackageMultipleChoiceQuestion", "choices": choices}
        return {**common, **kind, "isMultipleSelectionAllowed": False}
    kind = {"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "regexPattern": more or None}
    return {**common, **kind, "isSingleLineQuestion": True}


@st.composite
def _questions(draw: Draw, value: Value) -> t.Any:
    if not value and draw(st.booleans()):
        return draw(_one_of(None, ABSENT))
    told = []
    for number, question in enumerate(value):
        made = {**_question(number, question), "id": f"q{number}", "localizations": []}
        made["@odata.type"] = draw(_one_of(made["@odata.type"], made["@odata.type"].lstrip("#")))
        for choice in made.get("choices", ()):
            choice["localizations"] = [{"languageCode": "de", "text": "x"}]
        for name in ("isRequired", "isAnswerEditable", "isMultipleSelectionAllowed", "regexPattern"):
            if name in made and not made[name] and draw(st.booleans()):
                del made[name]
        told.append(made)
    return draw(st.permutations(told))


QUESTIONS = Kind(
    st.lists(_QUESTION, max_size=3, unique_by=lambda x: x[0]).map(tuple),
    lambda x: [_question(number, question) for number, question in enumerate(x)],
    _questions,
)

_ACTIONS = ("secops/securitydata/basics/read", "secops/securitydata/alerts/manage", "configuration/system/manage")


def _permissions(value: frozenset[str]) -> t.Any:
    return [{"allowedResourceActions": [f"microsoft.xdr/{x}" for x in sorted(value)]}]


@st.composite
def _permission_sets(draw: Draw, value: frozenset[str]) -> t.Any:
    told = [f"microsoft.xdr/{x}" for x in draw(st.permutations(sorted(value)))]
    # What another action grants already is dropped on store, or told all the same.
    if "secops/securitydata/alerts/manage" in value and draw(st.booleans()):
        told.append("microsoft.xdr/secops/securitydata/alerts/read")
    told = [draw(_one_of(x, x.upper())) for x in told]
    cut = draw(st.integers(0, len(told)))
    sets = [told[:cut], told[cut:]] if draw(st.booleans()) else [told]
    return [{"allowedResourceActions": each, **draw(_one_of({}, {"condition": None}))} for each in sets]


PERMISSIONS = Kind(st.frozensets(st.sampled_from(_ACTIONS)), _permissions, _permission_sets)
