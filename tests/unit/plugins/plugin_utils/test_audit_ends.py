# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends and what waits, and what could not be read: what triggers each rule, and the near misses that must not."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import (
    OTHER,
    PACKAGES,
    ago,
    ahead,
    assignment,
    facts,
    found,
    request,
)
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_spoiling import (
    plus,
)


def ending(**span):
    """Anna's and ana's assignments; ana's ends then."""
    schedule = {"startDateTime": ago(days=100), "expiration": {"type": "afterDateTime", "endDateTime": ahead(**span)}}
    return [assignment("anna", "approvers"), assignment("ana", "tier1", schedule=schedule)]


@pytest.mark.parametrize(
    ("days", "severity"), [(29, "notice"), (31, "info"), (61, "info"), (89, "info"), (91, None), (-0.01, None)]
)
def test_what_ends_soon(days, severity):
    document = findings({**facts(), "assignments": ending(days=days)})
    assert [(x["id"], x["severity"]) for x in document["findings"]] == ([("MSSP501", severity)] if severity else [])


def review(status, end, decisions=None, package="tier1"):
    """A review with one instance."""
    instance = {"id": "i", "status": status, "endDateTime": end, "decisions": decisions}
    return {"id": "r", "displayName": "Yearly", "accessPackage": {"id": PACKAGES.get(package, package)}, "instances": [instance]}


OPEN, DONE = {"decision": "NotReviewed"}, {"decision": "Approve"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (review("InProgress", ahead(days=3), [OPEN, DONE]), ["MSSP502"]),
        (review("InProgress", ahead(days=3)), ["MSSP502"]),
        (review("InProgress", ahead(days=3), [DONE]), []),
        (review("InProgress", ahead(days=3), []), []),
        (review("InProgress", ago(days=3), [OPEN]), ["MSSP503"]),
        (review("Completing", ago(days=3)), ["MSSP503"]),
        # The service is about to end it.
        (review("Completing", ago(hours=2)), []),
        (review("Completed", ago(days=3)), []),
        (review("Applied", ago(days=3)), []),
        (review("AutoReviewed", ago(days=3)), []),
        (review("NotStarted", ahead(days=300)), []),
        (review("InProgress", ahead(days=3), [OPEN], OTHER), []),
    ],
)
def test_reviews(one, expected):
    assert [rule for rule, _name in found({**facts(), "reviews": [one]})] == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"createdDateTime": ago(days=3.1)}, [("MSSP504", "Lea")]),
        ({"createdDateTime": ago(days=2.9)}, []),
        ({"createdDateTime": ago(days=9), "state": "denied"}, []),
        ({"createdDateTime": ago(days=9), "accessPackage": {"id": OTHER}}, []),
    ],
)
def test_requests_that_wait(more, expected):
    one = request("lea", "tier2", **{"state": "pendingApproval", "completedDateTime": None, **more})
    assert found(plus(facts(), "requests", one)) == expected


def test_the_timeline():
    raw = {**facts(), "assignments": ending(days=10), "reviews": [review("InProgress", ahead(days=5), [OPEN])]}
    raw = plus(
        raw,
        "requests",
        request("lea", "tier2", state="pendingApproval", createdDateTime=ago(days=1), approval={"deadline": ahead(days=13)}),
    )
    assert [(x["kind"], x["when"]) for x in findings(raw)["ends"]] == [
        ("review", ahead(days=5)),
        ("assignment", ahead(days=10)),
        ("request", ahead(days=13)),
        ("assignment", ahead(days=265)),
    ]


def test_what_could_not_be_read():
    raw = {
        **facts(),
        "roles": None,
        "problems": [{"what": "Defender roles", "message": "403"}],
        "drift": {"changes": [], "problem": "Stopped."},
    }
    document = findings(raw)
    assert [(x["id"], x["property"]) for x in document["findings"]] == [("MSSP900", "Defender roles"), ("MSSP901", None)]
    assert document["complete"] is False
