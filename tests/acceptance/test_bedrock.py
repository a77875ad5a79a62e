"""The cloud's path: a strict emulator in a process of its own, Nova's prices, and what fills no job."""

import json
import signal

import pytest

from acceptance.films import FILMS
from acceptance.installation import wait_until
from shotlog.media.samples import make_photo

NOVA = "nova-lite"
#: Dollars for a million tokens: in, out.
ON_DEMAND, BATCH = (0.06, 0.24), (0.03, 0.12)


@pytest.fixture
def twelve(tmp_path):
    folder = tmp_path / "twelve"
    for number in range(12):
        make_photo(folder / f"IMG {number}.jpg", text=list(FILMS.values())[number % 6], size=(160, 120))
    return folder


@pytest.fixture
def bedrock(installation):
    """Make an installation that is set to Bedrock, and to an emulator of its own as Bedrock."""

    def make(*, min_records=100, **settings):
        home = installation(
            engine="bedrock", model=NOVA, workers=1, poll_seconds=0.2, aws_region="us-east-1", **settings
        )
        store = f"file://{home.home / 'store'}"
        served = home.start(
            *("emulator", "--port", 0, "--store", store, "--min-records", min_records, "--strict"),
            *("--state", home.home / "emulator.db"),
        )
        said = wait_until(served.out.read_text, "the emulator says where it is")
        home.settings["bedrock_endpoint"] = json.loads(said)["url"]
        home.emulator = served
        return home

    return make


def stopped(home):
    """Stop the emulator, which must end well: its state can then be read."""
    home.emulator.process.send_signal(signal.SIGTERM)
    home.emulator.end()
    return home


def price(home, prices):
    rows = home.rows("SELECT input_tokens, output_tokens FROM ledger")
    return sum(tokens_in * prices[0] + tokens_out * prices[1] for tokens_in, tokens_out in rows) / 1e6


def test_fewer_files_than_a_job_takes_are_asked_on_demand_at_its_price(bedrock, twelve):
    home = bedrock()

    done = home.run("run", twelve, "--yes")

    assert (done["jobs"], done["records"]["planned"], done["records"]["succeeded"]) == (0, 12, 12)
    cost = done["cost_usd"]
    assert cost["actual"] == pytest.approx(price(home, ON_DEMAND), abs=12e-6)
    assert 0 < cost["estimated"]["low"] <= cost["estimated"]["likely"] <= cost["estimated"]["high"]
    assert cost["actual"] > 0
    assert home.rows("SELECT DISTINCT mode FROM ledger") == [("on-demand",)]
    assert len(home.words()) == 12
    assert stopped(home).provider_jobs() == []

    again = home.run("run", twelve, "--yes")  # nothing is left to ask: the emulator is not needed
    assert (again["records"]["planned"], again["cost_usd"]["actual"]) == (0, 0)


def test_a_job_costs_half_of_what_asking_on_demand_does(bedrock, twelve):
    home = bedrock(min_records=12, batch_min_records=12)

    done = home.run("run", twelve, "--yes")

    assert (done["jobs"], done["records"]["succeeded"]) == (1, 12)
    assert done["cost_usd"]["actual"] == pytest.approx(price(home, BATCH), abs=12e-6)
    assert done["cost_usd"]["actual"] == pytest.approx(price(home, ON_DEMAND) / 2, abs=12e-6)
    assert stopped(home).provider_jobs() == [("Completed", 12, 12)]


def test_a_tail_that_waits_is_not_asked_and_not_paid(bedrock, twelve):
    home = bedrock(tail="wait")

    done = home.run("run", twelve, "--yes")

    assert (done["state"], done["jobs"], done["records"]["planned"]) == ("done", 0, 0)
    assert done["cost_usd"]["actual"] == 0
    assert home.rows("SELECT count(*) FROM ledger") == [(0,)]
    assert home.rows("SELECT count(*) FROM assets WHERE analysed_at IS NOT NULL") == [(0,)]


def test_a_budget_that_is_too_small_leaves_records_over_budget(bedrock, twelve):
    home = bedrock()

    done = home.run("run", twelve, "--yes", "--budget", "0.000001", code=3)

    assert done["state"] == "done"
    assert (done["records"]["planned"], done["records"]["failed"]) == (12, 12)
    assert done["cost_usd"]["actual"] == 0
    failures = home.run("runs", "show", done["run"])["failures"]
    assert {each["code"] for each in failures} == {"over_budget"}


def test_money_is_not_spent_without_consent(bedrock, twelve):
    home = bedrock()

    said = home.run("run", twelve, code=1)

    assert "--yes" in said["error"]["hint"]
    assert home.rows("SELECT count(*) FROM runs") == [(0,)]
