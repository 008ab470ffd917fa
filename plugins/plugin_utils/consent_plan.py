# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Which applications a customer is to consent to, where, and with which credential each of them can be asked whether it has.

Variables are the customer's own, by their whole names: `mssp_onboard_...` for the tenant and how to reach it, and for each
application `mssp_consent_<application>_client_id` with a credential beside it.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import consent_url
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import find_cloud
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid

Variables = t.Mapping[str, t.Any]

APPLICATIONS = ("onboard", "audit", "approve")
VERIFY = "mssp_consent_verify"
# The application that onboards has its variables anyway.
_INVENTORY = "mssp_onboard_"
_CREDENTIALS = (
    "client_secret",
    "certificate_path",
    "certificate_password",
    "federated_token_file",
    "refresh_token",
    "access_token",
    "auth_method",
)
_CONNECTION = ("cloud", "graph_url", "login_url", "ca_path", "request_timeout", "wait_timeout")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


def prefix(application: str) -> str:
    """What the variables of an application begin with."""
    return f"mssp_consent_{application}_"


NAMES = (
    VERIFY,
    *(f"{_INVENTORY}{name}" for name in ("tenant_id", "client_id", *_CONNECTION, *_CREDENTIALS)),
    *(f"{prefix(each)}{name}" for each in APPLICATIONS for name in ("client_id", *_CREDENTIALS)),
)


def plan(variables: Variables, environment: t.Mapping[str, str]) -> dict[str, t.Any]:
    """What is to be asked of a customer.

    :param variables: those of `NAMES` that are set, without templates. No secret of theirs is in what is returned.
    :param environment: of the process; the modules take what is not stated from it, but never the tenant.
    :return: `problem`, a sentence or an empty text; `tenant`, as the inventory names it; `verify`, whether to ask anybody;
        `applications`, each with `application`, `client_id`, `link` (where an administrator consents), `problem`, and `ask`: the
        `options` and `variables_prefix` of `tenant_info`, or null where there is no credential or nobody is to be asked.
    """
    tenant = _text(variables.get(f"{_INVENTORY}tenant_id"))
    known = {each: _client(each, variables, environment) for each in APPLICATIONS}
    wanted = variables.get(VERIFY)
    verify = wanted is None or _flag(wanted)
    found: dict[str, t.Any] = {"problem": "", "tenant": tenant, "verify": verify, "applications": []}
    if not is_guid(tenant) and not _DOMAIN.fullmatch(tenant):
        said = f"is '{tenant}'" if tenant else "is not set"
        return {**found, "problem": f"mssp_onboard_tenant_id {said}. Set it to the customer's tenant id or to a domain of it."}
    if not any(known.values()):
        return {**found, "problem": f"No application is named: set {prefix('onboard')}client_id, or that of audit or approve."}
    try:
        login_url = _login_url(variables, environment)
    except Failure as failure:
        return {**found, "problem": str(failure)}
    for application, client_id in known.items():
        if client_id:
            entry = _application(application, client_id, Identity(tenant, client_id, login_url, "", {}))
            if verify and entry["link"]:
                entry["ask"] = _ask(application, {"tenant_id": tenant, "client_id": client_id}, variables, environment)
            found["applications"].append(entry)
    return found


def _client(application: str, variables: Variables, environment: t.Mapping[str, str]) -> str:
    named = _text(variables.get(f"{prefix(application)}client_id"))
    return named or (_of_inventory(variables, environment) if application == "onboard" else "")


def _of_inventory(variables: Variables, environment: t.Mapping[str, str]) -> str:
    return _text(variables.get(f"{_INVENTORY}client_id")) or _from(environment, "client_id")


def _application(application: str, client_id: str, identity: Identity) -> dict[str, t.Any]:
    made = {"application": application, "client_id": client_id, "link": "", "problem": "", "ask": None}
    if not is_guid(client_id):
        return {**made, "problem": f"{prefix(application)}client_id is '{client_id}', and the id of an application is a GUID."}
    return {**made, "link": consent_url(identity)}


def _ask(
    application: str, identity: t.Mapping[str, str], variables: Variables, environment: t.Mapping[str, str]
) -> dict[str, t.Any] | None:
    own = prefix(application)
    connection = {name: variables[f"{_INVENTORY}{name}"] for name in _CONNECTION if _text(variables.get(f"{_INVENTORY}{name}"))}
    stated = [name for name in _CREDENTIALS if _text(variables.get(f"{own}{name}"))]
    if stated:
        # What the environment has belongs to the application that onboards, and would be another one's secret.
        emptied = {name: "" for name in _CREDENTIALS[:-1] if name not in stated}
        method = {} if "auth_method" in stated else {"auth_method": "auto"}
        return {"variables_prefix": own, "options": {**identity, **connection, **emptied, **method}}
    same = identity["client_id"].lower() == _of_inventory(variables, environment).lower()
    if same and any(_text(variables.get(f"{_INVENTORY}{x}")) or _from(environment, x) for x in _CREDENTIALS):
        return {"variables_prefix": _INVENTORY, "options": {**identity, **connection}}
    return None


def _login_url(variables: Variables, environment: t.Mapping[str, str]) -> str:
    """Where people of the customer's cloud sign in.

    :raises Failure: no such cloud.
    """
    stated = _text(variables.get(f"{_INVENTORY}login_url")) or _from(environment, "login_url")
    if stated:
        # As the modules read it: AZURE_AUTHORITY_HOST often comes without a scheme.
        return stated.rstrip("/") if "://" in stated else f"https://{stated.rstrip('/')}"
    cloud = _text(variables.get(f"{_INVENTORY}cloud")) or _from(environment, "cloud")
    return find_cloud(cloud or "public").login_url


def _from(environment: t.Mapping[str, str], option: str) -> str:
    """What the environment says of an option, by the names that the modules read."""
    fallback = GRAPH.options[option].get("fallback")
    names: t.Sequence[str] = fallback[1] if fallback else ()
    return next((environment[name].strip() for name in names if environment.get(name, "").strip()), "")


def _text(value: t.Any) -> str:
    return "" if value is None else str(value).strip()


def _flag(value: t.Any) -> bool:
    return str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")
