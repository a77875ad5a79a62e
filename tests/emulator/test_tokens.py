"""Tokens as Nova counts them, rules R42 and R43, and the model table."""

import pytest

from emulator.stage import FOLDER, converse_record, record
from shotlog.emulator.models import CARDS, Catalogue
from shotlog.emulator.service_error import ServiceError
from shotlog.inference.catalog import Catalog

TEXT_TOKENS = 5  # of the question in ``record``, at four characters each


@pytest.mark.parametrize(("seconds", "frames"), [(10, 10), (0.2, 1), (29.5, 30), (960, 960), (5000, 960)])
def test_r42_a_video_costs_288_tokens_a_sampled_frame(stage, seconds, frames):
    here = stage(duration_s=lambda path: seconds)
    here.clips(1)

    usage = here.run()["r0"]["modelOutput"]["usage"]

    assert usage["inputTokens"] == 288 * frames + TEXT_TOKENS
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]


def test_r42_the_most_frames_depend_on_the_model_and_can_be_set(stage):
    here = stage(duration_s=lambda path: 5000, max_frames={"amazon.nova-2-lite-v1:0": 2700})
    here.clips(1)

    def frames(model):
        tokens = here.run(modelId=model)["r0"]["modelOutput"]["usage"]["inputTokens"]
        return (tokens - TEXT_TOKENS) / 288

    assert frames("us.amazon.nova-premier-v1:0") == 3200
    assert frames("us.amazon.nova-2-lite-v1:0") == 2700


def test_r42_a_photo_costs_nova_2_lite_230_tokens(stage):
    here = stage(duration_s=lambda path: 1)
    uri = here.put(f"{FOLDER}/files/p.png", "a photo")
    image = {"image": {"format": "png", "source": {"s3Location": {"uri": uri}}}}
    line = record("a", messages=[{"role": "user", "content": [image, image]}])

    usage = here.run(line, modelId="us.amazon.nova-2-lite-v1:0")["a"]["modelOutput"]["usage"]

    assert usage["inputTokens"] == 460


def test_r42_without_a_length_the_models_own_count_stands(stage):
    here = stage(duration_s=lambda path: None)
    here.clips(1)

    assert here.run()["r0"]["modelOutput"]["usage"]["inputTokens"] == 100


def test_r43_tokens_depend_on_the_length_and_on_no_sound(stage):
    here = stage(duration_s=lambda path: 10)
    silent = here.put(f"{FOLDER}/files/silent.mp4", "no sound")
    loud = here.put(f"{FOLDER}/files/loud.mp4", "a sound track that is much longer")

    lines = here.run(converse_record("s", silent), converse_record("l", loud), modelInvocationType="Converse")

    assert len({line["modelOutput"]["usage"]["inputTokens"] for line in lines.values()}) == 1


def test_the_clients_model_table_agrees_with_the_services():
    """They are kept apart so that one can find the other's mistake."""
    known = {card.model_id: card for card in CARDS}

    for theirs in Catalog.load().cards():
        ours = known[theirs.id]
        assert theirs.max_tokens <= ours.max_output_tokens, theirs.id
        assert theirs.max_job_bytes <= ours.max_job_bytes, theirs.id
        assert theirs.frame_cap == ours.max_frames, theirs.id
        assert theirs.batch == ours.batch, theirs.id
        assert theirs.profile_only == ours.profile_only, theirs.id
        assert set(theirs.profiles.values()) == {f"{geo}.{theirs.id}" for geo in ours.profiles}, theirs.id


@pytest.mark.parametrize(
    "named",
    [
        "arn:aws:bedrock:us-east-1::foundation-model/us.amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:s3:::bucket",
        "jp.amazon.nova-lite-v1:0",
    ],
)
def test_arns_of_the_wrong_kind_name_no_model(named):
    catalogue = Catalogue(region="us-east-1", texts={}, application_profiles={}, max_frames={})

    with pytest.raises(ServiceError):
        catalogue.find(named)
