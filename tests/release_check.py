# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make release-check`: the tarball as a user gets it.

It is built, installed by plain ansible-galaxy beside nothing but what it declares, documented, and run against the sandbox from a
folder that is not the repository. `python release_check.py 'ansible-core>=2.16,<2.17'` does so beside another ansible-core.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from harness import onboarding  # noqa: E402

CORE = "ansible-core>=2.19,<2.20"
# What one default customer has afterwards.
_BUILT = {"groups": 3, "roles": 2, "catalogs": 1, "packages": 3, "policies": 3}


class User:
    """Somebody with an empty home and an empty folder, who has Python and the tarball."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "work"
        self.folder.mkdir()
        self.collections = home / "collections"
        self.programs = home / "venv" / "bin"
        # Nothing of make's or of the developer's; pip's own settings say how this network is reached.
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()}
        self.environment = {
            **kept,
            "HOME": str(home),
            "PATH": f"{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_NOCOLOR": "1",
        }

    def run(self, *command: str, **more: str) -> str:
        """A command in the user's folder; what it printed. It must succeed.

        :raises SystemExit: with everything that it printed.
        """
        env = {**self.environment, **more}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run(command, cwd=self.folder, env=env, text=True, check=False, **pipes)
        if done.returncode:
            raise SystemExit(f"release-check: {' '.join(command)} failed:\n{done.stdout}")
        return done.stdout


def build(directory: Path) -> Path:
    """The tarball, judged by check_tarball.py."""
    galaxy = str(Path(sys.executable).parent / "ansible-galaxy")
    subprocess.run([galaxy, "collection", "build", "--force", "--output-path", str(directory), str(ROOT)], check=True)
    (tarball,) = directory.glob("mssp-defender-*.tar.gz")
    if subprocess.run([sys.executable, str(ROOT / "tests" / "check_tarball.py"), str(tarball)], check=False).returncode:
        raise SystemExit("release-check: the tarball is not what is committed")
    return tarball


def install(user: User, tarball: Path, core: str) -> Path:
    """The collection and what it declares, each by its own tool; where it lies."""
    venv.create(user.programs.parent, with_pip=True)
    pip = [str(user.programs / "python"), "-m", "pip", "install", "--quiet"]
    user.run(*pip, core)
    user.run("ansible-galaxy", "collection", "install", str(tarball))
    installed = user.collections / "ansible_collections" / "mssp" / "defender"
    # Its own file, out of the tarball.
    user.run(*pip, "-r", str(installed / "requirements.txt"))
    return installed


def documented(user: User, installed: Path) -> None:
    """Every module and role has documentation, every playbook can be read."""
    user.run("ansible-doc", "-t", "module", "--metadata-dump", "mssp.defender")
    for role in sorted((installed / "roles").iterdir()):
        user.run("ansible-doc", "-t", "role", f"mssp.defender.{role.name}")
    for playbook in sorted((installed / "playbooks").glob("*.yml")):
        user.run("ansible-playbook", "--syntax-check", f"mssp.defender.{playbook.stem}", "-i", "localhost,")


def onboarded(user: User) -> None:
    """One customer is onboarded by the installed copy, and a second run changes nothing.

    :raises SystemExit: when the tenant does not hold what it should, or the second run writes.
    """
    shutil.copytree(ROOT / "inventories" / "sandbox", user.folder / "inventory")
    with onboarding.running(user.home) as job:
        contoso = job.tenant("contoso")
        command = ("ansible-playbook", "mssp.defender.onboard", "-i", "inventory", "--limit", "contoso")
        where = {"MSSP_SANDBOX": str(user.home / "sandbox" / "sandbox.json")}
        user.run(*command, **where)
        there = onboarding.estate(contoso).counts
        if {name: there[name] for name in _BUILT} != _BUILT:
            raise SystemExit(f"release-check: the tenant holds {there}, and should hold {_BUILT}")
        job.sandbox.log.clear()
        user.run(*command, **where)
        if job.sandbox.log.writes():
            raise SystemExit(f"release-check: the second run has written: {job.sandbox.log.writes()}")


def main(core: str = CORE) -> int:
    """0 when all of it went well."""
    with tempfile.TemporaryDirectory(prefix="mssp-release-") as directory:
        home = Path(directory)
        tarball = build(home)
        user = User(home)
        installed = install(user, tarball, core)
        documented(user, installed)
        onboarded(user)
    print(f"{tarball.name}, beside {core} and requirements.txt: installed, documented, one customer onboarded; again: no write")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
