# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What one kind of finding is. The kinds themselves are in `audit_rules.py`."""

from __future__ import annotations

import typing as t

# From the worst down. `info` needs nobody's hand.
SEVERITIES = ("grave", "warning", "notice", "info")


class Rule(t.NamedTuple):
    """One kind of finding.

    :param severity: of a finding unless the rule that makes it rates it lower.
    :param title: what is found, as a headline without a full stop.
    :param explains: when it is found, and why it matters.
    :param remedy: what to do about it.
    """

    id: str
    slug: str
    severity: str
    title: str
    explains: str
    remedy: str
