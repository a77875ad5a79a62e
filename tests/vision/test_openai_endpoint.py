"""A vision endpoint of the user's own, asked over real HTTP on loopback."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from shotlog.domain.ports import MediaInput, Question
from shotlog.errors import Invalid, MediaRefused, Rejected, Throttled, Unavailable
from shotlog.vision.openai_endpoint import OpenAIEndpoint

SAID = {
    "choices": [{"message": {"role": "assistant", "content": '{"summary": {}}'}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1234, "completion_tokens": 7},
}


class Server:
    """Answers with what the test has lined up, then for ever with the last of it."""

    def __init__(self):
        self.replies, self.requests = [(200, SAID, {})], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers), json.loads(body)))
                status, value, headers = outer.replies.pop(0) if len(outer.replies) > 1 else outer.replies[0]
                content = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def endpoint(server, sandbox):
    made = []

    def make(url=server.url, key="", **options):
        pieces = {"frames": 4, "timeout_s": 20, "pause_s": 0.01, "attempts": 3} | options
        made.append(OpenAIEndpoint(url, "llava", key, sandbox=sandbox, **pieces))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _question(path, kind="video", max_tokens=500):
    return Question("local", (MediaInput(kind, "mp4", path),), "What is this?", max_tokens)


def _pictures(content):
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    return [Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2]))) for url in urls]


def test_it_sends_evenly_spaced_frames_then_the_prompt(server, endpoint, slides):
    answer = endpoint(key="secret").answer(_question(slides))

    path, headers, body = server.requests[0]
    content = body["messages"][0]["content"]
    times = [float(part["text"].split()[2]) for part in content[:-1] if part["type"] == "text"]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("llava", 500, 0)
    assert times == pytest.approx([1.125, 3.375, 5.625, 7.875], abs=0.25)
    assert [picture.format for picture in _pictures(content)] == ["JPEG"] * 4
    assert content[-1] == {"type": "text", "text": "What is this?"}
    assert (answer.text, answer.stop_reason) == ('{"summary": {}}', "end_turn")
    assert (answer.input_tokens, answer.output_tokens) == (1234, 7)


def test_a_photo_is_sent_upright_and_small(server, endpoint, poster):
    endpoint(long_side=300).answer(_question(poster, "photo"))

    [picture] = _pictures(server.requests[0][2]["messages"][0]["content"])
    assert picture.size == (200, 300)


def test_a_clip_shorter_than_the_frames_asked_for_sends_one_a_second(server, endpoint, silent):
    endpoint(frames=16).answer(_question(silent))

    assert len(_pictures(server.requests[0][2]["messages"][0]["content"])) == 2


def test_no_key_is_sent_when_there_is_none(server, endpoint, silent):
    endpoint(url=server.url + "/chat/completions/").answer(_question(silent))

    path, headers, _ = server.requests[0]
    assert path == "/v1/chat/completions"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("length", "max_tokens"), ("content_filter", "content_filtered"), (None, "end_turn"), ("odd", "odd")],
)
def test_the_reason_why_it_stopped_is_translated(server, endpoint, silent, finish, reason):
    server.replies = [(200, {"choices": [{"message": {"content": "Hm"}, "finish_reason": finish}]}, {})]

    answer = endpoint().answer(_question(silent))

    assert answer.stop_reason == reason
    assert answer.output_tokens == 1


def test_an_answer_in_parts_or_without_text_is_read(server, endpoint, silent):
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    server.replies = [
        (200, {"choices": [{"message": {"content": parts}}]}, {}),
        (200, {"choices": [{"message": {"content": None}}]}, {}),
    ]

    assert [endpoint().answer(_question(silent)).text for _ in range(2)] == ["ab", ""]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_it_asks_again_after_throttling_and_outages(server, endpoint, silent, status):
    server.replies = [(status, b"busy", {"Retry-After": "0"}), (200, SAID, {})]

    assert endpoint().answer(_question(silent)).text
    assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "error"), [(429, Throttled), (502, Unavailable)])
def test_it_gives_up_after_the_last_attempt(server, endpoint, silent, status, error):
    server.replies = [(status, b"\x00busy", {})]

    with pytest.raises(error, match=str(status)):
        endpoint().answer(_question(silent))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 307])
def test_a_refusal_is_not_asked_again(server, endpoint, silent, status):
    server.replies = [(status, {"error": "no"}, {"Location": "http://127.0.0.1:9/"})]

    with pytest.raises(Rejected) as refused:
        endpoint().answer(_question(silent))
    assert len(server.requests) == 1
    assert bool(refused.value.hint) == (status == 401)


@pytest.mark.parametrize("content", [b"<html>", b"", b"[]", {"choices": []}, {"choices": [{}]}])
def test_what_is_no_chat_completion_is_rejected(server, endpoint, silent, content):
    server.replies = [(200, content, {})]

    with pytest.raises(Rejected):
        endpoint().answer(_question(silent))


def test_an_endpoint_that_is_not_there_is_unavailable(endpoint, silent):
    with pytest.raises(Unavailable) as missing:
        endpoint(url="http://127.0.0.1:9/v1", attempts=2).answer(_question(silent))
    assert "SHOTLOG_VISION_ENDPOINT" in missing.value.hint


def test_a_broken_file_is_refused_before_anything_is_sent(server, endpoint, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")

    with pytest.raises(MediaRefused):
        endpoint().answer(_question(tmp_path / "broken.mp4"))
    assert server.requests == []


def test_an_address_that_is_no_web_address_is_refused(sandbox):
    with pytest.raises(Invalid):
        OpenAIEndpoint("file:///etc", "llava", sandbox=sandbox)
