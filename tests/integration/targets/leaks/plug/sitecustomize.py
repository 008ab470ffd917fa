# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loaded by every Python of a run (PYTHONPATH): makes one layer of the collection raise, with every secret in the text.

The environment variable LEAK_FILE names a JSON file: `cases` has for each name the `layer`, the exception's name
(`raises`) and the `secrets` that the test knows; `log` is a file that gets a line for each time a layer raised.
LEAK_CASE, set by the task's `environment`, chooses the case. Tokens and assertions are seen as they pass.
"""

from __future__ import annotations

import builtins
import collections.abc
import functools
import importlib
import json
import os
import sys
import typing as t
import urllib.parse

_UTILS = "ansible_collections.mssp.defender.plugins.module_utils."
# module: {what to replace in it: the layer's name}
_LAYERS = {
    f"{_UTILS}_graph._auth._client_secret": {"acquire": "method", "fingerprint": "fingerprint"},
    f"{_UTILS}_graph._auth._certificate": {
        "acquire": "method",
        "fingerprint": "fingerprint",
        "open": "certificate file",
        "_end": "certificate key",
    },
    f"{_UTILS}_graph._auth._refresh_token": {"acquire": "method", "fingerprint": "fingerprint"},
    f"{_UTILS}_graph._auth._access_token": {"acquire": "method", "fingerprint": "fingerprint"},
    f"{_UTILS}_graph._auth._claims": {"read": "claims"},
    f"{_UTILS}_graph._auth._federated": {"acquire": "method", "fingerprint": "fingerprint", "open": "federated file"},
    f"{_UTILS}_graph._auth._tokens": {
        "_load": "token file read",
        "_store": "token file written",
        "TokenSource.get": "token source",
    },
    f"{_UTILS}_graph._http": {"session": "http session"},
    f"{_UTILS}_graph._session": {"Graph._send": "session", "_body": "body"},
    f"{_UTILS}_resources.group": {"Group.find": "find", "Group.create": "create", "Group.update": "update"},
    f"{_UTILS}_task": {"Task.__init__": "task", "Task.explain": "explain", "Task.reconcile": "reconcile"},
    f"{_UTILS}_runner": {"mask": "mask"},
    "ansible_collections.mssp.defender.plugins.plugin_utils.in_process": {"InProcessAction._run_here": "action"},
    "ansible.module_utils.common.arg_spec": {"ModuleArgumentSpecValidator.validate": "validation"},
    "fcntl": {"flock": "flock"},
    "ssl": {"create_default_context": "trust"},
    "msal": {
        "ConfidentialClientApplication.__init__": "msal construction",
        "ConfidentialClientApplication.acquire_token_for_client": "msal",
        "PublicClientApplication.__init__": "msal construction",
        "PublicClientApplication.acquire_token_by_refresh_token": "msal",
    },
    "requests": {"Session.request": "request", "models.Response.json": "json"},
    "requests.adapters": {"HTTPAdapter.send": "adapter"},
    "urllib3.connectionpool": {"HTTPConnectionPool.urlopen": "urllib3"},
}
_real_import = builtins.__import__
_seen: dict[str, str] = {}


def _case() -> dict[str, t.Any]:
    name = os.environ.get("LEAK_CASE")
    if not name:
        return {}
    with open(os.environ["LEAK_FILE"], encoding="utf-8") as file:
        content = json.load(file)
    return {"name": name, "log": content["log"], **content["cases"][name]}


def _secrets(case: dict[str, t.Any]) -> dict[str, str]:
    # The password last: its ". " ends what a cautious reader of the text may quote.
    order = ("token", "assertion", "private_key", "refresh_token", "access_token", "federated", "client_secret", "password")
    # An answer can say again only what was sent there.
    sent = {"answer of token": ("assertion", "client_secret", "refresh_token"), "answer of graph": ("token",)}
    known = {**case["secrets"], **_seen}
    return {kind: known[kind] for kind in sent.get(case["layer"], order) if kind in known}


def _text(case: dict[str, t.Any]) -> str:
    """Every secret, escaped as a dictionary's representation does it and as it is; and a line for the test."""
    secrets = _secrets(case)
    with open(case["log"], "a", encoding="utf-8") as file:
        way = "worker" if "ansible.executor.task_executor" in sys.modules else "module"
        file.write(json.dumps({"case": case["name"], "kinds": sorted(secrets), "way": way}) + "\n")
    return f"boom {secrets!r} {' '.join(secrets.values())}"


