"""Preparing: each file is opened once, a bad one is refused with its reason, and a move keeps everything."""

import threading

import pytest

from run_stage import NO_STOP, RunStage, answer
from shotlog.errors import Interrupted, MediaCrashed, MediaRefused, Unavailable
from shotlog.store import work
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import RenditionRow, WorkItemRow


@pytest.fixture
def rows(tmp_path, database):
    """Return a function that returns the rows of a table."""
    return RunStage(tmp_path / "beside", database).rows


def waiting(shelf, kind):
    with shelf.database.read() as session:
        return work.waiting(session, kind)


def analyse(shelf, tmp_path):
    """Let the one asset be asked about, and answered."""
    stage = RunStage(tmp_path / "runs", shelf.database)
    terms, job = stage.ended()
    stage.output(job, [answer(stage.record_ids(terms.run.id)[0])])
    stage.collector.collect(job.id, terms)
    stage.planner.finish(terms.run.id)


def test_m10_files_become_assets_with_renditions_and_findable_names(shelf, rows):
    shelf.put("holiday beach.mp4")
    counts, summary = shelf.take_in()

    asset = shelf.assets()["holiday beach.mp4"]
    assert (asset.state, asset.kind, asset.duration_ms, asset.probed_at) == (
        "ready",
        "video",
        10_000,
        shelf.clock(),
    )
    (rendition,) = rows(RenditionRow)
    assert (shelf.renditions / rendition.path).read_text() == "holiday beach.mp4"
    assert rendition.path == f"000000/{asset.id}-proxy.mp4"
    assert "holiday beach" in " ".join(row.text for row in rows(SegmentRow))
    assert (counts.new, summary["imported"]) == (1, 1)
    assert rows(WorkItemRow) == []


def test_one_bad_file_is_refused_with_its_reason_and_stops_nobody(shelf):
    shelf.put("good.mp4")
    shelf.put("notes.txt", "bad, this is text")
    _, summary = shelf.take_in()
    assert (summary["found"], summary["imported"], summary["unchanged"]) == (2, 1, 0)
    path = str(shelf.films / "notes.txt")
    assert summary["refused"] == [{"path": path, "code": "no_media", "reason": "It is no media."}]


def test_a_refused_file_is_not_opened_again_until_it_changes(shelf):
    path = shelf.put("a.mp4", "bad")
    shelf.take_in()
    _, summary = shelf.take_in()
    assert (len(shelf.tool.inspected), len(summary["refused"])) == (1, 1)
    path.write_text("mended by now")
    _, summary = shelf.take_in()
    assert (summary["imported"], summary["refused"]) == (1, [])


def test_m08_a_file_that_was_moved_or_renamed_keeps_everything(shelf, rows, tmp_path):
    path = shelf.put("trip/a.mp4")
    shelf.take_in()
    old = shelf.assets()["trip/a.mp4"]
    analyse(shelf, tmp_path)
    (shelf.films / "other").mkdir()
    path.rename(shelf.films / "other" / "b.mp4")
    _, summary = shelf.take_in()

    ((name, moved),) = shelf.assets().items()
    assert (name, moved.id, moved.name, moved.missing_at) == ("other/b.mp4", old.id, "b.mp4", None)
    assert (summary["moved"], len(shelf.tool.rendered)) == (1, 1)
    assert [row.asset_id for row in rows(AnnotationRow)] == [old.id]
    names = {row.text for row in rows(SegmentRow, SegmentRow.field == "name")}
    assert any("b" in text.split() or "b.mp4" in text for text in names)


def test_r06_a_move_is_seen_across_folders_that_are_imported_one_by_one(shelf, tmp_path):
    path = shelf.put("a.mp4")
    shelf.take_in()
    other = tmp_path / "elsewhere"
    other.mkdir()
    path.rename(other / "a.mp4")
    _, summary = shelf.take_in(other)
    assert summary["moved"] == 1
    assert list(shelf.assets()) == ["../elsewhere/a.mp4"]


def test_a_copy_is_an_asset_of_its_own(shelf):
    shelf.put("a.mp4", "the same film")
    shelf.take_in()
    shelf.put("b.mp4", "the same film")
    _, summary = shelf.take_in()
    assert (summary["moved"], sorted(shelf.assets())) == (0, ["a.mp4", "b.mp4"])


def test_of_two_copies_of_a_moved_file_both_stay_registered(shelf, monkeypatch):
    path = shelf.put("a.mp4", "the same film")
    shelf.take_in()
    old = shelf.assets()["a.mp4"].id
    path.unlink()
    shelf.put("b.mp4", "the same film")
    shelf.put("c.mp4", "the same film")
    number, _ = shelf.scan()
    together, decide = threading.Barrier(2), shelf.preparer._probe

    def probe(*arguments):
        """Let both decide that they are the old file, moved, before either is written."""
        apply = decide(*arguments)
        together.wait(60)
        return apply

    monkeypatch.setattr("shotlog.services.file_work._BATCH", 1)
    monkeypatch.setattr(shelf.preparer, "_probe", probe)
    shelf.preparer.probe_due(number, stop=NO_STOP)
    assert sorted(shelf.assets()) == ["b.mp4", "c.mp4"]
    assert old in {row.id for row in shelf.assets().values()}
    assert {row.state for row in shelf.assets().values()} == {"ready"}


