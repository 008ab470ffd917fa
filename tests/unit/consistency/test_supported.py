# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is supported is said alike wherever it is said: by Galaxy's metadata, README, the test matrix and the requirements."""

from __future__ import annotations

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def pairs() -> list[tuple[str, str]]:
    """(ansible-core, Python) of tests/matrix.sh, oldest first."""
    (found,) = re.findall(r"^MATRIX=\((.*)\)$", text("tests/matrix.sh"), re.MULTILINE)
    return re.findall(r'"([\d.]+) ([\d.]+)"', found)


def newest() -> str:
    """The ansible-core of .venv, on which everything runs."""
    (found,) = re.findall(r"^ansible-core>=([\d.]+),", text("requirements-dev.txt"), re.MULTILINE)
    return found


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_the_oldest_ansible_core() -> None:
    oldest = pairs()[0][0]
    assert yaml.safe_load(text("meta/runtime.yml"))["requires_ansible"] == f">={oldest}.0"
    assert f"ansible-core {oldest} and later" in text("README.md")
    for path in ROOT.glob("roles/*/meta/main.yml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["galaxy_info"]["min_ansible_version"] == oldest, path


def test_the_matrix_is_in_order_and_has_what_we_develop_on_beside_it() -> None:
    cores = [core for core, dummy in pairs()]
    assert cores == sorted(cores, key=number)
    assert newest() not in cores
    assert number(cores[0]) < number(newest()) < number(cores[-1])
    assert f"'ansible-core>={cores[0]},<" in text("Makefile")
    assert f"ansible-core>={newest()}," in text("tests/release_check.py")


def test_the_oldest_python() -> None:
    (said,) = re.findall(r"Python ([\d.]+) and later on the controller", text("README.md"))
    assert yaml.safe_load(text("tests/config.yml"))["modules"]["python_requires"] == f">={said}"
    assert f'target-version = "py{said.replace(".", "")}"' in text("pyproject.toml")
    # Each ansible-core is run on a Python that it supports and that we do.
    assert all(number(said) <= number(python) for dummy, python in pairs())


def test_what_pip_installs_is_what_modules_ask_for() -> None:
    """requirements.txt, what the unit tests of ansible-test install, and the sentence of a module that lacks them."""
    needed = set(re.findall(r"^(\w+[<>=][^\s#]+)", text("requirements.txt"), re.MULTILINE))
    assert len(needed) == 2
    assert needed <= set(re.findall(r"^(\w+[<>=][^\s#]+)", text("tests/unit/requirements.txt"), re.MULTILINE))
    said = text("plugins/module_utils/_runner.py")
    assert {x for x in needed if x not in said} == set()
