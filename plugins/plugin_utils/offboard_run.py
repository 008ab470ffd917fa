# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""An offboarding of the role mssp_onboard: what its tasks have found so far, and what the next one tells its module."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_changes import predicted, results
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_plan import Ending, Seen, assignments_of, judge
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_facts import Run

Values = t.Mapping[str, t.Any]
Item = dict[str, t.Any]

_CLOSED = ("add", "extend", "on_behalf_add", "on_behalf_extend")


class Offboarding(Run):
    """The facts of one customer whose access ends.

    :param variables: the host's facts and registered results, as they are.
    :param force: end what the customer uses otherwise as well.
    :param guests: delete the MSSP's guests too.
    :param now: in UTC, naive; injected by tests.
    """

    def __init__(
        self, variables: Values, *, force: bool = False, guests: bool = False, now: datetime.datetime | None = None
    ) -> None:
        super().__init__(variables)
        self.force = force
        self.guests = guests
        self.now = now or datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self._ending: Ending | None = None

    def seen(self) -> Seen:
        """What the look at the tenant has found."""

        def listed(name: str, returned: str) -> list[Item]:
            return list(self.result(f"offboard_{name}").get(returned) or [])

        return Seen(
            groups=[result.get("groups") or [] for result in self.result("offboard_groups").get("results") or []],
            catalogs=listed("catalogs", "catalogs"),
            packages=listed("packages", "access_packages"),
            policies=listed("policies", "policies"),
            roles=listed("roles", "roles"),
            organizations=listed("organizations", "connected_orgs"),
            assignments=listed("assignments", "assignments"),
            requests=listed("requests", "requests"),
            users=listed("users", "users"),
            settings=self.result("preflight").get("settings"),
        )

    def ending(self) -> Ending:
        """What is to end, by the first look: the tasks that remove do not look again, but for assignments."""
        if self._ending is None:
            first = self.result("offboard_begun").get("ending")
            self._ending = Ending(**first) if first else judge(self.plan, self.seen(), force=self.force, now=self.now)
        return self._ending

    def items(self, step: str) -> list[Item]:
        """The items of a step's loop: `name`, the module's `options`, and when the step `began`."""
        began = self.now.replace(microsecond=0).isoformat() + "Z"
        return [{"name": name, "options": options, "began": began} for name, options in _ITEMS[step](self)]


Told = t.Iterable[tuple[str, Item]]


def _name(entity: Values) -> str:
    return str(entity.get("displayName") or entity.get("id"))


def person(entity: Values) -> str:
    """How people call somebody: by name and address."""
    name = entity.get("displayName") or entity.get("email") or entity.get("principalName") or entity.get("id") or "somebody"
    address = entity.get("email") or entity.get("mail") or entity.get("principalName")
    return f"{name} ({address})" if address and address != name else str(name)


def assignment_name(assignment: Values) -> str:
    """Which package somebody has."""
    return f"{_name(assignment.get('accessPackage') or {})}: {person(assignment.get('target') or {})}"


def policy_name(policy: Values) -> str:
    """The policies of our packages have one name."""
    return f"{_name(policy.get('accessPackage') or {})}: {_name(policy)}"


def _policy(policy: Values) -> Item:
    package = policy.get("accessPackage") or {}
    return {
        "policy_id": policy["id"],
        "name": policy["displayName"],
        "access_package": {key: package.get(key) for key in ("id", "displayName")},
    }


def _absent(force: bool, **options: t.Any) -> Item:
    return {**options, "state": "absent", "force": force}


# What stands in the way was judged by the look, and lists may go on showing for a while what is gone. The service itself refuses
# to delete policies and packages that people have, and catalogs with packages.
_JUDGED = True


def _group_filters(run: Offboarding) -> Told:
    for group in run.plan["groups"]:
        stated = group["options"].get("group_id")
        yield group["name"], {"group_id": stated} if stated else {"unique_name": unique_name(run.mssp, group["key"])}


def _door_catalog(run: Offboarding) -> Told:
    # Others go on requesting what is theirs in a catalog that is left.
    for catalog in run.ending().catalogs:
        yield _name(catalog), {"catalog_id": catalog["id"], "name": catalog["displayName"], "published": False}


def _door_policies(run: Offboarding) -> Told:
    for policy in run.ending().policies:
        yield policy_name(policy), {**_policy(policy), "requests": dict.fromkeys(_CLOSED, False)}


