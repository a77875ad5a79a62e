"""Calls on demand through the real ``bedrock-runtime`` client: InvokeModel and Converse."""

import json

import pytest
from botocore.exceptions import ClientError

from emulator.stage import FOLDER, NOVA, record
from shotlog.errors import Throttled

CLIP = b"a dog"


def converse(here, *blocks, **changes):
    request = {"modelId": NOVA, "messages": [{"role": "user", "content": [*blocks, {"text": "What?"}]}]}
    return here.runtime.converse(**request | changes)


def video(source, media_format="mp4"):
    return {"video": {"format": media_format, "source": source}}


def test_converse_answers_in_the_services_shape(stage):
    here = stage()

    answer = converse(here, video({"bytes": CLIP}), inferenceConfig={"maxTokens": 300})

    assert answer["output"]["message"]["role"] == "assistant"
    (block,) = answer["output"]["message"]["content"]
    assert "a dog" in json.loads(block["text"])["summary"]["text"]
    assert (answer["stopReason"], answer["usage"]["totalTokens"]) == ("end_turn", 120)
    assert answer["metrics"]["latencyMs"] >= 0
    assert here.seer.questions[0].max_tokens == 300
    assert here.seer.questions[0].model_id == NOVA


def test_converse_fetches_media_from_the_bucket_under_any_key(stage):
    here = stage()
    uri = here.put("any where/a dog, (1) été.mp4", CLIP)

    assert (
        "a dog"
        in converse(here, video({"s3Location": {"uri": uri}}))["output"]["message"]["content"][0]["text"]
    )


@pytest.mark.parametrize("model", ["us.amazon.nova-2-lite-v1:0", "shotlog.local-v1:0"])
def test_invoke_model_takes_and_gives_novas_own_body(stage, model):
    here = stage()
    body = record("a", here.put("a.mp4", CLIP))["modelInput"]

    answer = here.runtime.invoke_model(modelId=model, body=json.dumps(body))

    told = json.loads(answer["body"].read())
    assert "a dog" in told["output"]["message"]["content"][0]["text"]
    assert set(told) == {"output", "stopReason", "usage"}
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "100"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"modelId": "amazon.nova-2-lite-v1:0"}, "ValidationException"),
        ({"modelId": "amazon.nova-9-v1:0"}, "ValidationException"),
        ({"modelId": "white space"}, "ValidationException"),
        ({"inferenceConfig": {"maxTokens": 10_001}}, "ValidationException"),
        ({"messages": []}, "ValidationException"),
        ({"messages": [{"role": "assistant", "content": [{"text": "I"}]}]}, "ValidationException"),
    ],
)
def test_what_a_model_cannot_take_is_refused(stage, changes, code):
    with pytest.raises(ClientError) as caught:
        converse(stage(), **changes)

    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "block",
    [
        video({"s3Location": {"uri": "s3://clips/gone.mp4"}}),
        video({"s3Location": {"uri": "s3://no-bucket/gone.mp4"}}),
        video({"s3Location": {"uri": "https://clips/gone.mp4"}}),
        video({"bytes": CLIP}, "3gp"),
        video({"bytes": b"broken"}),
    ],
)
def test_media_that_cannot_be_seen_are_refused(stage, block):
    with pytest.raises(ClientError) as caught:
        converse(stage(), block)

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_calls_have_a_largest_size(stage):
    here = stage(max_inline_bytes=100, max_request_bytes=10_000)

    with pytest.raises(ClientError, match="inline media"):
        converse(here, video({"bytes": b"v" * 100}))
    with pytest.raises(ClientError, match="RequestEntityTooLarge"):
        converse(here, video({"bytes": b"v" * 10_000}))


def test_calls_meet_throttling_outages_and_bad_answers(stage):
    here = stage(faults={"throttle_invocations": 1, "internal_errors": 1, "error": 1.0})

    def code():
        with pytest.raises(ClientError) as caught:
            converse(here)
        return caught.value.response["Error"]["Code"]

    assert [code() for _ in range(3)] == [
        "InternalServerException",
        "ThrottlingException",
        "ServiceUnavailableException",
    ]
    here.faults(truncate=1.0)
    assert converse(here)["stopReason"] == "max_tokens"
    here.faults(fence=1.0, line_separators=1.0)
    text = converse(here)["output"]["message"]["content"][0]["text"]
    assert text.startswith("```json")
    assert "\u2028" in text


def test_a_model_that_is_busy_is_said_to_be_unavailable(stage):
    here = stage()
    here.seer.failure = Throttled()

    with pytest.raises(ClientError, match="ServiceUnavailableException"):
        converse(here)


def test_tools_and_cache_points_pass_on_demand_but_not_in_a_batch(stage):
    here = stage()

    assert converse(here, {"cachePoint": {"type": "default"}})["stopReason"] == "end_turn"
    here.clips(1, folder=FOLDER)
    assert here.run()["r0"]["modelOutput"]["stopReason"] == "end_turn"
