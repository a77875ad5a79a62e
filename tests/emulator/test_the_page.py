"""The emulator's page is true: its example runs, and it names every rule, fault, setting and test."""

import doctest
import re
from pathlib import Path

from emulator.stage import Seer
from house.named_tests import named_tests, table_rows
from shotlog.blobs.opening import open_buckets
from shotlog.emulator.app import create_app
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.config_file import read_config
from shotlog.emulator.faults import Faults
from shotlog.emulator.server import EmulatorServer
from shotlog.emulator.service import Emulator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "emulator.md"
TEXT = PAGE.read_text(encoding="utf-8")
RULES = {row[0]: row[1:] for row in table_rows(PAGE) if re.fullmatch(r"R\d+", row[0])}


def part(title):
    """Return a section of the page."""
    return re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)[1]


def words(text):
    return set(re.findall(r"`(\w+)`", text))


def test_the_example_of_the_page_is_true(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    emulator = Emulator(
        buckets=open_buckets(f"file://{store}"),
        model=Seer(),
        config=EmulatorConfig(min_records=2, step_seconds=0, concurrency=2),
    )
    server = EmulatorServer(emulator)
    try:
        names = {"url": server.start(), "store": store, "clip": b"a dog"}
        failed, tried = doctest.testfile(str(PAGE), module_relative=False, globs=names, encoding="utf-8")
    finally:
        server.stop()
    assert failed == 0
    assert tried > 20


def test_the_example_of_a_configuration_is_one(tmp_path):
    path = tmp_path / "emulator.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)[1], encoding="utf-8")
    config = read_config(path, fallback={}, override={})
    assert config != EmulatorConfig()
    assert config.faults != Faults()


def test_every_fault_and_every_field_of_the_configuration_is_explained():
    assert set(Faults.model_fields) - words(part("Faults")) == set()
    assert set(EmulatorConfig.model_fields) - words(part("Configuration")) == set()


def test_every_path_of_the_admin_api_is_explained():
    app = create_app(Emulator(buckets=None, model=None))
    paths = {route.path for route in app.routes if route.path.startswith("/_emulator/")}
    assert paths
    assert {path for path in paths if path not in part("The admin API")} == set()


def test_the_table_has_all_45_rules_each_with_its_tests_and_switches():
    _, rules, every = named_tests()
    switches = set(Faults.model_fields) | set(EmulatorConfig.model_fields)

    assert list(RULES) == [f"R{number}" for number in range(1, 46)]
    for rule, (_, basis, kept_by, switch, tests) in RULES.items():
        listed = words(tests)
        assert listed & rules[rule], rule
        assert listed <= every, rule
        assert words(switch) <= switches, rule
        assert re.search(r"[DOI]", basis), rule
        assert set(re.split(r"[,;] ", kept_by)) <= {"enforced", "injectable", "client"}, rule


def test_every_fault_and_limit_is_the_switch_of_a_rule_or_says_how_jobs_run():
    used = set().union(*(words(switch) for _, _, _, switch, _ in RULES.values()))
    others = {"faults", "concurrency", "max_request_bytes"}
    assert set(Faults.model_fields) | set(EmulatorConfig.model_fields) == used | others
