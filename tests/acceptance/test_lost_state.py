"""Somebody deletes what a run stands on: it says so, record by record, and nothing hangs."""

import signal

from acceptance.undisturbed import CHUNKS

SUBMITTED = {"point": "shotlog.services.following:Follower.look", "when": "before"}
STAGED = {"point": "shotlog.services.submitting:Submitter.submit", "when": "before"}


def killed(home, films, stop):
    home.start("run", films, "--yes", "--json", stop=stop).end(-signal.SIGKILL)


def forget(home, name):
    """Delete a database of the home, with its log."""
    (home.home / name).unlink()
    for log in ("-wal", "-shm"):
        (home.home / f"{name}{log}").unlink(missing_ok=True)


def test_a_job_that_the_provider_has_forgotten_leaves_its_records_missing(films, installation):
    home = installation()
    killed(home, films, SUBMITTED)
    forget(home, "emulator.db")

    done = home.run("run", films, "--yes", code=3)

    assert (done["run"], done["state"]) == ("run_1", "done")
    assert (done["records"]["planned"], done["records"]["missing"]) == (6, 6)
    assert done["cost_usd"]["actual"] == 0
    failures = home.run("runs", "show", "run_1")["failures"]
    assert {(each["outcome"], each["code"]) for each in failures} == {("missing", "job_lost")}
    assert len(failures) == 6
    again = home.run("run", films, "--yes", code=3)
    assert (again["run"], again["records"]["planned"]) == (None, 0)


def test_without_the_task_engine_s_memory_nothing_is_lost(films, undisturbed, installation):
    home = installation(**CHUNKS)
    killed(home, films, SUBMITTED)
    forget(home, "tasks.db")

    home.run("run", films, "--yes", code=3)

    assert home.account() == undisturbed(CHUNKS)["account"]


def test_a_copy_that_vanishes_before_the_manifest_is_made_again(films, undisturbed, installation):
    home = installation(**CHUNKS)
    killed(home, films, {"point": "shotlog.services.staging:upload_manifest", "when": "before"})
    next((home.home / "store").glob("nova_batch/*/files/*")).unlink()

    home.run("run", films, "--yes", code=3)

    assert home.account() == undisturbed(CHUNKS)["account"]


def test_a_copy_that_vanishes_after_the_manifest_fails_its_record_alone(films, installation):
    home = installation()
    killed(home, films, STAGED)
    next((home.home / "store").glob("nova_batch/*/files/*")).unlink()

    done = home.run("run", films, "--yes", code=3)

    assert done["state"] == "done"
    records = done["records"]
    assert (records["planned"], records["succeeded"], records["failed"]) == (6, 5, 1)
    (failure,) = home.run("runs", "show", "run_1")["failures"]
    assert failure["code"]
    assert failure["message"]
