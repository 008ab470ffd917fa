# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Where Microsoft Graph v1.0 has the objects of entitlement management.

Source: Microsoft Graph reference, entitlementmanagement-overview.
"""

from __future__ import annotations

_BASE = "identityGovernance/entitlementManagement"

CATALOGS = f"{_BASE}/catalogs"
# What puts a group into a catalog, and takes it out.
RESOURCE_REQUESTS = f"{_BASE}/resourceRequests"
PACKAGES = f"{_BASE}/accessPackages"
POLICIES = f"{_BASE}/assignmentPolicies"
ASSIGNMENTS = f"{_BASE}/assignments"
REQUESTS = f"{_BASE}/assignmentRequests"
APPROVALS = f"{_BASE}/accessPackageAssignmentApprovals"
ORGANIZATIONS = f"{_BASE}/connectedOrganizations"
# Of the whole tenant.
SETTINGS = f"{_BASE}/settings"
