"""Register files without metadata, and look at them again, against ``os.scandir`` and one bulk insert.

The reference of a first look walks the same folders with ``os.scandir``, asks the size and time of each file,
and inserts path, size and time into one table in one transaction. The reference of a second look walks again
and compares with one ``SELECT`` of that table. Each way runs in a process of its own; figures are medians.

    python benchmarks/register.py [--files N] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REACH = 3.0
IN_A_FOLDER = 100
FIRST, AGAIN = "first look", "unchanged, again"


def make_tree(root, count):
    for number in range(count):
        folder = root / f"{number // (100 * IN_A_FOLDER):03d}" / f"card {number // IN_A_FOLDER:05d}"
        if number % IN_A_FOLDER == 0:
            folder.mkdir(parents=True)
        (folder / f"VID_{number:07d}.mp4").touch()


def walk(root):
    pending = [str(root)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    status = entry.stat()
                    yield entry.path, status.st_size, status.st_mtime_ns


def reference(folder, root):
    connection = sqlite3.connect(folder / "reference.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("CREATE TABLE IF NOT EXISTS file (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER)")
    known = {path: (size, mtime) for path, size, mtime in connection.execute("SELECT * FROM file")}
    fresh = [file for file in walk(root) if known.get(file[0]) != file[1:]]
    connection.executemany("INSERT INTO file VALUES (?, ?, ?)", fresh)
    connection.commit()
    return connection.execute("SELECT count(*) FROM file").fetchone()[0]


def ours(folder, root):
    from shotlog.domain.clock import utc_now
    from shotlog.services.scanning import Scanner
    from shotlog.store.database import Database

    database = Database(f"sqlite:///{folder / 'library.db'}")
    database.upgrade()
    scanner = Scanner(database, utc_now)
    return scanner.scan(scanner.open_import([str(root)], renditions=False)).found


WAYS = {"scandir + bulk insert": reference, "shotlog": ours}


def measure(way, folder, root):
    """Run one way in this process; print its time, its peak memory in MB, and how many files it saw."""
    if way == "shotlog":  # loading code is not the work
        import shotlog.services.scanning
        import shotlog.store.database  # noqa: F401
        from shotlog.tasks import garbage

        garbage.calm()  # as a working process does
    began = time.perf_counter()
    seen = WAYS[way](folder, root)
    seconds = time.perf_counter() - began
    if way == "shotlog":
        with sqlite3.connect(folder / "library.db") as connection:  # as if they had been probed
            connection.execute("UPDATE assets SET state = 'ready' WHERE state = 'new'")
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, seen)


def main():
    parser = argparse.ArgumentParser(description="Measure the registering of files.")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        measure(chosen.way, chosen.folder, chosen.root)
        return
    with tempfile.TemporaryDirectory() as made:
        root = Path(made) / "files"
        make_tree(root, chosen.files)
        compare(Path(made), root, chosen)


def compare(made, root, chosen):
    answers = {(look, way): [] for look in (FIRST, AGAIN) for way in WAYS}
    for _ in range(chosen.rounds):
        for way in WAYS:
            folder = made / "round"
            folder.mkdir()
            for look in (FIRST, AGAIN):
                command = [sys.executable, __file__, "--way", way, "--folder", folder, "--root", root]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                answers[look, way].append([float(word) for word in done.stdout.split()])
            shutil.rmtree(folder)
    for look in (FIRST, AGAIN):
        print(
            f"\n{look}: {chosen.files:,} files, {IN_A_FOLDER} a folder, on SQLite; median of {chosen.rounds}"
        )
        print(f"{'':24}{'seconds':>9}{'files/s':>10}{'peak MB':>9}  against the reference")
        base = statistics.median(one[0] for one in answers[look, "scandir + bulk insert"])
        for way in WAYS:
            given = answers[look, way]
            seconds, peak = statistics.median(one[0] for one in given), max(one[1] for one in given)
            reach = f"{seconds / base:6.2f} x  (to reach: < {REACH:g} x)" if way == "shotlog" else ""
            print(f"{way:24}{seconds:9.2f}{chosen.files / seconds:10,.0f}{peak:9.0f}  {reach}")


if __name__ == "__main__":
    main()
