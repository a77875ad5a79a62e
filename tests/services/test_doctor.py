"""The doctor on real databases, stores and clips: what is broken is named, and hides nothing else."""

import json
import sqlite3
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from aws_server import AwsServer
from doctor_stage import NOW, ROLE, Reply, Ward, found
from shotlog.blobs import open_store
from shotlog.errors import Invalid, MediaCrashed, Unavailable
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.media.tool import MediaTool
from shotlog.sandbox.pool import Sandbox
from shotlog.services.doctor import Setup
from shotlog.settings import Settings
from shotlog.store.database import Database
from shotlog.vision.endpoint_models import EndpointModels
from shotlog.vision.engine import LocalEngine


@pytest.fixture(scope="session")
def sandbox():
    pool = Sandbox(workers=1, memory_bytes=3 << 30, preload=(*MediaTool.PRELOAD, *LocalEngine.PRELOAD))
    yield pool
    pool.close()


@pytest.fixture
def server():
    server = AwsServer()
    yield server
    server.close()


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'home' / 'shotlog.db'}")
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def doctor(tmp_path, database):
    """Return a function that makes a doctor of a sound installation, but for what is given."""
    return Ward(tmp_path, database).doctor


def raising(error):
    def call(*_):
        raise error

    return call


def test_a_sound_installation_passes_with_real_media_and_the_real_local_engine(doctor, sandbox):
    tool = MediaTool(sandbox, timeout_s=120)
    checks = doctor(media=tool, vision=LocalEngine(sandbox, timeout_s=120)).examine()
    assert {check.name: check.state for check in checks} == dict.fromkeys(
        ["home", "disk space", "database", "store", "media", "local engine", "recipes", "models", "price"],
        "ok",
    )
    said = {check.name: check.detail for check in checks}
    assert "proxy, thumbnail, poster" in said["media"]
    assert "SHOTLOG 42" in said["local engine"]
    assert "write-ahead log" in said["database"]


def test_nothing_is_left_behind(doctor, tmp_path):
    store = open_store(f"file://{tmp_path / 'store'}")
    store.put("proxies/1.mp4", b"1")
    doctor().examine()
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["proxies"]
    assert not list((tmp_path / "home").glob(".doctor*"))


def test_the_setup_is_taken_from_the_settings(tmp_path):
    settings = Settings(home=tmp_path, engine="bedrock", store="s3://clips/a/b/", batch_role_arn=ROLE)
    setup = Setup.of(settings)
    assert (setup.engine, setup.role_arn, setup.region) == ("bedrock", ROLE, "us-east-1")
    assert (setup.bucket, setup.prefix) == ("clips", "a/b")
    assert Setup.of(Settings(home=tmp_path)).bucket == ""


def test_one_failing_check_never_stops_the_others(doctor):
    broken = raising(Unavailable("It is gone.", hint="Plug it in."))
    checks = found(
        doctor(
            database=broken,
            store=raising(OSError("disk on fire")),
            recipes=raising(Invalid("no recipe")),
            media=SimpleNamespace(inspect=raising(MediaCrashed("dead"))),
            vision=SimpleNamespace(answer=raising(RuntimeError("a surprise"))),
        )
    )
    assert (checks["database"].detail, checks["database"].hint) == ("It is gone.", "Plug it in.")
    assert "disk on fire" in checks["store"].detail
    assert "RuntimeError: a surprise" in checks["local engine"].detail
    failed = {name for name, check in checks.items() if check.state == "failed"}
    assert failed == {"database", "store", "recipes", "media", "local engine"}
    assert all(checks[name].hint for name in failed - {"recipes", "media"})


def test_a_check_that_hangs_is_given_up(doctor):
    release = threading.Event()
    began = time.monotonic()
    try:
        checks = found(doctor(store=lambda: release.wait(60), patience_s=2))
    finally:
        release.set()
    assert checks["store"].state == "failed"
    assert "No answer within 2 s" in checks["store"].detail
    assert checks["recipes"].state == "ok"
    assert time.monotonic() - began < 50


