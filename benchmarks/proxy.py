"""Proxy throughput beside the ffmpeg command line: same filters, same encoder settings, both cores, same run.

Usage: ``python benchmarks/proxy.py [--seconds 12] [--rounds 3] [--samples FOLDER]``; needs ``ffmpeg``.
Ours does more in its time: thumbnail, poster and checksums are made along with each proxy. When other work
runs on the machine, compare the CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shotlog.domain.rendition import RenditionSettings
from shotlog.media.tool import MediaTool
from shotlog.sandbox.pool import Sandbox

WORKERS = 2
SETTINGS = RenditionSettings()
SOURCES = (
    "testsrc2=size=1920x1080:rate=30,noise=alls=10:allf=t",
    "mandelbrot=size=1920x1080:rate=30",
    "testsrc2=size=1920x1080:rate=30,rotate=t/3,noise=alls=6:allf=t",
    "gradients=size=1920x1080:rate=30:speed=0.05,noise=alls=14:allf=t",
)
SAMPLES = ("walk_1080p30.mp4", "bigbuckbunny.mp4", "gopro_max_heromode_gpmf.mp4", "iphone5_1080p_gps.mov")


def main() -> None:
    arguments = _arguments()
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is not on the path: apt-get install ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        print("making 1080p clips...", file=sys.stderr)
        compare("1080p synthetic", _clips(Path(folder), arguments.seconds), arguments.rounds, Path(folder))
        samples = [arguments.samples / name for name in SAMPLES]
        if all(path.is_file() for path in samples):
            compare("real samples", samples * 2, arguments.rounds, Path(folder))


def compare(title: str, files: Sequence[Path], rounds: int, folder: Path) -> None:
    """Print one table: every way over the same files, taking turns so that noise hits all alike."""
    seconds = sum(_duration_s(path) for path in files)
    out = folder / "out"
    out.mkdir(exist_ok=True)
    with _Processes() as tool:
        ways: dict[str, Callable[[], Cost]] = {
            "shotlog": lambda: _ours(tool, files, out),
            "ffmpeg, 1 thread": lambda: _ffmpeg(files, out, "1"),
            "ffmpeg, threads auto": lambda: _ffmpeg(files, out, "0"),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        costs: dict[str, list[Cost]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                start = time.perf_counter()
                costs[name].append(way())
                times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    best = min(taken for name, taken in medians.items() if name != "shotlog")
    print(f"\n{title}: {len(files)} files, {seconds:.0f} s of video, {WORKERS} at once, median of {rounds}")
    print(f"{'':24}{'seconds':>10}{'x realtime':>12}{'CPU s':>10}{'peak MB':>10}{'against best ffmpeg':>22}")
    for name, taken in medians.items():
        cpu = statistics.median(cost.cpu_s for cost in costs[name])
        memory = max(cost.peak_mb for cost in costs[name])
        speed = seconds / taken
        print(f"{name:24}{taken:10.2f}{speed:12.1f}{cpu:10.2f}{memory:10.0f}{best / taken:21.2f}x")


@dataclass(frozen=True)
class Cost:
    """What one pass over all files took, apart from time on the clock."""

    cpu_s: float
    #: Of one process.
    peak_mb: float


class _Processes:
    """Our media processes, warm, for one table."""

    def __enter__(self) -> tuple[Sandbox, MediaTool]:
        self._sandbox = Sandbox(workers=WORKERS, memory_bytes=3 << 30, preload=MediaTool.PRELOAD)
        return self._sandbox, MediaTool(self._sandbox, timeout_s=600, settings=SETTINGS)

    def __exit__(self, *_: object) -> None:
        self._sandbox.close()


def _ours(pair: tuple[Sandbox, MediaTool], files: Sequence[Path], out: Path) -> Cost:
    sandbox, tool = pair
    before = sum(_cpu_s(pid) for pid in sandbox.pids)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda item: tool.render(item[1], out, f"ours{item[0]}"), enumerate(files)))
    after = sum(_cpu_s(pid) for pid in sandbox.pids)
    return Cost(after - before, max(_peak_mb(pid) for pid in sandbox.pids))


def _ffmpeg(files: Sequence[Path], out: Path, threads: str) -> Cost:
    def one(item: tuple[int, Path]) -> Cost:
        return _ffmpeg_one(item[1], out / f"cli{item[0]}.mp4", threads)

    with ThreadPoolExecutor(WORKERS) as pool:
        costs = list(pool.map(one, enumerate(files)))
    return Cost(sum(cost.cpu_s for cost in costs), max(cost.peak_mb for cost in costs))


def _ffmpeg_one(source: Path, target: Path, threads: str) -> Cost:
    side = SETTINGS.proxy_short_side
    filters = (
        f"fps={SETTINGS.proxy_fps:g}:round=down,"
        f"scale='trunc(iw*min(1,{side}/min(iw,ih))/2)*2':'trunc(ih*min(1,{side}/min(iw,ih))/2)*2'"
        ":flags=bicubic:out_range=tv,format=yuv420p"
    )
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    command += [
        "-threads",
        threads,
        "-i",
        f"file:{source}",
        "-map",
        "0:v:0",
        "-map",
        "0:a:0?",
        "-vf",
        filters,
    ]
    command += ["-filter_threads", threads, "-threads", threads]
    command += ["-c:v", "libx264", "-preset", SETTINGS.proxy_preset, "-crf", str(SETTINGS.proxy_crf)]
    command += ["-g", f"{SETTINGS.proxy_fps * 5:.0f}", "-c:a", "aac", "-ac", "1"]
    command += ["-b:a", str(SETTINGS.proxy_audio_bit_rate), "-movflags", "+faststart", f"file:{target}"]
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"ffmpeg failed on {source.name}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _clips(folder: Path, seconds: float) -> list[Path]:
    made = []
    for index, source in enumerate(SOURCES):
        path = folder / f"clip{index}.mp4"
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source]
        command += ["-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000", "-t", str(seconds)]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "8M", "-pix_fmt", "yuv420p"]
        subprocess.run([*command, "-c:a", "aac", str(path)], check=True)
        made.append(path)
    return made


def _duration_s(path: Path) -> float:
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", f"file:{path}"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Proxy throughput beside the ffmpeg command line")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each synthetic clip")
    parser.add_argument("--rounds", type=int, default=3)
    default = Path(__file__).resolve().parents[2] / "shared" / "samples"
    parser.add_argument("--samples", type=Path, default=Path(os.environ.get("SHOTLOG_SAMPLES") or default))
    return parser.parse_args()


if __name__ == "__main__":
    main()
