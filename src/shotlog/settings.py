"""Every setting: flags first, then ``SHOTLOG_*``, then ``shotlog.toml`` in the home, then these defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


def default_home() -> Path:
    """Return where an installation lives when ``SHOTLOG_HOME`` is not set."""
    return Path(platformdirs.user_data_dir("shotlog", appauthor=False))


class Settings(BaseSettings):
    """What one installation is set to."""

    model_config = SettingsConfigDict(env_prefix="SHOTLOG_", extra="ignore", populate_by_name=True)

    home: Path = Field(default_factory=default_home, description="Folder of the installation.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the home.")
    store: str = Field(
        "", description="`file://` directory or `s3://bucket/prefix`; empty: `store` in the home."
    )
    s3_endpoint: str = Field("", description="Endpoint of an S3 server that is not AWS.")
    engine: Literal["local", "bedrock"] = Field("local", description="Who looks at the media.")
    bedrock_endpoint: str = Field(
        "", description="Endpoint that stands in for Bedrock, such as the emulator's."
    )
    batch_role_arn: str = Field("", description="IAM role that Bedrock assumes to read and write the store.")
    aws_region: str = Field(
        "us-east-1",
        validation_alias=AliasChoices("SHOTLOG_AWS_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"),
        description="Region of Bedrock and of the store.",
    )
    model: str = Field("", description="Model id, profile or ARN; empty: the engine's default.")
    recipe: str = Field("combined", description="Recipe that a run uses when none is named.")
    mode: Literal["batch", "on-demand"] = Field("batch", description="How a run asks the model.")
    tail: Literal["on-demand", "wait", "fail"] = Field(
        "on-demand", description="What happens to files that cannot fill a job to its minimum."
    )
    budget_usd: float | None = Field(None, description="Ceiling of one run in US dollars.")
    batch_min_records: int | None = Field(None, description="Fewest records in a job; empty: the model's.")
    batch_max_records: int | None = Field(None, description="Most records in a job; empty: 150.")
    batch_max_bytes: int | None = Field(
        None, description="Most bytes in a job; empty: the model's, less 10 %."
    )
    poll_seconds: float | None = Field(
        None, description="Pause between two looks at a job; empty: 30, or 0.5 for the built-in emulator."
    )
    on_demand_concurrency: int = Field(4, ge=1, description="Requests in flight in on-demand mode.")
    vision_endpoint: str = Field(
        "",
        description="OpenAI-compatible endpoint of your own that takes the local engine's place.",
    )
    vision_model: str = Field("", description="Model name at that endpoint.")
    vision_api_key: SecretStr = Field(SecretStr(""), description="Key of that endpoint, if it asks for one.")
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Processes that open media files."
    )
    media_timeout_s: float = Field(600, gt=0, description="Longest time one media file may take, in seconds.")
    media_memory_bytes: int = Field(3 << 30, description="Most memory one media process may take.")
    models_file: Path | None = Field(
        None, description="TOML file that adds to or replaces the model and price table."
    )
    recipes_dir: Path | None = Field(
        None, description="Folder of recipes of your own; empty: `recipes` in the home."
    )
    log_level: str = Field("WARNING", description="Least level that is logged to stderr.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.")

    @field_validator("home", "models_file", "recipes_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        """Take paths from where the command is given, once and for all that is derived from them."""
        return None if value is None else value.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read ``shotlog.toml`` of the home that flags or environment name."""
        del dotenv_settings, file_secret_settings
        named = init_settings().get("home") or env_settings().get("home") or default_home()
        toml = TomlConfigSettingsSource(settings_cls, Path(named).expanduser() / "shotlog.toml")
        return init_settings, env_settings, toml

    @property
    def effective_database_url(self) -> str:
        """Return the database URL, by default SQLite in the home."""
        return self.database_url or f"sqlite:///{self.home / 'shotlog.db'}"

    @property
    def effective_store(self) -> str:
        """Return the store's URL, by default a directory in the home."""
        return self.store or f"file://{self.home / 'store'}"
