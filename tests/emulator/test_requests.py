"""What Create, Get and Stop ask of a request, rules R1 to R12, through boto3 and raw HTTP."""

import json
import re
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from emulator.stage import BUCKET, FOLDER, NOVA, ROLE, record


def refusal(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def input_at(uri):
    return {"s3InputDataConfig": {"s3Uri": uri}}


def output_at(uri):
    return {"s3OutputDataConfig": {"s3Uri": uri}}


def request_body(**changes):
    body = {
        "jobName": "job",
        "roleArn": ROLE,
        "modelId": NOVA,
        "inputDataConfig": input_at(f"s3://{BUCKET}/{FOLDER}/"),
        "outputDataConfig": output_at(f"s3://{BUCKET}/out/"),
    }
    return body | changes


def test_r01_create_answers_200_with_an_arn_of_a_twelve_character_id(stage):
    here = stage(faults={"stuck_in": "Submitted"})

    answer = here.raw("POST", "/model-invocation-job", json=request_body())

    assert answer.status_code == 200
    assert list(answer.json()) == ["jobArn"]
    pattern = r"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/[a-z0-9]{12}"
    assert re.fullmatch(pattern, answer.json()["jobArn"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"jobName": "under_score"}, "'jobName' failed to satisfy constraint"),
        ({"jobName": "-leading"}, "regular expression pattern"),
        ({"jobName": "a" * 64}, "length less than or equal to 63"),
        ({"jobName": "a" + "-" * 61 + "_"}, "regular expression pattern"),
        ({"roleArn": "arn:aws:iam::1:role/x"}, "'roleArn'"),
        ({"modelId": "no model at all"}, "'modelId'"),
        ({"clientRequestToken": "with_underscore"}, "'clientRequestToken'"),
        ({"timeoutDurationInHours": 169}, "value less than or equal to 168"),
        ({"modelInvocationType": "Chat"}, "enum value set: [InvokeModel, Converse]"),
        ({"tags": [{"key": "a#b", "value": "c"}]}, "tags.1.member.key"),
        ({"vpcConfig": {"subnetIds": ["s"] * 17, "securityGroupIds": ["g"]}}, "vpcConfig.subnetIds"),
        (
            {"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://clips/a", "s3InputFormat": "CSV"}}},
            "s3InputFormat",
        ),
        (
            {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://clips/o", "s3EncryptionKeyId": "?"}}},
            "s3EncryptionKeyId",
        ),
    ],
)
def test_r02_patterns_lengths_enums_and_ranges_hold(stage, changes, said):
    here = stage()

    code, status, message = refusal(here.create, **changes)

    assert (code, status) == ("ValidationException", 400)
    assert message.startswith("1 validation error detected: ")
    assert said in message


def test_r02_all_that_is_wrong_is_said_at_once(stage):
    _, _, message = refusal(stage().create, jobName="_", timeoutDurationInHours=1000)

    assert message.startswith("2 validation errors detected: ")


@pytest.mark.parametrize(
    "tail",
    ["a b", "a,b", "a%20b", "a+b", "dt=1", "a&b", "a@b", "a~b", "a:b", "a//b", "é", "a;b", "[a]", "a#b"],
)
def test_r03_uris_keep_to_the_control_planes_characters(stage, tail):
    here = stage()

    for where in (
        {"inputDataConfig": input_at(f"s3://clips/{tail}/")},
        {"outputDataConfig": output_at(f"s3://clips/{tail}")},
    ):
        code, _, message = refusal(here.create, **where)
        assert code == "ValidationException"
        assert "s3Uri" in message


@pytest.mark.parametrize("uri", ["s3://bkt", "s3://bkt/", "s3://b.k-t/a-b_c.d!e*f'(g)/", "s3://bkt/A/b"])
def test_r03_these_uris_pass(stage, uri):
    assert stage(faults={"stuck_in": "Submitted"}).create(inputDataConfig=input_at(uri))


def test_r04_the_configs_are_unions_of_exactly_one_member(stage):
    answer = stage().raw("POST", "/model-invocation-job", json=request_body(inputDataConfig={}))

    assert answer.headers["x-amzn-ErrorType"] == "ValidationException"
    assert "exactly one" in answer.json()["message"]


def test_r04_the_timeout_is_24_hours_when_none_is_given(stage):
    here = stage(faults={"stuck_in": "Submitted"})

    assert here.get(here.create())["timeoutDurationInHours"] == 24
    assert here.get(here.create(timeoutDurationInHours=168))["timeoutDurationInHours"] == 168


