# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the SDKs do not know and is right all the same, with the source that says so."""

from __future__ import annotations

import re
from typing import NamedTuple


class Known(NamedTuple):
    """One such thing; both are regular expressions."""

    request: str
    words: str
    reference: str


KNOWN = (
    Known(
        r"^POST /v1\.0/identityGovernance/entitlementManagement/assignmentRequests$",
        r"^sent: assignment: (targetId|assignmentPolicyId|accessPackageId) is unknown to AccessPackageAssignment$",
        "EM G.1: documented, and not in the metadata of accessPackageAssignment",
    ),
    Known(
        r"^(GET|POST|PATCH) /v1\.0/identityGovernance/entitlementManagement/(connectedOrganizations|assignment)",
        r"^answered: (.*\.)?identitySources\[\d+\]: (microsoft\.graph\.\w+ was read as|\w+ is unknown to) IdentitySource$",
        "EM B.3, EM N 5: the type of an identity source was seen without its #, and then the SDK does not read it",
    ),
    Known(
        r"^GET /beta/roleManagement/defender/customAppScopes$",
        r"^answered: value\[\d+\](: description is unknown to CustomAppScope|\.customAttributes: is no object)$",
        "Defender 1.6: so in the documented example",
    ),
    Known(r"^POST /v1\.0/users$", r"^sent: passwordProfile: is no object$", "the request log keeps no password"),
    Known("", r"^refused: error\.innerError\.date: '[-0-9T:]+' is no time with a zone$", "EM 1.2: written so in every error"),
    Known(
        r"^GET /v1\.0/identityGovernance/entitlementManagement/assignments/[^/]+/target$",
        r"^the SDK's own module is missing$",
        "EM 1.1: the metadata has it; the SDK's package lacks its folders named target",
    ),
)


def is_known(method: str, path: str, words: str) -> bool:
    """Whether a complaint is about something that the reference vouches for."""
    request = f"{method} {path.partition('?')[0]}"
    return any(re.search(known.request, request) and re.search(known.words, words) for known in KNOWN)
