"""The batch client through boto3, against a server on loopback."""

import dataclasses
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from shotlog.domain.job_state import JobRequest, ProviderState
from shotlog.domain.ports import BatchProvider
from shotlog.errors import Invalid, NotFound, QuotaReached, Rejected, Throttled, Unavailable
from shotlog.inference.bedrock_batch import BedrockBatch
from shotlog.inference.bedrock_clients import BedrockClients, BedrockConnection

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl"
REQUEST = JobRequest(
    name="shotlog-job-20260105-101502-001-1a2b3c4d5e",
    client_token="0123abcd",
    model_id="us.amazon.nova-2-lite-v1:0",
    role_arn="arn:aws:iam::123456789012:role/shotlog-batch",
    input_uri="s3://bucket/nova_batch/job_20260105_101502_001/",
    output_uri="s3://bucket/nova/batch/output/job_20260105_101502_001/",
)
STATUS = {
    "jobArn": ARN,
    "jobName": REQUEST.name,
    "modelId": "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-2-lite-v1:0",
    "clientRequestToken": "0123abcd",
    "roleArn": REQUEST.role_arn,
    "status": "InProgress",
    "submitTime": "2026-01-05T10:15:02Z",
    "inputDataConfig": {"s3InputDataConfig": {"s3Uri": REQUEST.input_uri, "s3InputFormat": "JSONL"}},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": REQUEST.output_uri}},
    "totalRecordCount": 150,
    "processedRecordCount": 20,
}


@pytest.fixture
def batch(clients) -> BatchProvider:
    return BedrockBatch(clients)


def test_b01_create_sends_exactly_the_documented_members(batch, script):
    script.answer(body={"jobArn": ARN})
    assert batch.create(REQUEST) == ARN
    assert script.requests == [
        (
            "POST",
            "/model-invocation-job",
            {
                "jobName": REQUEST.name,
                "clientRequestToken": "0123abcd",
                "roleArn": REQUEST.role_arn,
                "modelId": "us.amazon.nova-2-lite-v1:0",
                "inputDataConfig": {
                    "s3InputDataConfig": {"s3Uri": REQUEST.input_uri, "s3InputFormat": "JSONL"}
                },
                "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": REQUEST.output_uri}},
                "timeoutDurationInHours": 24,
            },
        )
    ]


def test_r2_what_the_service_would_refuse_is_never_sent(batch, script):
    with pytest.raises(Invalid):
        batch.create(dataclasses.replace(REQUEST, name="job_with_underscores"))
    assert script.requests == []


def test_tags_are_sent_as_pairs(batch, script):
    script.answer(body={"jobArn": ARN})
    batch.create(dataclasses.replace(REQUEST, tags={"run": "7"}))
    assert script.requests[0][2]["tags"] == [{"key": "run", "value": "7"}]


def test_b12_r10_throttling_is_tried_again_with_the_same_token(batch, script):
    script.answer(429, {"message": "Too many"}, "ThrottlingException").answer(503).answer(
        body={"jobArn": ARN}
    )
    assert batch.create(REQUEST) == ARN
    assert [request[2]["clientRequestToken"] for request in script.requests] == ["0123abcd"] * 3


def test_b12_endless_throttling_ends_as_throttled(batch, script):
    for _ in range(3):
        script.answer(429, {"message": "Too many"}, "ThrottlingException")
    with pytest.raises(Throttled, match="Too many"):
        batch.create(REQUEST)
    assert len(script.requests) == 3


def test_b12_r9_a_reached_quota_is_told_at_once_and_can_be_waited_for(batch, script):
    script.answer(400, {"message": "You have reached the limit"}, "ServiceQuotaExceededException")
    with pytest.raises(QuotaReached) as caught:
        batch.create(REQUEST)
    assert caught.value.retryable
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "error", "message", "mend"),
    [
        (
            403,
            "AccessDeniedException",
            "User is not authorized to perform: iam:PassRole on resource",
            "iam:PassRole",
        ),
        (400, "ValidationException", "Could not assume provided IAM role", "trust policy"),
        (
            400,
            "ValidationException",
            "Batch inference is not supported for the requested model.",
            "on-demand",
        ),
        (
            400,
            "ValidationException",
            "Invocation of x with on-demand throughput isn't supported. Use an inference profile",
            "inference profile",
        ),
        (403, "UnrecognizedClientException", "The security token is invalid", "sign in again"),
        (403, "AccessDeniedException", "No.", "bedrock:InvokeModel"),
        (400, "ConflictException", "Something else", "doctor"),
    ],
)
def test_r6_r7_r12_a_refusal_says_how_to_mend_it(batch, script, status, error, message, mend):
    script.answer(status, {"message": message}, error)
    with pytest.raises(Rejected) as caught:
        batch.create(REQUEST)
    assert message in caught.value.message
    assert mend in caught.value.hint
    assert not caught.value.retryable
    assert len(script.requests) == 1


