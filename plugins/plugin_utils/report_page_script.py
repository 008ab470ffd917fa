# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What the page of the audit does: shows, sorts, filters and opens what its data says.

Names reach the page as text nodes and attributes only, never as markup. Of long lists the first rows are drawn,
and more for printing.
"""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.plugin_utils.report_page_timeline import TIMELINE

_LISTS = r"""
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const SEVERITIES = ['grave', 'warning', 'notice', 'info'];
const LETTERS = ['G', 'W', 'N', 'i'];
const FIRST = 100;
const ON_PAPER = 500;
const DAY = 86400000;
const now = Date.parse(data.made);
const compare = new Intl.Collator('en', {numeric: true, sensitivity: 'base'}).compare;
const at = id => document.getElementById(id);

function make(tag, attributes, ...children) {
  const svg = ['svg', 'g', 'rect', 'line', 'text', 'title', 'desc'].includes(tag);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') node.addEventListener(name, value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter(child => child !== undefined && child !== null && child !== ''));
  return node;
}
const some = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
const day = text => text.slice(0, 10);
function inDays(text) {
  const days = Math.round((Date.parse(day(text)) - Date.parse(day(data.made))) / DAY);
  return days < 0 ? `${some(-days, 'day')} ago` : days === 0 ? 'today' : `in ${some(days, 'day')}`;
}
const bdi = text => make('bdi', {}, text);

// -- what is wanted ---------------------------------------------------------------------------------------------------
const form = document.querySelector('form');
const box = at('find');
const boxes = SEVERITIES.map(severity => at(`severity-${severity}`));
const picked = {customer: null, rule: null};
let words = [];

function fits(row) {
  if (picked.customer !== null && row.customer !== picked.customer) return false;
  row.text = row.text || row.words().join(' ').toLowerCase().replace(/\s+/g, ' ');
  return words.every(word => row.text.includes(word));
}
function pick(customer, rule) {
  picked.customer = customer;
  picked.rule = rule;
  draw();
}

// -- lists ------------------------------------------------------------------------------------------------------------
// A list knows its rows, which of them are wanted, in which order, and how many of these are drawn.
class List {
  constructor(id, rows, show, keys, order) {
    Object.assign(this, {id, rows, show, keys, order, most: FIRST, found: rows});
    this.body = at(id).querySelector('[data-rows]');
    this.more = make('button', {type: 'button', class: 'more', click: () => { this.most = Infinity; this.fill(); }});
    this.rest = make('p', {class: 'rest'});
    at(id).append(this.more, this.rest);
  }
  wanted() { return this.rows.filter(fits); }
  draw() {
    const [key, down] = this.order;
    const value = this.keys[key];
    const turn = down ? -1 : 1;
    const sorted = this.wanted().map(row => [value(row), row]);
    sorted.sort(([one, a], [two, b]) => {
      // What is not known comes last in either order.
      if (one === null || two === null) return (one === null) - (two === null) || a.place - b.place;
      return turn * (typeof one === 'number' ? one - two : compare(one, two)) || a.place - b.place;
    });
    this.found = sorted.map(pair => pair[1]);
    this.fill();
  }
  fill() {
    this.body.replaceChildren(...this.found.slice(0, this.most).map(this.show));
    const rest = this.found.length - this.most;
    this.more.hidden = !(rest > 0);
    this.more.textContent = `Show ${rest} more`;
    this.rest.textContent = rest > 0 ? `And ${rest} more, which the files beside this page hold.` : '';
    at(this.id).querySelector('.none').hidden = this.found.length > 0;
  }
  sort(key) {
    const [old, down] = this.order;
    // Numbers begin with the highest, texts with the first.
    this.order = [key, key === old ? !down : typeof this.keys[key](this.rows[0]) === 'number' && key !== 'when'];
    this.draw();
  }
}
class Table extends List {
  constructor(id, rows, show, columns, order) {
    super(id, rows, show, Object.fromEntries(columns.map(column => [column.key, column.value])), order);
    this.heads = columns.map(column => make('th',
      {scope: 'col', 'aria-sort': 'none', class: column.class || null, title: column.about || null},
      make('button', {type: 'button', click: () => this.rows.length && this.sort(column.key)}, column.title),
      // Chromium draws no button where a heading is repeated on the next sheet.
      make('span', {class: 'paper'}, column.title)));
    this.columns = columns;
    at(id).querySelector('thead').append(make('tr', {}, ...this.heads));
  }
  fill() {
    super.fill();
    this.heads.forEach((head, place) => {
      const mine = this.columns[place].key === this.order[0];
      head.setAttribute('aria-sort', mine ? (this.order[1] ? 'descending' : 'ascending') : 'none');
    });
  }
}

