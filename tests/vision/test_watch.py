"""What the engine finds in files."""

import pytest

from shotlog.errors import MediaRefused
from shotlog.media.sample_clip import Scene, make_clip


def _read(facts):
    return {words["text"]: (words["start_s"], words["end_s"]) for words in facts["words"]}


def test_words_are_read_with_the_second_they_come_and_go(look, slides):
    words = _read(look(slides))

    assert set(words) == {"HARBOUR 42", "SOUTH PIER"}
    assert words["HARBOUR 42"] == pytest.approx((3, 6), abs=0.3)
    assert words["SOUTH PIER"] == pytest.approx((6, 9), abs=0.3)


def test_words_over_a_moving_picture_are_followed_back_to_their_first_frame(look, tmp_path):
    scenes = [Scene(2.4, "teal"), Scene(2.4, "teal", "NORTH RIDGE"), Scene(1.2, "teal")]
    words = _read(look(make_clip(tmp_path / "moving.mp4", scenes=scenes, fps=10)))

    assert words["NORTH RIDGE"] == pytest.approx((2.4, 4.8), abs=0.3)


def test_words_that_differ_in_a_digit_are_two(look, tmp_path):
    scenes = [Scene(2, "indigo", f"PLATFORM {number}", moving=False) for number in (7, 9)]
    words = _read(look(make_clip(tmp_path / "digits.mp4", scenes=scenes, fps=5)))

    assert words["PLATFORM 7"] == pytest.approx((0, 2), abs=0.3)
    assert words["PLATFORM 9"] == pytest.approx((2, 4), abs=0.3)


def test_shots_end_at_hard_cuts_and_not_where_words_change(look, slides, tmp_path):
    same = [Scene(2, "olive", moving=False), Scene(2, "olive", "DAY ONE", moving=False)]

    shots = look(slides)["shots"]
    assert [shot["start_s"] for shot in shots] == pytest.approx([0, 3, 6], abs=0.21)
    assert shots[-1]["end_s"] == pytest.approx(9, abs=0.21)
    assert all(shot["start_s"] <= shot["key_s"] < shot["end_s"] for shot in shots)
    assert len(look(make_clip(tmp_path / "one.mp4", scenes=same, fps=5))["shots"]) == 1


def test_each_shot_has_its_colours(look, slides):
    named = [shot["look"]["colours"][0] for shot in look(slides)["shots"]]

    assert named == ["red", "blue", "green"]


def test_a_still_clip_is_still_and_a_dark_one_is_dark(look, silent):
    found = look(silent)["look"]

    assert found == {"colours": ["black"], "brightness": "dark", "motion": "still"}


def test_what_moves_is_not_still(look, tmp_path):
    clip = make_clip(tmp_path / "disc.mp4", scenes=[Scene(1, "teal")], fps=10)

    assert look(clip)["look"]["motion"] in {"low", "medium", "high"}


def test_sound_is_heard_where_there_is_a_tone_and_missing_where_there_is_no_track(look, slides, silent):
    heard, quiet = look(slides), look(silent)

    assert heard["has_audio"]
    assert heard["sounds"][0]["start_s"] == pytest.approx(0, abs=0.3)
    assert heard["sounds"][-1]["end_s"] == pytest.approx(9, abs=0.3)
    assert (quiet["has_audio"], quiet["sounds"]) == (False, [])


def test_a_turned_video_is_looked_at_upright(look, tmp_path):
    scenes = [Scene(1, "navy", "UPRIGHT", moving=False)]
    clip = make_clip(tmp_path / "turned.mov", scenes=scenes, width=360, height=640, fps=5, rotation=90)

    facts = look(clip)
    assert (facts["width"], facts["height"]) == (360, 640)
    assert list(_read(facts)) == ["UPRIGHT"]


def test_a_turned_photo_is_looked_at_upright(look, poster):
    facts = look(poster, "photo")

    assert (facts["width"], facts["height"]) == (600, 900)
    assert list(_read(facts)) == ["OPEN AIR"]
    assert facts["look"]["colours"][0] in {"red", "brown"}


def test_no_face_is_imagined_among_words(look, slides, poster):
    assert look(slides)["faces"]["max_count"] == 0
    assert look(poster, "photo")["faces"]["max_count"] == 0


def test_a_face_is_found_after_turning_the_photo(look, samples):
    facts = look(samples / "face_portrait_orient6.jpg", "photo")

    assert facts["faces"]["max_count"] == 1


def test_a_face_in_a_video_is_found_with_its_time(look, samples):
    faces = look(samples / "asl_milk.mkv")["faces"]

    assert faces["max_count"] == 1
    assert faces["spans"][0]["start_s"] < faces["spans"][0]["end_s"]


def test_cuts_in_real_footage_are_found(look, samples):
    starts = [shot["start_s"] for shot in look(samples / "bikes.mp4")["shots"]]

    assert len(starts) >= 3


def test_a_file_cut_short_is_looked_at_as_far_as_it_goes(look, samples):
    facts = look(samples / "truncated 40pct faststart.mp4")

    assert facts["bad_packets"] >= 1
    assert 1 < facts["duration_s"] < 5


@pytest.mark.parametrize(
    "name", ["-leading-dash %d.mp4", "Ünïcødé 名前, (copy) [1] \N{EN DASH} été & 'q'.mov"]
)
def test_any_name_can_be_opened(look, samples, name):
    assert look(samples / name)["shots"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("garbage.mp4", "video"),
        ("zero byte.mp4", "video"),
        ("hls_trap.mp4", "video"),
        ("concat_trap.mp4", "video"),
        ("wrong_ext_jpeg.mp4", "video"),
        ("garbage.jpg", "photo"),
        ("wrong_ext_mp4.jpg", "photo"),
        ("bomb_40000x40000.png", "photo"),
        ("missing.mp4", "video"),
        ("missing.jpg", "photo"),
    ],
)
def test_what_cannot_or_may_not_be_opened_is_refused(look, samples, name, kind):
    with pytest.raises(MediaRefused) as refused:
        look(samples / name, kind)

    assert refused.value.code in {"media_unreadable", "media_too_large"}


def test_rotten_bytes_cost_frames_but_not_the_clip(look, tmp_path):
    path = make_clip(tmp_path / "rotten.mp4", scenes=[Scene(4, "teal", "STILL HERE")], fps=25, audio=False)
    rotten = bytearray(path.read_bytes())
    payload = rotten.find(b"mdat") + 4
    size = int.from_bytes(rotten[payload - 8 : payload - 4], "big") - 8
    for offset in range(payload + size // 2, payload + size - 40, 150):
        rotten[offset : offset + 40] = b"\xff" * 40
    path.write_bytes(rotten)
    facts = look(path)

    assert facts["duration_s"] > 1
    assert "STILL HERE" in _read(facts)


def test_the_same_file_gives_the_same_facts(look, slides):
    assert look(slides) == look(slides)
