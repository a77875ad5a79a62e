"""Turn what the object store's client raises into the errors that the rest of the product knows."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore import exceptions

from shotlog.errors import AppError, Invalid, NotFound, Rejected, Throttled, Unavailable

_STATUS = re.compile(r"status code: (\d{3})")
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
#: A part of the key is a file where a folder is needed, or the other way round, or too long.
_BAD_PATH = frozenset({errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL})
_FORBIDDEN = frozenset({errno.EPERM, errno.EACCES, errno.EROFS})
_S3_CODE = re.compile(r"<Code>(\w+)</Code>")
_THROTTLED = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests"}
)
_CREDENTIALS = "Check the credentials and what they may do; `shotlog doctor` says more."
_REGION = "The bucket is in another region: set AWS_REGION to the bucket's."

_REFUSALS = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate the client's errors inside the block; *what* says what was being done."""
    try:
        yield
    except (exceptions.BaseError, OSError, ValueError) as error:
        raise translate(error, what) from error


def translate(error: Exception, what: str) -> AppError:
    """Return the error that stands for *error*: missing, refused, throttled or out of reach."""
    text = str(error).partition("\n\nDebug source:")[0]
    code = _S3_CODE.search(text)
    name = code[1] if code else ""
    message = f"Cannot {what}: {text}"
    number = _os_error(error, text)
    status = _STATUS.search(text)
    if isinstance(error, FileNotFoundError) or name == "NoSuchBucket":
        return NotFound(
            f"Cannot {what}: there is no such {'bucket' if name == 'NoSuchBucket' else 'object'}."
        )
    if isinstance(error, _REFUSALS):
        return Rejected(message, hint=_CREDENTIALS)
    if number in _FORBIDDEN:
        return Rejected(message, hint="Check who owns the directory and what its permissions are.")
    if isinstance(error, ValueError | exceptions.InvalidPathError) or number in _BAD_PATH:
        return Invalid(message)
    return _by_status(int(status[1]) if status else 0, name, message)


def _os_error(error: Exception, text: str) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    found = _OS_ERROR.search(text)
    return int(found[1]) if found else None


def _by_status(status: int, name: str, message: str) -> AppError:
    if status == 429 or name in _THROTTLED:
        return Throttled(message)
    if "redirect" in message:
        return Rejected(message, hint=_REGION)
    if 400 <= status < 500 and status != 408:
        return Rejected(message)
    return Unavailable(message)
