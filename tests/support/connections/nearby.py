# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = r"""
name: nearby
short_description: The controller, as if it were another machine
description: The local connection under another name, so that modules run the ordinary way, as over ssh.
options:
  become_success_timeout:
    type: int
    default: 10
    description: As of the local connection.
  become_strip_preamble:
    type: bool
    default: true
    description: As of the local connection.
extends_documentation_fragment:
  - connection_pipelining
"""


class Connection(Local):  # type: ignore[misc]
    """Not local for whoever asks for the transport."""

    transport = "nearby"
