# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the audit in a browser: fast, silent, and all of it by keyboard."""

from __future__ import annotations

import collections.abc
import typing as t
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser, browser

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import SEVERITIES
from ansible_collections.mssp.defender.plugins.plugin_utils.report_run import run
from ansible_collections.mssp.defender.tests.unit import audits

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

LARGE = audits.fleet(500, people=20)
FOUND = [(document["customer"], finding) for document in LARGE for finding in document["findings"]]


def page(directory: Path, documents: t.Iterable[dict[str, t.Any]]) -> Path:
    """The page of these documents."""
    audits.write(directory, documents)
    done = run(str(directory / "audit"), fail_on="never", fail_count=1, fail_unread=False, expected=["lost"], evidence=False)
    assert done["problem"] == ""
    return directory / "audit" / "index.html"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of 500 customers, and one of hostile names."""
    top = tmp_path_factory.mktemp("pages")
    return {"large": page(top / "large", LARGE), "hostile": page(top / "hostile", audits.hostile())}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Browser]:
    """One browser for all tests."""
    with browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def large(chromium: Browser, pages: dict[str, Path]) -> Browser:
    """The page of 500 customers, just opened."""
    chromium.look("light")
    chromium.open(pages["large"])
    return chromium


def texts(here: Browser, selector: str) -> list[str]:
    """What all elements of a kind say."""
    return t.cast("list[str]", here.run(f"Array.from(document.querySelectorAll({selector!r}), node => node.textContent.trim())"))


def column(here: Browser, section: str, place: int) -> list[str]:
    """The texts of a column of a section's table."""
    return texts(here, f"#{section} tbody tr > :nth-child({place})")


def click(here: Browser, selector: str) -> None:
    """A click on the first such element."""
    here.run(f"document.querySelector({selector!r}).click()")


def find(here: Browser, text: str) -> None:
    """Type into the box that the key / leads to."""
    here.press("/")
    assert here.run("document.activeElement.id") == "find"
    here.type(text)


def test_500_customers_are_there_in_two_seconds(chromium: Browser, pages: dict[str, Path]) -> None:
    # The better of two: four tests run beside it, and the first one starts the browser's own processes.
    assert min(chromium.open(pages["large"]) for dummy in range(2)) < 2
    numbers = texts(chromium, ".totals b")
    severities = [finding["severity"] for dummy, finding in FOUND]
    assert numbers[0] == "501"
    assert numbers[3:] == [str(severities.count(severity)) for severity in SEVERITIES]


def test_nothing_leaves_the_page_and_nothing_complains(large: Browser, pages: dict[str, Path]) -> None:
    large.open(pages["hostile"])
    large.look("dark")
    large.run("document.querySelectorAll('summary').forEach(each => each.click())")
    assert {address.partition("?")[0] for address in large.requests} <= {x.resolve().as_uri() for x in pages.values()}
    assert large.errors == []


def test_the_policy_lets_nothing_else_run(large: Browser) -> None:
    large.run("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))")
    assert large.run("window.ran === undefined")
    # The complaint is the test's own.
    assert len(large.errors) == 1
    large.errors.clear()


def test_names_are_text(chromium: Browser, pages: dict[str, Path]) -> None:
    chromium.open(pages["hostile"])
    chromium.run("document.querySelectorAll('summary').forEach(each => each.click())")
    assert chromium.run("document.title") == "Audit of the MSSP's access"
    assert chromium.run("document.querySelectorAll('img, iframe, object, body script:not(#data)').length") == 1
    assert texts(chromium, "main a[href]") == []
    shown = " ".join(texts(chromium, "#findings"))
    for key in ("html", "formula", "template", "quotes", "markdown"):
        assert " ".join(audits.HOSTILE[key].split()) in " ".join(shown.split())


