# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a clean customer in Graph's shapes, to be spoilt by one thing each; and what the audit then finds."""

from __future__ import annotations

import copy
import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import told

Json = dict[str, t.Any]

NOW = datetime.datetime(2026, 11, 23, 20, 0, 0)
MSSP = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
GROUPS = {"tier1": "10000000-0000-4000-8000-000000000001", "tier2": "10000000-0000-4000-8000-000000000002"}
GROUPS["approvers"] = "10000000-0000-4000-8000-000000000003"
PACKAGES = {name: value.replace("1", "2", 1) for name, value in GROUPS.items()}
POLICIES = {name: value.replace("1", "3", 1) for name, value in GROUPS.items()}
ROLES = {name: value.replace("1", "4", 1) for name, value in GROUPS.items() if name != "approvers"}
NAMES = {"tier1": "Tier 1 Analyst", "tier2": "Tier 2 Analyst", "approvers": "MSSP Analyst Approvers"}
# Of the MSSP: ana, an analyst, and lea. Of the customer: anna, who approves, and carl.
PEOPLE = {name: f"50000000-0000-4000-8000-00000000000{number}" for number, name in enumerate(("ana", "lea", "anna", "carl"))}
OTHER = "90000000-0000-4000-8000-000000000009"
ORGANIZATION, CATALOG = OTHER.replace("9", "7", 1), OTHER.replace("9", "6", 1)
X = "microsoft.xdr/"
BASICS = f"{X}secops/securitydata/basics/read"
LIVE = f"{X}secops/securitydata/liveresponse-basic/manage"
SETTINGS = f"{X}configuration/security/core/manage"
DECLARED = {"tier1": [BASICS], "tier2": [BASICS, LIVE]}


def ago(**span: float) -> str:
    """An instant before the audit."""
    return str(told(NOW - datetime.timedelta(**span)))


def ahead(**span: float) -> str:
    """An instant after it."""
    return str(told(NOW + datetime.timedelta(**span)))


def user(name: str, **more: t.Any) -> Json:
    """Somebody as aad_user_info tells it; who is of the MSSP is a guest."""
    guest = name in ("ana", "lea")
    mail = f"{name}@fabrikam.example" if guest else f"{name}@contoso.example"
    return {
        "id": PEOPLE[name],
        "displayName": name.title(),
        "mail": mail,
        "userPrincipalName": f"{name}_fabrikam.example#EXT#@contoso.example" if guest else mail,
        "userType": "Guest" if guest else "Member",
        "accountEnabled": True,
        "externalUserState": "Accepted" if guest else None,
        "createdDateTime": ago(days=200),
        "signInActivity": {"lastSignInDateTime": ago(days=1)},
        **more,
    }


def member(name: str) -> Json:
    """The same as a member of a group."""
    keys = ("id", "displayName", "mail", "userPrincipalName", "userType", "accountEnabled", "externalUserState")
    return {"type": "user", **{key: value for key, value in user(name).items() if key in keys}}


def group(key: str, *members: Json, **more: t.Any) -> Json:
    """A group as aad_membership_info tells it."""
    there = list(members)
    made = {"id": GROUPS.get(key, key), "displayName": NAMES.get(key, key), "found": True, "owners": []}
    return {**made, "members": there, "transitive_members": there, **more}


def policy(key: str, **more: t.Any) -> Json:
    """A policy as the role makes it, approved by the approvers' group; that of the approvers by anna."""
    decides = {"@odata.type": "#microsoft.graph.groupMembers", "groupId": GROUPS["approvers"]}
    if key == "approvers":
        decides = {"@odata.type": "#microsoft.graph.singleUser", "userId": PEOPLE["anna"]}
    made = {
        "id": POLICIES[key],
        "displayName": "MSSP SOC users",
        "accessPackage": {"id": PACKAGES[key], "displayName": NAMES[key]},
        "allowedTargetScope": "specificConnectedOrganizationUsers",
        "specificAllowedTargets": [
            {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": ORGANIZATION}
        ],
        "expiration": {"type": "afterDuration", "duration": "P365D"},
        "requestorSettings": {"enableTargetsToSelfAddAccess": True, "enableTargetsToSelfUpdateAccess": True},
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": True,
            "isApprovalRequiredForUpdate": True,
            "stages": [{"primaryApprovers": [decides]}],
        },
        "reviewSettings": {"isEnabled": True, "isSelfReview": True},
    }
    return merged(made, more)


def merged(made: Json, more: Json) -> Json:
    """One level deep."""
    return {**made, **{key: {**made[key], **x} if isinstance(x, dict) and key in made else x for key, x in more.items()}}


