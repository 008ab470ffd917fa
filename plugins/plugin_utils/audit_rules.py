# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What the audit can find: a table of data. Identifiers and slugs never change their meaning.

MSSP0xx access, 1xx approvers and people, 2xx policies and drift, 3xx Defender, 4xx other ways in, 5xx ends and waits,
9xx what could not be checked. The definitions are in practice M10, M13, S5 and B.6; docs/audit.md explains the same rows.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils import (
    audit_rules_people,
    audit_rules_settings,
    audit_rules_ways,
)
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rule import SEVERITIES, Rule

__all__ = ["RULES", "SEVERITIES", "Rule"]

_ROWS = (*audit_rules_people.ROWS, *audit_rules_settings.ROWS, *audit_rules_ways.ROWS)
RULES: t.Mapping[str, Rule] = {rule.id: rule for rule in _ROWS}
