# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

pytest.importorskip("hypothesis")

from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import (
    Word,
    action,
    brief,
    document,
    guid,
    one_of,
    printable,
    tenant,
)

try:
    from ansible.template import is_trusted_as_template
except ImportError:  # before ansible-core 2.19, where a text is a template unless it is unsafe
    from ansible.utils.unsafe_proxy import AnsibleUnsafe

    def is_trusted_as_template(value):
        return not isinstance(value, AnsibleUnsafe)


ID = "3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10"


def loaded(text):
    return DataLoader().load(text)


def read_back(value, comments=None):
    return loaded(document(["Head"], {"mssp_onboard_x": value}, comments or {}))["mssp_onboard_x"]


HARD = [
    "",
    " ",
    "plain",
    "{{ lookup('pipe', 'touch /tmp/x') }}",
    "{% if true %}x{% endif %}",
    "{# gone #}",
    "!unsafe x",
    "!vault |",
    "$ANSIBLE_VAULT;1.1;AES256",
    "yes",
    "No",
    "null",
    "~",
    "1e3",
    "0x1F",
    "0o17",
    "1_000",
    ".inf",
    "2001-01-01",
    "12:30:45",
    "=",
    "<<",
    "# no comment",
    "- item",
    "key: value",
    "[1, 2]",
    "{'a': 1}",
    "\"quotes' and \\ strokes\\n",
    "line one\nline two\n",
    "\r\n\ttab",
    "\x00\x07\x1b[31m\x7f",
    "\x85\u2028\u2029\u202e\ufeff",
    "é漢😀",
    "--- ",
    "...",
    "%YAML 1.1",
    "a" * 500,
]


@pytest.mark.parametrize("text", HARD)
def test_every_text_is_read_back_as_it_is_and_never_as_a_template(text):
    for value in (text, [text], {"name": text}, [{"name": text, "more": [text]}]):
        found = read_back(value)
        assert found == value
        assert not isinstance(found, bool)
    read = read_back(text)
    assert isinstance(read, str)
    if "{" in text:
        assert not is_trusted_as_template(read)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_is_read_back(text):
    found = read_back([text, {"name": text}])
    assert found == [text, {"name": text}]
    assert "{" not in text or not is_trusted_as_template(found[0])


def test_halves_of_characters_are_written_as_what_can_be_read():
    assert read_back("\ud83d\ude00") == "😀"
    assert read_back("x\ud83dy") == "x\ufffdy"


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_comment_stays_a_comment(text):
    comments = {("mssp_onboard_x",): [text], ("mssp_onboard_x", 0): [f"- {text}"], ("mssp_onboard_x", 0, "name"): [text]}
    written = document([text, f"- {text}"], {"mssp_onboard_x": [{"name": "value"}]}, comments)
    assert loaded(written) == {"mssp_onboard_x": [{"name": "value"}]}
    for line in written.splitlines():
        assert line.lstrip().startswith(("#", "---", "mssp_onboard_x:", "- name:")), line


def test_the_document_as_a_whole():
    value = {
        "mssp_onboard_one": [],
        "mssp_onboard_tiers": [
            {"key": Word("tier1"), "group": "Tier 1", "stages": [{"approvers": [{"user": guid(ID)}], "days": 14, "more": {}}]},
            {"key": "yes", "hidden": False},
        ],
    }
    comments = {
        ("mssp_onboard_tiers", 0): ["Chosen."],
        ("mssp_onboard_tiers", 0, "stages", 0, "approvers", 0): ["Ada\nBen"],
        ("mssp_onboard_one",): ["None."],
    }
    assert document(["Customer", "", "- " + "twenty characters no " * 7], value, comments).splitlines() == [
        "---",
        "# Customer",
        "#",
        "# - " + "twenty characters no " * 5 + "twenty characters",
        "#   no twenty characters no",
        "# None.",
        "mssp_onboard_one: []",
        "mssp_onboard_tiers:",
        "  # Chosen.",
        "  - key: tier1",
        '    group: !unsafe "Tier 1"',
        "    stages:",
        "      - approvers:",
        "          # Ada\\x0aBen",
        f"          - user: {ID}",
        "        days: 14",
        "        more: {}",
        '  - key: "yes"',
        "    hidden: false",
    ]
    assert loaded(document([], value, comments)) == value


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("week", "week"),
        ("/", "/"),
        ("microsoft.xdr/secops/*/manage", "microsoft.xdr/secops/*/manage"),
        ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("1.2", '"1.2"'),
        ("no", '"no"'),
        ("1.5e+3", '"1.5e+3"'),
        ("11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-555555555555"),
    ],
)
def test_words_are_quoted_only_where_yaml_would_read_something_else(word, written):
    line = document([], {"x": Word(word)}, {}).splitlines()[1]
    assert line == f"x: {written}"
    assert loaded(line) == {"x": word}


@pytest.mark.parametrize("bad", [None, "", "x", f"{ID} ", f"{ID}\n", "{{ x }}", "microsoft.xdr/{{ x }}/read", "a.b\n", "a b.c"])
def test_what_is_no_word(bad):
    assert guid(bad) is None
    assert action(bad) is None
    assert tenant(bad) is None
    assert one_of(bad, ("week", "year")) is None


def test_words_are_made_of_what_was_checked():
    assert guid(ID) == ID
    assert tenant(ID) == ID
    assert tenant("contoso.onmicrosoft.com") == "contoso.onmicrosoft.com"
    assert action("microsoft.xdr/secops/securitydata/basics/read") == "microsoft.xdr/secops/securitydata/basics/read"
    # In the spelling of the list.
    assert one_of("KEEPACCESS", ("keepAccess",)) == "keepAccess"


def test_lines_for_the_screen():
    assert printable("a\x1b[31mb\u202ec\n") == "a\\x1b[31mb\\u202ec\\x0a"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ({"b": 1, "a": "é"}, '{"a": "é", "b": 1}'),
        ("x" * 300, '"' + "x" * 196 + "..."),
        ([{"@odata.type": "#microsoft.graph.singleUser", "userId": ID.upper()}], "'Ada'"),
        (
            [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "G"}, {"@odata.type": "#a.b.requestorManager"}],
            "'G', requestorManager",
        ),
    ],
)
def test_a_value_in_a_sentence(value, text):
    assert brief(value, {ID: "Ada"}) == text
