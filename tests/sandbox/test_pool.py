"""The media processes: killed, crashed, out of memory or closed, the parent always gets the right word."""

from __future__ import annotations

import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shotlog.errors import MediaCrashed, MediaRefused, MediaTimeout
from shotlog.sandbox.pool import Sandbox

SNIFF = "shotlog.media.child:measure"
#: Only Linux limits a process's address space.
BEYOND_MEMORY = "media_memory" if sys.platform == "linux" else "opened"


@pytest.fixture
def pool():
    sandbox = Sandbox(workers=1)
    yield sandbox
    sandbox.close()


def hang(pool, timeout_s):
    """Let a child wait for a line that never comes."""
    return pool.call("shotlog.sandbox.child:main", timeout_s=timeout_s, argv=["0", str(os.getpid())])


def test_what_a_function_refuses_arrives_with_code_and_message(pool, tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(MediaRefused) as refusal:
        pool.call(SNIFF, timeout_s=30, path=str(tmp_path / "empty"))
    assert (refusal.value.code, refusal.value.message) == ("empty_file", "The file is empty.")


def test_a_surprise_is_that_file_s_refusal_and_the_child_goes_on(pool):
    with pytest.raises(MediaRefused) as refusal:
        pool.call(SNIFF, timeout_s=30, path=None)
    assert refusal.value.code == "media_unreadable"
    pids = pool.pids
    with pytest.raises(MediaRefused):
        pool.call(SNIFF, timeout_s=30, path="/nowhere")
    assert pool.pids == pids


@pytest.mark.parametrize("function", ["os:system", "subprocess:run", "shotlogger.x:y"])
def test_only_functions_of_this_package_run(pool, function):
    with pytest.raises(MediaRefused):
        pool.call(function, timeout_s=30)


def test_a_child_that_hangs_is_killed_and_replaced(pool):
    with pytest.raises(MediaTimeout) as refusal:
        hang(pool, 0.5)
    assert refusal.value.code == "media_timeout"
    assert not pool.pids
    with pytest.raises(MediaRefused) as refusal:
        pool.call(SNIFF, timeout_s=30, path="/nowhere")
    assert refusal.value.code == "missing_file"


def test_a_child_that_dies_is_reported_and_replaced(pool):
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(hang, pool, 30)
        while not pool.pids:
            time.sleep(0.01)
        os.kill(pool.pids[0], signal.SIGSEGV)
        with pytest.raises(MediaCrashed) as refusal:
            call.result()
    assert refusal.value.code == "media_crashed"
    with pytest.raises(MediaRefused, match="no longer there"):
        pool.call(SNIFF, timeout_s=30, path="/nowhere")


def test_a_photo_that_needs_too_much_memory_is_refused_and_the_child_goes_on(tmp_path):
    side = 8_000  # 256 MB of RGBA, below the limit on pixels
    rows = zlib.compressobj(1)
    pixels = b"".join(rows.compress(bytes(1 + 4 * side) * 100) for _ in range(side // 100)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    (tmp_path / "large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    sandbox = Sandbox(workers=1, memory_bytes=400 << 20, preload=["shotlog.media.child"])
    try:
        assert inspected(sandbox, tmp_path / "large.png") == BEYOND_MEMORY
        with pytest.raises(MediaRefused, match="no longer there"):
            sandbox.call(SNIFF, timeout_s=30, path="/nowhere")
    finally:
        sandbox.close()


def inspected(sandbox, path):
    try:
        sandbox.call("shotlog.media.child:inspect", timeout_s=60, path=str(path))
    except MediaRefused as refusal:
        return refusal.code
    return "opened"


def png_chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_closing_ends_children_and_calls_that_wait(pool):
    outcomes = []

    def call():
        try:
            hang(pool, 30)
        except MediaCrashed as crash:
            outcomes.append(crash.code)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    while not pool.pids:
        time.sleep(0.01)
    pids = pool.pids
    pool.close()
    for thread in threads:
        thread.join(30)
    assert outcomes == ["media_crashed"] * 3
    assert not pool.pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_many_threads_share_few_children(tmp_path):
    (tmp_path / "empty").touch()
    sandbox = Sandbox(workers=2)

    def ask(_):
        try:
            return sandbox.call(SNIFF, timeout_s=30, path=str(tmp_path / "empty"))
        except MediaRefused as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(40))) == ["empty_file"] * 40
    assert len(sandbox.pids) <= 2
    sandbox.close()
    with pytest.raises(MediaCrashed):
        sandbox.call(SNIFF, timeout_s=30, path="x")


def test_a_child_ends_when_its_parent_was_killed():
    # The test holds the child's stdin open, so only the child's own look at its parent can end it.
    reader, writer = os.pipe()
    script = (
        "import os, subprocess, sys, time\n"
        "child = [sys.executable, '-P', '-m', 'shotlog.sandbox.child', '0', str(os.getpid())]\n"
        "print(subprocess.Popen(child).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=reader, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
    os.close(reader)
    ended = any(not runs(child) or time.sleep(0.02) for _ in range(1000))
    os.close(writer)
    assert ended


def runs(pid):
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").is_dir()
    return state not in "ZX"  # ended, and not yet collected by whoever inherited it


def test_a_process_with_thousands_of_open_files_still_has_its_media_looked_at(tmp_path):
    # select() refuses descriptors beyond 1,023, which a busy worker does reach.
    (tmp_path / "empty").touch()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    sandbox = Sandbox(workers=1)
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        with pytest.raises(MediaRefused) as refusal:
            sandbox.call(SNIFF, timeout_s=30, path=str(tmp_path / "empty"))
    finally:
        sandbox.close()
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert refusal.value.code == "empty_file"
