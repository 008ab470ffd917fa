# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local, many-tenant stand-in for the Microsoft identity platform and the parts of Graph that govern access.

It answers over TLS on loopback, keeps what it is told, and misbehaves on request. Where each fact comes from stands
in the docstring of the module that reproduces it.
"""

from __future__ import annotations