def test_a_home_that_cannot_be_written_says_so(doctor, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    check = found(doctor(setup={"home": tmp_path / "file" / "home"}))["home"]
    assert check.state == "failed"
    assert "SHOTLOG_HOME" in check.hint


@pytest.mark.parametrize(
    ("free", "state"), [(5 << 30, "ok"), ((5 << 30) - 1, "warning"), (199_999_999, "failed")]
)
def test_little_disk_space_is_a_warning_and_hardly_any_a_failure(doctor, free, state):
    assert found(doctor(free_bytes=lambda _: free))["disk space"].state == state


def test_both_databases_are_looked_at(doctor, database_url):
    database = Database(database_url)
    check = found(doctor(database=lambda: database))["database"]
    database.close()
    assert check.state == "ok", check
    assert check.detail.startswith(("SQLite 3.", "PostgreSQL "))


def test_a_database_that_was_never_made_asks_for_the_upgrade(doctor, tmp_path):
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    check = found(doctor(database=lambda: empty))["database"]
    empty.close()
    assert (check.state, check.hint) == (
        "failed",
        "Any command that opens the library brings it to this release.",
    )


def test_a_later_releases_database_is_told_apart(doctor, database):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    check = found(doctor())["database"]
    assert (check.state, "later release" in check.detail) == ("failed", True)


def test_a_file_that_is_no_database_is_told(doctor, tmp_path):
    (tmp_path / "odd.db").write_bytes(b"these are no pages of a database" * 100)
    odd = Database(f"sqlite:///{tmp_path / 'odd.db'}")
    check = found(doctor(database=lambda: odd))["database"]
    odd.close()
    assert (check.state, "not a database" in check.detail) == ("failed", True)


def test_a_database_without_a_write_ahead_log_is_a_warning(doctor, tmp_path, database, monkeypatch):
    database.close()
    plain = sqlite3.connect(tmp_path / "home" / "shotlog.db")
    plain.execute("PRAGMA journal_mode=DELETE")
    plain.close()
    monkeypatch.setattr("shotlog.store.database._prepare_sqlite", lambda *_: None)
    slow = Database(f"sqlite:///{tmp_path / 'home' / 'shotlog.db'}")
    check = found(doctor(database=lambda: slow))["database"]
    slow.close()
    assert (check.state, "delete" in check.detail) == ("warning", True)


def test_a_store_that_loses_what_is_written_fails_and_is_cleaned(doctor, tmp_path):
    store = open_store(f"file://{tmp_path / 'store'}")
    store.get_range = lambda *_: b"something else"
    check = found(doctor(store=lambda: store))["store"]
    assert (check.state, "read wrongly" in check.detail) == ("failed", True)
    assert list(store.list()) == []


def test_the_first_failure_of_a_store_is_told_and_not_that_of_the_cleaning(doctor, tmp_path):
    store = open_store(f"file://{tmp_path / 'store'}")
    store.copy = raising(Unavailable("No copies today."))
    store.delete_prefix = raising(Unavailable("No cleaning today."))
    assert found(doctor(store=lambda: store))["store"].detail == "No copies today."


def test_a_bucket_passes_the_round_trip(doctor, s3_server, s3_bucket):
    store = open_store(f"s3://{s3_bucket}/library", s3_endpoint=s3_server.endpoint)
    check = found(doctor(store=lambda: store, setup={"store": f"s3://{s3_bucket}/library"}))["store"]
    assert check.state == "ok", check
    assert list(store.list()) == []


def test_e03_an_engine_that_reads_nothing_is_a_warning(doctor):
    blind = SimpleNamespace(answer=lambda _: Reply("A video."))
    assert found(doctor(vision=blind))["local engine"].state == "warning"


@pytest.mark.parametrize(
    ("listed", "status", "state"),
    [
        (["qwen2.5vl:latest"], 200, "ok"),
        (["llava"], 200, "failed"),
        ([], 404, "warning"),
        ([], 401, "failed"),
        ([], 500, "failed"),
    ],
)
def test_the_vision_endpoint_is_asked_for_its_models(doctor, server, listed, status, state):
    body = json.dumps({"object": "list", "data": [{"id": name} for name in listed]})
    server.answer = lambda *asked: server.requests.append(asked) or (status, {}, body)
    endpoint = EndpointModels(f"{server.url}/v1/chat/completions")
    checks = found(doctor(endpoint=endpoint, setup={"vision_model": "qwen2.5vl"}))
    assert checks["vision endpoint"].state == state
    assert "local engine" not in checks
    assert server.requests == [("GET", "/v1/models")]


def test_a_vision_endpoint_that_is_not_running_says_so(doctor):
    check = found(doctor(endpoint=EndpointModels("http://127.0.0.1:9/v1")))["vision endpoint"]
    assert (check.state, "SHOTLOG_VISION_ENDPOINT" in check.hint) == ("failed", True)


def test_a_broken_table_or_recipe_of_ones_own_is_named(doctor, tmp_path):
    (tmp_path / "models.toml").write_text("[models")
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "mine.toml").write_text("sections = 3")
    checks = found(
        doctor(
            catalog=lambda: Catalog.load(tmp_path / "models.toml"),
            recipes=lambda: RecipeBook.load(tmp_path / "recipes"),
        )
    )
    assert "models.toml" in checks["models"].detail
    assert "mine.toml" in checks["recipes"].detail
    assert checks["price"].state == "warning"


@pytest.mark.parametrize(
    ("model", "today", "said"),
    [
        ("nova-2-lite", datetime(2026, 12, 31, tzinfo=UTC), None),
        ("nova-2-lite", datetime(2027, 1, 2, tzinfo=UTC), "more than a year old"),
        ("nova-2-pro", NOW, "unknown"),
        ("local", datetime(2036, 1, 1, tzinfo=UTC), None),
    ],
)
def test_a_price_that_is_unknown_or_old_is_a_warning(doctor, model, today, said):
    check = found(doctor(setup={"model": model}, clock=lambda: today))["price"]
    assert check.state == ("warning" if said else "ok")
    assert not said or said in f"{check.detail} {check.hint}"
