# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python without some of its libraries, whatever is installed."""

from __future__ import annotations

import collections.abc
from pathlib import Path

# Python imports a file of this name by itself when it starts.
_FILE = "sitecustomize.py"
_BLOCKER = """
import sys


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
        return None


sys.meta_path.insert(0, Blocker())
"""


def without(directory: Path, names: collections.abc.Iterable[str]) -> dict[str, str]:
    """The environment of a run whose Pythons all lack these libraries.

    :param directory: is made, for this alone.
    """
    directory.mkdir(parents=True)
    (directory / _FILE).write_text(_BLOCKER.format(names=tuple(names)), encoding="utf-8")
    return {"PYTHONPATH": str(directory)}
