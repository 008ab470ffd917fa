# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What customers are called in the inventory, and the variables that each of them has.

A host is named by its domain or its tenant id, never by its display name. What a customer's directory says is data: free text is
wrapped, so that Ansible never templates it; only what matches a strict pattern is left plain.
"""

from __future__ import annotations

import re
import typing as t

from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import Customer, Json, Relationship
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_roles import name_of
from ansible_collections.mssp.defender.plugins.plugin_utils.terminal_text import tame

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19, where whatever is not wrapped is trusted

    def trust_as_template(value: str) -> str:
        """The value itself."""
        return value


DOMAIN, TENANT_ID = "domain", "tenant_id"

_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Ids, words, instants and durations of Graph. Nothing in here can begin a template, a tag or a formula.
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9:.-]*")


def host_names(customers: t.Sequence[Customer], order: t.Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The host's name of each tenant id, and what the operator should know.

    :param order: `domain`, `tenant_id` or both: the first that a customer has, and has for itself alone.
    """
    names: dict[str, str] = {}
    notes: list[str] = []
    by_domain: dict[str, list[Customer]] = {}
    for one in customers:
        by_domain.setdefault(one.domain or "", []).append(one)
    for one in customers:
        shared = by_domain[one.domain or ""]
        for way in order:
            if way == TENANT_ID:
                names[one.tenant_id] = one.tenant_id
            elif one.domain and len(shared) == 1:
                names[one.tenant_id] = one.domain
            if one.tenant_id in names:
                break
        else:
            raise _nameless(one, shared)
    for domain, shared in sorted(by_domain.items()):
        if domain and len(shared) > 1 and order[0] == DOMAIN:
            tenants = ", ".join(one.tenant_id for one in shared)
            notes.append(f"The customers {tenants} all have the domain {domain}: they are named by their tenant ids")
    return names, notes


def _nameless(one: Customer, shared: t.Sequence[Customer]) -> Failure:
    if one.domain:
        others = ", ".join(other.tenant_id for other in shared)
        return Failure(
            f"the customers {others} would all be the host {one.domain}",
            remedy="Add tenant_id to hostnames, which names such customers by their tenant ids.",
        )
    return Failure(
        f"the domain of the customer {one.tenant_id} is not known, and hostnames allows nothing else",
        remedy="Add tenant_id to hostnames, which names such customers by their tenant ids.",
    )


def check_hostnames(stated: Json) -> list[str]:
    """The option `hostnames`."""
    if not isinstance(stated, list) or not stated or not set(map(str, stated)) <= {DOMAIN, TENANT_ID}:
        raise Failure("hostnames is no list of domain and tenant_id", remedy="The default is [domain, tenant_id].")
    return [str(word) for word in stated]


def check_prefix(stated: Json) -> str:
    """The option `vars_prefix`."""
    if not isinstance(stated, str) or not _PREFIX.fullmatch(stated):
        raise Failure(
            f"vars_prefix is '{stated}', which no variable's name can begin with",
            remedy="Use letters, digits and underscores, such as mssp_onboard_.",
        )
    return stated


def variables(customer: Customer, *, cloud: str, prefix: str) -> dict[str, Json]:
    """The variables of the customer's host."""
    return {
        # A customer is worked on from here, whatever its name may resolve to, and by this Python.
        "ansible_connection": trust_as_template("local"),
        "ansible_python_interpreter": trust_as_template("{{ ansible_playbook_python }}"),
        f"{prefix}tenant_id": plain(customer.tenant_id),
        "mssp_customer_tenant_id": plain(customer.tenant_id),
        "mssp_customer_display_name": text(customer.name),
        "mssp_customer_domain": plain(customer.domain),
        "mssp_customer_cloud": plain(cloud),
        "mssp_customer_status": plain(customer.status),
        "mssp_customer_ends": plain(customer.ends),
        "mssp_customer_auto_extend": customer.auto_extend,
        "mssp_customer_roles": _roles(customer.roles),
        "mssp_customer_role_names": _role_names(customer.roles),
        "mssp_customer_relationships": [_relationship(one) for one in customer.relationships],
    }


def plain(value: str | None) -> Json:
    """What looks as it must, left plain, also for ansible-core 2.19 and its exports to AWX; anything else as free text."""
    if value is None:
        return None
    return trust_as_template(value) if _HARMLESS.fullmatch(value) else text(value)


def text(value: str) -> Json:
    """Free text: never a template, and without anything that moves a cursor."""
    return wrap_var(tame(value))


def _relationship(one: Relationship) -> dict[str, Json]:
    return {
        "id": plain(one.id),
        "display_name": text(one.name),
        "status": plain(one.status),
        "ends": plain(one.ends),
        "auto_extend": one.auto_extend is not None,
        "auto_extend_duration": plain(one.auto_extend),
        "roles": _roles(one.roles),
    }


def _roles(ids: t.Iterable[str]) -> list[dict[str, Json]]:
    return [{"id": plain(role), "name": _named(name_of(role))} for role in ids]


def _role_names(ids: t.Iterable[str]) -> list[Json]:
    return [_named(name_of(role)) or plain(role) for role in ids]


def _named(name: str | None) -> Json:
    # From our own table: its names have spaces, and nothing that could be a template.
    return None if name is None else trust_as_template(name)
