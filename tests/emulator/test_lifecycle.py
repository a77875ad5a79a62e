"""How jobs go from Submitted to their end, rules R13 to R23."""

import contextlib
import itertools
import json

import pytest
from botocore.exceptions import ClientError

from emulator.stage import BUCKET, FOLDER, NOVA, record
from shotlog.emulator.state import TERMINAL, TRANSITIONS, may_follow

HOUR = 3600


def failed(here, arn):
    job = here.wait(arn)
    assert job["status"] == "Failed"
    return job["message"]


def test_r13_a_job_goes_through_all_states_in_order(stage):
    here = stage(step_seconds=0.05)
    here.clips(2)

    arn = here.create()

    assert here.get(arn)["status"] == "Submitted"
    here.wait(arn, "Completed")
    states = [event["detail"]["status"] for event in here.events()]
    assert states == ["Submitted", "Validating", "Scheduled", "InProgress", "Completed"]


@pytest.mark.parametrize("state", ["Submitted", "Validating", "Scheduled", "InProgress"])
def test_r13_a_job_can_be_made_to_stick_in_a_state_and_be_freed(stage, state):
    here = stage(faults={"stuck_in": state})
    here.clips(1)

    arn = here.create()
    here.wait(arn, state)
    here.faults()

    assert here.wait(arn)["status"] == "Completed"


def test_r13_faults_can_be_kept_to_jobs_of_a_name(stage):
    here = stage(faults={"stuck_in": "Submitted", "job_name_contains": "slow"})
    here.clips(1)

    slow, quick = here.create(jobName="slow-1"), here.create(jobName="quick-1")

    assert here.wait(quick)["status"] == "Completed"
    assert here.get(slow)["status"] == "Submitted"


def test_r13_jobs_beyond_the_running_ones_wait_in_scheduled(stage):
    here = stage(faults={"stuck_in": "InProgress"}, running_jobs=1)
    here.clips(1)

    first = here.create()
    here.wait(first, "InProgress")
    second = here.create()
    here.wait(second, "Scheduled")
    here.faults()

    assert {here.wait(first)["status"], here.wait(second)["status"]} == {"Completed"}


def test_r14_five_states_are_terminal_and_nothing_leaves_them():
    assert {"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"} == TERMINAL
    assert not any(may_follow(state, other) for state in TERMINAL for other in TRANSITIONS)
    assert all(other in TRANSITIONS for states in TRANSITIONS.values() for other in states)


@pytest.mark.parametrize("ending", ["Failed", "PartiallyCompleted", "Expired", "Stopped"])
def test_r14_every_terminal_state_can_be_asked_for(stage, ending):
    here = stage(faults={"end_as": ending, "failure_message": "Out of luck."})
    here.clips(4)

    job = here.wait(here.create())

    assert job["status"] == ending
    assert job.get("message") == ("Out of luck." if ending == "Failed" else None)


def test_r15_a_job_of_fewer_records_than_the_minimum_fails_in_the_services_words(stage):
    here = stage(min_records=100)
    here.clips(2)

    arn = here.create()

    limit = "contains less records (2) than the required minimum of: 100"
    assert failed(here, arn) == f"Batch job {arn} {limit}"
    assert here.output_files(arn) == {}


def test_r15_the_minimum_counts_the_records_of_all_files(stage):
    here = stage(min_records=4)
    here.manifest([record("a"), record("b")], "one.jsonl")
    here.manifest([record("c"), record("d")], "sub/two.jsonl")

    assert len(here.run()) == 4


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_records_per_file": 2}, "manifest.jsonl contains more records (3)"),
        ({"max_records_per_job": 2}, "contains more records (3)"),
        ({"max_file_bytes": 100}, "manifest.jsonl has"),
    ],
)
def test_r16_files_and_jobs_have_largest_sizes(stage, limits, said):
    here = stage(**limits)
    here.clips(3)

    assert said in failed(here, here.create())


def test_r16_the_texts_can_be_replaced(stage):
    here = stage(max_records_per_job=2, texts={"too_many_records": "Too much: {count} > {limit}"})
    here.clips(3)

    assert failed(here, here.create()) == "Too much: 3 > 2"


