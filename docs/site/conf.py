# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration. The pages are put together by build.py beside this."""

from __future__ import annotations

project = "mssp.defender"
copyright = "mssp.defender contributors"
html_title = "mssp.defender"
html_short_title = "mssp.defender"
root_doc = "index"
# antsibull_ext knows Ansible's own markup in the reference; myst_parser reads the guides.
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
# As GitHub makes them: the guides are written for GitHub first.
myst_heading_anchors = 6
# Markup of Ansible in code is text; and a console block shows what a program printed as well.
suppress_warnings = ["misc.highlighting_failure"]
smartquotes = False
default_role = "any"
nitpicky = False
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_theme_options = {"top_of_page_buttons": [], "navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"
