"""A program that serves an emulator and notes every question in a file, until it is killed."""

import json
import os
import sys
import threading
from pathlib import Path

from emulator.stage import Shelves
from shotlog.domain.ports import Answer
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.faults import Faults
from shotlog.emulator.server import EmulatorServer
from shotlog.emulator.service import Emulator


class Notes:
    """A model that appends each clip that it sees to a file before it answers."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def answer(self, question):
        seen = question.media[0].path.read_text()
        os.write(self.file, f"{seen}\n".encode())
        return Answer(
            text=json.dumps({"seen": seen}), stop_reason="end_turn", input_tokens=1, output_tokens=1
        )


def main(root, delay_s):
    """Print the URL and serve for ever."""
    server = EmulatorServer(
        Emulator(
            buckets=Shelves(root / "buckets"),
            model=Notes(root / "notes.txt"),
            config=EmulatorConfig(
                min_records=1, step_seconds=0, concurrency=2, faults=Faults(delay_s=delay_s, keep_order=True)
            ),
            state=root / "state.db",
        )
    )
    print(server.start(), flush=True)  # noqa: T201 - the test reads it
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
