# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's year: its commands in their order, what people do in between, and what the tenants hold after each step."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import datetime
import json
from pathlib import Path

from harness import server
from harness.applications import SECRETS
from harness.desk import Desk, Run
from harness.guide import Guide
from harness.onboarding import Estate, estate
from harness.playbook import programs
from harness.server import Sandbox
from lifecycle_people import APPROVERS, TIER1, TIER2, Customer, Seen, address, config, set_up_by_hand

ANALYSTS = ("mia", "noah", "omar", "pia")
INITIAL = """      mssp_onboard_initial_approvers:
        - boris@contoso.onmicrosoft.com
"""
DAY = datetime.timedelta(days=1)


@dataclasses.dataclass
class Story:
    """Runs and sights, by the step's name.

    :param asked: ids of requests.
    :param instants: what happened when.
    """

    guide: Guide
    contoso: Customer
    adatum: Customer
    runs: dict[str, Run] = dataclasses.field(default_factory=dict)
    seen: dict[str, Seen] = dataclasses.field(default_factory=dict)
    asked: dict[str, str] = dataclasses.field(default_factory=dict)
    decided: dict[str, tuple[str, str, str]] = dataclasses.field(default_factory=dict)
    instants: dict[str, datetime.datetime] = dataclasses.field(default_factory=dict)
    estates: dict[str, Estate] = dataclasses.field(default_factory=dict)
    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    hand_made: dict[str, str] = dataclasses.field(default_factory=dict)


