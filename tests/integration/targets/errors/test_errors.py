# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every failure that a user or Graph can cause gives the sentence of the table, word for word."""

from __future__ import annotations

import collections.abc
import json
import typing as t

import pytest
from harness import server, world
from troubleshooting import certificates, standin, table
from troubleshooting.provoking import Provoked, Provoker
from troubleshooting.table import Row

ROWS = [row for row in table.rows() if row.provoke is not None]
# What must not be seen, beside each tenant's own secrets: a token begins with eyJ.
SECRETS = ("eyJ", "Wr0ngS3cretWr0ngS3cret", "An0ther-Passw0rd-of-it", certificates.PASSWORD)


@pytest.fixture(scope="module")
def provoked(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[dict[str, Provoked]]:
    """Every row, each in a tenant of its own."""
    directory = tmp_path_factory.mktemp("errors")
    files = directory / "files"
    files.mkdir()
    certificates.write(files)
    with (
        server.running(directory / "sandbox", world.config(len(ROWS))) as sandbox,
        standin.running(directory, sandbox.ca_path) as other,
        standin.silent_port() as silent,
    ):
        yield Provoker(sandbox, other, directory, files, silent).provoke(ROWS)


def _params() -> list[t.Any]:
    return [
        pytest.param(row, id=row.id, marks=[pytest.mark.xfail(reason=row.defect, strict=True)] if row.defect else [])
        for row in ROWS
    ]


@pytest.mark.parametrize("row", _params())
def test_the_sentence_word_for_word(provoked: dict[str, Provoked], row: Row) -> None:
    one = provoked[row.id]
    said = one.task.result["msg"]

    assert one.task.failed
    assert table.pattern(row.msg, one.known).fullmatch(said), f"\nsaid:  {said}\ntable: {row.msg}"


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
def test_the_failure_key(provoked: dict[str, Provoked], row: Row) -> None:
    one = provoked[row.id]
    result = one.task.result
    if row.failure is None:
        assert "failure" not in result
        return
    failure = result["failure"]

    assert set(failure) == {"status", "code", "message", "request_id"}
    assert (failure["status"], failure["code"]) == (row.failure.status, row.failure.code), failure
    assert table.pattern(row.failure.message, one.known).fullmatch(failure["message"]), failure
    if row.failure.request_id:
        assert isinstance(failure["request_id"], str)
        assert failure["request_id"]
    else:
        assert failure["request_id"] is None


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
def test_one_line_without_the_machinery(provoked: dict[str, Provoked], row: Row) -> None:
    result = provoked[row.id].task.result
    everything = json.dumps(result)

    assert "Traceback" not in everything
    assert "argument_spec" not in everything
    assert result.get("changed", False) is False
    if not row.defect:
        assert "\n" not in result["msg"]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
def test_nothing_was_done_but_what_the_row_says(provoked: dict[str, Provoked], row: Row) -> None:
    one = provoked[row.id]
    expected = [table.pattern(request, one.known) for request in row.writes]

    assert len(one.done) == len(expected), one.done
    for request, wanted in zip(one.done, expected, strict=True):
        assert wanted.fullmatch(request), one.done


def test_nothing_is_told_that_is_secret(provoked: dict[str, Provoked]) -> None:
    runs = {id(one.run): one.run for one in provoked.values()}
    everything = "\n".join(f"{run}{[task.result for task in run.tasks]}" for run in runs.values())
    secrets = {str(client["client_secret"]) for one in provoked.values() for client in one.tenant.data["clients"]}

    assert "Traceback (most recent call last)" not in everything
    for secret in (*SECRETS, *secrets):
        assert secret not in everything, everything[max(0, everything.index(secret) - 300) :][:600]
