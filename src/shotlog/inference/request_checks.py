"""What Bedrock demands of names and URIs, checked here because boto3 does not (rules R2, R3, R26).

The patterns are those of botocore's service model; the one of job names is an equal one that does not
take exponential time.
"""

from __future__ import annotations

import re

from shotlog.domain.job_state import JobRequest
from shotlog.errors import Invalid

_JOB_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+.\-]{0,62}")
_ROLE = re.compile(r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+")
_TOKEN = re.compile(r"[a-zA-Z0-9]+(-+[a-zA-Z0-9]+)*")
_MODEL = re.compile(
    r"arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:([0-9]{12})?:[a-z-]+/[a-zA-Z0-9:./_-]+"
    r"|[a-zA-Z0-9][a-zA-Z0-9:._-]{0,200}"
)
_JOB_ARN = re.compile(r"arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-invocation-job/[a-z0-9]{12}")
_S3_URI = re.compile(
    r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+(?:/[-!_*'().a-z0-9A-Z]+)*)?/?"
)


def check_s3_uri(uri: str, what: str = "S3 URI") -> None:
    """Refuse a URI that the batch API would refuse: only ``A-Za-z0-9`` and ``-!_*'().`` between slashes.

    Raises:
        Invalid: it has another character, an empty part, or is longer than 1,024.
    """
    if len(uri) > 1024 or not _S3_URI.fullmatch(uri):
        raise Invalid(
            f"The {what} {uri[:200]!r} is not one that Bedrock's batch API takes.",
            hint="Buckets are lower case; keys have only letters, digits, '-', '_', '.' and '/'.",
        )


def check_folder_uri(uri: str, what: str) -> None:
    """Refuse what is no legal URI of a folder, which ends in ``/`` (rules R17, R25).

    Raises:
        Invalid: see above.
    """
    check_s3_uri(uri, what)
    if not uri.endswith("/") or uri.count("/") < 4:
        raise Invalid(
            f"The {what} {uri!r} must name a folder.", hint="It ends in '/' and is no bucket's root."
        )


def check_job_request(request: JobRequest) -> None:
    """Refuse a request for a job that the service would refuse, and say which part it is.

    Raises:
        Invalid: a name, token, role, model, URI, timeout or tag is outside its limits.
    """
    _check(_JOB_NAME, request.name, 63, "job name", "Letters, digits, '-', '+' and '.'; no '_' or '/'.")
    _check(_TOKEN, request.client_token, 256, "client token", "Letters, digits and single dashes.")
    _check(_MODEL, request.model_id, 2048, "model id", "A model id, inference profile id or ARN.")
    _check(
        _ROLE,
        request.role_arn,
        2048,
        "role ARN",
        "Set SHOTLOG_BATCH_ROLE_ARN to arn:aws:iam::<account>:role/<name>.",
    )
    check_folder_uri(request.input_uri, "input URI")
    check_folder_uri(request.output_uri, "output URI")
    if request.output_uri.startswith(request.input_uri):
        raise Invalid("The output must not lie under the input folder: it would count as input.")
    if not 24 <= request.timeout_hours <= 168:
        raise Invalid("A job's timeout is 24 to 168 hours.")
    if len(request.tags) > 200:
        raise Invalid("A job takes at most 200 tags.")


def check_job_arn(arn: str) -> None:
    """Refuse what is no full ARN of a job; the service knows no bare ids (rule R11).

    Raises:
        Invalid: see above.
    """
    _check(_JOB_ARN, arn, 1011, "job ARN", "arn:aws:bedrock:<region>:<account>:model-invocation-job/<id>.")


def _check(pattern: re.Pattern[str], value: str, limit: int, what: str, hint: str) -> None:
    if not 1 <= len(value) <= limit or not pattern.fullmatch(value):
        raise Invalid(f"{value[:200]!r} is no legal {what}.", hint=hint)
