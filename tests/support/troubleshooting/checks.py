# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every row: the tests, without the subjects that a test module takes."""

from __future__ import annotations

import json
import typing as t

import pytest

from troubleshooting import certificates, table
from troubleshooting.provoking import Provoked
from troubleshooting.table import Row

# What must not be seen, beside each tenant's own secrets: a token begins with eyJ.
SECRETS = ("eyJ", "Wr0ngS3cretWr0ngS3cret", "An0ther-Passw0rd-of-it", certificates.PASSWORD)


class Checks:
    """Inherited by a class `Test...` that names its subjects. `row` comes from conftest.py."""

    SUBJECTS: t.ClassVar[tuple[str, ...]] = ()

    def test_the_sentence_word_for_word(self, provoked: dict[str, Provoked], row: Row, request: pytest.FixtureRequest) -> None:
        if row.defect:
            request.applymarker(pytest.mark.xfail(reason=row.defect, strict=True))
        one = provoked[row.id]
        said = one.task.result["msg"]

        assert one.task.failed
        assert table.pattern(row.msg, one.known).fullmatch(said), f"\nsaid:  {said}\ntable: {row.msg}"

    def test_the_failure_key(self, provoked: dict[str, Provoked], row: Row) -> None:
        one = provoked[row.id]
        if row.failure is None:
            assert "failure" not in one.task.result
            return
        failure = one.task.result["failure"]

        assert set(failure) == {"status", "code", "message", "request_id"}
        assert (failure["status"], failure["code"]) == (row.failure.status, row.failure.code), failure
        assert table.pattern(row.failure.message, one.known).fullmatch(failure["message"]), failure
        if row.failure.request_id:
            assert isinstance(failure["request_id"], str)
            assert failure["request_id"]
        else:
            assert failure["request_id"] is None

    def test_one_line_without_the_machinery(self, provoked: dict[str, Provoked], row: Row) -> None:
        result = provoked[row.id].task.result
        everything = json.dumps(result)

        assert "Traceback" not in everything
        assert "argument_spec" not in everything
        assert result.get("changed", False) is False
        assert row.defect or "\n" not in result["msg"]

    def test_nothing_was_done_but_what_the_row_says(self, provoked: dict[str, Provoked], row: Row) -> None:
        one = provoked[row.id]
        expected = [table.pattern(request, one.known) for request in row.writes]

        assert len(one.done) == len(expected), one.done
        for request, wanted in zip(one.done, expected, strict=True):
            assert wanted.fullmatch(request), one.done

    def test_nothing_is_told_that_is_secret(self, provoked: dict[str, Provoked]) -> None:
        """In no output at -vvv, and in no result."""
        runs = {id(one.run): one.run for one in provoked.values()}
        everything = "\n".join(f"{run}{[task.result for task in run.tasks]}" for run in runs.values())
        secrets = {str(client["client_secret"]) for one in provoked.values() for client in one.tenant.data["clients"]}

        assert "Traceback (most recent call last)" not in everything
        for secret in (*SECRETS, *secrets):
            assert secret not in everything, everything[max(0, everything.index(secret) - 300) :][:600]
