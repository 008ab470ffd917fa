# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every property of every resource. A test module of the target `drift` brings the table."""

from __future__ import annotations

import typing as t

from harness.drift import Body, Empty, Kind, Spelled, at, leaves
from harness.drift_story import AGAIN, CHECK, RUN, Story, Table, Trial


class EveryProperty:
    """The tests of one table, a test for each property and promise."""

    table: t.ClassVar[Table]

    def test_the_table_is_complete(self) -> None:
        """What the product manages is tried or cannot drift, and nothing else is in the table."""
        table = self.table
        assert {*table.cases, *table.fixed} == set(table.options)
        assert not set(table.cases) & set(table.fixed)

    def test_a_hand_changes_what_the_case_says(self, drift: Story, path: str) -> None:
        """And only that; else the tests below would try in name only."""
        trial, kind = drift.drifts[path], drift.kind
        assert kind.told(path, at(trial.before, path)) != kind.told(path, at(trial.base, path))
        assert kind.picture(trial.before, path) == kind.picture(trial.base, path)

    def test_check_mode_says_it(self, drift: Story, path: str) -> None:
        """Exactly this change, with before and after, and no write."""
        trial = drift.drifts[path]
        assert trial.writes[CHECK] == []
        assert trial.results[CHECK]["changed"] is True
        _says(drift.kind, path, trial, CHECK)

    def test_the_diff_shows_it(self, drift: Story, path: str) -> None:
        """Before and after differ in this and in nothing else, in check mode and in the run."""
        trial, kind = drift.drifts[path], drift.kind
        for loop in (CHECK, RUN):
            before, after = (trial.results[loop]["diff"][side] for side in ("before", "after"))
            assert kind.told(path, at(before, path)) == kind.told(path, at(trial.before, path))
            assert kind.told(path, at(after, path)) == kind.told(path, at(trial.base, path))
            differing = _differing(before, after)
            assert differing
            assert all(f"{leaf}.".startswith(f".{path}.") for leaf in differing), differing

    def test_a_run_puts_it_right(self, drift: Story, path: str) -> None:
        """The same change, the least writes, and the tenant holds what it held before the drift."""
        trial, kind = drift.drifts[path], drift.kind
        assert trial.results[RUN]["changed"] is True
        _says(kind, path, trial, RUN)
        assert sorted(entry["method"] for entry in trial.writes[RUN]) == kind.methods(path)
        if kind.methods(path) == ["PATCH"]:
            assert list(trial.writes[RUN][0]["body"]) == [path.partition(".")[0]]
        if kind.sets.get(path, "") is None:
            assert all(entry["path"].endswith("/$ref") and f"/{path}/" in entry["path"] for entry in trial.writes[RUN])
        assert kind.picture(trial.after) == kind.picture(trial.base)

    def test_the_next_run_is_silent(self, drift: Story, path: str) -> None:
        """No change and no write."""
        assert drift.drifts[path].silent(AGAIN)

    def test_unstated_it_stays(self, drift: Story, path: str) -> None:
        """A task that states all else, and changes something, neither reports it nor touches it."""
        trial, kind = drift.unstated[path], drift.kind
        other = kind.beside(path)
        if other is None:
            assert trial.silent(RUN)
            assert trial.after == trial.before
            return
        beside, dummy = other
        assert [(x["property"], x["action"]) for x in trial.results[RUN]["changes"]] == [(beside, "update")]
        assert len(trial.writes[RUN]) == 1
        assert kind.told(path, at(trial.after, path)) == kind.told(path, at(trial.before, path))
        assert at(trial.after, beside) != at(trial.before, beside)
        assert kind.picture(trial.after, beside) == kind.picture(trial.before, beside)

    def test_stated_empty_it_clears(self, drift: Story, empty: str) -> None:
        """Only this, or what the same option holds as well; and then it is empty for good."""
        trial, kind = drift.empties[empty], drift.kind
        case = t.cast(Empty, self.table.cases[empty].empty)
        assert kind.told(empty, at(trial.before, empty)) != kind.told(empty, case.value)
        assert trial.writes[CHECK] == []
        expected = {kind.sets.get(path) or path for path in (empty, *case.also)}
        assert trial.paths(CHECK) == trial.paths(RUN) == expected
        assert kind.told(empty, at(trial.after, empty)) == kind.told(empty, case.value)
        assert kind.picture(trial.after, empty, *case.also) == kind.picture(trial.before, empty, *case.also)
        assert trial.silent(AGAIN)

    def test_another_spelling_is_no_difference(self, drift: Story, spelling: tuple[str, str]) -> None:
        """What the portal or another tool wrote in its own way is left as it is."""
        path, name = spelling
        trial = drift.spellings[spelling]
        case = self.table.cases[path].spellings[name]  # type: ignore[index]
        usual = case.means if isinstance(case, Spelled) else at(trial.base, path)
        assert at(trial.before, path) != usual, "the sandbox did not keep the spelling: nothing is tried"
        assert trial.silent(RUN)
        assert trial.after == trial.before


class WhatIsFixed:
    """The tests of what cannot drift, for a table that has such."""

    table: t.ClassVar[Table]

    def test_what_cannot_drift(self, drift: Story, fixed: str) -> None:
        """Another value is refused in one sentence before any write, or is no difference."""
        trial, case = drift.fixed[fixed], self.table.fixed[fixed]
        result = trial.results[RUN]
        if case.code is None:
            assert trial.silent(RUN)
        else:
            assert result["failed"] is True
            assert result["failure"]["code"] == case.code
            assert case.words in result["msg"]
            assert trial.writes[RUN] == []
        assert trial.after == trial.before


def _says(kind: Kind, path: str, trial: Trial, loop: str) -> None:
    result = trial.results[loop]
    was, right = kind.told(path, at(trial.before, path)), kind.told(path, at(trial.base, path))
    if kind.sets.get(path):
        added, removed = [x for x in right if x not in was], [x for x in was if x not in right]
        assert {x["object"]["type"] for x in result["changes"]} == {kind.sets[path]}
        assert kind.elements(path, [x["after"] for x in result["changes"] if x["action"] == "create"]) == added
        assert kind.elements(path, [x["before"] for x in result["changes"] if x["action"] == "delete"]) == removed
        assert len(result["changes"]) == len(added) + len(removed)
    else:
        (change,) = result["changes"]
        assert (change["action"], change["property"]) == ("update", path)
        assert change["object"]["id"] == trial.identifier
        assert kind.told(path, change["before"]) == was
        assert kind.told(path, change["after"]) == right


def _differing(before: Body, after: Body) -> set[str]:
    there, then = leaves(before), leaves(after)
    return {leaf for leaf in {*there, *then} if leaf not in there or leaf not in then or there[leaf] != then[leaf]}
