# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's own certificate authority and its server certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


def make_server_context(directory: Path, extra_names: list[str]) -> tuple[ssl.SSLContext, Path]:
    """Make a CA and a certificate for loopback (and more names), write ``ca.pem``, return the context and that path."""
    authority = trustme.CA(organization_name="Graph sandbox")
    certificate = authority.issue_cert("localhost", "127.0.0.1", *extra_names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    path = (directory / "ca.pem").resolve()
    authority.cert_pem.write_to_path(path)
    return context, path
