# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Files that are there whole or not at all, and whole directories of them, readable by their owner only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import typing as t
from pathlib import Path

MANIFEST = "MANIFEST.sha256"


def write(path: Path, text: str) -> None:
    """Put a file where it belongs, in one step: whoever reads it meanwhile sees the old one or the new one.

    :raises OSError: the old one is as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_bytes(text))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_directory(path: Path, files: t.Mapping[str, str]) -> bool:
    """Put a directory of files with a manifest where it belongs; the files' names are plain and in no directory.

    :returns: whether it was written; one that is there with the same files stays as it is.
    :raises OSError: what was there is there.
    """
    manifest = manifest_of(files)
    if _holds(path, files, manifest):
        return False
    make_private(path.parent)
    made = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    old = made.with_name(f"{made.name}.old")
    try:
        for name, text in {**files, MANIFEST: manifest}.items():
            target = os.open(made / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(target, "wb") as file:
                file.write(_bytes(text))
                file.flush()
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.rename(path, old)
        try:
            os.rename(made, path)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                os.rename(old, path)
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return True


def make_private(directory: Path) -> None:
    """A directory and those above it, as far as they are not there, for their owner only.

    Parents that pathlib makes by itself would be for everybody. What is there keeps its mode.
    """
    for each in reversed([directory, *directory.parents]):
        each.mkdir(mode=0o700, exist_ok=True)


def manifest_of(files: t.Mapping[str, str]) -> str:
    """What `sha256sum --check` reads."""
    return "".join(f"{hashlib.sha256(_bytes(text)).hexdigest()}  {name}\n" for name, text in sorted(files.items()))


def _holds(path: Path, files: t.Mapping[str, str], manifest: str) -> bool:
    """Whether a directory holds these files and no others."""
    try:
        if {x.name for x in path.iterdir()} != {*files, MANIFEST}:
            return False
        return all((path / name).read_bytes() == _bytes(text) for name, text in {**files, MANIFEST: manifest}.items())
    except OSError:
        return False


def _bytes(text: str) -> bytes:
    """As UTF-8. Half a character, which a name from JSON may have, becomes a question mark and ends no report."""
    return text.encode("utf-8", "replace")
