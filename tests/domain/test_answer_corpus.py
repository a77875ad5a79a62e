"""Answers that a coverage-guided fuzzer found to take paths of their own: none raises what is unexpected."""

import base64
from pathlib import Path

import pytest

from shotlog.domain.answer_json import parse_answer
from shotlog.domain.interpretation import interpret
from shotlog.domain.outcome import Outcome
from shotlog.domain.segments import segments_of
from shotlog.errors import Unparsable
from shotlog.inference.output import read_records
from shotlog.inference.recipe_book import RecipeBook

CORPUS = [base64.b64decode(line) for line in Path(__file__).with_name("answers.b64").read_bytes().split()]
SLICES = 8


@pytest.fixture(scope="module")
def recipe():
    return RecipeBook.load().get("combined")


@pytest.mark.parametrize("first", range(SLICES))
@pytest.mark.parametrize("kind", ["video", "photo"])
@pytest.mark.parametrize("stop", ["end_turn", "max_tokens"])
def test_no_answer_of_the_corpus_raises_anything_unexpected(recipe, kind, stop, first):
    for body in CORPUS[first::SLICES]:
        text = body.decode("utf-8", "surrogateescape")
        try:
            parse_answer(text, recipe.part(kind).sections)
        except Unparsable:
            assert not interpret(text, stop, recipe, kind, 12_000).sections
            continue
        read = interpret(text, stop, recipe, kind, 12_000)
        assert isinstance(read.outcome, Outcome)
        assert bool(read.sections) == read.outcome.analysed
        segments_of(kind, read.sections)


def test_no_line_of_the_corpus_raises_anything():
    assert CORPUS
    for body in CORPUS:
        for line in read_records([body]):
            assert [line.answer is not None, line.error is not None, bool(line.defect)].count(True) == 1
