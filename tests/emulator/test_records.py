"""What becomes of single records, rules R24 to R32: an error line each, while the job completes."""

import base64

import pytest

from emulator.stage import BUCKET, FOLDER, converse_record, record
from shotlog.emulator.texts import TEXTS
from shotlog.errors import Unavailable

CLIP = f"s3://{BUCKET}/{FOLDER}/files/a.mp4"


def error(here, line, **changes):
    """Return the error of a job of one record."""
    found = here.run(line, **changes)[line["recordId"]]
    assert "modelOutput" not in found
    assert found["modelInput"] == line["modelInput"]
    assert list(found["error"]) == ["errorCode", "errorMessage", "expired", "retryable"]
    assert (found["error"]["errorCode"], found["error"]["expired"]) == (400, False)
    assert found["error"]["retryable"] is False
    return found["error"]["errorMessage"]


def content(*blocks, role="user"):
    return [{"role": role, "content": list(blocks)}]


def s3_block(kind, media_format, uri):
    return {kind: {"format": media_format, "source": {"s3Location": {"uri": uri}}}}


@pytest.fixture
def here(stage):
    started = stage()
    started.put(f"{FOLDER}/files/a.mp4", "a dog")
    return started


def test_r24_all_and_only_jsonl_files_of_the_folder_are_read(here):
    here.manifest([record("a")], "one.jsonl")
    here.manifest([record("b")], "deep/er/two.jsonl")
    here.manifest([record("c")], "three.jsonl.out")
    here.manifest([record("d")], "four.json")
    here.manifest([record("e")], folder=f"{FOLDER}0")

    assert set(here.run()) == {"a", "b"}


def test_r25_media_under_the_folder_are_seen(here):
    line = here.run(record("a", CLIP))["a"]

    assert "a dog" in line["modelOutput"]["output"]["message"]["content"][0]["text"]


@pytest.mark.parametrize(
    "uri",
    [
        "s3://other/jobs/job_001/files/a.mp4",
        f"s3://{BUCKET}/jobs/job_0010/files/a.mp4",
        f"s3://{BUCKET}/jobs/JOB_001/files/a.mp4",
        f"s3://{BUCKET}/a.mp4",
    ],
)
def test_b13_r25_media_outside_the_folder_are_a_record_error_in_the_services_words(here, uri):
    assert error(here, record("a", uri)) == TEXTS["folder"]


def test_b13_r25_media_have_no_folder_when_the_input_is_one_file(here):
    here.manifest([record("a", CLIP), record("b")])
    arn = here.create(
        inputDataConfig={"s3InputDataConfig": {"s3Uri": f"s3://{BUCKET}/{FOLDER}/manifest.jsonl"}}
    )
    here.wait(arn)

    lines = {line["recordId"]: line for line in here.output(arn)}

    assert lines["a"]["error"]["errorMessage"] == TEXTS["folder"]
    assert "modelOutput" in lines["b"]


def test_r25_the_buckets_root_is_a_folder(here):
    here.put("root.mp4", "a cat")
    here.manifest([record("a", f"s3://{BUCKET}/root.mp4")], folder="")
    arn = here.create(inputDataConfig={"s3InputDataConfig": {"s3Uri": f"s3://{BUCKET}/"}})

    assert here.wait(arn)["status"] == "Completed"
    assert "modelOutput" in here.output(arn)[0]


@pytest.mark.parametrize("name", ["a b.mp4", "a,b.mp4", "a%20b.mp4", "a+b.mp4", "é.mp4", "a//b.mp4"])
def test_b15_r26_a_media_uri_keeps_to_the_control_planes_characters(here, name):
    here.put(f"{FOLDER}/files/{name}", "there")

    assert error(here, record("a", f"s3://{BUCKET}/{FOLDER}/files/{name}")) == "Provided S3 URI is invalid"


@pytest.mark.parametrize("uri", ["https://clips/a.mp4", "s3://UPPER/a.mp4", "", "s3://b"])
def test_r26_what_is_no_s3_uri_is_invalid(here, uri):
    assert error(here, record("a", uri or "x")) == "Provided S3 URI is invalid"


def test_r26_strict_refuses_the_characters_that_nobody_has_proven(stage):
    here = stage(strict=True)
    uri = here.put(f"{FOLDER}/files/a(1).mp4", "there")

    assert error(here, record("a", uri)) == "Provided S3 URI is invalid"


