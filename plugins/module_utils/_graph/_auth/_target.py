# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Whether a token that was not asked for in the tenant's own name is for this tenant, and for this Graph.

Without this a token of one customer, given for another or by mistake for all, would change the wrong tenant.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import explained, refused

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Microsoft Graph's own application, which an audience may name as well.
_GRAPH = "00000003-0000-0000-c000-000000000000"


def check_target(identity: Identity, claims: t.Mapping[str, t.Any], http: t.Any) -> None:
    """Raise one sentence unless the token is for the wanted tenant and for the wanted Graph."""
    audience = str(claims.get("aud") or "").rstrip("/")
    allowed = {identity.resource, str(identity.options.get("graph_url") or _GRAPH).rstrip("/"), _GRAPH}
    if audience.lower() not in {each.lower() for each in allowed}:
        raise InvalidInput(
            f"the access token is for {_short(audience)}, not for {identity.resource}",
            remedy="Acquire one for Microsoft Graph in the tenant's cloud, and check cloud.",
        )
    found = str(claims.get("tid") or "")
    if found.lower() != _tenant_id(identity, http):
        raise InvalidInput(
            f"the access token is of the tenant {_short(found)}, and not of this one",
            remedy="Acquire one in the tenant that tenant_id names, or correct tenant_id.",
        )


def _tenant_id(identity: Identity, http: t.Any) -> str:
    """The id behind a domain, which the identity platform tells without a credential."""
    if _GUID.fullmatch(identity.tenant_id):
        return identity.tenant_id.lower()
    with explained(identity):
        answer = http.get(f"{identity.authority}/v2.0/.well-known/openid-configuration")
        document = answer.json()
    found = _GUID.search(str(document.get("issuer") or ""))
    if not found:
        raise refused(identity, {"error": "invalid_tenant"})
    return found.group().lower()


def _short(text: str) -> str:
    # A token may say anything of itself.
    return " ".join(text.split())[:100] or "nothing that it names"
