# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests of docs/customer-runbook.md, sent as they stand there, cut a customer off without us."""

from __future__ import annotations

import json
import re
import typing as t

from cutoff_customer import ANALYSTS, PARTNER, Customer, config
from harness import world
from harness.paths import REPOSITORY
from harness.server import Sandbox

RUNBOOK = (REPOSITORY / "docs" / "customer-runbook.md").read_text(encoding="utf-8")
REQUEST = re.compile(r"""Invoke-MgGraphRequest -Method (\w+) -Uri "([^"]*)"(?: -Body (?:'([^']*)'|"((?:[^"]|"")*)"))?""")
# The guests that the test's customers have beside those of every other test.
SANDBOX: dict[str, t.Any] = config(1)


def requests_of(step: int, **values: str) -> list[tuple[str, str, str]]:
    """Method, address and body of the requests in a step, with the variables of the shell filled in."""
    (section,) = re.findall(rf"^## {step}\. .*?(?=^## )", RUNBOOK, re.DOTALL | re.MULTILINE)

    def filled(text: str) -> str:
        text = re.sub(r"\$\(\$(\w+)\.id\)", r"$\1", text)
        for name, value in values.items():
            text = text.replace(f"${name}", value)
        return text.replace("`$", "$").replace('""', '"')

    return [(method, filled(uri), filled(body or quoted)) for method, uri, body, quoted in REQUEST.findall(section)]


def test_the_five_steps(sandbox: Sandbox) -> None:
    tenant = sandbox.fresh_tenant()
    customer = Customer(tenant)
    sent = []

    def send(step: int, method: str, **values: str) -> t.Any:
        last: t.Any = None
        for wanted, uri, body in requests_of(step, **values):
            if wanted != method:
                continue
            version, dummy, path = uri.partition("/")
            answer = tenant.request(method, path, json.loads(body) if body else None, beta=version == "beta")
            assert answer.status_code < 300, f"{step}: {method} {uri}: {answer.text}"
            last = answer.json() if answer.content else {}
            sent.append((step, method))
        return last

    # 1
    (catalog,) = send(1, "GET")["value"]
    send(1, "PATCH", catalog=catalog["id"])
    # 2
    groups = [x["id"] for x in tenant.list("groups?$filter=displayName eq 'Tier 1 Analyst'")]
    listed = send(2, "GET", name="Tier 1 Analyst")["value"]
    for assignment in [x for x in listed if set(x["principalIds"]) & set(groups)]:
        send(2, "DELETE", assignment=assignment["id"])
    # 3
    for user in [x for x in send(3, "GET")["value"] if str(x["mail"]).endswith(f"@{world.MSSP_DOMAIN}")]:
        send(3, "PATCH", user=user["id"])
    # 4
    send(4, "POST", mssp=world.MSSP_TENANT)
    send(4, "PATCH", mssp=world.MSSP_TENANT)

    state = customer.state()
    assert (state["catalogs"], state["roles"], state["users"]) == ("unpublished", [], [False, False])
    assert {who: customer.signs_in(who) for who in (*ANALYSTS, PARTNER)} == {**dict.fromkeys(ANALYSTS, False), PARTNER: True}
    partner = tenant.get(f"policies/crossTenantAccessPolicy/partners/{world.MSSP_TENANT}")
    assert {partner["b2bCollaborationInbound"][x]["accessType"] for x in ("usersAndGroups", "applications")} == {"blocked"}

    # 5
    application = tenant.client("reader")["client_id"]
    principal = send(5, "GET", app=application)
    send(5, "DELETE", principal=principal["id"])
    assert tenant.request("GET", f"servicePrincipals/{principal['id']}").status_code == 404
    assert {step for step, dummy in sent} == {1, 2, 3, 4, 5}
    # Each request of the page was sent.
    assert len(set(sent)) == len({(step, method) for step in range(1, 6) for method, dummy, dummy2 in requests_of(step)})


def test_what_the_page_does_not_leave_out() -> None:
    page = " ".join(RUNBOOK.split())
    assert "Delegated administration (GDAP)" in page
    assert "continuous access evaluation does not cover guests" in page
    assert "people ask and are approved again" in page
