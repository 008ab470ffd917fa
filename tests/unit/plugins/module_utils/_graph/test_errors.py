# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import EXISTS_ALREADY, from_answer, has_code
from ansible_collections.mssp.defender.tests.unit.fakes import answer, refusal

HTML = "<!DOCTYPE html><html><title>Proxy says no</title></html>"


def test_graphs_own_shape():
    error = from_answer(
        answer(
            403,
            {
                "error": {
                    "code": "Authorization_RequestDenied",
                    "message": "Insufficient privileges to complete the operation.",
                    "innerError": {"date": "2026-01-01T00:00:00", "request-id": "inner-1", "client-request-id": "client-1"},
                }
            },
            request_id="header-1",
        )
    )
    assert error.as_result() == {
        "msg": "Graph answered 403 Authorization_RequestDenied: Insufficient privileges to complete the operation "
        "(request-id header-1).",
        "failure": {
            "status": 403,
            "code": "Authorization_RequestDenied",
            "message": "Insufficient privileges to complete the operation.",
            "request_id": "header-1",
        },
    }
    assert not error.outcome_unknown


@pytest.mark.parametrize("spelling", ["innerError", "innererror"])
def test_the_request_id_may_stand_inside_only(spelling):
    error = from_answer(answer(500, {"error": {"code": "x", "message": "m", spelling: {"request-id": "inner-1"}}}))
    assert error.request_id == "inner-1"
    assert "(request-id inner-1)" in str(error)


def test_entitlement_managements_empty_code():
    error = from_answer(answer(400, {"error": {"code": "", "message": "Invalid input", "innerError": None}}))
    assert str(error) == "Graph answered 400: Invalid input."
    assert error.code is None
    assert error.detail == "Invalid input"


@pytest.mark.parametrize(
    "body",
    [HTML, None, "", "null", "[]", '"text"', {"error": "invalid_request"}, {"error": None}, {"Message": "No HTTP resource"}],
)
def test_bodies_that_are_not_graphs(body):
    error = from_answer(answer(502, body))
    assert str(error) == "Graph answered 502."
    assert (error.status, error.code, error.detail) == (502, None, None)


def test_no_part_of_a_foreign_page_is_quoted():
    assert "Proxy" not in str(from_answer(answer(407, HTML)))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NoLicense", "The customer's tenant needs Microsoft Entra ID P2 (or Entra ID Governance) for entitlement management."),
        ("AadPremiumLicenseRequired", "The customer's tenant needs Microsoft Entra ID P2"),
        ("NoGovernanceSku", "This feature needs Microsoft Entra ID Governance: leave it out, or license the tenant."),
        ("CallerNotResourceOwner", "Adding a group to a catalog also needs the application permission Group.ReadWrite.All."),
        ("InvalidAuthenticationToken", "check that tenant_id, cloud and graph_url belong together"),
        ("InvalidModel", "Graph refuses the combination of values: compare them with the documentation of the module."),
    ],
)
def test_what_to_do(code, words):
    for spelling in (code, code.lower(), code.upper()):
        assert words in str(from_answer(refusal(400, spelling, "Message.")))


@pytest.mark.parametrize("code", sorted(EXISTS_ALREADY))
def test_exists_already_means_that_the_outcome_is_unknown(code):
    assert from_answer(refusal(409, code.upper(), "m")).outcome_unknown


def test_codes_compare_without_case():
    error = from_answer(refusal(404, "Request_ResourceNotFound"))
    assert has_code(error, "x", "request_resourcenotfound")
    assert not has_code(error, "ResourceNotFound")
    assert not has_code(from_answer(answer(404)), "x")