class Teller:
    """Who tells it."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.guide = Guide("docs/lifecycle.md")
        contoso, adatum, self.woodgrove = sandbox.tenants
        self.story = Story(self.guide, Customer(contoso), Customer(adatum))
        self.contoso = self.story.contoso
        self._sandbox, self._directory = sandbox, directory
        self.operator = self.desk("operator")

    def desk(self, name: str) -> Desk:
        """A desk of its own for everybody."""
        return Desk(self.guide, self._sandbox, self._directory / name, {"ONBOARD_SECRET": SECRETS["onboard"]})

    def run(self, name: str, run: Run, *, fails: bool = False) -> None:
        """Keep a run, and what there is after it. The story does not go on after one that failed unless it had to."""
        assert (run.result.rc != 0) == fails, f"{name}: {run.result}"
        self.story.runs[name] = run
        self.see(name)

    def see(self, name: str) -> None:
        """Keep what there is at Contoso."""
        self.story.seen[name] = self.contoso.look()

    # -- the year ----------------------------------------------------------------------------------------------------

    def onboard(self) -> None:
        """Onboarding and the links."""
        section = "Onboarding"
        self.operator.write(section)
        self.operator.export(section)
        vault = self.operator.directory / "inventory" / "group_vars" / "customers" / "vault.yml"
        secrets = f"vaulted_client_secret: {SECRETS['onboard']}\nvaulted_audit_secret: {SECRETS['audit']}\n"
        self.operator.shell(f"'{programs()}/ansible-vault' encrypt --output='{vault}' -", text=secrets)
        self.run("onboard --check", self.operator.type(section, "--check"))
        self.run("onboard", self.operator.type(section, "mssp.defender.onboard", without="--check"))
        self.run("links", self.operator.type("Links", "links"))
        self.story.texts["links"] = (self.operator.directory / "mssp-reports" / "links.csv").read_text(encoding="utf-8")

    def first_approvers(self) -> None:
        """Lea becomes an approver: Anna lets her in."""
        section = "The first approvers"
        self.story.asked["lea: approvers"] = self.contoso.ask("lea", APPROVERS)
        self.anna = self.desk("anna")
        self.anna.write(section)
        self.anna.export(section)
        self.anna.type(section, "mkdir")
        self.run("anna signs in", self.anna.type(section, "sign_in", person="anna@contoso.onmicrosoft.com"))
        self.run("anna approves", self.anna.type(section, "mssp_decision=approve"))
        self.story.decided["lea: approvers"] = self.contoso.decision("anna", self.story.asked["lea: approvers"])
        self.contoso.accept("lea")
        self.see("lea has accepted")

    def analysts(self) -> None:
        """Everybody asks; Lea decides by playbook, Boris in the portal, Rui's request nobody."""
        asked = self.story.asked
        for name in (*ANALYSTS, "lea"):
            asked[f"{name}: tier1"] = self.contoso.ask(name, TIER1)
        for name in ("mia", "rui"):
            asked[f"{name}: tier2"] = self.contoso.ask(name, TIER2)
        asked["rui at adatum"] = self.story.adatum.ask("rui", TIER1)
        self.lea = self.desk("lea")
        self.lea.write("The first approvers")
        self.lea.export("The first approvers")
        self.lea.type("The first approvers", "mkdir")
        self.lea.type("The first approvers", "sign_in", person=address("lea"))
        section = "An approver decides"
        first, check, approve, deny = self.guide.command(section, "mssp.defender.requests")
        self.run("what waits", self.lea.shell(first))
        self.run("lea approves --check", self.lea.shell(check))
        self.run("lea approves", self.lea.shell(approve))
        self.run("lea denies", self.lea.shell(deny))
        self.run("lea's own", self.own_request(asked["lea: tier1"]), fails=True)
        self.contoso.decide("boris", asked["lea: tier1"], "Deny")
        self.see("decided")
        for name in ("mia: tier1", "mia: tier2", "lea: tier1"):
            self.story.decided[name] = self.contoso.decision("boris", asked[name])
        self.contoso.accept(*ANALYSTS)
        self.see("accepted")
        self.contoso.pass_days(15)
        self.see("ran out")
        self.story.seen["ran out at adatum"] = self.story.adatum.look()
        self.operator.write(section)
        self.run("history", self.operator.type(section, "history.yml"))
        self.operator.write("Who has access, and until when")
        self.run("access", self.operator.type("Who has access, and until when", "access.yml"))
        self.operator.write("Extending")
        self.run("extend", self.operator.type("Extending", "extend.yml"))

    def own_request(self, request: str) -> Run:
        """Lea tries to approve what she asked for herself; the table does not show it to her."""
        wanted = {"variables_prefix": "mssp_onboard_", "request_id": request, "decision": "approve", "justification": "Me"}
        task = {"name": "Approve", "mssp.defender.access_package_request": wanted}
        play = {"hosts": "customers", "connection": "local", "gather_facts": False, "tasks": [task]}
        (self.lea.directory / "own.yml").write_text(json.dumps([play]), encoding="utf-8")
        return self.lea.shell("ansible-playbook -i approver own.yml")

    def the_end_of_the_year(self) -> None:
        """The review is open for 25 days; some answer it, some extend, Mia and Lea do both, Pia nothing."""
        self.story.instants["review"] = start = self.contoso.review_start(TIER1)
        self.contoso.make_it(start + 2 * DAY)
        self.contoso.answer_reviews("mia", "mia")
        self.contoso.answer_reviews("noah", "noah")
        self.contoso.answer_reviews("anna", "lea")
        self.operator.write("The yearly review")
        self.run("reviews", self.operator.type("The yearly review", "reviews.yml"))
        asked = self.story.asked
        for name in ("mia", "omar"):
            asked[f"{name}: extension"] = self.contoso.extend(name, TIER1)
        asked["lea: extension"] = self.contoso.extend("lea", APPROVERS)
        self.contoso.decide("anna", asked["lea: extension"], "Approve")
        self.see("extensions wait")
        again = ("An approver decides", "mssp_decision=approve -e mssp_tier=tier1", "--check")
        self.run("an old token", self.lea.type(*again), fails=True)
        self.lea.type("The first approvers", "sign_in", person=address("lea"))
        self.run("lea extends", self.lea.type(*again))

    def boris_goes(self) -> None:
        """The direct assignment is ended before it ends by itself."""
        section = "Ending it early"
        self.operator.write(section)
        self.run("end --check", self.operator.type(section, "--check"))
        self.run("end", self.operator.type(section, "end.yml", without="--check"))
        self.run("named and gone", self.operator.type("Nothing has drifted", "onboard"))
        self.operator.edit("inventory/hosts.yml", INITIAL, "")

    def over(self) -> None:
        """The review ends, then the first year of those who have not extended."""
        start = self.story.instants["review"]
        self.contoso.make_it(start + datetime.timedelta(days=24))
        self.see("the review's last day")
        self.contoso.make_it(start + datetime.timedelta(days=25, hours=1))
        self.see("the review is over")
        self.story.instants["end"] = end = self.story.seen["the review is over"].ends["noah", TIER1]
        self.contoso.make_it(end - datetime.timedelta(hours=1))
        self.see("the last hour")
        self.contoso.make_it(end + datetime.timedelta(hours=1))
        self.see("a year is over")
        self.run("in the end", self.operator.type("Nothing has drifted", "onboard"))

    def omar_comes_back(self) -> None:
        """The end of his last access has blocked him."""
        self.story.texts["omar asks"] = self.contoso.refused("omar", TIER1)
        section = "After the last access has ended"
        self.operator.write(section)
        self.run("let in", self.operator.type(section, "let_in.yml"))
        self.contoso.ask("omar", TIER1)
        self.see("omar has asked")

    def cut_off(self) -> None:
        """The emergency, and onboarding afterwards."""
        section = "Cutting off"
        self.run("cut off --check", self.operator.type(section, "--check"))
        self.run("cut off", self.operator.type(section, "confirm"))
        self.story.estates["cut off"] = estate(self.contoso.tenant)
        self.run("restored", self.operator.type(section, "onboard"))
        self.story.estates["restored"] = estate(self.contoso.tenant)

    def leave(self) -> None:
        """Offboarding, and its proof."""
        section = "Leaving"
        self.run("offboard --check", self.operator.type(section, "--check"))
        self.run("offboard", self.operator.type(section, "confirm"))
        self.story.estates["offboard"] = estate(self.contoso.tenant)
        files = sorted((self.operator.directory / "mssp-reports" / "offboard" / "contoso").iterdir())
        self.story.texts["proof"] = " ".join(file.name for file in files)
        self.contoso.forget("onboard")
        self.run("verify", self.operator.type(section, "verify"))

    def adoption(self) -> None:
        """Woodgrove was set up by hand."""
        section = "A customer set up by hand"
        self.story.hand_made = set_up_by_hand(self.woodgrove)
        self.operator.write(section)
        self.run("adopt", self.operator.type(section, "adopt -i"))
        self.run("adopted", self.operator.type(section, "onboard"))
        self.story.texts["adopted"] = (self.operator.directory / "mssp-reports/host_vars/woodgrove.yml").read_text(
            encoding="utf-8"
        )


@contextlib.contextmanager
def told(directory: Path) -> collections.abc.Iterator[Story]:
    """The whole story."""
    with server.running(directory / "sandbox", config()) as sandbox:
        teller = Teller(sandbox, directory)
        teller.onboard()
        teller.first_approvers()
        teller.analysts()
        teller.the_end_of_the_year()
        teller.boris_goes()
        teller.over()
        teller.omar_comes_back()
        teller.adoption()
        teller.cut_off()
        teller.leave()
        yield teller.story
