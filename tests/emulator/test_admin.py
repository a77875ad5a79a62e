"""The admin API: faults, jobs and events while an emulator runs."""

import pytest


def test_health_counts_the_jobs(stage):
    here = stage(faults={"stuck_in": "Submitted"})
    here.create()

    assert here.raw("GET", "/_emulator/health").json() == {
        "status": "ok",
        "engine": "emulator",
        "jobs": {"Submitted": 1},
    }


def test_faults_are_read_and_replaced_whole(stage):
    here = stage(faults={"throttle_creates": 3, "drop": 0.5})

    assert here.raw("GET", "/_emulator/faults").json()["throttle_creates"] == 3
    here.faults(fence=0.25)
    now = here.raw("GET", "/_emulator/faults").json()

    assert (now["throttle_creates"], now["drop"], now["fence"]) == (0, 0.0, 0.25)


@pytest.mark.parametrize(
    "faults",
    [
        {"drop": 0.6, "error": 0.6},
        {"drop": -1},
        {"no_such_fault": True},
        {"stuck_in": "Completed"},
        {"delay_s": "x"},
    ],
)
def test_faults_that_make_no_sense_are_refused(stage, faults):
    here = stage()

    assert here.raw("PUT", "/_emulator/faults", json=faults).status_code == 422
    assert here.raw("GET", "/_emulator/faults").json()["drop"] == 0.0


def test_jobs_and_events_are_listed_in_pages(stage):
    here = stage()
    here.clips(1)
    arns = [here.create() for _ in range(3)]
    for arn in arns:
        here.wait(arn)

    page = here.raw("GET", "/_emulator/jobs", params={"limit": 2}).json()["jobs"]
    rest = here.raw("GET", "/_emulator/jobs", params={"before": page[-1]["seq"]}).json()["jobs"]
    assert [job["arn"] for job in [*page, *rest]] == arns[::-1]
    assert page[0]["status"] == "Completed"
    events = here.events()
    later = here.raw("GET", "/_emulator/events", params={"after": events[4]["seq"]}).json()["events"]
    assert later == events[5:]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("DELETE", "/model-invocation-job/x"), ("POST", "/model/x")]
)
def test_unknown_operations_are_said_to_be(stage, method, path):
    answer = stage().raw(method, path)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")
    assert answer.json() == {"message": "Unknown operation"}
