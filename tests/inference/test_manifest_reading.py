"""A manifest read back says what was written into it, and a line that is none says nothing."""

import pytest

from shotlog.domain.manifest import manifest_line, record_id
from shotlog.inference.catalog import Catalog
from shotlog.inference.manifest_reading import ManifestRecord, read_manifest
from shotlog.inference.payloads import model_input

CARD = Catalog.load().find("nova-2-lite")
URI = "s3://bucket/nova_batch/job_1/files/a_12.mp4"
NOTHING = ManifestRecord(None, "", "", "", None, None)


@pytest.mark.parametrize(("kind", "name"), [("video", "mp4"), ("photo", "jpg")])
def test_what_was_written_is_read_back(kind, name):
    body = model_input(
        CARD, kind=kind, media_format=name, uri=URI, text="What? é\u2028", max_tokens=500, temperature=0.3
    )
    line = manifest_line(record_id(12), body)

    assert (
        list(read_manifest([line[:40], line[40:], line]))
        == [ManifestRecord(12, kind, URI, "What? é\u2028", 500, 0.3)] * 2
    )


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"\xff",
        b"[1]",
        b"null",
        b'{"recordId": 12}',
        b'{"recordId": "rec_012", "modelInput": {"messages": [1, {"content": ["x", {"text": 1}]}]}}',
        b'{"modelInput": {"inferenceConfig": {"maxTokens": true, "temperature": "0"}}}',
        b'{"modelInput": {"inferenceConfig": {"maxTokens": -1, "temperature": 1e300}}}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_of_ours_says_nothing(line):
    assert list(read_manifest([line, b"\n\n"])) == [NOTHING]
