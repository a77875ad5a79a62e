"""Make sure, before a job is paid for, that the store holds what the plan says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shotlog.batch.parallel import in_parallel
from shotlog.batch.splitting import BatchFile
from shotlog.domain.ports import BlobInfo, BlobStore
from shotlog.errors import Invalid


@dataclass(frozen=True, slots=True)
class Verification:
    """What the store said about a plan's files, each file in one of three lists."""

    #: There, with the planned size and, where one was given, the planned etag.
    present: list[BatchFile] = field(default_factory=list)
    #: Not there: an upload was interrupted, or someone has deleted it.
    missing: list[BatchFile] = field(default_factory=list)
    #: There, but of another size or content: upload it again.
    changed: list[BatchFile] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Say whether all files are as planned."""
        return not self.missing and not self.changed


def verify_files_exist(
    store: BlobStore,
    files: Iterable[BatchFile],
    *,
    etags: Mapping[int, str] | None = None,
    concurrency: int = 32,
) -> Verification:
    """Look up every file of a plan in *store*, by size and by the etag that *etags* has for its id.

    A look-up that fails is an error, never a file of size 0 (regression B19): it raises, and what is
    known by then counts for nothing. A file whose key no store can hold is missing.

    Raises:
        Unavailable: the store cannot be reached; so do the other errors of `BlobStore.head`.
    """
    known = etags or {}
    result = Verification()

    def look_up(file: BatchFile) -> BlobInfo | None:
        try:
            return store.head(file.proxy_s3_key)
        except Invalid:
            return None

    for file, info in in_parallel(look_up, files, concurrency):
        if info is None:
            result.missing.append(file)
        elif info.size_bytes != file.proxy_size or known.get(file.file_id, info.etag) != info.etag:
            result.changed.append(file)
        else:
            result.present.append(file)
    return result
