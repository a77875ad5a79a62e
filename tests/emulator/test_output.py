"""What a job leaves in its output folder, rules R33 to R41, and how answers can be spoilt, R44."""

import json

import pytest

from emulator.stage import BUCKET, FOLDER, converse_record, record

SUMMARY = {
    "totalRecordCount",
    "processedRecordCount",
    "successRecordCount",
    "errorRecordCount",
    "inputTokenCount",
    "outputTokenCount",
}


def said(line):
    return line["modelOutput"]["output"]["message"]["content"][0]["text"]


def finished(here, **changes):
    arn = here.create(**changes)
    assert here.wait(arn)["status"] == "Completed"
    return arn


def test_r33_each_manifest_has_an_output_beside_the_summary(stage):
    here = stage()
    here.manifest([record("a")])
    here.manifest([record("b")], "sub/more.jsonl")

    files = here.output_files(finished(here))

    assert set(files) == {"manifest.jsonl.out", "sub/more.jsonl.out", "manifest.json.out"}
    assert json.loads(files["sub/more.jsonl.out"])["recordId"] == "b"


@pytest.mark.parametrize("tail", ["", "/"])
def test_r33_the_output_folder_may_end_in_a_slash_or_not(stage, tail):
    here = stage()
    here.clips(1)

    arn = finished(here, outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/out{tail}"}})

    assert set(here.output_files(arn)) == {"manifest.jsonl.out", "manifest.json.out"}


def test_r33_sub_folders_can_be_left_out(stage):
    here = stage(nested_output=False)
    here.manifest([record("b")], "sub/more.jsonl")

    assert "more.jsonl.out" in here.output_files(finished(here))


def test_r34_output_is_shuffled_and_all_of_400_records_are_in_it_once(stage):
    here = stage(seed=7)
    asked = here.clips(400)

    arn = finished(here)

    answered = [line["recordId"] for line in here.output(arn)]
    assert answered != asked
    assert sorted(answered) == sorted(asked)
    assert here.summary(arn) | {"totalRecordCount": 400, "successRecordCount": 400} == here.summary(arn)


def test_r34_the_order_depends_on_seed_and_token_alone_and_can_be_kept(stage):
    first, again, other, kept = (
        stage(seed=1),
        stage(seed=1),
        stage(seed=2),
        stage(faults={"keep_order": True}),
    )
    asked = first.clips(30)

    def order(here):
        return [line["recordId"] for line in here.output(finished(here, clientRequestToken="t"))]

    assert order(first) == order(again) != order(other)
    assert order(kept) == asked


def test_r35_a_line_echoes_its_input_and_may_say_that_there_is_no_error(stage):
    here = stage()
    here.clips(60)

    lines = here.output(finished(here))

    assert {tuple(line) for line in lines} == {
        ("modelInput", "modelOutput", "recordId"),
        ("modelInput", "modelOutput", "error", "recordId"),
    }
    assert all(line.get("error") is None for line in lines)
    uris = {line["recordId"]: json.dumps(line["modelInput"]) for line in lines}
    assert all(f"/{record_id[1:]}.mp4" in text for record_id, text in uris.items())


def test_r36_a_converse_job_names_the_unset_members_as_null(stage):
    here = stage()

    output = here.run(converse_record("a"), modelInvocationType="Converse")["a"]["modelOutput"]

    block = output["output"]["message"]["content"][0]
    assert {"image", "video", "toolUse", "reasoningContent"} <= set(block)
    assert [name for name, value in block.items() if value is not None] == ["text"]
    assert "latencyMs" in output["metrics"]


def test_r36_an_invoke_job_names_the_set_members_only(stage):
    output = stage().run(record("a"))["a"]["modelOutput"]

    assert list(output["output"]["message"]["content"][0]) == ["text"]
    assert set(output) == {"output", "stopReason", "usage"}


def test_r37_lines_end_at_line_feeds_only(stage):
    here = stage(faults={"line_separators": 1.0})
    here.run(record("a", system=[{"text": "one\u2028two\u0085three\x1c"}]), record("b"))

    body = next(
        body
        for name, body in here.output_files(
            here.control.list_model_invocation_jobs()["invocationJobSummaries"][0]["jobArn"]
        ).items()
        if name.endswith("jsonl.out")
    )

    assert "\u2028".encode() in body
    assert len(body.decode().splitlines()) > len(body.split(b"\n")) - 1 == 2
    assert all("\u2028\u0085" in said(json.loads(line)) for line in body.split(b"\n")[:2])
    assert all(json.loads(said(json.loads(line))) for line in body.split(b"\n")[:2])


def test_r37_half_of_a_surrogate_pair_comes_back(stage):
    lines = stage().run('{"recordId": "a", "modelInput": {"schemaVersion": "\\ud800"}}')

    assert lines["a"]["modelInput"] == {"schemaVersion": "\ud800"}


def test_r38_a_completed_job_may_have_no_success(stage):
    here = stage(faults={"error": 1.0})
    here.clips(5)

    arn = finished(here)

    assert (here.summary(arn)["successRecordCount"], here.summary(arn)["errorRecordCount"]) == (0, 5)
    assert all(line["error"]["retryable"] for line in here.output(arn))


@pytest.mark.parametrize("ending", ["PartiallyCompleted", "Expired", "Stopped"])
def test_r39_records_may_be_absent_from_a_job_that_did_not_complete(stage, ending):
    here = stage(faults={"end_as": ending, "partial_fraction": 0.3})
    asked = here.clips(20)

    arn = here.create()
    here.wait(arn)

    answered = {line["recordId"] for line in here.output(arn)}
    assert len(answered) == 6
    assert answered < set(asked)


def test_r39_records_may_be_absent_from_any_job(stage):
    here = stage(faults={"drop": 0.5}, seed=3)
    here.clips(40)

    arn = finished(here)

    assert 0 < len(here.output(arn)) == here.summary(arn)["processedRecordCount"] < 40


def test_r40_the_summary_counts_records_and_tokens(stage):
    here = stage()
    uris = here.clips(3)
    here.manifest([record("broken", here.put(f"{FOLDER}/files/x.mp4", "broken"))], "more.jsonl")

    summary = here.summary(finished(here))

    assert set(summary) == SUMMARY
    assert list(summary.values()) == [len(uris) + 1, 4, 3, 1, 300, 60]


def test_r40_the_summary_may_say_more_or_be_missing(stage):
    here = stage(faults={"manifest_cache_fields": True})
    here.clips(1)
    assert set(here.summary(finished(here))) > SUMMARY

    here.faults(no_manifest=True)

    assert set(here.output_files(finished(here))) == {"manifest.jsonl.out"}


def test_r41_output_may_stop_in_the_middle_of_a_line_while_the_job_runs(stage):
    here = stage(faults={"half_written": True, "stuck_in": "InProgress"})
    here.clips(9)
    arn = here.create()

    half = here.until(lambda: here.output_files(arn).get("manifest.jsonl.out"))
    running = here.get(arn)["status"]
    here.faults()

    assert running == "InProgress"
    assert not half.endswith(b"\n")
    assert here.wait(arn)["status"] == "Completed"
    assert len(here.output(arn)) == 9


def test_r44_answers_can_be_spoilt_in_the_ways_of_models(stage):
    here = stage()
    here.clips(1)
    whole = said(here.run()["r0"])

    def spoilt(fault):
        here.faults(**{fault: 1.0})
        line = here.run()["r0"]
        return said(line), line["modelOutput"]["stopReason"]

    assert spoilt("fence") == (f"```json\n{whole}\n```", "end_turn")
    chatty, _ = spoilt("chatty")
    assert whole in chatty
    assert not chatty.startswith("{")
    cut, reason = spoilt("truncate")
    assert (whole.startswith(cut), cut != whole, reason) == (True, True, "max_tokens")
    assert spoilt("refuse")[1] == "content_filtered"
    broken, reason = spoilt("malformed")
    assert reason == "malformed_model_output"
    with pytest.raises(ValueError, match="line 1"):
        json.loads(broken)


def test_r44_rates_meet_about_so_many_records_and_the_same_ones_again(stage):
    faults = {"fence": 0.25, "refuse": 0.25, "error": 0.25}
    first, again = stage(seed=5, faults=faults), stage(seed=5, faults=faults)
    first.clips(80)

    def outcomes(here):
        lines = here.output(finished(here, clientRequestToken="t"))
        return {line["recordId"]: "error" if line.get("error") else said(line)[:7] for line in lines}

    once = outcomes(first)
    assert once == outcomes(again)
    counts = [list(once.values()).count(kind) for kind in set(once.values())]
    assert len(counts) == 4
    assert all(8 <= count <= 34 for count in counts)
