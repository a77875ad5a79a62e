"""The doctor on Bedrock, by real clients: against a little of AWS on loopback, and against the emulator."""

import json

import pytest

from aws_server import ACCOUNT, AwsServer
from doctor_stage import ROLE, Ward, found, reach
from emulator.stage import BUCKET, Seer, Shelves
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.server import EmulatorServer
from shotlog.emulator.service import Emulator
from shotlog.inference.access import AwsAccess
from shotlog.inference.bedrock_clients import BedrockConnection
from shotlog.store.database import Database

BEDROCK = ("credentials", "role", "model", "model access", "bucket", "batch API", "slots")


@pytest.fixture
def aws():
    server = AwsServer()
    yield server
    server.close()


@pytest.fixture
def access(aws):
    made = reach(aws.url)
    yield made
    made.close()


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'home' / 'shotlog.db'}")
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def doctor(tmp_path, database):
    """Return a function that makes a doctor of a sound installation, but for what is given."""
    return Ward(tmp_path, database).doctor


@pytest.fixture
def bedrock(doctor, access):
    """Return a function that makes a doctor of a sound installation on Bedrock, but for what is given."""

    def make(**setup):
        sound = {"engine": "bedrock", "store": "s3://clips/shotlog", "role_arn": ROLE}
        return doctor(access=access, setup=sound | setup)

    return make


def test_a_sound_installation_on_bedrock_passes(bedrock, aws):
    aws.jobs = {"InProgress": ["us.amazon.nova-2-lite-v1:0"] * 3, "Submitted": ["another.model-v1:0"]}
    checks = found(bedrock())
    assert {name: checks[name].state for name in BEDROCK} == dict.fromkeys(BEDROCK, "ok")
    assert ACCOUNT in checks["credentials"].detail
    assert "us-east-1, us-east-2, us-west-2" in checks["model"].detail
    assert "3 of 100" in checks["slots"].detail
    assert "local engine" not in checks


def test_without_credentials_only_what_needs_them_fails(doctor, aws, tmp_path):
    access = reach(aws.url, access_key="", secret_key="")
    setup = {"engine": "bedrock", "store": "s3://clips/shotlog", "role_arn": ROLE}
    one = doctor(access=access, setup=setup)
    checks = found(one)
    access.close()
    assert checks["credentials"].state == "failed"
    assert "AWS_PROFILE" in checks["credentials"].hint
    assert checks["role"].state == checks["recipes"].state == "ok"
    assert one.policies()["role_arn"] == ROLE
    assert aws.requests == []


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("", "There is no role"),
        ("shotlog-batch", "no role's ARN"),
        ("arn:aws:iam::999999999999:role/x", "account 123456789012 calls"),
    ],
)
def test_a_role_that_cannot_be_passed_fails_and_offers_the_policies(bedrock, role, said):
    check = found(bedrock(role_arn=role))["role"]
    assert check.state == "failed"
    assert said in check.detail
    assert "SHOTLOG_BATCH_ROLE_ARN" in check.hint or "doctor --json" in check.hint


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"store": "file:///tmp/store"}, "S3 only"),
        ({"store": "s3://Clips/shotlog"}, "not one that Bedrock"),
        ({"store": "s3://clips/my videos"}, "not one that Bedrock"),
        ({"store": "s3://elsewhere"}, "404"),
        ({"region": "eu-west-1"}, "is in us-east-1"),
        ({"s3_endpoint": "http://127.0.0.1:9000"}, "cannot reach"),
    ],
)
def test_a_bucket_that_bedrock_cannot_work_with_fails(bedrock, setup, said):
    check = found(bedrock(**setup))["bucket"]
    assert (check.state, bool(check.hint)) == ("failed", True)
    assert said in check.detail


