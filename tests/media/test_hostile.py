"""Hostile files: the worst that they can do is to be refused."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import zlib

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotlog.errors import MediaRefused, MediaTimeout, Unavailable
from shotlog.media.sample_clip import Scene, make_clip
from shotlog.media.sample_photo import make_photo
from shotlog.media.tool import MediaTool

NAMES = [
    "a b, c.mp4",
    "-y.mp4",
    "frame%03d.mp4",
    "a:b.mp4",
    "file:x.mp4",
    "http:!!host!x.mp4",
    "new\nline.mp4",
    "quote'\"`$(x).mp4",
    "名前 🐕.mp4",
    "é" * 125 + ".mp4",
    os.fsdecode(b"latin-\xe9.mp4"),
    "no extension",
]


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    scenes = [Scene(0.4, "navy", "X"), Scene(0.4, "orange")]
    small = {"width": 64, "height": 48, "fps": 10}
    paths = [make_clip(folder / f"clip.{suffix}", scenes=scenes, **small) for suffix in ("mp4", "mkv", "avi")]
    paths += [
        make_photo(folder / f"photo.{suffix}", size=(64, 48))
        for suffix in ("jpg", "png", "heic", "webp", "tif")
    ]
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_taken_literally(tool, tmp_path, name):
    clip = make_clip(tmp_path / "plain.mp4", scenes=[Scene(0.4, "navy")], width=64, height=48)
    source = tmp_path / name
    shutil.copyfile(clip, source)
    assert tool.inspect(source).facts.width == 64
    assert len(tool.render(source, tmp_path / "out", "a")) == 3


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_files_are_read_or_refused_and_nothing_hangs(tool, tmp_path, originals, data):
    content = bytearray(data.draw(st.sampled_from(originals), label="original"))
    for _ in range(data.draw(st.integers(1, 12), label="changes")):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans(), label="cut"):
        del content[data.draw(st.integers(1, len(content))) :]
    source = tmp_path / "mutated.bin"
    source.write_bytes(content)
    with contextlib.suppress(MediaRefused):
        assert tool.inspect(source).facts.width > 0
    with contextlib.suppress(MediaRefused):
        for made in tool.render(source, tmp_path / "out", "a"):
            assert made.size_bytes == made.path.stat().st_size > 0
    assert source.read_bytes() == bytes(content)
    assert not list(tmp_path.glob("out/.*"))


def test_rotten_packets_do_not_fail_a_video(tool, tmp_path):
    clip = make_clip(tmp_path / "in.mp4", scenes=[Scene(4, "teal", "ROTTEN")], width=320, height=240)
    content = bytearray(clip.read_bytes())
    start = content.index(b"mdat")
    middle = start + (content.rindex(b"moov") - start) // 2
    content[middle : middle + 1500] = os.urandom(1500)
    clip.write_bytes(content)
    proxy, *_ = tool.render(clip, tmp_path, "a")
    assert 3800 <= proxy.duration_ms <= 4200


def test_a_video_without_one_readable_picture_is_damaged(tool, tmp_path):
    clip = make_clip(tmp_path / "in.mp4", scenes=[Scene(1, "teal")], width=320, height=240)
    content = bytearray(clip.read_bytes())
    start, end = content.index(b"mdat") + 4, content.rindex(b"moov") - 4
    content[start:end] = bytes(end - start)
    clip.write_bytes(content)
    for ask in (tool.inspect, lambda path: tool.render(path, tmp_path / "out", "a")):
        with pytest.raises(MediaRefused) as refusal:
            ask(clip)
        assert refusal.value.code == "damaged"
    assert not list(tmp_path.glob("out/*")) + list(tmp_path.glob("out/.*"))


def test_a_sound_file_in_a_video_container_holds_no_video(tool, tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=22050, layout="mono")
        for index in range(4):
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.sample_rate, frame.pts = 22050, index * 1024
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(MediaRefused) as refusal:
        tool.inspect(path)
    assert refusal.value.code == "no_video"


def test_sound_that_no_encoder_takes_is_left_out(tool, tmp_path):
    path = tmp_path / "nan.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_f32le", rate=8000, layout="mono")
        for index in range(10):
            picture = av.VideoFrame(64, 48, "rgb24")
            picture.planes[0].update(bytes([index * 20]) * picture.planes[0].buffer_size)
            container.mux(video.encode(picture))
            noise = av.AudioFrame(format="flt", layout="mono", samples=800)
            noise.sample_rate, noise.pts = 8000, index * 800
            noise.planes[0].update(struct.pack("<f", float("nan")) * (noise.planes[0].buffer_size // 4))
            container.mux(sound.encode(noise))
        container.mux(video.encode(None))
    proxy, *_ = tool.render(path, tmp_path, "a")
    assert proxy.duration_ms == 1000


def test_a_picture_bomb_is_refused_before_it_is_opened(tool, tmp_path):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(MediaRefused) as refusal:
        tool.inspect(tmp_path / "bomb.png")
    assert refusal.value.code == "too_many_pixels"


def test_a_file_that_takes_too_long_is_refused_and_leaves_no_parts(sandbox, tmp_path):
    clip = make_clip(tmp_path / "in.mp4", scenes=[Scene(0.4, "teal")], width=64, height=48)
    (tmp_path / ".a-proxy.0000.mp4.part").write_bytes(b"left by a killed child")
    hurried = MediaTool(sandbox, timeout_s=1e-6)
    with pytest.raises(MediaTimeout) as refusal:
        hurried.render(clip, tmp_path, "a")
    assert refusal.value.code == "media_timeout"


def test_where_nothing_can_be_written_no_file_is_refused_and_the_reason_is_said(tool, tmp_path):
    clip = make_clip(tmp_path / "in.mp4", scenes=[Scene(0.4, "teal")], width=64, height=48)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be written") as trouble:
        tool.render(clip, tmp_path / "file" / "out", "a")
    assert trouble.value.hint
