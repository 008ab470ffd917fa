# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""From an answer to hosts: which customers, named how. Pure; nothing in here asks anybody."""

from __future__ import annotations

import dataclasses

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.plugin_utils import customers_facts, customers_filters, customers_hosts
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import Customer, Json

_REFUSED = "The application may not read domains (CrossTenantInformation.ReadBasic.All): customers are named by their tenant ids"


class Unfinished(Exception):
    """An answer lacks what this choice needs: it was asked for another one."""


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Customers by the names of their hosts, and what the operator should know beside."""

    hosts: dict[str, Customer]
    notes: list[str]


class Choice:
    """What the operator wants, checked before anybody is asked.

    :param hostnames: `domain` and `tenant_id` in the wanted order.
    :param filters: see `customers_filters.py`.
    """

    def __init__(self, *, hostnames: Json, look_up_domains: bool, filters: Json) -> None:
        self._order = customers_hosts.check_hostnames(hostnames)
        self._filters = customers_filters.parse(filters)
        self._look_up = look_up_domains
        if not look_up_domains:
            self._need_no_domains("look_up_domains is false, and")

    def domains_of(self, answer: Json) -> list[str]:
        """The tenants whose domain has to be looked up."""
        wanted = self._filters.before_domains(customers_facts.customers(answer))
        return [one.tenant_id for one in wanted] if self._look_up else []

    def of(self, answer: Json) -> Chosen:
        """The hosts of an answer. Raises Unfinished, or a Failure for what the operator has to settle."""
        refused = bool(self._look_up and answer.get("refused"))
        if not self._look_up:
            answer = {**answer, "domains": {}}
        everybody = customers_facts.customers(answer)
        wanted = self._filters.before_domains(everybody)
        notes: list[str] = []
        if refused:
            self._need_no_domains("the application may not read domains (CrossTenantInformation.ReadBasic.All), and")
            notes.append(_REFUSED)
        elif self._look_up and not {one.tenant_id for one in wanted} <= set(answer["domains"]):
            raise Unfinished
        chosen = self._filters.by_domains(wanted)
        names, of_names = customers_hosts.host_names(chosen, self._order)
        notes += of_names
        notes += [f"filters names {one}, which is none of the MSSP's customers" for one in self._filters.strangers(everybody)]
        if not everybody:
            notes.append("There are no customers: tenant_id has to be the tenant that holds the relationships (GDAP)")
        elif not chosen:
            notes.append(f"None of the {len(everybody)} customers passes filters")
        return Chosen({names[one.tenant_id]: one for one in chosen}, notes)

    def _need_no_domains(self, why: str) -> None:
        if customers_hosts.TENANT_ID not in self._order:
            raise Failure(f"{why} hostnames allows nothing else", remedy="Add tenant_id to hostnames, or let domains be read.")
        if self._filters.by_domain:
            raise Failure(f"{why} filters wants domains", remedy="Use tenant_ids in filters, or let domains be read.")
