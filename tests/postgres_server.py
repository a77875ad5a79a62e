"""A private PostgreSQL for one test session: own folder, own socket, no network, nothing kept."""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
UNSAFE_BUT_FAST = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
}


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, the newest where there are several."""
    found = [path for place in PLACES for path in Path("/").glob(f"{place[1:]}/initdb")]
    if found:
        return max(
            found, key=lambda path: [int(n) for n in path.parts[-3].split("@")[-1].split(".") if n.isdigit()]
        ).parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """A cluster in a folder of its own, reached through a socket in that folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def start(cls) -> "PostgresServer":
        """Make a cluster and start it; its socket answers when this returns."""
        folder = Path(tempfile.mkdtemp(prefix="shotlog-pg-"))
        folder.chmod(0o711)  # the server's own user passes through
        server = cls(folder)
        try:
            server._own("data")
            server._own("socket")
            server._run(
                "initdb", "--username=shotlog", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"
            )
            options = {**UNSAFE_BUT_FAST, "unix_socket_directories": str(folder / "socket")}
            lines = "".join(f"{name} = '{value}'\n" for name, value in options.items())
            with (folder / "data" / "postgresql.conf").open("a") as conf:
                conf.write(lines)
            server._run("pg_ctl", "start", "--wait", "--log", str(folder / "data" / "server.log"))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return server

    @classmethod
    def shared(cls, session: Path) -> "PostgresServer":
        """Return the server of the test session in folder *session*: the first who asks starts it."""
        note = session / "postgres.json"
        if note.exists():
            return cls(Path(json.loads(note.read_text())))
        server = cls.start()
        note.write_text(json.dumps(str(server._folder)))
        return server

    @classmethod
    def stop_shared(cls, session: Path) -> None:
        """End the session's server if anyone has started it."""
        note = session / "postgres.json"
        if note.exists():
            cls(Path(json.loads(note.read_text()))).stop()
            note.unlink()

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of *database*."""
        return f"postgresql+psycopg://shotlog@/{database}?host={self._folder / 'socket'}"

    def conninfo(self, database: str = "postgres") -> str:
        """Return what psycopg connects with."""
        return f"host={self._folder / 'socket'} user=shotlog dbname={database}"

    def stop(self) -> None:
        """End the server without saving anything, and remove its folder."""
        self._run("pg_ctl", "stop", "--mode=immediate", "--wait")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _own(self, name: str) -> None:
        path = self._folder / name
        path.mkdir(mode=0o711)
        if user := _unprivileged():
            os.chown(path, user.pw_uid, user.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        user = _unprivileged()
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        folder = programs()
        assert folder, "PostgreSQL is not installed"
        subprocess.run(
            [folder / program, "--pgdata", self._folder / "data", *arguments],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=120,
            **identity,
        )


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom PostgreSQL runs as when we are root, which it refuses to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
