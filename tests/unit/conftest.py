# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets `pytest tests/unit` find the collection, wherever the checkout lies; and no test waits, connects or leaks state."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import socket
import sys
import tempfile

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


def _is_ours(root: pathlib.Path) -> bool:
    try:
        return (root / "ansible_collections" / "mssp" / "defender").resolve() == CHECKOUT
    except OSError:
        return False


def _importable() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.mssp.defender.plugins.module_utils") is not None
    except ImportError:
        return False


def _root() -> pathlib.Path:
    """A directory that contains ansible_collections/mssp/defender, and that is this checkout."""
    paths = [pathlib.Path(path) for path in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep) if path]
    # An installed collection: .../ansible_collections/mssp/defender. Otherwise the link that `make venv` makes.
    paths += [*CHECKOUT.parents, CHECKOUT / ".venv" / "collections"]
    for path in paths:
        if _is_ours(path):
            return path
    made = tempfile.TemporaryDirectory(prefix="mssp-unit-")
    _kept.append(made)
    link = pathlib.Path(made.name) / "ansible_collections" / "mssp" / "defender"
    link.parent.mkdir(parents=True)
    link.symlink_to(CHECKOUT, target_is_directory=True)
    return pathlib.Path(made.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []

if not _importable():
    sys.path.insert(0, str(_root()))
    importlib.invalidate_caches()
    sys.modules.pop("ansible_collections", None)

try:
    import hypothesis
except ImportError:
    pass  # the modules that need it are skipped
else:
    # The same examples in every run, nothing kept between runs, and no opinion on how fast the machine is.
    hypothesis.settings.register_profile("mssp", derandomize=True, database=None, deadline=None, max_examples=60)
    hypothesis.settings.load_profile("mssp")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch):
    """No test opens a connection, reads the developer's credentials or inherits what another one remembered."""

    def refuse(*args, **kwargs):
        raise AssertionError(f"a unit test tried to connect to {args[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in list(os.environ):
        if name.startswith(("AZURE_", "MSSP_")) or name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name)
    from ansible_collections.mssp.defender.plugins.module_utils import _secrets, _task
    from ansible_collections.mssp.defender.plugins.module_utils._graph import _http

    monkeypatch.setattr(_secrets, "_seen", set())
    monkeypatch.setattr(_task, "_graphs", {})
    monkeypatch.setattr(_http, "_sessions", {})
