# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.mssp.defender.plugins.modules import role_assignment_info
from ansible_collections.mssp.defender.plugins.plugin_utils.in_process import action_for

ActionModule = action_for(role_assignment_info)
