# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the configuration file, or say in one sentence what is wrong with it and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from .quirks import Quirks
from .schema import Config, ExternalTenantConfig, TenantConfig


class ConfigError(Exception):
    """The configuration cannot be used; the message is one sentence with the remedy."""


def load_config(path: Path) -> Config:
    """Read and check the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise ConfigError(f"cannot read {path} ({problem.strerror}); name a readable YAML file with --config.") from None
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path} is not YAML{where}; correct the indentation or the quoting there.") from None
    if not isinstance(data, dict):
        raise ConfigError(
            f"{path} must hold a mapping; start it with 'tenants: [{{display_name: Contoso, domain: contoso.example}}]'."
        )
    try:
        config = Config.model_validate(data)
    except ValidationError as problem:
        raise ConfigError(f"{path}: {_sentence(problem, Config)}") from None
    _check(config, path)
    return config


def merged_quirks(*layers: dict[str, Any]) -> Quirks:
    """The switches of several layers, later ones winning."""
    values: dict[str, Any] = {}
    for layer in layers:
        values.update(layer)
    try:
        return Quirks.model_validate(values)
    except ValidationError as problem:
        raise ConfigError(f"quirks: {_sentence(problem, Quirks)}") from None


def _check(config: Config, path: Path) -> None:
    """What no single field can know."""
    taken: set[str] = set()
    everybody: list[TenantConfig | ExternalTenantConfig] = [*config.tenants, *config.external_tenants]
    for tenant in everybody:
        for domain in [tenant.domain, *tenant.aliases]:
            if domain.lower() in taken:
                raise ConfigError(f"{path}: the domain {domain} is there twice; give each tenant domains of its own.")
            taken.add(domain.lower())
    _unique(path, "tenant_id", (tenant.tenant_id for tenant in everybody if tenant.tenant_id))
    _unique(path, "application name", (application.name for application in config.applications))
    names = {application.name for application in config.applications}
    merged_quirks(config.quirks)
    for served in config.tenants:
        if served.quirks:
            merged_quirks(config.quirks, served.quirks)
        _unique(path, f"client name of {served.domain}", ["default", *(client.name for client in served.clients), *names])
        for unknown in sorted(set(served.consent) - names):
            raise ConfigError(
                f"{path}: {served.domain} consents to {unknown!r}, which is not one of applications; "
                f"name one of them ({', '.join(sorted(names)) or 'there is none yet'})."
            )
    for client in [*config.applications, *(client for tenant in config.tenants for client in tenant.clients)]:
        for federated in client.federated:
            if not Path(federated.keys).is_file():
                raise ConfigError(
                    f"{path}: the keys {federated.keys} of {client.name} are no file; give the path of a key set or a PEM."
                )
        if client.certificate and not Path(client.certificate).is_file():
            raise ConfigError(
                f"{path}: the certificate {client.certificate} of {client.name} is no file; give a PEM file's path."
            )


def _unique(path: Path, what: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value.lower() in seen:
            raise ConfigError(f"{path}: the {what} {value} is there twice; each must be unique.")
        seen.add(value.lower())


def _sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """The first problem that pydantic found, for people."""
    first = error.errors()[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".") or "the file"
    kind = first["type"]
    if kind == "missing":
        return f"{where} is missing; add it."
    if kind == "extra_forbidden":
        known = ", ".join(model.model_fields)
        hint = f" (known here: {known})" if len(first["loc"]) == 1 else ""
        return f"{where} is not known; correct its name or remove it{hint}."
    message = first["msg"].removeprefix("Value error, ")
    return f"{where} {message[0].lower()}{message[1:]}; correct it."
