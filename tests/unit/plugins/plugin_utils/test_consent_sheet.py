# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import re

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.mssp.defender.plugins.filter import consent_sheet as plugin
from ansible_collections.mssp.defender.plugins.filter.consent_sheet import consent_sheet
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions_table import CORE
from ansible_collections.mssp.defender.plugins.plugin_utils.consent_sheet import HEADER, NOTES, asked_for, lines

IDS = {
    "onboard": "22222222-3333-4444-5555-666666666666",
    "audit": "44444444-5555-6666-7777-888888888888",
    "approve": "33333333-4444-5555-6666-777777777777",
}
TENANT = {"id": "aaaabbbb-0000-cccc-1111-dddd2222eeee", "display_name": "Contoso", "domain": "contoso.com"}


def entry(application, **more):
    link = f"https://login.example/contoso.com/adminconsent?client_id={IDS[application]}"
    return {"application": application, "client_id": IDS[application], "link": link, "problem": "", "ask": {}, **more}


def answer(mode, permissions=None, **more):
    """What tenant_info says with all that the application needs, or with these permissions."""
    given = needed([CORE[mode]]) if permissions is None else permissions
    return {
        "item": {"application": mode},
        "tenant": TENANT,
        "application": {"client_id": IDS[mode].upper(), "permissions": given},
        "delegated": mode == "approve",
        **more,
    }


def refused(application, code, msg="Tenant contoso.com: no access token."):
    return {"item": {"application": application}, "msg": msg, "failure": {"code": code, "status": None}}


def record(*answers, **more):
    plan = {
        "problem": "",
        "tenant": "contoso.com",
        "verify": True,
        "applications": [entry(x["item"]["application"]) for x in answers],
    }
    return {"customer": "contoso", "plan": {**plan, **more}, "answers": list(answers)}


def only(*answers, **more):
    [line] = lines([record(*answers, **more)])
    return line


@pytest.mark.parametrize("application", list(IDS))
def test_all_that_is_needed_is_given(application):
    line = only(answer(application))
    assert (line.consent, line.missing, line.note) == ("given", (), "")
    assert (line.customer, line.name, line.domain, line.tenant_id) == ("contoso", "Contoso", "contoso.com", TENANT["id"])
    assert set(line.carries) == set(needed([CORE[application]]))


@pytest.mark.parametrize("application", list(IDS))
def test_each_permission_that_it_cannot_do_without_is_missed(application):
    for name in needed([CORE[application]]):
        given = [each for each in needed([CORE[application]]) if each != name]
        line = only(answer(application, given))
        assert (line.consent, line.missing) == ("incomplete", (name,))


def test_a_permission_that_includes_another_one_is_enough():
    given = [*(x for x in needed(["audit"]) if x != "GroupMember.Read.All"), "Group.Read.All"]
    assert only(answer("audit", given)).consent == "given"


def test_a_token_without_anything_is_no_consent():
    line = only(answer("onboard", []))
    assert line.consent == "not given"
    assert set(line.missing) == set(needed(["onboard"]))


@pytest.mark.parametrize(
    ("application", "more", "note"),
    [
        ("onboard", ["User.EnableDisableAccount.All", "Policy.Read.All"], ""),
        ("audit", ["Policy.Read.All"], ""),
        ("approve", ["openid", "profile", "email", "offline_access"], ""),
        ("onboard", ["Mail.Read"], "It may do more than its work takes: Mail.Read."),
        ("audit", ["Group.ReadWrite.All"], "It may do more than its work takes: Group.ReadWrite.All."),
        ("approve", ["Directory.AccessAsUser.All"], "It may do more than its work takes: Directory.AccessAsUser.All."),
    ],
)
def test_what_it_may_do_beyond(application, more, note):
    line = only(answer(application, [*needed([CORE[application]]), *more]))
    assert (line.consent, line.note) == ("given", note)


@pytest.mark.parametrize(
    ("code", "consent", "note"),
    [
        ("AADSTS700016", "not given", ""),
        ("AADSTS65001", "not given", ""),
        ("AADSTS7000229", "not given", ""),
        ("AADSTS7000112", "disabled", "It gets no token until the customer enables it again."),
        ("AADSTS90002", "not known", "Tenant contoso.com: no access token."),
        ("AADSTS7000215", "not known", "Tenant contoso.com: no access token."),
        ("ConnectionError", "not known", "Tenant contoso.com: no access token."),
        (None, "not known", "Tenant contoso.com: no access token."),
    ],
)
def test_what_a_refusal_means(code, consent, note):
    line = only(refused("onboard", code))
    assert (line.consent, line.note, line.missing) == (consent, note, ())
    assert line.link


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (
            answer("audit", application={"client_id": IDS["onboard"], "permissions": []}),
            f"The credential is that of another application, {IDS['onboard']}.",
        ),
        (
            answer("audit", application={"client_id": None, "permissions": []}),
            "The credential is that of another application, nobody knows which.",
        ),
        (answer("onboard", delegated=True), "The token is a person's, and this application works without one."),
        (answer("approve", delegated=False), "The token is the application's own, and only a person can approve."),
        ({"item": {"application": "audit"}}, "The tenant has given no answer."),
    ],
)
def test_a_credential_that_proves_nothing(given, note):
    line = only(given)
    assert (line.consent, line.missing, line.note) == ("not known", (), note)


@pytest.mark.parametrize(
    ("application", "verify", "note"),
    [
        ("audit", True, "There is no credential of it here, such as mssp_consent_audit_certificate_path."),
        ("approve", True, "Only a person can show it: mssp_consent_approve_refresh_token of somebody who has signed in."),
        ("audit", False, ""),
    ],
)
def test_who_is_not_asked(application, verify, note):
    line = only(answer(application, item={"application": application}, skipped=True), verify=verify)
    assert (line.consent, line.note) == ("not asked", note)


