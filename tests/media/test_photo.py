"""Photo renditions and facts: every orientation, mode and format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from PIL import Image, ImageCms

from shotlog.errors import MediaRefused
from shotlog.media.sample_photo import write_photo

UPRIGHT = ["red", "green", "blue", "white"]


def by_kind(renditions):
    return {rendition.kind: rendition for rendition in renditions}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(tool, tmp_path, corner_picture, corners_of, orientation, suffix):
    source = write_photo(tmp_path / f"in{suffix}", corner_picture(480, 320), orientation=orientation)
    facts = tool.inspect(source).facts
    assert (facts.kind, facts.width, facts.height) == ("photo", 480, 320)
    for made in tool.render(source, tmp_path / "out", "a"):
        with Image.open(made.path) as picture:
            assert picture.size == (made.width, made.height)
            assert picture.width > picture.height
            assert corners_of(picture) == UPRIGHT
            assert not picture.getexif()


def test_a_photo_is_shrunk_and_never_enlarged(tool, tmp_path, corner_picture):
    large = by_kind(tool.render(write_photo(tmp_path / "l.jpg", corner_picture(3000, 1500)), tmp_path, "l"))
    small = by_kind(tool.render(write_photo(tmp_path / "s.png", corner_picture(90, 60)), tmp_path, "s"))
    sizes = [(made.width, made.height) for made in (large["proxy"], large["poster"], large["thumbnail"])]
    assert sizes == [(1600, 800), (1280, 640), (320, 160)]
    assert {(made.width, made.height) for made in small.values()} == {(90, 60)}
    assert large["proxy"].media_type == "image/jpeg"
    assert large["proxy"].path.name == "l-proxy.jpg"


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr"])
def test_every_mode_becomes_a_picture_one_can_see(tool, tmp_path, mode):
    fade = Image.linear_gradient("L").resize((64, 200))
    if mode == "I;16":
        picture = fade.convert("I").point(lambda value: value * 257).convert("I;16")
    elif mode == "F":
        picture = fade.convert("F").point(lambda value: value * 0.001)
    else:
        picture = fade.convert(mode)
    source = tmp_path / "in.tif"
    picture.convert("RGB").save(source, "JPEG") if mode == "YCbCr" else picture.save(source, "TIFF")
    proxy = by_kind(tool.render(source, tmp_path, "a"))["proxy"]
    with Image.open(proxy.path) as seen:
        assert seen.mode == "RGB"
        top, bottom = (sum(seen.getpixel((32, y))) / 3 for y in (10, 190))
        assert top < 60
        assert bottom > 190


def test_transparent_parts_become_white(tool, tmp_path):
    picture = Image.new("RGBA", (60, 60), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 30, 60))
    picture.save(tmp_path / "in.png")
    proxy = by_kind(tool.render(tmp_path / "in.png", tmp_path, "a"))["proxy"]
    with Image.open(proxy.path) as seen:
        assert min(seen.getpixel((50, 30))) > 240
        assert seen.getpixel((10, 30))[2] > 240


def test_of_an_animation_the_first_frame_is_taken(tool, tmp_path):
    first, second = Image.new("RGB", (40, 40), "red"), Image.new("RGB", (40, 40), "blue")
    first.save(tmp_path / "in.gif", save_all=True, append_images=[second], duration=100)
    assert tool.inspect(tmp_path / "in.gif").facts.format == "gif"
    proxy = by_kind(tool.render(tmp_path / "in.gif", tmp_path, "a"))["proxy"]
    with Image.open(proxy.path) as seen:
        assert seen.getpixel((20, 20))[0] > 200


def test_a_broken_colour_profile_does_not_matter(tool, tmp_path):
    good = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, profile in (("good", good), ("bad", b"no profile at all")):
        Image.new("RGB", (40, 40), (10, 200, 10)).save(tmp_path / f"{name}.jpg", icc_profile=profile)
        proxy = by_kind(tool.render(tmp_path / f"{name}.jpg", tmp_path, name))["proxy"]
        with Image.open(proxy.path) as seen:
            assert all(abs(a - b) < 12 for a, b in zip(seen.getpixel((20, 20)), (10, 200, 10), strict=True))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic"])
def test_i05_time_and_place_come_from_the_original(tool, tmp_path, corner_picture, suffix):
    taken = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    place = (-33.8568, 151.2153)
    source = write_photo(tmp_path / f"in{suffix}", corner_picture(64, 48), taken_at=taken, gps=place)
    facts = tool.inspect(source).facts
    assert facts.captured_at == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert abs(facts.latitude - place[0]) < 1e-5
    assert abs(facts.longitude - place[1]) < 1e-5
    assert (facts.camera_make, facts.camera_model) == ("Shotlog", "Sample camera")


def test_m05_what_a_photo_does_not_tell_is_unknown_not_zero(tool, tmp_path):
    Image.new("RGB", (10, 10)).save(tmp_path / "bare.jpg")
    facts = tool.inspect(tmp_path / "bare.jpg").facts
    unknown = (
        facts.captured_at,
        facts.latitude,
        facts.longitude,
        facts.duration_ms,
        facts.fps,
        facts.has_audio,
    )
    assert unknown == (None,) * 6


def test_a_photo_cut_short_counts_when_half_of_it_came_out(tool, tmp_path):
    picture = Image.effect_noise((400, 400), 90).convert("RGB")
    picture.save(tmp_path / "whole.jpg", quality=90)
    content = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "most.jpg").write_bytes(content[: len(content) * 8 // 10])
    (tmp_path / "little.jpg").write_bytes(content[: len(content) * 2 // 10])
    assert tool.inspect(tmp_path / "most.jpg").facts.width == 400
    assert len(tool.render(tmp_path / "most.jpg", tmp_path, "most")) == 3
    for ask in (tool.inspect, lambda path: tool.render(path, tmp_path, "little")):
        with pytest.raises(MediaRefused) as refusal:
            ask(tmp_path / "little.jpg")
        assert refusal.value.code == "damaged"
    assert not list(tmp_path.glob("little-*"))


def test_camera_raw_is_refused_as_unsupported(tool, tmp_path):
    picture = Image.new("RGB", (16, 16))
    picture.save(tmp_path / "raw.dng", "TIFF", tiffinfo={50706: b"\x01\x04\x00\x00"})
    with pytest.raises(MediaRefused) as refusal:
        tool.inspect(tmp_path / "raw.dng")
    assert refusal.value.code == "unsupported_format"
