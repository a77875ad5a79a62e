"""A program that works on one thing in three steps, and can be made to hang in the second, to be killed."""

import sys
import threading
from pathlib import Path

from shotlog.store.database import Database
from shotlog.tasks.engine import TaskEngine, engine_url, step
from shotlog.tasks.sweeper import Sweeper

#: One thing is due until the last step has noted it.
KEY = 7


def main(database_url, folder, version):
    """Work until the thing is done, and say on stdout what happens."""
    notes, hold, done = folder / "notes.txt", folder / "hold", threading.Event()

    def note(text):
        with notes.open("a") as file:
            file.write(f"{text}\n")
        print(text, flush=True)  # noqa: T201 - the test reads it

    def second():
        note("second begins")
        if hold.exists():
            threading.Event().wait()
        note("second")

    def work(key):
        step("first", note, f"first of {key}")
        step("second", second)
        step("third", note, "third")

    def due():
        return [] if notes.exists() and "third" in notes.read_text() else [("work", KEY)]

    def ended(name, key, error):
        sweeper.ended(name, key, error)
        if error is None:
            done.set()

    sweeper = Sweeper(due)
    engine = TaskEngine(
        url=engine_url(Database(database_url).url, folder),
        executor_id="worker",
        version=version,
        workflows={"work": work},
        ended=ended,
    )
    engine.start()
    sweeper.start(engine.ensure)
    done.wait()
    sweeper.close()
    engine.close()
    print("end", flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