def test_r17_everything_under_the_prefix_counts_into_the_jobs_size(stage):
    here = stage(max_job_bytes=10_000)
    here.clips(1)
    arn = here.create()
    assert here.wait(arn)["status"] == "Completed"

    here.put(f"{FOLDER}/left-over.bin", b"x" * 10_000)

    assert "bytes, more than the maximum of: 10000" in failed(here, here.create())


def test_r17_a_neighbour_whose_name_begins_alike_does_not_count(stage):
    here = stage(max_job_bytes=10_000)
    here.clips(1)
    here.put(f"{FOLDER}0/big.bin", b"x" * 10_000)

    assert here.wait(here.create())["status"] == "Completed"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not a JSON value"),
        ("[1]", "line 2: not a JSON object"),
        ('{"recordId": "x"}', "line 2: modelInput is missing"),
        ('{"recordId": 7, "modelInput": {}}', "line 2: recordId is not a string"),
        ('{"modelInput": {"a": NaN}}', "line 2: not a JSON value"),
        ("[" * 100_000, "line 2: not a JSON value"),
    ],
)
def test_r18_a_line_that_is_no_record_fails_the_job(stage, line, said):
    here = stage()
    here.manifest([record("a"), line])

    assert said in failed(here, here.create())


def test_r18_a_line_without_end_fails_the_job_in_flat_memory(stage):
    here = stage(max_line_bytes=1000)
    here.put(f"{FOLDER}/manifest.jsonl", b"x" * 5000)

    assert "the line is too long" in failed(here, here.create())


def test_r18_a_folder_without_manifest_fails_the_job(stage):
    here = stage()
    here.put(f"{FOLDER}/manifest.json", json.dumps(record("a")))

    assert f"s3://{BUCKET}/{FOLDER}/" in failed(here, here.create())


def test_r18_a_prompt_is_not_looked_at_while_validating(stage):
    here = stage()

    lines = here.run({"recordId": "a", "modelInput": {"nonsense": True}})

    assert lines["a"]["error"]["errorCode"] == 400


