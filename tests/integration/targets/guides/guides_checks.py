# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of a block that is not run: it parses, and its playbooks, modules, options, variables and files are there."""

from __future__ import annotations

import ast
import collections.abc
import configparser
import functools
import json
import re
import shlex
import subprocess
import textwrap
import typing as t

import yaml
from harness.guide import Block, blocks
from harness.paths import REPOSITORY
from harness.playbook import programs

# Programs that are not ours, and what the guides want of them. Their arguments are checked by nobody here.
FOREIGN = {
    "ansible-builder": "makes the image that AWX runs jobs in",
    "az": "the Azure CLI registers applications",
    "base64": "of coreutils",
    "cat": "of coreutils",
    "cd": "of the shell",
    "chmod": "of coreutils",
    "cp": "of coreutils",
    "curl": "asks the sandbox, or a controller",
    "date": "of coreutils",
    "echo": "of the shell",
    "export": "of the shell",
    "git": "fetches the collection",
    "install": "of coreutils",
    "jq": "reads a file that a playbook has written",
    "mkdir": "of coreutils",
    "openssl": "makes a certificate",
    "pass": "keeps a vault's password",
    "podman": "builds an image",
    "printf": "of the shell",
    "read": "of the shell",
    "sha256sum": "checks a manifest",
    "umask": "of the shell",
    "unset": "of the shell",
}
# Blocks that hold nothing for Ansible: what a program has printed, a picture, the customer's own commands.
SHOWN = {
    "": "what a program printed",
    "text": "what a program printed",
    "mermaid": "a picture",
    "powershell": "the customer's own",
}
OUR_PROGRAMS = ("ansible-playbook", "ansible-galaxy", "ansible-vault", "ansible-inventory", "ansible-doc", "ansible")
_VARIABLE = re.compile(r"\bmssp_[a-z0-9_]+\b")


class _Loader(yaml.SafeLoader):
    """YAML as Ansible writes it: a vaulted value is text."""


_Loader.add_constructor("!vault", lambda loader, node: loader.construct_scalar(node))
_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def problems(block: Block) -> list[str]:
    """What is wrong with a block."""
    judge = _BY_LANGUAGE.get(block.language)
    if judge is None:
        return [] if block.language in SHOWN else [f"nobody knows how to check a block of '{block.language}'"]
    return list(judge(block))


@functools.cache
def options(program: str, *words: str) -> frozenset[str]:
    """The options that a program of Ansible has, out of its own help."""
    done = subprocess.run([str(programs() / program), *words, "--help"], capture_output=True, text=True, check=True)
    return frozenset(re.findall(r"(?<![\w-])(--?[a-zA-Z][\w-]*)", done.stdout))


@functools.cache
def variables() -> frozenset[str]:
    """The variables of ours that something reads."""
    sources = [path for folder in ("playbooks", "roles", "plugins", "extensions") for path in (REPOSITORY / folder).rglob("*")]
    read = [x.read_text(encoding="utf-8") for x in sources if x.suffix in (".yml", ".py", ".j2")]
    return frozenset(name for text in read for name in _VARIABLE.findall(text))


@functools.cache
def _plugins(kind: str) -> dict[str, frozenset[str]]:
    """The options of each plugin of this collection that is of a kind, with those of its fragments."""
    command = [str(programs() / "ansible-doc"), "-t", kind, "--metadata-dump", "mssp.defender"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name: frozenset(said["doc"]["options"]) for name, said in json.loads(done.stdout)["all"][kind].items()}


def options_of(name: str, kind: str = "module") -> frozenset[str]:
    """The options of a plugin of this collection; none where there is no such plugin."""
    return _plugins(kind).get(f"mssp.defender.{name}", frozenset())


# -- commands ------------------------------------------------------------------------------------------------------------


def _console(block: Block) -> collections.abc.Iterator[str]:
    if not block.commands:
        yield "has no line that begins with a dollar, or with root's hash"
    for command in block.commands:
        yield from _command(block, command)


def _command(block: Block, command: str) -> collections.abc.Iterator[str]:
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    simple: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("();<>|&"):
            # What follows an arrow is a file.
            if not set(word) & set("<>"):
                yield from _simple(block, simple)
                simple = []
        else:
            simple.append(word)


