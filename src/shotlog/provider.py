"""The way to whoever runs the jobs: Bedrock, an endpoint that stands in for it, or our own emulator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shotlog.blobs.opening import open_buckets
from shotlog.domain.ports import BatchProvider, OnDemandModel, VisionModel
from shotlog.errors import Invalid
from shotlog.inference.catalog import Catalog
from shotlog.media.tool import MediaTool
from shotlog.sandbox.pool import Sandbox
from shotlog.settings import Settings

if TYPE_CHECKING:
    from shotlog.emulator.config import EmulatorConfig
    from shotlog.inference.bedrock_clients import BedrockClients

#: The role that an emulator is told of where the settings name none; it never assumes it.
STAND_IN_ROLE = "arn:aws:iam::123456789012:role/shotlog"
#: Any keys do for an emulator; AWS never sees these.
_STAND_IN_KEY = "emulator"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Our own emulator passes from state to state quickly: nobody else waits in its queue.
_OWN_STEP_S = 0.1


class ProviderAccess:
    """Makes the clients when they are first needed, and starts our own emulator if there is no other."""

    def __init__(self, settings: Settings, catalog: Callable[[], Catalog]) -> None:
        self._settings = settings
        self._catalog = catalog
        self._lock = threading.Lock()
        self._clients: BedrockClients | None = None
        self._halting: list[Callable[[], None]] = []
        self._open = ExitStack()

    def check(self) -> None:
        """Refuse settings with which no provider could work, before anything is begun.

        Raises:
            Invalid: Bedrock is to be asked, and the store is no bucket.
        """
        settings = self._settings
        bucket = settings.effective_store.startswith("s3://")
        if settings.engine == "bedrock" and not settings.bedrock_endpoint and not bucket:
            raise Invalid(
                "Bedrock reads and writes buckets, and the store is a directory.",
                hint="Set SHOTLOG_STORE to s3://bucket/prefix.",
            )

    def batch(self) -> BatchProvider:
        """Return who runs batch jobs.

        Raises:
            Invalid: the settings do not go together.
        """
        from shotlog.inference.bedrock_batch import BedrockBatch

        return BedrockBatch(self.clients())

    def on_demand(self) -> OnDemandModel:
        """Return who answers at once; raises as ``batch`` does."""
        from shotlog.inference.bedrock_runtime import BedrockRuntime

        return BedrockRuntime(self.clients(), self._catalog())

    def clients(self) -> BedrockClients:
        """Return the clients of the provider that the settings choose; raises as ``batch`` does."""
        with self._lock:
            if self._clients is None:
                self._clients = self._connect()
                self._open.callback(self._clients.close)
            return self._clients

    def halt(self) -> None:
        """Begin to close: our own emulator begins no record any more, and its media processes end."""
        with self._lock:
            for halt in self._halting:
                halt()

    def close(self) -> None:
        """Close the clients and our own emulator; its unfinished jobs go on when it is next opened."""
        self.halt()
        self._open.close()
        self._clients = None

    def _connect(self) -> BedrockClients:
        from shotlog.inference.bedrock_clients import BedrockClients, BedrockConnection

        settings = self._settings
        endpoint = settings.bedrock_endpoint
        if not endpoint and settings.engine == "bedrock":
            self.check()
            return BedrockClients(BedrockConnection(settings.aws_region))
        own = not endpoint
        if own:
            endpoint = self._start_emulator()
        key = _STAND_IN_KEY if own or _lacks_credentials(endpoint) else ""
        return BedrockClients(BedrockConnection(settings.aws_region, endpoint, key, key))

    def _start_emulator(self) -> str:
        from shotlog.emulator.config import EmulatorConfig

        config = EmulatorConfig(
            region=self._settings.aws_region,
            min_records=1,
            step_seconds=_OWN_STEP_S,
            concurrency=self._settings.workers,
        )
        served = _served(
            self._settings,
            config,
            store=self._settings.effective_store,
            state=self._settings.home / "emulator.db",
            port=0,
            halting=self._halting,
        )
        return self._open.enter_context(served)


@contextmanager
def emulator_server(
    settings: Settings,
    *,
    port: int,
    store: str = "",
    min_records: int | None = None,
    strict: bool = False,
    state: Path | None = None,
    config_file: Path | None = None,
) -> Iterator[str]:
    """Serve an emulator over *store* (by default the installation's) and yield its URL while it runs.

    What is given here comes before *config_file*, and that before the settings.

    Raises:
        Conflict: the port, or *state*, is in use.
        Invalid: *store* is none, or *config_file* no configuration.
    """
    from shotlog.emulator.config_file import read_config

    given = {"min_records": min_records, "strict": strict or None}
    config = read_config(
        config_file,
        fallback={"region": settings.aws_region, "concurrency": settings.workers},
        override={name: value for name, value in given.items() if value is not None},
    )
    url = store or settings.effective_store
    with _served(settings, config, store=url, state=state, port=port, halting=[], measures=True) as served:
        yield served


def has_own_emulator(settings: Settings) -> bool:
    """Tell whether the installation runs its jobs through its own emulator."""
    return settings.engine == "local" and not settings.bedrock_endpoint


@contextmanager
def _served(
    settings: Settings,
    config: EmulatorConfig,
    *,
    store: str,
    state: Path | None,
    port: int,
    halting: list[Callable[[], None]],
    measures: bool = False,
) -> Iterator[str]:
    """Serve one emulator; where it *measures*, videos cost the tokens of the model that is asked (R42)."""
    from shotlog.emulator.server import EmulatorServer
    from shotlog.emulator.service import Emulator

    with ExitStack() as stack:
        buckets = open_buckets(store, s3_endpoint=settings.s3_endpoint, region=settings.aws_region)
        sandbox = Sandbox(
            workers=settings.workers,
            memory_bytes=settings.media_memory_bytes,
            preload=() if settings.vision_endpoint else ("shotlog.vision.warm",),
        )
        stack.callback(sandbox.close)
        tool = MediaTool(sandbox, timeout_s=settings.media_timeout_s)
        emulator = Emulator(
            buckets=buckets,
            model=vision_model(settings, sandbox),
            config=config,
            state=state,
            duration_s=tool.duration_s if measures else None,
        )
        stack.callback(emulator.close)
        halting += [emulator.halt, sandbox.close]
        server = EmulatorServer(emulator, port)
        stack.callback(server.stop)
        yield server.start()
        emulator.halt()
        sandbox.close()


def vision_model(settings: Settings, sandbox: Sandbox) -> VisionModel:
    """Return who looks at media here: the local engine, or a vision endpoint of the user's."""
    if settings.vision_endpoint:
        from shotlog.vision.openai_endpoint import OpenAIEndpoint

        return OpenAIEndpoint(
            settings.vision_endpoint,
            settings.vision_model,
            settings.vision_api_key.get_secret_value(),
            sandbox=sandbox,
        )
    from shotlog.vision.engine import LocalEngine

    return LocalEngine(sandbox, timeout_s=settings.media_timeout_s)


def _lacks_credentials(endpoint: str) -> bool:
    """Tell whether an endpoint on this machine would be asked without credentials, which boto3 refuses."""
    if urlsplit(endpoint).hostname not in _LOOPBACK:
        return False
    import boto3

    return boto3.session.Session().get_credentials() is None
