"""Serve an emulator on the loopback address from a thread of this process."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

import uvicorn
from fastapi import FastAPI

from shotlog.emulator.app import create_app
from shotlog.emulator.service import Emulator
from shotlog.errors import Conflict, Unavailable

HOST = "127.0.0.1"
_START_S = 30.0  # until it must accept requests
_POLL_S = 0.01
_GRACE_S = 5  # for requests under way when it stops


class EmulatorServer:
    """Runs uvicorn in a background thread; an ``Emulator`` it is given is started and closed with it.

    Args:
        app_or_emulator: what to serve.
        port: 0 for a free one.
    """

    def __init__(self, app_or_emulator: FastAPI | Emulator, port: int = 0) -> None:
        self._emulator = app_or_emulator if isinstance(app_or_emulator, Emulator) else None
        app = create_app(app_or_emulator) if isinstance(app_or_emulator, Emulator) else app_or_emulator
        self._port = port
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Serve, and return the URL once requests are accepted.

        Raises:
            Conflict: the port is taken.
            Unavailable: the server did not come up.
        """
        self._socket = self._listen()
        if self._emulator is not None:
            self._emulator.start()
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="emulator-http"
        )
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(_START_S / _POLL_S)):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(_POLL_S)
        if not self._server.started:
            self.stop()
            raise Unavailable("The emulator did not come up.")
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        """Stop serving, close the emulator and wait for all threads; stopping twice is fine."""
        if self._emulator is not None:
            self._emulator.halt()
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._emulator is not None:
            self._emulator.close()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, self._port))
        except OSError as error:
            listener.close()
            raise Conflict(
                f"Port {self._port} of {HOST} cannot be used: {error.strerror}.",
                hint="Choose another, or 0 for a free one.",
            ) from error
        return listener
