# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Where the documents of the audit lie: one file for each customer, so that machines that share the work can be merged."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from pathlib import Path

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_memory import keeping, recalling, remembering
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import FACTS
from ansible_collections.mssp.defender.plugins.plugin_utils.report_write import make_private, write

_UNSAFE = re.compile(r"^[.]|[^A-Za-z0-9._-]")
_LONGEST = 100


def stem(customer: str) -> str:
    """A customer's name as the name of a file. What had to be changed carries a digest, so that no two share one."""
    safe = _UNSAFE.sub("_", customer)[:_LONGEST]
    # What ends as the facts of a customer do would be taken for them.
    if safe == customer and not f"{safe}.json".endswith(FACTS):
        return safe
    # A name from JSON may have half a character.
    return f"{safe}-{hashlib.sha256(customer.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def store(directory: Path, document: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Any]) -> Path:
    """Write a customer's document and, beside it, the facts that it was made of; both whole or not at all, for the owner only.

    :returns: the document's path.
    :raises OSError: as the system says.
    """
    make_private(directory)
    path = directory / f"{stem(str(document['customer']))}.json"
    beside = path.with_name(f"{path.stem}{FACTS}")
    write(beside, _text(keeping(facts, _earlier(beside))))
    write(path, _text(remembering(document, _earlier(path))))
    return path


def recall(directory: Path, facts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The facts of a customer, with what the log has forgotten since an earlier audit in this directory read it."""
    path = directory / f"{stem(str(facts['customer']))}{FACTS}"
    return recalling(facts, _earlier(path))


def _earlier(path: Path) -> dict[str, t.Any]:
    """What the customer's last audit left; nothing where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: t.Mapping[str, t.Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
