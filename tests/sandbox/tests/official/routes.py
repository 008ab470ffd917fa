# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which model of the official SDK a request has as its body, and which one its answer is.

Nothing of that is written down here: the SDK's own request builders are walked along the path, and asked.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from kiota_abstractions.base_request_builder import BaseRequestBuilder

_PACKAGES = {"v1.0": "msgraph", "beta": "msgraph_beta"}
_FUNCTION = re.compile(r"^(?P<name>[\w.]+)\((?P<arguments>.*)\)$")
_OPTIONAL = re.compile(r"^Optional\[(?P<name>\w+)\]$")


class NoSuchRoute(LookupError):
    """The SDK has no request builder, or no such method, for a path."""


@dataclass(frozen=True)
class Models:
    """What the SDK says of one method of one path. None: it knows no body, or none that is a model."""

    body: Any
    answer: Any


def models_of(method: str, target: str) -> Models:
    """The models of a request.

    :param target: path and query, as ``/v1.0/groups/x?$select=id``.
    :raises NoSuchRoute: the SDK has no such request.
    """
    version, _slash, path = urlsplit(target).path.strip("/").partition("/")
    builder = _root(version)
    # As the SDK itself does, whose builders know no /me.
    path = re.sub(r"^me(?=/|$)", "users/me", path)
    for segment in path.split("/"):
        for name, keys in _steps(unquote(segment)):
            builder = _follow(builder, name, keys, target)
    models = _models(type(builder), method.lower())
    if models is None:
        raise NoSuchRoute(f"the SDK does not know {method} {target}")
    return models


def error_model(target: str) -> Any:
    """The model of an error."""
    package = _PACKAGES[target.strip("/").partition("/")[0]]
    return importlib.import_module(f"{package}.generated.models.o_data_errors.o_data_error").ODataError


@functools.cache
def _root(version: str) -> Any:
    module = importlib.import_module(f"{_PACKAGES[version]}.generated.base_graph_service_client")
    # Its own constructor registers serializers with an adapter; builders that are only walked need neither.
    root = object.__new__(module.BaseGraphServiceClient)
    BaseRequestBuilder.__init__(root, object(), "{+baseurl}", {})
    return root


def _steps(segment: str) -> list[tuple[str, int]]:
    """A segment as names of builders, each with the number of its keys: ``groups('x')`` is ``groups``, then an item."""
    function = _FUNCTION.match(segment)
    if function is None:
        return [(segment, 0)]
    arguments = function["arguments"]
    if not arguments:
        return [(function["name"], 0)]
    if "=" not in arguments:
        return [(function["name"], 0), (arguments.strip("'"), 0)]
    keys = [part.partition("=")[0].strip() for part in arguments.split(",")]
    return [(f"{function['name']}With{'With'.join(key[:1].upper() + key[1:] for key in keys)}", len(keys))]


def _follow(builder: Any, name: str, keys: int, target: str) -> Any:
    for attribute in _attributes(type(builder), _plain(name.replace("microsoft.graph.", "graph."))):
        try:
            found = getattr(builder, attribute)
            step = found(*["x"] * keys) if keys else found
        except ModuleNotFoundError:
            raise NoSuchRoute("the SDK's own module is missing") from None
        if isinstance(step, BaseRequestBuilder):
            return step
    by_item = next((attribute for attribute in dir(builder) if attribute.startswith("by_")), None)
    if by_item is None:
        raise NoSuchRoute(f"the SDK knows no {name} in {target}")
    return getattr(builder, by_item)(name)


@functools.cache
def _attributes(kind: type, wanted: str) -> list[str]:
    """What of a builder may be the next one: by the name of the segment, a cast with or without its prefix."""
    names = {_plain(attribute): attribute for attribute in dir(kind) if not attribute.startswith(("_", "by_"))}
    return [names[name] for name in (wanted, wanted.removeprefix("graph")) if name in names]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@functools.cache
def _models(kind: type, method: str) -> Models | None:
    handler = getattr(kind, method, None)
    if handler is None:
        return None
    typed = next((getattr(kind, name) for name in dir(kind) if name.startswith(f"{method}_as_")), handler)
    annotations = inspect.get_annotations(typed)
    return Models(_resolve(kind, annotations.get("body", "")), _resolve(kind, annotations.get("return", "")))


def _resolve(kind: type, annotation: str) -> Any:
    """The class behind an annotation, which the SDK imports only where it is used."""
    optional = _OPTIONAL.match(annotation)
    name = optional["name"] if optional else annotation
    module = inspect.getmodule(kind)
    assert module is not None
    place = re.search(rf"from (\.[\w.]*) import {name}$", inspect.getsource(module), re.MULTILINE) if name else None
    if place is None:
        return None
    return getattr(importlib.import_module(place[1], module.__package__), name)
