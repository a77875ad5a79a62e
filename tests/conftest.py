"""What every test gets: a clean environment, loopback only, and databases of its own."""

import ipaddress
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from once import once
from postgres_server import PostgresServer, programs
from s3_server import CREDENTIALS, S3Server
from s3_server import python as s3_python

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
SAMPLES = Path(os.environ.get("SHOTLOG_SAMPLES") or ROOT.parent / "shared" / "samples")
SESSION = "SESSION_OF_SHOTLOG_TESTS"

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if CI else "local")


# The session: one folder that all processes of a run share, and what ends with it.


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # not a child of xdist
        os.environ[SESSION] = tempfile.mkdtemp(prefix="shotlog-tests-")
    sys.addaudithook(_loopback_only)


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ.pop(SESSION))
        PostgresServer.stop_shared(folder)
        S3Server.stop_shared(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def session_folder() -> Path:
    """A folder that all processes of this test run share; ``once`` guards what only one may make."""
    return Path(os.environ[SESSION])


# In CI a skipped test is a failed one.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return _no_skips(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return _no_skips(report)


def _no_skips(report):
    if CI and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {report.longrepr}"
    return report


# The environment of each test.


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path_factory) -> Path:
    """Forget the developer's settings and credentials; live in an empty home."""
    for name in list(os.environ):
        if name.startswith(("SHOTLOG_", "AWS_", "XDG_")):
            monkeypatch.delenv(name)
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])  # the usual one is slow
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SHOTLOG_HOME", str(home / "shotlog"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "no-aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "no-aws-credentials"))
    return home


def _loopback_only(event: str, arguments: tuple) -> None:
    """Refuse connections and look-ups that leave this machine. Children and C clients are not seen."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost") or _is_loopback(host):
        return
    raise RuntimeError(f"Tests stay on this machine, and this one asked for {host!r}.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Things that tests ask for.


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real and hostile media."""
    if not SAMPLES.is_dir():
        pytest.skip("no sample media: set SHOTLOG_SAMPLES to their folder")
    return SAMPLES


@pytest.fixture(scope="session")
def postgres_server(session_folder) -> PostgresServer:
    """The PostgreSQL server of this test run."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with once(session_folder / "postgres.lock"):
        return PostgresServer.shared(session_folder)


@pytest.fixture(scope="session")
def s3_server(session_folder) -> S3Server:
    """The S3 server of this test run; ``s3_bucket`` gives a fresh bucket and the credentials for it."""
    if s3_python() is None:
        pytest.skip("the S3 server is not installed: `make test` installs it into .venv-s3")
    with once(session_folder / "s3.lock"):
        return S3Server.shared(session_folder)


@pytest.fixture
def s3_bucket(s3_server, monkeypatch) -> str:
    """The name of a fresh bucket of ``s3_server``."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket = f"t-{uuid.uuid4().hex}"
    s3_server.make_bucket(bucket)
    return bucket


def _migrate(url: str) -> None:
    from shotlog.store.database import Database

    database = Database(url)
    try:
        database.upgrade()
    finally:
        database.close()  # for SQLite: the write-ahead log goes back into the file


def _postgres_template(server: PostgresServer, session: Path) -> str:
    name, note = "template_shotlog", session / "postgres-template"
    with once(session / "postgres.lock"):
        if not note.exists():
            with psycopg.connect(server.conninfo(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            _migrate(server.url(name))
            note.touch()
    return name


def _sqlite_template(session: Path) -> Path:
    path = session / "template.db"
    with once(session / "sqlite.lock"):
        if not path.exists():
            fresh = session / "fresh.db"
            _migrate(f"sqlite:///{fresh}")
            fresh.rename(path)
    return path


@pytest.fixture(scope="session")
def sqlite_template(session_folder) -> Path:
    """A migrated, empty SQLite library, to be copied."""
    return _sqlite_template(session_folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path_factory) -> Iterator[str]:
    """The URL of a fresh database, once for each kind: a copy of the migrated template."""
    session = request.getfixturevalue("session_folder")
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("database") / "shotlog.db"
        shutil.copyfile(_sqlite_template(session), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    template, name = _postgres_template(server, session), f"t_{uuid.uuid4().hex}"
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
