"""Settings: who says last, and that paths mean the same from everywhere."""

from pathlib import Path

import pytest

from shotlog.settings import Settings


@pytest.fixture
def home(clean_environment):
    home = clean_environment / "shotlog"
    home.mkdir()
    return home


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(home, monkeypatch):
    (home / "shotlog.toml").write_text('model = "nova-pro"\ntail = "wait"\n', encoding="utf-8")
    monkeypatch.setenv("SHOTLOG_TAIL", "fail")
    settings = Settings()

    assert (settings.home, settings.model, settings.tail, settings.mode) == (
        home,
        "nova-pro",
        "fail",
        "batch",
    )
    assert Settings(tail="on-demand").tail == "on-demand"


def test_a_relative_home_is_taken_from_where_the_command_is_given(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOTLOG_HOME", ".demo/home")
    settings = Settings()

    assert settings.home == tmp_path / ".demo" / "home"
    assert settings.effective_store == f"file://{tmp_path}/.demo/home/store"
    assert settings.effective_database_url == f"sqlite:///{tmp_path}/.demo/home/shotlog.db"


def test_a_tilde_is_the_persons_own_folder(clean_environment, monkeypatch):
    monkeypatch.setenv("SHOTLOG_HOME", "~/archive")
    (clean_environment / "archive").mkdir()
    (clean_environment / "archive" / "shotlog.toml").write_text('recipe = "summary"\n', encoding="utf-8")

    assert Settings().home == clean_environment / "archive"
    assert Settings().recipe == "summary"


def test_the_region_is_also_the_one_of_the_aws_tools(home, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Settings().aws_region == "eu-west-1"
    monkeypatch.setenv("SHOTLOG_AWS_REGION", "us-west-2")
    assert Settings().aws_region == "us-west-2"


def test_files_of_ones_own_may_be_named_from_here(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings(models_file=Path("models.toml"), recipes_dir=Path("recipes"))

    assert (settings.models_file, settings.recipes_dir) == (tmp_path / "models.toml", tmp_path / "recipes")
