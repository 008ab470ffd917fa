# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
name: customers
short_description: The customers of an MSSP as hosts, from its GDAP relationships
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Asks Microsoft Graph, in the MSSP's own tenant, which customers it has, and makes each of them a host. Its tenant, its
    relationships (GDAP) and their roles are variables.
  - The application needs the permission C(DelegatedAdminRelationship.Read.All) in the MSSP's tenant, and
    C(CrossTenantInformation.ReadBasic.All) for the domains of customers.
  - Any YAML file (C(.yml) or C(.yaml)) with the key O(plugin) is a source, whatever its name.
  - The inventory is all or nothing. If a page of an answer is missing, no customer of the source becomes a host.
  - Ansible only warns about a source that fails, unless E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) is set.
  - What a customer has named itself is data. It is never a template and never the name of a host. Only O(keyed_groups) can
    make a group of it, whose name has letters, digits and underscores.
requirements:
  - msal >= 1.35
  - requests >= 2.31
notes:
  - Credentials that the file states may be vaulted, or templates with lookups. They are in no variable, no cache and no output.
  - Every host has C(mssp_onboard_tenant_id) (see O(vars_prefix)) and variables that begin with C(mssp_customer_).
    These are C(tenant_id), C(display_name), C(domain) (null if it is not known), C(cloud), C(status), C(ends) (UTC, null before
    the relationship is active), C(auto_extend), C(roles) (each with C(id) and C(name)), C(role_names) and C(relationships).
  - The connection is local, with Ansible's own Python.
  - Of several relationships the best one gives status and end, an active one first, of these the one that ends last. The roles
    are those of all relationships in force. C(mssp_customer_relationships) lists all of them, the best one first.
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description: Names this plugin.
    type: str
    required: true
    choices: [mssp.defender.customers]
  tenant_id:
    description: The MSSP's own tenant, as GUID or as one of its verified domains.
    type: str
    env:
      - name: AZURE_TENANT
      - name: AZURE_TENANT_ID
  client_id:
    description: Application (client) ID of an application of the MSSP.
    type: str
    env:
      - name: AZURE_CLIENT_ID
  client_secret:
    description: Secret of the application.
    type: str
    env:
      - name: AZURE_SECRET
      - name: AZURE_CLIENT_SECRET
  certificate_path:
    description: File with the application's certificate and private key, PEM or PFX.
    type: path
    env:
      - name: AZURE_CLIENT_CERTIFICATE_PATH
  certificate_password:
    description: Password of the private key in O(certificate_path).
    type: str
    env:
      - name: AZURE_CLIENT_CERTIFICATE_PASSWORD
  federated_token_file:
    description: File with a token of an issuer that the application trusts (workload identity federation).
    type: path
    env:
      - name: AZURE_FEDERATED_TOKEN_FILE
  refresh_token:
    description: Refresh token of a person of the MSSP who has signed in to the application.
    type: str
    env:
      - name: MSSP_REFRESH_TOKEN
  access_token:
    description: Access token for Microsoft Graph in the MSSP's tenant that you have acquired yourself.
    type: str
    env:
      - name: MSSP_ACCESS_TOKEN
  auth_method:
    description: How to prove the application's identity, as with the modules. V(auto) takes the first whose options are given.
    type: str
    choices: [auto, access_token, refresh_token, client_secret, certificate, federated, managed_identity, azure_cli]
    default: auto
    env:
      - name: MSSP_AUTH_METHOD
  cloud:
    description: The national cloud of the MSSP, V(public), V(usgov), V(usgov_dod) or V(china), or Azure's name for it.
    type: str
    default: public
    env:
      - name: AZURE_CLOUD_ENVIRONMENT
  graph_url:
    description: Another address of Microsoft Graph than that of O(cloud).
    type: str
    env:
      - name: MSSP_GRAPH_URL
  login_url:
    description: Another address of the identity platform than that of O(cloud).
    type: str
    env:
      - name: AZURE_AUTHORITY_HOST
  ca_path:
    description: CA bundle to verify TLS certificates with. TLS is always verified.
    type: path
    env:
      - name: MSSP_CA_PATH
  request_timeout:
    description: Seconds that one request may take.
    type: int
    default: 30
  wait_timeout:
    description: Seconds that may be waited in all, when Microsoft Graph throttles or does not answer.
    type: int
    default: 300
  hostnames:
    description:
      - What a host is named by. The first that is known of a customer, and is nobody else's, is taken.
      - V(domain) is the default domain of the customer's tenant.
      - With V(domain) alone, a customer whose domain is not known is an error.
      - A customer can make another of its domains the default one, and its host then has another name. A tenant id never changes.
    type: list
    elements: str
    choices: [domain, tenant_id]
    default: [domain, tenant_id]
  look_up_domains:
    description:
      - Whether Microsoft is asked for the default domain of each customer that passes O(filters), twenty in one request.
      - If the application may not ask, this is an error unless O(hostnames) names V(tenant_id).
    type: bool
    default: true
  filters:
    description:
      - Which customers become hosts. By default those that a relationship in force reaches.
      - A dictionary with C(include) and C(exclude). Each may have C(statuses), C(roles), C(tenant_ids) and C(domains), which are
        lists. One of them matches if one entry of its list does.
      - Of C(include), all that are stated must match. Of C(exclude), one that matches is enough.
      - C(statuses) are those of Microsoft Graph, such as V(active), V(expiring), V(expired) and V(terminated), or V(any).
        C(roles) are names or template ids of Entra roles. C(domains) may have wildcards.
    type: dict
    default: {}
  customers_group:
    description: Every host is in this group. The playbooks of this collection work on C(customers).
    type: str
    default: customers
  group_by_status:
    description: Make a group for each status, such as C(mssp_status_active) or C(mssp_status_terminationRequested).
    type: bool
    default: true
  vars_prefix:
    description: Begins the name of the variable that has the customer's tenant id, as the roles of this collection want it.
    type: str
    default: mssp_onboard_
