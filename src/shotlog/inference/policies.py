"""The IAM documents that batch jobs on one bucket with one model need, and nothing wider.

They follow the Bedrock User Guide's pages on the batch service role and on global inference. What that
guide leaves out and practice needs is here too: ``iam:PassRole`` for the caller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shotlog.errors import Invalid

_SERVICE = "bedrock.amazonaws.com"
_ROLE = re.compile(r"arn:(aws(?:-[a-z-]+)?):iam::([0-9]{12}):role/((?:[!-~]+/)?)([\w+=,.@-]{1,64})", re.ASCII)
_PROFILE_ARN = re.compile(r"arn:[^:]+:bedrock:[^:]+:[0-9]+:(application-)?inference-profile/.+")

#: Where a profile's requests go besides the region that they come from, as the model card of Nova 2 Lite
#: has it. Only for when Bedrock itself cannot be asked: its own answer depends on the region asked from.
_DESTINATIONS = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    #: The ARN without a region stands for all commercial regions.
    "global": ("",),
}


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role, taken apart."""

    partition: str
    account: str
    name: str

    @classmethod
    def parse(cls, arn: str) -> Role:
        """Read a role's ARN.

        Raises:
            Invalid: it is none, or names no account.
        """
        found = _ROLE.fullmatch(arn)
        if found is None:
            raise Invalid(
                f"{arn[:200]!r} is no role's ARN.",
                hint="Set SHOTLOG_BATCH_ROLE_ARN to arn:aws:iam::<account>:role/<name>.",
            )
        return cls(found[1], found[2], found[4])


@dataclass(frozen=True, slots=True)
class PolicyTarget:
    """What the documents are for: one account's bucket, role and model in one region."""

    account: str
    region: str
    bucket: str
    #: The part of the bucket that is the store; empty for all of it.
    prefix: str
    #: Without its path.
    role_name: str
    #: Empty while the role does not exist; then it is the one that its name will make.
    role_arn: str
    #: As ``Catalog.invocation_id`` resolved it: a model id, an inference profile's id, or an ARN.
    invocation_id: str
    #: The foundation model behind it.
    model_id: str
    #: ARNs of the foundation model in each region of the profile, as Bedrock told; empty: as documented.
    models: Sequence[str] = ()

    @property
    def partition(self) -> str:
        """Return the part of AWS that the region is in, as ARNs have it."""
        prefixes = {"us-gov-": "aws-us-gov", "cn-": "aws-cn"}
        return next((part for prefix, part in prefixes.items() if self.region.startswith(prefix)), "aws")


def documents(target: PolicyTarget) -> dict[str, Any]:
    """Return the three documents, with the role that they are for, as they go into IAM."""
    role_arn = target.role_arn or f"arn:{target.partition}:iam::{target.account}:role/{target.role_name}"
    named = replace(target, role_arn=role_arn)
    return {
        "role_name": named.role_name,
        "role_arn": role_arn,
        "trust_policy": trust_policy(named),
        "role_policy": role_policy(named),
        "caller_policy": caller_policy(named),
    }


def is_profile(invocation_id: str, model_id: str) -> bool:
    """Tell whether a model is reached through an inference profile.

    >>> is_profile("us.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0")
    True
    """
    if invocation_id.startswith("arn:"):
        return _PROFILE_ARN.fullmatch(invocation_id) is not None
    return invocation_id != model_id


def model_resources(target: PolicyTarget) -> list[str]:
    """Return the ARNs that one must be allowed to invoke: the profile, and the model wherever it leads.

    A profile alone is not enough: the foundation model in every destination region must be named too.
    """
    if not is_profile(target.invocation_id, target.model_id):
        return [_foundation_model(target, target.region)]
    profile = target.invocation_id
    if not profile.startswith("arn:"):
        bedrock = f"arn:{target.partition}:bedrock:{target.region}:{target.account}"
        profile = f"{bedrock}:inference-profile/{profile}"
    return [profile, *(sorted(target.models) or _documented(target))]


def trust_policy(target: PolicyTarget) -> dict[str, Any]:
    """Return who may take the role on: Bedrock, for batch jobs of this account and region only."""
    return _policy(
        {
            "Sid": "BedrockForBatchJobs",
            "Effect": "Allow",
            "Principal": {"Service": _SERVICE},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": target.account},
                "ArnEquals": {"aws:SourceArn": _jobs(target)},
            },
        }
    )


def role_policy(target: PolicyTarget) -> dict[str, Any]:
    """Return what the role may do: read and write the store, and invoke the model."""
    # A condition on the account would fail on foundation models, which AWS owns: it is for S3 alone.
    ours = {"StringEquals": {"aws:ResourceAccount": target.account}}
    return _policy(
        _allow("ListTheBucket", ["s3:ListBucket"], [_bucket(target)], ours),
        _allow("ReadAndWriteTheStore", ["s3:GetObject", "s3:PutObject"], [_objects(target)], ours),
        _allow("InvokeTheModel", ["bedrock:InvokeModel"], model_resources(target)),
    )


def caller_policy(target: PolicyTarget) -> dict[str, Any]:
    """Return what Shotlog's own credentials may do: jobs, the model on demand, the role, the store."""
    models, jobs = model_resources(target), _jobs(target)
    objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    look = ["bedrock:GetInferenceProfile", "bedrock:GetFoundationModelAvailability"]
    follow = ["bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob", "bedrock:TagResource"]
    to_bedrock = {"StringEquals": {"iam:PassedToService": _SERVICE}}
    return _policy(
        _allow("AskForJobs", ["bedrock:CreateModelInvocationJob"], [*models, jobs]),
        _allow("FollowJobs", follow, [jobs]),
        _allow("ListJobsAndModels", ["bedrock:ListModelInvocationJobs", *look], ["*"]),
        _allow("AskOnDemand", ["bedrock:InvokeModel"], models),
        _allow("PassTheRole", ["iam:PassRole"], [target.role_arn], to_bedrock),
        _allow("ListTheBucket", ["s3:ListBucket"], [_bucket(target)]),
        _allow("WorkInTheStore", objects, [_objects(target)]),
    )


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(
    sid: str, actions: list[str], resources: list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def _bucket(target: PolicyTarget) -> str:
    return f"arn:{target.partition}:s3:::{target.bucket}"


def _objects(target: PolicyTarget) -> str:
    prefix = target.prefix.strip("/")
    return f"{_bucket(target)}/{prefix}/*" if prefix else f"{_bucket(target)}/*"


def _jobs(target: PolicyTarget) -> str:
    return f"arn:{target.partition}:bedrock:{target.region}:{target.account}:model-invocation-job/*"


def _foundation_model(target: PolicyTarget, region: str) -> str:
    return f"arn:{target.partition}:bedrock:{region}::foundation-model/{target.model_id}"


def _documented(target: PolicyTarget) -> list[str]:
    """Return the model where the profile leads by the documentation; in every region where it is silent."""
    profile = target.invocation_id.rpartition("/")[2]
    regions = _DESTINATIONS.get(profile.removesuffix(f".{target.model_id}"))
    if regions is None:
        return [_foundation_model(target, "*")]
    return [_foundation_model(target, region) for region in sorted({*regions, target.region})]
