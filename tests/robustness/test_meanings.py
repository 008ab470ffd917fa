# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Graph may answer of what was written is never a difference, and every real difference is: for every property."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sweeps import meanings as of
from sweeps import sizes

from ansible_collections.mssp.defender.plugins.module_utils import _normalise
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, put
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import differences
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import STAGES, Policy

_RESOURCES: tuple[type[Resource], ...] = (Group, DefenderRole, ConnectedOrganization, Catalog, AccessPackage, Policy)
# The same examples in every run, nothing kept, and no opinion on how fast the machine is.
_thoroughly = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=500 if sizes.FULL else 25,
    suppress_health_check=list(HealthCheck),
)

_STAGE = {
    "durationBeforeAutomaticDenial": of.DURATION,
    "isApproverJustificationRequired": of.FLAG,
    "isEscalationEnabled": of.FLAG,
    "durationBeforeEscalation": of.DURATION,
    "approverInformationVisibility": of.enum("default", "notVisible", "visible", default="default"),
    "primaryApprovers": of.SUBJECTS,
    "fallbackPrimaryApprovers": of.SUBJECTS,
    "escalationApprovers": of.SUBJECTS,
    "fallbackEscalationApprovers": of.SUBJECTS,
}
# resource -> path in Graph -> what kind of value stands there.
KINDS: dict[str, dict[str, of.Kind]] = {
    "group": {
        "displayName": of.NAME,
        "description": of.TEXT,
        "mailNickname": of.KEY,
        "uniqueName": of.KEY,
        "isAssignableToRole": of.FLAG,
    },
    "Defender role": {"displayName": of.NAME, "description": of.TEXT, "rolePermissions": of.PERMISSIONS},
    "connected organization": {
        "displayName": of.NAME,
        "description": of.TEXT,
        "state": of.enum("configured", "proposed", default="configured"),
    },
    "catalog": {
        "displayName": of.NAME,
        "description": of.TEXT,
        "state": of.enum("published", "unpublished"),
        "isExternallyVisible": of.FLAG,
    },
    "access package": {"displayName": of.NAME, "description": of.TEXT, "isHidden": of.FLAG},
    "assignment policy": {
        "displayName": of.NAME,
        "description": of.TEXT,
        "allowedTargetScope": of.enum(
            "notSpecified", "specificDirectoryUsers", "specificConnectedOrganizationUsers", default="notSpecified"
        ),
        "specificAllowedTargets": of.SUBJECTS,
        "expiration": of.EXPIRATION,
        **{
            f"requestorSettings.{name}": of.FLAG
            for name in (
                "enableTargetsToSelfAddAccess",
                "enableTargetsToSelfUpdateAccess",
                "enableTargetsToSelfRemoveAccess",
                "allowCustomAssignmentSchedule",
                "enableOnBehalfRequestorsToAddAccess",
                "enableOnBehalfRequestorsToUpdateAccess",
                "enableOnBehalfRequestorsToRemoveAccess",
            )
        },
        "requestorSettings.onBehalfRequestors": of.SUBJECTS,
        "requestApprovalSettings.isApprovalRequiredForAdd": of.FLAG,
        "requestApprovalSettings.isApprovalRequiredForUpdate": of.FLAG,
        "requestApprovalSettings.isRequestorJustificationRequired": of.FLAG,
        "requestApprovalSettings.stages": of.STAGES,
        **{f"requestApprovalSettings.stages.{number}.{name}": kind for number in range(STAGES) for name, kind in _STAGE.items()},
        "reviewSettings.isEnabled": of.FLAG,
        "reviewSettings.expirationBehavior": of.enum("removeAccess", "keepAccess", "acceptAccessRecommendation"),
        "reviewSettings.isRecommendationEnabled": of.ON_BY_DEFAULT,
        "reviewSettings.isReviewerJustificationRequired": of.ON_BY_DEFAULT,
        "reviewSettings.isSelfReview": of.FLAG,
        "reviewSettings.schedule.startDateTime": of.INSTANT,
        "reviewSettings.schedule.expiration": of.EXPIRATION,
        "reviewSettings.schedule.recurrence": of.RECURRENCE,
        "reviewSettings.primaryReviewers": of.SUBJECTS,
        "reviewSettings.fallbackReviewers": of.SUBJECTS,
        "notificationSettings.isAssignmentNotificationDisabled": of.FLAG,
        "questions": of.QUESTIONS,
    },
}
_PROPERTIES = [(resource, prop) for resource in _RESOURCES for prop in resource.properties]
_COMPARED = [(resource, prop) for resource, prop in _PROPERTIES if prop.compared]