def test_r05_a_repeated_token_returns_the_first_job_and_makes_none(stage):
    here = stage()
    here.clips(1)

    first = here.create(clientRequestToken="chunk-7")
    here.wait(first)

    assert here.create(clientRequestToken="chunk-7") == first
    assert len(here.control.list_model_invocation_jobs()["invocationJobSummaries"]) == 1


def test_r05_a_token_with_other_parameters_is_a_conflict(stage):
    here = stage(faults={"stuck_in": "Submitted"})
    here.create(clientRequestToken="chunk-7")

    code, status, _ = refusal(here.create, clientRequestToken="chunk-7", jobName="other")

    assert (code, status) == ("ConflictException", 400)


def test_r05_the_answer_to_a_create_can_get_lost_and_the_token_finds_the_job(stage):
    here = stage(faults={"lost_create_answers": 1, "stuck_in": "Submitted"})

    code, status, _ = refusal(here.create, clientRequestToken="chunk-7")
    arn = here.create(clientRequestToken="chunk-7")

    assert (code, status) == ("InternalServerException", 500)
    jobs = here.control.list_model_invocation_jobs()["invocationJobSummaries"]
    assert [job["jobArn"] for job in jobs] == [arn]


@pytest.mark.parametrize("model", ["amazon.nova-canvas-v1:0", "us.amazon.nova-2-pro-preview-20251202-v1:0"])
def test_r06_a_model_without_batch_is_refused_in_the_services_words(stage, model):
    code, _, message = refusal(stage().create, modelId=model)

    assert (code, message) == (
        "ValidationException",
        "Batch inference is not supported for the requested model.",
    )


def test_r06_a_model_that_does_not_exist_is_refused(stage):
    assert refusal(stage().create, modelId="amazon.nova-9-v1:0")[0] == "ValidationException"


@pytest.mark.parametrize("model", ["amazon.nova-2-lite-v1:0", "amazon.nova-premier-v1:0"])
def test_r07_some_models_are_reached_through_a_profile_only(stage, model):
    here = stage(faults={"stuck_in": "Submitted"})

    code, _, message = refusal(here.create, modelId=model)

    assert code == "ValidationException"
    assert "inference profile" in message
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{model}"
    assert here.get(here.create(modelId=f"us.{model}"))["modelId"] == arn
    assert here.get(here.create(modelId=arn))["modelId"] == arn


def test_r07_an_application_profile_stands_for_the_model_it_is_configured_for(stage):
    here = stage(faults={"stuck_in": "Submitted"}, application_profiles={"a1b2c3": "amazon.nova-2-lite-v1:0"})
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/"

    assert here.create(modelId=f"{arn}a1b2c3")
    assert refusal(here.create, modelId=f"{arn}unknown")[0] == "ValidationException"


def test_r08_create_does_not_look_into_the_bucket(stage):
    here = stage()

    arn = here.create(inputDataConfig=input_at("s3://no-such-bucket/none/"))

    job = here.wait(arn)
    assert job["status"] == "Failed"
    assert "s3://no-such-bucket/none/" in job["message"]


def test_r09_more_active_jobs_of_a_model_than_allowed_are_refused(stage):
    here = stage(faults={"stuck_in": "Submitted"}, max_active_jobs=2)
    first = here.create()
    here.create()

    code, status, _ = refusal(here.create)
    assert (code, status) == ("ServiceQuotaExceededException", 400)

    assert here.create(modelId="amazon.nova-pro-v1:0"), "the quota is per model"
    here.control.stop_model_invocation_job(jobIdentifier=first)
    assert here.create(), "a job that is being stopped has left its slot"


def test_r09_the_quota_can_be_made_to_look_full(stage):
    assert refusal(stage(faults={"quota": True}).create)[0] == "ServiceQuotaExceededException"


def test_r10_creates_can_be_throttled_for_a_while(stage):
    here = stage(faults={"throttle_creates": 2, "stuck_in": "Submitted"})

    assert [refusal(here.create)[:2] for _ in range(2)] == [("ThrottlingException", 429)] * 2
    assert here.create()


def test_r10_creates_have_a_rate(stage):
    here = stage(faults={"stuck_in": "Submitted"}, create_rate_per_s=0.001)

    assert here.create()
    assert refusal(here.create)[0] == "ThrottlingException"


def test_r10_reads_and_everything_can_fail_for_a_while(stage):
    here = stage(faults={"throttle_reads": 1, "internal_errors": 1})

    assert refusal(here.control.list_model_invocation_jobs)[0] == "InternalServerException"
    assert refusal(here.control.list_model_invocation_jobs)[0] == "ThrottlingException"
    assert here.control.list_model_invocation_jobs()["invocationJobSummaries"] == []


