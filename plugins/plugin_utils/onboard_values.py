# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What is wrong with a value, at every depth, as one sentence: what, where, the value, the remedy.

Values are held against specifications as modules have them, with some keys more: `least` and `most` (of a number, or of a list's
length), `empty` (an empty value has a meaning), `or` (another specification, where the value is a list), `write` (the remedy,
where the usual one would not do), `label` (how an entry is called) and `like` (a part of the specification of
`access_package_policy`, so that its names, types and choices are written once).
"""

from __future__ import annotations

import collections.abc
import difflib
import functools
import typing as t

from ansible.module_utils.common.validation import check_type_bool, check_type_int

Spec = t.Mapping[str, t.Any]


def is_list(value: t.Any) -> bool:
    """Whether it is a list; what ansible-core 2.16 makes of an encrypted text is a sequence, and none."""
    return isinstance(value, (list, tuple))


def truth(value: t.Any) -> bool:
    """A flag as Ansible reads it.

    :raises TypeError: it is none. The filter `bool` takes 'y' and 't' for false and modules take them for true: refused.
    """
    if isinstance(value, str) and len(value.strip()) == 1 and value.strip() not in "01":
        raise TypeError
    return bool(check_type_bool(value))


def shown(value: t.Any) -> str:
    """A value in a sentence: quoted and short; of what is not text only the kind."""
    if isinstance(value, collections.abc.Mapping):
        return "a dictionary"
    if is_list(value):
        return "a list" if value else "an empty list"
    text = str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


def _number(value: t.Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return int(check_type_int(value))


_IS_NOT = {
    "int": "no whole number",
    "bool": "neither true nor false",
    "list": "no list",
    "dict": "no dictionary",
    "str": "no text",
    "path": "no path",
    "raw": "no name and no id",
}


def problem(value: t.Any, spec: Spec, where: str, name: str = "") -> str:
    """What is wrong with a value, or an empty string.

    :param where: how a person finds it: `tier 2 of mssp_onboard_tiers ('tier2'): hidden`.
    :param name: the option's own name.
    """
    spec = _complete(spec)
    if value is None or (isinstance(value, str) and not value.strip()):
        return "" if spec.get("empty") else f"{where} is empty. Give it a value, or leave it out."
    if "or" in spec and is_list(value):
        return problem(value, spec["or"], where, name)
    kind = spec.get("type", "str")
    if not _fits(value, kind):
        said = "a value that is not shown here" if spec.get("no_log") else shown(value)
        return f"{where} is {said}, which is {_IS_NOT[kind]}. {_remedy(spec, kind, name)}"
    if "choices" in spec and value not in spec["choices"]:
        return f"{where} is {shown(value)}. {spec.get('write') or 'Set it to ' + _any_of(spec['choices']) + '.'}"
    if kind == "int":
        return _bounds(_number(value), spec, where, name)
    if kind == "list":
        return _entries(value, spec, where)
    if kind == "dict" and "options" in spec:
        return _fields(value, spec["options"], where)
    return ""


def _complete(spec: Spec) -> Spec:
    if "like" not in spec:
        return spec
    found: Spec = {"options": _policy_options()}
    for part in spec["like"].split("."):
        found = found["options"][part]
    return {**found, **spec}


@functools.lru_cache(maxsize=1)
def _policy_options() -> Spec:
    # Only who states stages or reviews pays for this import: it brings all of Graph with it.
    from ansible_collections.mssp.defender.plugins.modules.access_package_policy import SPEC

    return SPEC.options


def _fits(value: t.Any, kind: str) -> bool:
    if kind in ("list", "dict"):
        return is_list(value) if kind == "list" else isinstance(value, collections.abc.Mapping)
    if is_list(value) or (isinstance(value, collections.abc.Mapping) and kind != "raw"):
        return False
    try:
        {"int": _number, "bool": truth}.get(kind, str)(value)
    except (TypeError, ValueError):
        return False
    return True


def _bounds(number: int, spec: Spec, where: str, name: str) -> str:
    least, most = spec.get("least"), spec.get("most")
    if (least is None or number >= least) and (most is None or number <= most):
        return ""
    most = "or more" if most is None else f"to {most}"
    return f"{where} is {number}. Choose {least} {most}{_unit(name, ' {}')}."


def _entries(value: t.Sequence[t.Any], spec: Spec, where: str) -> str:
    if len(value) < spec.get("least", 0):
        return f"{where} is an empty list. {spec.get('write') or 'List at least one entry, or leave it out.'}"
    if len(value) > spec.get("most", len(value)):
        return f"{where} has {len(value)} entries. {spec.get('write') or 'List fewer.'}"
    each = {"type": spec.get("elements", "raw"), **({"options": spec["options"]} if "options" in spec else {})}
    for number, item in enumerate(value, start=1):
        at = spec["label"](number, item) if "label" in spec else f"{where}, entry {number}"
        found = problem(item, each, at)
        if found:
            return found
    return ""


def _fields(value: t.Mapping[t.Any, t.Any], options: Spec, where: str) -> str:
    for name in sorted(set(map(str, value)) - set(options)):
        near = difflib.get_close_matches(name, options, n=1)
        remedy = f"Write {near[0]} instead." if near else f"Use {', '.join(options)}."
        return f"{where} has {name}, which means nothing. {remedy}"
    lacking = [name for name, spec in options.items() if spec.get("required") and value.get(name) in (None, "")]
    if lacking:
        return f"{where} has no {' and no '.join(lacking)}. Add what is missing."
    for name, spec in options.items():
        found = problem(value[name], spec, f"{where}: {name}", name) if name in value else ""
        if found:
            return found
    if _names_people(options):
        stated = [name for name in options if name in value]
        if len(stated) != 1:
            return f"{where} names {' and '.join(stated) or 'nobody'}. Name one of {', '.join(options)} in each entry."
    return ""


def _remedy(spec: Spec, kind: str, name: str) -> str:
    if spec.get("write"):
        return str(spec["write"])
    if kind == "int":
        what = _unit(name, "the number of {}") or "a whole number"
        return f"Write {what}, such as {spec.get('example') or spec.get('default') or (14 if '_days' in name else 1)}."
    options = spec.get("options", {})
    if _names_people(options):
        return "Write entries such as user: anna@customer.com, or group: IT."
    if kind == "dict":
        needed = [option for option in options if options[option].get("required")]
        return f"Give it {_all_of(needed)}." if needed else f"Give it entries such as {_any_of(list(options)[:3])}."
    return {
        "bool": "Write true or false.",
        "list": "Write each entry on a line of its own, after a hyphen.",
    }.get(kind, "Write one value.")


def _names_people(options: Spec) -> bool:
    """Whether these options are those of an approver or a reviewer, of which each entry names one."""
    return {"user", "group"} <= set(options)


def _unit(name: str, form: str) -> str:
    unit = "days" if name.endswith("_days") else "seconds" if name.endswith("_timeout") else ""
    return form.format(unit) if unit else ""


def _any_of(words: t.Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _all_of(words: t.Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
