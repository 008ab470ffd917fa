# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A sheet for people as one HTML page that needs nothing else: parts with a table each, and a field that finds rows."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.html_page import frame
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import html_escape

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --head: #f3f5f7;
  --link: #0550ae; --warn: #7a4100; --warn-page: #fff4e0; }
@media (prefers-color-scheme: dark) { :root { --page: #15191f; --text: #e6e9ed; --soft: #9fa8b3; --line: #3a424c; --head: #1f252d;
  --link: #79b8ff; --warn: #ffcf8a; --warn-page: #33270f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 80rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.25rem; }
a { color: var(--link); }
a:focus-visible, input:focus-visible, .wide:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
.soft { color: var(--soft); font-size: .9em; overflow-wrap: anywhere; }
nav a { margin-right: 1rem; }
form { margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; position: sticky; top: 0;
  padding: .5rem 0; background: var(--page); }
form[hidden] { display: none; }
input { flex: 1 1 16rem; max-width: 30rem; padding: .4rem .6rem; font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--soft); border-radius: .3rem; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { background: var(--head); }
tbody th { font-weight: 600; min-width: 12rem; overflow-wrap: anywhere; }
@media (min-width: 60rem) { tbody th { min-width: 21rem; } }
tbody th .soft { display: block; font-weight: 400; }
.note { color: var(--warn); background: var(--warn-page); padding: .1rem .4rem; border-radius: .3rem; display: inline-block;
  overflow-wrap: anywhere; }
tr[hidden] { display: none; }
@media print {
  :root { color-scheme: light; --page: #fff; --text: #000; --soft: #333; --line: #999; --head: #eee; --link: #000; --warn: #000;
    --warn-page: #fff; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  nav, form, .skip { display: none; }
  .wide { overflow: visible; }
  td a::after { content: " " attr(href); display: block; font-size: 7pt; overflow-wrap: anywhere; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  section + section { break-before: page; }
}
"""

SCRIPT = """
const form = document.querySelector('form');
const box = form.querySelector('input');
const told = form.querySelector('output');
const rows = Array.from(document.querySelectorAll('tbody tr'));
// Everything that a row says, a space between any two of its parts.
function said(node) {
  return node.nodeType === Node.TEXT_NODE ? node.data : Array.from(node.childNodes, said).join(' ');
}
const texts = rows.map(row => ` ${said(row).toLowerCase().replace(/\\s+/g, ' ')} `);
// A small number is a whole word: the 1 of "tier 1" is in every tenant id.
function has(text, word) {
  return text.includes(/^\\d{1,3}$/.test(word) ? ` ${word} ` : word);
}
function find() {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, at) => {
    row.hidden = !words.every(word => has(texts[at], word));
    shown += row.hidden ? 0 : 1;
  });
  told.textContent = words.length ? `${shown} of ${rows.length} rows` : '';
}
form.hidden = false;
form.addEventListener('submit', event => event.preventDefault());
box.addEventListener('input', find);
document.addEventListener('keydown', event => {
  if (event.key === '/' && event.target !== box && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
  } else if (event.key === 'Escape' && event.target === box) {
    box.value = '';
    find();
  }
});
find();
"""


class Part(t.NamedTuple):
    """A part of the page.

    :param anchor: its id in the page.
    :param notes: sentences before the table.
    :param header: headings of the columns.
    :param rows: HTML, made by `row`.
    """

    anchor: str
    title: str
    notes: t.Sequence[str]
    header: t.Sequence[str]
    rows: t.Iterable[str]


def page(title: str, about: str, find: str, parts: t.Sequence[Part]) -> str:
    """The whole page.

    :param about: a line below the title.
    :param find: what the field that finds rows is called.
    """
    leads = "".join(f'<a href="#{part.anchor}">{html_escape(part.title)}</a>' for part in parts)
    body = f"""<a class="skip" href="#{parts[0].anchor}">To the links</a>
<header>
<h1>{html_escape(title)}</h1>
<p class="soft">{html_escape(about)}</p>
<nav aria-label="Parts">{leads}</nav>
</header>
<form role="search" hidden>
<label for="find">{html_escape(find)}</label>
<input id="find" type="search" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" placeholder="Press / to type here">
<output for="find" class="soft"></output>
</form>
<main>
{"".join(map(_section, parts))}</main>"""
    return frame(title, STYLE, SCRIPT, body)


def _section(part: Part) -> str:
    head = "".join(f'<th scope="col">{html_escape(title)}</th>' for title in part.header)
    notes = "".join(f"<li>{html_escape(note)}</li>" for note in part.notes)
    listed = f"<ul>{notes}</ul>\n" if notes else ""
    # What scrolls can be scrolled by keyboard.
    return f"""<section id="{part.anchor}" aria-labelledby="{part.anchor}-title">
<h2 id="{part.anchor}-title">{html_escape(part.title)}</h2>
{listed}<div class="wide" tabindex="0"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{"".join(part.rows)}</tbody>
</table></div>
</section>
"""


def row(title: str, about: t.Iterable[str], cells: t.Iterable[str], note: str | None) -> str:
    """A row.

    :param title: what it is about, and `about` more of it in small letters.
    :param cells: HTML.
    :param note: what is out of the ordinary; comes last. None: the table has no column for it.
    """
    below = "".join(f'<span class="soft">{html_escape(text)}</span>' for text in about if text)
    told = f'<span class="note">{html_escape(note)}</span>' if note else ""
    columns = "".join(f"<td>{cell}</td>" for cell in (*cells, *([] if note is None else [told])))
    return f'<tr><th scope="row"><bdi>{html_escape(title)}</bdi>{below}</th>{columns}</tr>\n'


def link(url: str, text: str, what: str) -> str:
    """A link whose whole name, for those who hear it, says what it leads to."""
    if not url:
        return ""
    whole = html_escape(f"{text} {what}")
    return f'<a href="{html_escape(url)}" rel="noreferrer" aria-label="{whole}">{html_escape(text)}</a>'
