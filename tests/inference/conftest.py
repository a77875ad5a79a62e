"""A server on loopback that answers as it is told and keeps what it was asked."""

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shotlog.inference.bedrock_clients import BedrockClients, BedrockConnection


class Script:
    """Answers to give, in order, and the requests that came."""

    def __init__(self):
        self.answers = deque()
        self.requests = []

    def answer(self, status=200, body=None, error=""):
        self.answers.append((status, body or {}, error))
        return self


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def endpoint(script):
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            script.requests.append((self.command, self.path, body))
            status, answer, error = script.answers.popleft()
            data = json.dumps(answer).encode()
            self.send_response(status)
            if error:
                self.send_header("x-amzn-ErrorType", error)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = handle_any  # noqa: N815 - the base class looks for these names

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clients(endpoint):
    made = BedrockClients(
        BedrockConnection(
            region="us-east-1",
            endpoint_url=endpoint,
            access_key="test",
            secret_key="test",
            attempts=3,
            pause_s=0.001,
            longest_pause_s=0.002,
        )
    )
    yield made
    made.close()
