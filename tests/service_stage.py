"""A running emulator over a stage's store, as tests of the services and tasks use it."""

import time

import httpx2

from emulator.stage import Seer, Shelves
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.faults import Faults
from shotlog.emulator.server import EmulatorServer
from shotlog.emulator.service import Emulator
from shotlog.inference.bedrock_batch import BedrockBatch
from shotlog.inference.bedrock_clients import BedrockClients, BedrockConnection
from shotlog.inference.bedrock_runtime import BedrockRuntime

_PATIENCE_S = 20  # until what is bound to come has come


class Service:
    """A running emulator, the product's own clients of it, and what it was asked."""

    def __init__(self, buckets, settings, faults):
        config = {"min_records": 1, "step_seconds": 0, "concurrency": 2, **settings}
        self.seer = Seer()
        self.emulator = Emulator(
            buckets=Shelves(buckets),
            model=self.seer,
            config=EmulatorConfig(**config, faults=Faults(**faults)),
        )
        self._server = EmulatorServer(self.emulator)
        self.url = self._server.start()
        self._clients = BedrockClients(
            BedrockConnection("us-east-1", self.url, access_key="any", secret_key="any", attempts=1)
        )
        self.batch = BedrockBatch(self._clients)

    def on_demand(self, catalog):
        return BedrockRuntime(self._clients, catalog)

    def faults(self, **faults):
        answered = httpx2.put(f"{self.url}/_emulator/faults", json=faults)
        assert answered.status_code == 200, answered.text

    def jobs(self):
        return list(self.batch.list())

    def until(self, look):
        deadline = time.monotonic() + _PATIENCE_S
        while not (found := look()):
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.01)
        return found

    def stop(self):
        self._server.stop()

    def close(self):
        self.stop()
        self._clients.close()


def started(buckets):
    """Yield a function that starts emulators over *buckets*, and end them all afterwards."""
    running = []

    def start(faults=None, **settings):
        running.append(Service(buckets, settings, faults or {}))
        return running[-1]

    yield start
    for each in running:
        each.close()
