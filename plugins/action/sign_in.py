# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import functools

from ansible.utils.display import Display

from ansible_collections.mssp.defender.plugins.modules import sign_in
from ansible_collections.mssp.defender.plugins.plugin_utils.in_process import action_for

# What a worker displays is printed by Ansible's parent process; on standard error at once, where standard output goes into a pipe
# as well. An ordinary module has nothing like it.
sign_in.tell = functools.partial(Display().display, stderr=True)

ActionModule = action_for(sign_in)
