# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something that keeps objects as AWX's API does, so that awx.awx can be run without a controller.

It knows names, links between objects, stored secrets, and those refusals that reference/awx.md has seen. It is no proof of what a
controller does: that an order of tasks resolves, that nothing is changed twice, and that check mode writes nothing, it can tell.
"""

from __future__ import annotations

import collections.abc
import contextlib
import http.server
import json
import re
import threading
import typing as t
import urllib.parse
from pathlib import Path

Json = dict[str, t.Any]

_UNIFIED = ("job_templates", "workflow_job_templates", "projects", "inventory_sources")
_ROLES = ("execute", "approval", "admin", "read")
# What AWX has where nothing was said; only what a comparison could stumble over.
_DEFAULTS: dict[str, Json] = {
    "inventories": {"kind": "", "host_filter": None},
    "workflow_job_template_nodes": {"unified_job_template": None, "job_slice_count": None},
    "projects": {"scm_revision": "1"},
}
_TYPES = {"workflow_job_template_nodes": "workflow_job_template_node"}


class Refused(Exception):
    """A 400 with this body."""


class Controller:
    """The objects by collection and id; `writes` is every request that was not a GET."""

    def __init__(self, repository: Path) -> None:
        self.objects: dict[str, dict[int, Json]] = {}
        self.links: dict[str, list[int]] = {}
        self.surveys: dict[int, Json] = {}
        self.writes: list[tuple[str, str]] = []
        self._repository = repository
        self._next = 1
        # What an empty controller has.
        self.add("organizations", {"name": "Default"})
        self.add("credential_types", {"name": "Source Control", "inputs": {"fields": []}})
        self.add("credentials", {"name": "Ansible Galaxy", "credential_type": 2})

    def names(self, collection: str) -> set[str]:
        """Of all objects there."""
        return {x.get("name") or x["identifier"] for x in self.objects.get(collection, {}).values()}

    def named(self, collection: str, name: str) -> Json:
        """The only one of this name."""
        (found,) = [x for x in self.objects[collection].values() if name in (x.get("name"), x.get("identifier"))]
        return found

    def linked(self, collection: str, name: str, association: str) -> set[str]:
        """What an object is linked to, by name."""
        link = f"{collection}/{self.named(collection, name)['id']}/{association}"
        return {self.find(x).get("name") or self.find(x)["identifier"] for x in self.links.get(link, [])}

    def find(self, number: int) -> Json:
        """Any object."""
        return next(x[number] for x in self.objects.values() if number in x)

    def add(self, collection: str, body: Json) -> Json:
        """Make an object."""
        number, self._next = self._next, self._next + 1
        url = f"/api/v2/{collection}/{number}/"
        roles = {f"{role}_role": {"id": number * 10 + index} for index, role in enumerate(_ROLES)}
        made = {
            **_DEFAULTS.get(collection, {}),
            **body,
            "id": number,
            "url": url,
            "type": _TYPES.get(collection, collection[:-1]),
            "related": {"survey_spec": f"{url}survey_spec/"},
            "summary_fields": {"object_roles": roles},
        }
        self.objects.setdefault(collection, {})[number] = made
        return made

    # -- requests ------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: Json, body: Json) -> tuple[int, t.Any]:
        """(status, body)."""
        if method != "GET":
            self.writes.append((method, path))
        collection, number, rest = ([*path.removeprefix("/api/v2/").strip("/").split("/"), "", ""])[:3]
        if collection == "roles" or rest not in ("", "survey_spec", "create_approval_template"):
            return self._association(method, f"{collection}/{number}/{rest}", body)
        if not number:
            return self._collection(method, collection, query, body)
        if int(number) not in self.objects.get(collection, {}):
            return 404, {"detail": "Not found."}
        found = self.objects[collection][int(number)]
        if rest == "survey_spec":
            if method == "POST":
                self.surveys[found["id"]] = body
            return 200, self.surveys.get(found["id"], {})
        if rest == "create_approval_template":
            made = self.add("workflow_approval_templates", body)
            found.update(unified_job_template=made["id"], related={"unified_job_template": made["url"]})
            return 201, made
        if method == "DELETE":
            self._delete(collection, found)
            return 204, None
        if method == "PATCH":
            self._check(collection, {**found, **body})
            found.update(body)
        return 200, self._shown(collection, found)

    def _collection(self, method: str, collection: str, query: Json, body: Json) -> tuple[int, t.Any]:
        if method == "POST":
            self._check(collection, body)
            return 201, self._shown(collection, self.add(collection, body))
        kept = [collection] if collection != "unified_job_templates" else list(_UNIFIED)
        found = [self._shown(x, y) for x in kept for y in self.objects.get(x, {}).values() if self._matches(y, query)]
        return 200, {"count": len(found), "next": None, "results": found}

    @staticmethod
    def _matches(found: Json, query: Json) -> bool:
        wanted = {key: value for key, value in query.items() if key not in ("page", "page_size")}
        return all(str(found.get(key.removeprefix("or__"))) == value for key, value in wanted.items())

    def _association(self, method: str, link: str, body: Json) -> tuple[int, t.Any]:
        ids = self.links.setdefault(link, [])
        if method == "GET":
            return 200, {"count": len(ids), "next": None, "results": [{"id": x} for x in ids]}
        if body.get("disassociate"):
            ids.remove(body["id"])
        else:
            self.find(body["id"])
            ids.append(body["id"])
        return 204, None

    def _delete(self, collection: str, found: Json) -> None:
        del self.objects[collection][found["id"]]
        for kept in self.objects.values():
            for number, other in list(kept.items()):
                if any(other.get(key) == found["id"] for key in ("workflow_job_template", "inventory") if collection != "teams"):
                    kept.pop(number, None)
                elif other.get("unified_job_template") == found["id"] and "rrule" in other:
                    del kept[number]

    def _shown(self, collection: str, found: Json) -> Json:
        if collection != "credentials" or "inputs" not in found:
            return found
        fields = self.find(found["credential_type"])["inputs"]["fields"]
        secrets = {x["id"] for x in fields if x.get("secret")}
        return {**found, "inputs": {k: "$encrypted$" if k in secrets else v for k, v in found["inputs"].items()}}

    # -- what AWX refuses ----------------------------------------------------------------------------------------

    def _check(self, collection: str, body: Json) -> None:
        if collection == "inventory_sources" and self.find(body["source_project"])["scm_type"] == "":
            raise Refused("Cannot use manual project for SCM-based inventory.")
        if collection == "job_templates" and not (self._repository / body["playbook"]).is_file():
            raise Refused("Playbook not found for project.")
        if collection == "schedules":
            if not re.search(r"DTSTART(;TZID=[^:]+:\d{8}T\d{6}|:\d{8}T\d{6}Z)", body["rrule"]):
                raise Refused("DTSTART cannot be a naive datetime")
            if "INTERVAL=" not in body["rrule"]:
                raise Refused("INTERVAL required in rrule")
        if collection == "credentials":
            known = {x["id"] for x in self.find(body["credential_type"])["inputs"]["fields"]}
            if unknown := set(body.get("inputs", {})) - known:
                raise Refused(f"Invalid input keys {unknown}")


@contextlib.contextmanager
def running(repository: Path) -> collections.abc.Iterator[tuple[Controller, str]]:
    """The controller and its address, for the time of the block."""
    controller = Controller(repository)

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                body = json.loads(content) if content else {}
                status, told = controller.answer(self.command, url.path, dict(urllib.parse.parse_qsl(url.query)), body)
            except Refused as refused:
                status, told = 400, {"__all__": [str(refused)]}
            except Exception as exc:
                status, told = 400, {"__all__": [f"the stand-in fell over: {exc!r} at {self.command} {self.path}"]}
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.end_headers()
            if told is not None:
                self.wfile.write(json.dumps(told).encode())

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, *arguments: t.Any) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield controller, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
