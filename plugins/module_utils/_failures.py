# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What can go wrong, as one exception type whose text is one clear sentence.

Layers below raise a `Failure` with what they know; layers above add what only they know (what was being done,
in which tenant). Nobody parses the text: playbooks test the `failure` key that `as_result` gives.
"""

from __future__ import annotations

import contextlib
import typing as t


def some(number: float, noun: str) -> str:
    """A number of things in words: `1 second`, `3 seconds`, `2.5 seconds`."""
    return f"{number:g} {noun}" + ("" if number == 1 else "s")


class Failure(Exception):
    """A failure that the user can act on.

    :param cause: what happened, as a clause without a full stop.
    :param remedy: what to do about it, as one sentence or more.
    :param status: HTTP status, when an answer of Graph or of the identity platform is the cause.
    :param code: Graph's `error.code`, an `AADSTS` code, or one of our own (`InvalidInput`, `Timeout`, ...).
    :param detail: Graph's own message, unchanged, for the `failure` key.
    :param request_id: Graph's `request-id`, which Microsoft's support asks for.
    """

    def __init__(
        self,
        cause: str,
        *,
        remedy: str | None = None,
        status: int | None = None,
        code: str | None = None,
        detail: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.doing: str | None = None
        # The permissions of what was refused, when they are others than those of the task's own object.
        self.needs: tuple[str, ...] = ()
        self.tenant: str | None = None

    def __str__(self) -> str:
        where = f" in tenant {self.tenant}" if self.tenant else ""
        if self.doing:
            head = f"Cannot {self.doing}{where}: {self.cause}"
        elif self.tenant:
            head = f"Tenant {self.tenant}: {self.cause}"
        else:
            head = self.cause
        sentence = head.rstrip(". ") + "."
        return f"{sentence} {self.remedy}" if self.remedy else sentence

    def as_result(self) -> dict[str, t.Any]:
        """The keys that a failed task returns: `msg` for people, `failure` for playbooks."""
        return {
            "msg": str(self),
            "failure": {
                "status": self.status,
                "code": self.code,
                "message": self.detail or self.cause,
                "request_id": self.request_id,
            },
        }


class GraphError(Failure):
    """Microsoft Graph refused a request, or did not answer it.

    `outcome_unknown` says that a write may have been carried out although no success was reported (time-out,
    dropped connection, 5xx, or Graph's word that the object is there already): look before sending it again.
    """

    def __init__(self, cause: str, *, outcome_unknown: bool = False, **known: t.Any) -> None:
        super().__init__(cause, **known)
        self.outcome_unknown = outcome_unknown


class InvalidInput(Failure):
    """The operator's variables cannot be used as they are."""

    def __init__(self, cause: str, *, remedy: str | None = None) -> None:
        super().__init__(cause, remedy=remedy, code="InvalidInput")


@contextlib.contextmanager
def needing(*permissions: str) -> t.Iterator[None]:
    """Name the permissions that the requests inside take, for the remedy of a refusal."""
    try:
        yield
    except Failure as failure:
        failure.needs = failure.needs or permissions
        raise


@contextlib.contextmanager
def doing(what: str) -> t.Iterator[None]:
    """Name what is being done for failures raised inside: `doing("create the group 'Tier 1 Analyst'")`.

    The innermost name wins, because it is the most precise one.
    """
    try:
        yield
    except Failure as failure:
        if failure.doing is None:
            failure.doing = what
        raise
