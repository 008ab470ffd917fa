# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches for what the real services do unexpectedly, or for what nobody has recorded.

The default is the behaviour that the sources describe as usual. All can be set for the whole sandbox (``quirks:``),
for one tenant (``tenants[].quirks``) and at run time (``POST /_sandbox/quirks``). A lag is counted in reads or tries
and not in seconds, so that a test sees the same every time. What a label such as EM D.1 or Defender 1.8 stands for
is told in docs/sources.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Quirks(BaseModel):
    """All switches with their defaults."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    # Eventual consistency, objects of every kind (EM 1.8)
    new_read_lag: Count = 0
    """The first n reads of a new object by its id answer 404."""
    new_list_lag: Count = 0
    """The first n lists do not show a new object, with or without a filter, although it can be read by its id."""
    new_use_lag: Count = 0
    """The first n writes that name a new object, in path or body, answer 404."""
    stale_reads: Count = 0
    """The first n reads by id after a change show what was before; after a deletion, the object."""
    stale_lists: Count = 0
    """The first n lists after a change, or a deletion, show what was before."""
    settle_seconds: Seconds = 0
    """For so many seconds of the sandbox's clock, reads and lists show what was before a write."""
    grant_lag: Count = 0
    """The first n requests to each service with permissions that are new to an application are refused with 403 (EM 1.3)."""

    # Directory (EM 1.8, A)
    replication_lag_reads: Count = 0
    """The first n reads of a new group or user answer 404, or leave it out of a list."""
    stale_patch_reads: Count = 0
    """The first n reads after a PATCH of a group still show what was before."""
    group_soft_delete: bool = True
    """A deleted security group can be restored; false: it is gone at once, as in older descriptions."""
    unique_name_held_by_deleted: bool = False
    """A soft-deleted group still holds its uniqueName (unknown; EM A.2)."""
    tips: bool = True
    """Answers to reads without $select carry ``@microsoft.graph.tips`` (EM N.16)."""
    empty_pages: bool = False
    """The first page of every list is empty and has a nextLink, as paging.md allows."""
    revoke_sessions_ignores_guests: bool = True
    """revokeSignInSessions of a guest answers 200 and changes nothing (practice M4)."""

    # Identity
    federation_mismatch: Literal["by_part", "at_large"] = "by_part"
    """by_part: AADSTS700211, 700212 or 700213 says what does not match; at_large: AADSTS70021, as until 2023 (T)."""
    device_code_blocked: bool = False
    """Conditional access blocks the device code flow: the person is refused, the device waits on (practice M7, S6)."""
    guest_identity_issuer: Literal["ExternalAzureAD", "home_domain"] = "ExternalAzureAD"
    """What a guest's ``identities[].issuer`` says: documented is the home domain, seen is ExternalAzureAD (practice S10)."""

    # Defender roles (Defender 1.8)
    http_location: bool = False
    """A POST is answered with an absolute ``Location: http://...`` header."""
    read_lag: Count = 0
    """The first n lists or reads after a role or assignment is created do not show it."""
    reject_odata_type: bool = True
    """A role assignment that carries ``@odata.type`` is refused with 400, although Microsoft documents it."""
    reduce_actions: bool = True
    """An action that another listed one covers is dropped on store."""
    defender_plan: Literal["p2", "p1", "business", "none"] = "p2"
    """Which Defender for Endpoint the tenant has bought, as assignedPlans and subscribedSkus show it (practice M11)."""
    urbac_active: bool = True
    """Unified RBAC answers; false: see urbac_inactive_answer."""
    urbac_inactive_answer: Literal["forbidden", "empty"] = "forbidden"
    """What lists answer in a tenant without unified RBAC (both have been reported)."""
    post_roledef_500: bool = False
    """POST roleDefinitions answers 500, as in some tenants."""
    dataops_available: bool = False
    """A Sentinel workspace is connected: dataops actions may be stored."""
    patch_answers_body: bool = False
    """PATCH of a role answers 200 with the object; false: 204."""
    assignment_patch: bool = False
    """PATCH of a role assignment works (unsettled)."""
    http_location_status: Literal[201, 302] = 201
    """The status that comes with that Location (not recorded on the wire; Defender 9, no. 4)."""
    defender_filter: Literal["honoured", "ignored"] = "honoured"
    """Whether lists follow $filter; no page says which forms Defender honours (Defender 1.1)."""
    sparse_roles: bool = False
    """Roles come without isBuiltIn and isEnabled, which nobody promises (Defender 1.4)."""
    device_group_scopes: bool = False
    """customAppScopes lists device groups as its page does; live tenants were seen without (Defender 1.6)."""
    flat_namespaces: bool = False
    """resourceNamespaces answers the actions themselves, without a namespace around them (Defender 1.7)."""
    namespaces_need_write: bool = False
    """resourceNamespaces is refused to RoleManagement.Read.Defender (unknown; Defender 9, no. 7)."""
    adds_prerequisites: bool = False
    """A stored role gets the permissions that its own presuppose, as in the portal (unknown; Defender 3)."""

    # Entitlement management as a whole (EM 1)
    foreign_location: bool = True
    """A POST carries a Location header with the back-end's host (EM 1.1, 1.2)."""
    licence: Literal["governance", "p2", "p1", "none"] = "governance"
    """none, p1: entitlement management answers 403 NoLicense; p2: Governance-only features answer NoGovernanceSku (EM 1.3)."""
    lifecycle_action: Literal["none", "blockSignIn", "blockSignInAndDelete"] = "blockSignInAndDelete"
    """The tenant's setting for guests whose last assignment ends (practice M5.4)."""
    duration_until_external_user_deleted: str = "P30D"
    """The same setting's waiting time (practice M5.4, M7)."""

    # Connected organizations (EM B.2)
    connected_org_create_empty_sources: bool = True
    """The answer to creating a connected organization has ``identitySources: []``."""
    connected_org_by_tenant: bool = True
    """A connected organization can be created by tenant id; false: 400, as older reports say."""
    connected_org_unknown_tenant: Literal["refused", "accepted"] = "refused"
    """What happens to a connected organization by the id of a tenant that the sandbox does not know (unknown)."""
    resolve_domain_sources: bool = True
    """A domain source whose domain belongs to a known tenant becomes a tenant source."""
    drop_hash_in_types: bool = True
    """Identity sources are read back as ``microsoft.graph...`` without the ``#``."""

    # Catalogs, packages (EM C, D, E)
    origin_lag: Count = 0
    """Adding a new group to a catalog fails with ResourceNotFoundInOriginSystem for n tries (EM D.1)."""
    resource_visible_lag: Count = 0
    """A new catalog resource is missing from the first n lists of the catalog's resources (EM D.1)."""
    role_scope_lag: Count = 0
    """The first n tries to use a new catalog resource in a package fail with ResourceNotFound (EM E.2)."""
    role_scope_visible_lag: Count = 0
    """A new role scope is missing from the first n reads of its package (EM E.2)."""
    unuse_lag: Count = 0
    """The first n tries to remove a resource fail after its last role scope was deleted (EM D.2)."""
    zero_role_ids: bool = True
    """A resource's role has the zero GUID as id until a package uses it (EM D.3)."""
    catalog_default_state: Literal["published", "unpublished"] = "published"
    """A catalog's state when the body does not say (not documented; EM O 4)."""
    catalog_default_externally_visible: bool = False
    """A catalog's isExternallyVisible when the body does not say (not documented; EM O 4)."""
    unique_catalog_names: bool = False
    """A second catalog of the same name is refused (not documented; EM O 3)."""
    duplicate_package_status: Literal[400, 409] = 400
    """The status with DuplicateAccessPackage (not recorded; EM 1.3)."""

    # Policies (EM F)
    policy_conflict_status: Literal[400, 409] = 409
    """The status with DuplicateKey (EM 1.3)."""
    put_requires_package: bool = True
    """PUT of a policy without accessPackage.id is refused with ArgumentNullException (EM F.2; unknown whether still, EM O 9)."""
    put_requires_all: bool = False
    """PUT of a policy must carry every property that the page calls required (EM F.2; unknown whether it must, EM O 9)."""
    justification_flags_stick: bool = True
    """isApproverJustificationRequired and isRequestorJustificationRequired are kept; false: read back as false (practice S8)."""
    review_start_moves: bool = False
    """A review start in the past is moved to today (EM F.5)."""

    # Billing of guests (practice M9)
    subscription_linked: bool = True
    """An Azure subscription for guest billing is linked; false: see guest_billing_required."""
    guest_billing_required: Literal["premium_only", "all_guest_policies"] = "premium_only"
    """Which guest policies are refused without a linked subscription (unsettled)."""
    guest_billing_status: Literal[400, 403] = 403
    """The status of that refusal (not recorded)."""

    # Requests (EM G)
    admin_add_bypasses_approval: Literal["by_parameter", "always"] = "by_parameter"
    """Whether adminAdd skips approval by itself or only with ``parameters.bypassApproval`` (practice M3)."""
    bypass_parameter_known: bool = True
    """``parameters`` is accepted in a request; false: 400 (EM G.1)."""
    delivery_lag: Count = 1
    """An accepted request is delivered after n reads of requests or assignments (EM G.2)."""
    removal_lag: Count = 1
    """The same for the removal of an assignment (EM G.2)."""
    delivering_until_redeemed: bool = False
    """A guest's assignment stays in delivering until the invitation is redeemed (practice B.3)."""
    empty_group_approver: Literal["waits", "fallback", "denied"] = "waits"
    """What becomes of a request whose approvers are groups without members: nobody can decide it until it times out;
    the fallback approvers can; it is denied at once (nothing is documented; practice M2)."""
    request_timeout_state: Literal["denied", "canceled", "expired"] = "denied"
    """The state of a request that nobody decided in time; its status says Expired. The metadata has no such state as
    the documentation's "Expired" (practice S7)."""
    callback_timeout: Literal["denied", "continues"] = "denied"
    """What becomes of a request whose custom extension does not answer in time (not documented)."""

    # Access reviews (EM H)
    review_definition_appears: Literal["with_policy", "at_start"] = "with_policy"
    """When the definition of a policy's review can be seen: with the policy, or when its first instance begins (unknown)."""
    review_scope: Literal["query", "resource"] = "query"
    """The shape of a definition's scope: the documented query, or the SDK's newer resource scope (EM H)."""
    review_upcoming_instance: bool = True
    """A definition lists the instance that is to come, as NotStarted (unknown)."""
    review_start_change: Literal["kept", "refused", "allowed"] = "kept"
    """A PUT of a policy with another review start, once an instance has begun: kept says nothing (unknown; EM F.2, F.5)."""
    review_apply_seconds: Seconds = 0
    """How long after the end of a review its decisions are applied; until then it is Completed (unknown)."""
    review_final_status: Literal["Applied", "AutoReviewed", "Completed", "AutoReviewing"] = "Applied"
    """The status of an instance whose decisions were applied: Applied is seen, AutoReviewed is in the metadata (EM H).
    AutoReviewing: it never gets beyond that."""
    access_review_requests_per_10s: Count = 0
    """How many requests to access reviews an application may send in ten seconds; 0: any number (the real one: EM O 6)."""

    # Audit log (practice S11)
    audit_delay_seconds: Seconds = 0
    """So many seconds pass before an entry can be read."""
    audit_needs_premium: bool = False
    """directoryAudits are refused without P1, as signIns always are; false: kept for 7 days instead of 30."""
    audit_needs_directory_read: bool = False
    """directoryAudits want Directory.Read.All beside AuditLog.Read.All, as their newer page says."""

    # Partners (EM K)
    gdap_application_permission: bool = True
    """An application may read relationships; false: 403, as an older page says ("Application: Not supported")."""

    # Tenant policies (practice M7)
    allow_invites_from: Literal["none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"] = "everyone"
    """authorizationPolicy.allowInvitesFrom."""
    inbound_b2b_blocked: bool = False
    """The tenant's default cross-tenant access blocks B2B collaboration inbound."""
    b2b_domain_list: dict[Literal["allowed", "blocked"], list[str]] = {}
    """Domains from which guests may be invited, or from which not: one of the two lists (b2bManagementPolicies, beta)."""
    group_naming: dict[Literal["requirement", "blocked"], str] = {}
    """The naming policy of Microsoft 365 groups: prefix and suffix around [GroupName], and blocked words (groupSettings)."""
    inbound_mfa_trusted: bool = False
    """The tenant accepts the MFA of other tenants."""
