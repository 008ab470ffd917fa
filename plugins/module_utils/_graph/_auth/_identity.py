# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Who asks for a token, and where: the input of every credential method."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Identity:
    """One application in one tenant, and the hosts it talks to.

    :param tenant_id: GUID or verified domain of the customer's tenant.
    :param scope: what the token is for: `https://<graph host>/.default`.
    :param options: the module's credential options as given; a method reads those it names in `NEEDS`.
    """

    tenant_id: str
    client_id: str
    login_url: str
    scope: str
    options: t.Mapping[str, t.Any]

    @property
    def resource(self) -> str:
        """What the token is for, as its audience says it."""
        return self.scope.rpartition("/")[0]

    @property
    def authority(self) -> str:
        """The identity platform's address for this tenant."""
        return f"{self.login_url}/{self.tenant_id}"


class Method(t.Protocol):
    """One way to prove an identity; one file each in this directory."""

    NAME: str
    NEEDS: tuple[str, ...]
    # Whether the access token may lie in the run's private file.
    STORED: bool
    # Whether the token may turn out to be of another tenant than the wanted one.
    ANY_TENANT: bool

    def available(self, options: t.Mapping[str, t.Any]) -> bool:
        """Whether `auto` can try it."""

    def fingerprint(self, identity: Identity) -> str:
        """Something that changes whenever the credential does: it keeps a cached token apart from another secret's."""

    def acquire(self, identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
        """The identity platform's answer, as MSAL gives it: `access_token` and `expires_in`, or `error`."""