def assignment(name: str, key: str, **more: t.Any) -> Json:
    """An assignment delivered a hundred days ago, for a year."""
    schedule = {"startDateTime": ago(days=100), "expiration": {"type": "afterDateTime", "endDateTime": ahead(days=265)}}
    made = {
        "id": f"{name}-{key}",
        "state": "delivered",
        "schedule": schedule,
        "expiredDateTime": None,
        "target": {"id": PEOPLE[name], "displayName": name.title(), "email": user(name)["mail"]},
        "accessPackage": {"id": PACKAGES[key], "displayName": NAMES[key]},
        "assignmentPolicy": {"id": POLICIES[key], "displayName": "MSSP SOC users"},
        "connectedOrganization": {"id": ORGANIZATION} if name in ("ana", "lea") else None,
    }
    return merged(made, more)


def request(name: str, key: str, **more: t.Any) -> Json:
    """The request that brought it about."""
    made = {
        "id": f"request-{name}-{key}",
        "requestType": "userAdd",
        "state": "delivered",
        "createdDateTime": ago(days=101),
        "completedDateTime": ago(days=100),
        "target": {"objectId": PEOPLE[name], "displayName": name.title(), "email": user(name)["mail"]},
        "accessPackage": {"id": PACKAGES[key], "displayName": NAMES[key]},
        "assignmentPolicy": {"id": POLICIES[key]},
        "approval": None,
    }
    return {**made, **more}


def change(kind: str, name: str, **more: t.Any) -> Json:
    """One of the changes that the onboarding in check mode lists."""
    made = {"action": "update", "property": None, "before": None, "after": None, **more}
    return {"object": {"type": kind, "name": name, "id": made.pop("id", OTHER)}, **made}


def facts() -> Json:
    """A clean customer: ana has tier 1, anna approves."""
    keys = list(NAMES)
    return copy.deepcopy(
        {
            "customer": "contoso",
            "began": ago(minutes=1),
            "now": str(told(NOW)),
            "version": "0.1.0",
            "core": "2.19.0",
            "cloud": "public",
            "skip_defender": False,
            "sign_ins_read": True,
            "options": {
                "grace_hours": 24,
                "ends_days": [30, 60, 90],
                "waiting_days": 3,
                "stale_days": 60,
                "pending_days": 14,
                "accepted_principals": [],
            },
            "mssp": MSSP,
            "plan": {
                "groups": [{"number": n, "key": key, "name": NAMES[key], "options": {}} for n, key in enumerate(keys)],
                "roles": [
                    {"number": n, "name": f"{NAMES[key]}s", "options": {"permissions": DECLARED[key]}}
                    for n, key in enumerate(ROLES)
                ],
                "packages": [{"number": n, "name": NAMES[key], "options": {}} for n, key in enumerate(keys)],
                "policies": [{"package": NAMES[key], "name": "MSSP SOC users"} for key in keys],
                "catalog": {"name": "MSSP Accesses"},
            },
            "tenant": {
                "tenant": {"id": TENANT, "domain": "contoso.example", "display_name": "Contoso"},
                "application": {"client_id": "audit", "object_id": OTHER, "permissions": ["GroupMember.Read.All"]},
                "groups": [{"id": GROUPS[key], "displayName": NAMES[key], "uniqueName": f"mssp-{MSSP}-{key}"} for key in keys],
                "links": {"approvals": "https://myaccess.example", "portal": "https://security.example"},
            },
            "drift": {"changes": [], "problem": None},
            "problems": [],
            "organizations": [{"id": ORGANIZATION, "displayName": "Fabrikam", "identitySources": [{"tenantId": MSSP}]}],
            "catalogs": [{"id": CATALOG, "displayName": "MSSP Accesses"}],
            "packages": [
                {
                    "id": PACKAGES[key],
                    "displayName": NAMES[key],
                    "catalog": {"id": CATALOG, "displayName": "MSSP Accesses"},
                    "resourceRoleScopes": [{"role": {"originId": f"Member_{GROUPS[key]}"}, "scope": {"originId": GROUPS[key]}}],
                }
                for key in keys
            ],
            "policies": [policy(key) for key in keys],
            "assignments": [assignment("ana", "tier1"), assignment("anna", "approvers")],
            "requests": [request("ana", "tier1"), request("anna", "approvers")],
            "reviews": [],
            "roles": [
                {
                    "id": ROLES[key],
                    "displayName": f"{NAMES[key]}s",
                    "rolePermissions": [{"allowedResourceActions": DECLARED[key]}],
                    "assignments": [{"principalIds": [GROUPS[key]]}],
                }
                for key in ROLES
            ],
            "groups": [group("tier1", member("ana")), group("tier2"), group("approvers", member("anna"))],
            "people": [{**user(name), "determined_by": ["domain"]} for name in ("ana", "lea")],
            "users": [user(name) for name in PEOPLE],
            "member_of": [],
            "directory_roles": [],
            "catalog_roles": [],
            "added": [],
            "approved": [],
        }
    )


def found(raw: Json) -> list[tuple[str, str]]:
    """(rule, person or object) of each finding, sorted."""
    return sorted((x["id"], (x["person"] or {}).get("display_name") or x["object"]["name"]) for x in findings(raw)["findings"])
