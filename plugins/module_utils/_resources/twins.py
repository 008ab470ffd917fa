# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Two runs at once that make the same object, where the service takes both: one of them gives way.

Graph makes groups once (upsert) and refuses a second package, policy or organization. Defender takes two roles of one name and
two equal assignments, and a tenant may take two catalogs.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph

# Longer than the other run needs from its look to the deletion of its own.
_PAUSE = 2.0


def keep_one(graph: Graph, kind: str, mine: str, others: t.Callable[[], t.Iterable[str]], path: str) -> None:
    """Look for twins of what was made just now; where we give way, ours is taken back and the loop looks up the other's.

    Whoever has the larger id gives way at once. The other waits, and gives way only to a twin that is still there: its run had
    looked before ours was made, and does not look again.

    :param kind: for the sentence: "role".
    :param mine: the id of ours.
    :param others: the ids of all that are the same, read anew.
    :param path: of ours, in beta for Defender.
    :raises GraphError: with an unknown outcome, when ours was taken back.
    """

    def twins() -> list[str]:
        return [twin.lower() for twin in others() if twin.lower() != mine.lower()]

    found = twins()
    if found and mine.lower() < min(found) and graph.budget.fits(_PAUSE):
        graph.budget.sleep(_PAUSE)
        found = twins()
    if found:
        graph.delete(path, beta=path.startswith("roleManagement/defender/"))
        raise GraphError(f"another run has made this {kind} at the same moment", outcome_unknown=True, code="MadeTwice")
