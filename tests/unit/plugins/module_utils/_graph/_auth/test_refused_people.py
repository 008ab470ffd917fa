# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do when Graph refuses: by whether a person, an application or a managed identity asked."""

from __future__ import annotations

import time

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _managed_identity
from ansible_collections.mssp.defender.plugins.module_utils._task import Task
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, token

NEEDED = "Group.ReadWrite.All"
CONSENT = f"https://login.test/{TENANT}/adminconsent?client_id=app-1"


def task(claims, **options):
    known = {"aud": "https://graph.test", "tid": TENANT, "appid": "app-1", "exp": time.time() + 3600}
    params = {
        "tenant_id": TENANT,
        "login_url": "https://login.test",
        "graph_url": "https://graph.test",
        "request_timeout": 30,
        "wait_timeout": 300,
        "access_token": token(**known, **claims),
        **options,
    }
    return Task(params, check_mode=False, diff_mode=False, warn=lambda text: None)


def explained(one):
    failure = Failure("Graph answered 403", status=403)
    failure.needs = (NEEDED,)
    one.explain(failure)
    return failure.remedy


@pytest.mark.parametrize(
    ("claims", "remedy"),
    [
        (
            {"scp": "User.Read"},
            f"The person's token lacks the delegated {NEEDED} of the application app-1: an administrator of the customer "
            f"grants the whole set here: {CONSENT}",
        ),
        (
            {"scp": f"User.Read {NEEDED}"},
            f"The person's token has {NEEDED}, but Graph also asks what the person may do: ask the customer for the role "
            "(approver, catalog or Entra role) that this takes.",
        ),
        # A role of the same name in a person's token is not the application's permission.
        (
            {"scp": "User.Read", "roles": [NEEDED]},
            f"The person's token lacks the delegated {NEEDED} of the application app-1: an administrator of the customer "
            f"grants the whole set here: {CONSENT}",
        ),
        (
            {"roles": ["User.Read.All"]},
            f"The application app-1 lacks {NEEDED}: an administrator of the customer grants the whole set here: {CONSENT}",
        ),
    ],
)
def test_what_a_given_token_lacks(claims, remedy):
    assert explained(task(claims)) == remedy


def test_a_managed_identity_has_no_consent_page(monkeypatch):
    given = token(aud="https://graph.microsoft.com", tid=TENANT, appid="mi-1", roles=[])
    monkeypatch.setattr(_managed_identity, "acquire", lambda identity, http: {"access_token": given, "expires_in": 3600})
    one = task({}, access_token=None, auth_method="managed_identity")
    assert one.missing_permissions([NEEDED]) == [NEEDED]
    assert explained(one) == (
        f"The managed identity mi-1 lacks {NEEDED}: an administrator assigns them to its service principal (appRoleAssignments), "
        "since a managed identity has no consent page."
    )


@pytest.mark.parametrize(("stated", "named"), [("", "app-1"), (None, "app-1"), ("mine", "mine")])
def test_the_application_is_the_named_one_or_that_of_the_token(stated, named):
    assert task({"roles": []}, client_id=stated).consent_url().endswith(f"client_id={named}")
