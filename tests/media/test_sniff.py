"""Types are told from content; what is no media is refused with a stable code."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.errors import MediaRefused
from shotlog.media.sample_clip import Scene, make_clip
from shotlog.media.sample_photo import make_photo
from shotlog.media.sniff import sniff


def box(brand, *compatible):
    body = brand + b"\0\0\0\0" + b"".join(compatible)
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body


KNOWN = {
    ("video", "mp4"): box(b"isom", b"mp41"),
    ("video", "m4v"): box(b"M4V "),
    ("video", "3gp"): box(b"3gp5"),
    ("video", "mov"): b"\0\0\0\x08wide\0\0\0\x08mdat",
    ("video", "webm"): b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm",
    ("video", "mkv"): b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska",
    ("video", "avi"): b"RIFF\0\0\0\0AVI LIST",
    ("video", "mpeg"): b"\0\0\x01\xba\x44",
    ("video", "mpegts"): (b"\x47" + bytes(187)) * 4,
    ("video", "flv"): b"FLV\x01\x05",
    ("video", "wmv"): bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    ("photo", "jpeg"): b"\xff\xd8\xff\xe0",
    ("photo", "png"): b"\x89PNG\r\n\x1a\n",
    ("photo", "gif"): b"GIF89a",
    ("photo", "webp"): b"RIFF\0\0\0\0WEBPVP8 ",
    ("photo", "tiff"): b"MM\0*\0\0\0\x08",
    ("photo", "heic"): box(b"mif1", b"mif1", b"heic"),
    ("photo", "avif"): box(b"mif1", b"avif"),
}
REFUSED = {
    "empty_file": [b""],
    "playlist": [
        b"#EXTM3U\n#EXT-X-VERSION:3\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\xef\xbb\xbf\n #EXTM3U\n",
        b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">',
        b"[playlist]\nFile1=http://10.0.0.1/",
        b"<ASX version='3.0'>",
    ],
    "unsupported_format": [b"ID3\x03", b"RIFF\0\0\0\0WAVEfmt ", b"8BPS\0\x01", b"%PDF-1.7", box(b"crx ")],
    "not_media": [b"plain text", b"\0" * 64, b"PK\x03\x04", b"<svg xmlns=''>", b"GIF", b"\x47" + bytes(400)],
}


@pytest.mark.parametrize(("kind", "name"), KNOWN)
def test_content_tells_kind_and_format(tmp_path, kind, name):
    path = tmp_path / "misleading.txt"
    path.write_bytes(KNOWN[kind, name])
    found = sniff(path)
    assert (found.kind, found.format) == (kind, name)
    assert bool(found.demuxer) == (kind == "video")


@pytest.mark.parametrize(
    ("code", "content"), [(code, each) for code, all_ in REFUSED.items() for each in all_]
)
def test_what_is_no_media_is_refused_with_its_code(tmp_path, code, content):
    path = tmp_path / "holiday.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaRefused) as refusal:
        sniff(path)
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_folders_pipes_and_missing_files_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path, code in (
        (tmp_path, "not_a_file"),
        (tmp_path / "pipe.mp4", "not_a_file"),
        (tmp_path / "no", "missing_file"),
    ):
        with pytest.raises(MediaRefused) as refusal:
            sniff(path)
        assert refusal.value.code == code


def test_i04_an_extension_never_decides(tool, tmp_path):
    clip = make_clip(tmp_path / "a.mp4", scenes=[Scene(0.5, "navy")], width=64, height=48)
    photo = make_photo(tmp_path / "b.jpg", size=(64, 48))
    clip.rename(tmp_path / "clip.jpg")
    photo.rename(tmp_path / "photo.mp4")
    assert tool.inspect(tmp_path / "clip.jpg").facts.format == "mp4"
    assert tool.inspect(tmp_path / "photo.mp4").facts.format == "jpeg"


@given(content=st.binary(max_size=600))
def test_any_bytes_are_told_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    try:
        assert sniff(path).kind in {"video", "photo"}
    except MediaRefused as refusal:
        assert refusal.code in REFUSED  # noqa: PT017 - either way is fine
