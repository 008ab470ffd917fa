# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a module's function is given: its arguments, and Graph for the tenant they name.

The same object serves both ways of running, inside Ansible's worker and as an ordinary module.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import time
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput, doing
from ansible_collections.mssp.defender.plugins.module_utils._graph import _http
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import consent_url
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._select import choose
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._tokens import TokenSource
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import Cloud, find_cloud
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import missing
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import References, can_exist

# One Graph per process and identity: the items of a loop run in one process and share connection, token and reads.
_graphs: dict[tuple[t.Any, ...], tuple[Graph, TokenSource, _http.BoundedHttp]] = {}
# What this process has been asked before, by identity and arguments.
_asked: set[tuple[t.Any, ...]] = set()


class Task:
    """One task of one host.

    :param params: the validated arguments.
    :param host: the inventory's name of the customer; None where it is not known.
    :param run_directory: the run's private directory for shared tokens; None outside Ansible's worker.
    :param seconds: how long the task may last in all (the `timeout` keyword); None for no limit.
    """

    def __init__(
        self,
        params: t.Mapping[str, t.Any],
        *,
        check_mode: bool,
        diff_mode: bool,
        warn: t.Callable[[str], None],
        host: str | None = None,
        run_directory: str | None = None,
        seconds: float | None = None,
    ) -> None:
        self.params = params
        self.check_mode = check_mode
        self.diff_mode = diff_mode
        self.warn = warn
        self.host = host
        self.run_directory = run_directory
        # By the clock of this process.
        self._ends = time.monotonic() + seconds if seconds else None
        # Begins with the first use of Graph.
        self._budget: Budget | None = None
        # The permissions of what the task works on, for the remedy of a refusal.
        self.needs: tuple[str, ...] = ()
        for option in ("client_secret", "certificate_password", "refresh_token", "access_token"):
            _secrets.remember(params.get(option))

    @property
    def tenant(self) -> str | None:
        """The tenant as the operator named it."""
        return self.params.get("tenant_id")

    @property
    def cloud(self) -> Cloud:
        """The cloud, from its name."""
        return find_cloud(self.params.get("cloud") or "public")

    @property
    def graph(self) -> Graph:
        """Graph for the tenant; the first use checks the credential options."""
        return self._connected()[0]

    @property
    def tokens(self) -> TokenSource:
        """Where the access token comes from."""
        return self._connected()[1]

    @property
    def references(self) -> References:
        """Resolves references; what does not exist yet is accepted in check mode only."""
        return References(self.graph, self.check_mode)

    @property
    def identity(self) -> Identity:
        """Who asks for tokens, and where."""
        params = self.params
        login_url = _url("login_url", params.get("login_url") or self.cloud.login_url)
        return Identity(
            tenant_id=str(params["tenant_id"]).strip(),
            client_id=str(params.get("client_id") or ""),
            login_url=login_url,
            # The cloud's own Graph, also where graph_url is a gateway: the identity platform knows no other name for it.
            scope=f"{self.cloud.graph_url}/.default",
            options=params,
        )

    def _graph_url(self) -> str:
        return _url("graph_url", self.params.get("graph_url") or self.cloud.graph_url)

    def _connected(self) -> tuple[Graph, TokenSource]:
        params = self.params
        method = choose(params)
        identity = self.identity
        key = (
            os.getpid(),
            self._graph_url(),
            identity.login_url,
            identity.tenant_id.lower(),
            identity.client_id,
            method.NAME,
            method.fingerprint(identity),
            params.get("ca_path"),
            self.run_directory,
        )
        if key not in _graphs:
            http = _http.session(params.get("ca_path"))
            timeout = float(params["request_timeout"])
            identity_http = _http.BoundedHttp(http, timeout, Budget(0))
            tokens = TokenSource(identity, method, identity_http, self.run_directory)
            _graphs[key] = (
                Graph(self._graph_url(), http, tokens, request_timeout=timeout, budget=Budget(0)),
                tokens,
                identity_http,
            )
        graph, tokens, identity_http = _graphs[key]
        if self._budget is None:
            self._budget = self._new_budget()
            # The same task once more in this process is a repetition by `until`, not another item of a loop: it has to see what
            # has become of things meanwhile. A digest, since the arguments hold secrets.
            asked = (key, hashlib.sha256(json.dumps(dict(params), sort_keys=True, default=str).encode()).digest())
            if asked in _asked:
                graph.forget()
            _asked.add(asked)
        graph.budget = identity_http.budget = self._budget
        return graph, tokens

    def _new_budget(self) -> Budget:
        wait = float(self.params["wait_timeout"])
        if self._ends is None:
            return Budget(wait)
        left = max(0.0, self._ends - time.monotonic())
        # Our own sentence, which says what was waited for, comes before Ansible's.
        return Budget(min(wait, max(0.0, left - 1)), limit=left)

    def claim_tenant(self) -> None:
        """Refuse a tenant that another host of this run already works on: one of the two is a typing error.

        Known by a file in the run's private directory; without one (an ordinary module run) nothing is refused.

        :raises InvalidInput: another host has claimed it, or no tenant is named.
        """
        choose(self.params)  # a tenant that is not named cannot be claimed
        if self.run_directory is None or self.host is None:
            return
        for name in (str(self.tenant), None):
            # First as the operator wrote it, before any request; then the id, which a domain may hide.
            name = name if name is not None else str(self.tokens.claims().get("tid") or self.tenant)
            path = os.path.join(self.run_directory, "mssp-claim-" + hashlib.sha256(name.lower().encode()).hexdigest())
            with contextlib.suppress(FileExistsError):
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                os.write(descriptor, self.host.encode())
                os.close(descriptor)
            with open(path, encoding="utf-8") as file:
                other = file.read()
            # An empty file is another worker's that has not been written yet: not ours in any case.
            if other != self.host:
                raise InvalidInput(
                    f"the customers '{other or 'another host'}' and '{self.host}' name the same tenant",
                    remedy="Correct the tenant of one of them: nothing was done for the second.",
                )

    def consent_url(self) -> str:
        """Where an administrator of the tenant grants the whole set of the application's permissions."""
        return consent_url(dataclasses.replace(self.identity, client_id=self.client_id))

    @property
    def client_id(self) -> str:
        """The application: the named one, else that of the token (a given token, Azure's tools)."""
        return self.identity.client_id or _claims.client_id(self.tokens.claims()) or ""

    def missing_permissions(self, needed: t.Iterable[str]) -> list[str]:
        """Those of `needed` that the token neither has nor includes: the application's own, or a person's delegated ones."""
        return missing(needed, _claims.permissions(self.tokens.claims()))

    def reconcile(self, resource: Resource, returned: str) -> dict[str, t.Any]:
        """Bring one object to its wanted state and give the module's result, the object under the key `returned`."""
        self.needs = resource.permissions.write
        outcome = reconcile(
            resource,
            state=self.params.get("state") or "present",
            check_mode=self.check_mode,
            force=bool(self.params.get("force")),
        )
        for note in resource.notes:
            self.warn(f"{note} (tenant {self.tenant})")
        result: dict[str, t.Any] = {
            "changed": outcome.changed,
            "changes": [change.as_result() for change in outcome.changes],
            "check_mode": self.check_mode,
            returned: outcome.entity,
        }
        if self.diff_mode:
            header = f"{resource.type} '{resource.name}' in tenant {self.tenant}"
            result["diff"] = {
                "before": outcome.before,
                "after": outcome.after,
                "before_header": header,
                "after_header": header,
            }
        return result

    def read(
        self, kind: type[Resource], returned: str, filters: t.Sequence[str], look: t.Callable[[Graph], list[Entity]]
    ) -> dict[str, t.Any]:
        """Read objects, and give the module's result, the objects under the key `returned`.

        :param filters: the options that name one object or its name; none of them stated means all objects.
        """
        self.needs = kind.permissions.read
        with doing(f"read {returned.replace('_', ' ')}"):
            answerable = can_exist(self.params, filters, self.check_mode)
            return {"changed": False, returned: look(self.graph) if answerable else []}

    def explain(self, failure: Failure) -> None:
        """Add what only the task knows: the tenant, and for a refusal which permission the token lacks."""
        failure.tenant = failure.tenant or self.tenant
        if failure.status != 403 or failure.remedy:
            return
        needs = failure.needs or self.needs
        try:
            lacking = self.missing_permissions(needs)
        except Failure:
            return
        delegated = _claims.is_delegated(self.tokens.claims())
        if lacking and delegated:
            failure.remedy = (
                f"The person's token lacks the delegated {', '.join(lacking)} of the application {self.client_id}: an "
                f"administrator of the customer grants the whole set here: {self.consent_url()}"
            )
        elif lacking and self.tokens.method == "managed_identity":
            failure.remedy = (
                f"The managed identity {self.client_id} lacks {', '.join(lacking)}: an administrator assigns them to its service "
                "principal (appRoleAssignments), since a managed identity has no consent page."
            )
        elif lacking:
            failure.remedy = (
                f"The application {self.client_id} lacks {', '.join(lacking)}: an administrator of the customer "
                f"grants the whole set here: {self.consent_url()}"
            )
        elif delegated:
            failure.remedy = (
                f"The person's token has {', '.join(needs) or 'what it needs'}, but Graph also asks what the person may do: ask "
                "the customer for the role (approver, catalog or Entra role) that this takes."
            )
        else:
            failure.remedy = (
                f"The token has {', '.join(needs) or 'what it needs'}; ask the customer what else restricts the application "
                "(licence, billing of guests, administrative units, workload not activated)."
            )


def _url(option: str, value: str) -> str:
    url = str(value).strip().rstrip("/")
    if not url.lower().startswith("https://"):
        # AZURE_AUTHORITY_HOST is often given without a scheme.
        if "://" in url:
            raise InvalidInput(f"{option} is '{value}', which is not an https URL", remedy="Tokens travel over TLS only.")
        url = f"https://{url}"
    return url