def test_a_changed_file_loses_its_old_renditions_and_findings(shelf, rows, tmp_path):
    path = shelf.put("a.mp4")
    shelf.take_in()
    analyse(shelf, tmp_path)
    assert shelf.assets()["a.mp4"].analysed_at
    path.write_text("another film altogether")
    shelf.take_in()

    changed = shelf.assets()["a.mp4"]
    assert (changed.analysed_at, [row.current for row in rows(AnnotationRow)]) == (None, [False])
    (rendition,) = rows(RenditionRow)
    assert (shelf.renditions / rendition.path).read_text() == "another film altogether"


def test_a_process_that_dies_once_is_chance_and_three_times_is_the_file(shelf):
    shelf.put("shaky.mp4")
    shelf.put("deadly.mp4")
    died = []

    def dies(path):
        died.append(path)
        if path.endswith("deadly.mp4") or died.count(path) == 1:
            raise MediaCrashed("The process died.")

    shelf.tool.before = dies
    number, _ = shelf.scan()
    shelf.preparer.probe_due(number, stop=NO_STOP)
    states = {name: row.state for name, row in shelf.assets().items()}
    assert states == {"shaky.mp4": "ready", "deadly.mp4": "failed"}
    assert [path.endswith("deadly.mp4") for path in died].count(True) == 3


def test_a_file_that_vanishes_before_it_is_opened_is_missing_and_not_refused(shelf):
    path = shelf.put("a.mp4")
    number, _ = shelf.scan()
    path.unlink()
    shelf.preparer.probe_due(number, stop=NO_STOP)
    gone = shelf.assets()["a.mp4"]
    assert (gone.state, gone.missing_at) == ("new", shelf.clock())
    assert shelf.state(number) == "rendering"


@pytest.mark.parametrize("step", ["probe", "render"])
def test_stopping_in_the_middle_refuses_no_file_and_leaves_the_rest_due(shelf, database, tmp_path, step):
    for number in range(8):
        shelf.put(f"{number}.mp4")
    stop = threading.Event()

    def ends(path):
        """Media processes are ended with the rest: what they were doing fails."""
        stop.set()
        raise MediaRefused("The process was ended.")

    opened, _ = shelf.scan()
    if step == "render":
        shelf.preparer.probe_due(opened, stop=NO_STOP)
    shelf.tool.before = ends
    todo = shelf.preparer.probe_due if step == "probe" else shelf.preparer.render_import
    with pytest.raises(Interrupted):
        todo(opened, stop=stop)
    assert {row.state for row in shelf.assets().values()} == {"new" if step == "probe" else "ready"}
    assert waiting(shelf, step) == 8

    with database.write() as session:
        work.release_all(session)
    shelf.tool.before = lambda _: None
    shelf.preparer.probe_due(opened, stop=NO_STOP)
    shelf.preparer.render_import(opened, stop=NO_STOP)
    assert shelf.state(opened) == "done"
    assert {row.state for row in shelf.assets().values()} == {"ready"}


def test_trouble_that_is_not_the_files_is_raised_and_refuses_nothing(shelf):
    shelf.put("a.mp4")
    number, _ = shelf.scan()

    def full(path):
        raise Unavailable("The disk is full.")

    shelf.tool.before = full
    with pytest.raises(Unavailable):
        shelf.preparer.probe_due(number, stop=NO_STOP)
    assert shelf.assets()["a.mp4"].state == "new"
    assert shelf.state(number) == "probing"


def test_an_import_without_renditions_is_done_once_it_is_probed(shelf, rows):
    shelf.put("a.mp4")
    number = shelf.open(renditions=False)
    shelf.scanner.scan(number)
    shelf.preparer.probe_due(number, stop=NO_STOP)
    shelf.preparer.render_import(number, stop=NO_STOP)
    assert (shelf.state(number), rows(RenditionRow)) == ("done", [])


def test_a_run_makes_the_renditions_that_it_needs_and_no_others(shelf, rows, tmp_path):
    shelf.put("wanted.mp4")
    shelf.put("other.mp4")
    number = shelf.open(renditions=False)
    shelf.scanner.scan(number)
    shelf.preparer.probe_due(number, stop=NO_STOP)
    stage = RunStage(tmp_path / "runs", shelf.database)
    run = stage.planner.begin(stage.request(paths=(str(shelf.films / "wanted.mp4"),)))
    shelf.preparer.render_run(run.id, stop=NO_STOP)
    assert [row.asset_id for row in rows(RenditionRow)] == [shelf.assets()["wanted.mp4"].id]
    stage.planner.cut(stage.terms(run.id))
    assert len(stage.jobs(run.id)) == 1


def test_a_file_that_cannot_be_rendered_is_refused_and_leaves_its_run(shelf, tmp_path):
    shelf.put("a.mp4")
    number = shelf.open(renditions=False)
    shelf.scanner.scan(number)
    shelf.preparer.probe_due(number, stop=NO_STOP)
    stage = RunStage(tmp_path / "runs", shelf.database)
    run = stage.planner.begin(stage.request())
    shelf.put("a.mp4", "bad in the middle")
    shelf.preparer.render_run(run.id, stop=NO_STOP)
    stage.planner.cut(stage.terms(run.id))
    assert shelf.assets()["a.mp4"].failure_code == "no_media"
    assert stage.planner.finish(run.id)
    assert stage.account(run.id) == {}


def test_preparing_twice_opens_nothing_twice(shelf):
    shelf.put("a.mp4")
    number, _ = shelf.scan()
    for _ in range(2):
        shelf.preparer.probe_due(number, stop=NO_STOP)
        shelf.preparer.render_import(number, stop=NO_STOP)
    assert (len(shelf.tool.inspected), len(shelf.tool.rendered)) == (1, 1)