def _simple(block: Block, words: list[str]) -> collections.abc.Iterator[str]:
    while words and re.match(r"\w+=", words[0]):
        words = words[1:]
    # Of an environment's own directory, such as .venv/bin/ansible-playbook.
    program, arguments = words[0].rpartition("/")[2] if words else "", words[1:]
    if not words or program in FOREIGN:
        return
    if program == "make":
        goals = re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        yield from (f"make has no goal '{x}'" for x in arguments if "=" not in x and not x.startswith("-") and x not in goals)
    elif program in ("python", "python3", "pip"):
        paths = [x for x in arguments if "/" in x or x.endswith((".txt", ".py"))]
        yield from (f"there is no {x}" for x in paths if not x.startswith(("/", "$", ".venv")) and not (REPOSITORY / x).exists())
    elif program in OUR_PROGRAMS:
        known = options(program, *[x for x in arguments[:1] if program == "ansible-galaxy"])
        known |= options(program, *arguments[:2]) if program == "ansible-galaxy" else frozenset()
        known |= options(program, arguments[0]) if program == "ansible-vault" else frozenset()
        for word in arguments:
            if re.match(r"--[a-z]|-[a-zA-Z]$", word) and word.split("=")[0] not in known:
                yield f"{program} has no option {word.split('=')[0]}"
            yield from (
                f"nothing reads the variable {x}" for x in _VARIABLE.findall(word) if x not in variables() and "=" in word
            )
        if program == "ansible-playbook":
            yield from _playbooks(block, arguments)
    else:
        yield f"nobody knows the program '{program}': say in FOREIGN what it is for"


def _playbooks(block: Block, arguments: list[str]) -> collections.abc.Iterator[str]:
    files = {x.path for x in blocks(block.page)}
    ours = {f"mssp.defender.{x.stem}" for x in (REPOSITORY / "playbooks").glob("*.yml")}
    before = ""
    named = []
    for word in arguments:
        if (word.startswith("mssp.defender.") or word.endswith((".yml", ".yaml"))) and before not in ("-i", "-e", "--vault-id"):
            named.append(word.removeprefix("@"))
        before = word
    if not named:
        yield "ansible-playbook is given no playbook"
    yield from (f"there is no playbook {x}" for x in named if x not in ours | files and not (REPOSITORY / x).is_file())


def _shell(block: Block) -> collections.abc.Iterator[str]:
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    if done.returncode:
        yield done.stderr.strip()


# -- data ----------------------------------------------------------------------------------------------------------------


def _yaml(block: Block) -> collections.abc.Iterator[str]:
    try:
        documents = list(yaml.load_all(block.text, Loader=_Loader))
    except yaml.YAMLError as error:
        yield str(error)
        return
    for document in documents:
        yield from _node(document)


def _node(node: t.Any) -> collections.abc.Iterator[str]:
    """Tasks of ours by their options, variables of ours by their names, wherever they stand."""
    if isinstance(node, list):
        for item in node:
            yield from _node(item)
    if not isinstance(node, dict):
        return
    if str(node.get("plugin", "")).startswith("mssp.defender."):
        known = options_of(str(node["plugin"]).removeprefix("mssp.defender."), "inventory")
        yield from (f"{node['plugin']} has no option {x}" for x in node if x not in known)
    for key, value in node.items():
        name = str(key)
        if name == "import_playbook" or name.endswith("builtin.import_playbook"):
            playbook = str(value).removeprefix("mssp.defender.")
            if str(value).startswith("mssp.defender.") and not (REPOSITORY / "playbooks" / f"{playbook}.yml").is_file():
                yield f"there is no playbook {value}"
        elif name == "group/mssp.defender.graph" and isinstance(value, dict):
            yield from (f"modules of the group have no option {x}" for x in value if x not in options_of("aad_group"))
        elif name.startswith("mssp.defender."):
            known = options_of(name.removeprefix("mssp.defender."))
            if not known:
                yield f"there is no module {name}"
            elif isinstance(value, dict):
                yield from (f"{name} has no option {x}" for x in value if x not in known)
        elif _VARIABLE.fullmatch(name) and name not in variables():
            yield f"nothing reads the variable {name}"
        yield from _node(value)


def _json(block: Block) -> collections.abc.Iterator[str]:
    try:
        json.loads(block.text)
    except ValueError as error:
        yield str(error)


def _python(block: Block) -> collections.abc.Iterator[str]:
    try:
        ast.parse(textwrap.dedent(block.text).replace("#!/usr", "# /usr"))
    except SyntaxError as error:
        # Part of a list, which its page says where to put.
        if not re.fullmatch(r"#.*\n( +\S+,\n)+", block.text):
            yield str(error)


def _ini(block: Block) -> collections.abc.Iterator[str]:
    try:
        configparser.ConfigParser(interpolation=None).read_string(block.text)
    except configparser.Error as error:
        yield str(error)


_BY_LANGUAGE: dict[str, collections.abc.Callable[[Block], collections.abc.Iterable[str]]] = {
    "console": _console,
    "bash": _shell,
    "sh": _shell,
    "yaml": _yaml,
    "yml": _yaml,
    "json": _json,
    "ini": _ini,
    "python": _python,
}
