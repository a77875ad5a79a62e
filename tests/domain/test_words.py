"""How text is cut into the words that search knows."""
# ruff: noqa: RUF001 - letters that look alike are what is tested

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.domain.words import index_text, parts_in, words_in


def cut(text):
    return [word.text for word in words_in(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World", ["hello", "world"]),
        ("ÉCOLE Straße ＴＯＫＹＯ", ["ecole", "strasse", "tokyo"]),
        ("snake_case-and.dots", ["snake", "case", "and", "dots"]),
        ("e\u0301te\u0301", ["ete"]),
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("iPhone東京", ["iphone", "東", "京"]),
        ("한국어", ["한", "국", "어"]),
        ("½ cup, ﬁne", ["1", "2", "cup", "fine"]),
        ("1\ufe0f\u20e3 ❤\ufe0f 🎬", ["1"]),
        ("हिन्दी", ["हिनदी"]),
        ("Ωmega ΣΑΣ", ["ωmega", "σασ"]),
        ("", []),
        ("-- \x00 \udce9 !", []),
    ],
)
def test_text_is_cut_at_what_is_no_letter_or_digit(text, words):
    assert cut(text) == words


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("GrandmaBirthday.mov", ["grandma", "birthday", "mov"]),
        ("beach2024sunset", ["beach", "2024", "sunset"]),
        ("HTMLPage_v2", ["html", "page", "v", "2"]),
        ("ÉtéÀParis", ["ete", "a", "paris"]),
        ("x", ["x"]),
        ("__", []),
    ],
)
def test_a_name_is_cut_where_words_run_together(name, parts):
    assert [word.text for word in parts_in(name)] == parts


def test_a_name_is_indexed_whole_and_in_parts():
    assert index_text("name", "GrandmaDay1.mov") == "grandmaday1 mov grandma day 1 mov"
    assert index_text("text", "GrandmaDay1.mov") == "grandmaday1 mov"


def test_a_word_knows_where_it_stands():
    text = "Der Straßenmusiker, 東京 e\u0301te\u0301!"

    assert [text[word.start : word.end] for word in words_in(text)] == [
        "Der",
        "Straßenmusiker",
        "東",
        "京",
        "e\u0301te\u0301",
    ]


def test_a_word_of_any_length_is_found_again():
    long = "a" * 5000

    assert max(map(len, cut(long))) <= 100
    assert "".join(cut(long)) == long


@given(st.text())
def test_words_hold_nothing_that_an_index_could_take_for_syntax(text):
    for word in [*words_in(text), *parts_in(text)]:
        assert word.text
        assert word.text.strip() == word.text
        assert {unicodedata.category(char)[0] for char in word.text} <= {"L", "N", "M"}
        assert 0 <= word.start < word.end <= len(text)


@given(st.text())
def test_what_was_cut_once_is_cut_the_same_again(text):
    once = index_text("text", text)

    assert index_text("text", once) == once
