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

from ansible_collections.mssp.defender.plugins.plugin_utils.report_write import make_private, write

_UNSAFE = re.compile(r"^[.]|[^A-Za-z0-9._-]")
_LONGEST = 100


def stem(customer: str) -> str:
    """A customer's name as the name of a file. What had to be changed carries a digest, so that no two share one."""
    safe = _UNSAFE.sub("_", customer)[:_LONGEST]
    # What ends as the facts of a customer do would be taken for them.
    if safe == customer and not safe.endswith(".facts"):
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
    write(path.with_name(f"{path.stem}.facts.json"), _text(facts))
    write(path, _text(remembering(document, _earlier(path))))
    return path


def remembering(document: t.Mapping[str, t.Any], earlier: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A document that knows since when and by whom where an earlier audit knew it: the log forgets (decisions S11)."""
    listed = earlier.get("findings")
    # Whatever lies there was perhaps not written by an audit.
    there = [x for x in listed if isinstance(x, dict)] if isinstance(listed, list) else []
    known = {str(x.get("fingerprint")): x for x in there if x.get("since")}
    findings = []
    for finding in document["findings"]:
        before = known.get(finding["fingerprint"])
        if before and not finding["since"]:
            told = f"{finding['is']} An earlier audit knew: {before['since']}, by {before.get('by') or 'somebody unknown'}."
            finding = {**finding, "since": before["since"], "by": before.get("by"), "is": told}
        findings.append(finding)
    return {**document, "findings": findings}


def _earlier(path: Path) -> dict[str, t.Any]:
    """The customer's document of the last audit; nothing where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: t.Mapping[str, t.Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
