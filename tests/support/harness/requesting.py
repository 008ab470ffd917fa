# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who ask for access and people who decide, by plain HTTP."""

from __future__ import annotations

import typing as t

import requests

from harness.tenants import EM, Tenant

REQUESTS = f"{EM}/assignmentRequests"
APPROVALS = f"{EM}/accessPackageAssignmentApprovals"
WHY = "On call from December"


def token(tenant: Tenant, user: str, client: str | None = None) -> str:
    """An access token of a person who has signed in; `user` is a mail address, a user principal name or `ada`."""
    name = user if "@" in user else f"{user}@{tenant.domain}"
    body = {"tenant": tenant.tenant_id, "user": name, **({"client": client} if client else {})}
    return str(_control(tenant, "tokens", body)["access_token"])


def refresh_token(tenant: Tenant, user: str, client: str) -> str:
    """A refresh token of a person who has signed in to a public application by device code."""
    form = {"client_id": tenant.client(client)["client_id"]}
    scope = "https://graph.microsoft.com/.default offline_access"
    begun = _post(tenant, "devicecode", {**form, "scope": scope})
    _control(tenant, "sign-in", {"user_code": begun["user_code"], "user": user})
    form.update(grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=begun["device_code"])
    return str(_post(tenant, "token", form)["refresh_token"])


def signed_in(tenant: Tenant, user: str) -> Tenant:
    """The tenant as somebody sees it who has signed in."""
    return Tenant(tenant.graph_url, tenant.login_url, tenant.ca_path, tenant.data, token(tenant, user))


def one_of(user_id: str) -> dict[str, t.Any]:
    """A subject set of one person."""
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": user_id}


def stage(*approvers: str, **more: t.Any) -> dict[str, t.Any]:
    """An approval stage of 14 days with these users, by id."""
    return {
        "durationBeforeAutomaticDenial": "P14D",
        "isApproverJustificationRequired": True,
        "isEscalationEnabled": False,
        "durationBeforeEscalation": "PT0S",
        "primaryApprovers": [one_of(approver) for approver in approvers],
        "fallbackPrimaryApprovers": [],
        "escalationApprovers": [],
        "fallbackEscalationApprovers": [],
        **more,
    }


def policy(tenant: Tenant, package_id: str, *stages: dict[str, t.Any], **more: t.Any) -> str:
    """A policy by which everybody of the directory may ask, and what comes from outside if `more` says so; its id."""
    body = {
        "displayName": "Everybody",
        "description": "By hand",
        "allowedTargetScope": "allDirectoryUsers",
        "specificAllowedTargets": [],
        "expiration": {"type": "afterDuration", "duration": "P30D"},
        "requestorSettings": {"enableTargetsToSelfAddAccess": True, "enableTargetsToSelfUpdateAccess": True},
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": bool(stages),
            "isApprovalRequiredForUpdate": bool(stages),
            "isRequestorJustificationRequired": False,
            "stages": list(stages),
        },
        "accessPackage": {"id": package_id},
        **more,
    }
    return str(tenant.post(f"{EM}/assignmentPolicies", body)["id"])


def ask(person: Tenant, package_id: str, policy_id: str, why: str = WHY) -> str:
    """Somebody who has signed in asks for a package; the request's id."""
    assignment = {"targetId": person.get("me")["id"], "assignmentPolicyId": policy_id, "accessPackageId": package_id}
    body = {"requestType": "userAdd", "assignment": assignment, "justification": why}
    return str(person.post(REQUESTS, body)["id"])


def ask_from_outside(tenant: Tenant, email: str, name: str, package_id: str, policy_id: str, why: str = WHY) -> str:
    """Somebody who is no user of the tenant asks at the package's link; the request's id."""
    assignment = {"assignmentPolicyId": policy_id, "accessPackageId": package_id}
    request = {"requestType": "userAdd", "assignment": assignment, "justification": why}
    return str(
        _control(tenant, "my-access", {"tenant": tenant.tenant_id, "email": email, "name": name, "request": request})["id"]
    )


def stages_of(person: Tenant, request_id: str) -> list[dict[str, t.Any]]:
    """The stages of a request's approval, as an approver sees them."""
    return person.list(f"{APPROVALS}/{request_id}/stages")


def advance(tenant: Tenant, seconds: int) -> None:
    """Move the sandbox's clock on, for all tenants."""
    _control(tenant, "clock", {"advance_seconds": seconds})


def _post(tenant: Tenant, what: str, form: dict[str, str]) -> dict[str, t.Any]:
    url = f"{tenant.login_url}/{tenant.tenant_id}/oauth2/v2.0/{what}"
    answer = requests.post(url, data=form, verify=tenant.ca_path, timeout=30)
    if answer.status_code != 200:
        raise RuntimeError(f"{what}: {answer.status_code} {answer.text}")
    return t.cast("dict[str, t.Any]", answer.json() if answer.content else {})


def _control(tenant: Tenant, what: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
    answer = requests.post(f"{tenant.graph_url}/_sandbox/{what}", json=body, verify=tenant.ca_path, timeout=30)
    if answer.status_code >= 300:
        raise RuntimeError(f"{what}: {answer.status_code} {answer.text}")
    return t.cast("dict[str, t.Any]", answer.json() if answer.content else {})
