# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Quoting for OData: what a customer's directory says is data, never part of a query or of a path."""

from __future__ import annotations

import re
import urllib.parse

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_guid(value: object) -> bool:
    """Whether this is an object id in the form that Graph uses."""
    return isinstance(value, str) and _GUID.fullmatch(value) is not None


def literal(value: str) -> str:
    """An OData string literal: single quotes doubled, in single quotes. Not URL-encoded."""
    return "'" + value.replace("'", "''") + "'"


def segment(value: str) -> str:
    """One segment of a URL's path, fully encoded."""
    return urllib.parse.quote(value, safe="")


def key_segment(name: str, value: str) -> str:
    """An alternate key in a path: `(uniqueName='x')`."""
    return f"({name}={segment(literal(value))})"
