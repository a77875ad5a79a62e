"""What the service checks while a job is Validating: files, sizes, counts and lines, no prompt (R15-R18)."""

from __future__ import annotations

from collections.abc import Iterator

from shotlog.domain.ports import BlobInfo, BlobStore, Buckets
from shotlog.emulator.answer_table import Manifest
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.jobs import Job
from shotlog.emulator.lines import LineTooLong, decode, split_lines
from shotlog.emulator.location import Location, input_location, output_location
from shotlog.emulator.texts import say
from shotlog.errors import NotFound


class JobRefused(Exception):
    """The job fails as a whole; the text is its ``message``."""


class Intake:
    """Validates the input of one job.

    Args:
        buckets: where the input is.
        config: the limits.
        job: the job.
        max_job_bytes: how large everything under the input folder may be.
    """

    def __init__(self, *, buckets: Buckets, config: EmulatorConfig, job: Job, max_job_bytes: int) -> None:
        self._buckets = buckets
        self._config = config
        self._job = job
        self._max_job_bytes = max_job_bytes
        self._location = input_location(job.input_uri)
        self._seen: set[str] = set()

    def manifests(self) -> list[Manifest]:
        """Return the job's input files with the number of their records.

        Raises:
            JobRefused: something is wrong with the input as a whole.
        """
        store = self._reachable(self._location, self._job.input_uri)
        self._reachable(output_location(self._job.output_uri), self._job.output_uri)
        found = self._files(store)
        manifests = [
            Manifest(number, info.key, self._name(info.key), self._count(store, info))
            for number, info in enumerate(found)
        ]
        total = sum(each.records for each in manifests)
        if total < self._config.min_records:
            raise self._refuse("too_few_records", count=total, limit=self._config.min_records)
        if total > self._config.max_records_per_job:
            raise self._refuse("too_many_records", count=total, limit=self._config.max_records_per_job)
        return manifests

    def _reachable(self, location: Location, uri: str) -> BlobStore:
        try:
            return self._buckets.bucket(location.bucket)
        except NotFound as error:
            raise self._refuse("no_access", role=self._job.request["roleArn"], uri=uri) from error

    def _files(self, store: BlobStore) -> list[BlobInfo]:
        found, size = [], 0
        for info in self._objects(store):
            size += info.size_bytes  # everything counts, referenced or not (R17)
            if info.key.endswith(".jsonl"):
                found.append(info)
        if not found:
            raise self._refuse("no_jsonl", uri=self._job.input_uri)
        if size > self._max_job_bytes:
            raise self._refuse("job_too_large", size=size, limit=self._max_job_bytes)
        return found

    def _objects(self, store: BlobStore) -> Iterator[BlobInfo]:
        if self._location.file is None:
            yield from store.list(self._location.folder)
        elif info := store.head(self._location.file):
            yield info

    def _name(self, key: str) -> str:
        nested = self._config.nested_output and self._location.file is None
        return key.removeprefix(self._location.folder) if nested else key.rpartition("/")[2]

    def _count(self, store: BlobStore, info: BlobInfo) -> int:
        name = self._name(info.key)
        limit = self._config.max_file_bytes
        if info.size_bytes > limit:
            raise self._refuse("file_too_large", name=name, size=info.size_bytes, limit=limit)
        count = number = 0
        try:
            for number, line in enumerate(
                split_lines(store.stream(info.key), self._config.max_line_bytes), 1
            ):
                count += self._is_record(line, name, number)
        except LineTooLong as error:
            raise self._bad_line(name, number + 1, "the line is too long") from error
        if count > self._config.max_records_per_file:
            raise self._refuse(
                "too_many_in_file", name=name, count=count, limit=self._config.max_records_per_file
            )
        return count

    def _is_record(self, line: bytes, name: str, number: int) -> bool:
        if not line.strip():
            if self._config.strict:
                raise self._bad_line(name, number, "the line is blank")
            return False
        try:
            record = decode(line)
        except ValueError as error:
            raise self._bad_line(name, number, f"not a JSON value ({error})") from error
        if not isinstance(record, dict):
            raise self._bad_line(name, number, "not a JSON object")
        if not isinstance(record.get("modelInput"), dict):
            raise self._bad_line(name, number, "modelInput is missing or not an object")
        self._check_id(record.get("recordId"), name, number)
        return True

    def _check_id(self, record_id: object, name: str, number: int) -> None:
        if record_id is None:  # one will be made (R32)
            return
        if not isinstance(record_id, str):
            raise self._bad_line(name, number, "recordId is not a string")
        if self._config.strict:
            if record_id in self._seen:
                raise self._bad_line(name, number, "recordId is used twice")
            self._seen.add(record_id)

    def _bad_line(self, name: str, number: int, reason: str) -> JobRefused:
        return self._refuse("bad_line", name=name, line=number, reason=reason)

    def _refuse(self, text: str, **values: object) -> JobRefused:
        return JobRefused(say(text, self._config.texts, arn=self._job.arn, **values))
