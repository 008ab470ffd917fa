# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of audits as docs/schemas/audit-1.json describes them: one by hand, many by a seed, and hostile names."""

from __future__ import annotations

import datetime
import hashlib
import json
import random
import typing as t
import uuid
from pathlib import Path

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES, SEVERITIES

SCHEMA = "https://mssp.defender/schemas/audit-1.json"
NOW = datetime.datetime(2026, 11, 23, 20, 0, tzinfo=datetime.timezone.utc)
MSSP = "11111111-2222-3333-4444-555555555555"

# What people and customers may be called where others choose the names.
HOSTILE = {
    "html": "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    "formula": "=cmd|' /C calc'!A0",
    "template": "{{ lookup('ansible.builtin.pipe', 'touch EVIDENCE') }}{% raw %}",
    "path": "../../../etc/passwd\x00",
    "quotes": "\"'`--> ]]> </script></style><!-- &amp;",
    "lines": "one\r\ntwo\u2028three\u0085| four\t\x1b[31m",
    "turned": "\u202egnihtemos\u202c \u200fabc \ufffe\uffff",
    "long": "W" * 256,
    "markdown": "[x](javascript:alert(1)) **b** | `c` https://evil.example www.evil.example @admin #1",
    "surrogate": "lone \ud800 here",
}


def instant(days: float = 0) -> str:
    """So many days from NOW."""
    return (NOW + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(name: str = "Ana Analyst", mail: str | None = "ana@fabrikam.example", **more: t.Any) -> dict[str, t.Any]:
    """Somebody of the MSSP."""
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}{mail}".encode("utf-8", "replace").hex()))
    made = {"id": identifier, "display_name": name, "principal_name": None, "mail": mail, "home_tenant": MSSP}
    return {**made, "determined_by": "connectedOrganization", **more}


def finding(identifier: str = "MSSP001", severity: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    """One finding."""
    rule = RULES[identifier]
    made = {
        "id": identifier,
        "rule": rule.slug,
        "severity": severity or rule.severity,
        "object": {"type": "group", "name": "Tier 1 Analyst", "id": "8c1e2d3f-0000-4000-8000-000000000001"},
        "person": None,
        "is": f"{rule.title}.",
        "should": "It should be otherwise.",
        "remedy": rule.remedy,
        "link": None,
        "property": None,
        "before": None,
        "after": None,
        "since": None,
        "by": None,
        **more,
    }
    text = json.dumps([made["id"], made["object"], made["person"], made["property"], made["is"]])
    return {"fingerprint": hashlib.sha256(text.encode()).hexdigest(), **made}


def access(**more: t.Any) -> dict[str, t.Any]:
    """Somebody's access."""
    assignment = {"id": "a1", "state": "delivered", "policy": "MSSP SOC users", "since": instant(-30), "expires": instant(60)}
    made = {"person": person(), "tier": "tier1", "package": {"id": "p1", "name": "Tier 1 Analyst"}, "assignment": assignment}
    return {**made, "approved_by": ["Ada Approver"], "live_response": False, "last_sign_in": instant(-1), "enabled": True, **more}


def document(customer: str = "contoso", **more: t.Any) -> dict[str, t.Any]:
    """A customer's document; without more a complete one that found nothing."""
    tenant = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, customer.encode("utf-8", "replace").hex())),
        "domain": None,
        "display_name": None,
    }
    made = {
        "schema": SCHEMA,
        "tool": {"name": "mssp.defender", "version": "0.2.0", "ansible_core": "2.19.14"},
        "customer": customer,
        "tenant": tenant,
        "mssp": {"tenant_id": MSSP, "display_name": "Fabrikam Security"},
        "began": instant(-0.01),
        "ended": instant(),
        "complete": True,
        "error": None,
        "findings": [],
        "access": [],
        "ends": [],
        "not_checked": [],
        **more,
    }
    counts = {severity: sum(x["severity"] == severity for x in made["findings"]) for severity in SEVERITIES}
    return {**made, "counts": counts}


