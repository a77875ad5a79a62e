"""What only a bucket has: media types, credentials, and servers that fail."""

import http.client
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from shotlog.blobs import open_buckets, open_store
from shotlog.blobs.s3 import S3Blobs
from shotlog.errors import Invalid, NotFound, Rejected, Throttled, Unavailable

CODES = {
    503: "SlowDown",
    500: "InternalError",
    403: "AccessDenied",
    400: "InvalidRequest",
    404: "NoSuchBucket",
}


@pytest.fixture
def store(s3_server, s3_bucket):
    return open_store(f"s3://{s3_bucket}/library", s3_endpoint=s3_server.endpoint)


@pytest.fixture
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def failing(credentials, monkeypatch):
    """A server that answers requests with one status, all or some, and a store on it that tries twice."""
    servers = []

    def start(status, times=None):
        left = [times]

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                if left[0] == 0:
                    self.send_response(200)
                    self.send_header("etag", '"1"')
                    self.send_header("content-length", "0")
                    self.end_headers()
                    return
                left[0] = times and left[0] - 1
                body = f"<Error><Code>{CODES.get(status, 'X')}</Code></Error>".encode()
                body = b"" if self.command == "HEAD" else body
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        return S3Blobs("bucket", endpoint=f"http://127.0.0.1:{server.server_port}")

    monkeypatch.setattr("shotlog.blobs.s3._RETRIES", {"max_retries": 1})
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def content_type(endpoint, bucket, key):
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    try:
        connection.request("HEAD", f"/{bucket}/{key}")
        return connection.getresponse().headers["content-type"]
    finally:
        connection.close()


@pytest.mark.parametrize("size", [10, 9 << 20])
def test_the_media_type_is_kept_with_the_object(store, s3_server, s3_bucket, size, tmp_path):
    (tmp_path / "f").write_bytes(b"x" * size)
    store.put("put", b"x" * size, media_type="video/mp4")
    store.put("file", tmp_path / "f", media_type="video/mp4")
    store.put_stream("stream", [b"x" * size], media_type="video/mp4")
    store.copy("put", "copy")
    for key in ("put", "file", "stream", "copy"):
        assert content_type(s3_server.endpoint, s3_bucket, f"library/{key}") == "video/mp4"


def test_a_provider_reaches_keys_below_the_prefix(store, s3_bucket):
    assert store.uri("a/b.mp4") == f"s3://{s3_bucket}/library/a/b.mp4"


def test_a_provider_sees_whole_buckets(store, s3_server, s3_bucket):
    store.put("a", b"1")
    bucket = open_buckets(f"s3://{s3_bucket}/library", s3_endpoint=s3_server.endpoint).bucket(s3_bucket)
    assert bucket.get("library/a") == b"1"
    assert [info.key for info in bucket.list()] == ["library/a"]


def test_a_missing_bucket_is_not_taken_for_missing_objects(s3_server, s3_bucket):
    absent = open_store(f"s3://{s3_bucket}-absent", s3_endpoint=s3_server.endpoint)
    for ask in (
        lambda: absent.head("a"),
        lambda: list(absent.list()),
        lambda: absent.put("a", b""),
        lambda: absent.get("a"),
    ):
        with pytest.raises(NotFound, match="bucket"):
            ask()
    with pytest.raises(NotFound):
        open_buckets(f"s3://{s3_bucket}", s3_endpoint=s3_server.endpoint).bucket(f"{s3_bucket}-absent")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (503, Throttled),
        (429, Throttled),
        (500, Unavailable),
        (502, Unavailable),
        (403, Rejected),
        (400, Rejected),
    ],
)
def test_a_failure_is_named_by_whether_trying_again_can_help(failing, status, expected):
    store = failing(status)
    with pytest.raises(expected) as caught:
        store.put("a", b"1")
    assert caught.value.__cause__ is not None
    assert "Debug source" not in caught.value.message


@pytest.mark.parametrize("status", [500, 503, 403, 400, 404])
def test_b19_an_error_is_never_taken_for_an_object_that_does_not_exist(failing, status):
    store = failing(status)
    with pytest.raises((Unavailable, Throttled, Rejected, NotFound)):
        store.head("a")


@pytest.mark.parametrize("status", [500, 503])
def test_m06_an_upload_that_fails_once_is_tried_again(failing, status):
    assert failing(status, times=1).put("a", b"123").size_bytes == 3


def test_m06_a_large_upload_has_half_an_hour(credentials, monkeypatch):
    given = {}
    monkeypatch.setattr("shotlog.blobs.s3.S3Store", lambda bucket, **options: given.update(options))
    S3Blobs("bucket")
    assert given["client_options"]["timeout"] == timedelta(minutes=30)
    assert given["client_options"]["read_timeout"] == timedelta(minutes=1)
    assert given["retry_config"]["max_retries"] == 4


def test_a_redirect_says_that_the_region_is_wrong(failing):
    with pytest.raises(Rejected) as caught:
        failing(301).put("a", b"")
    assert "AWS_REGION" in caught.value.hint


def test_a_server_that_is_not_there_is_out_of_reach(credentials, monkeypatch):
    monkeypatch.setattr("shotlog.blobs.s3._RETRIES", {"max_retries": 0})
    with pytest.raises(Unavailable):
        open_store("s3://bucket", s3_endpoint="http://127.0.0.1:9").head("a")


@pytest.mark.parametrize("environment", [{}, {"AWS_PROFILE": "absent"}])
def test_without_credentials_one_is_told_how_to_give_them(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Rejected) as caught:
        open_store("s3://bucket")
    assert "AWS_PROFILE" in caught.value.hint


@pytest.mark.parametrize("url", ["s3://bucket/../x", "s3://bucket/a//b", "s3://bucket/a\nb"])
def test_a_prefix_that_is_no_key_is_refused(credentials, url):
    with pytest.raises(Invalid):
        open_store(url)
