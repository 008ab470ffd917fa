# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Asks Graph, in the MSSP's own tenant, for its customers. Reads only; a refused page is a failure, never a shorter list.

Facts: EM K (delegated administration) and B.8 (a tenant's domain).
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, needing
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._resources import tenants
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._task import Task
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import Json

PERMISSIONS = Permissions(read=("DelegatedAdminRelationship.Read.All",), write=())

# The largest page that Graph gives here.
_PAGE = "300"
_WANTED = "id,displayName,status,customer,accessDetails,autoExtendDuration,endDateTime"
# What Graph adds to each entry and nobody reads.
_NOISE = "@odata."


def relationships(graph: Graph) -> dict[str, Json]:
    """The customers and all relationships, ended ones too, as `customers_facts.py` describes it; no domains yet."""
    with needing(*PERMISSIONS.read):
        listed = graph.list("tenantRelationships/delegatedAdminCustomers", {"$top": _PAGE}, fresh=True)
        held = graph.list("tenantRelationships/delegatedAdminRelationships", {"$select": _WANTED, "$top": _PAGE}, fresh=True)
    return {"customers": _plain(listed), "relationships": _plain(held), "domains": {}, "refused": False}


def domains(graph: Graph, tenant_ids: t.Sequence[str]) -> dict[str, Json] | None:
    """The default domain of each tenant, null where Microsoft knows none; None where they may not be read at all.

    Twenty in one request. Whatever else goes wrong is a failure: under another name for a day, a host would lose its variables.
    """
    find = "tenantRelationships/findTenantInformationByTenantId(tenantId={})"
    with needing(*tenants.LOOKUP_PERMISSIONS.read):
        answers = graph.together([(find.format(segment(literal(tenant_id))), None) for tenant_id in tenant_ids])
        errors = [answer for answer in answers if isinstance(answer, GraphError)]
        if any(error.status == 403 for error in errors):
            return None
        for error in errors:
            # Which of the two Graph answers for an unknown tenant is not documented.
            if error.status not in (400, 404):
                raise error
    found = zip(tenant_ids, answers, strict=True)
    return {tenant_id: answer.get("defaultDomainName") if isinstance(answer, dict) else None for tenant_id, answer in found}


def explain(task: Task, failure: Failure) -> None:
    """Complete a failure for whoever runs the inventory: here the tenant is the MSSP's own, and no customer is concerned."""
    if failure.status == 403 and not failure.remedy and _allowed(task, failure.needs):
        failure.remedy = (
            f"The token has {', '.join(failure.needs)}. Check that tenant_id is the tenant that holds the relationships; where "
            "applications are refused all the same, sign in as a person with playbooks/sign_in.yml and give refresh_token."
        )
    task.explain(failure)
    failure.cause, failure.remedy = _of_the_mssp(failure.cause), _of_the_mssp(failure.remedy or "") or None


def _allowed(task: Task, needs: t.Iterable[str]) -> bool:
    """Whether the application itself has the permissions, so that their consent would not help."""
    return not _claims.is_delegated(task.tokens.claims()) and not task.missing_permissions(needs)


def _of_the_mssp(text: str) -> str:
    return text.replace("the customer's tenant", "the MSSP's tenant").replace("the customer", "the MSSP")


def _plain(entries: t.Iterable[t.Mapping[str, Json]]) -> list[dict[str, Json]]:
    return [{name: value for name, value in entry.items() if not name.startswith(_NOISE)} for entry in entries]
