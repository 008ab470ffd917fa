# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented in audit.yml beside it."""

from __future__ import annotations

import datetime
import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.release import __version__ as ansible_core

from ansible_collections.mssp.defender.plugins.plugin_utils import audit_files, audit_read
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings, unread
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Json
from ansible_collections.mssp.defender.plugins.plugin_utils.collection_version import collection_version

_OPTIONS = (
    "allow_write_token",
    "grace_hours",
    "ends_days",
    "waiting_days",
    "stale_days",
    "pending_days",
    "accepted_principals",
)
_NEXT: t.Mapping[str, t.Callable[[Facts], t.Any]] = {
    "packages": audit_read.packages_to_read,
    "groups": audit_read.groups_to_read,
    "users": audit_read.users_to_read,
    "organization": audit_read.organization,
    "mssp": audit_read.mssp_to_read,
    "strangers": audit_read.groups_with_strangers,
}


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
        if term == "stopped":
            return audit_read.stopped(stated["result"])
        raw = self._facts(variables)
        if term in _NEXT:
            return _NEXT[term](Facts(raw))
        if term == "error":
            return audit_read.error(variables, raw)
        if term == "refusal":
            return audit_read.refusal(raw)
        if term == "document":
            directory, failed = Path(str(stated["directory"])), audit_read.error(variables, raw)
            raw = raw if failed else audit_files.recall(directory, raw)
            document = unread(raw, failed["message"], failed["failure"]) if failed else findings(raw)
            path = audit_files.store(directory, document, audit_read.evidence(raw))
            return {"path": str(path), **{name: document[name] for name in ("counts", "complete", "error")}}
        raise AnsibleLookupError(
            f"audit knows no '{term}'. Use one of {', '.join([*_NEXT, 'stopped', 'error', 'refusal', 'document'])}."
        )

    def _facts(self, variables: t.Mapping[str, t.Any]) -> Json:
        names = {name: f"{audit_read.PREFIX}{name}" for name in _OPTIONS}
        options = {name: self._templar.template(variables[x]) for name, x in names.items() if x in variables}
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return audit_read.facts(variables, options, now, version=collection_version(), core=ansible_core)