def test_r18_an_output_bucket_that_is_not_there_fails_the_job(stage):
    here = stage()
    here.clips(1)

    arn = here.create(outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://elsewhere/out/"}})

    assert "s3://elsewhere/out/" in failed(here, arn)


def test_strict_refuses_blank_lines_and_repeated_ids(stage):
    lax, strict = stage(), stage(strict=True)
    for lines, said in ((["", record("a")], "blank"), ([record("a"), record("a")], "used twice")):
        lax.manifest(lines)
        assert lax.wait(lax.create())["status"] == "Completed"
        assert said in failed(strict, strict.create())


def test_r19_get_echoes_the_request_as_the_service_does(stage):
    here = stage(faults={"stuck_in": "Submitted"})

    job = here.get(here.create(clientRequestToken="chunk-7", modelInvocationType="Converse"))

    assert job["modelId"] == f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"
    assert job["inputDataConfig"]["s3InputDataConfig"]["s3BucketOwner"] == "123456789012"
    assert job["outputDataConfig"]["s3OutputDataConfig"]["s3BucketOwner"] == "123456789012"
    assert job["clientRequestToken"] == "chunk-7"
    assert job["modelInvocationType"] == "Converse"
    assert (job["jobExpirationTime"] - job["submitTime"]).total_seconds() == pytest.approx(24 * HOUR)
    assert "message" not in job
    assert "endTime" not in job


def test_r20_counters_are_zero_before_the_start_and_add_up_at_the_end(stage):
    here = stage(faults={"stuck_in": "Scheduled", "error": 0.5})
    here.clips(40)
    arn = here.create()
    waiting = here.wait(arn, "Scheduled")
    here.faults(error=0.5)
    done = here.wait(arn)

    names = ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount")
    total, processed, success, error = (done[name] for name in names)
    assert [waiting[name] for name in names] == [0, 0, 0, 0]
    assert total == processed == success + error == 40
    assert 0 < error < 40


def test_r20_counters_can_lag(stage):
    here = stage(counter_lag_s=HOUR)
    here.clips(3)

    job = here.wait(here.create())

    assert (job["status"], job["processedRecordCount"]) == ("Completed", 0)


def test_r21_a_job_that_has_not_begun_by_its_timeout_expires(stage):
    here = stage(faults={"stuck_in": "Scheduled"}, hour_seconds=0.01)
    here.clips(1)

    arn = here.create()

    assert here.wait(arn)["status"] == "Expired"
    assert here.output_files(arn) == {}


def test_r21_a_job_that_is_running_at_its_timeout_is_partially_completed(stage):
    here = stage(faults={"delay_s": 0.05}, hour_seconds=0.04)
    here.clips(100)

    arn = here.create()

    job = here.wait(arn)
    assert job["status"] == "PartiallyCompleted"
    assert 0 < len(here.output(arn)) == job["processedRecordCount"] < 100


def test_r21_an_expired_job_may_have_output(stage):
    here = stage(faults={"end_as": "Expired", "partial_fraction": 0.25})
    here.clips(8)

    arn = here.create()

    assert here.wait(arn)["status"] == "Expired"
    assert len(here.output(arn)) == 2


def test_r22_what_a_stopped_job_has_answered_stays(stage):
    here = stage(faults={"delay_s": 0.05})
    here.clips(100)
    arn = here.create()
    here.until(lambda: here.get(arn)["processedRecordCount"] > 2)

    here.control.stop_model_invocation_job(jobIdentifier=arn)
    here.control.stop_model_invocation_job(jobIdentifier=arn)  # a second time is fine while it is stopping

    job = here.wait(arn)
    assert job["status"] == "Stopped"
    assert 2 < len(here.output(arn)) == here.summary(arn)["processedRecordCount"] < 100


def test_r22_a_job_that_never_began_stops_without_output(stage):
    here = stage(faults={"stuck_in": "Validating"})
    arn = here.create()
    here.wait(arn, "Validating")

    here.control.stop_model_invocation_job(jobIdentifier=arn)

    assert here.wait(arn)["status"] == "Stopped"
    assert here.output_files(arn) == {}


@pytest.mark.parametrize("answer", ["ConflictException", "ValidationException"])
def test_r22_a_job_that_has_ended_cannot_be_stopped(stage, answer):
    here = stage(stop_ended_error=answer)
    here.clips(1)
    arn = here.create()
    here.wait(arn)

    with pytest.raises(ClientError, match=answer):
        here.control.stop_model_invocation_job(jobIdentifier=arn)


def test_r23_every_change_of_state_is_an_event_of_the_services_shape(stage):
    here = stage(faults={"end_as": "Failed", "failure_message": "Out of luck."})
    here.clips(1)
    arn = here.create(jobName="evening")
    here.wait(arn)

    last = here.events()[-1]

    assert (last["source"], last["detail-type"]) == ("aws.bedrock", "Batch Inference Job State Change")
    assert last["resources"] == [arn]
    detail = last["detail"]
    assert (detail["status"], detail["failureMessage"]) == ("Failed", "Out of luck.")
    assert (detail["batchJobName"], detail["batchJobArn"], detail["version"]) == ("evening", arn, "0.0")
    assert detail["batchModelId"].endswith(f"foundation-model/{NOVA}")


def test_r23_events_can_get_lost(stage):
    here = stage(faults={"lose_events": 1.0})
    here.clips(1)
    here.wait(here.create())

    assert here.events() == []


def test_the_states_of_many_jobs_at_once_follow_the_table(stage):
    here = stage(faults={"delay_s": 0.005})
    here.clips(5)
    arns = [here.create() for _ in range(12)]
    for arn in arns[::3]:
        with contextlib.suppress(ClientError):  # it has ended already
            here.control.stop_model_invocation_job(jobIdentifier=arn)
    for arn in arns:
        here.wait(arn)

    for arn in arns:
        states = [event["detail"]["status"] for event in here.events() if event["resources"] == [arn]]
        assert states[0] == "Submitted"
        assert states[-1] in TERMINAL
        assert all(may_follow(before, after) for before, after in itertools.pairwise(states))
