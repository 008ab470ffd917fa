# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.consent_plan import plan

WRITER = "22222222-3333-4444-5555-666666666666"
READER = "44444444-5555-6666-7777-888888888888"
PUBLIC = "33333333-4444-5555-6666-777777777777"
SECRET = "s3cret-of-somebody"
TENANT = {"mssp_onboard_tenant_id": "contoso.onmicrosoft.com"}
INVENTORY = {**TENANT, "mssp_onboard_client_id": WRITER, "mssp_onboard_client_secret": SECRET}
ALL = {**INVENTORY, "mssp_consent_audit_client_id": READER, "mssp_consent_approve_client_id": PUBLIC}
EMPTY = {
    "client_secret": "",
    "certificate_path": "",
    "certificate_password": "",
    "federated_token_file": "",
    "refresh_token": "",
    "access_token": "",
}


def asked(variables, application, environment=None):
    """How an application is asked."""
    found = plan(variables, environment or {})
    assert found["problem"] == ""
    [entry] = [each for each in found["applications"] if each["application"] == application]
    assert entry["problem"] == ""
    return entry["ask"]


@pytest.mark.parametrize(
    ("more", "link"),
    [
        ({}, "https://login.microsoftonline.com/contoso.onmicrosoft.com/adminconsent?client_id={}"),
        ({"mssp_onboard_cloud": "usgov"}, "https://login.microsoftonline.us/contoso.onmicrosoft.com/adminconsent?client_id={}"),
        (
            {"mssp_onboard_cloud": "usgov_dod"},
            "https://login.microsoftonline.us/contoso.onmicrosoft.com/adminconsent?client_id={}",
        ),
        ({"mssp_onboard_cloud": "China"}, "https://login.chinacloudapi.cn/contoso.onmicrosoft.com/adminconsent?client_id={}"),
        (
            {"mssp_onboard_login_url": "https://localhost:1/", "mssp_onboard_tenant_id": READER},
            f"https://localhost:1/{READER}/adminconsent?client_id={{}}",
        ),
    ],
)
def test_a_link_for_each_application_at_the_host_of_the_cloud(more, link):
    found = plan({**ALL, **more}, {})["applications"]
    assert {each["application"]: each["link"] for each in found} == {
        "onboard": link.format(WRITER),
        "audit": link.format(READER),
        "approve": link.format(PUBLIC),
    }


def test_the_environment_says_where_the_modules_read_it_and_never_the_tenant():
    environment = {"AZURE_TENANT_ID": READER, "AZURE_CLIENT_ID": WRITER, "AZURE_AUTHORITY_HOST": "login.microsoftonline.us"}
    [entry] = plan(TENANT, environment)["applications"]
    assert entry["link"] == f"https://login.microsoftonline.us/contoso.onmicrosoft.com/adminconsent?client_id={WRITER}"
    assert "mssp_onboard_tenant_id is not set" in plan({"mssp_onboard_client_id": WRITER}, environment)["problem"]
    [china] = plan(TENANT, {"AZURE_CLIENT_ID": WRITER, "AZURE_CLOUD_ENVIRONMENT": "AzureChinaCloud"})["applications"]
    assert china["link"].startswith("https://login.chinacloudapi.cn/")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "mssp_onboard_tenant_id is not set. Set it to the customer's tenant id or to a domain of it."),
        ({"mssp_onboard_tenant_id": " "}, "mssp_onboard_tenant_id is not set."),
        ({"mssp_onboard_tenant_id": "a/../b?x=1"}, "mssp_onboard_tenant_id is 'a/../b?x=1'."),
        ({"mssp_onboard_tenant_id": "contoso"}, "mssp_onboard_tenant_id is 'contoso'."),
        (TENANT, "No application is named: set mssp_consent_onboard_client_id, or that of audit or approve."),
        ({**ALL, "mssp_onboard_cloud": "moon"}, "the cloud 'moon' is not known."),
    ],
)
def test_what_is_wrong_with_a_customer(variables, words):
    found = plan(variables, {})
    assert words in found["problem"]
    assert found["applications"] == []


def test_what_is_wrong_with_one_application_is_that_ones_alone():
    found = plan({**ALL, "mssp_consent_audit_client_id": "audit&client_id=evil", "mssp_consent_audit_client_secret": "x"}, {})
    assert [each["problem"] for each in found["applications"]] == [
        "",
        "mssp_consent_audit_client_id is 'audit&client_id=evil', and the id of an application is a GUID.",
        "",
    ]
    assert (found["applications"][1]["link"], found["applications"][1]["ask"]) == ("", None)


def test_the_application_that_onboards_is_the_inventorys():
    assert asked(ALL, "onboard") == {
        "variables_prefix": "mssp_onboard_",
        "options": {"tenant_id": "contoso.onmicrosoft.com", "client_id": WRITER},
    }
    # Named once more, it is the same one; another one has a credential of its own.
    assert asked({**ALL, "mssp_consent_onboard_client_id": WRITER.upper()}, "onboard")["variables_prefix"] == "mssp_onboard_"
    assert asked({**ALL, "mssp_consent_onboard_client_id": READER}, "onboard") is None


@pytest.mark.parametrize(
    "environment",
    [{"AZURE_CLIENT_SECRET": "x"}, {"AZURE_FEDERATED_TOKEN_FILE": "/x"}, {"MSSP_AUTH_METHOD": "managed_identity"}],
)
def test_its_credential_may_be_the_environments(environment):
    variables = {**TENANT, "mssp_onboard_client_id": WRITER, "mssp_consent_audit_client_id": READER}
    assert asked(variables, "onboard", environment)["variables_prefix"] == "mssp_onboard_"
    assert asked(variables, "onboard") is None
    # And nobody else's.
    assert asked(variables, "audit", environment) is None


def test_another_application_has_its_own_credential_and_none_of_the_environment():
    variables = {**ALL, "mssp_consent_audit_certificate_path": "/srv/audit.pem", "mssp_onboard_ca_path": "/ca.pem"}
    assert asked(variables, "audit", {"AZURE_CLIENT_SECRET": "x"}) == {
        "variables_prefix": "mssp_consent_audit_",
        "options": {
            **{name: value for name, value in EMPTY.items() if name != "certificate_path"},
            "tenant_id": "contoso.onmicrosoft.com",
            "client_id": READER,
            "auth_method": "auto",
            "ca_path": "/ca.pem",
        },
    }
    method = {**ALL, "mssp_consent_audit_auth_method": "managed_identity"}
    assert "auth_method" not in asked(method, "audit")["options"]
    assert asked(ALL, "audit") is None
    person = {**ALL, "mssp_consent_approve_refresh_token": SECRET}
    assert asked(person, "approve")["variables_prefix"] == "mssp_consent_approve_"


@pytest.mark.parametrize(("wanted", "verify"), [(False, False), ("false", False), ("no", False), (True, True), ("yes", True)])
def test_nobody_is_asked_unless_it_is_wanted(wanted, verify):
    found = plan({**ALL, "mssp_consent_verify": wanted}, {})
    assert found["verify"] is verify
    assert [bool(each["ask"]) for each in found["applications"]] == [verify, False, False]
    assert all(each["link"] for each in found["applications"])


def test_no_secret_is_in_the_plan():
    variables = {**ALL, **{f"mssp_consent_audit_{name}": SECRET for name in EMPTY}}
    assert SECRET not in json.dumps(plan(variables, {"AZURE_CLIENT_SECRET": SECRET}))