def test_b16_r27_keys_are_literal(here):
    here.put(f"{FOLDER}/files/it's(1).mp4", "literally this")
    here.put(f"{FOLDER}/files/x%2Fy.mp4", "encoded")

    line = here.run(record("a", f"s3://{BUCKET}/{FOLDER}/files/it's(1).mp4"))["a"]

    assert "literally this" in line["modelOutput"]["output"]["message"]["content"][0]["text"]
    assert "Provided" in error(here, record("a", f"s3://{BUCKET}/{FOLDER}/files/x%2Fy.mp4"))


@pytest.mark.parametrize("name", ["gone.mp4", "../../../secret.mp4", "./a.mp4"])
def test_r28_a_missing_object_is_a_record_error(here, name):
    here.put("secret.mp4", "nobody's business")
    uri = f"s3://{BUCKET}/{FOLDER}/files/{name}"

    assert uri in error(here, record("a", uri))
    assert here.seer.questions == []


def test_r28_media_that_cannot_be_opened_are_a_record_error(here):
    uri = here.put(f"{FOLDER}/files/b.mp4", "broken")

    assert "It is no video." in error(here, record("a", uri))


def test_r29_one_video_a_record(here):
    clip = s3_block("video", "mp4", CLIP)

    assert "Only one video" in error(here, record("a", messages=content(clip, clip, {"text": "?"})))


@pytest.mark.parametrize(("kind", "media_format"), [("video", "3gp"), ("video", "MP4"), ("image", "jpg")])
def test_r29_formats_are_bedrocks_own_words(here, kind, media_format):
    said = error(here, record("a", messages=content(s3_block(kind, media_format, CLIP))))

    assert "enum value set" in said


@pytest.mark.parametrize(
    ("kind", "media_format"), [("video", "three_gp"), ("video", "mkv"), ("image", "jpeg")]
)
def test_r29_all_of_bedrocks_formats_pass(here, kind, media_format):
    line = here.run(record("a", messages=content(s3_block(kind, media_format, CLIP), {"text": "?"})))["a"]

    assert "modelOutput" in line
    asked = here.seer.questions[0].media[0]
    assert (asked.kind, asked.format) == ("photo" if kind == "image" else "video", media_format)


def test_r29_large_objects_are_refused_before_they_are_fetched(stage):
    here = stage(max_media_bytes=1000)
    uri = here.put(f"{FOLDER}/files/big.mp4", b"x" * 1001)

    assert "1001 bytes" in error(here, record("a", uri))
    assert here.seer.questions == []


def test_r29_inline_media_are_taken_up_to_a_size(stage):
    here = stage(max_inline_bytes=100)

    def inline(size):
        data = base64.b64encode(b"v" * size).decode()
        return content({"video": {"format": "mp4", "source": {"bytes": data}}}, {"text": "?"})

    assert "modelOutput" in here.run(record("a", messages=inline(30)))["a"]
    assert "inline media" in error(here, record("b", messages=inline(90)))


def test_r29_photos_have_a_number_and_a_size_together(stage):
    here = stage(max_images=2, max_images_bytes=8)
    photo = s3_block("image", "png", here.put(f"{FOLDER}/files/p.png", "12345"))

    assert "modelOutput" in here.run(record("a", messages=content(photo, {"text": "?"})))["a"]
    assert "At most 2 images" in error(here, record("b", messages=content(photo, photo, photo)))
    assert "10 bytes" in error(here, record("c", messages=content(photo, photo)))


@pytest.mark.parametrize("bad", ["not base64!", "", 7])
def test_r29_inline_media_are_base64(here, bad):
    block = {"video": {"format": "mp4", "source": {"bytes": bad}}}

    assert "Malformed input request" in error(here, record("a", messages=content(block)))


@pytest.mark.parametrize("member", ["modelId", "max_tokens", "anthropic_version"])
def test_r30_unknown_members_are_a_record_error(here, member):
    assert error(here, record("a", **{member: "x"})) == f"{member}: Extra inputs are not permitted"


def test_r30_unknown_members_inside_are_a_record_error_too(here):
    said = error(here, record("a", messages=content({"text": "?"} | {}, {"video": {"fmt": "mp4"}})))
    assert "Malformed" in said or "Extra inputs" in said
    assert "Extra inputs" in error(here, record("b", inferenceConfig={"max_new_tokens": 5}))


