# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Argument specifications as values that merge: each module states its own options, the shared ones come from here."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.module_utils.common.parameters import env_fallback

Options = t.Mapping[str, t.Mapping[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class ArgumentSpec:
    """Options and the rules between them, in the words of AnsibleModule."""

    options: Options = dataclasses.field(default_factory=dict)
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_together: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    required_if: tuple[tuple[t.Any, ...], ...] = ()
    required_by: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def merge(self, other: ArgumentSpec) -> ArgumentSpec:
        """Both together; an option may be stated only once."""
        twice = set(self.options) & set(other.options)
        if twice:
            raise ValueError(f"options stated twice: {sorted(twice)}")
        return ArgumentSpec(
            options={**self.options, **other.options},
            mutually_exclusive=self.mutually_exclusive + other.mutually_exclusive,
            required_together=self.required_together + other.required_together,
            required_one_of=self.required_one_of + other.required_one_of,
            required_if=self.required_if + other.required_if,
            required_by={**self.required_by, **other.required_by},
        )

    def to_kwargs(self) -> dict[str, t.Any]:
        """Keyword arguments of AnsibleModule and of ModuleArgumentSpecValidator alike."""
        return {"argument_spec": {name: dict(spec) for name, spec in self.options.items()}, **self.rules()}

    def rules(self) -> dict[str, t.Any]:
        """The rules between options, without the options."""
        return {
            "mutually_exclusive": [list(x) for x in self.mutually_exclusive],
            "required_together": [list(x) for x in self.required_together],
            "required_one_of": [list(x) for x in self.required_one_of],
            "required_if": [list(x) for x in self.required_if],
            "required_by": {name: list(x) for name, x in self.required_by.items()},
        }


def _env(*names: str) -> dict[str, t.Any]:
    return {"fallback": (env_fallback, list(names))}


# None is `required`: the credential code checks them together and says what is missing, and ansible-lint's
# args[module] knows nothing of module_defaults. Documentation: doc_fragments/graph.py.
GRAPH = ArgumentSpec(
    options={
        # Taken apart before the module sees them: plugin_utils/in_process.py.
        "options": {"type": "dict"},
        "variables_prefix": {"type": "str"},
        "tenant_id": {"type": "str", **_env("AZURE_TENANT_ID", "AZURE_TENANT")},
        "client_id": {"type": "str", **_env("AZURE_CLIENT_ID")},
        "client_secret": {"type": "str", "no_log": True, **_env("AZURE_CLIENT_SECRET", "AZURE_SECRET")},
        "certificate_path": {"type": "path", "no_log": False, **_env("AZURE_CLIENT_CERTIFICATE_PATH")},
        "certificate_password": {"type": "str", "no_log": True, **_env("AZURE_CLIENT_CERTIFICATE_PASSWORD")},
        "federated_token_file": {"type": "path", "no_log": False, **_env("AZURE_FEDERATED_TOKEN_FILE")},
        "refresh_token": {"type": "str", "no_log": True, **_env("MSSP_REFRESH_TOKEN")},
        "access_token": {"type": "str", "no_log": True, **_env("MSSP_ACCESS_TOKEN")},
        "auth_method": {
            "type": "str",
            "choices": [
                "auto",
                "access_token",
                "refresh_token",
                "client_secret",
                "certificate",
                "federated",
                "managed_identity",
                "azure_cli",
                "device_code",
            ],
            "default": "auto",
            **_env("MSSP_AUTH_METHOD"),
        },
        "cloud": {"type": "str", "default": "public", **_env("AZURE_CLOUD_ENVIRONMENT")},
        "graph_url": {"type": "str", **_env("MSSP_GRAPH_URL")},
        "login_url": {"type": "str", **_env("AZURE_AUTHORITY_HOST")},
        "ca_path": {"type": "path", **_env("MSSP_CA_PATH")},
        "request_timeout": {"type": "int", "default": 30},
        "wait_timeout": {"type": "int", "default": 300},
    },
)

STATE = ArgumentSpec(
    options={
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "force": {"type": "bool", "default": False},
    },
)

ADOPT = ArgumentSpec(options={"adopt": {"type": "bool", "default": False}})
