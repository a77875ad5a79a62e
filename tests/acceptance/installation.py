"""One installation as its owner has it: a home, and real processes of ``python -m shotlog``."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from shotlog.blobs.opening import open_store
from shotlog.store.database import Database
from shotlog.store.tables.findings import SegmentRow
from shotlog.store.tables.library import AssetRow

KILLER = Path(__file__).with_name("killer.py")
PATIENCE_S = 150
#: What is compared where two homes should have come to the same end.
ACCOUNT = {
    "assets": "SELECT path, state, failure_code, kind, analysed_at IS NOT NULL FROM assets",
    "runs": "SELECT state, planned FROM runs",
    "imports": "SELECT DISTINCT state FROM imports",
    "records": "SELECT path, outcome, code FROM records JOIN assets ON assets.id = asset_id",
    "results": "SELECT path FROM results JOIN records ON records.id = record_id"
    " JOIN assets ON assets.id = asset_id",
    "ledger": "SELECT path, ledger.mode, ledger.input_tokens, ledger.output_tokens, amount_microusd"
    " FROM ledger JOIN records ON records.id = record_id JOIN assets ON assets.id = asset_id",
    "chunks": "SELECT chunk_index, total_chunks, state, provider_state, records_planned, unmatched_records"
    " FROM batch_jobs",
    "found": "SELECT path, field, text, start_ms, end_ms FROM segments JOIN assets ON assets.id = asset_id",
    "renditions": "SELECT assets.path, renditions.kind, sha256 FROM renditions"
    " JOIN assets ON assets.id = asset_id",
    "left to do": "SELECT kind, owner FROM work_items",
}


def wait_until(true, what):
    """Return what *true* returns once that is something; *what* it is, for the message if it never is."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError(f"It never came to this: {what}.")


class Command:
    """One running command; its streams go to files, so that no pipe can fill."""

    def __init__(self, arguments, folder, environment):
        self.out, self.err = folder / "stdout", folder / "stderr"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                cwd=folder,
                start_new_session=True,  # its group is it and its children: nobody else's
            )

    def end(self, code=0):
        """Wait for its end, and return what it printed: an object, or text."""
        try:
            found = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        said = self.out.read_text(encoding="ascii", errors="replace")
        assert found == code, f"exit code {found}, expected {code}\n{said}\n{self.noted()}"
        return json.loads(said) if said.startswith("{") else said

    def noted(self):
        """Return what it has said on stderr so far."""
        return self.err.read_text(encoding="utf-8", errors="replace")

    def wait_for_note(self, word):
        wait_until(lambda: word in self.noted() or self.process.poll() is not None, f"it says {word!r}")
        assert word in self.noted()

    def kill(self):
        """End it and its children, if any of them is left."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def survivors(self):
        """Return the processes of its group that still run."""
        if not Path("/proc").is_dir():
            try:
                os.killpg(self.process.pid, 0)
            except (ProcessLookupError, PermissionError):
                return []
            return [self.process.pid]
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state not in "ZX":
                    found.append(int(stat.parent.name))
        return found


class Installation:
    """A home and its settings; every command is a process of its own."""

    def __init__(self, folder, *, database_url="", **settings):
        self.folder, self.home = folder, folder / "home"
        self.commands = []
        self._database_url = database_url
        self.settings = {"workers": "2", **settings}

    def start(self, *arguments, stop=None):
        """Start a command; *stop* says at which point it ends itself (see ``killer``)."""
        program = [KILLER, json.dumps(stop)] if stop else ["-m", "shotlog"]
        own = self.folder / f"command-{len(self.commands)}"
        own.mkdir(parents=True)
        command = Command([*program, *arguments], own, self._environment())
        self.commands.append(command)
        return command

    def run(self, *arguments, code=0):
        """Run a command to its end, and return the object that it prints."""
        return self.start(*arguments, "--json").end(code)

    def close(self):
        """End whatever is left of all commands."""
        for command in self.commands:
            command.kill()

    def _environment(self):
        settings = {f"SHOTLOG_{name.upper()}": str(value) for name, value in self.settings.items()}
        if self._database_url:
            settings["SHOTLOG_DATABASE_URL"] = self._database_url
        return {**os.environ, **settings, "SHOTLOG_HOME": str(self.home)}

    # What came of it.

    def rows(self, query):
        """Return the rows of a query to the library."""
        query = sa.text(query) if isinstance(query, str) else query
        database = Database(self._database_url or f"sqlite:///{self.home / 'shotlog.db'}")
        try:
            with database.engine.connect() as connection:
                return [tuple(row) for row in connection.execute(query)]
        finally:
            database.close()

    def provider_jobs(self):
        """Return (state, records, succeeded) of every job that the emulator of this home ever had."""
        if not (self.home / "emulator.db").exists():
            return []
        with contextlib.closing(sqlite3.connect(self.home / "emulator.db")) as connection:
            return sorted(connection.execute("SELECT status, total, success FROM jobs"))

    def account(self):
        """Return the whole end state, as far as it must not depend on how it was come to."""
        found = {name: sorted(self.rows(sql), key=repr) for name, sql in ACCOUNT.items()}
        staged = open_store(f"file://{self.home / 'store'}").list("nova_batch/")
        found["staged"] = sorted(info.key.split("/", 2)[2] for info in staged)
        found["provider jobs"] = self.provider_jobs()
        return json.loads(json.dumps(found))  # lists for tuples: as it is read back from a file

    def words(self):
        """Return path -> the words that were read on screen, for all assets that were looked at."""
        found = {}
        query = sa.select(AssetRow.path, SegmentRow.text).join(SegmentRow, SegmentRow.asset_id == AssetRow.id)
        for path, text in self.rows(query.where(SegmentRow.field == "text")):
            found.setdefault(path, set()).add(text)
        return found
