"""Names that a batch job accepts, whatever the source was called."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.batch.names import distinct_names, needs_sanitization, sanitize_filename, sanitize_s3_key

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
#: Everything a file name may hold, lone surrogates (bytes that are no UTF-8) included.
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=300)
NASTY = st.one_of(
    ANY_TEXT,
    st.text("ab._- ,()%+é東😀/\\\n", max_size=40),
    st.builds(lambda stem, extension: f"{stem}.{extension}", ANY_TEXT, st.text("a.Z é", max_size=30)),
)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Video Nov 14 2025, 10 02 14 AM.mov", "Video_Nov_14_2025_10_02_14_AM.mov"),
        ("Video Nov 14 2025, 10\u202f02\u202f14\u202fAM.mov", "Video_Nov_14_2025_10_02_14_AM.mov"),
        ("clip (1).mp4", "clip_1_.mp4"),
        ("100%+more.mp4", "100_more.mp4"),
        ("Straße São Øst.MOV", "Strasse_Sao_Ost.MOV"),
        ("e\u0301te\u0301.mp4", "ete.mp4"),
        ("-rf.mov", "rf.mov"),
        (".hidden.mov", "hidden.mov"),
        ("../../etc/passwd.mp4", "_.._etc_passwd.mp4"),
        ("a.b.c.jpeg", "a.b.c.jpeg"),
        ("__init__.py", "__init__.py"),
    ],
)
def test_b15_a_name_with_awkward_characters_becomes_safe_and_stays_readable(name, safe):
    assert sanitize_filename(name) == safe


@pytest.mark.parametrize(
    "name", ["", ".", "..", "...", "-", "😀", "東京.mp4", "\0.mov", ".mov", "\udcff.mp4", "?!"]
)
def test_a_name_of_which_nothing_readable_is_left_gets_a_hash(name):
    safe = sanitize_filename(name)
    assert re.fullmatch(r"file_[0-9a-f]{8}(\.[a-z0-9]+)?", safe)


def test_different_names_that_fold_to_nothing_stay_different():
    assert sanitize_filename("東京.mp4") != sanitize_filename("大阪.mp4")


def test_a_long_name_keeps_its_extension_and_stays_distinct():
    first, second = (sanitize_filename("x " * 120 + end + ".mov") for end in "ab")
    assert len(first) == len(second) == 200
    assert first.endswith(".mov")
    assert first != second


@given(NASTY)
def test_b15_a_safe_name_holds_only_safe_characters(name):
    assert SAFE.fullmatch(sanitize_filename(name))


@given(NASTY)
def test_making_a_name_safe_twice_changes_nothing(name):
    once = sanitize_filename(name)
    assert sanitize_filename(once) == once
    assert not needs_sanitization(once)


@given(NASTY)
def test_a_name_needs_sanitization_exactly_when_it_would_change(name):
    assert needs_sanitization(name) == (sanitize_filename(name) != name)


@given(NASTY, st.from_regex(r"\.[A-Za-z0-9]{1,15}", fullmatch=True))
def test_the_extension_is_kept(stem, extension):
    assert sanitize_filename(stem + extension).endswith(extension)


@given(st.text("ab/ é,", max_size=30), NASTY.filter(lambda name: "/" not in name))
def test_b16_only_the_last_part_of_a_key_changes_and_nothing_is_encoded(folder, name):
    assert sanitize_s3_key(f"{folder}/{name}") == f"{folder}/{sanitize_filename(name)}"
    assert sanitize_s3_key(name) == sanitize_filename(name)


@given(st.lists(NASTY, max_size=20), st.randoms(use_true_random=False))
def test_names_of_one_chunk_are_distinct_safe_and_stable(names, random):
    names += [name for name in names if random.random() < 0.5]
    safe = distinct_names(names)
    assert len(safe) == len(names)
    assert len({name.lower() for name in safe}) == len(names)
    assert all(SAFE.fullmatch(name) for name in safe)
    assert distinct_names(names) == safe
    assert distinct_names(safe) == safe


@given(
    st.lists(st.sampled_from(["a.mov", "a b.mov", "a_2.mov", "A.MOV", "a_3.mov", "b", "b_2"]), max_size=12)
)
def test_a_name_that_only_one_source_has_is_kept(names):
    safe = distinct_names(names)
    plain = [sanitize_filename(name) for name in names]
    lowered = [name.lower() for name in plain]
    for index, name in enumerate(plain):
        if lowered.count(name.lower()) == 1:
            assert safe[index] == name


def test_many_sources_of_one_name_are_numbered_in_order():
    assert distinct_names(["x.mov"] * 3 + ["x_2.mov"]) == ["x.mov", "x_3.mov", "x_4.mov", "x_2.mov"]
    assert len(set(distinct_names(["y" * 200 + ".mov"] * 2000))) == 2000
