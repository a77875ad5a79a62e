"""What the store holds is looked up before a job is paid for."""

import pytest

from shotlog.batch import BatchFile, verify_files_exist
from shotlog.errors import Throttled, Unavailable

PLAN = [
    BatchFile(1, "a.mp4", 3),
    BatchFile(2, "b c.mp4", 3),
    BatchFile(3, "gone.mp4", 3),
    BatchFile(4, "d.mp4", 3),
]


def test_b19_files_are_present_missing_or_changed(store):
    for file in PLAN[:2]:
        store.put(file.proxy_s3_key, b"123")
    store.put("d.mp4", b"12")
    result = verify_files_exist(store, iter(PLAN))
    assert (result.present, result.missing, result.changed) == (PLAN[:2], [PLAN[2]], [PLAN[3]])
    assert not result.complete


def test_a_file_of_the_same_size_and_other_content_has_changed(store):
    etags = {1: store.put("a.mp4", b"123").etag, 2: store.put("b c.mp4", b"123").etag}
    assert verify_files_exist(store, PLAN[:2], etags=etags).complete
    store.put("a.mp4", b"321")
    result = verify_files_exist(store, PLAN[:2], etags=etags)
    assert (result.present, result.changed) == ([PLAN[1]], [PLAN[0]])


def test_b19_a_look_up_that_fails_is_an_error_and_no_missing_file(watched):
    for file in PLAN:
        watched.put(file.proxy_s3_key, b"123")
    for error in (Unavailable("gone"), Throttled("slow down")):
        watched.fail["gone.mp4"] = error
        with pytest.raises(type(error)):
            verify_files_exist(watched, PLAN)


def test_a_key_that_no_store_can_hold_is_missing(local):
    odd = BatchFile(9, "../x", 0)
    assert verify_files_exist(local, [odd]).missing == [odd]


def test_nothing_to_verify_is_complete(local):
    assert verify_files_exist(local, []).complete


def test_many_files_are_verified_in_order(local):
    plan = [BatchFile(n, f"{n:04d}", 1) for n in range(1, 301)]
    for file in plan[::2]:
        local.put(file.proxy_s3_key, b"x")
    result = verify_files_exist(local, plan, concurrency=3)
    assert (result.present, result.missing) == (plan[::2], plan[1::2])
