"""The whole job over a real S3 server: staging, manifest, output and clean-up lie in a bucket."""

from acceptance.films import FILMS
from shotlog.blobs.opening import open_store


def test_a_bucket_takes_the_place_of_the_directory(installation, films, s3_server, s3_bucket, database_url):
    url = f"s3://{s3_bucket}/lib/one"
    home = installation(
        database_url=database_url, store=url, s3_endpoint=s3_server.endpoint, batch_max_records=3
    )
    summary = home.run("run", films, "--yes", code=3)
    store = open_store(url, s3_endpoint=s3_server.endpoint)
    keys = [info.key for info in store.list()]

    assert summary["records"]["succeeded"] == summary["records"]["planned"] == len(FILMS)
    assert summary["jobs"] == 2
    assert not (home.home / "store").exists()
    assert sum(key.endswith("/manifest.jsonl") for key in keys) == 2
    assert sum(key.endswith("/manifest.jsonl.out") for key in keys) == 2
    assert sum(key.startswith("proxies/") for key in keys) == len(FILMS)

    again = home.run("run", films, "--yes", code=3)
    shown = home.run("storage", "show")
    cleaned = home.run("storage", "clean", "--yes")
    left = [info.key for info in store.list("nova")]

    assert again["records"]["planned"] == 0
    assert (shown["folders"], shown["cleanable"]["jobs"], cleaned["cleaned"]["jobs"]) == (2, 2, 2)
    assert left
    assert all(key.startswith("nova/batch/archive/") for key in left)
