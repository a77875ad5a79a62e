"""What is sent to a model, to the letter."""

import re

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from shotlog.domain.job_state import JobRequest
from shotlog.domain.ports import OnDemandQuestion
from shotlog.errors import Invalid
from shotlog.inference.catalog import Catalog
from shotlog.inference.payloads import bedrock_format, converse_request, model_input
from shotlog.inference.request_checks import check_folder_uri, check_job_arn, check_job_request, check_s3_uri

CATALOG = Catalog.load()
LITE2 = CATALOG.find("nova-2-lite")
URI = "s3://bucket/nova_batch/job_1/files/a.mp4"


def ask(**changes):
    given = {"kind": "video", "media_format": "mp4", "uri": URI, "text": "What?", "max_tokens": 500}
    return model_input(LITE2, **{**given, **changes})


def test_r30_r45_a_record_is_exactly_novas_body_media_first():
    assert ask() == {
        "schemaVersion": "messages-v1",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"video": {"format": "mp4", "source": {"s3Location": {"uri": URI}}}},
                    {"text": "What?"},
                ],
            }
        ],
        "inferenceConfig": {"maxTokens": 500, "temperature": 0.0},
    }


def test_a_photo_goes_as_an_image():
    content = ask(kind="photo", media_format="jpg", uri="s3://bucket/f/a.jpg")["messages"][0]["content"]
    assert content[0] == {
        "image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/f/a.jpg"}}}
    }


def test_r30_no_more_tokens_are_asked_for_than_the_model_has():
    assert ask(max_tokens=10**6)["inferenceConfig"]["maxTokens"] == LITE2.max_tokens


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("jpg", "jpeg"),
        ("JPEG", "jpeg"),
        (".3gp", "three_gp"),
        ("mov", "mov"),
        ("matroska", "mkv"),
        ("m4v", "mp4"),
    ],
)
def test_r29_formats_have_bedrocks_own_names(given, name):
    assert bedrock_format(given) == name


@pytest.mark.parametrize("changes", [{"media_format": "heic", "kind": "photo"}, {"media_format": "avi"}])
def test_r29_a_format_that_the_model_does_not_take_is_refused(changes):
    with pytest.raises(Invalid, match="format"):
        ask(**changes)


def test_a_model_without_eyes_is_refused():
    with pytest.raises(Invalid, match="cannot look"):
        model_input(
            CATALOG.find("nova-micro"), kind="video", media_format="mp4", uri=URI, text="?", max_tokens=5
        )


@pytest.mark.parametrize("bad", [" ", ",", "%20", "+", "=", "&", "@", "~", ":", "é", "[", "//"])
def test_b15_b16_r3_r26_keys_that_batch_refuses_are_not_sent(bad):
    with pytest.raises(Invalid):
        ask(uri=f"s3://bucket/files/a{bad}b.mp4")


@pytest.mark.parametrize("good", ["s3://bkt", "s3://bkt/", "s3://bucket/a-b_c.d!*'()/e"])
def test_r3_keys_that_batch_takes_are(good):
    check_s3_uri(good)


@pytest.mark.parametrize(
    "bad", ["s3://Bucket/a", "s3://b_c/a", "s3://ab", "http://bucket/a", "s3://bucket/" + "a" * 1024]
)
def test_r3_buckets_and_lengths_are_checked(bad):
    with pytest.raises(Invalid):
        check_s3_uri(bad)


@pytest.mark.parametrize("bad", ["s3://bucket/", "s3://bucket/folder", "s3://bucket"])
def test_b14_r17_a_folder_is_no_bucket_root_and_ends_in_a_slash(bad):
    with pytest.raises(Invalid):
        check_folder_uri(bad, "input URI")


GOOD = {
    "name": "shotlog-job-1",
    "client_token": "abc123",
    "model_id": "us.amazon.nova-2-lite-v1:0",
    "role_arn": "arn:aws:iam::123456789012:role/batch",
    "input_uri": "s3://bucket/nova_batch/job_1/",
    "output_uri": "s3://bucket/nova/batch/output/job_1/",
}


def test_r2_a_good_request_passes():
    check_job_request(JobRequest(**GOOD))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "job_1"},
        {"name": "-job"},
        {"name": "a" * 64},
        {"name": "-" * 60 + "_"},
        {"name": "a b"},
        {"name": ""},
        {"client_token": "a_b"},
        {"client_token": ""},
        {"client_token": "a" * 257},
        {"role_arn": ""},
        {"role_arn": "batch"},
        {"model_id": "has space"},
        {"input_uri": "s3://bucket/nova_batch/job_1/manifest.jsonl"},
        {"input_uri": "s3://bucket/"},
        {"output_uri": "s3://bucket/nova_batch/job_1/out/"},
        {"timeout_hours": 23},
        {"timeout_hours": 169},
        {"tags": {str(n): "" for n in range(201)}},
    ],
)
def test_b13_b18_r2_r4_a_bad_request_is_refused_before_it_is_sent(changes):
    with pytest.raises(Invalid):
        check_job_request(JobRequest(**{**GOOD, **changes}))


@pytest.mark.parametrize("model", CATALOG.cards(), ids=lambda card: card.id)
def test_r2_every_model_of_the_table_has_a_legal_id(model):
    pattern = re.compile(r"[a-z0-9-]{1,63}[.][a-z0-9-]{1,63}([.]?[a-z0-9-]{1,63})([:][a-z0-9-]{1,63}){0,2}")
    for name in (model.id, *model.profiles.values()):
        assert pattern.fullmatch(name.removeprefix("us.").removeprefix("global."))
        check_job_request(JobRequest(**{**GOOD, "model_id": name}))


@pytest.mark.parametrize(
    "bad",
    ["abcdefghijkl", "shotlog-job-1", "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/short"],
)
def test_r11_jobs_are_named_by_their_full_arn(bad):
    with pytest.raises(Invalid):
        check_job_arn(bad)


def test_the_converse_request_is_one_that_botocore_takes():
    question = OnDemandQuestion(
        model_id="us.amazon.nova-2-lite-v1:0",
        kind="photo",
        format="jpg",
        uri="s3://bucket/a photo, with spaces.jpg",
        text="What?",
        max_tokens=10**9,
    )
    request = converse_request(LITE2, question)
    assert request["inferenceConfig"] == {"maxTokens": LITE2.max_tokens, "temperature": 0.0}
    client = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b").client(
        "bedrock-runtime", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1})
    )
    answer = {
        "output": {"message": {"role": "assistant", "content": [{"text": "{}"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }
    with Stubber(client) as stub:
        stub.add_response("converse", answer, request)
        client.converse(**request)
        stub.assert_no_pending_responses()
