"""A running emulator as tests use it: buckets in a directory, a model that says what it saw, boto3."""

import json
import threading
import time

import httpx2
from botocore.config import Config

from shotlog.blobs.directory import DirectoryBlobs
from shotlog.domain.ports import Answer
from shotlog.emulator.state import TERMINAL
from shotlog.errors import MediaRefused, NotFound

BUCKET = "clips"
FOLDER = "jobs/job_001"
ROLE = "arn:aws:iam::123456789012:role/batch"
NOVA = "amazon.nova-lite-v1:0"
PATIENCE_S = 60


class Shelves:
    """Buckets that are folders of one directory; what has no folder does not exist."""

    def __init__(self, root):
        self.root = root

    def bucket(self, name):
        if not (self.root / name).is_dir():
            raise NotFound(f"There is no bucket {name}.")
        return DirectoryBlobs(self.root / name, bucket=name)


class Seer:
    """Answers with a summary that quotes the media, and keeps the questions."""

    def __init__(self):
        self.questions = []
        self.failure = None
        self._lock = threading.Lock()

    def answer(self, question):
        seen = [media.path.read_bytes().decode() for media in question.media]
        with self._lock:
            self.questions.append(question)
        if "broken" in seen:
            raise MediaRefused("It is no video.")
        if self.failure:
            raise self.failure
        text = json.dumps({"summary": {"text": f"one can see {' and '.join(seen)} here"}})
        return Answer(text=text, stop_reason="end_turn", input_tokens=100, output_tokens=20)


class Stage:
    """One running emulator and what a test does with it."""

    def __init__(self, session, root, seer, url, server, emulator=None):
        self.root, self.seer, self.url, self.server, self.emulator = root, seer, url, server, emulator
        self.control = _client(session, "bedrock", url)
        self.runtime = _client(session, "bedrock-runtime", url)

    def stop(self):
        self.server.stop()

    def close(self):
        self.control.close()
        self.runtime.close()

    def put(self, key, body, bucket=BUCKET):
        path = self.root / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return f"s3://{bucket}/{key}"

    def manifest(self, records, name="manifest.jsonl", folder=FOLDER):
        lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
        self.put(f"{folder}/{name}".lstrip("/"), "".join(f"{line}\n" for line in lines))

    def clips(self, count, folder=FOLDER):
        """Put *count* clips and a manifest that asks about each; return the record ids."""
        uris = [self.put(f"{folder}/files/{number}.mp4", f"clip {number}") for number in range(count)]
        self.manifest([record(f"r{number}", uri) for number, uri in enumerate(uris)], folder=folder)
        return [f"r{number}" for number in range(count)]

    def create(self, folder=FOLDER, **changes):
        request = {
            "jobName": "job",
            "roleArn": ROLE,
            "modelId": NOVA,
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://{BUCKET}/{folder}/"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/out/"}},
        }
        return self.control.create_model_invocation_job(**request | changes)["jobArn"]

    def get(self, arn):
        return self.control.get_model_invocation_job(jobIdentifier=arn)

    def wait(self, arn, *states):
        """Return the job once it is in one of *states*, by default once it has ended."""
        return self.until(lambda: (job := self.get(arn))["status"] in (states or TERMINAL) and job)

    def until(self, look):
        deadline = time.monotonic() + PATIENCE_S
        while not (found := look()):
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.02)
        return found

    def run(self, *records, **changes):
        """Run a job of these records and return its output by record id."""
        if records:
            self.manifest(records)
        arn = self.create(**changes)
        job = self.wait(arn)
        assert job["status"] == "Completed", job.get("message")
        return {line["recordId"]: line for line in self.output(arn)}

    def output_files(self, arn):
        folder = self.root / BUCKET / "out" / arn.rpartition("/")[2]
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def output(self, arn):
        """Return all output lines of a job in the order in which they stand."""
        files = self.output_files(arn)
        lines = [
            line for name, body in files.items() if name.endswith(".jsonl.out") for line in body.split(b"\n")
        ]
        return [json.loads(line) for line in lines if line]

    def summary(self, arn):
        return json.loads(self.output_files(arn)["manifest.json.out"])

    def faults(self, **faults):
        answer = httpx2.put(f"{self.url}/_emulator/faults", json=faults)
        assert answer.status_code == 200, answer.text

    def events(self):
        return httpx2.get(f"{self.url}/_emulator/events").json()["events"]

    def raw(self, method, path, **more):
        return httpx2.request(method, f"{self.url}{path}", **more)


def record(record_id, uri=None, **changes):
    """Return a manifest record in Nova's own shape that asks about one video, or only in words."""
    media = [{"video": {"format": "mp4", "source": {"s3Location": {"uri": uri}}}}] if uri else []
    body = {
        "schemaVersion": "messages-v1",
        "messages": [{"role": "user", "content": [*media, {"text": "What can one see?"}]}],
        "inferenceConfig": {"maxTokens": 2000, "temperature": 0, "topK": 1},
    }
    given = {} if record_id is None else {"recordId": record_id}
    return {**given, "modelInput": {k: v for k, v in (body | changes).items() if v is not None}}


def converse_record(record_id, uri=None, **changes):
    """Return the same record in Converse's shape."""
    changed = {"schemaVersion": None, "inferenceConfig": {"maxTokens": 2000, "temperature": 0}} | changes
    return record(record_id, uri, **changed)


def _client(session, service, url):
    return session.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE_S),
    )
