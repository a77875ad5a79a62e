"""The on-demand client through boto3, against a server on loopback."""

import dataclasses

import pytest

from shotlog.domain.ports import OnDemandModel, OnDemandQuestion
from shotlog.errors import Invalid, Throttled, Unavailable
from shotlog.inference.bedrock_runtime import BedrockRuntime
from shotlog.inference.catalog import Catalog

QUESTION = OnDemandQuestion(
    model_id="us.amazon.nova-2-lite-v1:0",
    kind="video",
    format="mp4",
    uri="s3://bucket/proxies/1.mp4",
    text="What?",
    max_tokens=700,
)
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": '{"summary":'}, {"text": "{}}"}]}},
    "stopReason": "max_tokens",
    "usage": {"inputTokens": 2900, "outputTokens": 700, "totalTokens": 3600},
    "metrics": {"latencyMs": 5},
}


@pytest.fixture
def model(clients) -> OnDemandModel:
    return BedrockRuntime(clients, Catalog.load())


def test_one_asset_is_asked_about_with_the_media_first(model, script):
    script.answer(body=ANSWER)
    answer = model.converse(QUESTION)
    assert (answer.text, answer.stop_reason) == ('{"summary":{}}', "max_tokens")
    assert (answer.input_tokens, answer.output_tokens) == (2900, 700)
    method, path, body = script.requests[0]
    assert (method, path) == ("POST", "/model/us.amazon.nova-2-lite-v1%3A0/converse")
    content = body["messages"][0]["content"]
    assert content == [
        {"video": {"format": "mp4", "source": {"s3Location": {"uri": QUESTION.uri}}}},
        {"text": "What?"},
    ]
    assert body["inferenceConfig"] == {"maxTokens": 700, "temperature": 0.0}


def test_throttling_is_tried_again(model, script):
    script.answer(429, {"message": "Slow"}, "ThrottlingException").answer(body=ANSWER)
    assert model.converse(QUESTION).output_tokens == 700


def test_throttling_ends_as_throttled(model, script):
    for _ in range(3):
        script.answer(429, {"message": "Slow"}, "ThrottlingException")
    with pytest.raises(Throttled):
        model.converse(QUESTION)


def test_what_may_have_been_answered_and_paid_is_not_asked_twice(model, script):
    script.answer(500, {"message": "Oops"}, "InternalServerException")
    with pytest.raises(Unavailable):
        model.converse(QUESTION)
    assert len(script.requests) == 1


def test_a_format_that_the_model_does_not_take_is_never_sent(model, script):
    with pytest.raises(Invalid):
        model.converse(dataclasses.replace(QUESTION, format="avi"))
    assert script.requests == []