def _requests(run: Offboarding) -> Told:
    for request in run.ending().requests:
        who = request.get("target") or request.get("requestor") or {}
        yield f"{_name(request.get('accessPackage') or {})}: {person(who)}", {"request_id": request["id"], "decision": "cancel"}


def _groups_of(run: Offboarding) -> list[Item]:
    return [{key: group[key] for key in ("id", "displayName")} for group in run.ending().our_groups]


def _defender_assignments(run: Offboarding) -> Told:
    for role in run.ending().unassigned:
        options = {"role_id": role["id"], "name": role["displayName"]}
        whole = role in run.ending().roles and run.force
        yield (
            _name(role),
            {**options, "assigned_groups": [], "purge_assignments": True}
            if whole
            else {**options, "unassigned_groups": _groups_of(run)},
        )


def _defender_roles(run: Offboarding) -> Told:
    for role in run.ending().roles:
        options = {"role_id": role["id"], "name": role["displayName"], "unassigned_groups": _groups_of(run)}
        yield _name(role), _absent(run.force, **options)


def _assignments(run: Offboarding) -> Told:
    # Looked at once more when the door is closed: a request may have been approved meanwhile.
    later = run.result("offboard_assignments_later").get("assignments")
    there = run.ending().assignments if later is None else assignments_of(run.ending().packages, later)
    for assignment in there:
        yield assignment_name(assignment), {"assignment_id": assignment["id"], "state": "absent"}


def _policies(run: Offboarding) -> Told:
    for policy in run.ending().policies:
        yield policy_name(policy), _absent(_JUDGED, **_policy(policy))


def _packages(run: Offboarding) -> Told:
    for package in run.ending().packages:
        yield _name(package), _absent(_JUDGED, package_id=package["id"], name=package["displayName"])


def _role_scopes(run: Offboarding) -> Told:
    for package in run.ending().packages:
        yield _name(package), {"package_id": package["id"], "name": package["displayName"], "resource_roles": []}


def _resources(run: Offboarding) -> Told:
    kept = [{"id": x["originId"], "displayName": x["displayName"]} for x in run.ending().kept]
    for catalog in run.ending().emptied:
        yield _name(catalog), {"catalog_id": catalog["id"], "name": catalog["displayName"], "groups": kept}


def _catalog(run: Offboarding) -> Told:
    for catalog in run.ending().catalogs:
        yield _name(catalog), _absent(_JUDGED, catalog_id=catalog["id"], name=catalog["displayName"])


def _groups(run: Offboarding) -> Told:
    for group in run.ending().groups:
        accounted = [{"id": x} for x in run.ending().accounted.get(str(group["id"])) or []]
        yield _name(group), _absent(run.force, group_id=group["id"], name=group["displayName"], members=accounted)


def _organization(run: Offboarding) -> Told:
    for organization in run.ending().organizations:
        yield _name(organization), _absent(_JUDGED, org_tenant_id=run.mssp, name=organization["displayName"])


def _guests(run: Offboarding) -> Told:
    for user in run.ending().users:
        # In check mode the assignments are still there, and would stand in the way.
        yield person(user), _absent(run.force or predicted(run.variables), user=user["id"])


_ITEMS: t.Mapping[str, t.Callable[[Offboarding], Told]] = {
    "group_filters": _group_filters,
    "door_catalog": _door_catalog,
    "door_policies": _door_policies,
    "requests": _requests,
    "defender_assignments": _defender_assignments,
    "defender_roles": _defender_roles,
    "assignments": _assignments,
    "policies": _policies,
    "role_scopes": _role_scopes,
    "packages": _packages,
    "resources": _resources,
    "catalog": _catalog,
    "groups": _groups,
    "organization": _organization,
    "guests": _guests,
}


def look(run: Offboarding) -> Item:
    """What the tasks that read need beside the plan."""
    organizations = run.seen().organizations
    catalogs = run.seen().catalogs
    return {
        "features": [*run.plan["features"], *(["delete_guests"] if run.guests else [])],
        "guests": run.guests,
        "users": {"connected_org": {"id": organizations[0]["id"]}} if organizations else {"org_tenant_id": run.mssp},
        "catalog": {"catalog": {"id": catalogs[0]["id"]}} if len(catalogs) == 1 else {},
        "same": word(run.mssp) in ("", word((run.result("preflight").get("tenant") or {}).get("id"))),
    }


def ended(run: Offboarding) -> list[Item]:
    """The assignments to wait for: those that this run ends, and those that an interrupted one has sent the request for."""
    return [dict(result["item"]) for result in results(run.variables, "assignments") if not result.get("check_mode")]
