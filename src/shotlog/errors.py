"""Every error a caller may be expected to handle.

AppError                      a stable ``code``, an HTTP ``status``, and whether trying again can help
├── NotFound             404  the named thing does not exist
├── Conflict             409  the thing is not in a state that allows this
├── Invalid              422  the input is well-formed but makes no sense
│   └── FileTooLarge     422  a file fits no job, however it is split
├── MediaRefused         422  a media file cannot or may not be opened
│   ├── MediaTimeout     422  ... because it took longer than its time limit
│   └── MediaCrashed     422  ... because the process that opened it died
├── Unparsable           422  a model's answer holds no usable JSON
├── Interrupted          503  this process is ending; the work stays due
├── OverBudget           402  the run would cost more than its ceiling
└── External             502  somebody else's service failed
    ├── Unavailable      503  it cannot be reached or broke; try again
    ├── Throttled        503  it asked us to slow down
    ├── QuotaReached     503  all its slots are taken: wait for one
    └── Rejected         502  it refused the request; trying again will not help
        └── Denied       502  ... because of who asks, whatever the request
"""

from __future__ import annotations

from typing import ClassVar


class AppError(Exception):
    """Something went wrong that the caller may handle."""

    code: str = "app_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        #: What the person can do next; empty when there is nothing to add.
        self.hint = hint

    @property
    def message(self) -> str:
        """Return the sentence that says what went wrong."""
        return str(self.args[0])

    @property
    def whole(self) -> str:
        """Return what went wrong and what to do about it, as one line."""
        return " ".join(filter(None, (self.message, self.hint)))


class NotFound(AppError):
    """The named thing does not exist."""

    code, status = "not_found", 404


class Conflict(AppError):
    """The thing is not in a state that allows this."""

    code, status = "conflict", 409


class Invalid(AppError):
    """The input is well-formed but makes no sense."""

    code, status = "invalid", 422


class FileTooLarge(Invalid):
    """A file fits no job, however the run is split."""

    code = "file_too_large"

    def __init__(self, message: str = "", *, file_id: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        #: Which file it is, so that a planner can take it out first.
        self.file_id = file_id


class MediaRefused(AppError):
    """The media file cannot or may not be opened."""

    code, status = "media_refused", 422

    def __init__(self, message: str = "", *, code: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        if code:
            self.code = code


class MediaTimeout(MediaRefused):
    """Opening the media file took longer than its time limit."""

    code = "media_timeout"


class MediaCrashed(MediaRefused):
    """The process that opened the media file died, or hit its memory limit."""

    code = "media_crashed"


class Unparsable(AppError):
    """The model's answer holds no usable JSON."""

    code, status = "unparsable", 422


class Interrupted(AppError):
    """The process is ending: the work stays due, and the next one goes on with it."""

    code, status, retryable = "interrupted", 503, True


class OverBudget(AppError):
    """The run would cost more than its ceiling."""

    code, status = "over_budget", 402


class External(AppError):
    """A service that Shotlog depends on failed."""

    code, status = "external", 502


class Unavailable(External):
    """The service cannot be reached, or broke while it answered."""

    code, status, retryable = "unavailable", 503, True


class Throttled(External):
    """The service asked us to slow down."""

    code, status, retryable = "throttled", 503, True
    #: Seconds that the service asked for before the next request; 0 when it did not say.
    retry_after_s: float = 0.0


class QuotaReached(External):
    """All slots of the service are taken: the work waits for one."""

    code, status, retryable = "quota_reached", 503, True


class Rejected(External):
    """The service refused the request; sending it again will not help."""

    code = "rejected"


class Denied(Rejected):
    """The service does not let us in, whatever the request: credentials or permissions are missing."""

    code = "denied"
