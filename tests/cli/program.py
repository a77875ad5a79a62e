"""The command line as a process of its own over an application in memory; started by ``test_process``.

``python program.py SCENARIO ARGUMENTS...``
"""

import sys
import threading
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli.fake_app import NOON, FakeApp, asset, estimate
from shotlog import bootstrap
from shotlog.cli.main import main
from shotlog.domain.model import Range


class Endless(FakeApp):
    """Its runs do not end."""

    def wait_for_run(self, run_id, watch):
        super().wait_for_run(run_id, watch)
        sys.stderr.write("waiting\n")
        sys.stderr.flush()
        threading.Event().wait()

    def __exit__(self, *error):
        sys.stderr.write("closed\n")


@contextmanager
def serve(settings, **asked):
    sys.stderr.write(f"{asked}\n")
    yield "http://127.0.0.1:4"
    sys.stderr.write("stopped\n")


SCENARIOS = {
    "many": lambda: FakeApp(assets=[asset(i, f"{i} a name.mp4", analysed_at=NOON) for i in range(1, 1000)]),
    "endless": Endless,
    "paid": lambda: FakeApp(found=estimate(batch=Range(1, 2, 3_000_000))),
    "accents": lambda: FakeApp(assets=[asset(1, "Été 東京 \udcff.mp4")]),
}

if __name__ == "__main__":
    scenario, *arguments = sys.argv[1:]
    bootstrap.build = lambda settings: SCENARIOS[scenario]()
    bootstrap.emulator_server = serve
    main(arguments)