def test_the_worst_come_first_and_a_heading_sorts(large: Browser) -> None:
    states = column(large, "customers", 3)
    assert states[:2] == ["NOT AUDITED", "NOT AUDITED"]
    assert len(states) == 100
    worst = [int(x) for x in column(large, "customers", 4) if x]
    assert worst == sorted(worst, reverse=True)

    click(large, "#customers thead th:nth-child(1) button")
    assert column(large, "customers", 1)[0].startswith("Customer 1 Ltd")
    assert large.run("document.querySelector('#customers thead th').getAttribute('aria-sort')") == "ascending"
    click(large, "#customers thead th:nth-child(1) button")
    assert column(large, "customers", 1)[0].startswith("lost")
    assert large.run("document.querySelector('#customers thead th').getAttribute('aria-sort')") == "descending"

    click(large, "#access thead th:nth-child(5) button")
    ends = [x[:10] for x in column(large, "access", 5)]
    assert ends == sorted(ends)
    assert ends[0] == min(row["assignment"]["expires"] for document in LARGE for row in document["access"])[:10]


def test_all_of_a_long_list_is_a_click_away(large: Browser) -> None:
    assert texts(large, "#customers .more") == ["Show 401 more"]
    click(large, "#customers .more")
    assert len(column(large, "customers", 1)) == 501
    assert large.run("document.querySelector('#customers .more').hidden")


def test_headings_and_names_stay_in_sight(large: Browser) -> None:
    """Of the heat map, which is wider and longer than any screen."""
    large.run("Object.assign(document.querySelector('#customers .wide'), {scrollTop: 900, scrollLeft: 300})")
    where = "(node => { const {top, left} = node.getBoundingClientRect(); return [Math.round(top), Math.round(left)]; })"
    box = large.run(f"{where}(document.querySelector('#customers .wide'))")
    assert large.run("document.querySelector('#customers .wide').scrollTop") == 900
    assert large.run(f"{where}(document.querySelector('#customers thead th'))") == box
    assert large.run(f"{where}(document.querySelector('#customers tbody tr:nth-child(20) th'))")[1] == box[1]
    # On paper there is nothing to scroll.
    large.look("light", "print")
    assert large.run("getComputedStyle(document.querySelector('#customers .wide')).overflow") == "visible"
    assert large.run("getComputedStyle(document.querySelector('#customers thead th')).position") == "static"
    large.look("light")


def test_search_narrows_every_list(large: Browser) -> None:
    name = next(customer for customer, dummy in FOUND)
    mine = [finding for customer, finding in FOUND if customer == name]
    find(large, f"{name.upper()} ")
    assert texts(large, "#told") == [f"{len(mine)} of {len(FOUND)} findings, 1 of 501 customers"]
    assert len(texts(large, "#findings summary")) == len(mine)
    assert len(column(large, "access", 1)) == 20
    assert len(column(large, "ends", 1)) == 21
    find(large, "and nobody is called so")
    assert texts(large, "#findings .none") == ["Nothing to show."]
    large.press("Escape")
    assert texts(large, "#told") == [f"{len(FOUND)} of {len(FOUND)} findings, 501 of 501 customers"]


def test_severities_are_chosen(large: Browser) -> None:
    for severity in SEVERITIES[1:]:
        click(large, f"#severity-{severity}")
    grave = sum(finding["severity"] == "grave" for dummy, finding in FOUND)
    assert texts(large, "#told") == [f"{grave} of {len(FOUND)} findings, 501 of 501 customers"]
    assert set(texts(large, "#findings .badge")) == {"grave"}


def test_a_cell_of_the_heat_map_opens_its_findings(large: Browser) -> None:
    """It says by a letter and a number what its colour says, and in words to those who hear it."""
    cell = "#customers .cell"
    label = str(large.run(f"document.querySelector({cell!r}).getAttribute('aria-label')"))
    [text] = texts(large, cell)[:1]
    assert text == f"G {label.split()[0]}"
    large.run(f"document.querySelector({cell!r}).focus()")
    large.press("Enter")
    shown = texts(large, "#findings summary")
    assert len(shown) == int(label.split()[0])
    rule = label.split()[2].strip(",")
    assert all(rule in line for line in shown)
    assert rule in texts(large, "#picked")[0]
    # The first of them has the focus.
    assert large.run("document.activeElement === document.querySelector('#findings summary')")
    click(large, "#picked")
    assert len(texts(large, "#findings summary")) == 100


