# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the pages look: light or dark as the reader's machine is, readable on a narrow screen."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d8dee4; --paper: #fff; --back: #f4f6f8;
  --accent: #0b62c4; --good: #1a7f37; --bad: #c0262d; --warn: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --line: #30363d; --paper: #161b22; --back: #0d1117;
  --accent: #6cb2ff; --good: #4cc265; --bad: #ff7b72; --warn: #e3b341; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { margin: 0; font-size: 1.6rem } h2 { margin: 0; font-size: 1.2rem } h3 { margin: 1.25rem 0 .4rem; font-size: .8rem;
  letter-spacing: .06em; text-transform: uppercase; color: var(--soft) }
p { margin: .25rem 0 } a { color: var(--accent) } a:not(:hover) { text-decoration: none }
.lead, .none, small { color: var(--soft) } .none { font-style: italic }
section { margin-top: 1.5rem; padding: 1.1rem 1.25rem 1.25rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 10px }
.scroll { overflow-x: auto } table { width: 100%; border-collapse: collapse; font-size: .9rem }
th { padding: .3rem .75rem .3rem 0; text-align: left; font-weight: 600; color: var(--soft);
  border-bottom: 1px solid var(--line); white-space: nowrap }
td { padding: .35rem .75rem .35rem 0; vertical-align: top; border-bottom: 1px solid var(--line) }
td:first-child:not(:only-child) { min-width: 5ch } td code, td small { overflow-wrap: anywhere }
tr:last-child td { border-bottom: 0 }
code { font: .85em/1.5 ui-monospace, "DejaVu Sans Mono", monospace }
.good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
"""
