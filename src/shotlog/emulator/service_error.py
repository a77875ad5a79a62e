"""The one way in which an emulated operation refuses: a modelled error with its HTTP status."""

from __future__ import annotations

#: Error name -> HTTP status, as in the service models of ``bedrock`` and ``bedrock-runtime``; the last
#: four are errors of the protocol, which no model names.
STATUS = {
    "ValidationException": 400,
    "ConflictException": 400,
    "ServiceQuotaExceededException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ThrottlingException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
    "SerializationException": 400,
    "MissingAuthenticationTokenException": 403,
    "UnknownOperationException": 404,
    "RequestEntityTooLargeException": 413,
}


class ServiceError(Exception):
    """An emulated operation refuses its request."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        #: The modelled name, such as ``ValidationException``: what boto3 shows as ``Error.Code``.
        self.name = name
        self.message = message
        self.status = STATUS[name]