def test_r11_get_and_stop_take_the_whole_arn_only(stage):
    here = stage(faults={"stuck_in": "Submitted"})
    arn = here.create()

    for identifier in (arn.rpartition("/")[2], "job"):
        for call in (here.control.get_model_invocation_job, here.control.stop_model_invocation_job):
            code, status, message = refusal(call, jobIdentifier=identifier)
            assert (code, status, message) == ("ValidationException", 400, "The provided ARN is invalid")


def test_r11_bare_ids_can_be_allowed(stage):
    here = stage(faults={"stuck_in": "Submitted"}, bare_job_ids_allowed=True)
    arn = here.create()

    assert here.get(arn.rpartition("/")[2])["jobArn"] == arn


def test_r11_an_arn_of_another_region_or_of_nobody_is_refused(stage):
    here = stage()
    other = "arn:aws:bedrock:eu-west-1:123456789012:model-invocation-job/abcdefghijkl"

    assert refusal(here.get, other)[2] == "The provided ARN is invalid for the service region"
    assert refusal(here.get, other.replace("eu-west-1", "us-east-1"))[:2] == (
        "ResourceNotFoundException",
        404,
    )


def test_r11_the_path_is_decoded_and_an_unencoded_slash_is_another_operation(stage):
    here = stage(faults={"stuck_in": "Submitted"})
    arn = here.create()

    assert here.raw("GET", f"/model-invocation-job/{quote(arn, safe='')}").json()["jobArn"] == arn
    wrong = here.raw("GET", f"/model-invocation-job/{arn}")
    assert (wrong.status_code, wrong.headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")


def test_r12_a_caller_who_may_not_pass_the_role_is_denied(stage):
    code, status, message = refusal(stage(faults={"deny_pass_role": True}).create)

    assert (code, status) == ("AccessDeniedException", 403)
    assert "iam:PassRole" in message


def test_strict_asks_for_a_signature_known_members_and_a_role_of_the_account(stage):
    here = stage(strict=True)

    unsigned = here.raw("POST", "/model-invocation-job", json=request_body())
    assert unsigned.status_code == 403
    assert refusal(here.create, roleArn="arn:aws:iam::999999999999:role/x")[0] == "AccessDeniedException"
    signed = {"authorization": "any"}
    body = request_body(s3InputFormat="JSONL")
    unknown = here.raw("POST", "/model-invocation-job", json=body, headers=signed)
    assert "Extra inputs" in unknown.json()["message"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"jobName": NaN}', b"[" * 100_000, json.dumps({"jobName": 7}).encode()]
)
def test_what_is_no_json_object_of_the_right_types_is_refused(stage, body):
    answer = stage().raw("POST", "/model-invocation-job", content=body)

    assert answer.status_code == 400
    assert answer.headers["x-amzn-ErrorType"] in {"SerializationException", "ValidationException"}


def test_requests_of_web_pages_and_other_host_names_are_refused(stage):
    here = stage()

    page = here.raw(
        "POST", "/model-invocation-job", json=request_body(), headers={"origin": "http://evil.test"}
    )
    rebound = here.raw("GET", "/_emulator/jobs", headers={"host": "evil.test"})

    assert (page.status_code, rebound.status_code) == (403, 400)


def test_lists_filter_sort_and_page(stage):
    here = stage(faults={"stuck_in": "Submitted"})
    arns = [here.create(jobName=name) for name in ("red-1", "blue-1", "red-2")]
    here.control.stop_model_invocation_job(jobIdentifier=arns[1])
    here.wait(arns[1])
    listed = here.control.get_paginator("list_model_invocation_jobs")

    def names(**wanted):
        pages = listed.paginate(**wanted, PaginationConfig={"PageSize": 1})
        return [job["jobName"] for page in pages for job in page["invocationJobSummaries"]]

    assert names() == ["red-2", "blue-1", "red-1"]
    assert names(sortBy="CreationTime", sortOrder="Ascending") == ["red-1", "blue-1", "red-2"]
    assert names(nameContains="red") == ["red-2", "red-1"]
    assert names(statusEquals="Stopped") == ["blue-1"]
    middle = here.get(arns[1])["submitTime"]
    assert names(submitTimeAfter=middle, nameContains="red") == ["red-2"]
    assert names(submitTimeBefore=middle, nameContains="red") == ["red-1"]


@pytest.mark.parametrize(
    "wanted", [{"maxResults": 1001}, {"nextToken": "bm9wZQ=="}, {"nextToken": "?"}, {"statusEquals": "Done"}]
)
def test_lists_refuse_what_they_do_not_know(stage, wanted):
    assert refusal(stage().control.list_model_invocation_jobs, **wanted)[0] == "ValidationException"


def test_a_record_of_the_simplest_kind_is_answered(stage):
    assert stage().run(record("one"))["one"]["modelOutput"]["stopReason"] == "end_turn"
