#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sign_in
short_description: Let a person sign in once, and hand the refresh token to a command that keeps it
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Shows a code, waits until a person has entered it in a browser and signed in, and gives the refresh token to O(store_command) on its
    standard input.
  - What only people may do, such as deciding requests, then runs without them, with that token as O(refresh_token) of the other modules.
  - The playbook C(mssp.defender.sign_in) does this on localhost. It works in Ansible's own process only, where there is a terminal or a
    job's output to show the code in.
  - A refresh token ends 90 days after the sign-in, and when the password changes or sessions are revoked.
options:
  store_command:
    description:
      - Program and arguments, without a shell. The refresh token is its standard input, and never one of its arguments.
      - What it prints is not shown.
    type: list
    elements: str
    required: true
  scopes:
    description:
      - Delegated permissions of Microsoft Graph to ask for. V(.default) is all that the application was consented to.
    type: list
    elements: str
    default: [.default]
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  check_mode:
    support: full
    description: Asks nobody.
  diff_mode:
    support: none
    description: The token is not shown.
"""

EXAMPLES = r"""
- name: Sign in, and keep the token in a file that is encrypted by Ansible Vault
  mssp.defender.sign_in:
    tenant_id: contoso.onmicrosoft.com
    client_id: 22222222-3333-4444-5555-666666666666
    wait_timeout: 900
    store_command:
      - ansible-vault
      - encrypt_string
      - --stdin-name=mssp_onboard_refresh_token
      - --output=host_vars/contoso/refresh_token.yml

- name: Sign in, and keep the token in a password store
  mssp.defender.sign_in:
    tenant_id: contoso.onmicrosoft.com
    client_id: 22222222-3333-4444-5555-666666666666
    store_command: [pass, insert, --multiline, --force, mssp/contoso]
"""

RETURN = r"""
signed_in:
  description: Who signed in, and what the token allows; null in check mode.
  returned: success
  type: dict
  contains:
    user:
      description: The person's name for signing in.
      type: str
      returned: always
    tenant_id:
      description: The tenant.
      type: str
      returned: always
    client_id:
      description: The application.
      type: str
      returned: always
    permissions:
      description: The delegated permissions.
      type: list
      elements: str
      returned: always
  sample:
    client_id: 22222222-3333-4444-5555-666666666666
    permissions: [EntitlementManagement.ReadWrite.All, User.Read]
    tenant_id: aaaabbbb-0000-cccc-1111-dddd2222eeee
    user: ana@fabrikam-soc.onmicrosoft.com
failure:
  description: What failed, for playbooks to test.
  returned: failure
  type: dict
  sample:
    code: AADSTS65004
    message: "no access token: the person declined (AADSTS65004)"
    request_id: null
    status: null
"""

import os
import shutil
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput, doing, some
from ansible_collections.mssp.defender.plugins.module_utils._graph import _http
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _child, _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._device_code import SignIn
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._select import choose
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "store_command": {"type": "list", "elements": "str", "required": True},
            "scopes": {"type": "list", "elements": "str", "default": [".default"]},
        },
    )
)

# Shows a line to the person at once. Set by the action plugin; None as an ordinary module.
tell: t.Callable[[str], t.Any] | None = None

# A vault or a password manager takes a moment, and must not ask anybody.
_STORE_SECONDS = 60.0


def run(task: Task) -> dict[str, t.Any]:
    """Show the code, wait, store."""
    params = task.params
    choose({**params, "auth_method": "device_code"})
    command = _command(params["store_command"])
    if tell is None:
        raise InvalidInput(
            "a code cannot be shown from here",
            remedy="Run the task with a local connection, without become and async: the playbook mssp.defender.sign_in does.",
        )
    if task.check_mode:
        return {"changed": True, "signed_in": None}
    http = _http.BoundedHttp(_http.session(params["ca_path"]), float(params["request_timeout"]), Budget(params["wait_timeout"]))
    with doing("sign in"):
        sign_in = SignIn(task.identity, http, params["scopes"])
        tell(sign_in.prompt)
        answer = sign_in.wait(float(params["wait_timeout"]))
    with doing("store the refresh token"):
        _store(command, str(answer["refresh_token"]))
    claims = _claims.read(str(answer["access_token"]))
    return {
        "changed": True,
        "signed_in": {
            "user": claims.get("upn") or claims.get("unique_name") or claims.get("preferred_username"),
            "tenant_id": claims.get("tid"),
            "client_id": _claims.client_id(claims),
            "permissions": _claims.permissions(claims),
        },
    }


def _command(stated: t.Sequence[str]) -> list[str]:
    """The command with its program's path: what is not there is known before anybody signs in."""
    program = shutil.which(stated[0]) if stated else None
    if program is None:
        raise InvalidInput(
            f"the program of store_command ({stated[0] if stated else 'empty'}) is not there",
            remedy="Name a program that reads the refresh token from its standard input, such as ansible-vault or pass.",
        )
    return [program, *stated[1:]]


def _store(command: list[str], token: str) -> None:
    """Give the token to the command. Its output is not read: it may repeat what it was given."""
    try:
        status, *dummy = _child.run(command, _STORE_SECONDS, told=token.encode(), heard=False)
    except OSError as exc:
        raise Failure(
            f"store_command cannot be started ({os.strerror(exc.errno or 0)})",
            remedy="Run it by hand with some text on its standard input. Then sign in again.",
            code="NotStored",
        ) from exc
    except _child.TooLate:
        raise Failure(
            f"store_command did not end within {some(_STORE_SECONDS, 'second')}",
            remedy="It must not ask anybody: give a vault's password by a file. Then sign in again.",
            code="Timeout",
        ) from None
    if status != 0:
        raise Failure(
            f"store_command ended with status {status}",
            remedy="Run it by hand with some text on its standard input to see what it says. Then sign in again.",
            code="NotStored",
        )


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
