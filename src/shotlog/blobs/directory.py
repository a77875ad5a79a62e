"""Objects as files below one directory: the store of an installation without an account."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from obstore.store import LocalStore

from shotlog.blobs.failures import translated
from shotlog.blobs.keys import check_folder_prefix, check_key, check_prefix
from shotlog.blobs.object_blobs import ObjectBlobs
from shotlog.domain.ports import BlobInfo
from shotlog.errors import Invalid, Unavailable

#: The bucket that a directory passes for, where a provider asks for one.
LOCAL_BUCKET = "shotlog-local"
#: File systems take 255; a file that is being written carries a number behind its name.
_PART_BYTES = 250
#: What obstore puts behind the name of a file that it has not finished writing.
_UNFINISHED = re.compile(r"#\d+$")


class DirectoryBlobs(ObjectBlobs):
    """Keys are the paths of the files, letter by letter; copies share their bytes until one is replaced.

    Symbolic links inside the directory are not followed: a key never leads outside.
    """

    def __init__(self, root: Path, *, bucket: str = LOCAL_BUCKET, create: bool = False) -> None:
        if create:
            with translated(f"make the directory {root}"):
                root.mkdir(parents=True, exist_ok=True)
        if not root.is_dir():
            raise Unavailable(f"The store's directory {root} is not there.", hint="Is its disk mounted?")
        self._directory = Path(os.path.realpath(root))
        self._bucket = bucket
        super().__init__(LocalStore(self._directory))

    def head(self, key: str) -> BlobInfo | None:
        """Look a file up; None says that it does not exist."""
        path = self._path(key)
        with translated(f"look up {key!r}"):
            try:
                found = path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                self._reachable()
                return None
        return _info(key, found) if stat.S_ISREG(found.st_mode) else None

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Yield every object whose key starts with *prefix*, in key order."""
        folder = check_prefix(prefix).rpartition("/")[0]
        if folder and not self._holds(self._directory / folder):
            return
        self._reachable()
        for key, found in self._walk(folder):
            if key.startswith(prefix):
                yield _info(key, found)

    def delete(self, key: str) -> None:
        """Delete one file; deleting what is not there is fine."""
        path = self._path(key)
        with translated(f"delete {key!r}"):
            try:
                path.unlink(missing_ok=True)
            except (NotADirectoryError, IsADirectoryError):
                return

    def delete_prefix(self, prefix: str) -> int:
        """Delete all files under *prefix*, unfinished ones too, and the folders that this leaves empty."""
        folder = self._directory / check_folder_prefix(prefix).rstrip("/")
        if not self._holds(folder):
            return 0
        deleted = 0
        with translated(f"delete {prefix!r}"):
            for parent, folders, names in os.walk(folder, topdown=False):
                for name in names:
                    Path(parent, name).unlink(missing_ok=True)
                    deleted += not _UNFINISHED.search(name)
                for name in folders:
                    path = Path(parent, name)
                    if path.is_symlink():
                        path.unlink(missing_ok=True)
                _remove_if_empty(Path(parent))
        return deleted

    def copy(self, source: str, target: str) -> None:
        """Copy by a hard link, which takes no space; by reading and writing where links are not to be had."""
        try:
            super().copy(source, target)
        except Unavailable:
            self.put_stream(target, self.stream(source))

    def uri(self, key: str) -> str:
        """Return the URI by which a provider that reads this directory reaches *key*."""
        return f"s3://{self._bucket}/{check_key(key)}"

    def _target(self, key: str) -> str:
        self._path(key)
        return key

    def _attributes(self, media_type: str) -> None:
        """Store nothing beside the bytes: a file system has no place for it."""
        del media_type

    def _written(self, key: str, size: int, etag: str | None) -> BlobInfo:
        del size, etag
        with translated(f"look up {key!r}"):
            return _info(key, self._path(key).lstat())

    def _path(self, key: str) -> Path:
        """Return the file of *key*, refusing names that a directory cannot hold and links that lead out."""
        check_key(key)
        if any(len(part.encode()) > _PART_BYTES for part in key.split("/")):
            raise Invalid(f"{key!r} has a part of more than {_PART_BYTES} bytes, too many for a file name.")
        if _UNFINISHED.search(key):
            raise Invalid(f"{key!r} ends like an unfinished file ('#' and digits).")
        path = self._directory / key
        resolved = os.path.realpath(path)
        if resolved != str(path):
            raise Invalid(f"{key!r} leads through a symbolic link.")
        return path

    def _holds(self, folder: Path) -> bool:
        return folder.is_dir() and os.path.realpath(folder) == str(folder)

    def _reachable(self) -> None:
        if not self._directory.is_dir():
            raise Unavailable(
                f"The store's directory {self._directory} is gone.", hint="Is its disk mounted?"
            )

    def _walk(self, folder: str) -> Iterator[tuple[str, os.stat_result]]:
        """Yield the files below *folder* in key order, which sorts a folder as its name and a slash."""
        with translated(f"list {folder!r}"):
            try:
                entries = list(os.scandir(self._directory / folder))
            except (FileNotFoundError, NotADirectoryError):
                return
        children = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                children.append((f"{entry.name}/", entry))
            elif entry.is_file(follow_symlinks=False) and _is_key_part(entry.name):
                children.append((entry.name, entry))
        for name, entry in sorted(children, key=lambda child: os.fsencode(child[0])):
            key = f"{folder}/{name}" if folder else name
            if name.endswith("/"):
                yield from self._walk(key[:-1])
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield key, found


def _info(key: str, found: os.stat_result) -> BlobInfo:
    # The same three numbers, in the same form, as obstore's etag of a local file.
    etag = f"{found.st_ino:x}-{found.st_mtime_ns // 1000:x}-{found.st_size:x}"
    modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
    return BlobInfo(key=key, size_bytes=found.st_size, etag=etag, modified_at=modified_at)


def _is_key_part(name: str) -> bool:
    """Say whether a file's name can be in a key; a stranger's file in the directory may have any name."""
    return name.isprintable() and not _UNFINISHED.search(name)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
