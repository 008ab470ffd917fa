# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented in cutoff.yml beside it."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mssp.defender.plugins.plugin_utils import cutoff_items, cutoff_page
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff import Found
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff_record import record, stopped

_ITEMS: t.Mapping[str, t.Callable[[Found], t.Any]] = {
    "mssp": lambda found: found.mssp,
    "unknown_groups": cutoff_items.unknown_groups,
    "catalogs": cutoff_items.catalogs,
    "policies": cutoff_items.policies,
    "requests": cutoff_items.requests,
    "roles": cutoff_items.roles,
    "asked_groups": cutoff_items.asked_groups,
    "users": cutoff_items.users,
    "personal_roles": cutoff_items.personal_roles,
    "members": cutoff_items.members,
    "assignments": cutoff_items.assignments,
    "given_back": cutoff_items.given_back,
}
_TEXTS: t.Mapping[str, t.Callable[[t.Any], t.Any]] = {
    "page": cutoff_page.page,
    "markdown": cutoff_page.as_markdown,
    "json": cutoff_page.as_json,
    "failure": cutoff_page.failure,
}

# What was asked for, and what is asked for unless it is said.
_ASKED = {"block_users": True, "skip_defender": False}


class LookupModule(LookupBase):  # type: ignore[misc]
    """Entry point for Ansible."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """What each term asks for; a list of one where it is a list by itself."""
        found: list[t.Any] = []
        for term in map(str, terms):
            value = self._answer(term, variables or {}, kwargs)
            found.extend(value if isinstance(value, list) else [value])
        return found

    def _answer(self, term: str, variables: t.Mapping[str, t.Any], stated: t.Mapping[str, t.Any]) -> t.Any:
        if term in _ITEMS:
            return _ITEMS[term](Found(variables))
        if term in _TEXTS:
            return _TEXTS[term](stated["record"])
        if term == "summary":
            return cutoff_page.summary(list(stated["records"]))
        asked = {name: bool(stated.get(name, default)) for name, default in _ASKED.items()}
        if term == "record":
            return record(Found(variables), variables, **asked)
        if term == "stopped":
            return stopped(variables, str(stated["why"]), **asked)
        known = ", ".join([*_ITEMS, *_TEXTS, "summary", "record", "stopped"])
        raise AnsibleLookupError(f"cutoff knows no '{term}'. Use one of {known}.")