def test_a_problem_of_one_application_and_of_a_customer():
    plan = {"problem": "", "tenant": "contoso.com", "verify": True, "applications": [entry("audit", problem="No id.", link="")]}
    [line] = lines([{"customer": "contoso", "plan": plan, "answers": []}])
    assert (line.consent, line.note, line.link, line.domain) == ("not known", "No id.", "", "contoso.com")
    for bad in ({"problem": "No tenant."}, {"plan": {"problem": "No tenant."}, "answers": []}):
        [line] = lines([{"customer": "contoso", **bad}])
        assert (line.application, line.consent, line.note) == ("", "not known", "No tenant.")


def test_one_application_for_two_works_is_told():
    answers = [answer("onboard"), answer("audit", needed(["onboard", "audit"]))]
    both = record(*answers)
    both["plan"]["applications"][1]["client_id"] = IDS["onboard"]
    answers[1]["application"]["client_id"] = IDS["onboard"]
    notes = [line.note for line in lines([both])]
    assert notes[0] == ""
    assert notes[1].startswith(
        "This is the application that is named for onboard as well: each work has one of its own. It may do"
    )


def test_customers_by_name_applications_in_their_order():
    second = {**record(answer("approve")), "customer": "zeta"}
    second["answers"][0]["tenant"] = {"display_name": "alpha"}
    found = lines([record(answer("onboard"), refused("audit", "AADSTS65001")), {"customer": "Beta", "problem": "x"}, second])
    assert [(line.title, line.application) for line in found] == [
        ("alpha", "approve"),
        ("Beta", ""),
        ("Contoso", "onboard"),
        ("Contoso", "audit"),
    ]


def test_lines_for_a_terminal():
    said = consent_sheet(
        [record(answer("onboard"), refused("audit", "AADSTS65001")), {"customer": "gone", "problem": "Why."}], "lines"
    )
    assert said == [
        "contoso, onboard: given.",
        f"contoso, audit: not given. Consent: https://login.example/contoso.com/adminconsent?client_id={IDS['audit']}",
        "gone: Why.",
    ]
    given = [name for name in needed(["onboard"]) if name != "User.Read.All"]
    assert consent_sheet([record(answer("onboard", given))], "lines")[0].startswith(
        "contoso, onboard: incomplete, without User.Read.All. Consent: https://"
    )


@pytest.mark.parametrize(
    ("given", "always", "verified"),
    [
        (answer("onboard"), 0, 0),
        (answer("onboard", ["User.Read.All"]), 0, 1),
        (refused("onboard", "AADSTS65001"), 0, 1),
        (refused("onboard", "AADSTS7000112"), 0, 0),
        (refused("onboard", "AADSTS90002"), 1, 1),
        (answer("audit", skipped=True), 0, 1),
        (answer("approve", skipped=True), 0, 0),
    ],
)
def test_what_is_a_problem(given, always, verified):
    assert len(consent_sheet([record(given)], "problems")) == always
    assert len(consent_sheet([record(given)], "problems", verify=True)) == verified


def test_csv_has_the_documented_columns():
    text = consent_sheet([record(answer("approve")), {"customer": "gone", "problem": "Why."}], "csv")
    assert text.splitlines()[0] == ",".join(HEADER)
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["consent"], first["carries"]) == ("given", "EntitlementManagement.ReadWrite.All User.Read")
    assert (second["customer"], second["consent"], second["note"]) == ("gone", "not known", "Why.")


HOSTILE = "=cmd|'/C calc'!A0 <script>alert(1)</script> [x](https://evil.example)"


def test_names_are_text():
    bad = record(answer("onboard", tenant={**TENANT, "display_name": HOSTILE}), refused("audit", "BadRequest", msg=HOSTILE))
    html, markdown, table = (consent_sheet([bad], form, made="today") for form in ("html", "md", "csv"))
    assert "<script>alert" not in html
    assert "<script>" not in markdown
    assert "](https://evil" not in markdown
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["name"] for row in rows} == {f"'{HOSTILE}"}
    assert rows[1]["note"] == f"'{HOSTILE}"
    cells = {len(re.split(r"(?<!\\)\|", line)) - 2 for line in markdown.splitlines() if line.startswith("|")}
    assert cells == {6, 3}


def test_the_pages_say_what_an_administrator_has_to_know():
    for form in ("md", "html"):
        text = consent_sheet([record(answer("onboard"), refused("audit", "AADSTS65001"))], form, made="today")
        for word in ("Privileged Role Administrator", "What onboard asks for", "What audit asks for"):
            assert word in text
        for application in ("onboard", "audit"):
            assert all(row.name in text for row in asked_for(application))
        assert "What approve asks for" not in text
        assert f"https://login.example/contoso.com/adminconsent?client_id={IDS['audit']}" in text
    assert len(NOTES) == 4


def test_no_customers_are_an_empty_sheet():
    assert "0 customers, as of today." in consent_sheet([], "html", made="today")
    assert consent_sheet([], "csv").count("\n") == 1
    assert consent_sheet([], "lines") == []


def test_another_form_is_refused():
    with pytest.raises(AnsibleFilterError) as told:
        consent_sheet([], "pdf")
    assert str(told.value) == "consent_sheet knows no 'pdf'. Use one of md, csv, html, lines, problems."


def test_the_documentation_is_that_of_the_filter():
    documented = yaml.safe_load(plugin.DOCUMENTATION)
    assert plugin.FilterModule().filters() == {documented["name"]: consent_sheet}
    assert documented["options"]["form"]["choices"] == ["md", "csv", "html", "lines", "problems"]
