# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory's whole life by the official SDK: groups, their people, deleted items, users, tenants (EM A, B.8, K)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_building import unique
from sandbox_harness import BASIC, MSSP_TENANT, start_sandbox, stop_sandbox

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")

from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from official.clients import Official, ask, listed, options, reference

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """The clients, with a sandbox of their own that keeps its answers."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), {**BASIC, "journal": {"answers": True}})
    yield Official(running)
    stop_sandbox(running)


def new_group(**more: Any) -> Group:
    made = {"display_name": unique("Official"), "mail_enabled": False, "mail_nickname": "sdk", "security_enabled": True}
    return Group(**{**made, **more})


async def refused(request: Any) -> tuple[int, str]:
    """The status and code of an error."""
    with pytest.raises(ODataError) as refusal:
        await request
    return refusal.value.response_status_code, refusal.value.error.code


async def user_id(official: Official, mail: str = "admin@contoso.example") -> str:
    found = await official.v1.users.by_user_id(mail).get()
    return str(found.id)


def test_group(official: Official) -> None:
    """EM A.1, A.3, A.4, A.6."""

    async def story() -> None:
        groups = official.v1.groups
        body = new_group(description="d", group_types=[])
        made = await groups.post(body)
        assert (made.display_name, made.description, made.security_enabled) == (body.display_name, "d", True)
        assert made.renewed_date_time == made.created_date_time
        assert made.security_identifier.startswith("S-1-12-1-")
        one = groups.by_group_id(made.id)
        assert (await one.get()).display_name == body.display_name
        chosen = await ask(one, select=["id", "uniqueName", "isAssignableToRole"])
        assert (chosen.id, chosen.display_name, chosen.unique_name) == (made.id, None, None)
        assert await one.patch(Group(description="changed", display_name=f"{body.display_name} changed")) is None
        read = await one.get()
        assert (read.description, read.display_name) == ("changed", f"{body.display_name} changed")
        (found,) = await listed(groups, filter=f"displayName eq '{body.display_name} changed'")
        assert found.id == made.id
        await one.delete()
        assert await refused(one.get()) == (404, "Request_ResourceNotFound")

    official.run(story())


def test_people_of_a_group(official: Official) -> None:
    """EM A.5: links by reference, read as what they are, and refused twice."""

    async def story() -> None:
        person = await user_id(official)
        bind = [reference(official.sandbox, f"users/{person}")]
        made = await official.v1.groups.post(new_group(additional_data={"owners@odata.bind": bind}))
        one = official.v1.groups.by_group_id(made.id)
        assert [type(owner) for owner in await listed(one.owners)] == [User]
        link = ReferenceCreate(odata_id=reference(official.sandbox, f"directoryObjects/{person}"))
        await one.members.ref.post(link)
        assert await refused(one.members.ref.post(link)) == (400, "Request_BadRequest")
        (member,) = await listed(one.members)
        assert (type(member), member.id, member.user_principal_name) == (User, person, "admin@contoso.example")
        eventual = {"ConsistencyLevel": "eventual"}
        assert await one.members.count.get(options(one.members.count, eventual)) == 1
        assert [x.id for x in (await one.members.graph_user.get()).value] == [person]
        assert (await one.members.graph_group.get()).value == []
        expanded = await ask(one, expand=["members"])
        assert [each.id for each in expanded.members] == [person]
        assert [each.id for each in await listed(one.transitive_members)] == [person]
        await one.members.by_directory_object_id(person).ref.delete()
        assert await listed(one.members) == []
        assert await refused(one.members.by_directory_object_id(person).ref.delete()) == (404, "Request_ResourceNotFound")

    official.run(story())


def test_upsert_by_unique_name(official: Official) -> None:
    """EM A.2."""

    async def story() -> None:
        name = unique("official").replace(" ", "-")
        one = official.v1.groups_with_unique_name(name)
        body = new_group(unique_name=name)
        assert await refused(one.patch(body)) == (404, "Request_ResourceNotFound")
        prefer = options(one, {"Prefer": "create-if-missing"})
        made = await one.patch(body, prefer)
        assert made.display_name == body.display_name
        assert await one.patch(body, prefer) is None
        assert (await one.get()).id == made.id
        await one.delete()
        assert await refused(one.get()) == (404, "Request_ResourceNotFound")

    official.run(story())


def test_deleted_items(official: Official) -> None:
    """EM A.6: soft deletion, restoring, and the end."""

    async def story() -> None:
        made = await official.v1.groups.post(new_group())
        await official.v1.groups.by_group_id(made.id).delete()
        deleted = official.v1.directory.deleted_items
        (found,) = [item for item in await listed(deleted.graph_group) if item.id == made.id]
        assert found.deleted_date_time is not None
        one = await deleted.by_directory_object_id(made.id).get()
        assert (type(one), one.display_name) == (Group, made.display_name)
        restored = await deleted.by_directory_object_id(made.id).restore.post()
        assert (type(restored), restored.id, restored.display_name) == (Group, made.id, made.display_name)
        assert (await official.v1.groups.by_group_id(made.id).get()).deleted_date_time is None
        await official.v1.groups.by_group_id(made.id).delete()
        await deleted.by_directory_object_id(made.id).delete()
        assert await refused(deleted.by_directory_object_id(made.id).restore.post()) == (404, "Request_ResourceNotFound")

    official.run(story())


def test_users(official: Official) -> None:
    async def story() -> None:
        name = f"{unique('eve').replace(' ', '')}@contoso.example"
        made = await official.v1.users.post(
            User(
                account_enabled=True,
                display_name="Eve",
                mail_nickname="eve",
                user_principal_name=name,
                password_profile=PasswordProfile(password="not-a-secret-1", force_change_password_next_sign_in=True),
            )
        )
        one = official.v1.users.by_user_id(made.id)
        assert (await ask(one, select=["accountEnabled", "userType"])).account_enabled is True
        await one.patch(User(display_name="Eve changed"))
        (found,) = await listed(official.v1.users, filter=f"userPrincipalName eq '{name}'", select=["id", "displayName"])
        assert (found.id, found.display_name) == (made.id, "Eve changed")
        (guest,) = await listed(official.v1.users, filter="userType eq 'Guest'", select=["id", "mail", "userType"])
        assert guest.mail == "ana@mssp.example"
        await one.delete()
        assert await refused(one.get()) == (404, "Request_ResourceNotFound")

    official.run(story())


def test_tenant(official: Official) -> None:
    """EM B.8, K."""

    async def story() -> None:
        (tenant,) = await listed(official.v1.organization, select=["id", "displayName", "verifiedDomains"])
        assert tenant.id == official.sandbox.tenant()["tenant_id"]
        assert {domain.name for domain in tenant.verified_domains} >= {"contoso.example"}
        assert {domain.id for domain in await listed(official.v1.domains)} >= {"contoso.example"}
        look_up = official.v1.tenant_relationships
        by_id = await look_up.find_tenant_information_by_tenant_id_with_tenant_id(MSSP_TENANT).get()
        by_name = await look_up.find_tenant_information_by_domain_name_with_domain_name("mssp.example").get()
        assert by_id.tenant_id == by_name.tenant_id == MSSP_TENANT
        assert (by_id.default_domain_name, by_id.display_name) == ("mssp.example", "The MSSP")
        nowhere = look_up.find_tenant_information_by_domain_name_with_domain_name("nowhere.example")
        assert (await refused(nowhere.get()))[0] == 404

    official.run(story())
