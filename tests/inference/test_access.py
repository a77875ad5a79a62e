"""What AWS says about access, through real boto3 clients against a server on loopback."""

import pytest

from aws_server import ACCOUNT, AwsServer
from shotlog.domain.job_state import ProviderState
from shotlog.errors import NotFound, Rejected, Unavailable
from shotlog.inference.access import Availability, AwsAccess, Identity
from shotlog.inference.bedrock_clients import BedrockConnection

PROFILE = "us.amazon.nova-2-lite-v1:0"


@pytest.fixture
def aws():
    server = AwsServer()
    yield server
    server.close()


@pytest.fixture
def access(aws):
    made = _access(aws.url)
    yield made
    made.close()


def _access(url, **credentials):
    keys = credentials or {"access_key": "test", "secret_key": "test"}
    connection = BedrockConnection(region="us-east-1", endpoint_url=url, **keys)
    return AwsAccess(connection, s3_endpoint=url, sts_endpoint=url)


def test_the_caller_is_told(access):
    assert access.identity() == Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_credentials_that_do_not_hold_are_rejected_and_not_asked_with_again(access, aws, code):
    aws.errors["/"] = (403, code)
    with pytest.raises(Rejected, match=code) as caught:
        access.identity()
    assert "expired" in caught.value.hint
    assert len(aws.requests) == 1


def test_missing_credentials_say_how_to_give_them(aws):
    with pytest.raises(Rejected, match="no AWS credentials") as caught:
        _access(aws.url, access_key="").identity()
    assert "AWS_PROFILE" in caught.value.hint


def test_a_profile_that_does_not_exist_is_no_crash(access, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Rejected, match="nobody"):
        access.identity()


def test_aws_out_of_reach_is_unavailable():
    access = _access("http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="who calls"):
        access.identity()
    with pytest.raises(Unavailable, match="clips"):
        access.bucket_region("clips")


@pytest.mark.parametrize("status", [200, 403])
def test_a_buckets_region_is_told_even_to_one_who_may_not_look_inside(access, aws, status):
    aws.bucket_regions["clips"] = "eu-west-1" if status == 403 else "us-east-1"
    aws.bucket_status = status
    assert access.bucket_region("clips") == aws.bucket_regions["clips"]


def test_a_missing_bucket_is_not_found(access):
    with pytest.raises(NotFound, match="elsewhere") as caught:
        access.bucket_region("elsewhere")
    assert "SHOTLOG_STORE" in caught.value.hint


def test_a_profile_leads_to_the_models_that_bedrock_names(access, aws):
    assert access.profile_models(PROFILE) == tuple(aws.profile_models)
    assert aws.requests == [("GET", f"/inference-profiles/{PROFILE}")]


def test_an_unknown_profile_is_not_found(access, aws):
    aws.errors["/inference-profiles/"] = (404, "ResourceNotFoundException")
    with pytest.raises(NotFound):
        access.profile_models(PROFILE)


def test_availability_names_what_is_missing(access, aws):
    assert access.availability("amazon.nova-2-lite-v1:0").missing() == []
    aws.availability |= {"authorizationStatus": "NOT_AUTHORIZED"}
    assert access.availability("amazon.nova-2-lite-v1:0").missing() == ["authorization NOT_AUTHORIZED"]


def test_what_aws_is_silent_about_is_not_missing():
    assert Availability("", "", "", "").missing() == []


def test_the_newest_job_takes_one_page(access, aws):
    assert access.newest_job() is None
    aws.jobs = {"Completed": [PROFILE] * 3}
    aws.page = 1
    aws.requests.clear()
    assert access.newest_job().state is ProviderState.COMPLETED
    assert len(aws.requests) == 1


def test_active_jobs_are_counted_over_all_pages_and_states_that_hold_a_slot(access, aws):
    aws.jobs = {"Submitted": ["a"] * 5, "InProgress": ["b"] * 2, "Stopping": ["c"], "Completed": ["d"] * 9}
    aws.page = 2
    assert sorted(access.active_models()) == ["a"] * 5 + ["b"] * 2 + ["c"]