@pytest.mark.parametrize(
    ("setup", "state"),
    [
        ({"model": "local"}, "failed"),
        ({"model": "nova-2-pro"}, "failed"),
        ({"model": "nova-2-pro", "mode": "on-demand"}, "ok"),
        ({"model": "nova-2-lite", "region": "sa-east-1"}, "ok"),
        ({"model": "nova-premier", "region": "eu-west-1"}, "failed"),
        ({"model": "no-such-model"}, "failed"),
    ],
)
def test_a_model_that_the_region_does_not_serve_fails(bedrock, setup, state):
    assert found(bedrock(**setup))["model"].state == state


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [(404, "ResourceNotFoundException", "failed"), (403, "AccessDeniedException", "warning")],
)
def test_a_profile_that_is_missing_fails_and_one_that_may_not_be_seen_warns(
    bedrock, aws, status, code, state
):
    aws.errors["/inference-profiles/"] = (status, code)
    assert found(bedrock())["model"].state == state


def test_no_access_to_the_model_is_a_warning(bedrock, aws):
    aws.availability |= {"entitlementAvailability": "NOT_AVAILABLE"}
    check = found(bedrock())["model access"]
    assert (check.state, "entitlement NOT_AVAILABLE" in check.detail) == ("warning", True)
    aws.errors["/foundation-model-availability/"] = (403, "AccessDeniedException")
    assert found(bedrock())["model access"].state == "warning"


def test_a_batch_api_that_refuses_offers_the_policies(bedrock, aws):
    aws.errors["/model-invocation-jobs"] = (403, "AccessDeniedException")
    checks = found(bedrock())
    assert checks["batch API"].state == checks["slots"].state == "failed"
    assert "`shotlog doctor --json` prints the exact policies" in checks["batch API"].hint
    assert checks["bucket"].state == "ok"


def test_r9_slots_that_are_all_taken_are_a_warning(bedrock, aws):
    arn = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.amazon.nova-2-lite-v1:0"
    aws.jobs = {"Scheduled": [arn] * 100}
    check = found(bedrock())["slots"]
    assert (check.state, "100 of 100" in check.detail) == ("warning", True)


def test_the_policies_are_for_this_installation(bedrock, aws):
    policies = bedrock().policies()
    assert set(policies) == {
        "role_name",
        "role_arn",
        "trust_policy",
        "role_policy",
        "caller_policy",
        "notes",
    }
    assert (policies["role_arn"], policies["notes"]) == (ROLE, [])
    text = json.dumps(policies)
    assert all(arn in text for arn in [*aws.profile_models, "arn:aws:s3:::clips/shotlog/*"])


def test_policies_say_what_is_not_known_yet(doctor, access, aws):
    aws.errors |= {"/inference-profiles": (403, "AccessDeniedException"), "/": (403, "ExpiredToken")}
    policies = doctor(access=access, setup={"engine": "bedrock"}).policies()
    text = json.dumps(policies)
    assert "ACCOUNT-ID" in text
    assert "BUCKET-NAME" in text
    assert "us-west-2::foundation-model/amazon.nova-2-lite-v1:0" in text
    assert len(policies["notes"]) == 3


@pytest.mark.parametrize(
    "setup",
    [
        {},
        {"engine": "bedrock", "bedrock_endpoint": "http://127.0.0.1:1"},
        {"engine": "bedrock", "model": "no-such-model"},
    ],
)
def test_there_are_no_policies_where_aws_has_no_part(doctor, access, setup):
    assert doctor(access=access, setup=setup).policies() is None


def test_an_endpoint_of_ones_own_is_not_taken_for_aws(doctor, tmp_path):
    (tmp_path / "buckets" / BUCKET).mkdir(parents=True)
    emulator = Emulator(
        buckets=Shelves(tmp_path / "buckets"), model=Seer(), config=EmulatorConfig(step_seconds=0)
    )
    server = EmulatorServer(emulator)
    url = server.start()
    access = AwsAccess(
        BedrockConnection(region="us-east-1", endpoint_url=url, access_key="a", secret_key="b"),
        sts_endpoint="http://127.0.0.1:9",
    )
    try:
        checks = found(
            doctor(
                access=access,
                setup={"engine": "bedrock", "bedrock_endpoint": url, "role_arn": ROLE, "model": "nova-lite"},
            )
        )
    finally:
        access.close()
        server.stop()
    assert {name: check.state for name, check in checks.items() if check.state == "failed"} == {}
    assert "endpoint of your own" in checks["credentials"].detail
    assert "0 of 100" in checks["slots"].detail
    assert "model access" not in checks
