# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the sandbox: ``python tests/sandbox --config FILE --dir DIR [--port N] [--san NAME ...]``."""

from __future__ import annotations

import sys
from pathlib import Path

# The package lies beside this file and is run from the checkout, without being installed.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from graph_sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
