# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Separation of duties: packages and groups that nobody may have together with a package (EM E.3)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..odata.options import answer_collection
from ..store import Row
from .common import CONTEXT, READ, WRITE, make_router, require
from .types import ACCESS_PACKAGE

router = make_router()


@router.get("/accessPackages/{id}/incompatibleAccessPackages", READ)
def list_packages(call: Call, id: str) -> Reply:
    """Packages that this one excludes."""
    return _list(call, id, "incompatibleAccessPackages")


@router.get("/accessPackages/{id}/incompatibleGroups", READ)
def list_groups(call: Call, id: str) -> Reply:
    """Groups that this one excludes."""
    return _list(call, id, "incompatibleGroups")


@router.get("/accessPackages/{id}/accessPackagesIncompatibleWith", READ)
def list_reverse(call: Call, id: str) -> Reply:
    """Packages that exclude this one."""
    return _list(call, id, "accessPackagesIncompatibleWith")


@router.get("/accessPackages/{id}/incompatibleAccessPackages/$ref", READ)
def list_package_references(call: Call, id: str) -> Reply:
    """The same as references."""
    return _references(call, id, "incompatibleAccessPackages", f"{CONTEXT}accessPackages")


@router.get("/accessPackages/{id}/incompatibleGroups/$ref", READ)
def list_group_references(call: Call, id: str) -> Reply:
    """The same as references."""
    return _references(call, id, "incompatibleGroups", "groups")


@router.post("/accessPackages/{id}/incompatibleAccessPackages/$ref", WRITE)
def add_package(call: Call, id: str) -> Reply:
    """204."""
    other = require(call.tenant.entitlement.packages, call.reference())
    return _add(call, id, "incompatible_packages", other)


@router.post("/accessPackages/{id}/incompatibleGroups/$ref", WRITE)
def add_group(call: Call, id: str) -> Reply:
    """204."""
    return _add(call, id, "incompatible_groups", require(call.tenant.directory.groups, call.reference()))


@router.delete("/accessPackages/{id}/incompatibleAccessPackages/{other_id}/$ref", WRITE)
def remove_package(call: Call, id: str, other_id: str) -> Reply:
    """204."""
    return _remove(call, id, "incompatible_packages", other_id)


@router.delete("/accessPackages/{id}/incompatibleGroups/{other_id}/$ref", WRITE)
def remove_group(call: Call, id: str, other_id: str) -> Reply:
    """204."""
    return _remove(call, id, "incompatible_groups", other_id)


def _list(call: Call, package_id: str, relation: str) -> Reply:
    package = require(call.tenant.entitlement.packages, package_id)
    navigation = ACCESS_PACKAGE.navigation[relation]
    context = f"{CONTEXT}accessPackages('{package['id']}')/{relation}"
    return answer_collection(call, navigation.target(), navigation.resolve(call, package), context)


def _references(call: Call, package_id: str, relation: str, path: str) -> Reply:
    package = require(call.tenant.entitlement.packages, package_id)
    rows = ACCESS_PACKAGE.navigation[relation].resolve(call, package)
    return Reply(
        200,
        {
            "@odata.context": f"{call.root}/$metadata#Collection($ref)",
            "value": [{"@odata.id": f"{call.root}/{path}/{row['id']}"} for row in rows],
        },
    )


def _add(call: Call, package_id: str, relation: str, other: Row) -> Reply:
    package = require(call.tenant.entitlement.packages, package_id)
    links = getattr(call.tenant.entitlement, relation).setdefault(package["id"], {})
    if other["id"] in links:
        raise GraphError(400, "DuplicateKey", "There is already a duplicated entity")
    links[other["id"]] = None
    return Reply(204)


def _remove(call: Call, package_id: str, relation: str, other_id: str) -> Reply:
    package = require(call.tenant.entitlement.packages, package_id)
    links = getattr(call.tenant.entitlement, relation).get(package["id"], {})
    if other_id.lower() not in links:
        raise not_found(Area.ENTITLEMENT, other_id)
    del links[other_id.lower()]
    return Reply(204)
