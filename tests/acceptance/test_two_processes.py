"""Two commands at once on one home: one works for both, and each finds its work done."""

import os

from acceptance.films import FILMS
from acceptance.installation import wait_until
from acceptance.undisturbed import CHUNKS


def test_a_second_command_takes_over_from_one_that_is_killed(
    films, tmp_path, undisturbed, installation, database_url
):
    home, now = installation(database_url=database_url, **CHUNKS), tmp_path / "now"
    stop = {"point": "shotlog.services.following:Follower._write", "when": "before", "wait_for": str(now)}
    first = home.start("run", films, "--yes", "--json", stop=stop)
    first.wait_for_note("run_1: 6 records")
    second = home.start("run", films, "--yes", "--json")
    second.wait_for_note("run_1: 6 records, begun before")

    now.touch()
    first.end(-9)
    done = second.end(3)

    expected = undisturbed(CHUNKS)
    assert (done["run"], done["jobs"]) == ("run_1", 2)
    assert done["records"] == expected["done"]["records"]
    assert home.account() == expected["account"]


def test_two_folders_at_once_are_both_done_and_a_search_works_meanwhile(films, installation):
    home = installation()

    one = home.start("run", films / "day 1", "--yes", "--json")
    other = home.start("run", films / "day 2", "--yes", "--json")
    one.wait_for_note("run_")
    assert home.run("search", "clip")["total"] >= 1  # by its name: nobody has looked at it yet
    ends = [one.end(), other.end()]

    assert [end["state"] for end in ends] == ["done", "done"]
    assert [end["records"]["succeeded"] for end in ends] == [2, 1]
    assert home.provider_jobs() == [("Completed", 1, 1), ("Completed", 2, 2)]
    assert home.words() == {
        os.fspath(films / name): {word} for name, word in FILMS.items() if name.startswith("day ")
    }
    assert home.rows("SELECT count(*) FROM ledger") == [(3,)]


def test_the_same_folder_twice_at_once_is_asked_and_paid_once(films, undisturbed, installation):
    home = installation(**CHUNKS)

    both = [home.start("run", films, "--yes", "--json") for _ in range(2)]
    ends = [command.end(3) for command in both]

    expected = undisturbed(CHUNKS)
    assert home.account() == expected["account"]
    assert [end["assets"]["found"] for end in ends] == [len(FILMS) + 1] * 2
    wait_until(lambda: not any(command.survivors() for command in both), "all media processes have ended")
