"""An emulator's configuration from a file, and the emulator that the command serves with it."""

import boto3
import pytest
from botocore.config import Config

from emulator.stage import PATIENCE_S, record
from shotlog.emulator.config_file import read_config
from shotlog.errors import Invalid
from shotlog.media.sample_clip import Scene, make_clip
from shotlog.provider import emulator_server
from shotlog.settings import Settings

BUCKET = "clips"


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a configuration and returns its path."""

    def write(text):
        path = tmp_path / "emulator.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_file_sets_limits_texts_and_faults(written):
    path = written(
        """
        min_records = 3
        region = "eu-west-1"
        [max_frames]
        "amazon.nova-2-lite-v1:0" = 2700
        [texts]
        quota = "Too many jobs of {model}."
        [faults]
        throttle_creates = 2
        drop = 0.25
        """
    )
    config = read_config(path, fallback={"region": "us-east-1", "concurrency": 2}, override={})

    assert (config.min_records, config.region, config.concurrency) == (3, "eu-west-1", 2)
    assert config.max_frames == {"amazon.nova-2-lite-v1:0": 2700}
    assert config.texts == {"quota": "Too many jobs of {model}."}
    assert (config.faults.throttle_creates, config.faults.drop, config.faults.fence) == (2, 0.25, 0.0)


def test_what_is_given_comes_before_the_file_and_the_file_before_the_settings(written):
    path = written("min_records = 3\nconcurrency = 4")
    config = read_config(
        path, fallback={"concurrency": 2, "region": "eu-west-1"}, override={"min_records": 7}
    )

    assert (config.min_records, config.concurrency, config.region) == (7, 4, "eu-west-1")
    assert read_config(None, fallback={}, override={}).min_records == 100


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("min_records = 0", "min_records"),
        ("no_such_limit = 1", "no_such_limit"),
        ("[faults]\ndrop = 2", "faults.drop"),
        ("[faults]\nno_such_fault = 1", "faults.no_such_fault"),
        ("[faults]\ndrop = 0.6\nerror = 0.6", "add up"),
        ("[texts]\nno_such_text = 'x'", "texts.no_such_text"),
        ("[max_frames]\nno-such-model = 1", "max_frames.no-such-model"),
        ("min_records =", "TOML"),
        (b"\xff", "TOML"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(written, text, named):
    path = written(text)
    with pytest.raises(Invalid, match=named) as caught:
        read_config(path, fallback={}, override={})
    assert str(path) in caught.value.message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Invalid, match=r"nothing\.toml cannot be read"):
        read_config(tmp_path / "nothing.toml", fallback={}, override={})


def test_r42_the_served_emulator_counts_as_many_frames_as_its_configuration_allows(written, tmp_path):
    bucket = tmp_path / BUCKET
    bucket.mkdir()
    make_clip(tmp_path / "clip.mp4", scenes=[Scene(6, "teal")], width=160, height=120, fps=5)
    (tmp_path / "clip.mp4").rename(bucket / "clip.mp4")
    config = written('[max_frames]\n"amazon.nova-lite-v1:0" = 4')
    settings = Settings(workers=1, store=f"file://{bucket}")
    body = record("a", f"s3://{BUCKET}/clip.mp4")["modelInput"]
    del body["schemaVersion"], body["inferenceConfig"]

    def tokens(url, model):
        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE_S),
        )
        used = client.converse(modelId=model, **body)["usage"]["inputTokens"]
        client.close()
        return used

    with emulator_server(settings, port=0, config_file=config) as url:
        capped, whole = (tokens(url, f"amazon.nova-{size}-v1:0") for size in ("lite", "pro"))
    assert (capped // 288, whole // 288) == (4, 6)
