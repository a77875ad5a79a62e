"""The examples of the batch library's page are true."""

import doctest
from pathlib import Path

import shotlog.batch

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "batch-library.md"


def test_the_examples_of_the_page_are_true(tmp_path):
    failed, tried = doctest.testfile(
        str(PAGE), module_relative=False, globs={"folder": tmp_path / "store"}, encoding="utf-8"
    )
    assert failed == 0
    assert tried > 20


def test_the_page_names_everything_that_the_library_offers():
    text = PAGE.read_text(encoding="utf-8")
    answers = {"BatchChunk", "Cleanup", "StagedFiles", "Verification"}  # what the functions return
    assert [name for name in shotlog.batch.__all__ if name not in answers and name not in text] == []
