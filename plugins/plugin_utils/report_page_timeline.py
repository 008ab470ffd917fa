# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What ends when, as a picture and as a list: a part of the script of the audit's page (report_page_script.py)."""

from __future__ import annotations

TIMELINE = r"""
// -- what ends when ---------------------------------------------------------------------------------------------------
const KINDS = ['assignment', 'review', 'request'];
const ends = data.ends.map((row, place) => ({...row, place, time: Date.parse(row.when),
  words: () => [row.kind, row.who, row.what, customers[row.customer].name, customers[row.customer].title, row.when]}));
// A bar for each week of a year; what is past and what is later have one each.
const WEEKS = 53, WIDE = 1060, HIGH = 196, LEFT = 30, FLOOR = 160;
function timeline(rows) {
  const bars = Array.from({length: WEEKS + 2}, () => [0, 0, 0]);
  for (const row of rows) {
    const week = row.time < now ? 0 : Math.min(1 + Math.floor((row.time - now) / (7 * DAY)), WEEKS + 1);
    bars[week][KINDS.indexOf(row.kind)] += 1;
  }
  const most = Math.max(1, ...bars.map(bar => bar[0] + bar[1] + bar[2]));
  const step = (WIDE - LEFT) / bars.length;
  const x = week => LEFT + week * step;
  const svg = make('svg', {class: 'ends', viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img', 'aria-labelledby': 'ends-about'},
    make('title', {id: 'ends-about'}, `${some(rows.length, 'end')} by week; the table below says the same.`));
  svg.append(make('line', {x1: LEFT, x2: WIDE, y1: FLOOR, y2: FLOOR}));
  for (const days of [30, 60, 90]) {
    const where = x(1 + days / 7);
    svg.append(make('line', {class: 'mark', x1: where, x2: where, y1: 12, y2: FLOOR}),
      make('text', {x: where + 3, y: 12}, `${days} days`));
  }
  bars.forEach((bar, week) => {
    const start = new Date(now + (week - 1) * 7 * DAY).toISOString().slice(0, 10);
    const name = week === 0 ? 'Past' : week > WEEKS ? 'Later' : `From ${start}`;
    const total = bar[0] + bar[1] + bar[2];
    const tells = KINDS.map((kind, place) => bar[place] ? some(bar[place], kind) : '').filter(Boolean).join(', ');
    const group = make('g', {}, make('title', {}, `${name}: ${tells}`));
    let y = FLOOR;
    KINDS.forEach((kind, place) => {
      const height = bar[place] * 120 / most;
      y -= height;
      if (height) group.append(make('rect', {class: kind, x: x(week) + 1.5, y, width: step - 3, height}));
    });
    const size = total > 999 ? 'thousands' : total > 99 ? 'hundreds' : null;
    if (total) group.append(make('text', {class: size, x: x(week) + step / 2, y: y - 3, 'text-anchor': 'middle'}, String(total)));
    if (week === 0 || week > WEEKS || week % 8 === 1) {
      group.append(make('text', {x: x(week) + (week > WEEKS ? step : week ? 0 : -LEFT + 2), y: FLOOR + 16,
        'text-anchor': week > WEEKS ? 'end' : 'start'}, week && week <= WEEKS ? start : name));
    }
    svg.append(group);
  });
  KINDS.forEach((kind, place) => svg.append(make('rect', {class: kind, x: LEFT + place * 110, y: HIGH - 14, width: 9, height: 9}),
    make('text', {x: LEFT + 14 + place * 110, y: HIGH - 5}, `${kind}s`)));
  at('timeline').replaceChildren(svg);
}
class Ends extends Table {
  draw() {
    super.draw();
    timeline(this.found);
  }
}
const endings = new Ends('ends', ends, row => make('tr', {},
  make('td', {}, `${row.when.slice(0, 16).replace('T', ' ')} `, make('span', {class: 'soft'}, inDays(row.when))),
  make('td', {}, row.kind), make('td', {}, bdi(row.who)), make('td', {}, bdi(row.what)),
  make('td', {}, bdi(customers[row.customer].title)),
), [
  {key: 'when', title: 'When (UTC)', value: row => row.time},
  {key: 'kind', title: 'What ends', value: row => row.kind},
  {key: 'who', title: 'Who', value: row => row.who},
  {key: 'what', title: 'Of what', value: row => row.what},
  {key: 'customer', title: 'Customer', value: row => customers[row.customer].title},
], ['when', false]);
"""
