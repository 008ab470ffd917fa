# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput, doing


@pytest.mark.parametrize(
    ("doing_what", "tenant", "remedy", "text"),
    [
        (None, None, None, "it broke."),
        (None, None, "Mend it.", "it broke. Mend it."),
        (None, "contoso.com", None, "Tenant contoso.com: it broke."),
        ("read x", None, None, "Cannot read x: it broke."),
        ("read x", "contoso.com", "Mend it.", "Cannot read x in tenant contoso.com: it broke. Mend it."),
    ],
)
def test_one_sentence(doing_what, tenant, remedy, text):
    failure = Failure("it broke", remedy=remedy)
    failure.doing, failure.tenant = doing_what, tenant
    assert str(failure) == text


@pytest.mark.parametrize("cause", ["it broke", "it broke.", "it broke. "])
def test_one_full_stop(cause):
    assert str(Failure(cause)) == "it broke."


def test_the_failure_key():
    failure = GraphError("c", status=403, code="X", detail="Graph's words", request_id="r", remedy="Do.")
    assert failure.as_result() == {
        "msg": "c. Do.",
        "failure": {"status": 403, "code": "X", "message": "Graph's words", "request_id": "r"},
    }
    assert Failure("c").as_result()["failure"] == {"status": None, "code": None, "message": "c", "request_id": None}
    assert InvalidInput("c").code == "InvalidInput"
    assert GraphError("c").outcome_unknown is False


def test_the_innermost_name_wins():
    with pytest.raises(Failure) as caught, doing("outer"), doing("inner"):
        raise Failure("c")
    assert caught.value.doing == "inner"
    with pytest.raises(ValueError), doing("outer"):
        raise ValueError


@pytest.mark.parametrize(("value", "kept"), [(None, False), ("", False), ("seven77", False), ("eight888", True)])
def test_secrets(value, kept):
    _secrets.remember(value)
    assert (value in _secrets.seen()) is kept
