# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all failures: read from YAML, written as docs/troubleshooting.md, held against the code.

The table lies beside the tests that provoke each row (tests/integration/targets/errors/table). Nothing in here but
`provoking.py` and `standin.py` needs more than the standard library and PyYAML.
"""
