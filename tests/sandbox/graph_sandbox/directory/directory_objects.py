# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/directoryObjects``: any object by id, or many by their ids."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, bad_request, not_found
from ..graph.routing import Router
from ..odata.options import render
from .types import READ_OBJECTS, type_of, with_type

router = Router(Area.DIRECTORY)
_MAXIMUM_IDS = 1000


@router.get("/directoryObjects/{id}", READ_OBJECTS)
def get_directory_object(call: Call, id: str) -> Reply:
    """One object of any kind."""
    row = call.tenant.directory.read(id)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    body = {
        "@odata.context": f"{call.root}/$metadata#directoryObjects/$entity",
        "@odata.type": f"#microsoft.graph.{row['_type']}",
    }
    return Reply(200, {**body, **render(call, type_of(row), row)})


@router.post("/directoryObjects/getByIds", READ_OBJECTS)
def get_by_ids(call: Call) -> Reply:
    """Those of the given ids that exist; ids of nothing are left out without a word (directoryobject-getbyids)."""
    body = call.body_object()
    ids, types = body.get("ids"), body.get("types")
    if not isinstance(ids, list) or not ids or len(ids) > _MAXIMUM_IDS:
        raise bad_request(Area.DIRECTORY, "The ids collection must hold between 1 and 1000 ids.")
    if not isinstance(types, list | None):
        raise bad_request(Area.DIRECTORY, "The types must be a collection of names.")
    rows = [call.tenant.directory.read(str(object_id)) for object_id in ids]
    found = [row for row in rows if row is not None and (not types or row["_type"] in types or "directoryObject" in types)]
    return Reply(
        200,
        {
            "@odata.context": f"{call.root}/$metadata#directoryObjects",
            "value": [{**render(call, type_of(row), with_type(row))} for row in found],
        },
    )
