# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide uses and nobody has here: the Azure CLI, a cluster that writes federated tokens, PowerShell."""

from __future__ import annotations

import json
import re
import time
import typing as t
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from harness.tenants import Tenant
from joserfc import jwt
from joserfc.jwk import RSAKey

# The arguments of each command are kept, one list a line. A file that is named with @ has to be there, as az wants it.
_AZ = """#!{python}
import json, pathlib, sys
words = sys.argv[1:]
for word in words:
    if word.startswith("@"):
        pathlib.Path(word[1:]).read_text()
with open({log!r}, "a") as log:
    log.write(json.dumps(words) + "\\n")
if words[:3] == ["ad", "app", "create"]:
    named, audience = (words[words.index(x) + 1] for x in ("--display-name", "--sign-in-audience"))
    print({ids!r}[named, audience])
"""


class AzureCli:
    """An `az` that writes down what it is told, and knows the ids of the applications that it is to make.

    :param ids: (name, who may sign in) -> application id.
    """

    def __init__(self, directory: Path, python: str, ids: t.Mapping[tuple[str, str], str]) -> None:
        self._log = directory / "az.log"
        self.program = directory / "bin" / "az"
        self.program.parent.mkdir(parents=True)
        self.program.write_text(_AZ.format(python=python, log=str(self._log), ids=dict(ids)), encoding="utf-8")
        self.program.chmod(0o700)

    def told(self, *words: str) -> list[dict[str, list[str]]]:
        """The options of each command that begins with these words."""
        commands = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        return [_options(command[len(words) :]) for command in commands if command[: len(words)] == list(words)]


def _options(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            name = word
            found[name] = []
        else:
            found[name].append(word)
    return found


class Cluster:
    """Whoever writes the federated token of the guide's JSON file."""

    def __init__(self, directory: Path, credential: t.Mapping[str, t.Any]) -> None:
        self._credential = credential
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = serialization.Encoding.PEM
        self._key = RSAKey.import_key(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        self._public = directory / "cluster.pem"
        self._public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))

    def trusted(self) -> dict[str, str]:
        """The federated credential in the sandbox's configuration."""
        (audience,) = self._credential["audiences"]
        own = {name: str(self._credential[name]) for name in ("issuer", "subject")}
        return {**own, "audience": audience, "keys": str(self._public)}

    def write(self, path: Path) -> None:
        """A token of an hour."""
        trusted, now = self.trusted(), int(time.time())
        claims = {"iss": trusted["issuer"], "sub": trusted["subject"], "aud": trusted["audience"]}
        text = jwt.encode({"alg": "RS256", "typ": "JWT"}, {**claims, "iat": now, "nbf": now, "exp": now + 3600}, self._key)
        path.write_text(text, encoding="utf-8")


_LINE = re.compile(
    r"""(?:\$(\w+) = )?Invoke-MgGraphRequest -Method (\w+) -Uri "([^"]*)"(?: -Body (?:'([^']*)'|"((?:[^"]|"")*)"))?$"""
)
_CONSTANT = re.compile(r"\$(\w+) = '([^']*)'(?: +#.*)?$")


def powershell(tenant: Tenant, script: str) -> None:
    """Send the requests of a script as an administrator of the customer would: each must succeed.

    It knows texts, `$name`, `$($name.id)` and Invoke-MgGraphRequest; whatever else stands there is an error.
    """
    values: dict[str, t.Any] = {}

    def filled(text: str) -> str:
        text = re.sub(r"\$\(\$(\w+)\.id\)", lambda found: str(values[found[1]]["id"]), text)
        return re.sub(r"\$(\w+)", lambda found: str(values[found[1]]), text).replace('""', '"')

    for line in script.splitlines():
        if line.startswith("Connect-MgGraph ") or not line.strip():
            continue
        if constant := _CONSTANT.match(line):
            values[constant[1]] = constant[2]
            continue
        sent = _LINE.match(line)
        assert sent, line
        name, method, uri, literal, quoted = sent.groups()
        version, _slash, path = filled(uri).partition("/")
        body = json.loads(literal or filled(quoted)) if literal or quoted else None
        answer = tenant.call(method, path, body, beta=version == "beta")
        if name:
            values[name] = answer
