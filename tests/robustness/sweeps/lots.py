# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a seed draws: how the tenant behaves, what goes wrong, and when the client dies."""

from __future__ import annotations

import dataclasses
import datetime
import email.utils
import random
import typing as t

from graph_sandbox.config.quirks import Quirks

from sweeps.timeline import Timeline

# What comes late. A lag counts reads, lists or tries.
LAGS: dict[str, int] = {
    "new_read_lag": 2,
    "new_list_lag": 3,
    "new_use_lag": 2,
    "stale_reads": 2,
    "stale_lists": 2,
    "settle_seconds": 8,
    "replication_lag_reads": 2,
    "stale_patch_reads": 2,
    "read_lag": 3,
    "origin_lag": 3,
    "resource_visible_lag": 3,
    "role_scope_lag": 3,
    "role_scope_visible_lag": 2,
    "grant_lag": 1,
}
# What tenants do differently without another outcome.
_SHAPES: dict[str, tuple[t.Any, ...]] = {
    "zero_role_ids": (True, False),
    "http_location": (True, False),
    "tips": (True, False),
    "empty_pages": (True, False),
    "patch_answers_body": (True, False),
    "sparse_roles": (True, False),
    "foreign_location": (True, False),
    "connected_org_create_empty_sources": (True, False),
    "drop_hash_in_types": (True, False),
    "defender_filter": ("honoured", "ignored"),
    "policy_conflict_status": (400, 409),
    "duplicate_package_status": (400, 409),
    "put_requires_all": (True, False),
    "review_start_moves": (True, False),
    "unique_catalog_names": (True, False),
}
_SECOND = datetime.timedelta(seconds=1)
_KINDS = ("throttle", "error", "drop", "slow")
# That a tenant or a unique name is unknown is an answer, which has to be believed.
_NOT_BY_KEY = "roleManagement|entitlementManagement"
_REFUSALS: tuple[dict[str, t.Any], ...] = (
    {"status": 403, "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."},
    {"status": 404, "code": "ResourceNotFound", "message": "The resource was not found.", "path": _NOT_BY_KEY},
    {"status": 404, "code": "Request_ResourceNotFound", "message": "Resource does not exist.", "path": _NOT_BY_KEY},
    {"status": 401, "code": "InvalidAuthenticationToken", "message": "Access token has expired or is not yet valid."},
    {"status": 409, "code": "Conflict", "message": "A concurrent change was made."},
)


@dataclasses.dataclass(frozen=True)
class Lots:
    """What one seed decides.

    :param story: of test_crash_points.STORIES.
    :param killed: after so many requests of the first attempt; None when it may go on.
    """

    seed: int
    story: str
    quirks: dict[str, t.Any]
    faults: list[dict[str, t.Any]]
    random_faults: dict[str, t.Any]
    killed: int | None
    wait_timeout: int


def draw(seed: int, stories: t.Sequence[str], timeline: Timeline) -> Lots:
    """The same for the same seed, but for a date in Retry-After."""
    rng = random.Random(f"mssp.defender {seed}")
    story = rng.choice(stories)
    lagging = rng.sample(sorted(LAGS), rng.choice((0, 1, 2, 4)))
    quirks = {name: rng.randint(1, LAGS[name]) for name in lagging}
    quirks |= {name: rng.choice(_SHAPES[name]) for name in rng.sample(sorted(_SHAPES), rng.randint(0, 6))}
    soon = email.utils.format_datetime(timeline.now() + rng.choice((5, 60)) * _SECOND, usegmt=True)
    random_faults = {
        "seed": seed,
        "rate": rng.choice((0.0, 0.02, 0.05, 0.1, 0.25, 0.5)),
        "kinds": rng.sample(_KINDS, rng.randint(1, len(_KINDS))),
        "retry_after": rng.choice((0, 1, 7, 30, soon, "soon")),
        # Longer than the client waits, in some.
        "slow_ms": rng.choice((500, 20_000, 45_000)),
        "area": rng.choice(("graph", "graph", "any")),
    }
    faults = [{**refusal, "request": rng.randint(1, 70)} for refusal in rng.sample(_REFUSALS, rng.choice((0, 0, 1, 2)))]
    killed = rng.randint(1, 70) if rng.random() < 0.3 else None
    return Lots(seed, story, quirks, faults, random_faults, killed, rng.choice((300, 300, 60, 10)))


def usual(quirks: t.Iterable[str]) -> dict[str, t.Any]:
    """The default of each switch."""
    defaults = Quirks().model_dump()
    return {name: defaults[name] for name in quirks}
