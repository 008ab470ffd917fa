# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Who somebody is: name, home tenant and what tells it, whether enabled, and when they were last there (practice S10)."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Json, key, moment

_SIGN_INS = ("lastSuccessfulSignInDateTime", "lastSignInDateTime", "lastNonInteractiveSignInDateTime")
_NAMES = (("displayName", "display_name"), ("userPrincipalName", "principal_name"), ("mail", "mail"))


class People:
    """Everybody of whom anything was read, by id."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._users: dict[str, Json] = {}
        for group in facts.read("groups"):
            for member in (x for relation in ("transitive_members", "members", "owners") for x in group.get(relation) or []):
                if member.get("type") == "user":
                    self._add(member)
        for listed in ("people", "users"):
            for user in facts.read(listed):
                self._add(user)
        self._mssp = {key(x["id"]): x.get("determined_by") or [] for x in facts.read("people")}
        organizations = {key(x.get("id")) for x in facts.organizations}
        # Whom entitlement management counts to the MSSP's organization, known or not yet in the directory.
        self._counted = set()
        self._subjects: dict[str, Json] = {}
        for assignment in facts.read("assignments"):
            target = assignment.get("target") or {}
            known = key(target.get("id")) or key(target.get("email"))
            self._subjects.setdefault(known, target)
            if key((assignment.get("connectedOrganization") or {}).get("id")) in organizations:
                self._counted.add(known)
        self.mssp_ids = frozenset(self._mssp) | frozenset(x for x in self._counted if x in self._users)

    def _add(self, user: Json) -> None:
        known = self._users.setdefault(key(user["id"]), {})
        known.update({name: value for name, value in user.items() if value is not None})

    def user(self, user_id: t.Any) -> Json:
        """What is known of a user; empty for nobody."""
        return self._users.get(key(user_id), {})

    def is_mssp(self, user_id: t.Any) -> bool:
        """Whether somebody belongs to the MSSP's tenant."""
        return key(user_id) in self._mssp or key(user_id) in self._counted

    def is_foreign(self, user_id: t.Any) -> bool:
        """Whether somebody comes from another tenant: a guest, or of the MSSP whatever the account's type."""
        user = self.user(user_id)
        return self.is_mssp(user_id) or key(user.get("userType")) == "guest" or "#ext#" in key(user.get("userPrincipalName"))

    def person(self, user_id: t.Any, subject: Json | None = None) -> Json:
        """Somebody as the documents write them.

        :param subject: how an assignment names them, for whoever is not in the directory.
        """
        user = self.user(user_id)
        subject = subject or self._subjects.get(key(user_id)) or {}
        made: Json = {"id": str(user_id) if user_id else None}
        made.update({mine: user.get(theirs) for theirs, mine in _NAMES})
        made["display_name"] = made["display_name"] or subject.get("displayName")
        made["principal_name"] = made["principal_name"] or subject.get("principalName") or subject.get("userPrincipalName")
        made["mail"] = made["mail"] or subject.get("email")
        home, how = self._home(key(user_id) or key(subject.get("email")), user, made["mail"])
        return {**made, "home_tenant": home, "determined_by": how}

    def _home(self, known: str, user: Json, mail: t.Any) -> tuple[str | None, str | None]:
        if known in self._mssp:
            return self._facts.mssp, ", ".join(self._mssp[known]) or "connected organization"
        if known in self._counted:
            return self._facts.mssp, "assignment"
        principal = key(user.get("userPrincipalName"))
        if principal and key(user.get("userType")) != "guest" and "#ext#" not in principal:
            return self._facts.tenant.get("id"), "member of this directory"
        domain = str(mail or "").rpartition("@")[2].lower()
        return (domain, "mail address") if domain else (None, None)

    def enabled(self, user_id: t.Any) -> bool | None:
        """Whether the account may sign in; None when that is not known."""
        value = self.user(user_id).get("accountEnabled")
        return None if value is None else bool(value)

    def pending(self, user_id: t.Any) -> bool:
        """Whether an invitation was never accepted."""
        return key(self.user(user_id).get("externalUserState")) == "pendingacceptance"

    def created(self, user_id: t.Any) -> datetime.datetime | None:
        """When the account was made."""
        return moment(self.user(user_id).get("createdDateTime"))

    def last_sign_in(self, user_id: t.Any) -> datetime.datetime | None:
        """The latest of all kinds of sign-in; None for never, or unknown."""
        activity = self.user(user_id).get("signInActivity") or {}
        return max((x for x in (moment(activity.get(name)) for name in _SIGN_INS) if x), default=None)

    @property
    def anybody_signs_in(self) -> bool:
        """Whether a sign-in is known of anybody: null for everybody means a missing licence or permission."""
        return any(self.last_sign_in(user_id) for user_id in self._users)
