"""Plan 1,000,000 files from a database, against only reading the same rows.

Planning reads the sizes for the lengths of the chunks, then the rows for the chunks, one at a time. The
second library has so many large files that no cut is without short chunks, which is the hardest case:
every border is weighed. Each way runs in a process of its own, so that its peak memory is its own; the
figures are medians of three rounds.

    python benchmarks/planning.py [--files N] [--rounds N]
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shotlog.batch import BatchFile, chunk_lengths, iter_chunks, split_batch_by_size

STAMP = "20260101_120000"
READ, PLAN, LIST = "read the rows", "plan, two readings", "plan, as one list"
REACH = 3.0
LIBRARIES = {"clips of 0.2 to 40 MB": 0.0, "one file in thirty of 4 GB": 1 / 30}


def files(connection):
    query = "SELECT id, proxy_s3_key, proxy_size FROM proxy ORDER BY id"
    return (BatchFile(*row) for row in connection.execute(query))


def sizes(connection):
    return (size for (size,) in connection.execute("SELECT proxy_size FROM proxy ORDER BY id"))


def read(connection):
    return sum(1 for _ in files(connection)), 0


def plan(connection):
    lengths = chunk_lengths(sizes(connection))
    chunks = short = 0
    for chunk in iter_chunks(files(connection), STAMP, lengths):
        chunks += 1
        short += chunk.below_minimum
    return chunks, short


def plan_list(connection):
    chunks = split_batch_by_size(files(connection), STAMP)
    return len(chunks), sum(chunk.below_minimum for chunk in chunks)


WAYS = {READ: read, PLAN: plan, LIST: plan_list}


def make_library(path, count, large):
    chance = random.Random(1)
    rows = (
        (
            number,
            f"proxies/{number // 1000:06d}/VID_{number}_{chance.getrandbits(48):012x}.mp4",
            4_000_000_000 if chance.random() < large else chance.randint(200_000, 40_000_000),
        )
        for number in range(1, count + 1)
    )
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE proxy (id INTEGER PRIMARY KEY, proxy_s3_key TEXT, proxy_size INTEGER)")
    connection.executemany("INSERT INTO proxy VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()


def measure(way, path):
    """Run one way in this process; print its time, its peak memory in MB, and what it made."""
    connection = sqlite3.connect(path)
    began = time.perf_counter()
    made, short = WAYS[way](connection)
    seconds = time.perf_counter() - began
    connection.close()
    print(seconds, peak_mb(), made, short)


def peak_mb():
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def main():
    parser = argparse.ArgumentParser(description="Measure planning.")
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--library", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        measure(chosen.way, chosen.library)
        return
    for title, large in LIBRARIES.items():
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "library.db"
            make_library(library, chosen.files, large)
            compare(title, library, chosen)


def compare(title, library, chosen):
    print(f"\n{chosen.files:,} files, {title}; median of {chosen.rounds}")
    print(f"{'':20}{'seconds':>9}{'peak MB':>9}{'chunks':>9}{'short':>8}  against reading")
    answers = {way: [] for way in WAYS}
    for _ in range(chosen.rounds):
        for way, given in answers.items():
            command = [sys.executable, __file__, "--way", way, "--library", library]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            given.append([float(word) for word in done.stdout.split()])
    reading = statistics.median(seconds for seconds, *_ in answers[READ])
    for way, given in answers.items():
        seconds = statistics.median(answer[0] for answer in given)
        peak, made, short = max(answer[1] for answer in given), int(given[0][2]), int(given[0][3])
        counts = f"{'':17}" if way == READ else f"{made:9,}{short:8,}"
        ratio = "" if way == READ else f"{seconds / reading:6.2f} x  (to reach: < {REACH:g} x)"
        print(f"{way:20}{seconds:9.2f}{peak:9.0f}{counts}  {ratio}")


if __name__ == "__main__":
    main()
