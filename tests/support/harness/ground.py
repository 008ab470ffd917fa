# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant that is not the tests' own: what is made bears the run's name, and that alone is removed at the end.

Nothing here knows the sandbox: all is asked of Graph, which may need its time.
"""

from __future__ import annotations

import collections.abc
import functools
import secrets
import time
import typing as t
from pathlib import Path

from harness.playbook import run_playbook
from harness.pointed import Pointed
from harness.story import KNOWN_AFTER_APPLY, Step, same_changes
from harness.tenants import ASSIGNMENTS, EM, ROLES

PREFIX = "mssp-test-"
_RUN_SECONDS = 1800.0
# How long Graph may go on showing what is gone, or not show yet what is there.
_SETTLES = 300.0

Json = dict[str, t.Any]


class Ground:
    """The tenant that the configuration file names, for the tests of one file."""

    def __init__(self, pointed: Pointed) -> None:
        self.pointed = pointed
        self.tenant = pointed.tenant()
        self.run_name = PREFIX + secrets.token_hex(4)

    def name(self, words: str) -> str:
        """A name that nothing else in the tenant has."""
        return f"{self.run_name} {words}"

    def life(self, directory: Path, module: str, returned: str, wanted: Json, changed: Json, **asked: t.Any) -> tuple[Json, Json]:
        """Create, create again, change, change again: predicted exactly, and nothing the second time.

        :param asked: how the module's twin that reads is asked afterwards.
        :returns: the object, and what the twin says.
        """
        story = Story(self, directory)
        predicted = story.task(module, wanted, check=True)
        created = story.task(module, wanted)
        again = story.task(module, wanted)
        predicted_change = story.task(module, changed, check=True)
        change = story.task(module, changed)
        change_again = story.task(module, changed)
        found = story.task(f"{module}_info", asked)
        story.run()
        assert predicted.result[returned]["id"] == KNOWN_AFTER_APPLY
        same_changes(predicted, created)
        same_changes(predicted_change, change)
        assert [step.changed for step in (created, again, change, change_again)] == [True, False, True, False]
        return change_again.result[returned], found.result

    def end(self, directory: Path, module: str, absent: Json) -> None:
        """Remove it, and once more: predicted exactly, and nothing the second time."""
        story = Story(self, directory)
        predicted = story.task(module, absent, check=True)
        ended = story.task(module, absent)
        again = story.task(module, absent)
        story.run()
        same_changes(predicted, ended)
        assert [step.changed for step in (ended, again)] == [True, False]

    def ask(self, directory: Path, module: str, **arguments: t.Any) -> t.Any:
        """The result of one task."""
        story = Story(self, directory)
        step = story.task(module, arguments)
        story.run()
        return step.result

    def made(self, path: str, *, beta: bool = False) -> list[Json]:
        """What bears the run's name in a collection."""
        return [x for x in self.tenant.list(path, beta=beta) if str(x.get("displayName") or "").startswith(self.run_name)]

    def settled(self, look: collections.abc.Callable[[], t.Any]) -> None:
        """Assert that something becomes true, now or when Graph has settled."""
        end = time.monotonic() + _SETTLES
        while not look():
            assert time.monotonic() < end, "Graph has not become what was expected of it"
            time.sleep(5)

    # -- by hand -------------------------------------------------------------------------------------------------

    def group(self, words: str) -> str:
        """A group; its id."""
        return self.tenant.group(self.name(words), mailNickname=self.run_name + words.replace(" ", ""))

    def catalog(self, words: str) -> str:
        """A catalog that lets people of other tenants in; its id."""
        body = {"displayName": self.name(words), "description": "A test", "isExternallyVisible": True}
        return str(self.tenant.post(f"{EM}/catalogs", body)["id"])

    def package(self, words: str, catalog: str) -> str:
        """An access package; its id."""
        body = {"displayName": self.name(words), "description": "A test", "catalog": {"id": catalog}}
        return str(self.tenant.post(f"{EM}/accessPackages", body)["id"])

    # -- the end -------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Remove what bears the run's name, in the order in which Graph lets it go, and see that it is gone."""
        self._sweep()
        self.settled(lambda: not self._sweep())

    def _sweep(self) -> int:
        """Remove what there is to be seen; how much it was."""
        found = 0
        for look, path, beta in self._kinds():
            for item in look():
                found += 1
                self._remove(path.format(item["id"]), beta)
        return found

    def _kinds(self) -> list[tuple[collections.abc.Callable[[], list[Json]], str, bool]]:
        """What there may be: how it is found, where one lies, whether it is beta's."""
        kinds: list[tuple[collections.abc.Callable[[], list[Json]], str, bool]] = []
        if "entitlement" not in self.pointed.without:
            for name in ("assignmentPolicies", "accessPackages", "catalogs", "connectedOrganizations"):
                path = f"{EM}/{name}"
                kinds.append((functools.partial(self.made, path), path + "/{}", False))
        if "defender" not in self.pointed.without:
            kinds.append((self._assignments, ASSIGNMENTS + "/{}", True))
            kinds.append((lambda: self.made(ROLES, beta=True), ROLES + "/{}", True))
        kinds.append((lambda: self.made("groups?$select=id,displayName"), "groups/{}", False))
        deleted = "directory/deletedItems/microsoft.graph.group?$select=id,displayName"
        kinds.append((lambda: self.made(deleted), "directory/deletedItems/{}", False))
        return kinds

    def _assignments(self) -> list[Json]:
        roles = {role["id"] for role in self.made(ROLES, beta=True)}
        return [x for x in self.tenant.list(ASSIGNMENTS, beta=True) if x.get("roleDefinitionId") in roles] if roles else []

    def _remove(self, path: str, beta: bool) -> None:
        end = time.monotonic() + _SETTLES
        while True:
            answer = self.tenant.request("DELETE", path, beta=beta)
            if answer.status_code < 300 or answer.status_code == 404:
                return
            # What hung on it may still be on its way out.
            assert time.monotonic() < end, f"DELETE {path}: {answer.status_code} {answer.text}"
            time.sleep(5)


class Story:
    """Tasks of one run of ansible-playbook."""

    def __init__(self, ground: Ground, directory: Path) -> None:
        self._ground = ground
        self._directory = directory
        self._steps: dict[str, Step] = {}
        self._tasks: list[Json] = []

    def task(self, module: str, arguments: t.Mapping[str, t.Any], *, check: bool = False) -> Step:
        """A task of the collection."""
        name = f"step {len(self._tasks)}: {module}"
        self._tasks.append({"name": name, f"mssp.defender.{module}": dict(arguments), **({"check_mode": True} if check else {})})
        self._steps[name] = Step(name)
        return self._steps[name]

    def run(self) -> None:
        """All of them; each has to succeed."""
        options = {name: value for name, value in self._ground.tenant.options().items() if value}
        play = {
            "name": "A story",
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/mssp.defender.graph": options},
            "tasks": self._tasks,
        }
        result = run_playbook([play], self._directory, seconds=_RUN_SECONDS)
        assert result.rc == 0, str(result)
        for name, step in self._steps.items():
            step._result = {"value": result.task(name).result}
