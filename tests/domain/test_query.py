"""What can be written into the search box, and what it means."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shotlog.domain.query import parse
from shotlog.domain.query_tree import (
    And,
    Between,
    Camera,
    Has,
    HasField,
    Is,
    Kind,
    Not,
    Or,
    Query,
    Under,
    Words,
)
from shotlog.errors import Invalid


def words(*texts, prefix=False, fields=()):
    return Words(texts, prefix, frozenset(fields))


def utc(*numbers):
    return datetime(*numbers, tzinfo=UTC)


def test_no_words_match_everything():
    assert parse("") == parse("  ") == Query(And())


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("Beach", words("beach")),
        ("beach day", And((words("beach"), words("day")))),
        ("Été straße", And((words("ete"), words("strasse")))),
        ('"golden hour"', words("golden", "hour")),
        ("“golden hour”", words("golden", "hour")),
        ("wi-fi", words("wi", "fi")),
        ("東京", words("東", "京")),
        ("sail*", words("sail", prefix=True)),
        ('"golden ho"*', words("golden", "ho", prefix=True)),
        ("-rain", Not(words("rain"))),
        ('-"heavy rain"', Not(words("heavy", "rain"))),
        ("cat OR dog", Or((words("cat"), words("dog")))),
        ("red cat OR dog", And((words("red"), Or((words("cat"), words("dog")))))),
        ("a OR b OR c", Or((words("a"), words("b"), words("c")))),
        ("cat OR -dog", Or((words("cat"), Not(words("dog"))))),
        ('"OR" or', And((words("or"), words("or")))),
        ("salt & pepper", And((words("salt"), words("pepper")))),
        ("12:30 http://x.example", And((words("12", "30"), words("http", "x", "example")))),
        ('"type:video"', words("type", "video")),
        ('24" disc', And((words("24"), words("disc")))),
        ("(IMG_1).jpg", words("img", "1", "jpg")),
    ],
)
def test_words_and_how_they_combine(text, root):
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("type:video", Kind("video")),
        ("TYPE:Photo", Kind("photo")),
        ("-type:photo", Not(Kind("photo"))),
        ("is:analysed", Is("analysed")),
        ("is:unanalyzed", Is("unanalysed")),
        ("is:refused OR is:missing", Or((Is("refused"), Is("missing")))),
        ("has:gps", Has("gps")),
        ("has:audio", Has("audio")),
        ("has:text", HasField("text")),
        ("has:people", HasField("people")),
        ("camera:x-t5", Camera("x-t5")),
        ('camera:"canon eos"', Camera("canon eos")),
        ("name:IMG_12", words("img", "12", prefix=True, fields=["name"])),
        ('name:"Day 1"', words("day", "1", fields=["name"])),
        ("folder:smith", words("smith", fields=["folder"])),
        ("path:/films/2024/", Under("/films/2024")),
        ('folder:"/my films"', Under("/my films")),
        ("path:/", Under("/")),
        ("date:2024", Between("captured_at", utc(2024, 1, 1), utc(2025, 1, 1))),
        ("date:2024-12", Between("captured_at", utc(2024, 12, 1), utc(2025, 1, 1))),
        ("date:2024-02-29", Between("captured_at", utc(2024, 2, 29), utc(2024, 3, 1))),
        ("date:2024-05-01..2024-06", Between("captured_at", utc(2024, 5, 1), utc(2024, 7, 1))),
        ("date:..2023", Between("captured_at", None, utc(2024, 1, 1))),
        ("date:>2023", Between("captured_at", utc(2024, 1, 1), None)),
        ("date:<=2024-05", Between("captured_at", None, utc(2024, 6, 1))),
        ("duration:>30s", Between("duration_ms", 30_001, None)),
        ("duration:>=1m30s", Between("duration_ms", 90_000, None)),
        ("duration:<1:30", Between("duration_ms", None, 90_000)),
        ("duration:10s..2m", Between("duration_ms", 10_000, 120_001)),
        ("duration:7.5", Between("duration_ms", 7_500, 8_500)),
        ("duration:1h", Between("duration_ms", 3_600_000, 3_601_000)),
        ("width:>=1920", Between("width", 1920, None)),
        ("width:640..1920", Between("width", 640, 1921)),
        ("height:1080", Between("height", 1080, 1081)),
    ],
)
def test_filters(text, root):
    assert parse(text).root == root


def test_f02_when_it_was_shot_and_when_it_was_added_are_two_filters():
    assert parse("date:2024").root.fact == "captured_at"
    assert parse("added:2024").root.fact == "added_at"


def test_f05_a_duration_is_milliseconds_whatever_it_was_written_in():
    spans = {
        parse(f"duration:>={text}").root.low for text in ("90", "90s", "1.5m", "1m30s", "1:30", "90000ms")
    }

    assert spans == {90_000}


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("field:chapter boat", words("boat", fields=["chapter"])),
        ("boat field:text field:chapter", words("boat", fields=["text", "chapter"])),
        (
            "field:text cat OR -dog",
            Or((words("cat", fields=["text"]), Not(words("dog", fields=["text"])))),
        ),
        ("field:text name:x", words("x", prefix=True, fields=["name"])),
        ("field:sound", Or((HasField("sound"),))),
        ("-field:sound", Not(HasField("sound"))),
    ],
)
def test_field_says_where_words_must_stand(text, root):
    assert parse(text).root in {root, And((root,))}


def test_an_excluded_field_leaves_all_others():
    fields = parse("boat -field:name -field:folder").root.fields

    assert "chapter" in fields
    assert not fields & {"name", "folder"}


@pytest.mark.parametrize(
    "text",
    [
        '"open',
        "OR",
        "cat OR",
        "OR cat",
        "cat OR OR dog",
        "colour:red",
        "type:",
        "type: video",
        "type:film",
        "is:done",
        "has:soul",
        "date:yesterday",
        "date:2024-13",
        "date:2023-02-29",
        "date:0000",
        "date:9999",
        "date:..",
        "duration:long",
        "duration:>",
        "width:1e3",
        "width:-5",
        "width:99999999999999999999",
        "width:٣",
        "camera:",
        "field:caption",
        "field:text OR cat",
        "field:text -field:text cat",
        "***",
        "🎬",
        "cat\0",
        "x " * 41,
        "x" * 1001,
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_hint(text):
    with pytest.raises(Invalid) as caught:
        parse(text)

    assert caught.value.message
    assert caught.value.hint


def test_a_slip_of_the_pen_is_guessed():
    with pytest.raises(Invalid) as caught:
        parse("durration:>5s")

    assert "Did you mean duration" in caught.value.hint


def test_what_is_asked_for_is_not_what_is_excluded():
    assert parse("is:refused").asks_for("refused")
    assert parse("cat OR is:missing").asks_for("missing")
    assert not parse("-is:refused").asks_for("refused")
    assert parse("cat -dog OR -cow name:x").wanted == (
        words("cat"),
        words("x", prefix=True, fields=["name"]),
    )


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("cat", True),
        ("cat type:video", True),
        ("cat OR dog", True),
        ("cat OR type:photo", False),
        ("cat OR -dog", False),
        ("-cat", False),
        ("type:video", False),
        ("", False),
    ],
)
def test_whether_a_hit_needs_a_word(text, needed):
    assert parse(text).needs_words is needed


fragments = st.sampled_from(
    [
        "type:",
        "date:",
        "..",
        "duration:",
        "width:",
        "field:",
        "name:",
        "path:/",
        "OR",
        "-",
        "*",
        '"',
        " ",
        "2024",
        "5s",
        ">=",
        ":",
        "is:refused",
        "field:text",
        "NEAR(",
        "'",
        "\\",
    ]
)


@given(st.lists(fragments | st.text(max_size=8), max_size=12).map("".join))
@example("-" * 50)
@example("\ud800 a")
@example('name:"')
def test_any_text_is_understood_or_refused(text):
    try:
        query = parse(text)
    except Invalid as error:
        assert error.hint  # noqa: PT017 - either way is fine, as long as it is said
    else:
        for leaf in query.wanted:
            assert leaf.words
            assert not any(re.search(r"[\s\"'*:()&|!<>\\-]", word) for word in leaf.words)