def test_a_status_is_read_whole(batch, script):
    script.answer(body=STATUS)
    status = batch.get(ARN)
    assert (status.arn, status.name, status.state) == (ARN, REQUEST.name, ProviderState.IN_PROGRESS)
    assert (status.input_uri, status.output_uri) == (REQUEST.input_uri, REQUEST.output_uri)
    assert (status.client_token, status.message, status.ended_at) == ("0123abcd", "", None)
    assert status.submitted_at == datetime(2026, 1, 5, 10, 15, 2, tzinfo=UTC)
    assert status.submitted_at.tzinfo is UTC
    assert (status.total_records, status.processed_records, status.error_records) == (150, 20, None)
    assert unquote(script.requests[0][1]) == f"/model-invocation-job/{ARN}"


def test_r11_a_bare_id_is_never_sent(batch, script):
    with pytest.raises(Invalid):
        batch.get("abcdefghijkl")
    assert script.requests == []


@pytest.mark.parametrize("state", list(ProviderState))
def test_r14_all_ten_states_are_known(batch, script, state):
    script.answer(body={**STATUS, "status": state.value})
    assert batch.get(ARN).state is state


def test_a_state_that_nobody_knows_is_no_crash(batch, script):
    script.answer(body={**STATUS, "status": "Paused"})
    with pytest.raises(Rejected, match="Paused"):
        batch.get(ARN)


def test_an_unknown_job_is_not_found(batch, script):
    script.answer(404, {"message": "No such job"}, "ResourceNotFoundException")
    with pytest.raises(NotFound):
        batch.get(ARN)


def test_lists_are_read_page_by_page(batch, script):
    script.answer(body={"invocationJobSummaries": [STATUS, STATUS], "nextToken": "more"})
    script.answer(body={"invocationJobSummaries": [{**STATUS, "status": "Expired"}]})
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = list(batch.list(name_contains="shotlog-", since=since))
    assert [status.state.value for status in found] == ["InProgress", "InProgress", "Expired"]
    first, second = (request[1] for request in script.requests)
    assert "nameContains=shotlog-" in first
    assert "submitTimeAfter=2026-01-01" in first
    assert "nextToken=more" in second


def test_stopping_works(batch, script):
    script.answer()
    batch.stop(ARN)
    assert unquote(script.requests[0][1]) == f"/model-invocation-job/{ARN}/stop"


@pytest.mark.parametrize("error", ["ValidationException", "ConflictException"])
def test_r22_stopping_what_has_ended_is_fine(batch, script, error):
    script.answer(400, {"message": "The job is in a terminal state"}, error)
    script.answer(body={**STATUS, "status": "Completed"})
    batch.stop(ARN)


def test_r22_a_stop_that_was_refused_for_another_reason_is_told(batch, script):
    script.answer(403, {"message": "No."}, "AccessDeniedException").answer(body=STATUS)
    with pytest.raises(Rejected):
        batch.stop(ARN)


def test_a_broken_service_is_unavailable_after_its_tries(batch, script):
    for _ in range(3):
        script.answer(500, {"message": "Oops"}, "InternalServerException")
    with pytest.raises(Unavailable, match="Oops"):
        batch.get(ARN)


def test_no_service_at_all_is_unavailable():
    connection = BedrockConnection(
        region="us-east-1", endpoint_url="http://127.0.0.1:9", access_key="a", secret_key="b", attempts=1
    )
    clients = BedrockClients(connection)
    with pytest.raises(Unavailable) as caught:
        BedrockBatch(clients).get(ARN)
    clients.close()
    assert "SHOTLOG_BEDROCK_ENDPOINT" in caught.value.hint


def test_missing_credentials_say_so(endpoint, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    clients = BedrockClients(BedrockConnection(region="us-east-1", endpoint_url=endpoint))
    with pytest.raises(Rejected, match="credentials") as caught:
        BedrockBatch(clients).get(ARN)
    clients.close()
    assert "AWS_PROFILE" in caught.value.hint
