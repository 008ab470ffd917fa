# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every leaf of a policy that the options can make is compared, and its drift mended."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import PROPERTIES
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_body import complete
from ansible_collections.mssp.defender.tests.unit.fakes import C, answer, page, writes
from ansible_collections.mssp.defender.tests.unit.plugins.module_utils._resources.policy_building import (
    EVERYTHING,
    LISTED,
    PACKAGE,
    POLICIES,
    desired,
    make,
)

# Values that are compared as a whole.
WHOLE = {prop.path for prop in PROPERTIES} - {"requestApprovalSettings.stages"}


def leaves(value, path=""):
    if path in WHOLE:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}".lstrip("."))
    elif path == "requestApprovalSettings.stages":
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}.{number}")
    else:
        yield f"{path} is not compared"


def test_every_leaf_is_a_property():
    found = set(leaves(desired(EVERYTHING)))
    assert not {path for path in found if path.endswith("is not compared")}
    # And every property can be stated: nothing is managed that no option reaches.
    assert found == WHOLE


@pytest.mark.parametrize("path", sorted(WHOLE - {"reviewSettings.schedule.startDateTime"}))
def test_a_drift_of_each_property_is_seen_and_mended(path):
    body = complete(desired(EVERYTHING))
    drifted = {"id": C, **copy.deepcopy(body), "accessPackage": {"id": PACKAGE}}
    steps = path.split(".")
    at = drifted
    for step in steps[:-1]:
        at = at[int(step)] if isinstance(at, list) else at[step]
    value = at[steps[-1]]
    at[steps[-1]] = {bool: lambda: not value, list: list, str: lambda: "P9D" if value[:1] == "P" else "other"}.get(
        type(value), lambda: {"type": "noExpiration"} if "expiration" in path else {"pattern": {"type": "weekly"}}
    )()
    table = {
        LISTED: page({**drifted, "displayName": body["displayName"]}),
        f"GET {POLICIES}/{C}": drifted,
        f"PUT {POLICIES}/{C}": lambda sent: answer(200, {"id": C, **sent.body}),
    }
    options = {}
    if path == "displayName":
        options["policy_id"] = C
    resource, http = make(table, desired(EVERYTHING), **options)
    outcome = reconcile(resource)
    assert [change.property for change in outcome.changes] == [path]
    sent = writes(http)[-1]
    assert sent.method == "PUT"
    same = next(prop.same for prop in PROPERTIES if prop.path == path)
    assert same(pick(sent.body, path)) == same(pick(body, path))
