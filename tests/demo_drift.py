# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody does behind Ansible's back in the demo, by plain requests to Graph: python demo_drift.py SANDBOX.json DOMAIN."""

from __future__ import annotations

import json
import sys
import typing as t

import requests

_EM = "/v1.0/identityGovernance/entitlementManagement"
_LIVE_RESPONSE = "microsoft.xdr/secops/securitydata/liveresponse-basic/manage"


def main(sandbox_file: str, domain: str) -> None:
    """Weaken one policy and widen one role."""
    with open(sandbox_file, encoding="utf-8") as file:
        sandbox = json.load(file)
    tenant = next(tenant for tenant in sandbox["tenants"] if tenant["domain"] == domain)
    session = requests.Session()
    session.trust_env = False
    session.verify = sandbox["ca_path"]
    answer = session.post(
        f"{sandbox['login_url']}/{domain}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": tenant["client_id"],
            "client_secret": tenant["client_secret"],
            "scope": "https://graph.microsoft.com/.default",
        },
        timeout=30,
    )
    answer.raise_for_status()
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(method: str, path: str, body: t.Any = None) -> t.Any:
        answer = session.request(method, sandbox["graph_url"] + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    packages = call("GET", f"{_EM}/accessPackages?$filter=displayName eq 'Tier 1 Analyst'&$expand=assignmentPolicies")
    package = packages["value"][0]
    policy = call("GET", f"{_EM}/assignmentPolicies/{package['assignmentPolicies'][0]['id']}")
    for key in ("createdDateTime", "modifiedDateTime", "@odata.context"):
        policy.pop(key, None)
    policy["accessPackage"] = {"id": package["id"]}
    policy["requestApprovalSettings"]["isApprovalRequiredForAdd"] = False
    policy["expiration"] = {"type": "noExpiration", "duration": None, "endDateTime": None}
    call("PUT", f"{_EM}/assignmentPolicies/{policy['id']}", policy)
    print(f"{domain}: Tier 1 can now be requested without approval, and never expires")

    roles = call("GET", "/beta/roleManagement/defender/roleDefinitions")["value"]
    role = next(role for role in roles if role["displayName"] == "Tier 1 Analysts")
    actions = [*role["rolePermissions"][0]["allowedResourceActions"], _LIVE_RESPONSE]
    call(
        "PATCH",
        f"/beta/roleManagement/defender/roleDefinitions/{role['id']}",
        {"rolePermissions": [{"allowedResourceActions": actions}]},
    )
    print(f"{domain}: Tier 1 Analysts can now use live response")


if __name__ == "__main__":
    main(*sys.argv[1:])
