# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""How the page of the audit looks: light, dark and printed. A severity is a colour and a word everywhere."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --head: #f3f5f7;
  --link: #0550ae;
  --grave: #a40e26; --grave-page: #ffe3e5; --warning: #7a4100; --warning-page: #ffefd2; --notice: #0a4f94; --notice-page: #e0f0ff;
  --info: #4b545e; --info-page: #eceff2; --good: #116329; --assignment: #0969da; --review: #8250df; --request: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --page: #15191f; --text: #e6e9ed; --soft: #9fa8b3; --line: #3a424c; --head: #1f252d;
  --link: #79b8ff; --grave: #ffb3ba; --grave-page: #5c1420; --warning: #ffcf8a; --warning-page: #4a3610; --notice: #a8d3ff;
  --notice-page: #12375c; --info: #c3cad2; --info-page: #2b333d; --good: #7ee294; --assignment: #58a6ff; --review: #bc9cff;
  --request: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 100rem; background: var(--page); color: var(--text);
  font: .95rem/1.45 system-ui, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.25rem; }
section { scroll-margin-top: 4rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
.soft { color: var(--soft); font-size: .9em; overflow-wrap: anywhere; }
.totals { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.totals li { min-width: 7rem; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--head); }
.totals b { display: block; font-size: 1.6rem; line-height: 1.2; }
.totals .grave, .totals .warning, .totals .notice, .totals .info { border-color: currentColor; }
nav a { margin-right: 1rem; }
form { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center;
  padding: .6rem 0; background: var(--page); border-bottom: 1px solid var(--line); }
form[hidden] { display: none; }
fieldset { display: flex; flex-wrap: wrap; gap: .2rem .8rem; margin: 0; padding: 0; border: 0; }
input[type=search] { flex: 1 1 14rem; max-width: 26rem; }
input[type=search], select { padding: .35rem .6rem; font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--soft); border-radius: .3rem; }
button { font: inherit; text-align: left; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
.chip, .more { padding: .2rem .6rem; border: 1px solid var(--soft); border-radius: 1rem; max-width: 100%;
  overflow-wrap: anywhere; }
.more { margin: .75rem 0; border-radius: .3rem; }
[hidden], .rest, .paper { display: none; }
.wide { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; }
.fill { width: 100%; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { background: var(--head); vertical-align: bottom; }
thead button { font-weight: 600; text-align: left; white-space: nowrap; }
th[aria-sort] button::after { content: " \\2195"; color: var(--soft); }
th[aria-sort=ascending] button::after { content: " \\2191"; color: inherit; }
th[aria-sort=descending] button::after { content: " \\2193"; color: inherit; }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 14rem; max-width: 26rem; }
tbody th .soft { display: block; font-weight: 400; }
td { overflow-wrap: anywhere; min-width: 5rem; }
.when { white-space: nowrap; }
tbody th button, .cell { text-align: left; }
tbody th button { font-weight: 600; text-decoration: underline dotted; overflow-wrap: anywhere; }
#heat th, #heat td { border-right: 1px solid var(--line); }
#heat thead th.rule { padding: .4rem .2rem; text-align: center; }
.rule button { writing-mode: vertical-rl; transform: rotate(180deg); }
#customers .wide { width: fit-content; max-height: 90vh; overflow: auto; }
#heat thead th { position: sticky; top: 0; z-index: 1; }
#heat th:first-child { position: sticky; left: 0; }
#heat thead th:first-child { z-index: 2; }
#heat tbody th { background: var(--page); }
@media (max-width: 40rem) { #heat th:first-child { position: static; } }
#heat td { padding: 0; text-align: center; min-width: 2.3rem; }
#heat td.plain { padding: .35rem .6rem; white-space: nowrap; }
.cell { display: block; width: 100%; min-height: 1.9rem; padding: .35rem .2rem; text-align: center;
  font-weight: 600; white-space: nowrap; }
.grave { color: var(--grave); background: var(--grave-page) !important; }
.warning { color: var(--warning); background: var(--warning-page) !important; }
.notice { color: var(--notice); background: var(--notice-page) !important; }
.info { color: var(--info); background: var(--info-page) !important; }
.good { color: var(--good); }
.badge { display: inline-block; min-width: 5rem; padding: 0 .5rem; border-radius: .3rem; font-weight: 600; text-align: center; }
details { border-bottom: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 2.4rem; }
summary { padding: .4rem .2rem; cursor: pointer; overflow-wrap: anywhere; }
summary b { margin: 0 .3rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .2rem 0 1rem 1.5rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.ends { width: 100%; max-width: 70rem; height: auto; }
.ends text { fill: var(--text); font-size: 11px; }
.ends .hundreds { font-size: 9px; }
.ends .thousands { font-size: 7px; }
.ends line { stroke: var(--line); }
.ends .mark { stroke: var(--soft); stroke-dasharray: 3 3; }
.assignment { fill: var(--assignment); }
.review { fill: var(--review); }
.request { fill: var(--request); }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { color-scheme: light; --page: #fff; --text: #000; --soft: #333; --line: #999; --head: #eee; --link: #000;
    --grave: #7d0a1c; --grave-page: #fff; --warning: #5f3200; --warning-page: #fff; --notice: #083c70; --notice-page: #fff;
    --info: #333; --info-page: #fff; --good: #0b4a1e; --assignment: #2b6cb0; --review: #6b46c1; --request: #975a16; }
  body { max-width: none; padding: 0; font-size: 8.5pt; }
  nav, form, .skip, .more, .controls { display: none; }
  .rest { display: block; }
  .paper { display: inline; font-weight: 600; }
  thead button { display: none; }
  #heat thead th.rule { writing-mode: vertical-rl; }
  .wide, #customers .wide { overflow: visible; max-height: none; }
  #heat th, #heat thead th, #heat th:first-child { position: static; }
  h2 { break-after: avoid; }
  section + section { break-before: page; }
  th, td { padding: .2rem .35rem; }
  #heat { font-size: 7pt; }
  #heat thead th { min-width: 0; }
  #heat tbody th { min-width: 8.5rem; }
  #heat td { min-width: 1.4rem; }
  #heat td.plain, #heat .cell { padding: .15rem .1rem; min-height: 0; }
  th[aria-sort] button::after { content: ""; }
  thead { display: table-header-group; }
  details { break-inside: avoid; }
  details { content-visibility: visible; }
  .badge { border: 1px solid currentColor; }
}
"""
