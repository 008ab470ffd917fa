# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few HTML pages that a person sees. No password is asked for: whoever reaches the sandbox may be anybody in it."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from ..exchange import Reply

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>
{content}
</body></html>
"""


def page(title: str, content: str, status: int = 200) -> Reply:
    """A page; ``content`` is HTML, ``title`` is not."""
    text = _PAGE.format(title=escape(title), content=content)
    return Reply(status, headers={"Content-Type": "text/html; charset=utf-8"}, text=text)


def paragraph(text: str) -> str:
    """One paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def listed(lines: list[str]) -> str:
    """A list of plain texts."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def link(text: str, **query: str) -> str:
    """A link to the same page with another query."""
    return f'<p><a href="?{escape(urlencode(query))}">{escape(text)}</a></p>'


def device_form(user_code: str = "") -> str:
    """Where a person types the code of a device, and who they are."""
    return (
        '<form method="post"><p><label>Code <input name="user_code" value="'
        f'{escape(user_code)}"></label></p><p><label>User <input name="user"></label></p>'
        '<p><button name="action" value="accept">Sign in</button> '
        '<button name="action" value="decline">Cancel</button></p></form>'
    )


def redirect(address: str, mode: str, answer: dict[str, str]) -> Reply:
    """Send a browser back to an application, in the response_mode that it asked for."""
    if mode == "form_post":
        fields = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in answer.items())
        form = f'<form method="post" action="{escape(address)}">{fields}<button>Continue</button></form>'
        return page("Working...", f"{form}<script>document.forms[0].submit()</script>")
    mark = "#" if mode == "fragment" else "&" if "?" in address else "?"
    return Reply(302, headers={"Location": f"{address}{mark}{urlencode(answer)}"})
