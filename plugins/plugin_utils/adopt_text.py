# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Inventory variables as YAML with comments, in which no text of a tenant can be code.

Inventory files are trusted: a group called `{{ lookup(...) }}` that is written there as it stands is run by the next play. So
each string is written `!unsafe`, unless it is a `Word`, which is made only of what was checked against a strict pattern.

What YAML has another meaning for (null, yes, 1e3, a date) is quoted without the tag: ansible-core 2.19 reads `!unsafe "null"` as
nothing and `!unsafe "yes"` as true. None of these can be a template.
"""

from __future__ import annotations

import collections.abc
import json
import re
import textwrap
import typing as t

import yaml

_WIDTH = 128
# Of a value in a sentence.
_LONGEST = 200

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ACTION = re.compile(r"microsoft\.xdr/[a-z]+(/[a-z0-9*-]+)*/(read|manage)", re.IGNORECASE)
_TENANT = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)

# What needs no quotes, if YAML has no other meaning for it.
_BARE = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./*-]*")
_TEXT = "tag:yaml.org,2002:str"

# Path in the variables -> lines written above what is there: `("tiers", 0, "approval_stages")`.
Comments = t.Mapping[tuple[t.Any, ...], t.Sequence[str]]


class Word(str):
    """Text that cannot be code: an id, an action, a domain, or one of some given words."""

    __slots__ = ()


def guid(value: t.Any) -> Word | None:
    """An object id, or None."""
    return Word(value) if _GUID.fullmatch(str(value or "")) else None


def action(value: t.Any) -> Word | None:
    """A permission of Defender, whole, or None."""
    return Word(value) if _ACTION.fullmatch(str(value or "")) else None


def tenant(value: t.Any) -> Word | None:
    """A tenant by id or domain, or None."""
    return guid(value) or (Word(value) if _TENANT.fullmatch(str(value or "")) else None)


def one_of(value: t.Any, words: t.Iterable[str]) -> Word | None:
    """The one of these words that the value is, without regard to case, or None."""
    return next((Word(x) for x in words if x.lower() == str(value or "").lower()), None)


def quoted(text: str) -> str:
    """Any text as a double-quoted YAML scalar on one line."""
    # What comes as two halves of a character, or as one half, is no text that could be written to a file.
    whole = str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return '"' + "".join(_in_quotes(x) for x in whole) + '"'


def brief(value: t.Any, names: t.Mapping[str, str]) -> str:
    """A value of Graph in a sentence, short.

    :param names: by id in small letters, how people call who is meant.
    """
    if isinstance(value, list) and value and all(isinstance(x, collections.abc.Mapping) and "@odata.type" in x for x in value):
        return ", ".join(sorted(_who(x, names) for x in value))
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _who(subject: t.Mapping[str, t.Any], names: t.Mapping[str, str]) -> str:
    held = next((str(subject[key]) for key in ("userId", "groupId", "connectedOrganizationId") if subject.get(key)), "")
    kind = str(subject["@odata.type"]).rpartition(".")[2]
    return f"'{names.get(held.lower()) or held}'" if held else kind


def printable(text: str) -> str:
    """Any text as one line that a terminal or a comment can show: nothing in it ends the line or turns the writing direction."""
    return "".join(x if x.isprintable() else _escape(x) for x in str(text))


def _in_quotes(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() and char != "\ufeff" else _escape(char)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def document(head: t.Sequence[str], variables: t.Mapping[str, t.Any], comments: Comments) -> str:
    """A YAML document: comment lines, then the variables in their order, each with its own comments above it.

    :param variables: dictionaries with keys of our own, lists, texts, numbers and flags.
    """
    return "\n".join(["---", *_comment(head, ""), *_mapping(variables, "", (), comments)]) + "\n"


def _comment(lines: t.Sequence[str], indent: str) -> list[str]:
    made: list[str] = []
    for line in lines:
        # An entry of a list goes on under its own text.
        hang = "  " if line.startswith("- ") else ""
        start = f"{indent}# "
        made += textwrap.wrap(
            printable(line), _WIDTH, initial_indent=start, subsequent_indent=start + hang, break_on_hyphens=False
        ) or [f"{indent}#"]
    return made


def _mapping(value: t.Mapping[str, t.Any], indent: str, path: tuple[t.Any, ...], comments: Comments) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        at = (*path, key)
        lines += _comment(comments.get(at, ()), indent)
        if _nested(item):
            lines += [f"{indent}{key}:", *_block(item, indent + "  ", at, comments)]
        else:
            lines.append(f"{indent}{key}: {_scalar(item)}")
    return lines


def _block(value: t.Any, indent: str, path: tuple[t.Any, ...], comments: Comments) -> list[str]:
    if isinstance(value, collections.abc.Mapping):
        return _mapping(value, indent, path, comments)
    lines: list[str] = []
    for number, item in enumerate(value):
        at = (*path, number)
        lines += _comment(comments.get(at, ()), indent)
        if not _nested(item):
            lines.append(f"{indent}- {_scalar(item)}")
            continue
        # The first line of what is in the entry stands beside its hyphen; a comment above it would be no part of the line.
        inner = _block(item, indent + "  ", at, comments)
        first = next(number for number, line in enumerate(inner) if not line.lstrip().startswith("#"))
        lines += [*inner[:first], f"{indent}- {inner[first].lstrip()}", *inner[first + 1 :]]
    return lines


def _nested(value: t.Any) -> bool:
    return isinstance(value, (collections.abc.Mapping, list, tuple)) and len(value) > 0


def _scalar(value: t.Any) -> str:
    if isinstance(value, collections.abc.Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Word):
        return str(value) if _BARE.fullmatch(value) and _is_text(value) else quoted(value)
    return f"!unsafe {quoted(value)}" if _is_text(value) or "{" in value else quoted(value)


def _is_text(value: str) -> bool:
    """Whether YAML takes it for text although it is not quoted."""
    tag = yaml.resolver.Resolver().resolve(yaml.ScalarNode, str(value), (True, False))  # type: ignore[no-untyped-call]
    return bool(tag == _TEXT)
