"""The floor that all tests stand on: databases, environment, network."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from shotlog.store.database import Database

TESTS = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("visit", [1, 2])
def test_each_test_gets_an_empty_migrated_database(database_url, visit):
    database = Database(database_url)
    try:
        with database.read() as session:
            assert session.scalar(sa.text("SELECT count(*) FROM assets")) == 0
            assert session.scalar(sa.text("SELECT version_num FROM alembic_version"))
            assert "recipes" in sa.inspect(session.connection()).get_table_names()
        with database.write() as session:
            session.execute(sa.text("DELETE FROM alembic_version"))
    finally:
        database.close()


def test_neither_settings_nor_credentials_of_the_developer_reach_a_test(clean_environment):
    ours = {name for name in os.environ if name.startswith(("SHOTLOG_", "AWS_"))}

    assert ours == {
        "SHOTLOG_HOME",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    }
    assert os.environ["HOME"] == str(clean_environment)


@pytest.mark.parametrize("address", [("192.0.2.1", 9), ("example.org", 80)])
def test_connections_that_leave_the_machine_are_refused(address):
    with pytest.raises(RuntimeError, match="Tests stay on this machine"):
        socket.create_connection(address, timeout=1)


def test_loopback_is_allowed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


@pytest.mark.parametrize(
    "body",
    [
        "import pytest\ndef test_it(): pytest.skip('no server')\n",
        "import pytest\npytest.skip('no server', allow_module_level=True)\n",
    ],
    ids=["test", "module"],
)
@pytest.mark.parametrize(("ci", "failed"), [("true", True), ("", False)])
def test_a_skip_is_a_failure_in_ci_only(tmp_path, ci, failed, body):
    (tmp_path / "test_it.py").write_text(body)
    finished = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "-p",
            "conftest",
            "test_it.py",
        ],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (finished.returncode in {1, 2}) is failed, finished.stdout
    assert "no server" in finished.stdout
