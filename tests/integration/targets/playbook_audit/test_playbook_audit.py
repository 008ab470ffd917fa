# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook audit over customers of whom one cannot be read: hostile names, what it writes, and how it ends."""

from __future__ import annotations

import csv
import json
import re
import stat
import typing as t
from pathlib import Path

import pytest
from harness import onboarding
from harness.onboarding import MSSP, Onboarding, customers, three_customers
from harness.permissions import AUDIT
from harness.playbook import Result, run_playbook

PLAYBOOK = [{"import_playbook": "mssp.defender.audit"}]
# A host's name is the inventory's, and a person's the directory's.
ODD = "con/../toso {{ 7 * 7 }}"
HOSTILE = "=cmd|'/c calc'!A1 <script>alert(1)</script> {{ 7 * 7 }} ../../x \"'\u202e" + "x" * 150

Json = dict[str, t.Any]


class Story:
    """Contoso under an odd name, Adatum with a wrong secret, Woodgrove never onboarded."""

    def __init__(self, fleet: Onboarding, directory: Path) -> None:
        self.fleet = fleet
        made = fleet.run(hosts=customers(contoso=fleet.variables("contoso")))
        assert made.rc == 0, made
        tenant = fleet.tenant("contoso")
        group = next(x["id"] for x in tenant.list("groups") if x["displayName"] == "Tier 1 Analyst")
        user = tenant.post(
            "users",
            {
                "accountEnabled": True,
                "displayName": HOSTILE,
                "mailNickname": "eve",
                "userPrincipalName": f"eve@{tenant.domain}",
                "passwordProfile": {"password": "not-kept"},
            },
        )
        tenant.link(f"groups/{group}/members", user["id"])
        self.directory = directory / "reports"
        self.hosts = {
            ODD: self._variables("contoso"),
            "adatum": self._variables("adatum", mssp_onboard_client_secret="wrong"),
            "woodgrove": self._variables("woodgrove"),
            # Somebody has forgotten whose tenant it is.
            "nowhere": {"mssp_onboard_mssp_tenant_id": MSSP},
            # Somebody has written another customer's.
            "twice": self._variables("woodgrove", mssp_onboard_domain="woodgrove.onmicrosoft.com"),
        }
        fleet.sandbox.log.clear()
        self.result = self._audit(directory / "all")
        self.log = fleet.sandbox.log.all()
        self.documents = {x["customer"]: x for x in map(_read, self.files) if "customer" in x}
        before = {path.name: path.read_bytes() for path in self.files}
        self.limited = self._audit(directory / "limited", "--limit", "woodgrove", "--check")
        self.kept = {path.name for path in self.files if before.get(path.name) == path.read_bytes()}

    def _variables(self, name: str, **more: t.Any) -> Json:
        client = self.fleet.tenant(name).client("audit")
        credential = {"mssp_onboard_client_id": client["client_id"], "mssp_onboard_client_secret": client["client_secret"]}
        return {**self.fleet.variables(name), **credential, **more}

    def _audit(self, directory: Path, *arguments: str) -> Result:
        more = {"mssp_reports": str(self.directory)}
        return run_playbook(PLAYBOOK, directory, hosts=customers(**self.hosts), extra_vars=more, arguments=arguments)

    @property
    def files(self) -> list[Path]:
        """The documents and the facts."""
        return sorted((self.directory / "audit" / "customers").iterdir())


def _read(path: Path) -> Json:
    return t.cast(Json, json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Story]:
    """Both runs."""
    directory = tmp_path_factory.mktemp("audit")
    config = three_customers()
    config["applications"].append({"name": "audit", "permissions": list(AUDIT)})
    with onboarding.running(directory, config) as fleet:
        yield Story(fleet, directory)


def test_every_customer_has_a_document(story: Story) -> None:
    assert set(story.documents) == set(story.hosts)


def test_no_request_writes(story: Story) -> None:
    assert [x["path"] for x in story.log if x["write"]] == []


def test_who_cannot_be_read_says_why_and_holds_up_nobody(story: Story) -> None:
    assert "AADSTS7000215" in story.documents["adatum"]["error"]["message"]
    read = {name for name, x in story.documents.items() if x["error"] is None}
    # Of two customers of one tenant the first is audited.
    assert read in ({ODD, "woodgrove"}, {ODD, "twice"})
    assert "wrong" not in json.dumps(story.documents["adatum"])
    assert "mssp_onboard_tenant_id is not set" in story.documents["nowhere"]["error"]["message"]
    (second,) = {"woodgrove", "twice"} - read
    assert "name the same tenant" in story.documents[second]["error"]["message"]


def test_a_name_is_no_path(story: Story) -> None:
    (path,) = [x for x in story.files if x.name.startswith("con_.._toso") and not x.name.endswith(".facts.json")]
    assert _read(path)["customer"] == ODD
    assert {x.parent for x in (story.directory / "audit" / "customers").rglob("*")} == {story.directory / "audit" / "customers"}
    assert {stat.S_IMODE(x.stat().st_mode) for x in story.files} == {0o600}
    assert stat.S_IMODE((story.directory / "audit" / "customers").stat().st_mode) == 0o700


def test_names_from_a_directory_are_data(story: Story) -> None:
    (found,) = [x for x in story.documents[ODD]["findings"] if x["id"] == "MSSP001"]
    assert found["person"]["display_name"] == HOSTILE
    assert HOSTILE in found["is"]


def test_the_same_names_are_data_in_every_report(story: Story) -> None:
    top = story.directory / "audit"
    texts = {path.name: path.read_text(encoding="utf-8") for path in top.iterdir() if path.is_file()}
    # Each tells of her, and nowhere has anything been worked out.
    assert [name for name, text in texts.items() if "calc" not in text or "{{" not in text] == []
    people = [x for x in csv.DictReader(texts["findings.csv"].splitlines()) if x["id"] == "MSSP001" and "calc" in x["person"]]
    assert [x["person"][:5] for x in people] == ["'=cmd"]
    for name in ("index.html", "findings.md", "junit.xml"):
        assert "<script>alert" not in texts[name]
    assert not any("\u202e" in text for text in texts.values())
    # No name has become a path, whichever it is.
    assert all(re.fullmatch(r"[\w.-]+", path.name, re.ASCII) for path in story.directory.rglob("*"))


def test_a_tenant_without_anything_lacks_everything(story: Story) -> None:
    found = story.documents["woodgrove"]["findings"] or story.documents["twice"]["findings"]
    assert {x["id"] for x in found} == {"MSSP206", "MSSP207", "MSSP208"}
    missing = {(x["object"]["type"], x["object"]["name"]) for x in found if x["id"] == "MSSP206"}
    assert ("Defender role", "Tier 1 Analysts") in missing
    assert ("access package", "Tier 2 Analyst") in missing


def test_the_reports_follow_and_decide_how_it_ends(story: Story) -> None:
    assert (story.directory / "audit" / "fleet.json").is_file()
    # A customer could not be audited, and there are grave findings.
    assert story.result.rc != 0
    assert story.limited.rc != 0


def test_a_part_of_the_fleet_leaves_the_others_documents(story: Story) -> None:
    documents = {path.name for path in story.files if not path.name.endswith(".facts.json")}
    assert documents - story.kept == {"woodgrove.json"}
