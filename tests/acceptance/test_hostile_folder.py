"""The main job over a folder as hostile as real ones are: everything is accounted for, nothing is touched."""

import shutil

import pytest

from acceptance.films import SIZE, make_hostile_folder, snapshot
from shotlog.media.samples import Scene, make_clip, make_photo

LATER = "a film with a late sign.mp4"
TOTAL_OF_RECORDS = ("succeeded", "partial", "failed", "refused", "truncated", "unparsable", "missing")


@pytest.fixture
def hostile(tmp_path):
    """Hostile names and contents, in a folder that nobody may write to."""
    folder = tmp_path / "the folder, of mine"
    good, refused = make_hostile_folder(folder)
    scenes = [Scene(3, "teal"), Scene(2, "maroon", "LANTERN")]
    good[str(make_clip(folder / LATER, scenes=scenes, **SIZE))] = "LANTERN"
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for each in folders:
        each.chmod(0o555)
    yield folder, good, refused
    for each in folders:
        each.chmod(0o755)


def test_every_file_is_accounted_for_found_by_its_word_and_left_alone(hostile, installation, database_url):
    folder, good, refused = hostile
    home, before = installation(database_url=database_url), snapshot(folder)

    first = home.run("run", folder, "--yes", code=3)

    assets, records = first["assets"], first["records"]
    assert assets["found"] == len(good) + len(refused)
    assert (assets["imported"], assets["unchanged"]) == (len(good), 0)
    assert {each["path"] for each in assets["refused"]} == refused
    assert all(each["code"] and each["reason"] for each in assets["refused"])
    assert records["planned"] == records["succeeded"] == len(good)
    assert (first["state"], first["jobs"], len(home.provider_jobs())) == ("done", 1, 1)
    assert home.words() == {path: {word} for path, word in good.items()}

    hits = [hit for hit in home.run("search", "lantern")["hits"] if hit["field"] == "text"]
    assert [hit["path"] for hit in hits] == [str(folder / LATER)]
    assert hits[0]["start_s"] == pytest.approx(3, abs=1)
    assert hits[0]["end_s"] == pytest.approx(5, abs=0.5)

    for hit in home.run("assets", "list", "clip.mp4")["assets"]:  # one name, in two folders
        shown = home.run("assets", "show", hit["id"])
        assert {each["text"] for each in shown["segments"] if each["field"] == "text"} == {good[hit["path"]]}
        assert {each["outcome"] for each in shown["history"]} == {"succeeded"}

    account = home.account()
    second = home.run("run", folder, "--yes", code=3)
    assert (second["run"], second["jobs"], second["records"]["planned"]) == (None, 0, 0)
    assert second["assets"]["unchanged"] == len(good)
    assert second["cost_usd"]["actual"] == 0
    assert {each["path"] for each in second["assets"]["refused"]} == refused
    assert home.account() == account
    assert snapshot(folder) == before


@pytest.mark.slow
def test_four_hundred_files_are_three_jobs_and_each_is_looked_at_once(tmp_path, installation):
    masters = [
        make_photo(tmp_path / f"{number}.jpg", size=(64, 48), colour=colour)
        for number, colour in enumerate(("navy", "teal", "olive", "maroon", "gray", "purple", "tan", "red"))
    ]
    folder = tmp_path / "roll"
    folder.mkdir()
    for number in range(400):
        shutil.copyfile(masters[number % len(masters)], folder / f"IMG {number}.jpg")
    home = installation()

    done = home.run("run", folder, "--yes")

    records = done["records"]
    assert done["jobs"] == 3
    assert records["planned"] == sum(records[outcome] for outcome in TOTAL_OF_RECORDS) == 400
    assert records["succeeded"] == 400
    jobs = home.provider_jobs()
    assert len(jobs) == 3
    assert all(100 <= total <= 150 and state == "Completed" for state, total, _ in jobs)
    assert sum(succeeded for _, _, succeeded in jobs) == 400
    assert home.rows("SELECT count(*), count(DISTINCT record_id) FROM ledger") == [(400, 400)]
    assert home.rows("SELECT count(*) FROM assets WHERE analysed_at IS NOT NULL") == [(400,)]
