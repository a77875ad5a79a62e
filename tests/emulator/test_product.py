"""The product's own client, store and engine against the strict emulator: one job, one call on demand."""

import json

import pytest

from emulator.stage import PATIENCE_S, ROLE, Seer, Stage, record
from shotlog.blobs.opening import open_buckets, open_store
from shotlog.domain.job_state import JobRequest
from shotlog.domain.ports import OnDemandQuestion
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.models import LOCAL_MODEL
from shotlog.emulator.server import EmulatorServer
from shotlog.emulator.service import Emulator
from shotlog.errors import NotFound, QuotaReached, Rejected
from shotlog.inference.bedrock_batch import BedrockBatch
from shotlog.inference.bedrock_clients import BedrockClients, BedrockConnection
from shotlog.inference.bedrock_runtime import BedrockRuntime
from shotlog.inference.catalog import Catalog
from shotlog.inference.output import read_records, read_totals
from shotlog.inference.payloads import model_input
from shotlog.media.sample_clip import Scene, make_clip
from shotlog.sandbox.pool import Sandbox
from shotlog.vision.engine import LocalEngine

SCHEMA = {"type": "object", "properties": {"summary": {"type": "object"}}}
QUESTION = f"Say what you see.\nJSON schema:\n{json.dumps(SCHEMA)}\nOnly JSON."
FOLDER = "nova_batch/job_20260102_030405_001"


@pytest.fixture
def url(tmp_path):
    """The address of a strict emulator over a store in a directory, answered by the local engine."""
    sandbox = Sandbox(workers=1, memory_bytes=3 << 30, preload=LocalEngine.PRELOAD)
    (tmp_path / "store").mkdir()
    emulator = Emulator(
        buckets=open_buckets(f"file://{tmp_path / 'store'}"),
        model=LocalEngine(sandbox, timeout_s=120),
        config=EmulatorConfig(strict=True, min_records=1, step_seconds=0, max_active_jobs=1),
        state=tmp_path / "emulator.db",
    )
    server = EmulatorServer(emulator)
    yield server.start()
    server.stop()
    sandbox.close()


@pytest.fixture
def clients(url):
    made = BedrockClients(
        BedrockConnection(
            "us-east-1", url, access_key="any", secret_key="any", attempts=1, answer_timeout_s=120
        )
    )
    yield made
    made.close()


def test_the_product_gets_its_answers_through_the_emulator(clients, tmp_path):
    store = open_store(f"file://{tmp_path / 'store'}")
    clip = make_clip(tmp_path / "clip.mp4", scenes=[Scene(2, "firebrick")])
    store.put(f"{FOLDER}/files/clip.mp4", clip)
    uri = store.uri(f"{FOLDER}/files/clip.mp4")
    card = Catalog.load().find(LOCAL_MODEL)
    body = model_input(card, kind="video", media_format="mp4", uri=uri, text=QUESTION, max_tokens=2000)
    store.put(f"{FOLDER}/manifest.jsonl", json.dumps({"recordId": "r1", "modelInput": body}).encode() + b"\n")
    batch = BedrockBatch(clients)
    request = JobRequest(
        name="evening-001",
        client_token="chunk-1",
        model_id=LOCAL_MODEL,
        role_arn=ROLE,
        input_uri=store.uri(FOLDER) + "/",
        output_uri=store.uri("nova/batch/output/one") + "/",
    )

    arn = batch.create(request)
    assert batch.create(request) == arn
    here = Stage.__new__(Stage)
    status = here.until(lambda: (job := batch.get(arn)).state.terminal and job)

    assert status.state == "Completed", status.message
    folder = f"nova/batch/output/one/{arn.rpartition('/')[2]}"
    (found,) = read_records(store.stream(f"{folder}/manifest.jsonl.out"))
    assert (found.record_id, found.error) == ("r1", None)
    assert json.loads(found.answer.text)["engine"] == "local"
    assert read_totals(store.get(f"{folder}/manifest.json.out")).success == 1
    told = BedrockRuntime(clients, Catalog.load()).converse(
        OnDemandQuestion(LOCAL_MODEL, "video", "mp4", uri, QUESTION, 2000)
    )
    assert json.loads(told.text) == json.loads(found.answer.text)


def test_the_emulator_works_over_a_real_s3_server(s3_server, s3_bucket, boto_session):
    where = {"s3_endpoint": s3_server.endpoint, "region": "us-east-1"}
    store, seer = open_store(f"s3://{s3_bucket}", **where), Seer()
    store.put("job/files/a.mp4", b"a dog")
    lines = [
        record("seen", f"s3://{s3_bucket}/job/files/a.mp4"),
        record("gone", f"s3://{s3_bucket}/job/b.mp4"),
    ]
    store.put("job/manifest.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    config = EmulatorConfig(min_records=1, step_seconds=0)
    server = EmulatorServer(
        Emulator(buckets=open_buckets(f"s3://{s3_bucket}", **where), model=seer, config=config)
    )
    here = Stage(boto_session, None, seer, server.start(), server)
    try:
        job = here.wait(
            here.create(
                inputDataConfig={"s3InputDataConfig": {"s3Uri": f"s3://{s3_bucket}/job/"}},
                outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{s3_bucket}/out/"}},
            )
        )
        missing = here.wait(
            here.create(inputDataConfig={"s3InputDataConfig": {"s3Uri": "s3://no-such-bucket-here/job/"}})
        )
    finally:
        here.stop()
        here.close()

    folder = f"out/{job['jobArn'].rpartition('/')[2]}"
    found = {one.record_id: one for one in read_records(store.stream(f"{folder}/manifest.jsonl.out"))}
    assert (job["status"], missing["status"]) == ("Completed", "Failed")
    assert "a dog" in found["seen"].answer.text
    assert "job/b.mp4" in found["gone"].error.message


def test_the_products_errors_are_those_of_the_emulators_refusals(clients, url):
    import httpx2

    batch = BedrockBatch(clients)
    request = JobRequest("job", "token-1", LOCAL_MODEL, ROLE, "s3://store/in/", "s3://store/out/")
    httpx2.put(f"{url}/_emulator/faults", json={"stuck_in": "Submitted"}, timeout=PATIENCE_S)
    arn = batch.create(request)

    with pytest.raises(QuotaReached):
        batch.create(JobRequest("job", "token-2", LOCAL_MODEL, ROLE, "s3://store/in/", "s3://store/out/"))
    with pytest.raises(NotFound):
        batch.get(arn[:-1] + ("a" if arn[-1] != "a" else "b"))
    with pytest.raises(Rejected):
        batch.create(
            JobRequest("job", "token-3", "amazon.nova-canvas-v1:0", ROLE, "s3://store/in/", "s3://store/o/")
        )
    assert [job.arn for job in batch.list(name_contains="job")] == [arn]