// -- customers and findings -------------------------------------------------------------------------------------------
const rulesFound = [...new Set(data.findings.map(finding => finding.id))].sort();
const customers = data.customers.map((customer, place) => ({
  ...customer, place, customer: place, by: new Map(), counts: [0, 0, 0, 0],
  words: () => [customer.name, customer.title, customer.domain, customer.tenant, customer.problem,
    customer.state === 0 ? 'not audited' : customer.state === 1 ? 'not complete' : '']}));
const findings = data.findings.map((finding, place) => ({...finding, place,
  words: () => [finding.id, SEVERITIES[finding.severity], data.rules[finding.id][0], customers[finding.customer].name,
    customers[finding.customer].title, finding.what, finding.who, finding.is, finding.should, finding.by]}));
for (const finding of findings) {
  const customer = customers[finding.customer];
  customer.counts[finding.severity] += 1;
  const there = customer.by.get(finding.id) || [0, 3];
  customer.by.set(finding.id, [there[0] + 1, Math.min(there[1], finding.severity)]);
}
const named = customer => `${customer.title}${customer.title === customer.name ? '' : ` (${customer.name})`}`;
function customerHead(place) {
  const customer = customers[place];
  const about = [customer.domain || customer.tenant, customer.title === customer.name ? '' : customer.name].filter(Boolean);
  return make('th', {scope: 'row'},
    make('button', {type: 'button', click: () => pick(place, null), title: 'Only this customer'}, bdi(customer.title)),
    about.length ? make('span', {class: 'soft'}, bdi(about.join(', '))) : '',
    customer.problem ? make('span', {class: 'soft'}, customer.problem) : '');
}
function heatCell(customer, rule) {
  const [count, worst] = customer.by.get(rule) || [0, 3];
  if (!count) return make('td', {});
  const about = `${some(count, 'finding')} ${rule}, ${SEVERITIES[worst]}, ${named(customer)}: show`;
  return make('td', {class: SEVERITIES[worst]}, make('button', {type: 'button', class: 'cell', 'aria-label': about,
    title: `${SEVERITIES[worst]}: ${data.rules[rule][0]}`,
    click: () => { pick(customer.place, rule); at('findings').querySelector('summary')?.focus(); }},
  `${LETTERS[worst]} ${count}`));
}
function heatRow(customer) {
  const state = [['NOT AUDITED', 'grave'], ['NO', 'warning'], ['yes', 'good']][customer.state];
  return make('tr', {}, customerHead(customer.place),
    make('td', {class: 'plain'}, customer.ended ? day(customer.ended) : ''),
    make('td', {class: `plain ${state[1]}`}, state[0]),
    ...customer.counts.map((count, severity) => make('td', {class: `plain ${count ? SEVERITIES[severity] : 'soft'}`},
      customer.state ? String(count) : '')),
    ...rulesFound.map(rule => heatCell(customer, rule)));
}
// Not audited is worse than anything found; then by severity; not complete decides between equals.
const score = customer => [customer.state ? 0 : 1, ...customer.counts.slice(0, 3)].reduce((sum, count) => sum * 1e4 + count, 0)
  + (customer.state === 1 ? .5 : 0);
const upper = text => text[0].toUpperCase() + text.slice(1);
const heat = new Table('customers', customers, heatRow, [
  {key: 'name', title: 'Customer', value: row => row.title},
  {key: 'ended', title: 'Audited', value: row => row.ended || null},
  {key: 'complete', title: 'Complete', value: row => row.state},
  ...SEVERITIES.map((severity, place) => ({key: severity, title: upper(severity), value: row => row.counts[place]})),
  ...rulesFound.map(rule => ({key: rule, title: rule, class: 'rule', about: data.rules[rule][0],
    value: row => (row.by.get(rule) || [0])[0]})),
], ['worst', true]);
heat.keys.worst = score;

function open(node, finding) {
  if (node.childElementCount > 1) return;
  const lines = [['Means', data.rules[finding.id][1]], ['Should be', finding.should],
    ['Remedy', finding.remedy || data.rules[finding.id][2]],
    ['Object', finding.what], ['Person', finding.who], ['Property', finding.property],
    ['Is', finding.before], ['Wanted', finding.after],
    ['Since', finding.since], ['By', finding.by]].filter(line => line[1]);
  node.append(make('dl', {}, ...lines.flatMap(([title, text]) => [make('dt', {}, title), make('dd', {}, bdi(text))]),
    ...(finding.link ? [make('dt', {}, 'Portal'),
      make('dd', {}, make('a', {href: finding.link, rel: 'noreferrer'}, finding.link))] : [])));
}
function findingRow(finding) {
  const severity = SEVERITIES[finding.severity];
  const node = make('details', {toggle: () => open(node, finding)}, make('summary', {},
    make('span', {class: `badge ${severity}`}, severity), make('b', {}, finding.id),
    bdi(named(customers[finding.customer])), ': ', bdi(finding.is)));
  node.finding = finding;
  return node;
}
const list = new List('findings', findings, findingRow, {
  severity: row => row.severity, customer: row => customers[row.customer].title, rule: row => row.id,
  since: row => row.since || null}, ['severity', false]);
