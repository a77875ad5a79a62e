"""How single sightings become captions."""

import numpy as np
import pytest

from shotlog.vision.captions import captions, printed
from shotlog.vision.ocr import Line
from shotlog.vision.trace import Piece
from shotlog.vision.words import Sighting, same_words

PIECE = Piece(np.zeros((8, 8), np.uint8), 0, 0)


def _line(text, score=0.95, top=0.4, left=0.3, height=0.1):
    return Line(text, score, left, top, left + 0.4, top + height)


def _seen(text, start_s, end_s, **place):
    return Sighting(_line(text, **place), start_s, PIECE, end_s)


def _read(*sightings):
    return [(one.text, one.start_s, one.end_s) for one in captions(sightings)]


def test_words_that_were_lost_for_a_moment_are_one_entry():
    assert _read(_seen("GATE", 1, 2), _seen("GATE", 2.8, 5)) == [("GATE", 1, 5)]


def test_words_that_come_back_later_are_two_entries():
    assert len(_read(_seen("GATE", 1, 2), _seen("GATE", 8, 9))) == 2


def test_of_two_readings_the_one_with_its_spaces_is_kept():
    assert _read(_seen("DAYTWO", 0, 1, score=1.0), _seen("DAY TWO", 1, 2)) == [("DAY TWO", 0, 2)]


def test_lines_of_one_block_are_joined_in_reading_order():
    lower, upper = _seen("the red barn", 1, 3, top=0.52), _seen("Welcome to", 1.1, 3)

    assert _read(lower, upper) == [("Welcome to the red barn", 1, 3)]


@pytest.mark.parametrize(
    "other",
    [
        _seen("later", 2, 3, top=0.52),
        _seen("far below", 1, 3, top=0.85),
        _seen("much bigger", 1, 3, top=0.5, height=0.3),
    ],
)
def test_lines_that_do_not_belong_together_stay_apart(other):
    assert len(_read(_seen("Welcome", 1, 3), other)) == 2


def test_a_running_clock_is_one_entry():
    clock = [_seen(f"REC 00:0{second}", second, second + 1) for second in range(8)]

    assert _read(*clock) == [("REC 00:00", 0, 8)]


def test_a_few_numbered_slides_are_no_clock():
    assert len(_read(*(_seen(f"Step {number}", number, number + 1) for number in range(4)))) == 4


def test_a_doubtful_reading_of_a_moment_does_not_count():
    assert _read(_seen("gl1tch", 1, 1.5, score=0.7), _seen("blink", 1, 1.2)) == []


def test_at_most_sixty_entries_are_kept():
    many = [_seen(chr(65 + n % 26) * (3 + n // 26), n * 2, n * 2 + 2) for n in range(90)]

    assert len(captions(many)) == 60


def test_printed_lines_close_together_are_one_text():
    [menu, note] = printed([_line("MENU", top=0.1), _line("SOUP 4.50", top=0.22), _line("thanks", top=0.9)])

    assert (menu.text, menu.location, menu.start_s) == ("MENU SOUP 4.50", "top", None)
    assert note.location == "bottom"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("HELLO WORLD", "hello world", True),
        ("HELLO WORLD", "HELL0 WORLD", False),
        ("Departures", "Departvres", True),
        ("Platform 7", "Platform 9", False),
        ("NORTH", "SOUTH", False),
    ],
)
def test_readings_are_of_the_same_words_when_letters_nearly_and_digits_fully_agree(one, other, same):
    assert same_words(_line(one), _line(other)) is same
