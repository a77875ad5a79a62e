"""Turn what botocore raises into errors of ours, once, with a hint that says how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from shotlog.errors import AppError, Denied, NotFound, QuotaReached, Rejected, Throttled, Unavailable

_THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}
)
_UNAVAILABLE = frozenset(
    {
        "InternalServerException",
        "InternalFailure",
        "ServiceUnavailableException",
        "ServiceUnavailable",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ModelStreamErrorException",
        "RequestTimeout",
    }
)
_CREDENTIALS = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "ExpiredTokenException",
        "ExpiredToken",
        "InvalidClientTokenId",
        "MissingAuthenticationTokenException",
    }
)

_NO_ACCESS = "AccessDeniedException"
_ACCESS = "Allow the caller bedrock:InvokeModel and the batch job actions; request access to the model."

#: Part of a message in lower case -> what mends it; the first that fits is used.
_HINTS = (
    ("passrole", "Allow the caller iam:PassRole on the batch role, for the service bedrock.amazonaws.com."),
    ("assume", "Let the batch role's trust policy name bedrock.amazonaws.com as principal."),
    (
        "role",
        "Check SHOTLOG_BATCH_ROLE_ARN, iam:PassRole on it, and its trust policy for bedrock.amazonaws.com.",
    ),
    ("batch inference is not supported", "Choose a model with batch, or the mode on-demand."),
    ("on-demand throughput", "This model is reached by an inference profile, such as us.<model id>."),
    ("inference profile", "This model is reached by an inference profile, such as us.<model id>."),
    ("service region", "The job belongs to another region: set AWS_REGION to the region in its ARN."),
    ("arn is invalid", "Name the job by its full ARN."),
    ("s3", "Check that bucket and keys exist, and that both caller and batch role may read and write them."),
    (
        "access",
        "Allow the caller bedrock:InvokeModel and the batch job actions, and request access to the model.",
    ),
)


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Translate botocore's errors while doing *action* (words such as ``create the batch job``).

    Raises:
        Throttled: too many requests.
        QuotaReached: all slots are taken.
        Unavailable: no connection, a timeout, or the service broke.
        NotFound: the named thing does not exist.
        Denied: the credentials are missing or wrong, or do not allow it.
        Rejected: everything else that was refused; the hint says how to mend it.
    """
    try:
        yield
    except ClientError as error:
        raise _client_error(error, action) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Denied(
            f"Bedrock cannot {action}: there are no AWS credentials.",
            hint="Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        ) from error
    except (ParamValidationError, NoRegionError) as error:
        raise Rejected(f"Bedrock cannot {action}: {error}") from error
    except (BotoConnectionError, HTTPClientError, ReadTimeoutError) as error:
        raise Unavailable(
            f"Bedrock cannot be reached to {action}: {error}",
            hint="Check the network, AWS_REGION and SHOTLOG_BEDROCK_ENDPOINT.",
        ) from error
    except BotoCoreError as error:
        raise Rejected(f"Bedrock cannot {action}: {error}") from error


def _client_error(error: ClientError, action: str) -> AppError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = str(error.response.get("Error", {}).get("Message", ""))[:1000]
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    text = f"Bedrock would not {action}: {said or code} ({code or status})"
    if code in _THROTTLED or status == 429:
        return Throttled(text, hint="Wait a moment; Shotlog tries again by itself.")
    if code == "ServiceQuotaExceededException":
        return QuotaReached(text, hint="Wait for a running job to end, or ask AWS for a higher quota.")
    if code in _UNAVAILABLE or status >= 500:
        return Unavailable(text, hint="Try again later.")
    if code == "ResourceNotFoundException":
        return NotFound(text, hint="Check the ARN, the account and AWS_REGION.")
    refused = Denied if code in _CREDENTIALS or code == _NO_ACCESS else Rejected
    return refused(text, hint=_hint(code, said))


def _hint(code: str, said: str) -> str:
    if code in _CREDENTIALS:
        return "The AWS credentials are wrong or have expired: sign in again."
    lowered = said.lower()
    for part, hint in _HINTS:
        if part in lowered:
            return hint
    if code == _NO_ACCESS:
        return _ACCESS
    return "The service refuses this request as it is; run `shotlog doctor` to check the set-up."
