# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration tests stand on: a sandbox, plain HTTP beside the collection, and real playbook runs.

Nothing in here imports from `plugins/`: the tests must be able to show the collection wrong.
"""
