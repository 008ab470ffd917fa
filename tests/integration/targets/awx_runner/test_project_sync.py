# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a project sync does with the checkout, and what ansible-builder makes of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness.paths import REPOSITORY
from harness.playbook import environment, programs


def run(command: list[str], directory: Path, *, cwd: Path = REPOSITORY, collections: Path) -> str:
    """The output of a command that must succeed, in an environment that knows no collection but those."""
    env = {**environment(directory / "home"), "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where AWX has installed what collections/requirements.yml asks for. It runs at the root of the checkout."""
    directory = tmp_path_factory.mktemp("sync")
    target = directory / "requirements_collections"
    # A galaxy server that nobody answers for: what is wanted is here.
    install = [str(programs() / "ansible-galaxy"), "collection", "install", "--server", "https://127.0.0.1:1"]
    run([*install, "-r", "collections/requirements.yml", "-p", str(target)], directory, collections=target)
    return target


def test_the_checkout_installs_itself(synced: Path) -> None:
    (namespace,) = (synced / "ansible_collections").glob("[a-z]*")
    installed = namespace / "defender"
    assert json.loads((installed / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["namespace"] == "mssp"
    for name in ("roles/mssp_onboard", "plugins/modules/aad_group.py", "extensions/awx/configure.yml", "bindep.txt"):
        assert (installed / name).exists(), name
    for name in ("tests", "collections", "inventories"):
        assert not (installed / name).exists(), name


def test_a_playbook_of_the_project_finds_its_role_there(synced: Path, tmp_path: Path) -> None:
    (tmp_path / "playbooks").symlink_to(REPOSITORY / "playbooks")
    command = [str(programs() / "ansible-playbook"), "--syntax-check", "-i", "localhost,", "playbooks/audit.yml"]
    run(command, tmp_path, cwd=tmp_path, collections=synced)


def builder() -> str:
    """ansible-builder, where there is one."""
    found = shutil.which("ansible-builder", path=os.pathsep.join([os.environ.get("MSSP_TEST_AWX", ""), os.environ["PATH"]]))
    if not found:
        pytest.skip("There is no ansible-builder here: `make awx` installs one and runs this.")
    return found


def test_ansible_builder_knows_what_the_collection_needs(synced: Path, tmp_path: Path) -> None:
    told = run([builder(), "introspect", str(synced), "--sanitize"], tmp_path, collections=synced)
    assert "msal>=" in told
    assert "requests>=" in told


def test_ansible_builder_makes_a_context(synced: Path, tmp_path: Path) -> None:
    program = builder()
    (tmp_path / "extensions" / "awx").mkdir(parents=True)
    (tmp_path / ".build").mkdir()
    (tmp_path / ".build" / "mssp-defender.tar.gz").write_bytes(b"a collection")
    file = tmp_path / "extensions" / "awx" / "execution-environment.yml"
    shutil.copy(REPOSITORY / "extensions" / "awx" / "execution-environment.yml", file)
    context = tmp_path / "context"
    command = [program, "create", "--file", str(file), "--context", str(context), "--output-filename", "Containerfile"]
    run(command, tmp_path, cwd=tmp_path, collections=synced)
    assert "ansible-core>=" in (context / "Containerfile").read_text(encoding="utf-8")
    assert (context / "_build" / "mssp-defender.tar.gz").is_file()
    assert "mssp-defender.tar.gz" in (context / "_build" / "requirements.yml").read_text(encoding="utf-8")
