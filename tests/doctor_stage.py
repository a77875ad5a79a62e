"""A doctor of a sound installation, as tests make it and then break one thing."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

from aws_server import ACCOUNT
from shotlog.blobs import open_store
from shotlog.inference.access import AwsAccess
from shotlog.inference.bedrock_clients import BedrockConnection
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.services.doctor import Doctor, Setup

ROLE = f"arn:aws:iam::{ACCOUNT}:role/shotlog-batch"
NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass
class Reply:
    text: str


class Quick:
    """Media and vision that need no time, for tests about something else."""

    def inspect(self, path):
        facts = SimpleNamespace(kind="video", width=640, height=360, video_codec="h264")
        return SimpleNamespace(facts=facts)

    def render(self, path, folder, stem):
        return [SimpleNamespace(kind="proxy")]

    def answer(self, question):
        return Reply("One can read SHOTLOG 42.")


class Ward:
    """Makes doctors of a sound installation in *folder*, but for what is given."""

    def __init__(self, folder, database):
        self.setup = Setup(home=folder / "home", store=f"file://{folder / 'store'}")
        self.database = database

    def doctor(self, *, access=None, setup=None, **given):
        arguments = {
            "database": lambda: self.database,
            "store": lambda: open_store(self.setup.store),
            "recipes": RecipeBook.load,
            "catalog": Catalog.load,
            "media": Quick(),
            "vision": Quick(),
            "clock": lambda: NOW,
            "free_bytes": lambda _: 10 << 30,
        }
        return Doctor(dataclasses.replace(self.setup, **(setup or {})), access=access, **arguments | given)


def found(doctor):
    return {check.name: check for check in doctor.examine()}


def reach(url, **changes):
    """Return AWS as the server at *url* is it."""
    keys = {"access_key": "a", "secret_key": "b"}
    connection = BedrockConnection(region="us-east-1", endpoint_url=url, **keys | changes)
    return AwsAccess(connection, s3_endpoint=url, sts_endpoint=url)
