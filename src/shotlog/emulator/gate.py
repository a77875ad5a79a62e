"""What stands before every operation: throttling, outages and signatures (R10)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.service_error import ServiceError
from shotlog.emulator.switchboard import Switchboard
from shotlog.emulator.texts import say

#: Kind of operation -> the fault that counts its throttled requests.
_COUNTERS = {"create": "throttle_creates", "read": "throttle_reads", "invoke": "throttle_invocations"}


class Gate:
    """Lets requests in or refuses them before they are looked at."""

    def __init__(self, config: EmulatorConfig, switchboard: Switchboard) -> None:
        self._config = config
        self._switchboard = switchboard
        self._lock = threading.Lock()
        self._next_create = 0.0

    def admit(self, kind: str, headers: Mapping[str, str]) -> None:
        """Let one request of *kind* (``create``, ``read`` or ``invoke``) pass.

        Raises:
            ServiceError: it is throttled, unsigned (strict), from a web page, or meets an outage.
        """
        if headers.get("origin") or headers.get("sec-fetch-site") not in {None, "none"}:
            # A page in the user's browser can reach the loopback address too; it has no business here.
            raise ServiceError("AccessDeniedException", "Requests from web pages are refused.")
        if self._config.strict and not headers.get("authorization"):
            raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
        if self._switchboard.take("internal_errors"):
            raise ServiceError("InternalServerException", say("internal", self._config.texts))
        if self._switchboard.take(_COUNTERS[kind]) or (kind == "create" and self._too_fast()):
            raise ServiceError("ThrottlingException", say("throttled", self._config.texts))

    def _too_fast(self) -> bool:
        rate = self._config.create_rate_per_s
        if rate is None:
            return False
        with self._lock:
            now = time.monotonic()
            if now < self._next_create:
                return True
            self._next_create = now + 1 / rate
            return False
