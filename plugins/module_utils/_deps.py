# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The third-party libraries, imported once and never fatally.

An action plugin is imported by Ansible's strategy, outside any task: an ImportError there would end the run for
every customer. So the name is kept here, and each task that needs the library reports it (`_runner.require_libraries`).
"""

from __future__ import annotations

import logging
import typing as t

msal: t.Any = None
requests: t.Any = None
missing: list[str] = []

try:
    import requests as _requests

    requests = _requests
except ImportError:
    missing.append("requests")

try:
    import msal as _msal

    msal = _msal
except ImportError:
    missing.append("msal")

# MSAL logs an answer that it cannot read, with whatever stands in it, and Python prints what no handler takes.
_logger = logging.getLogger("msal")
_logger.addHandler(logging.NullHandler())
_logger.propagate = False
