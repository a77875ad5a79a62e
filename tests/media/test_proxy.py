"""Video proxies: pixels, times and sound, not just exit codes."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest
from PIL import Image

from shotlog.domain.rendition import RenditionSettings
from shotlog.media.clip_writer import write_clip
from shotlog.media.orientation import orientation_of
from shotlog.media.sample_clip import Scene, make_clip
from shotlog.media.tool import MediaTool

UPRIGHT = ["red", "green", "blue", "white"]
ONE = 1 << 16
#: Display matrix -> the corners of an upright picture that it shows, clockwise from the top left.
MATRICES = {
    "as stored": ((ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), ["red", "green", "blue", "white"]),
    "90 clockwise": ((0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30), ["white", "red", "green", "blue"]),
    "180": ((-ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30), ["blue", "white", "red", "green"]),
    "270 clockwise": ((0, -ONE, 0, ONE, 0, 0, 0, 0, 1 << 30), ["green", "blue", "white", "red"]),
    "mirrored": ((-ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), ["green", "red", "white", "blue"]),
    "upside down": ((ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30), ["white", "blue", "green", "red"]),
    "transposed": ((0, ONE, 0, ONE, 0, 0, 0, 0, 1 << 30), ["red", "white", "blue", "green"]),
    "transversed": ((0, -ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30), ["blue", "green", "red", "white"]),
}
SIDEWAYS = {"90 clockwise", "270 clockwise", "transposed", "transversed"}


def by_kind(renditions):
    return {rendition.kind: rendition for rendition in renditions}


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_clip_comes_out_upright(tool, tmp_path, corner_picture, corners_of, frames_of, rotation):
    source = write_clip(tmp_path / "in.mp4", [corner_picture(320, 180)] * 25, rotation=rotation)
    facts = tool.inspect(source).facts
    made = by_kind(tool.render(source, tmp_path / "out", "a"))
    assert (facts.width, facts.height, facts.rotation) == (320, 180, rotation)
    for _, picture in frames_of(made["proxy"].path):
        assert picture.size == (320, 180)
        assert corners_of(picture) == UPRIGHT
    for kind in ("thumbnail", "poster"):
        with Image.open(made[kind].path) as picture:
            assert corners_of(picture) == UPRIGHT


@pytest.mark.parametrize("name", MATRICES)
def test_every_display_matrix_is_applied_flips_too(
    tool, tmp_path, corner_picture, corners_of, frames_of, write_video, name
):
    matrix, expected = MATRICES[name]
    timed = [(n / 25, corner_picture(240, 160)) for n in range(10)]
    source = write_video(tmp_path / "in.mov", timed, matrix=matrix)
    made = by_kind(tool.render(source, tmp_path, "a"))
    (_, picture), *_ = frames_of(made["proxy"].path)
    assert corners_of(picture) == expected
    assert picture.size == ((160, 240) if name in SIDEWAYS else (240, 160))


def test_a_proxy_is_small_slow_and_streamable(tool, tmp_path):
    source = make_clip(tmp_path / "in.mp4", scenes=[Scene(2, "navy", "BIG")], width=1600, height=900, fps=30)
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    assert (proxy.media_type, proxy.width, proxy.height, proxy.duration_ms) == ("video/mp4", 1194, 672, 2000)
    assert proxy.size_bytes == proxy.path.stat().st_size
    head = proxy.path.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")
    with av.open(str(proxy.path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.format.name, video.average_rate) == ("h264", "yuv420p", 5)
        assert (audio.codec_context.name, audio.codec_context.layout.name) == ("aac", "mono")
        assert abs(float(audio.duration * audio.time_base) - 2) < 0.1


@pytest.mark.parametrize(("fps", "expected"), [(2, 2), (5, 5), (12.5, 5), (60, 5)])
def test_the_frame_rate_is_never_more_than_the_source_has(tool, tmp_path, fps, expected):
    source = make_clip(tmp_path / "in.mp4", scenes=[Scene(4, "teal")], width=160, height=120, fps=fps)
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    with av.open(str(proxy.path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 4 * expected
    assert abs(proxy.duration_ms - 4000) <= 80  # the last picture kept may begin late in its slot


def test_text_appears_in_the_proxy_when_it_does_in_the_source(tool, tmp_path, frames_of):
    scenes = [Scene(1.5, "black", moving=False), Scene(1.5, "white", moving=False)]
    source = make_clip(tmp_path / "in.mkv", scenes=scenes, width=320, height=240, fps=25)
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    bright = [
        time
        for time, picture in frames_of(proxy.path)
        if picture.convert("L").resize((1, 1)).getpixel((0, 0)) > 90
    ]
    assert 1.5 <= bright[0] <= 1.7


def test_a_variable_frame_rate_keeps_its_times(tool, tmp_path, corner_picture, frames_of, write_video):
    times = [0, 0.04, 0.08, 0.9, 1.0, 2.5, 2.54, 2.9, 3.0]
    source = write_video(
        tmp_path / "in.mp4", [(time, corner_picture(160, 120)) for time in times], options={"bf": "0"}
    )
    facts = tool.inspect(source).facts
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    assert abs(facts.duration_ms - 3040) <= 50
    assert abs(proxy.duration_ms - facts.duration_ms) <= 350
    assert [time for time, _ in frames_of(proxy.path)] == [0, 0.9, 1.0, 2.5, 2.9, 3.0]


@pytest.mark.parametrize("size", [(101, 75), (641, 361), (17, 33), (2, 2), (1279, 719)])
def test_odd_sizes_become_even_and_never_larger(tool, tmp_path, write_video, size):
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    timed = [(n / 10, picture) for n in range(3)]
    source = write_video(tmp_path / "in.mkv", timed, codec="ffv1", pix_fmt="yuv444p")
    facts = tool.inspect(source).facts
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    factor = min(1, 672 / min(size))
    assert (facts.width, facts.height) == size
    assert proxy.width % 2 == proxy.height % 2 == 0
    assert size[0] * factor - 2 < proxy.width <= size[0] * factor
    assert size[1] * factor - 2 < proxy.height <= size[1] * factor


def test_pixels_become_square(tool, tmp_path, corner_picture, corners_of, frames_of, write_video):
    timed = [(n / 25, corner_picture(720, 576)) for n in range(5)]
    source = write_video(tmp_path / "in.mp4", timed, aspect=Fraction(64, 45))
    facts = tool.inspect(source).facts
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    assert (facts.width, facts.height) == (1024, 576)
    assert (proxy.width, proxy.height) == (1024, 576)
    assert corners_of(frames_of(proxy.path)[0][1]) == UPRIGHT


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [
        ("libx265", "yuv420p10le"),
        ("libx264", "yuv422p10le"),
        ("mjpeg", "yuvj420p"),
        ("libx264rgb", "rgb24"),
        ("libvpx-vp9", "yuva420p"),
    ],
)
def test_any_depth_range_and_layout_gives_the_same_colours(
    tool, tmp_path, corner_picture, corners_of, frames_of, write_video, codec, pix_fmt
):
    timed = [(n / 25, corner_picture(320, 192)) for n in range(5)]
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    source = write_video(tmp_path / "in.mkv", timed, codec=codec, pix_fmt=pix_fmt, options=options)
    facts = tool.inspect(source).facts
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    picture = frames_of(proxy.path)[0][1]
    assert facts.pixel_format in {pix_fmt, "yuv420p", "gbrp"}
    assert corners_of(picture) == UPRIGHT
    for at, wanted in (((30, 20), (220, 30, 30)), ((160, 96), (110, 110, 110)), ((290, 170), (40, 40, 220))):
        assert all(abs(a - b) < 32 for a, b in zip(picture.getpixel(at), wanted, strict=True))


def test_m03_a_video_without_sound_is_fine(tool, tmp_path):
    source = make_clip(tmp_path / "in.mp4", scenes=[Scene(1, "olive")], width=160, height=120, audio=False)
    facts = tool.inspect(source).facts
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    assert (facts.has_audio, facts.audio_codec) == (False, None)
    with av.open(str(proxy.path)) as container:
        assert not container.streams.audio


def test_m04_sound_is_taken_from_wherever_its_stream_is(tool, samples, tmp_path):
    proxy = by_kind(tool.render(samples / "iphone6_rot90_gps_vfr.mov", tmp_path, "a"))["proxy"]
    with av.open(str(proxy.path)) as container:
        sound = container.streams.audio[0]
        assert abs(float(sound.duration * sound.time_base) - 4.0) < 0.1


def test_m09_a_proxy_of_webm_is_mp4(tool, samples, tmp_path):
    proxy = by_kind(tool.render(samples / "no_duration.webm", tmp_path, "a"))["proxy"]
    assert proxy.path.name == "a-proxy.mp4"
    assert proxy.path.read_bytes()[4:8] == b"ftyp"


def test_the_poster_is_not_the_black_beginning(tool, tmp_path):
    scenes = [Scene(2.2, "black", moving=False), Scene(2, "orange", "SUNRISE")]
    source = make_clip(tmp_path / "in.mp4", scenes=scenes, width=320, height=180)
    poster = by_kind(tool.render(source, tmp_path, "a"))["poster"]
    with Image.open(poster.path) as picture:
        assert picture.convert("L").resize((1, 1)).getpixel((0, 0)) > 60


def test_rendering_again_replaces_and_leaves_nothing_else(tool, tmp_path):
    source = make_clip(tmp_path / "in.mp4", scenes=[Scene(1, "gray")], width=160, height=120)
    out = tmp_path / "out"
    first = tool.render(source, out, "ast_1")
    second = tool.render(source, out, "ast_1")
    assert [made.path for made in first] == [made.path for made in second]
    names = sorted(path.name for path in out.iterdir())
    assert names == ["ast_1-poster.jpg", "ast_1-proxy.mp4", "ast_1-thumbnail.jpg"]


def test_settings_decide_size_and_rate(sandbox, tmp_path):
    small = MediaTool(sandbox, timeout_s=60, settings=RenditionSettings(proxy_short_side=120, proxy_fps=1))
    source = make_clip(tmp_path / "in.mp4", scenes=[Scene(3, "teal", "X")], width=640, height=480)
    made = by_kind(small.render(source, tmp_path, "a"))
    assert (made["proxy"].width, made["proxy"].height) == (160, 120)
    with av.open(str(made["proxy"].path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 3


def test_a_clock_that_starts_over_and_a_new_size_midway_are_followed(tool, tmp_path, frames_of):
    parts = []
    for name, colour, size in (("a", "black", (320, 240)), ("b", "white", (160, 120))):
        part = tmp_path / f"{name}.mp4"
        make_clip(part, scenes=[Scene(3, colour, moving=False)], width=size[0], height=size[1], audio=False)
        parts.append(remuxed(part, tmp_path / f"{name}.ts").read_bytes())
    source = tmp_path / "joined.ts"
    source.write_bytes(b"".join(parts))
    proxy = by_kind(tool.render(source, tmp_path, "j"))["proxy"]
    seen = frames_of(proxy.path)
    brightness = [picture.convert("L").resize((1, 1)).getpixel((0, 0)) for _, picture in seen]
    assert {picture.size for _, picture in seen} == {(320, 240)}
    assert len(seen) == 30
    assert max(brightness[:14]) < 60 < min(brightness[16:])
    assert abs(proxy.duration_ms - 6000) <= 200


def remuxed(source, target):
    with av.open(str(source)) as old, av.open(str(target), "w", format="mpegts") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return target


def test_interlaced_pictures_are_made_whole(tool, tmp_path, frames_of, write_video):
    still = Image.new("RGB", (320, 240), "black")
    still.paste("white", (100, 0, 160, 240))
    later = Image.new("RGB", (320, 240), "black")
    later.paste("white", (180, 0, 240, 240))
    combed = Image.composite(still, later, every_other_line((320, 240)))
    options = {"x264-params": "interlaced=1:tff=1:qp=10"}
    source = write_video(tmp_path / "in.mkv", [(n / 25, combed) for n in range(5)], options=options)
    picture = frames_of(by_kind(tool.render(source, tmp_path, "a"))["proxy"].path)[0][1].convert("L")
    column = [picture.getpixel((130, y)) for y in range(100, 140)]
    assert max(column) - min(column) < 60


def every_other_line(size):
    return Image.frombytes("L", (1, size[1]), bytes([255, 0]) * (size[1] // 2)).resize(size)


def test_pq_video_is_brought_into_the_range_of_a_normal_screen(
    tool, tmp_path, corner_picture, frames_of, write_video
):
    timed = [(n / 25, corner_picture(320, 192)) for n in range(3)]
    params = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    source = write_video(
        tmp_path / "in.mkv", timed, codec="libx265", pix_fmt="yuv420p10le", options={"x265-params": params}
    )
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    with av.open(str(proxy.path)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.format.name) == (1, "yuv420p")
    assert len(frames_of(proxy.path)) == 1


class FrameWithUnknownSideData:
    rotation = -90

    @property
    def side_data(self):
        raise ValueError("31 is not a valid Type")


def test_the_rotation_is_found_beside_side_data_that_has_no_name():
    assert orientation_of(FrameWithUnknownSideData()).rotation == 90


def test_m01_a_rendition_is_as_large_as_its_file(tool, tmp_path):
    source = make_clip(tmp_path / "in.mp4", scenes=[Scene(1, "teal")], width=160, height=120)
    made = tool.render(source, tmp_path / "out", "a")
    assert {one.kind for one in made} == {"proxy", "thumbnail", "poster"}
    assert all(one.size_bytes == one.path.stat().st_size > 0 for one in made)
