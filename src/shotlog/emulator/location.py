"""What an ``s3://`` URI of a job names: one manifest or a folder, and which objects lie in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a bucket. Keys are literal: nothing is percent-decoded (R27)."""

    bucket: str
    #: Empty for the bucket's root, else ends in ``/``.
    folder: str
    #: Key of the one file that the URI names; None when it names a folder.
    file: str | None = None

    def holds(self, uri: str) -> bool:
        """Say whether *uri* names an object inside the folder; a single file holds nothing (R25)."""
        return self.file is None and uri.startswith(f"s3://{self.bucket}/{self.folder}")


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an ``s3://`` URI.

    >>> split_uri("s3://clips/a/b%20c.mp4")
    ('clips', 'a/b%20c.mp4')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def input_location(uri: str) -> Location:
    """Return what a job's input URI names: a ``.jsonl`` file, or else a folder (facts §3.2)."""
    bucket, key = split_uri(uri)
    if key.endswith(".jsonl"):
        return Location(bucket, "", key)
    return output_location(uri)


def output_location(uri: str) -> Location:
    """Return the folder that a job's output URI names."""
    bucket, key = split_uri(uri)
    folder = key.rstrip("/")
    return Location(bucket, f"{folder}/" if folder else "")
