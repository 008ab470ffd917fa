# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For modules that know no other address than Microsoft's: its names lead to the sandbox, and no other name leads anywhere.

Loaded by Python itself where this directory is on PYTHONPATH; the port is in the environment. The certificate is verified: the
sandbox has one for these names.
"""

import os
import socket

NAMES = ("graph.microsoft.com", "login.microsoftonline.com")
HERE = "127.0.0.1"
_look_up = socket.getaddrinfo


class Redirected(socket.socket):
    """A socket whose connections to HTTPS on this machine are the sandbox's."""

    def connect(self, address):
        """To the sandbox where HTTPS is meant."""
        if isinstance(address, tuple) and address[:2] == (HERE, 443):
            address = (HERE, int(os.environ["MSSP_BENCH_PORT"]))
        return super().connect(address)


def getaddrinfo(host, *rest, **more):
    """This machine for Microsoft's names and for itself, nothing for others."""
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (*NAMES, None, "localhost", HERE):
        raise OSError(f"the benchmark reaches no other host than the sandbox: {name}")
    return _look_up(HERE if name in NAMES else host, *rest, **more)


if os.environ.get("MSSP_BENCH_PORT"):
    socket.getaddrinfo = getaddrinfo
    socket.socket = Redirected
