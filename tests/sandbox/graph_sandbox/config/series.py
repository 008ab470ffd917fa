# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many tenants from a few lines: ``tenants: {count: 1000, name: 'Customer {n}', domain: 'customer{n}.example'}``."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class TenantSeries(BaseModel):
    """The short form of ``tenants``. In every text, ``{n}`` is the tenant's number."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=1, le=100_000)
    name: str = Field(default="Customer {n}", min_length=1)
    domain: str = "customer{n}.example"
    first: int = Field(default=1, ge=0)
    """The number of the first one."""
    each: dict[str, Any] = {}
    """What else each tenant has: users, groups, quirks, as in the long form."""


def expand_series(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The long form."""
    try:
        series = TenantSeries.model_validate(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ValueError(
            f"tenants, as a mapping, needs count and may have name, domain, first and each: {name}: {first['msg']}"
        ) from None
    template = {"display_name": series.name, "domain": series.domain, **series.each}
    return [_numbered(template, str(number)) for number in range(series.first, series.first + series.count)]


def _numbered(value: Any, number: str) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", number)
    if isinstance(value, list):
        return [_numbered(item, number) for item in value]
    if isinstance(value, dict):
        return {name: _numbered(item, number) for name, item in value.items()}
    return value