seealso:
  - module: mssp.defender.tenant_info
"""

EXAMPLES = r"""
# The least: who is asked, and by whom. AZURE_CLIENT_SECRET, or another credential, is in the environment.
plugin: mssp.defender.customers
tenant_id: fabrikam-soc.onmicrosoft.com
client_id: 22222222-3333-4444-5555-666666666666
---
# Customers who have given the MSSP one of two roles, without a test tenant, named by tenant id, kept for an hour.
plugin: mssp.defender.customers
tenant_id: fabrikam-soc.onmicrosoft.com
client_id: 22222222-3333-4444-5555-666666666666
client_secret: "{{ lookup('community.hashi_vault.vault_kv2_get', 'mssp/inventory').secret.client_secret }}"
hostnames: [tenant_id]
look_up_domains: false
filters:
  include:
    roles: [Security Reader, Security Operator]
  exclude:
    tenant_ids: [aaaabbbb-0000-cccc-1111-dddd2222eeee]
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/mssp-customers
cache_timeout: 3600
---
# Groups: by role, by what ends without extending itself, and by hand.
plugin: mssp.defender.customers
tenant_id: fabrikam-soc.onmicrosoft.com
client_id: 22222222-3333-4444-5555-666666666666
strict: true
keyed_groups:
  - key: mssp_customer_role_names
    prefix: role
groups:
  runs_out: mssp_customer_ends is not none and not mssp_customer_auto_extend
compose:
  mssp_onboard_cloud: mssp_customer_cloud
