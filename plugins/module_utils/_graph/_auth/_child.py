# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Another program, for a bounded time, of which nothing is left afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import typing as t


class TooLate(Exception):
    """It did not end in time, and was ended."""


def run(command: t.Sequence[str], seconds: float, *, told: bytes | None = None, heard: bool = True) -> tuple[int, str, str]:
    """Exit status, standard output and standard error.

    :param told: its standard input; none by default.
    :param heard: whether its output is wanted. Where it is not, nothing waits for what it leaves running in the background.
    :raises OSError: it cannot be started.
    """
    output = subprocess.PIPE if heard else subprocess.DEVNULL
    # There is no AnsibleModule here, in Ansible's worker, and its run_command knows neither a time nor a group to end.
    process = subprocess.Popen(  # pylint: disable=ansible-bad-function
        command,
        stdin=subprocess.DEVNULL if told is None else subprocess.PIPE,
        stdout=output,
        stderr=output,
        # A session of its own: a script and what it has started have to go together.
        start_new_session=True,
    )
    try:
        out, errors = process.communicate(told, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise TooLate from None
    finally:
        # Whatever ended the wait, Ansible's own time limit among it.
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return process.returncode, (out or b"").decode("utf-8", "replace"), (errors or b"").decode("utf-8", "replace")