def _name(value: t.Any) -> str:
    return value.path if isinstance(value, Property) else value.type


def entity(path: str, told: t.Any) -> Entity:
    """An object that has one value, or lacks it."""
    made: Entity = {"id": "00000000-0000-4000-8000-000000000000"}
    if told is not of.ABSENT:
        put(made, path, told)
    return made


def test_every_property_has_a_kind() -> None:
    there = {(resource.type, prop.path) for resource, prop in _PROPERTIES}
    known = {(resource, path) for resource, paths in KINDS.items() for path in paths}

    assert known == there


@pytest.mark.parametrize(("resource", "prop"), _PROPERTIES, ids=_name)
def test_what_graph_answers_of_what_was_written_is_no_difference(resource: type[Resource], prop: Property) -> None:
    kind = KINDS[resource.type][prop.path]

    @_thoroughly
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        value = data.draw(kind.values)
        current = entity(prop.path, data.draw(kind.spelled(value)))
        assert differences([prop], current, entity(prop.path, kind.written(value))) == []

    holds()


@pytest.mark.parametrize(("resource", "prop"), _COMPARED, ids=_name)
def test_a_real_difference_is_one(resource: type[Resource], prop: Property) -> None:
    kind = KINDS[resource.type][prop.path]

    @_thoroughly
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        there, wanted = data.draw(kind.values), data.draw(kind.values)
        assume(there != wanted)
        current = entity(prop.path, data.draw(kind.spelled(there)))
        found = differences([prop], current, entity(prop.path, kind.written(wanted)))
        assert [one.path for one, _before, _after in found] == [prop.path]

    holds()


def test_a_start_that_the_service_has_moved_is_no_difference() -> None:
    """The one that is not compared: reviews that have begun keep their day (practice B.6)."""
    (start,) = [prop for _resource, prop in _PROPERTIES if not prop.compared]
    current, wanted = entity(start.path, "2027-01-01T00:00:00Z"), entity(start.path, "2028-01-01T00:00:00Z")

    assert start.path == "reviewSettings.schedule.startDateTime"
    assert differences([start], current, wanted) == []


# Normalisers that stand in no table of properties.
_OTHERS: dict[str, tuple[_normalise.Normaliser, of.Kind]] = {
    "instant": (_normalise.instant, of.INSTANT),
    "words": (
        _normalise.words,
        of.Kind(
            st.frozensets(st.sampled_from(["mde", "mdo", "/"])),
            sorted,
            lambda x: st.permutations([*x, *x]).flatmap(lambda y: st.sampled_from([list(y), [z.upper() for z in y]])),
        ),
    ),
    "number_or": (
        _normalise.number_or(30),
        of.Kind(st.integers(0, 60), int, lambda x: st.sampled_from([x, str(x), *([None] if x == 30 else [])])),
    ),
}


@pytest.mark.parametrize("name", _OTHERS)
def test_normalisers_beside_the_tables(name: str) -> None:
    same, kind = _OTHERS[name]

    @_thoroughly
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        there, wanted = data.draw(kind.values), data.draw(kind.values)
        assert same(data.draw(kind.spelled(there))) == same(kind.written(there))
        assert (same(data.draw(kind.spelled(there))) == same(kind.written(wanted))) == (there == wanted)

    holds()