def test_a_finding_opens_by_keyboard(large: Browser) -> None:
    large.run("document.querySelector('#findings summary').focus()")
    large.press("Enter")
    shown = texts(large, "#findings details[open] dt")
    assert shown[:3] == ["Means", "Should be", "Remedy"]
    assert "Portal" in shown
    assert large.run("document.querySelector('#findings details[open] a').href").startswith("https://entra.microsoft.com/")
    large.press("ArrowDown")
    assert large.run("document.activeElement === document.querySelectorAll('#findings summary')[1]")
    large.press("ArrowUp")
    large.press("Enter")
    assert texts(large, "#findings details[open]") == []


def test_everything_can_be_reached_by_keyboard(large: Browser) -> None:
    find(large, next(customer for customer, dummy in FOUND))
    large.run("document.activeElement.blur(); scrollTo(0, 0)")
    large.run("document.querySelector('.skip').focus()")
    reached = set()
    for _press in range(120):
        large.press("Tab")
        reached.add(
            large.run(
                "(node => node.closest('section')?.id || node.closest('form, nav')?.tagName || node.tagName)"
                "(document.activeElement)"
            )
        )
        if reached >= {"NAV", "FORM", "customers", "findings", "access", "ends", "unchecked"}:
            break
    assert reached >= {"NAV", "FORM", "customers", "findings", "access", "ends", "unchecked"}


def test_the_timeline_is_a_picture_of_what_is_listed(large: Browser) -> None:
    ends = sum(len(document["ends"]) for document in LARGE)
    assert large.run("document.querySelector('#timeline svg title').textContent").startswith(f"{ends} ends")
    labels = "Array.from(document.querySelectorAll('#timeline g text[text-anchor=middle]'), node => Number(node.textContent))"
    assert sum(large.run(labels)) == ends
    name = next(customer for customer, dummy in FOUND)
    find(large, name)
    assert sum(large.run(labels)) == 21


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whatever_is_written_can_be_read(large: Browser, scheme: str) -> None:
    """At least 4.5 to 1 between text and what is behind it (WCAG AA)."""
    large.look(scheme)
    large.run("document.querySelector('#findings summary').click()")
    poor = large.run(
        """(() => {
        const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(x => x / 255)
            .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
        const behind = node => { for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor; if (!/, 0\\)$/.test(colour)) return colour; }
            return 'rgb(255,255,255)'; };
        return Array.from(document.querySelectorAll('h1, h2, p, a, th, td, button, summary, .badge, dt, dd, li, output, label'))
            .filter(node => node.innerText && node.offsetParent).map(node => {
                const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
                return [(a + .05) / (b + .05), node.className + ' ' + node.innerText.slice(0, 30)]; })
            .filter(pair => pair[0] < 4.5).slice(0, 5); })()"""
    )
    assert poor == []


def test_paper_has_more_and_opened(large: Browser) -> None:
    large.run("dispatchEvent(new Event('beforeprint'))")
    assert len(column(large, "customers", 1)) == 501
    opened = texts(large, "#findings details[open]")
    assert len(opened) == 500
    # Of the rest it is said that there is one.
    assert texts(large, "#findings .rest") == [f"And {len(FOUND) - 500} more, which the files beside this page hold."]
    large.look("light", "print")
    assert large.run("getComputedStyle(document.querySelector('form')).display") == "none"
    large.look("light")
    large.run("dispatchEvent(new Event('afterprint'))")
    assert len(column(large, "customers", 1)) == 100


def test_it_prints(chromium: Browser, pages: dict[str, Path]) -> None:
    for each in pages.values():
        chromium.open(each)
        assert chromium.paper().startswith(b"%PDF")
    assert chromium.errors == []
