"""What others have written is harmless on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.cli import safe_text


@pytest.mark.parametrize(
    "hostile",
    ["\x1b[2J", "\x9b31m", "a\rb", "a\nb", "\x00", "\x7f", "\u202egpj.exe", "\u2066x", "\udcff", "\u2028"],
)
def test_what_a_terminal_would_obey_is_replaced(hostile):
    assert "\N{REPLACEMENT CHARACTER}" in safe_text.one_line(hostile)
    assert len(safe_text.one_line(hostile)) == len(hostile)


@pytest.mark.parametrize(
    "name", ["Café Été.mov", "東京.mp4", "👩‍🚀.mp4", "-rf [red].mp4", "شريط.mp4", ":smile:"]
)
def test_a_name_in_any_language_stays_what_it_is(name):
    assert safe_text.one_line(name) == name


@given(st.text(alphabet=st.characters()))
def test_what_comes_out_is_one_printable_line_in_any_case(text):
    for made in (safe_text.one_line(text), safe_text.prose(text)):
        assert len(made.splitlines()) <= 1
        assert "\x1b" not in made
        made.encode("utf-8")


def test_a_traceback_keeps_its_lines():
    assert safe_text.lines("a\n\x1b[31mb\n") == "a\n\N{REPLACEMENT CHARACTER}[31mb\n"
