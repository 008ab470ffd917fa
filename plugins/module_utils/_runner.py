# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Runs a module's function, and turns whatever happens into a result. The only file that touches AnsibleModule."""

from __future__ import annotations

import os
import sys
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.mssp.defender.plugins.module_utils import _deps, _secrets
from ansible_collections.mssp.defender.plugins.module_utils._argspec import ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

# How the action tells an ordinary module when Ansible ends the task: the time of day and the seconds left at hand-over.
TASK_ENDS = "_MSSP_DEFENDER_TASK_ENDS"
# Clocks that differ by more are not compared.
_SKEW = 60.0

Result = dict[str, t.Any]
Body = t.Callable[[Task], Result]


def require_libraries() -> None:
    """Raise one sentence when a third-party library is missing."""
    for name in _deps.missing:
        raise Failure(
            str(missing_required_lib(name)).rstrip(". "),  # type: ignore[no-untyped-call]
            remedy="Install what the collection needs there: pip install 'msal>=1.35,<2' 'requests>=2.31,<3'.",
            code="MissingLibrary",
        )


def execute(body: Body, task: Task, secrets: t.Iterable[str] = ()) -> Result:
    """The function's result, or a failed one. Never raises, and never quotes a secret.

    :param secrets: to be masked beside those that the process has seen.
    """
    try:
        require_libraries()
        result = body(task)
    except Failure as failure:
        result = _failed(failure, task)
    except Exception as exc:  # pylint: disable=broad-except
        result = _failed(_unexpected(exc), task)
    except BaseException as exc:  # pylint: disable=broad-except
        # A panic of a library that is written in Rust, such as cryptography, is no Exception, and would take Ansible's worker
        # with it. What Python and Ansible end a task by is theirs.
        if type(exc).__module__.partition(".")[0] in ("builtins", "ansible"):
            raise
        result = _failed(_unexpected(exc), task)
    return t.cast(Result, mask(result, secrets))


def unexpected(exc: Exception) -> Result:
    """A failed result for a fault of our own, outside any task."""
    return {"failed": True, "changed": False, **_unexpected(exc).as_result()}


def mask(value: t.Any, also: t.Iterable[str] = ()) -> t.Any:
    """The value without any secret that this process has seen."""
    return remove_values(value, _secrets.seen() | set(also))  # type: ignore[no-untyped-call]


def _failed(failure: Failure, task: Task) -> Result:
    try:
        task.explain(failure)
    except Exception:  # pylint: disable=broad-except
        failure.tenant = failure.tenant or task.tenant  # the failure matters more than its explanation
    return {"failed": True, "changed": False, **failure.as_result()}


def _unexpected(exc: BaseException) -> Failure:
    # An exception's text may hold what it was given, a secret among it: only its kind and place are told.
    trace = exc.__traceback__
    place = "?"
    while trace is not None:
        code = trace.tb_frame.f_code
        if "mssp" in code.co_filename:
            place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return Failure(
        f"an unexpected error ({type(exc).__name__} at {place}) stopped the task",
        remedy="This is a fault of mssp.defender: please report it with these words and the versions of Ansible and Python "
        f"({sys.version_info.major}.{sys.version_info.minor}).",
        code="Unexpected",
    )


def tell_end(seconds: float) -> str:
    """The value of `TASK_ENDS` for a task that Ansible ends in so many seconds."""
    return f"{time.time() + seconds:.3f} {seconds:.3f}"


def _seconds_left(told: str | None) -> float | None:
    try:
        ends, seconds = map(float, (told or "").split())
    except ValueError:
        return None
    # Packing and starting the module took its part. Where the target's clock is another, only the seconds are known.
    left = ends - time.time()
    return left if seconds - _SKEW < left <= seconds else seconds


def run_module(spec: ArgumentSpec, body: Body) -> None:
    """The ordinary way: a process of its own, arguments from Ansible, the result on standard output."""
    module = AnsibleModule(supports_check_mode=True, **spec.to_kwargs())  # type: ignore[no-untyped-call]
    try:
        # module._diff is how Ansible tells a module that --diff is on; there is no public name for it.
        task = Task(
            module.params,
            check_mode=module.check_mode,
            diff_mode=module._diff,
            warn=module.warn,
            seconds=_seconds_left(os.environ.get(TASK_ENDS)),
        )
        result = execute(body, task)
    except Exception as exc:  # pylint: disable=broad-except
        result = unexpected(exc)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
