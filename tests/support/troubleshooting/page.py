# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/troubleshooting.md, from the table. `make docs-troubleshooting` writes it."""

from __future__ import annotations

import re
import typing as t

from .table import REPOSITORY, Row, Subject, filled, load

PAGE = REPOSITORY / "docs" / "troubleshooting.md"

_HEAD = """\
# Troubleshooting

<!-- Made by `make docs-troubleshooting` from tests/integration/targets/errors/table; tests hold it to what really happens. -->

Every failure that you or Microsoft Graph can cause is on this page, with the sentence that it gives, word for word. **To find
yours, copy a part of the sentence that has none of your own names in it** - no tenant, no group, no id - and search this page for
it:

```text
Cannot add on Mde to the Defender role 'Tier 1 Analysts' in tenant contoso.onmicrosoft.com: Graph answered 403 Forbidden: ...
                                                                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
```

A sentence says what was tried, in which tenant, what came of it, and what to do. `{tenant}`, `{client}`, `{request_id}` and other
words in braces stand for what differs from run to run: your tenant, the client id, the request-id. Names such as
`Tier 1 Analyst` and the task that is tried are examples; the part behind the tenant is the same for others.

The words that Graph itself gives, in sentences with `Graph answered`, are those that Microsoft documents or that users of other
tools have reported; Microsoft changes them without notice, so search for the code when the message does not match.

## The key `failure`

Playbooks do not read sentences. A task that failed returns `failure`, and that is for playbooks to test:

| key | is |
|---|---|
| `status` | the HTTP status, when an answer of Graph is the cause; else null |
| `code` | Graph's own code, Entra ID's (`AADSTS...`), or one of this collection (`InvalidInput`, `Timeout`, `InUse`, ...) |
| `message` | Graph's message, unchanged; where Graph said nothing, the cause in our words |
| `request_id` | what Microsoft's support asks for, when Graph or Entra ID gave one; else null |

```yaml
- name: Defender roles
  mssp.defender.mde_role:
    name: Tier 1 Analysts
    permissions: [alerts_investigation]
  register: role
  failed_when: role.failure is defined and role.failure.code != 'Forbidden'
```
"""

# What tests call by names of their own, in a reader's words.
_FOR_READERS = {
    "closed": "url",
    "silent": "url",
    "standin": "url",
    "files": "directory",
    "host": "customer",
    "first": "id",
    "second": "another_id",
    "ours": "id",
    "theirs": "id",
    "group": "id",
    "package": "id",
    "policy": "id",
    "another": "another_id",
    "mssp": "mssp_tenant_id",
}


def render(subjects: t.Sequence[Subject] | None = None) -> str:
    """The whole page."""
    subjects = load() if subjects is None else subjects
    lines = [_HEAD, "## Subjects", ""]
    for subject in subjects:
        lines.append(f"- [{subject.title}](#{anchor(subject.title)}): {_count(subject)}")
    for subject in subjects:
        lines += ["", f"## {subject.title}", "", *_wrapped(subject.about), ""]
        for row in subject.rows:
            if row.title is not None:
                others = [other for other in subject.rows if other.under == row.id]
                lines += _entry(row, others)
    return "\n".join(lines).rstrip() + "\n"


def anchor(title: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _count(subject: Subject) -> str:
    number = sum(1 for row in subject.rows if row.title)
    return "1 sentence" if number == 1 else f"{number} sentences"


def _entry(row: Row, others: t.Sequence[Row]) -> list[str]:
    lines = [f"### {_heading(row)}", "", _sentence(row), ""]
    lines += [*_failure(row), f"**When.** {row.when}", "", f"**What to do.** {row.advice}", ""]
    for other in others:
        lines += [f"**Also when.** {other.when}", ""]
        if other.msg != row.msg:
            lines += [_sentence(other), ""]
        if other.failure and row.failure and (other.failure.status, other.failure.code) != (row.failure.status, row.failure.code):
            lines += _failure(other)
        lines += [f"**What to do.** {other.advice}", ""]
    return lines


def _sentence(row: Row) -> str:
    # As code in a quotation: a block of code does not wrap, and a sentence over several lines cannot be searched for.
    return f"> `` {_told(row.msg)} ``"


def _told(template: str) -> str:
    return str(filled(template, {name: f"{{{reader}}}" for name, reader in _FOR_READERS.items()}))


def _failure(row: Row) -> list[str]:
    if row.failure is None:
        return []
    keys = ("null" if row.failure.status is None else str(row.failure.status), row.failure.code or "null")
    message = " ".join(_told(row.failure.message).split()).replace("`", "'")
    given = "yes" if row.failure.request_id else "null"
    return [
        "| `status` | `code` | `message` | `request_id` |",
        "|---|---|---|---|",
        f"| {keys[0]} | `{keys[1]}` | `{message.replace('|', chr(92) + '|')}` | {given} |",
        "",
    ]


def _heading(row: Row) -> str:
    """The title as a heading that Markdown does not change; an ellipsis says that it begins amid a clause."""
    title = t.cast(str, row.title).strip(" :(")
    before = row.msg[: row.msg.find(title.partition("…")[0].strip())]
    amid = before.strip() and not before.rstrip().endswith((":", "."))
    return ("… " if amid and not title.startswith("…") else "") + re.sub(r"([*<>\[\]])", r"\\\1", title)


def _wrapped(text: str) -> list[str]:
    return [" ".join(text.split())]


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