"""

import hashlib
import json
import os
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, doing
from ansible_collections.mssp.defender.plugins.module_utils._graph import _http
from ansible_collections.mssp.defender.plugins.module_utils._runner import execute
from ansible_collections.mssp.defender.plugins.module_utils._task import Task
from ansible_collections.mssp.defender.plugins.plugin_utils import customers_hosts, customers_read
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_choice import Choice, Chosen, Unfinished
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import Json

# Taken apart elsewhere for modules; an inventory has neither.
_CONNECTION = sorted(set(GRAPH.options) - {"options", "variables_prefix"})
_SECRETS = tuple(name for name in _CONNECTION if GRAPH.options[name].get("no_log"))
_PATHS = {
    "ca_path": "MSSP_CA_PATH",
    "certificate_path": "AZURE_CLIENT_CERTIFICATE_PATH",
    "federated_token_file": "AZURE_FEDERATED_TOKEN_FILE",
}
_CHOICE = ("hostnames", "look_up_domains", "filters")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Entry point for Ansible."""

    NAME = "mssp.defender.customers"

    def verify_file(self, path: str) -> bool:
        """Any YAML file; the key `plugin` decides."""
        return bool(super().verify_file(path)) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Make hosts of customers; all of them, or none."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        params = {name: self._stated(name, config) for name in _CONNECTION}
        task = Task(params, check_mode=False, diff_mode=False, warn=self.display.warning)
        found: list[tuple[Chosen, str]] = []

        def look(task: Task) -> dict[str, Json]:
            prefix = customers_hosts.check_prefix(self.get_option("vars_prefix"))
            found.append((self._look(task, path, cache), prefix))
            return {}

        # What it returns is masked, which would also unwrap names: they do not go that way.
        result = execute(look, task, [str(params[name]) for name in _SECRETS if params[name]])
        if result.get("failed"):
            raise AnsibleParserError(str(result["msg"]) + self._what_follows())
        ((chosen, prefix),) = found
        for note in chosen.notes:
            self.display.warning(f"{note} (tenant {task.tenant}).")
        self._populate(
            {name: customers_hosts.variables(one, cloud=task.cloud.name, prefix=prefix) for name, one in chosen.hosts.items()}
        )

    # -- options -----------------------------------------------------------------------------------------------------

    def _stated(self, name: str, config: t.Mapping[str, Json]) -> Json:
        """An option of the connection. What the file states as a template is one: secrets come from lookups."""
        stated = config.get(name)
        if isinstance(stated, str) and self.templar.is_template(stated):
            return self.templar.template(stated)
        # An empty variable says nothing, and AWX sets many: as a path Ansible takes it for a directory.
        if stated is None and name in _PATHS and os.environ.get(_PATHS[name]) == "":
            return None
        return self.get_option(name)

    @staticmethod
    def _what_follows() -> str:
        if C.config.get_config_value("INVENTORY_ANY_UNPARSED_IS_FAILED"):
            return ""
        return (
            " (None of these customers is in the inventory. With ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true no playbook goes "
            "on without them.)"
        )

    # -- reading -----------------------------------------------------------------------------------------------------

    def _look(self, task: Task, path: str, cache: bool) -> Chosen:
        """The customers, from the cache if they are there."""
        choice = Choice(**{name: self.get_option(name) for name in _CHOICE})
        chosen = self._cached(choice, task, path) if cache else None
        if chosen is None:
            answer = self._ask(choice, task)
            chosen = choice.of(answer)
            if self.get_option("cache"):
                self._cache[self._key(task, path)] = answer
        return chosen

    def _ask(self, choice: Choice, task: Task) -> dict[str, Json]:
        try:
            with doing("read the MSSP's customers"):
                graph = task.graph
                try:
                    answer = customers_read.relationships(graph)
                    wanted = choice.domains_of(answer)
                    if wanted:
                        domains = customers_read.domains(graph, wanted)
                        answer.update(domains=domains or {}, refused=domains is None)
                finally:
                    graph.forget()
                    # Ansible forks from here: no connection may be open then.
                    _http.session(task.params["ca_path"]).close()
        except Failure as failure:
            customers_read.explain(task, failure)
            raise
        return answer

    # -- the cache ---------------------------------------------------------------------------------------------------

    def _cached(self, choice: Choice, task: Task, path: str) -> Chosen | None:
        """What an earlier answer gives; None where there is none, or none that serves."""
        if not self.get_option("cache"):
            return None
        try:
            return choice.of(self._cache[self._key(task, path)])
        except (KeyError, Unfinished, Failure):
            return None

    def _key(self, task: Task, path: str) -> str:
        # Another tenant or application in the same file is another question. No secret is in here, not even its digest.
        asked = [task.tenant, task.params["client_id"], task.cloud.name, task.params["graph_url"], task.params["login_url"]]
        return f"{self.get_cache_key(path)}_{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]}"

    # -- the inventory -----------------------------------------------------------------------------------------------

    def _populate(self, hosts: t.Mapping[str, t.Mapping[str, Json]]) -> None:
        """Put the hosts into the inventory. Where a composed variable or group fails (strict), none of them stays."""
        added: list[str] = []
        try:
            for name in sorted(hosts):
                if name not in self.inventory.hosts:
                    added.append(name)
                self._add(name, hosts[name])
        except Exception:
            for name in added:
                host = self.inventory.hosts.get(name)
                if host is not None:
                    self.inventory.remove_host(host)
            raise

    def _add(self, name: str, variables: t.Mapping[str, Json]) -> None:
        groups = [self._sanitize_group_name(self.get_option("customers_group"))]
        if self.get_option("group_by_status"):
            groups.append(self._sanitize_group_name(f"mssp_status_{variables['mssp_customer_status']}"))
        for group in groups:
            self.inventory.add_host(name, group=self.inventory.add_group(group))
        for variable, value in variables.items():
            self.inventory.set_variable(name, variable, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), dict(variables), name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), {}, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, name, strict=strict)
