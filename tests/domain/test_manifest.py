"""Manifest lines, record ids, job names and client tokens."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.domain.manifest import (
    JOB_PREFIX,
    client_token,
    job_name,
    manifest_line,
    manifest_lines,
    record_id,
    record_number,
)
from shotlog.errors import Conflict

JSON_TEXT = st.text(st.characters(codec="utf-8"))


@given(st.integers(1, 10**17))
def test_b11_a_record_id_leads_back_to_its_record(number):
    assert record_number(record_id(number)) == number


@pytest.mark.parametrize(
    "text", [None, "", "rec_", "rec_0", "rec_01", "rec_1 ", "rec_\u0661", "__dummy__1", "1"]
)
def test_b11_ids_that_are_not_ours_are_no_records(text):
    assert record_number(text) is None


@given(JSON_TEXT)
def test_r37_a_line_is_ascii_ends_with_one_newline_and_says_the_same(text):
    line = manifest_line("rec_1", {"text": text})
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line) == {"recordId": "rec_1", "modelInput": {"text": text}}


def test_r32_a_record_cannot_be_twice_in_a_manifest():
    with pytest.raises(Conflict):
        list(manifest_lines([("rec_1", {}), ("rec_2", {}), ("rec_1", {})]))


def test_lines_come_in_order():
    lines = list(manifest_lines((record_id(n), {"n": n}) for n in (3, 1, 2)))
    assert [json.loads(line)["recordId"] for line in lines] == ["rec_3", "rec_1", "rec_2"]


@given(st.text(), st.text())
def test_b18_r2_job_names_are_always_legal(folder, salt):
    name = job_name(folder, salt)
    assert len(name) <= 63
    assert re.fullmatch(r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}", name)
    assert name.startswith(JOB_PREFIX)


def test_b18_job_names_differ_by_folder_and_by_installation():
    folders = [f"nova_batch/job_20260105_101502_{n:03d}" for n in range(200)]
    names = {job_name(folder, salt) for folder in folders for salt in ("", "s3://one", "s3://two")}
    assert len(names) == 600


def test_b18_long_folders_that_begin_alike_get_distinct_names():
    assert job_name("x" * 500 + "a") != job_name("x" * 500 + "b")


@given(st.text(), st.integers(1, 99))
def test_r5_b20_the_token_is_legal_and_always_the_same_for_a_chunk(folder, attempt):
    token = client_token(folder, attempt=attempt)
    assert re.fullmatch(r"[a-zA-Z0-9]{1,256}", token)
    assert token == client_token(folder, attempt=attempt)
    assert token != client_token(folder, attempt=attempt + 1)