list.wanted = () => findings.filter(row => boxes[row.severity].checked
  && (picked.rule === null || row.id === picked.rule) && fits(row));
at('order').addEventListener('change', event => {
  list.order = [event.target.value, event.target.value === 'since'];
  list.draw();
});
at('findings').addEventListener('keydown', event => {
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!step || event.target.tagName !== 'SUMMARY') return;
  const all = Array.from(at('findings').querySelectorAll('summary'));
  const next = all[all.indexOf(event.target) + step];
  if (next) { event.preventDefault(); next.focus(); }
});

// -- access -----------------------------------------------------------------------------------------------------------
const access = data.access.map((row, place) => ({...row, place,
  words: () => [row.who, row.mail, row.home, row.tier, row.package, row.state, row.approved, customers[row.customer].name,
    customers[row.customer].title, row.live ? 'live response' : '', row.enabled === false ? 'disabled' : '']}));
const yesNo = value => value === null ? 'not known' : value ? 'yes' : 'no';
const people = new Table('access', access, row => make('tr', {},
  make('th', {scope: 'row'}, bdi(row.who), row.mail ? make('span', {class: 'soft'}, row.mail) : ''),
  make('td', {class: 'soft'}, row.home),
  make('td', {}, make('button', {type: 'button', click: () => pick(row.customer, null), title: 'Only this customer'},
    bdi(customers[row.customer].title))),
  make('td', {}, bdi(row.tier), row.package ? make('span', {class: 'soft'}, ' ', bdi(row.package)) : ''),
  make('td', {}, row.expires ? make('span', {class: 'when'}, day(row.expires)) : row.state ? 'never' : '', ' ',
    row.expires ? make('span', {class: 'soft when'}, inDays(row.expires)) : ''),
  make('td', {}, bdi(row.approved)),
  make('td', {}, row.state || 'no assignment'),
  make('td', {}, yesNo(row.live)),
  make('td', {}, row.signed ? day(row.signed) : ''),
  make('td', {}, yesNo(row.enabled)),
), [
  {key: 'who', title: 'Analyst', value: row => row.who},
  {key: 'home', title: 'Home tenant', value: row => row.home || null},
  {key: 'customer', title: 'Customer', value: row => customers[row.customer].title},
  {key: 'tier', title: 'Tier', value: row => row.tier},
  {key: 'expires', title: 'Ends', value: row => row.expires || null},
  {key: 'approved', title: 'Approved by', value: row => row.approved || null},
  {key: 'state', title: 'Assignment', value: row => row.state || null},
  {key: 'live', title: 'Live response', value: row => Number(row.live)},
  {key: 'signed', title: 'Last sign-in', value: row => row.signed || null},
  {key: 'enabled', title: 'Enabled', value: row => row.enabled === null ? null : Number(row.enabled)},
], ['who', false]);
"""

_TOGETHER = r"""
const lists = [heat, list, people, endings];

// -- all together -----------------------------------------------------------------------------------------------------
const chip = at('picked');
function draw() {
  words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const each of lists) each.draw();
  const told = [picked.customer === null ? '' : named(customers[picked.customer]), picked.rule || ''].filter(Boolean).join(', ');
  chip.hidden = !told;
  chip.textContent = `Only ${told} \u00d7`;
  at('told').textContent = `${list.found.length} of ${some(findings.length, 'finding')}, `
    + `${heat.found.length} of ${some(customers.length, 'customer')}`;
}
let waiting = 0;
function later() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(draw);
}
chip.addEventListener('click', () => { pick(null, null); box.focus(); });
box.addEventListener('input', later);
boxes.forEach(each => each.addEventListener('change', draw));
form.addEventListener('submit', event => event.preventDefault());
document.addEventListener('keydown', event => {
  if (event.key === '/' && event.target.tagName !== 'INPUT' && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
  } else if (event.key === 'Escape' && (box.value || picked.customer !== null || picked.rule !== null)) {
    box.value = '';
    pick(null, null);
  }
});
// Paper has all customers, of the rest more than the screen at first, and findings opened; the screen has afterwards what it had.
let before = null;
addEventListener('beforeprint', () => {
  before = lists.map(each => each.most);
  for (const each of lists) { each.most = each === heat ? Infinity : Math.max(each.most, ON_PAPER); each.fill(); }
  for (const node of at('findings').querySelectorAll('details')) { open(node, node.finding); node.open = true; }
});
addEventListener('afterprint', () => {
  if (before) lists.forEach((each, place) => { each.most = before[place]; each.fill(); });
  before = null;
});
form.hidden = false;
draw();
document.documentElement.dataset.ready = 'yes';
"""

SCRIPT = _LISTS + TIMELINE + _TOGETHER
