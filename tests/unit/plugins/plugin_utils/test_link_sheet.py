# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import re

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.mssp.defender.plugins.filter import link_sheet as plugin
from ansible_collections.mssp.defender.plugins.filter.link_sheet import link_sheet
from ansible_collections.mssp.defender.plugins.plugin_utils.link_sheet import HEADER, Line, for_analysts, for_approvers, lines

ACCESS = "https://myaccess.microsoft.com/@contoso.com#/"
PORTAL = "https://security.microsoft.com/?tid=t1"
OPEN = {"allowedTargetScope": "specificConnectedOrganizationUsers", "requestorSettings": {"enableTargetsToSelfAddAccess": True}}


def record(**more):
    """A customer with one tier and the approvers, as the role leaves it."""
    return {
        "customer": "contoso",
        "tenant": {"id": "t1", "display_name": "Contoso", "domain": "contoso.com"},
        "links": {"approvals": ACCESS, "portal": PORTAL},
        "prefix": "FAB ",
        "catalog": "FAB MSSP Accesses",
        "tiers": [{"key": "tier1", "group": "Tier 1 Analyst"}],
        "approvers_package": "Approvers",
        "catalogs": [{"state": "published", "isExternallyVisible": True}],
        "packages": [package("p1", "FAB Tier 1 Analyst"), package("p2", "FAB Approvers"), package("p3", "Theirs")],
        "policies": [policy("p1"), policy("p2")],
        **more,
    }


def package(identifier, name, **more):
    return {
        "id": identifier,
        "displayName": name,
        "isHidden": False,
        "request_url": f"{ACCESS}access-packages/{identifier}",
        **more,
    }


def policy(identifier, **more):
    return {"accessPackage": {"id": identifier}, **OPEN, **more}


def tier_note(**more):
    return lines([record(**more)])[0].note


def test_a_line_for_each_package_of_ours():
    assert lines([record()]) == [
        Line(
            "contoso",
            "Contoso",
            "contoso.com",
            "t1",
            "tier1",
            "FAB Tier 1 Analyst",
            f"{ACCESS}access-packages/p1",
            ACCESS,
            PORTAL,
        ),
        Line(
            "contoso",
            "Contoso",
            "contoso.com",
            "t1",
            "approvers",
            "FAB Approvers",
            f"{ACCESS}access-packages/p2",
            ACCESS,
            PORTAL,
        ),
    ]


def test_a_tiers_package_may_have_a_name_of_its_own():
    tiers = [{"key": "tier1", "group": "Tier 1 Analyst", "package": "First"}]
    assert [x.package for x in lines([record(tiers=tiers, packages=[package("p1", "FAB First")])])][0] == "FAB First"


def test_customers_by_name_tiers_in_their_order():
    tiers = [{"key": key, "group": key} for key in ("b", "a")]
    found = lines([{"customer": "zeta", "problem": "x"}, record(tiers=tiers), {"customer": "Alpha", "problem": "y"}])
    assert [(x.title, x.tier) for x in found] == [
        ("Alpha", ""),
        ("Contoso", "b"),
        ("Contoso", "a"),
        ("Contoso", "approvers"),
        ("zeta", ""),
    ]
    assert [x.tier for x in for_analysts(found)] == ["", "b", "a", ""]
    assert [x.tier for x in for_approvers(found)] == ["", "approvers", ""]


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({"policies": []}, "Closed: no policy lets anybody request it."),
        ({"policies": [policy("p2")]}, "Closed: no policy lets anybody request it."),
        ({"policies": [policy("p1", requestorSettings=None)]}, "Closed: no policy lets anybody request it."),
        ({"policies": [policy("p1", allowedTargetScope="NotSpecified")]}, "Closed: no policy lets anybody request it."),
        ({"policies": [policy("p1", allowedTargetScope="notSpecified"), policy("p1")]}, ""),
        ({"catalogs": [{"state": "unpublished"}]}, "Closed: its catalog is not published."),
        (
            {"catalogs": [{"state": "Published", "isExternallyVisible": False}]},
            "Closed: its catalog is not open to people of other tenants.",
        ),
        ({"packages": [package("p1", "FAB Tier 1 Analyst", isHidden=True)]}, "Hidden: only this link leads to it."),
        ({"packages": []}, "There is no such package. Run mssp.defender.onboard for this customer."),
        (
            {"links": {"approvals": None, "portal": None}},
            "Microsoft documents no address of My Access and the Defender portal in this cloud.",
        ),
        (
            {"links": {"approvals": None, "portal": PORTAL}, "tenant": {"id": "t1", "display_name": None, "domain": None}},
            "The tenant's domain cannot be read, and links to My Access need it: grant Organization.Read.All.",
        ),
    ],
)
def test_what_there_is_to_know(more, note):
    assert tier_note(**more) == note


@pytest.mark.parametrize(
    ("catalogs", "note"),
    [
        ([], "Not onboarded: there is no catalog 'FAB MSSP Accesses'. Run mssp.defender.onboard for this customer."),
        (
            [{}, {}],
            "There are 2 catalogs 'FAB MSSP Accesses', and nobody can tell which one is ours. Rename the others.",
        ),
    ],
)
def test_a_customer_without_packages_has_one_line(catalogs, note):
    [line] = lines([record(catalogs=catalogs)])
    assert (line.tier, line.request, line.portal, line.note) == ("", "", PORTAL, note)


def test_a_package_twice_is_two_lines():
    twice = [package("p1", "FAB Tier 1 Analyst"), package("p4", "FAB Tier 1 Analyst")]
    assert [(x.request[-2:], x.note[:6]) for x in lines([record(packages=twice)])][:2] == [("p1", ""), ("p4", "Closed")]


def test_only_https_is_a_link():
    bad = [package("p1", "FAB Tier 1 Analyst", request_url="javascript:alert(1)")]
    assert lines([record(packages=bad, links={"approvals": "data:x", "portal": "//evil"})])[0].request == ""
    assert "javascript:" not in link_sheet([record(packages=bad)], "html")


def test_csv_has_the_documented_columns():
    text = link_sheet([record(), {"customer": "gone", "problem": "Why."}], "csv")
    assert text.splitlines()[0] == ",".join(HEADER)
    assert text.splitlines()[3] == "gone,,,,,,,,,Could not be read. Why."


def test_the_pages_policy_allows_what_is_in_it_and_nothing_else():
    text = link_sheet([record()], "html", made="today")
    policy_text = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    for tag in ("style", "script"):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy_text
    assert policy_text.startswith("default-src 'none'")
    assert "1 customer, as of today." in text


def test_no_customers_are_an_empty_sheet():
    assert "0 customers" in link_sheet([], "html")
    assert link_sheet([], "csv").count("\n") == 1
    assert "## For approvers" in link_sheet([], "md")


def test_another_form_is_refused():
    with pytest.raises(AnsibleFilterError) as told:
        link_sheet([], "pdf")
    assert str(told.value) == "link_sheet knows no 'pdf'. Use one of md, csv, html."


def test_the_documentation_is_that_of_the_filter():
    documented = yaml.safe_load(plugin.DOCUMENTATION)
    assert plugin.FilterModule().filters() == {documented["name"]: link_sheet}
    assert documented["options"]["form"]["choices"] == ["md", "csv", "html"]
