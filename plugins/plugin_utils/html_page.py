# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The frame of an HTML page that needs nothing else: no other file and no network.

The page's own policy lets only the style and the script run that stand in it: whatever a name in it may say.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import html_escape

# What would end the element that holds the data, or a line of script in older browsers.
_IN_SCRIPT = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def frame(title: str, style: str, script: str, body: str) -> str:
    """The whole page.

    :param style: CSS of ours; nothing of anybody else's.
    :param script: JavaScript of ours; runs when the body is there.
    :param body: HTML in which whatever is not ours is escaped.
    """
    allowed = f"style-src {_hash(style)}; script-src {_hash(script)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{html_escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def data_block(identifier: str, data: t.Any) -> str:
    """Data for the page's script, which no browser takes for a script or for markup."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).translate(_IN_SCRIPT)
    return f'<script type="application/json" id="{html_escape(identifier)}">{text}</script>'


def _hash(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"
