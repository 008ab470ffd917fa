# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: what a task, a customer and a fleet cost, against Ansible's own tasks in the same run.

    python tests/bench [--size small|full] [--only tasks,requests,fleet,latency,scale,azure] [--out .bench]

Figures of different machines do not compare; ratios of one run do.
"""

from __future__ import annotations

import argparse
import collections.abc
import sys
import tempfile
import typing as t
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from bench import azure, fleet, latency, report, requests_sent, scale, tasks  # noqa: E402
from bench.sizes import SIZES, Size  # noqa: E402

PARTS: dict[str, collections.abc.Callable[[Size, Path], t.Any]] = {
    "tasks": tasks.measure,
    "requests": requests_sent.measure,
    "fleet": fleet.measure,
    "latency": latency.measure,
    "scale": scale.measure,
    "azure": azure.measure,
}


def main() -> int:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--out", type=Path, default=Path(".bench"))
    arguments = parser.parse_args()
    chosen = arguments.only.split(",")
    if unknown := sorted(set(chosen) - set(PARTS)):
        parser.error(f"there is no part {', '.join(unknown)}; choose of {', '.join(PARTS)}")
    found: dict[str, t.Any] = {"size": arguments.size}
    with tempfile.TemporaryDirectory(prefix="mssp-bench-") as directory:
        for name in chosen:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            found[name] = PARTS[name](SIZES[arguments.size], Path(directory) / name)
    print(report.write(found, arguments.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
