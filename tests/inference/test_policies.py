"""The IAM documents: exactly what is needed, for this bucket, role, account, region, model and profile."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.errors import Invalid
from shotlog.inference.policies import (
    PolicyTarget,
    Role,
    caller_policy,
    documents,
    model_resources,
    role_policy,
    trust_policy,
)

ACCOUNT = "123456789012"
MODEL = "amazon.nova-2-lite-v1:0"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/media/shotlog-batch"
SUBMITTED_BY_BEDROCK = "bedrock.amazonaws.com"


def target(**changes):
    given = {
        "account": ACCOUNT,
        "region": "us-east-1",
        "bucket": "clips",
        "prefix": "shotlog",
        "role_name": "shotlog-batch",
        "role_arn": ROLE,
        "invocation_id": f"us.{MODEL}",
        "model_id": MODEL,
    }
    return PolicyTarget(**given | changes)


def statement(policy, sid):
    (found,) = [one for one in policy["Statement"] if one["Sid"] == sid]
    return found


def actions(policy):
    return {action for one in policy["Statement"] for action in one["Action"]}


def test_only_bedrock_for_batch_jobs_of_this_account_and_region_may_assume_the_role():
    assert trust_policy(target()) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "BedrockForBatchJobs",
                "Effect": "Allow",
                "Principal": {"Service": SUBMITTED_BY_BEDROCK},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": ACCOUNT},
                    "ArnEquals": {
                        "aws:SourceArn": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-invocation-job/*"
                    },
                },
            }
        ],
    }


def test_the_role_reads_and_writes_the_store_and_invokes_the_model_everywhere_it_may_run():
    own = {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
    assert role_policy(target()) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ListTheBucket",
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": ["arn:aws:s3:::clips"],
                "Condition": own,
            },
            {
                "Sid": "ReadAndWriteTheStore",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": ["arn:aws:s3:::clips/shotlog/*"],
                "Condition": own,
            },
            {
                "Sid": "InvokeTheModel",
                "Effect": "Allow",
                "Action": ["bedrock:InvokeModel"],
                "Resource": [
                    f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.{MODEL}",
                    f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}",
                    f"arn:aws:bedrock:us-east-2::foundation-model/{MODEL}",
                    f"arn:aws:bedrock:us-west-2::foundation-model/{MODEL}",
                ],
            },
        ],
    }


def test_a_store_that_is_a_whole_bucket_has_no_prefix():
    policy = role_policy(target(prefix=""))
    assert statement(policy, "ReadAndWriteTheStore")["Resource"] == ["arn:aws:s3:::clips/*"]


def test_r12_the_caller_may_pass_this_role_to_bedrock_and_to_nobody_else():
    assert statement(caller_policy(target()), "PassTheRole") == {
        "Sid": "PassTheRole",
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": [ROLE],
        "Condition": {"StringEquals": {"iam:PassedToService": SUBMITTED_BY_BEDROCK}},
    }


def test_the_caller_may_do_what_shotlog_does_and_no_more():
    assert actions(caller_policy(target())) == {
        "bedrock:CreateModelInvocationJob",
        "bedrock:GetModelInvocationJob",
        "bedrock:StopModelInvocationJob",
        "bedrock:ListModelInvocationJobs",
        "bedrock:TagResource",
        "bedrock:GetInferenceProfile",
        "bedrock:GetFoundationModelAvailability",
        "bedrock:InvokeModel",
        "iam:PassRole",
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
    }


def test_only_listing_is_not_bound_to_a_resource():
    wide = [one["Sid"] for one in caller_policy(target())["Statement"] if "*" in one["Resource"]]
    assert wide == ["ListJobsAndModels"]
    assert not any("*" in one["Resource"] for one in role_policy(target())["Statement"])


def test_what_bedrock_says_of_a_profile_is_taken_before_what_is_documented():
    told = [f"arn:aws:bedrock:us-west-2::foundation-model/{MODEL}"]
    assert model_resources(target(models=told)) == [
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.{MODEL}",
        *told,
    ]


@pytest.mark.parametrize(
    ("region", "profile", "regions"),
    [
        ("ca-central-1", f"us.{MODEL}", ["ca-central-1", "us-east-1", "us-east-2", "us-west-2"]),
        ("ap-northeast-1", f"jp.{MODEL}", ["ap-northeast-1", "ap-northeast-3"]),
        ("eu-west-2", f"global.{MODEL}", ["", "eu-west-2"]),
        ("ap-southeast-1", f"apac.{MODEL}", ["*"]),
    ],
)
def test_r7_a_profile_is_allowed_with_the_model_in_every_region_it_leads_to(region, profile, regions):
    first, *models = model_resources(target(region=region, invocation_id=profile))
    assert first == f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{profile}"
    assert models == [f"arn:aws:bedrock:{where}::foundation-model/{MODEL}" for where in regions]


def test_a_model_without_a_profile_is_allowed_in_its_region_alone():
    bare = target(invocation_id=MODEL)
    assert model_resources(bare) == [f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}"]
    named = target(invocation_id=f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}")
    assert model_resources(named) == model_resources(bare)


def test_a_profile_of_ones_own_is_allowed_by_its_arn():
    arn = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/abc123"
    assert model_resources(target(invocation_id=arn)) == [
        arn,
        f"arn:aws:bedrock:*::foundation-model/{MODEL}",
    ]


def test_the_arns_of_other_partitions_are_theirs():
    policy = documents(target(region="us-gov-west-1", invocation_id=MODEL, role_arn=""))
    arns = re.findall(r'"(arn:[^"]+)"', json.dumps(policy))
    assert {arn.split(":")[1] for arn in arns} == {"aws-us-gov"}


def test_a_role_that_does_not_exist_yet_gets_the_arn_that_its_name_will_make():
    made = documents(target(role_arn=""))
    assert made["role_arn"] == f"arn:aws:iam::{ACCOUNT}:role/shotlog-batch"
    assert statement(made["caller_policy"], "PassTheRole")["Resource"] == [made["role_arn"]]


def test_documents_fit_what_iam_takes():
    made = documents(
        target(bucket="b" * 63, prefix="p" * 200, region="eu-west-1", invocation_id=f"eu.{MODEL}")
    )
    for name in ("trust_policy", "role_policy", "caller_policy"):
        assert len(json.dumps(made[name], separators=(",", ":"))) < 6144  # a managed policy's bound
        assert all(re.fullmatch("[A-Za-z0-9]+", one["Sid"]) for one in made[name]["Statement"])


def test_the_page_shows_the_documents_as_they_are():
    page = Path(__file__).resolve().parents[2] / "docs" / "howto" / "aws.md"
    shown = [
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    ]
    made = documents(target(bucket="my-bucket", role_arn=""))
    assert shown[:3] == [made["trust_policy"], made["role_policy"], made["caller_policy"]]


def test_a_role_is_taken_apart():
    assert Role.parse(ROLE) == Role("aws", ACCOUNT, "shotlog-batch")
    assert Role.parse(f"arn:aws-us-gov:iam::{ACCOUNT}:role/x").partition == "aws-us-gov"


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "shotlog-batch",
        "arn:aws:iam::123:role/x",
        f"arn:aws:iam::{ACCOUNT}:user/x",
        f"arn:aws:iam::{ACCOUNT}:role/",
        f"arn:aws:iam::{ACCOUNT}:role/a b",
        f"arn:aws:iam::{ACCOUNT}:role/x\n",
        f" {ROLE}",
    ],
)
def test_what_is_no_roles_arn_is_refused(arn):
    with pytest.raises(Invalid, match="no role's ARN") as caught:
        Role.parse(arn)
    assert "SHOTLOG_BATCH_ROLE_ARN" in caught.value.hint


@given(prefix=st.from_regex(r"[a-z0-9]{1,9}(/[a-z0-9]{1,9}){0,3}/?", fullmatch=True))
def test_objects_outside_the_store_are_never_named(prefix):
    policy = role_policy(target(prefix=prefix))
    (resource,) = statement(policy, "ReadAndWriteTheStore")["Resource"]
    assert resource == f"arn:aws:s3:::clips/{prefix.strip('/')}/*"
