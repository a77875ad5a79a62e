"""A little of AWS on loopback, for real boto3 clients: who calls, buckets, inference profiles, job lists."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

ACCOUNT = "123456789012"
_MODEL = "foundation-model/amazon.nova-2-lite-v1:0"
_IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/ann</Arn><UserId>AIDA</UserId>
<Account>{account}</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
_ERROR = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"""


class AwsServer:
    """What AWS says; a test changes the attributes before it asks."""

    def __init__(self):
        self.account = ACCOUNT
        self.bucket_regions = {"clips": "us-east-1"}
        #: 200, or what S3 says to someone who may not look inside.
        self.bucket_status = 200
        self.profile_models = [
            f"arn:aws:bedrock:{region}::{_MODEL}" for region in ("us-west-2", "us-east-1", "us-east-2")
        ]
        self.availability = {
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": "AVAILABLE",
            "agreementAvailability": {"status": "AVAILABLE"},
            "regionAvailability": "AVAILABLE",
        }
        #: Provider's state -> models of the jobs that are in it.
        self.jobs = {}
        self.page = 100
        #: Start of a path -> (status, code) that it is answered with.
        self.errors = {}
        self.requests = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(self, method, target):
        """Return status, headers and body."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        self.requests.append((method, path))
        failing = next((self.errors[start] for start in self.errors if path.startswith(start)), None)
        if method == "POST":
            return self._sts(failing)
        if method == "HEAD":
            return self._bucket(path.strip("/"))
        if failing:
            return failing[0], {"x-amzn-ErrorType": failing[1]}, json.dumps({"message": "No."})
        if path.startswith("/inference-profiles/"):
            return 200, {}, json.dumps({"models": [{"modelArn": arn} for arn in self.profile_models]})
        if path.startswith("/foundation-model-availability/"):
            return 200, {}, json.dumps({"modelId": path.rpartition("/")[2], **self.availability})
        return 200, {}, json.dumps(self._list(parse_qs(parts.query)))

    def _sts(self, failing):
        if failing:
            return failing[0], {"Content-Type": "text/xml"}, _ERROR.format(code=failing[1], message="No.")
        return 200, {"Content-Type": "text/xml"}, _IDENTITY.format(account=self.account)

    def _bucket(self, name):
        region = self.bucket_regions.get(name)
        return (self.bucket_status, {"x-amz-bucket-region": region}, "") if region else (404, {}, "")

    def _list(self, query):
        wanted = query.get("statusEquals", list(self.jobs))
        found = [_job(state, model) for state in wanted for model in self.jobs.get(state, ())]
        start = int(query.get("nextToken", ["0"])[0])
        end = start + self.page
        more = {"nextToken": str(end)} if end < len(found) else {}
        return {"invocationJobSummaries": found[start:end], **more}

    def _handler(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, body = outer.answer(self.command, self.path)
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json"} | headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body.encode())

            do_GET = do_POST = do_HEAD = handle_any  # noqa: N815 - the base class looks for these names

            def log_message(self, *_):
                pass

        return Handler


def _job(state, model):
    return {
        "jobArn": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-invocation-job/abcdefghijkl",
        "jobName": "shotlog-1",
        "modelId": model,
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/batch",
        "status": state,
        "submitTime": "2026-01-05T10:15:02Z",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://clips/in/"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://clips/out/"}},
    }