def _exception(case: dict[str, t.Any]) -> BaseException:
    module, dot, name = case["raises"].rpartition(".")
    kind = getattr(importlib.import_module(module or "builtins"), name)
    text = _text(case)
    arguments: dict[str, tuple[t.Any, ...]] = {
        "OSError": (5, text),
        "JSONDecodeError": (text, text, 0),
        "MaxRetryError": (None, "https://localhost", text),
        "NewConnectionError": (None, text),
        "ReadTimeoutError": (None, "https://localhost", text),
    }
    return t.cast(BaseException, kind(*arguments.get(name, (text,))))


def _guard(original: t.Callable[..., t.Any], layer: str) -> t.Callable[..., t.Any]:
    @functools.wraps(original)
    def guarded(*args: t.Any, **kwargs: t.Any) -> t.Any:
        case = _case()
        wanted = case.get("layer", "").split(" of ")
        if wanted[0] == layer and (len(wanted) == 1 or wanted[1] == _area(args, kwargs)):
            raise _exception(case)
        if layer == "adapter":
            return _watched(original, case, *args, **kwargs)
        answer = original(*args, **kwargs)
        if case.get("layer") == f"after {layer}":
            raise _exception(case)
        return answer

    return guarded


def _area(args: t.Sequence[t.Any], kwargs: t.Mapping[str, t.Any]) -> str:
    """graph, token or discovery: by the URL among the arguments, or that of a request or an answer."""
    texts = " ".join(str(getattr(x, "url", x)) for x in (*args, *kwargs.values()))
    if "/v1.0/" in texts or "/beta/" in texts:
        return "graph"
    return "token" if "/oauth2/v2.0/token" in texts else "discovery"


def _watched(original: t.Callable[..., t.Any], case: dict[str, t.Any], adapter: t.Any, request: t.Any, **kwargs: t.Any) -> t.Any:
    """Send, remember what passes, and answer in another's name where the case says so."""
    form = dict(urllib.parse.parse_qsl(request.body)) if isinstance(request.body, str) else {}
    if "client_assertion" in form:
        _seen["assertion"] = form["client_assertion"]
    if str(request.headers.get("Authorization", "")).startswith("Bearer "):
        _seen["token"] = request.headers["Authorization"].partition(" ")[2]
    answer = original(adapter, request, **kwargs)
    area = _area([request], {})
    if area == "token" and answer.status_code == 200:
        _seen["token"] = answer.json()["access_token"]
    if not case or case["layer"] != f"answer of {area}":
        return answer
    text = _text(case)
    status, body = {
        "error": (400, {"error": {"code": "BadRequest", "message": text}}),
        "refusal": (403, {"error": {"code": "Authorization_RequestDenied", "message": text}}),
        "success": (200, text),
        "not JSON": (400, text),
        "description": (401, {"error": "invalid_client", "error_description": f"AADSTS50027: {text}", "error_codes": [50027]}),
        "known code": (401, {"error": "invalid_client", "error_description": f"AADSTS7000215: {text}"}),
        "no code": (400, {"error": text}),
    }[case["raises"]]
    answer.close()
    answer.status_code = status
    answer._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    return answer


def _replace(module: t.Any, layers: t.Mapping[str, str]) -> None:
    for path, layer in layers.items():
        *owners, name = path.split(".")
        owner = functools.reduce(getattr, owners, module)
        # A built-in function is replaced for this module alone.
        setattr(owner, name, _guard(getattr(owner, name, None) or getattr(builtins, name), layer))
    if module.__name__ == f"{_UTILS}_runner":
        _replace_body(module)
    if module.__name__ == f"{_UTILS}_graph._auth._tokens":
        module._LOCK_SECONDS = 0.1


def _replace_body(runner: t.Any) -> None:
    """The module's own function is `__main__`'s on the ordinary way, so it is replaced where it is handed over."""
    execute = runner.execute

    @functools.wraps(execute)
    def executing(body: t.Any, task: t.Any, *more: t.Any) -> t.Any:
        return execute(_guard(body, "run"), task, *more)

    runner.execute = executing


def _importing(name: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
    # Ansible puts its own finder before any of ours, so modules are replaced when the import that loaded them is done.
    found = _real_import(name, *args, **kwargs)
    for wanted in [x for x in _LAYERS if x in sys.modules]:
        module = sys.modules[wanted]
        if not getattr(module.__spec__, "_initializing", False):
            _replace(module, _LAYERS.pop(wanted))
    return found


if os.environ.get("LEAK_FILE"):
    _hook: collections.abc.Callable[..., t.Any] = _importing
    builtins.__import__ = _hook  # type: ignore[assignment]
