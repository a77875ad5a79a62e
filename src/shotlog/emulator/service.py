"""The emulated service: jobs, runtime and faults behind one object, whatever transport carries it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from shotlog.domain.ports import Buckets, VisionModel
from shotlog.emulator.answer_table import AnswerTable
from shotlog.emulator.answers import Answerer, DurationProbe
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.control import ControlPlane
from shotlog.emulator.database import StateFile
from shotlog.emulator.events import EventTable
from shotlog.emulator.gate import Gate
from shotlog.emulator.jobs import JobTable
from shotlog.emulator.known_buckets import KnownBuckets
from shotlog.emulator.lifecycle import Lifecycle
from shotlog.emulator.models import Catalogue
from shotlog.emulator.runtime import Runtime
from shotlog.emulator.switchboard import Switchboard


class Emulator:
    """A stand-in for Bedrock over the user's own buckets and vision model.

    Its parts (``control``, ``runtime``, ``gate``, ``switchboard``, ``jobs``, ``events``) are what the HTTP
    routes call. Close it before the buckets and the vision model.

    Args:
        buckets: all buckets that ``s3://`` URIs may name.
        model: who answers.
        config: limits, pace and faults.
        state: SQLite file of the jobs, which a restart goes on with; None: memory.
        duration_s: tells how long a video is, for Nova's token count (R42); without it the vision model
            counts.

    Raises:
        Conflict: another emulator uses *state*.
        Unavailable: *state* cannot be opened.
    """

    def __init__(
        self,
        *,
        buckets: Buckets,
        model: VisionModel,
        config: EmulatorConfig | None = None,
        state: Path | None = None,
        duration_s: DurationProbe | None = None,
    ) -> None:
        self.config = config or EmulatorConfig()
        buckets = KnownBuckets(buckets)
        self._state = StateFile(state)
        self._scratch = _scratch_folder(state)
        self.switchboard = Switchboard(self.config.faults)
        self.gate = Gate(self.config, self.switchboard)
        self.jobs = JobTable(self._state)
        self.events = EventTable(self._state, account_id=self.config.account_id, region=self.config.region)
        catalogue = Catalogue(
            region=self.config.region,
            texts=self.config.texts,
            application_profiles=self.config.application_profiles,
            max_frames=self.config.max_frames,
        )
        answerer = Answerer(
            buckets=buckets, model=model, config=self.config, scratch=self._scratch, duration_s=duration_s
        )
        self._lifecycle = Lifecycle(
            config=self.config,
            catalogue=catalogue,
            switchboard=self.switchboard,
            buckets=buckets,
            jobs=self.jobs,
            answers=AnswerTable(self._state),
            events=self.events,
            answerer=answerer,
        )
        self.control = ControlPlane(
            config=self.config,
            catalogue=catalogue,
            switchboard=self.switchboard,
            jobs=self.jobs,
            lifecycle=self._lifecycle,
        )
        self.runtime = Runtime(
            config=self.config, catalogue=catalogue, switchboard=self.switchboard, answerer=answerer
        )
        self._closed = False

    def start(self) -> None:
        """Go on with the jobs that an earlier process left unfinished."""
        self._lifecycle.resume()

    def halt(self) -> None:
        """Begin to close without waiting: no record is begun any more, and none that fails now is stored."""
        self.switchboard.close()

    def close(self) -> None:
        """Stop where things stand and wait for the records in hand; unfinished jobs stay in the state."""
        if self._closed:
            return
        self._closed = True
        self.halt()
        self._lifecycle.close()
        self._state.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


def _scratch_folder(state: Path | None) -> Path:
    """Return an empty folder for media; one beside the state is emptied of what a killed process left."""
    if state is None:
        return Path(tempfile.mkdtemp(prefix="shotlog-emulator-"))
    folder = state.with_name(f"{state.name}.media")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