def test_r30_r45_tools_are_refused_in_the_services_words(here):
    tools = {"tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": {}}}}]}

    said = error(here, converse_record("a", toolConfig=tools), modelInvocationType="Converse")

    assert said == "Tool use is not supported for batch inference Converse requests."


@pytest.mark.parametrize("member", ["guardrailConfig", "outputConfig", "serviceTier", "requestMetadata"])
def test_r30_what_works_on_demand_only_is_refused(here, member):
    said = error(here, converse_record("a", **{member: {"type": "flex"}}), modelInvocationType="Converse")

    assert member in said


def test_r30_r45_cache_points_are_refused(here):
    blocks = content({"text": "?"}, {"cachePoint": {"type": "default"}})

    for line, api in (
        (record("a", messages=blocks), "InvokeModel"),
        (converse_record("b", messages=blocks), "Converse"),
    ):
        assert "caching" in error(here, line, modelInvocationType=api)


def test_r30_more_tokens_than_the_model_can_say_are_refused(here):
    said = error(here, record("a", inferenceConfig={"maxTokens": 10_001}))

    assert said.startswith("The maximum tokens you requested exceeds the model limit of 10000")


def test_r30_settings_keep_to_their_ranges(here):
    for settings in ({"temperature": 2}, {"topP": -1}, {"topK": 129}, {"topK": True}, {"maxTokens": 0}):
        assert "Malformed" in error(here, record("a", inferenceConfig=settings))


def test_r31_an_invoke_body_in_a_converse_job_is_an_error_in_every_record(here):
    lines = here.run(record("a"), record("b"), modelInvocationType="Converse")

    assert ["error" in line and "modelOutput" not in line for line in lines.values()] == [True, True]


def test_r31_a_converse_body_in_an_invoke_job_is_an_error_in_every_record(here):
    lines = here.run(converse_record("a"), converse_record("b"))

    assert all("schemaVersion" in line["error"]["errorMessage"] for line in lines.values())


def test_r32_a_record_without_an_id_is_given_one(here):
    (made,) = here.run(record(None))

    assert len(made) == 11
    assert made.isalnum()


@pytest.mark.parametrize("record_id", ["file-33938:combined", "", "ümläut \u2028", "x" * 500])
def test_r32_any_string_is_an_id(here, record_id):
    assert set(here.run(record(record_id))) == {record_id}


def test_a_model_for_words_takes_no_media(here):
    assert "video content block" in error(here, record("a", CLIP), modelId="amazon.nova-micro-v1:0")


@pytest.mark.parametrize(
    "messages",
    [
        [],
        None,
        "hello",
        [{"role": "assistant", "content": [{"text": "I begin"}]}],
        [{"role": "user", "content": [{}]}],
        [{"role": "user", "content": [{"text": "a", "video": None, "image": 7}]}],
        [{"role": "user", "content": "text"}],
        [{"role": "user", "content": ["text"]}],
        [7],
    ],
)
def test_misshapen_conversations_are_record_errors(here, messages):
    line = record("a", messages=messages)

    assert "error" in here.run(line)["a"]


def test_a_model_that_cannot_be_reached_is_a_retryable_error(here):
    here.seer.failure = Unavailable("The endpoint is down.")

    told = here.run(record("a"))["a"]["error"]

    assert (told["errorCode"], told["retryable"]) == (503, True)


def test_a_surprise_in_one_record_does_not_end_the_job(here):
    here.seer.failure = ZeroDivisionError()

    told = here.run(record("a"))["a"]["error"]

    assert (told["errorCode"], told["retryable"]) == (500, True)


def test_the_words_of_system_and_user_reach_the_model_and_a_prefill_does_not(here):
    turns = [*content({"text": "What?"}), *content({"text": "```json"}, role="assistant")]
    here.run(record("a", system=[{"text": "You watch."}], messages=turns))

    assert here.seer.questions[0].text == "You watch.\n\nWhat?"
    assert here.seer.questions[0].max_tokens == 2000


def test_an_answer_ends_before_a_stop_sequence(here):
    line = here.run(record("a", inferenceConfig={"stopSequences": ["summary"]}))["a"]

    assert line["modelOutput"]["output"]["message"]["content"][0]["text"] == '{"'
