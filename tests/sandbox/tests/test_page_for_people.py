# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people see: the page at the root, the line at the start, the help."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sandbox_building import EM, grant_chain, make_group, policy_body, user_id
from sandbox_harness import BASIC, PROGRAM, Running, Start, start_sandbox, stop_sandbox

EVIL = "<script>document.title='owned'</script>"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page(HTMLParser):
    """The elements and the texts of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.texts.append(data.strip())


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A tenant with one of everything, and names that want to be markup."""
    first = {**BASIC["tenants"][0], "display_name": "Contoso & Sons"}
    running = start_sandbox(tmp_path_factory.mktemp("page"), {**BASIC, "tenants": [first, BASIC["tenants"][1]]})
    graph = running.graph()
    group, _catalog, package = grant_chain(graph)
    make_group(graph, displayName=EVIL, description='"><img src=x onerror=alert(1)>')
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)["id"]
    wanted = {"targetId": user_id(graph), "assignmentPolicyId": policy, "accessPackageId": package}
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": wanted}, 201)
    graph("GET", f"/groups?$filter=displayName eq '{EVIL}'")
    graph("GET", "/groups/nothing", status=404)
    graph.ok("GET", f"/groups/{group}")
    yield running
    stop_sandbox(running)


def load(sandbox: Running, path: str = "/") -> tuple[Page, Any]:
    answer = sandbox.session().get(sandbox.url + path)
    return Page(answer.text), answer


@pytest.mark.parametrize("path", ["/", "/?tenant=contoso.example"])
def test_everything_of_a_tenant_is_there(filled: Running, path: str) -> None:
    page, answer = load(filled, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for heading in ("Groups", "Defender roles", "Access packages", "Requests"):
        assert heading in page.texts
    for shown in (
        "Contoso & Sons",
        EVIL,
        "Microsoft Defender readers",
        "adminAdd",
        "Customer Admin",
        "GET /v1.0/groups/nothing",
        "404",
    ):
        assert shown in page.texts
    assert any(text.startswith("Member of Group ") for text in page.texts)
    assert page.open == []


def test_names_stay_text_and_nothing_is_loaded(filled: Running) -> None:
    page, answer = load(filled)
    assert {name for name, _unused in page.elements}.isdisjoint({"script", "img", "link", "iframe", "object", "b"})
    assert not any(key.startswith("on") or key == "src" for _unused, attributes in page.elements for key in attributes)
    assert all(attributes["href"].startswith("/") for name, attributes in page.elements if name == "a" and attributes["href"])
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_no_secret_and_no_token(filled: Running) -> None:
    token = filled.graph().session.headers["Authorization"]
    for path in ("/", "/?tenant=contoso.example", "/?tenant=fabrikam.example"):
        _unused, answer = load(filled, path)
        for tenant in filled.info["tenants"]:
            assert all(client["client_secret"] not in answer.text for client in tenant["clients"])
        assert str(token).removeprefix("Bearer ")[:40] not in answer.text


def test_a_page_shows_its_tenant_only(filled: Running) -> None:
    filled.graph(1).ok("GET", "/users?$select=id")
    page, _unused = load(filled, "/?tenant=fabrikam.example")
    assert "GET /v1.0/users?$select=id" in page.texts
    assert EVIL not in page.texts
    assert "GET /v1.0/groups/nothing" not in page.texts
    assert load(filled, "/?tenant=<b>")[1].status_code == 404


def test_many_tenants_are_listed_and_not_made(start: Start) -> None:
    sandbox = start({"tenants": {"count": 30}})
    page, _unused = load(sandbox)
    assert page.texts.count("not called yet") == 30
    assert "customer30.example" in page.texts
    sandbox.graph(29).ok("GET", "/groups")
    assert load(sandbox)[0].texts.count("not called yet") == 29


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the page was checked by parsing only")
def test_in_a_browser(filled: Running, tmp_path: Path) -> None:
    """The rendered page: the hostile name is text, its script did not run."""
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--ignore-certificate-errors",
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            f"{filled.url}/",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    page = Page(done.stdout.replace("<!DOCTYPE html>", ""))
    assert page.texts[0] == "Graph sandbox"
    assert EVIL in page.texts
    assert "script" not in {name for name, _unused in page.elements}


def test_start_up_line(tmp_path: Path) -> None:
    sandbox = start_sandbox(tmp_path / "with space", BASIC)
    stopped = stop_and_read(sandbox)
    ready = (tmp_path / "with space" / "sandbox.json").resolve()
    assert stopped.splitlines() == [f"listening on {sandbox.url}", f"export MSSP_SANDBOX='{ready}'"]
    said = subprocess.run(
        ["bash", "-c", f"{stopped.splitlines()[1]}; echo $MSSP_SANDBOX"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == str(ready)
    assert not any(client["client_secret"] in stopped for client in sandbox.tenant()["clients"])


def stop_and_read(sandbox: Running) -> str:
    sandbox.process.terminate()
    output, errors = sandbox.process.communicate(timeout=10)
    assert errors == ""
    return output


def test_help() -> None:
    done = subprocess.run([sys.executable, str(PROGRAM), "--help"], capture_output=True, text=True, check=True)
    for word in (
        "--config FILE",
        "--dir DIR",
        "--port N",
        "--san NAME",
        "tenants: [{display_name",
        "docs/sandbox.md",
        "sandbox.json",
    ):
        assert word in done.stdout
