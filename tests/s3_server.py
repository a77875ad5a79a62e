"""A private S3 server for one test session: LocalStack's S3 on loopback, nothing kept.

It lives in a virtual environment of its own, because its dependencies are not ours:
``SHOTLOG_TEST_S3_PYTHON`` names that environment's Python, by default ``.venv-s3/bin/python`` beside
the project, which ``make test`` makes. Run by that Python, this file is the server itself.
"""

import contextlib
import functools
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

#: Any will do: this server checks no signatures.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
PATIENCE_S = 120
QUIET = {
    "SERVICES": "s3",
    "EAGER_SERVICE_LOADING": "1",
    "OVERRIDE_IN_DOCKER": "0",
    "DISABLE_EVENTS": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "USE_SSL": "0",
    "DNS_ADDRESS": "0",
    "PERSISTENCE": "0",
    "LS_LOG": "warning",
}
_ROOT = Path(__file__).resolve().parent.parent
# Read at import, before a test's environment is cleaned of our own settings.
_NAMED = os.environ.get("SHOTLOG_TEST_S3_PYTHON")


def python() -> Path | None:
    """Return the Python that has the server, or None where it is not installed."""
    path = Path(_NAMED) if _NAMED else _ROOT / ".venv-s3" / "bin" / "python"
    return path if path.is_file() else None


class S3Server:
    """A running server with a folder of its own, by process id and address."""

    def __init__(self, pid: int, folder: Path, port: int) -> None:
        self._pid = pid
        self._folder = folder
        self._port = port

    @property
    def endpoint(self) -> str:
        """The address that S3 clients take."""
        return f"http://127.0.0.1:{self._port}"

    @classmethod
    def start(cls) -> "S3Server":
        """Start a server; it answers when this returns."""
        folder = Path(tempfile.mkdtemp(prefix="shotlog-s3-"))
        port = _free_port()
        server = cls(_spawn(folder, port), folder, port)
        try:
            server._wait()
        except BaseException:
            server.stop()
            raise
        return server

    @classmethod
    def shared(cls, session: Path) -> "S3Server":
        """Return the server of the test session in folder *session*: the first who asks starts it."""
        note = session / "s3.json"
        if note.exists():
            pid, folder, port = json.loads(note.read_text())
            return cls(pid, Path(folder), port)
        server = cls.start()
        note.write_text(json.dumps([server._pid, str(server._folder), server._port]))
        return server

    @classmethod
    def stop_shared(cls, session: Path) -> None:
        """End the session's server if anyone has started it."""
        if (session / "s3.json").exists():
            cls.shared(session).stop()
            (session / "s3.json").unlink()

    def make_bucket(self, name: str) -> None:
        """Make the bucket *name*."""
        status, answer = self._ask("PUT", f"/{name}")
        assert status == 200, answer

    def stop(self) -> None:
        """End the server, which has nothing to save, and remove its folder."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self, method: str, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                break
            try:
                status, answer = self._ask("GET", "/_localstack/health")
            except OSError:
                status, answer = 0, ""
            if status == 200 and json.loads(answer)["services"]["s3"] in ("running", "available"):
                return
            time.sleep(0.1)
        raise RuntimeError(f"The S3 server did not start:\n{(self._folder / 'log').read_text()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _spawn(folder: Path, port: int) -> int:
    program = python()
    assert program, "the S3 server is not installed"
    environment = QUIET | {
        "PATH": os.environ.get("PATH", os.defpath),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "FILESYSTEM_ROOT": str(folder),
        "HOME": str(folder),
        # plux keeps a list of plug-ins there that may be older than the environment.
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TMPDIR": str(folder),
    }
    log = os.O_WRONLY | os.O_CREAT
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(folder / "log"), log, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # Not subprocess: the process outlives the worker that starts it, and someone else ends it.
    return os.posix_spawn(
        program, [str(program), "-I", __file__, str(_owner())], environment, file_actions=actions
    )


def _serve() -> None:
    """Be the server: LocalStack would listen on every interface, whatever it is told."""
    from localstack.runtime.main import main
    from twisted.internet import endpoints

    threading.Thread(target=_outlive_nobody, args=(int(sys.argv[1]),), daemon=True).start()
    endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")
    sys.argv = [sys.argv[0]]
    main()


def _owner() -> int:
    """Return the process of the whole test run, not of one worker of it."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _outlive_nobody(owner: int) -> None:
    """End the server when the test run was killed and can no longer end it."""
    while True:
        time.sleep(2)
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            os._exit(0)


if __name__ == "__main__":
    _serve()
