"""Ingest the results of a job, against parsing the same lines and one bulk insert.

The reference calls ``json.loads`` on each line, and on the answer in it, and inserts with ``sqlite3`` alone
the same rows that we store: outcome, raw text, ledger, annotations, and findable segments with their index of
words. It checks nothing: it is what the parser and the disk cost. The bare reference below it keeps only id,
text and tokens. Ours judges every answer besides. Each way runs in a process of its own, so that its peak
memory is its own; the figures are medians.

    python benchmarks/ingest.py [--records N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl"
FOLDER = "nova_batch/job_20260101_120000_001"
OUTPUT = f"nova/batch/output/{FOLDER}/abcdefghijkl/manifest.jsonl.out"
REFERENCE, BARE, OURS = "json.loads + same rows", "json.loads + raw text only", "collect"
REACH, MOST_MB = 4.0, 300


def answer(number):
    """Return an answer as a model gives it to the combined recipe: five sections, two chapters."""
    return {
        "summary": {
            "text": f"A short walk along the harbour in the morning, clip {number}. Boats, two people."
        },
        "chapters": [
            {"title": "Boats at the quay", "start_s": 0, "end_s": 4.5, "summary": "Blue boats lie still."},
            {"title": "Two people walk", "start_s": 4.5, "end_s": 12, "summary": "They walk to the left."},
        ],
        "elements": {
            "objects": [{"name": "boat", "category": "vehicle", "time_ranges": [{"start_s": 0, "end_s": 6}]}],
            "text_on_screen": [{"text": f"PIER {number % 90}", "start_s": 3, "end_s": 5}],
            "topics": [{"topic": "harbour", "time_ranges": [{"start_s": 0, "end_s": 12}]}],
        },
        "classification": {
            "labels": [
                {"dimension": "setting", "value": "outdoor", "confidence": 0.9, "evidence": ["sky"]},
                {"dimension": "people", "value": "a few people", "confidence": 0.8},
                {"dimension": "content", "value": "city and traffic", "confidence": 0.7},
            ]
        },
        "metadata": {"keywords": ["harbour", "boats", "walk", "morning"], "entities": []},
    }


def line(number):
    asked = "Say what this video shows. " * 40
    message = {"role": "assistant", "content": [{"text": json.dumps(answer(number))}]}
    return {
        "modelInput": {"schemaVersion": "messages-v1", "messages": [{"content": [{"text": asked}]}]},
        "modelOutput": {
            "output": {"message": message},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 4500, "outputTokens": 420, "totalTokens": 4920},
        },
        "recordId": f"rec_{number}",
    }


def prepare(folder, count):
    """Make the output of an ended job, and the library in which it ended."""
    target = folder / "store" / OUTPUT
    target.parent.mkdir(parents=True)
    with target.open("w", encoding="utf-8") as file:
        for number in range(count, 0, -1):  # in any order but ours
            file.write(json.dumps(line(number)) + "\n")
    from shotlog.inference.recipe_book import RecipeBook
    from shotlog.store.database import Database
    from shotlog.store.runs import save_recipe

    database = Database(f"sqlite:///{folder / 'library.db'}")
    database.upgrade()
    recipe = RecipeBook.load().get("combined")
    now = datetime.now(UTC)
    with database.write() as session:
        save_recipe(
            session, digest=recipe.digest, name="combined", version="1", body=recipe.to_json(), now=now
        )
    database.close()
    fill(folder / "library.db", count)


def fill(path, count):
    connection = sqlite3.connect(path)
    stamp = "2026-01-01 12:00:00"
    connection.execute("INSERT INTO sources (id, path, added_at) VALUES (1, '/films', ?)", (stamp,))
    connection.executemany(
        "INSERT INTO assets (id, source_id, path, folder, name, state, size_bytes, mtime_ns, fingerprint,"
        " kind, duration_ms, added_at) VALUES (?, 1, ?, '/films', ?, 'ready', 1, 1, ?, 'video', 12000, ?)",
        ((n, f"/films/{n}.mp4", f"{n}.mp4", f"f{n}", stamp) for n in range(1, count + 1)),
    )
    connection.execute(
        "INSERT INTO runs (id, state, mode, engine, model, invocation_id, tail, recipe_id, selection,"
        " planned, created_at) VALUES (1, 'running', 'batch', 'bedrock', 'amazon.nova-lite-v1:0',"
        " 'amazon.nova-lite-v1:0', 'on-demand', 1, '{}', ?, ?)",
        (count, stamp),
    )
    columns = (
        "id, run_id, parent_batch_id, chunk_index, total_chunks, s3_folder, state, model, records_planned,"
    )
    columns += " bytes_planned, client_token, job_name, job_arn, provider_state, unmatched_records"
    values = [
        1,
        1,
        "run_1",
        1,
        1,
        FOLDER,
        "ended",
        "amazon.nova-lite-v1:0",
        count,
        1,
        "t",
        "n",
        ARN,
        "Completed",
        0,
    ]
    present = {row[1] for row in connection.execute("PRAGMA table_info(batch_jobs)")}
    if "adopted" in present:
        columns, values = f"{columns}, adopted", [*values, 0]
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO batch_jobs ({columns}) VALUES ({marks})", values)
    connection.executemany(
        "INSERT INTO records (id, run_id, asset_id, job_id, fingerprint) VALUES (?, 1, ?, 1, ?)",
        ((n, n, f"f{n}") for n in range(1, count + 1)),
    )
    connection.commit()
    connection.close()


def opened(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def same_rows(folder):
    """Parse, and insert in one transaction what ends up in the library, straight into its tables."""
    connection = opened(folder / "library.db")
    tables = {name: [] for name in STATEMENTS}
    stamp = "2026-01-01 12:00:00"
    next_id = 1
    with (folder / "store" / OUTPUT).open("rb") as file:
        for count, raw in enumerate(file, start=1):
            value = json.loads(raw)
            output, number = value["modelOutput"], int(value["recordId"][4:])
            text, usage = output["output"]["message"]["content"][0]["text"], output["usage"]
            tokens = usage["inputTokens"], usage["outputTokens"]
            tables["records"].append(("succeeded", "end_turn", *tokens, stamp, number))
            tables["results"].append((number, text, stamp))
            tables["ledger"].append((number, *tokens, stamp))
            for section, body in json.loads(text).items():
                tables["annotations"].append((next_id, number, number, section, json.dumps(body), stamp))
                for field, words, start, end in pieces(section, body):
                    tables["segments"].append((number, next_id, field, words, words.lower(), start, end))
                next_id += 1
            if count % 5000 == 0:
                flush(connection, tables)
    flush(connection, tables)
    connection.execute("INSERT INTO segment_words(rowid, folded) SELECT id, folded FROM segments")
    connection.commit()
    return connection.execute("SELECT count(*) FROM records WHERE outcome = 'succeeded'").fetchone()[0]


STATEMENTS = {
    "records": "UPDATE records SET outcome = ?, stop_reason = ?, input_tokens = ?, output_tokens = ?,"
    " finished_at = ? WHERE id = ?",
    "results": "INSERT INTO results VALUES (?, ?, ?)",
    "ledger": "INSERT INTO ledger (record_id, run_id, mode, model, input_tokens, output_tokens,"
    " amount_microusd, booked_at) VALUES (?, 1, 'batch', 'amazon.nova-lite-v1:0', ?, ?, 200, ?)",
    "annotations": "INSERT INTO annotations (id, asset_id, record_id, section, engine, body, current,"
    " created_at) VALUES (?, ?, ?, ?, 'bedrock', ?, 1, ?)",
    "segments": "INSERT INTO segments (asset_id, annotation_id, field, text, folded, start_ms, end_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)",
}


def pieces(section, body):
    """Cut the same segments as ours, without a look at what the answer holds."""
    if section == "summary":
        return [("summary", body["text"], None, None)]
    if section == "chapters":
        return [
            ("chapter", f"{one['title']} {one['summary']}", one["start_s"] * 1000, one["end_s"] * 1000)
            for one in body
        ]
    if section == "elements":
        seen = [("text", one["text"], 3000, 5000) for one in body["text_on_screen"]]
        seen += [("object", f"{one['name']}, {one['category']}", 0, 6000) for one in body["objects"]]
        return seen + [("topic", one["topic"], 0, 12000) for one in body["topics"]]
    if section == "classification":
        return [("label", f"{one['dimension']}: {one['value']}", None, None) for one in body["labels"]]
    return [("keyword", ", ".join(body["keywords"]), None, None)]


def flush(connection, tables):
    for name, rows in tables.items():
        connection.executemany(STATEMENTS[name], rows)
        rows.clear()


def bare(folder):
    connection = opened(folder / "reference.db")
    connection.execute(
        "CREATE TABLE result (id TEXT PRIMARY KEY, text TEXT, tokens_in INTEGER, tokens_out INTEGER)"
    )

    def rows():
        with (folder / "store" / OUTPUT).open("rb") as file:
            for raw in file:
                value = json.loads(raw)
                output = value["modelOutput"]
                text, usage = output["output"]["message"]["content"][0]["text"], output["usage"]
                yield value["recordId"], text, usage["inputTokens"], usage["outputTokens"]

    connection.executemany("INSERT INTO result VALUES (?, ?, ?, ?)", rows())
    connection.commit()
    return connection.execute("SELECT count(*) FROM result").fetchone()[0]


def ours(folder):
    from shotlog.blobs.directory import DirectoryBlobs
    from shotlog.domain.clock import utc_now
    from shotlog.inference.catalog import Catalog
    from shotlog.services.collecting import Collector
    from shotlog.services.terms import LimitRules, TermsBook
    from shotlog.store.database import Database
    from shotlog.tasks import garbage

    garbage.calm()  # as a working process does
    database = Database(f"sqlite:///{folder / 'library.db'}")
    terms = TermsBook(database, Catalog.load(), LimitRules(), region="us-east-1").of_run(1)
    store = DirectoryBlobs(folder / "store")
    Collector(database, utc_now, lambda: store).collect(1, terms)
    with sqlite3.connect(folder / "library.db") as connection:
        return connection.execute("SELECT count(*) FROM records WHERE outcome = 'succeeded'").fetchone()[0]


WAYS = {REFERENCE: same_rows, BARE: bare, OURS: ours}


def measure(way, folder):
    """Run one way in this process; print its time, its peak memory in MB, and how many records it took in."""
    began = time.perf_counter()
    taken = WAYS[way](folder)
    seconds = time.perf_counter() - began
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, taken)


def main():
    parser = argparse.ArgumentParser(description="Measure the ingest of results.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        measure(chosen.way, chosen.folder)
        return
    for count in (max(chosen.records // 10, 1), chosen.records):
        compare(count, chosen.rounds)


def compare(count, rounds):
    print(f"\n{count:,} result records on SQLite; median of {rounds}")
    print(f"{'':26}{'seconds':>9}{'records/s':>11}{'peak MB':>9}  against the reference")
    answers = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as made:
        template = Path(made) / "template"
        template.mkdir()
        prepare(template, count)
        for _ in range(rounds):
            for way, given in answers.items():
                folder = Path(made) / "round"
                folder.mkdir()
                (folder / "store").symlink_to(template / "store")
                shutil.copyfile(template / "library.db", folder / "library.db")
                command = [sys.executable, __file__, "--way", way, "--folder", folder]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                given.append([float(word) for word in done.stdout.split()])
                shutil.rmtree(folder)
    base = statistics.median(seconds for seconds, *_ in answers[REFERENCE])
    for way, given in answers.items():
        seconds, peak = statistics.median(one[0] for one in given), max(one[1] for one in given)
        if {int(one[2]) for one in given} != {count}:
            sys.exit(f"{way} took in {given[0][2]:.0f} of {count} records")
        ratio = "" if way == REFERENCE else f"{seconds / base:6.2f} x"
        reach = f"{ratio}  (to reach: < {REACH:g} x, < {MOST_MB} MB)" if way == OURS else ratio
        print(f"{way:26}{seconds:9.2f}{count / seconds:11,.0f}{peak:9.0f}  {reach}")


if __name__ == "__main__":
    main()
