"""Killed at any step, the same command comes to the end that an undisturbed one comes to."""

import signal
from dataclasses import dataclass

import pytest

from acceptance.installation import wait_until
from acceptance.undisturbed import CHUNKS, TAIL

#: A kill between two records of one output file.
ONE_BY_ONE = {"shotlog.services.collecting:_AT_ONCE": 1}


@dataclass(frozen=True)
class Stop:
    """Where a process is killed."""

    point: str
    when: str
    nth: int = 1
    settings: tuple = tuple(CHUNKS.items())
    set_: tuple = ()

    def plan(self):
        where = self.point if ":" in self.point else f"shotlog.services.{self.point.replace('/', ':')}"
        return {"point": where, "when": self.when, "nth": self.nth, "set": dict(self.set_)}


def tail(point, when, nth=1):
    return Stop(point, when, nth, settings=tuple(TAIL.items()))


STEPS = {
    "while_the_library_is_made": Stop("alembic.operations:Operations.create_table", "after", 5),
    "in_the_scan": Stop("scanning/Scanner._write", "before"),
    "after_the_scan_wrote_its_files": Stop("scanning/Scanner._write", "after"),
    "while_probing": Stop("preparing/Preparer._probe", "before", 3),
    "while_writing_what_a_probe_found": Stop("preparing/Preparer._settle", "after", 3),
    "after_the_run_was_opened": Stop("planning/Planner.begin", "after"),
    "while_rendering": Stop("preparing/Preparer._make_renditions", "before", 4),
    "after_a_file_was_rendered": Stop("shotlog.media.tool:MediaTool.render", "after", 2),
    "while_writing_what_was_rendered": Stop("preparing/Preparer._keep", "after", 2),
    "before_the_cut": Stop("planning/Planner.cut", "before"),
    "with_half_a_plan_stored": Stop("planning/Planner._store_chunks", "after"),
    "after_the_cut": Stop("planning/Planner.cut", "after"),
    "while_uploading_proxies": Stop("proxy_store/ProxyStore._upload_one", "after", 2),
    "while_copying_into_the_folder": Stop("shotlog.blobs.object_blobs:ObjectBlobs.copy", "after", 2),
    "before_the_manifest": Stop("staging/upload_manifest", "before"),
    "after_the_manifest": Stop("staging/upload_manifest", "after"),
    "after_the_intent_was_committed": Stop("submitting/Submitter._intend", "after"),
    "after_the_job_was_asked_for_and_before_its_arn_is_known": Stop(
        "shotlog.inference.bedrock_batch:BedrockBatch.create", "after"
    ),
    "after_one_of_two_jobs_was_asked_for": Stop(
        "shotlog.inference.bedrock_batch:BedrockBatch.create", "before", 2
    ),
    "while_following": Stop("following/Follower._write", "after", 2),
    "when_the_job_has_ended": Stop("following/Follower._end", "before"),
    "after_the_end_was_written": Stop("following/Follower._end", "after"),
    "while_collecting": Stop("collecting/apply", "after", 2, set_=tuple(ONE_BY_ONE.items())),
    "half_way_through_an_output": Stop(
        "collecting/Collector._take", "after", 2, set_=tuple(ONE_BY_ONE.items())
    ),
    "after_all_was_collected": Stop("collecting/Collector._close_absent", "after", 2),
    "before_the_tail_is_asked": tail("on_demand/OnDemandAsker.ask", "before"),
    "when_the_tail_has_one_answer": tail("on_demand/judge", "after"),
    "half_way_through_the_tail": tail("on_demand/apply", "before", 2),
    "before_the_run_is_finished": Stop("planning/Planner.finish", "before"),
    "after_the_run_is_finished": Stop("planning/Planner.finish", "after"),
}
#: Those where the database's own way to lock and to commit matters.
ON_POSTGRESQL = (
    "while_probing",
    "after_the_intent_was_committed",
    "after_the_job_was_asked_for_and_before_its_arn_is_known",
    "half_way_through_an_output",
)


def check_killed(home, films, expected, plan):
    killed = home.start("run", films, "--yes", "--json", stop=plan)
    killed.end(-signal.SIGKILL)
    wait_until(lambda: not killed.survivors(), "its media processes end with it")

    done = home.run("run", films, "--yes", code=3)

    assert home.account() == expected["account"]
    assert done["state"] == "done"
    assert done["assets"]["refused"] == expected["done"]["assets"]["refused"]
    if done["run"] is not None:  # it was not over yet
        assert done["run"] == "run_1"
        for name in ("jobs", "records", "cost_usd"):
            assert done[name] == expected["done"][name]
    return done


def test_the_undisturbed_run_is_what_it_should_be(undisturbed):
    chunks = undisturbed(CHUNKS)["account"]
    tailed = undisturbed(TAIL)["account"]

    assert chunks["provider jobs"] == [["Completed", 3, 3], ["Completed", 3, 3]]
    assert tailed["provider jobs"] == [["Completed", 4, 4]]
    assert [mode for _, mode, *_ in tailed["ledger"]].count("on-demand") == 2
    for account in (chunks, tailed):
        assert len(account["ledger"]) == len(account["records"]) == len(account["results"]) == 6
        assert account["left to do"] == []
        assert account["imports"] == [["done"]]
        assert account["runs"] == [["done", 6]]


@pytest.mark.parametrize("step", STEPS)
def test_killed(step, films, undisturbed, installation):
    stop = STEPS[step]
    settings = dict(stop.settings)

    check_killed(installation(**settings), films, undisturbed(settings), stop.plan())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("step", ON_POSTGRESQL)
def test_killed_on_postgresql(step, films, undisturbed, installation, database_url):
    home = installation(database_url=database_url, **CHUNKS)

    check_killed(home, films, undisturbed(CHUNKS), STEPS[step].plan())


def test_killed_again_and_again_it_still_comes_to_the_same_end(films, undisturbed, installation):
    home = installation(**CHUNKS)
    for step in ("while_rendering", "before_the_manifest", "after_the_intent_was_committed"):
        home.start("run", films, "--yes", "--json", stop=STEPS[step].plan()).end(-signal.SIGKILL)

    last = STEPS["half_way_through_an_output"]
    check_killed(home, films, undisturbed(CHUNKS), last.plan())
