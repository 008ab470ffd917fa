# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that do not come to their end: the client dies, or an answer is lost."""

from __future__ import annotations

import typing as t

import requests

from sweeps.wire import Killed

Kind = t.Literal["killed", "lost"]


class Cut:
    """A hook of the wire that strikes once.

    :param kind: `killed`: the client is dead before it sends another request, which is the same as having died on the way
        back of the one before. `lost`: the sandbox has done its work, and the connection breaks before the answer.
    :param after: after so many requests, those to the identity platform among them.
    """

    def __init__(self, kind: Kind, after: int) -> None:
        self.kind = kind
        self._after = after
        self.requests = 0
        # What was struck: the method and the URL.
        self.struck = ""

    def before(self, request: requests.PreparedRequest) -> None:
        """See `Hook`."""
        if self.kind == "killed" and self.requests == self._after:
            self._strike(request)
            raise Killed

    def after(self, request: requests.PreparedRequest) -> None:
        """See `Hook`."""
        self.requests += 1
        if self.kind == "lost" and self.requests == self._after:
            self._strike(request)
            raise requests.exceptions.ConnectionError("the answer was lost", request=request)

    def _strike(self, request: requests.PreparedRequest) -> None:
        assert not self.struck
        self.struck = f"{request.method} {request.url}"
