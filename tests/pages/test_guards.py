"""Names in texts that Markdown reads."""

from __future__ import annotations

import pytest

from pages.shared.guards import plain
from tests.hostile_names import NAMES


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("**a** _b_ `c`", r"\*\*a\*\* \_b\_ \`c\`"),
        ("[a](javascript:b)", r"\[a\](javascript\:b)"),
        (":red[a] :material/home: :smile:", "\\:red\\[a\\] \\:\u2060material/home\\: \\:\u2060smile\\:"),
        ("$x$ <b> A &amp; B", r"\$x\$ \<b\> A \&amp; B"),
        ("www.a.fr https://a.fr a@b.fr", "www\u2060.a.fr https\u2060\\://a.fr a\u2060@b.fr"),
        ("- a", r"\- a"),
        ("+ a", r"\+ a"),
        ("1. a", r"1\. a"),
        ("12 : 30", r"12 \: 30"),
    ],
)
def test_a_name_is_written_so_that_it_is_read_as_it_is(name: str, written: str) -> None:
    assert plain(name) == written


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost(name: str) -> None:
    assert plain(name).replace("\u2060", "").replace("\\", "") == name.replace("\\", "")
