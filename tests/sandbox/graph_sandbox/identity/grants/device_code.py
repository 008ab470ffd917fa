# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device authorization grant, its second half: the device asks whether somebody has signed in.

Facts: learn.microsoft.com, "OAuth 2.0 device authorization grant flow", expected errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..answers import answer_person
from ..credentials import authenticate_public
from ..errors import parameter_missing
from ..grant_errors import bad_device_code, declined, device_code_expired, other_client, pending, slow_down

if TYPE_CHECKING:
    from ..sessions import DeviceFlow
    from .request import TokenRequest


def device_code(request: TokenRequest) -> dict[str, Any]:
    """A token once the person has signed in; until then the reason why not."""
    code = request.form.get("device_code") or request.form.get("code")
    if not code:
        raise parameter_missing("device_code")
    sessions = request.world.sessions
    flow = sessions.devices.get(code)
    if flow is None:
        raise bad_device_code()
    if request.form.get("client_id", "").lower() != flow.client_id:
        raise other_client()
    if flow.person is None:
        raise _not_yet(request, flow)
    tenant = request.tenant_for(flow.person)
    client = authenticate_public(request.world, tenant, request.form, request.authorization)
    answer = answer_person(request, tenant, client, flow.person, flow.scope)
    del sessions.devices[code]
    return answer


def _not_yet(request: TokenRequest, flow: DeviceFlow) -> Exception:
    now = request.world.clock.now().timestamp()
    if flow.declined:
        return declined()
    if now >= flow.expires:
        return device_code_expired()
    too_soon = flow.polled is not None and now - flow.polled < request.world.config.device_code_interval
    flow.polled = now
    return slow_down() if too_soon and request.world.config.device_code_slow_down else pending()
