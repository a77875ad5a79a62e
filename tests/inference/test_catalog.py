"""The model table: names, profiles, prices, and the user's corrections."""

import pytest

from shotlog.domain.model import Mode
from shotlog.errors import Invalid, NotFound
from shotlog.inference.catalog import DEFAULT_MODELS, Catalog

CATALOG = Catalog.load()
LITE2 = "amazon.nova-2-lite-v1:0"


@pytest.mark.parametrize(
    "name",
    [
        LITE2,
        "nova-2-lite",
        "Nova-2-Lite",
        " us.amazon.nova-2-lite-v1:0 ",
        "global.amazon.nova-2-lite-v1:0",
        f"arn:aws:bedrock:us-east-1::foundation-model/{LITE2}",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-2-lite-v1:0",
    ],
)
def test_b02_a_model_is_found_by_everything_it_is_called(name):
    assert CATALOG.find(name).id == LITE2


def test_a_stranger_is_not_found_and_the_known_ones_are_named():
    with pytest.raises(NotFound, match="gpt") as caught:
        CATALOG.find("gpt-17")
    assert "nova-2-lite" in caught.value.hint


@pytest.mark.parametrize(
    ("model", "region", "asked", "used"),
    [
        ("nova-2-lite", "us-east-1", "", "us.amazon.nova-2-lite-v1:0"),
        ("nova-2-lite", "eu-central-1", "", "eu.amazon.nova-2-lite-v1:0"),
        ("nova-2-lite", "ap-northeast-1", "", "jp.amazon.nova-2-lite-v1:0"),
        ("nova-2-lite", "ap-southeast-2", "", "global.amazon.nova-2-lite-v1:0"),
        ("nova-2-lite", "us-east-1", LITE2, "us.amazon.nova-2-lite-v1:0"),
        (
            "nova-2-lite",
            "us-east-1",
            "global.amazon.nova-2-lite-v1:0",
            "global.amazon.nova-2-lite-v1:0",
        ),
        (
            "nova-2-lite",
            "us-east-1",
            "arn:aws:bedrock:x:1:inference-profile/y",
            "arn:aws:bedrock:x:1:inference-profile/y",
        ),
        ("nova-lite", "us-east-1", "", "amazon.nova-lite-v1:0"),
        ("nova-lite", "us-west-2", "", "us.amazon.nova-lite-v1:0"),
        ("nova-lite", "ap-southeast-1", "", "apac.amazon.nova-lite-v1:0"),
        ("nova-premier", "us-east-1", "", "us.amazon.nova-premier-v1:0"),
        ("local", "anywhere", "", "shotlog.local-v1:0"),
    ],
)
def test_b02_r7_one_place_resolves_the_profile(model, region, asked, used):
    assert CATALOG.invocation_id(CATALOG.find(model), region, asked) == used


def test_r7_a_model_out_of_reach_says_so():
    with pytest.raises(Invalid, match="sa-east-1") as caught:
        CATALOG.invocation_id(CATALOG.find("nova-premier"), "sa-east-1")
    assert caught.value.hint


def test_the_default_models_exist_and_the_local_one_has_no_minimum():
    assert set(DEFAULT_MODELS) == {"local", "bedrock"}
    assert CATALOG.default("bedrock").id == LITE2
    local = CATALOG.default("local")
    assert (local.min_records, local.price(Mode.BATCH, "anything").input_microusd) == (1, 0)


@pytest.mark.parametrize("card", CATALOG.cards(), ids=lambda card: card.id)
def test_every_card_is_sound(card):
    assert card.source
    assert card.min_records <= card.max_records
    assert card.frame_cap <= card.frame_cap_high
    assert not card.profile_only or card.profiles
    assert all(price.source and price.as_of.year >= 2025 for price in card.prices)
    for price in card.prices:
        if price.mode is Mode.BATCH:
            twin = card.price(Mode.ON_DEMAND, price.group)
            assert 2 * price.input_microusd == twin.input_microusd
            assert 2 * price.output_microusd == twin.output_microusd


@pytest.mark.parametrize("name", ["nova-lite", "nova-pro"])
def test_quotas_are_those_of_the_table(name):
    card = CATALOG.find(name)
    assert (card.min_records, card.max_records, card.max_active_jobs) == (100, 100_000, 100)
    assert (card.max_file_bytes, card.max_job_bytes) == (1 << 30, 100 << 30)


def test_r17_nova_2_lite_is_planned_for_five_gigabytes():
    assert CATALOG.find(LITE2).max_job_bytes == 5 * 1024**3


def test_prices_go_by_the_group_that_is_asked():
    lite2 = CATALOG.find(LITE2)
    assert CATALOG.price_group(lite2, "global.amazon.nova-2-lite-v1:0", "us-east-1") == "global"
    arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-2-lite-v1:0"
    assert CATALOG.price_group(lite2, arn, "us-east-1") == "us"
    assert CATALOG.price_group(CATALOG.find("nova-lite"), "amazon.nova-lite-v1:0", "us-east-1") == "us"


def test_a_table_of_the_users_adds_and_corrects(tmp_path):
    extra = tmp_path / "models.toml"
    extra.write_text(
        f"""
        [models."{LITE2}"]
        max_job_bytes = 107374182400
        frame_cap = 2700
        [models."acme.seer-v1:0"]
        aliases = ["seer"]
        video_formats = ["mp4"]
        photo_formats = ["jpeg"]
        [[models."acme.seer-v1:0".prices]]
        mode = "on-demand"
        groups = ["*"]
        input = "0.0000015"
        output = "2"
        source = "a letter"
        as_of = 2026-05-01
        """
    )
    catalog = Catalog.load(extra)
    lite2 = catalog.find(LITE2)
    assert (lite2.max_job_bytes, lite2.frame_cap, lite2.frame_cap_high) == (100 << 30, 2700, 2700)
    assert lite2.profile_only
    assert len(lite2.prices) == 4
    seer = catalog.find("seer")
    assert seer.price(Mode.ON_DEMAND, "us").input_microusd == 2
    assert seer.price(Mode.BATCH, "us") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models = 3", "table"),
        ("[models", "no valid TOML"),
        ('[models."a.b"]\nmax_record = 3', "max_record"),
        ('[models."a.b"]\nmin_records = 0', "min_records"),
        (
            '[[models."a.b".prices]]\nmode = "batch"\ngroups = ["*"]\ninput = "1"\noutput = "1"',
            "source",
        ),
    ],
)
def test_a_wrong_table_is_refused_with_the_place(tmp_path, text, said):
    extra = tmp_path / "models.toml"
    extra.write_text(text)
    with pytest.raises(Invalid, match=said):
        Catalog.load(extra)


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(Invalid, match="cannot be read"):
        Catalog.load(tmp_path / "none.toml")
