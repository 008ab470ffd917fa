# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .config.loading import ConfigError, load_config
from .server import serve

EXIT_BAD_CONFIGURATION = 2
_DESCRIPTION = """A local Microsoft Graph for tests: groups, entitlement management and Defender roles of any number of
tenants, over TLS on this machine only. It keeps what it is told until it ends, and misbehaves when told to."""
_EPILOG = """The smallest FILE:
  tenants: [{display_name: Contoso, domain: contoso.example}]
A thousand tenants:
  tenants: {count: 1000, name: "Customer {n}", domain: "customer{n}.example"}

Once it listens, DIR/sandbox.json has addresses, tenants and secrets, DIR/ca.pem its certificate authority, and a browser
finds a page at its address. docs/sandbox.md has recipes; tests/sandbox/README.md has all settings.
"""


def main(argv: list[str] | None = None) -> int:
    """Parse the command line, serve until told to stop, return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python tests/sandbox",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="YAML: tenants, quirks, faults")
    parser.add_argument("--dir", required=True, type=Path, metavar="DIR", help="gets ca.pem and, when ready, sandbox.json")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    parser.add_argument("--san", action="append", default=[], metavar="NAME", help="another name for the certificate")
    options = parser.parse_args(argv)
    try:
        config = load_config(options.config)
        options.dir.mkdir(parents=True, exist_ok=True)
    except (ConfigError, OSError) as problem:
        print(f"sandbox: {problem}", file=sys.stderr)
        return EXIT_BAD_CONFIGURATION
    try:
        serve(config, options.dir, options.port, options.san)
    except ConfigError as problem:
        print(f"sandbox: {options.config}: {problem}", file=sys.stderr)
        return EXIT_BAD_CONFIGURATION
    except OSError as problem:
        print(
            f"sandbox: cannot listen on port {options.port}: {problem.strerror}. Choose another one with --port, "
            "or leave it out for a free one.",
            file=sys.stderr,
        )
        return EXIT_BAD_CONFIGURATION
    return 0