def failed(customer: str, message: str = "The tenant cannot be reached.") -> dict[str, t.Any]:
    """The document of a customer that could not be audited."""
    return document(customer, complete=False, error={"message": message, "failure": {}})


def hostile() -> list[dict[str, t.Any]]:
    """A customer for each hostile name, with the name in every place that takes one."""
    made = []
    for key, name in HOSTILE.items():
        who = person(name, name, principal_name=name, home_tenant=name)
        found = finding(
            "MSSP001",
            object={"type": name, "name": name, "id": name},
            person=who,
            property=name,
            before=[name],
            after=name,
            by=name,
            link=f"javascript:{name}",
            **{"is": f"{name} is a member.", "should": name, "remedy": name},
        )
        assignment = {"id": name, "state": name, "policy": name, "since": instant(-9), "expires": instant(9)}
        package = {"id": name, "name": name}
        made.append(
            document(
                f"{key} {name}",
                tenant={"id": str(uuid.uuid4()), "domain": name, "display_name": name},
                findings=[found],
                access=[access(person=who, tier=name, package=package, assignment=assignment, approved_by=[name])],
                ends=[{"kind": "assignment", "who": name, "what": name, "when": instant(9)}],
                not_checked=[{"what": name, "why": name, "how": name}],
            )
        )
    return made


def fleet(customers: int, people: int = 12, seed: int = 7) -> list[dict[str, t.Any]]:
    """So many customers, most of them with little to say, some with much."""
    chance = random.Random(seed)
    team = [person(f"Analyst {number:02}", f"analyst{number:02}@fabrikam.example") for number in range(1, 41)]
    return [_customer(chance, number, chance.sample(team, people)) for number in range(1, customers + 1)]


def _customer(chance: random.Random, number: int, team: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    name = f"customer-{number:03}"
    if chance.random() < 0.02:
        return failed(name)
    found = []
    for _case in range(chance.choice((0, 0, 1, 3, 6, 12))):
        rule = RULES[chance.choice(sorted(RULES))]
        who = chance.choice(team)
        text = f"{rule.title}: {who['display_name']} at {name}, case {chance.randrange(10**6)}."
        link = "https://entra.microsoft.com/#view/Microsoft_AAD_ERM/DashboardBlade"
        found.append(finding(rule.id, person=who, link=link, since=instant(-chance.randrange(90)), **{"is": text}))
    rows, ends = [], []
    for who in team:
        tier, until = chance.choice(("tier1", "tier2", "approvers")), instant(chance.randrange(1, 365))
        package = {"id": tier, "name": tier.capitalize()}
        assignment = {
            "id": str(uuid.UUID(int=chance.getrandbits(128))),
            "state": "delivered",
            "policy": "SOC",
            "since": instant(-9),
            "expires": until,
        }
        rows.append(access(person=who, tier=tier, package=package, assignment=assignment, live_response=tier == "tier2"))
        ends.append({"kind": "assignment", "who": who["display_name"], "what": tier, "when": until})
    ends.append({"kind": "review", "who": "Approvers", "what": "Tier 1 Analyst", "when": instant(chance.randrange(-10, 200))})
    tenant = {
        "id": str(uuid.UUID(int=chance.getrandbits(128))),
        "domain": f"{name}.example",
        "display_name": f"Customer {number} Ltd",
    }
    left_out = [{"what": "GDAP relationships", "why": "They are in the partner's tenant.", "how": "Look in Partner Center."}]
    return document(
        name, tenant=tenant, complete=chance.random() > 0.05, findings=found, access=rows, ends=ends, not_checked=left_out
    )


def write(directory: Path, documents: t.Iterable[dict[str, t.Any]]) -> list[Path]:
    """Put documents where the audit does, under names that are safe."""
    folder = directory / "audit" / "customers"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, one in enumerate(documents):
        kept = "".join(x for x in one["customer"] if x.isascii() and (x.isalnum() or x in "-_"))[:60]
        path = folder / f"{kept or 'customer'}-{number:03}.json"
        path.write_text(json.dumps(one), encoding="utf-8")
        paths.append(path)
    return paths
