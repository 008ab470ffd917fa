# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assignment policy as an object with relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, EntityType, Navigation, Property, text
from .extension_types import EXTENSION
from .policy_shape import present_policy
from .policy_types import POLICY_PARTS
from .types import ACCESS_PACKAGE, CATALOG

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..store import Row


def _package(call: Call, row: Row) -> Row | None:
    return call.tenant.entitlement.packages.get(row["_package_id"])


def _catalog(call: Call, row: Row) -> Row | None:
    package = _package(call, row)
    return call.tenant.entitlement.catalogs.get(package["_catalog_id"]) if package else None


def _extension(call: Call, row: Row) -> Row | None:
    return call.tenant.entitlement.extensions.get(str(row["customExtension"]["id"]))


_EXTENSION_SETTING = EntityType(
    "customExtensionStageSetting",
    Area.ENTITLEMENT,
    {"id": Property("guid"), "stage": text()},
    navigation={"customExtension": Navigation(_extension, lambda: EXTENSION)},
)

POLICY = EntityType(
    "accessPackageAssignmentPolicy",
    Area.ENTITLEMENT,
    {
        "id": READ_ONLY_ID,
        **POLICY_PARTS,
        "createdDateTime": READ_ONLY_TIME,
        "modifiedDateTime": READ_ONLY_TIME,
    },
    navigation={
        "accessPackage": Navigation(_package, lambda: ACCESS_PACKAGE),
        "catalog": Navigation(_catalog, lambda: CATALOG),
        "customExtensionStageSettings": Navigation(lambda _call, row: row["_extensions"], lambda: _EXTENSION_SETTING, many=True),
    },
    present=present_policy,
)
