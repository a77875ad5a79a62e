"""A local engine with one warm media process, and clips with words at known times."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shotlog.domain.ports import Answer, MediaInput, Question
from shotlog.media.sample_clip import Scene, make_clip
from shotlog.media.sample_photo import make_photo
from shotlog.sandbox.pool import Sandbox
from shotlog.vision.engine import LocalEngine


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One media process that has its models loaded."""
    pool = Sandbox(workers=1, memory_bytes=3 << 30, preload=LocalEngine.PRELOAD)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def engine(sandbox) -> LocalEngine:
    return LocalEngine(sandbox, timeout_s=120)


@pytest.fixture(scope="session")
def look(sandbox):
    """Return the facts of one file, as the child process found them."""

    def run(path: Path, kind: str = "video"):
        name = "watch_video" if kind == "video" else "look_at_photo"
        return sandbox.call(f"shotlog.vision.watch:{name}", timeout_s=120, path=str(path))

    return run


@pytest.fixture(scope="session")
def ask(engine):
    """Ask the engine about one file."""

    def run(path: Path, text: str, kind: str = "video", max_tokens: int = 5000) -> Answer:
        media = (MediaInput(kind, "mp4" if kind == "video" else "jpeg", path),)
        return engine.answer(Question("local", media, text, max_tokens))

    return run


@pytest.fixture(scope="session")
def media(tmp_path_factory) -> Path:
    """The folder for clips and photos that several tests look at."""
    return tmp_path_factory.mktemp("vision-media")


@pytest.fixture(scope="session")
def slides(media) -> Path:
    """Three shots in 9 s at 5 frames a second: nothing, HARBOUR 42 from 3 s to 6 s, SOUTH PIER to the end."""
    scenes = [
        Scene(3, "firebrick", moving=False),
        Scene(3, "midnightblue", "HARBOUR 42", moving=False),
        Scene(3, "forestgreen", "SOUTH PIER", moving=False),
    ]
    return make_clip(media / "slides.mp4", scenes=scenes, fps=5)


@pytest.fixture(scope="session")
def silent(media) -> Path:
    """Two seconds without an audio track, without a word."""
    return make_clip(media / "silent.mp4", scenes=[Scene(2, "black", moving=False)], fps=5, audio=False)


@pytest.fixture(scope="session")
def poster(media) -> Path:
    """A photo that is stored lying on its side."""
    return make_photo(media / "poster.jpg", text="OPEN AIR", size=(600, 900), colour="darkred", orientation=6)
