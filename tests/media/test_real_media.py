"""Every real and hostile sample goes in with the right facts, or is refused with the right code."""

from __future__ import annotations

import pytest
from PIL import Image

from shotlog.errors import MediaRefused

#: name -> (format, width, height, duration in ms, rotation, video codec, audio codec)
VIDEOS = {
    "-leading-dash %d.mp4": ("mp4", 640, 272, 10000, 0, "h264", None),
    "100_0306 (MJPEG).AVI": ("avi", 320, 240, 2733, 0, "mjpeg", "pcm_s16le"),
    "asl_milk.mkv": ("mkv", 640, 480, 1733, 0, "h264", None),
    "bigbuckbunny.mp4": ("mp4", 1280, 720, 5312, 0, "h264", "aac"),
    "bikes.mp4": ("mp4", 640, 272, 10000, 0, "h264", None),
    "cars_30s_12fps5.mp4": ("mp4", 768, 432, 30160, 0, "h264", "aac"),
    "corridor_139s_noaudio.mp4": ("mp4", 768, 432, 139400, 0, "h264", None),
    "gopro_max_heromode_gpmf.mp4": ("mp4", 848, 480, 10543, 0, "h264", "aac"),
    "iphone5_1080p_gps.mov": ("mov", 1920, 1080, 1008, 0, "h264", "aac"),
    "iphone6_rot90_gps_vfr.mov": ("mov", 320, 568, 4002, 90, "h264", "aac"),
    "iphone_hevc10_rot90_editlist_dovi.mp4": ("mov", 1080, 1920, 2548, 90, "hevc", "aac"),
    "nasa_6streams.mp4": ("mp4", 480, 270, 13056, 0, "h264", "aac"),
    "no_duration.webm": ("webm", 1280, 720, 4938, 0, "vp9", "opus"),
    "walk_1080p30.mp4": ("mp4", 1920, 1080, 5759, 0, "h264", "aac"),
    "wrong_ext_mp4.jpg": ("mov", 320, 568, 4002, 90, "h264", "aac"),
    "Ünïcødé 名前, (copy) [1] – été & 'q'.mov": ("mov", 320, 568, 4002, 90, "h264", "aac"),  # noqa: RUF001
}
PHOTOS = {
    "22MP.jpg": ("jpeg", 5760, 3840),
    "exif_corrupted.jpg": ("jpeg", 3648, 2736),
    "face_portrait_orient6.jpg": ("jpeg", 840, 700),
    "iphone13_pro.HEIC": ("heic", 3024, 4032),
    "nikon_gps.jpg": ("jpeg", 640, 480),
    "text_book.jpg": ("jpeg", 3024, 4032),
    "text_craft_beer.jpg": ("jpeg", 6000, 4000),
    "wrong_ext_jpeg.mp4": ("jpeg", 640, 480),
}
REFUSED = {
    "MANIFEST.md": "not_media",
    "bomb_40000x40000.png": "too_many_pixels",
    "concat_trap.mp4": "playlist",
    "garbage.jpg": "damaged",
    "garbage.mp4": "not_media",
    "hls_trap.mp4": "playlist",
    "zero byte.mp4": "empty_file",
}
#: Damaged, but something can be seen.
RESCUED = {"truncated 40pct faststart.mp4", "heic_truncated.heic"}


def test_the_samples_are_all_accounted_for(samples):
    assert {path.name for path in samples.iterdir()} == {*VIDEOS, *PHOTOS, *REFUSED, *RESCUED}


@pytest.mark.parametrize("name", VIDEOS)
def test_a_real_video_has_its_facts_and_renditions(tool, samples, tmp_path, name):
    facts = tool.inspect(samples / name).facts
    found = (facts.format, facts.width, facts.height, facts.duration_ms, facts.rotation)
    assert (*found, facts.video_codec, facts.audio_codec) == VIDEOS[name]
    proxy, thumbnail, poster = tool.render(samples / name, tmp_path, "ast_1")
    assert abs(proxy.duration_ms - facts.duration_ms) <= 250
    assert abs(proxy.width / proxy.height - facts.width / facts.height) < 0.02
    assert min(proxy.width, proxy.height) <= 672
    for still, longest in ((thumbnail, 320), (poster, 1280)):
        with Image.open(still.path) as picture:
            assert max(picture.size) <= longest
            assert picture.convert("L").getextrema() != (0, 0)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_real_photo_has_its_facts_and_renditions(tool, samples, tmp_path, name):
    facts = tool.inspect(samples / name).facts
    assert (facts.format, facts.width, facts.height) == PHOTOS[name]
    proxy, *_ = tool.render(samples / name, tmp_path, "ast_1")
    assert abs(proxy.width / proxy.height - facts.width / facts.height) < 0.01
    assert max(proxy.width, proxy.height) == min(1600, max(facts.width, facts.height))


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_with_its_code(tool, samples, tmp_path, name):
    for ask in (tool.inspect, lambda path: tool.render(path, tmp_path, "ast_1")):
        with pytest.raises(MediaRefused) as refusal:
            ask(samples / name)
        assert refusal.value.code == REFUSED[name]
    assert not list(tmp_path.iterdir())


def test_a_video_cut_short_keeps_what_can_be_seen(tool, samples, tmp_path):
    proxy, *_ = tool.render(samples / "truncated 40pct faststart.mp4", tmp_path, "ast_1")
    assert 1500 <= proxy.duration_ms <= 3000


def test_places_and_cameras_are_read(tool, samples):
    phone = tool.inspect(samples / "iphone6_rot90_gps_vfr.mov").facts
    action = tool.inspect(samples / "gopro_max_heromode_gpmf.mp4").facts
    photo = tool.inspect(samples / "nikon_gps.jpg").facts
    assert (phone.latitude, phone.longitude, phone.altitude_m) == (32.0929, 34.862, 28.516)
    assert (phone.camera_make, phone.camera_model) == ("Apple", "iPhone 6")
    assert phone.captured_at.isoformat() == "2019-07-24T08:25:40+00:00"
    assert (action.latitude, action.longitude) == (33.1268, -117.3273)
    assert (round(photo.latitude, 4), round(photo.longitude, 4)) == (43.4674, 11.8851)
    assert (photo.camera_make, photo.camera_model) == ("NIKON", "COOLPIX P6000")


def test_deep_and_turned_video_comes_out_upright_in_8_bits(tool, samples, tmp_path):
    name = "iphone_hevc10_rot90_editlist_dovi.mp4"
    assert tool.inspect(samples / name).facts.pixel_format == "yuv420p10le"
    proxy, *_ = tool.render(samples / name, tmp_path, "ast_1")
    assert (proxy.width, proxy.height) == (672, 1194)
