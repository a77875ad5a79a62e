"""Requests against the service's model: equal in language to botocore's patterns, and quick on any text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.emulator.service_error import STATUS, ServiceError
from shotlog.emulator.validation import (
    check,
    input_shape,
    matches,
    require_valid,
    service_model,
)

CREATE = input_shape("bedrock", "CreateModelInvocationJob")
NAME = CREATE.members["jobName"]
URI = CREATE.members["inputDataConfig"].members["s3InputDataConfig"].members["s3Uri"]
TOKEN = CREATE.members["clientRequestToken"]
VALID = {
    "jobName": "job",
    "roleArn": "arn:aws:iam::123456789012:role/batch",
    "modelId": "amazon.nova-lite-v1:0",
    "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://clips/in/"}},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://clips/out/"}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def legal(shape, value):
    """Say whether *value* fits the model's own pattern and lengths."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", len(value))
    return low <= len(value) <= high and bool(re.fullmatch(shape.metadata["pattern"], value, re.ASCII))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text("aZ09-+._ ", max_size=14))
def test_the_quick_pattern_of_job_names_means_the_same_as_the_models(name):
    assert matches(NAME, name) == legal(NAME, name)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.from_regex(re.compile(URI.metadata["pattern"], re.ASCII), fullmatch=True))
def test_what_the_models_pattern_makes_is_accepted(uri):
    assert matches(URI, uri) == (len(uri) <= 1024)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text("s3:/abc -_.%A", max_size=20).map("s3://".__add__))
def test_uris_are_legal_when_the_model_says_so(uri):
    assert matches(URI, uri) == legal(URI, uri)


@pytest.mark.parametrize("shape", [NAME, TOKEN, URI, CREATE.members["modelId"]], ids=lambda shape: shape.name)
@pytest.mark.parametrize(
    "hostile", ["a" + "-" * 61 + "_", "a" * 62 + "_ ", "s3://" + "a/" * 400 + " ", "-" * 5000]
)
def test_hostile_texts_are_refused_at_once(shape, hostile):
    assert not matches(shape, hostile)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(JSON)
def test_no_request_whatever_breaks_the_check(value):
    with pytest.raises(ServiceError):
        require_valid(CREATE, value)
    assert list(check(input_shape("bedrock-runtime", "Converse"), value)), "modelId is required at least"


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.sampled_from(sorted(CREATE.members)), JSON)
def test_a_legal_request_stays_legal_or_is_refused_for_the_member_that_changed(member, value):
    try:
        require_valid(CREATE, VALID | {member: value})
    except ServiceError as error:
        assert member in error.message  # noqa: PT017 - most of what is made up is refused, not all


def test_a_null_member_is_an_absent_one():
    require_valid(CREATE, VALID | {"tags": None})
    with pytest.raises(ServiceError, match="'jobName' failed to satisfy constraint: Member must not be null"):
        require_valid(CREATE, VALID | {"jobName": None})


def test_unknown_members_pass_unless_they_are_asked_about():
    require_valid(CREATE, VALID | {"colour": "red"})
    with pytest.raises(ServiceError, match="colour: Extra inputs are not permitted"):
        require_valid(CREATE, VALID | {"colour": "red"}, unknown_members=False)


def test_a_wrong_type_is_a_serialization_error():
    with pytest.raises(ServiceError) as caught:
        require_valid(CREATE, VALID | {"timeoutDurationInHours": "24"})

    assert caught.value.name == "SerializationException"


@pytest.mark.parametrize("service", ["bedrock", "bedrock-runtime"])
def test_errors_have_the_status_that_the_model_gives_them(service):
    model = service_model(service)
    modelled = {
        error.name: error.metadata["error"]["httpStatusCode"]
        for name in model.operation_names
        for error in model.operation_model(name).error_shapes
    }

    assert {name: status for name, status in STATUS.items() if modelled.get(name, status) != status} == {}
