# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented in consent.yml beside it."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mssp.defender.plugins.plugin_utils.consent_plan import NAMES, plan


class LookupModule(LookupBase):  # type: ignore[misc]
    """Entry point for Ansible."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """The plan of the customer whose variables these are."""
        if list(terms) != ["plan"]:
            raise AnsibleLookupError(f"consent knows no '{', '.join(map(str, terms))}'. Use plan.")
        variables = variables or {}
        omit = variables.get("omit")
        values = {}
        for name in NAMES:
            value = self._templar.template(variables[name]) if name in variables else None
            # What a template leaves out is not set.
            if value is not None and value != omit and type(value).__name__ != "Omit":
                values[name] = value
        return [plan(values, os.environ)]
