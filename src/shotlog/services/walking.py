"""Walk a folder as an import does: folder by folder, in name order, past what is nobody's media."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shotlog.store.assets import SeenFile


@dataclass(frozen=True, slots=True)
class Listing:
    """What one folder holds directly; ``error`` says why it could not be read."""

    folder: str
    files: list[SeenFile]
    error: str | None = None


def walk(root: str, *, exclude: Collection[str] = ()) -> Iterator[Listing]:
    """Yield every folder at and under *root*.

    Hidden files and folders (a leading dot: also macOS's ``._name`` shadows) are passed over, links
    to folders are not followed, and neither are the folders in *exclude*: the installation's own.
    """
    pending = [root]
    while pending:
        folder = pending.pop()
        listing, subfolders = _list(folder)
        yield listing
        pending.extend(
            sorted((path for path in subfolders if path not in exclude), key=os.fsencode, reverse=True)
        )


def see(path: str) -> SeenFile:
    """Look at one file; raises ``OSError`` when it is not there."""
    status = os.stat(path)
    folder, name = os.path.split(path)
    return SeenFile(path, folder, name, status.st_size, status.st_mtime_ns)


def _list(folder: str) -> tuple[Listing, list[str]]:
    files: list[SeenFile] = []
    subfolders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    subfolders.append(entry.path)
                elif file := _see_entry(entry, folder):
                    files.append(file)
    except OSError as error:
        return Listing(folder, files, error.strerror or str(error)), subfolders
    return Listing(folder, files), subfolders


def _see_entry(entry: os.DirEntry[str], folder: str) -> SeenFile | None:
    try:
        if not entry.is_file():  # a socket, a pipe, or a link to nothing
            return None
        status = entry.stat()
    except OSError:  # gone since the folder was read
        return None
    return SeenFile(entry.path, folder, entry.name, status.st_size, status.st_mtime_ns)
