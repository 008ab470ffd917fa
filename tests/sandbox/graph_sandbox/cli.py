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


def main(argv: list[str] | None = None) -> int:
    """Parse the command line, serve until told to stop, return the exit status."""
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
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
