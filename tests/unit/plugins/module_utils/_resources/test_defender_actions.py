# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import (
    CLASSIC,
    PREFIX,
    actions,
    effective,
    includes,
)

P = PREFIX


@pytest.mark.parametrize(
    ("written", "full"),
    [
        (["microsoft.xdr/secops/securitydata/basics/read"], [P + "secops/securitydata/basics/read"]),
        (["secops/securitydata/basics/read"], [P + "secops/securitydata/basics/read"]),
        ([" SecOps/SecurityData/Basics/Read "], [P + "secops/securitydata/basics/read"]),
        (["secops/*/manage"], [P + "secops/*/manage"]),
        (["secops/securitydata/liveresponse-basic/manage"], [P + "secops/securitydata/liveresponse-basic/manage"]),
        (["alerts_investigation"], [P + "secops/securitydata/alerts/manage"]),
        (["Alerts_Investigation"], [P + "secops/securitydata/alerts/manage"]),
        (
            ["live_response_advanced"],
            [P + "secops/securitydata/liveresponse-advanced/manage", P + "secops/securitydata/filecollection/manage"],
        ),
        (["alerts_investigation", "secops/securitydata/alerts/manage"], [P + "secops/securitydata/alerts/manage"]),
        (["b/x/read", "a/x/read"], [P + "b/x/read", P + "a/x/read"]),
        ([], []),
    ],
)
def test_three_ways_to_write_an_action(written, full):
    assert actions(written) == full


@pytest.mark.parametrize("alias", sorted(CLASSIC))
def test_every_alias_stands_for_actions_that_are_valid_themselves(alias):
    full = actions([alias])
    assert full == [P + action for action in CLASSIC[alias]]
    assert actions(full) == full


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "read",
        "secops",
        "secops/securitydata/alerts",
        "secops/securitydata/alerts/write",
        "secops/securitydata/alerts/manage/",
        "secops//alerts/manage",
        "secops/security data/alerts/manage",
        "microsoft.directory/users/read",
        "microsoft.xdr/microsoft.xdr/secops/basics/read",
        "live_response",
        "{{ permission }}",
    ],
)
def test_a_bad_action_is_quoted_with_what_is_possible(bad):
    with pytest.raises(InvalidInput) as caught:
        actions(["alerts_investigation", bad])
    assert str(caught.value) == (
        f"'{bad}' is no permission of Defender. Write an action such as microsoft.xdr/secops/securitydata/alerts/manage, "
        f"with or without its prefix, or one of {', '.join(CLASSIC)}."
    )


@pytest.mark.parametrize(
    ("broad", "narrow", "so"),
    [
        ("secops/securitydata/alerts/manage", "secops/securitydata/alerts/manage", True),
        ("secops/securitydata/alerts/manage", "secops/securitydata/alerts/read", True),
        ("secops/securitydata/alerts/read", "secops/securitydata/alerts/manage", False),
        ("secops/*/manage", "secops/securitydata/alerts/manage", True),
        ("secops/*/manage", "secops/rawdata/manage", True),
        ("secops/*/manage", "secops/securitydata/alerts/read", True),
        ("secops/*/read", "secops/securitydata/alerts/read", True),
        ("secops/*/read", "secops/securitydata/alerts/manage", False),
        ("secops/*/manage", "secops/manage", False),
        ("secops/*/manage", "securityposture/posturemanagement/x/manage", False),
        ("secops/*/manage", "secops2/x/manage", False),
        ("secops/securitydata/*/read", "secops/securitydata/basics/read", True),
        ("secops/securitydata/*/read", "secops/rawdata/basics/read", False),
        ("secops/*/manage", "secops/*/manage", True),
        ("secops/securitydata/alerts/manage", "secops/*/manage", False),
        ("SecOps/*/Manage", "secops/x/read", True),
        ("secops/a.b/read", "secops/aXb/read", False),
    ],
)
def test_inclusion(broad, narrow, so):
    assert includes(P + broad, P + narrow) is so


@pytest.mark.parametrize(
    ("granted", "stored"),
    [
        ([], []),
        (["a/x/read"], ["a/x/read"]),
        (["a/x/read", "a/x/manage"], ["a/x/manage"]),
        (["a/x/read", "A/X/Read"], ["a/x/read"]),
        (["a/*/manage", "a/x/manage", "a/x/y/read", "b/x/read"], ["a/*/manage", "b/x/read"]),
        (["a/*/read", "a/x/manage"], ["a/*/read", "a/x/manage"]),
    ],
)
def test_effective(granted, stored):
    assert effective(granted) == set(stored)
