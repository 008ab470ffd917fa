# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the built collection holds: everything that an installed one needs, and nothing else. python check_tarball.py FILE."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Made by the build itself, or turned into it (galaxy.yml).
_MADE = {"MANIFEST.json", "FILES.json", "galaxy.yml"}
# Tracked, and of use to nobody who has installed the collection.
_STAYS = (".", "collections/", "inventories/", "tests/", "Makefile", "pyproject.toml", "requirements-", "docs/site/")


def main(tarball: str) -> int:
    """0 when the tarball is what git says it should be."""
    with tarfile.open(tarball) as archive:
        inside = {member.name for member in archive.getmembers() if member.isfile()} - _MADE
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    wanted = {name for name in listed if name and (ROOT / name).is_file() and not name.startswith(_STAYS)} - _MADE
    strangers, lacking = sorted(inside - wanted), sorted(wanted - inside)
    for name in strangers:
        print(f"in the tarball, but not to be: {name}")
    for name in lacking:
        print(f"not in the tarball, but to be: {name}")
    print(f"{Path(tarball).name}: {len(inside)} files")
    return 1 if strangers or lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
