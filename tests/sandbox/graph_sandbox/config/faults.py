# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what goes wrong, and for which request."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Where(BaseModel):
    """Which requests are meant: those that meet every condition given."""

    model_config = ConfigDict(extra="forbid")

    method: str | None = None
    path: str | None = None
    tenant: str | None = None
    area: Literal["graph", "identity", "any", "batch"] = "graph"
    """batch: the envelopes of batches, which are in no other area; what is in them is in ``graph``."""

    @field_validator("path")
    @classmethod
    def _is_regular_expression(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as problem:
                raise ValueError(f"is not a regular expression: {problem}") from None
        return value


class Fault(Where):
    """One entry of ``faults:``. It strikes a request that meets every condition given.

    Conditions: ``method``, ``path`` (regular expression searched in path and query), ``tenant`` (id or domain),
    ``area``, ``request`` (only the k-th request that meets the others), ``every`` (each k-th of them), ``times`` (at
    most so often).
    Effects: ``latency_ms`` alone, or with one of ``status`` (with ``retry_after``, ``code``, ``message``), ``drop``
    (the connection, before or after the work is done) or ``crash`` (see below).
    """

    request: int | None = Field(default=None, ge=1)
    every: int | None = Field(default=None, ge=1)
    times: int | None = Field(default=None, ge=1)

    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: int | str | None = None
    code: str | None = None
    message: str | None = None
    after_work: bool = False
    """The request is carried out although ``status`` is answered."""
    drop: Literal["before", "after"] | None = None
    crash: Literal["refuse", "exit"] | None = None
    """After this request: refuse = connections are dropped until the faults are cleared; exit = the process ends."""
    latency_ms: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _has_one_effect(self) -> Fault:
        effects = [self.status is not None, self.drop is not None, self.crash is not None]
        if sum(effects) > 1 or not (any(effects) or self.latency_ms):
            raise ValueError("needs exactly one of status, drop and crash, or latency_ms alone")
        return self


class RandomFaults(Where):
    """``faults: {seed: 7, rate: 0.1, kinds: [throttle, drop]}``: each request meets one of them with that probability.

    throttle = 429, in half of the cases without Retry-After; error = 500, 502, 503 or 504, the work sometimes done;
    drop = the connection, before or after the work; slow = the answer comes after ``slow_ms``.
    """

    seed: int | str = 0
    rate: float = Field(ge=0, le=1)
    kinds: list[Literal["throttle", "error", "drop", "slow"]] = Field(default=["throttle", "error", "drop", "slow"], min_length=1)
    times: int | None = Field(default=None, ge=1)
    """At most so often in each tenant."""
    retry_after: int | str = 1
    slow_ms: int = Field(default=200, ge=0)


class Throttle(BaseModel):
    """``throttle:``: at most ``requests`` Graph requests within ``seconds``, then 429."""

    model_config = ConfigDict(extra="forbid")

    requests: int = Field(ge=1)
    seconds: float = Field(default=10, gt=0)
    retry_after: int | None = 1
    scope: Literal["tenant", "application", "sandbox"] = "tenant"
