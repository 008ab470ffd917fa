# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of requests and assignments (EM G.1, G.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_TIME, ComplexType, EntityType, Navigation, Property, flag, text
from .common import with_read_times
from .identity_sources import organization_of
from .policy_entity import POLICY
from .policy_types import SCHEDULE
from .types import ACCESS_PACKAGE, CONNECTED_ORGANIZATION

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..store import Row


def _organization(call: Call, subject: Row) -> Row | None:
    user = call.tenant.directory.users.get(subject["objectId"] or "")
    if user is None and subject["objectId"] is None:
        user = {"mail": subject["email"], "userType": "Guest"}  # nobody has invited the person yet
    return organization_of(call.tenant, call.world, user) if user else None


def _requestor(_call: Call, row: Row) -> Row:
    """ "The subject who requested or, if a direct assignment, was assigned" (DC accesspackageassignmentrequest)."""
    subject: Row = row["_target"] if row["requestType"] == "adminAdd" else row["_requestor"]
    return subject


def _present_request(call: Call, row: Row) -> Row:
    """A value behind ``unknownFutureValue`` is shown only to those who ask for such ones (EM 1.5, N 17)."""
    shown = with_read_times(call, row)
    if row["requestType"] == "approverRemove" and not call.prefers("include-unknown-enum-members"):
        return {**shown, "requestType": "unknownFutureValue"}
    return shown


SUBJECT = EntityType(
    "accessPackageSubject",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "objectId": text(),
        "email": text(),
        "principalName": text(),
        "displayName": text(),
        "subjectType": text(),
        "subjectLifecycle": text(),
        "onPremisesSecurityIdentifier": text(),
    },
    navigation={"connectedOrganization": Navigation(_organization, lambda: CONNECTED_ORGANIZATION)},
)

ASSIGNMENT = EntityType(
    "accessPackageAssignment",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "state": text(),
        "status": text(),
        "expiredDateTime": READ_ONLY_TIME,
        "schedule": Property("object", of=SCHEDULE),
        "customExtensionCalloutInstances": Property("objects"),
    },
    navigation={
        "target": Navigation(lambda _call, row: row["_target"], lambda: SUBJECT),
        "accessPackage": Navigation(
            lambda call, row: call.tenant.entitlement.packages.get(row["_package_id"]), lambda: ACCESS_PACKAGE
        ),
        "assignmentPolicy": Navigation(lambda call, row: call.tenant.entitlement.policies.get(row["_policy_id"]), lambda: POLICY),
    },
    present=with_read_times,
)

REQUEST = EntityType(
    "accessPackageAssignmentRequest",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "requestType": text(),
        "state": text(),
        "status": text(),
        "createdDateTime": READ_ONLY_TIME,
        "completedDateTime": READ_ONLY_TIME,
        "schedule": Property("object", of=SCHEDULE),
        "answers": Property("objects"),
        "customExtensionCalloutInstances": Property("objects"),
        "justification": text(),
    },
    navigation={
        "requestor": Navigation(_requestor, lambda: SUBJECT),
        "accessPackage": Navigation(
            lambda call, row: call.tenant.entitlement.packages.get(row["_package_id"]), lambda: ACCESS_PACKAGE
        ),
        "assignment": Navigation(
            lambda call, row: call.tenant.entitlement.assignments.get(row["_assignment_id"] or ""), lambda: ASSIGNMENT
        ),
    },
    present=_present_request,
)

# targetId, assignmentPolicyId and accessPackageId are not in the metadata, and the service wants them (EM G.1).
_REFERENCE = ComplexType("reference", {"id": text()})
REQUEST_BODY = ComplexType(
    "accessPackageAssignmentRequest",
    {
        "requestType": text(nullable=False),
        "justification": text(),
        "answers": Property("objects"),
        "schedule": Property("object", of=SCHEDULE),
        "parameters": Property("object", of=ComplexType("accessPackageAssignmentRequestParameters", {"bypassApproval": flag()})),
        "assignment": Property(
            "object",
            nullable=False,
            of=ComplexType(
                "accessPackageAssignment",
                {
                    "id": text(),
                    "targetId": text(),
                    "assignmentPolicyId": text(),
                    "accessPackageId": text(),
                    "assignmentPolicy": Property("object", of=_REFERENCE),
                    "accessPackage": Property("object", of=_REFERENCE),
                    "target": Property(
                        "object",
                        of=ComplexType(
                            "accessPackageSubject",
                            {
                                "id": text(),
                                "objectId": text(),
                                "email": text(),
                                "displayName": text(),
                                "principalName": text(),
                                "subjectType": text(),
                            },
                        ),
                    ),
                },
            ),
        ),
    },
)
