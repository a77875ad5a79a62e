"""Imports as tests of the services make them: real folders and database, and a tool that reads plain text."""

import hashlib
import os
import threading

import sqlalchemy as sa

from run_stage import NO_STOP, Clock
from shotlog.domain.facts import MediaFacts
from shotlog.domain.rendition import Rendition
from shotlog.errors import MediaRefused
from shotlog.media.tool import Inspection
from shotlog.services.preparing import Preparer
from shotlog.services.reporting import Reports
from shotlog.services.scanning import Scanner, absolute
from shotlog.store import imports
from shotlog.store.tables.library import AssetRow


class Reader:
    """A media tool for files of text: what begins with ``bad`` is refused, all else is a video."""

    def __init__(self):
        self.inspected, self.rendered = [], []
        #: Called with the path before a file is opened.
        self.before = lambda _: None
        self._lock = threading.Lock()

    def inspect(self, path):
        with self._lock:
            self.inspected.append(str(path))
        body = self._open(path)
        return Inspection(hashlib.sha256(body).hexdigest(), MediaFacts("video", "mp4", 2, 2, 10_000))

    def render(self, path, folder, stem):
        with self._lock:
            self.rendered.append(str(path))
        body = self._open(path)
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f"{stem}-proxy.mp4"
        made.write_bytes(body)
        return [Rendition("proxy", made, "video/mp4", len(body), "", 2, 2)]

    def _open(self, path):
        self.before(str(path))
        try:
            body = path.read_bytes()
        except OSError as error:
            raise MediaRefused(str(error), code="unreadable") from error
        if body.startswith(b"bad"):
            raise MediaRefused("It is no media.", code="no_media")
        return body


class ImportStage:
    """One library, a folder of films, and the services that take files in."""

    def __init__(self, folder, database):
        self.database, self.clock, self.tool = database, Clock(), Reader()
        self.films = folder / "films"
        self.films.mkdir()
        self.renditions = folder / "renditions"
        self.scanner = Scanner(database, self.clock)
        self.preparer = Preparer(database, self.clock, self.tool, folder=self.renditions, threads=2)
        self.reports = Reports(database)

    def put(self, name, body=None):
        """Write a film that holds its own name, or *body*."""
        path = self.films / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body or os.fspath(name))
        return path

    def open(self, *paths, renditions=True):
        return self.scanner.open_import(absolute(paths or [self.films]), renditions=renditions)

    def scan(self, *paths):
        """Scan only; return the import's number and what it counted."""
        number = self.open(*paths)
        return number, self.scanner.scan(number)

    def take_in(self, *paths, stop=NO_STOP):
        """Import whole; return what the scan counted, and the summary."""
        number, counts = self.scan(*paths)
        self.preparer.probe_due(number, stop=stop)
        self.preparer.render_import(number, stop=stop)
        return counts, self.reports.import_summary(number)

    def state(self, number):
        with self.database.read() as session:
            return imports.get(session, number).state

    def assets(self):
        """Return the assets by their path under the folder of films."""
        with self.database.read() as session:
            rows = session.scalars(sa.select(AssetRow).order_by(AssetRow.id)).all()
            session.expunge_all()
        return {os.path.relpath(row.path, self.films): row for row in rows}
