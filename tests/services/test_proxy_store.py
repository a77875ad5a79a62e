"""Proxies get into the store whole, or not at all."""

import hashlib

import sqlalchemy as sa

from shotlog.store import assets
from shotlog.store.tables.library import AssetRow, RenditionRow


def one(stage):
    (id_,) = stage.assets(1)
    with stage.database.write() as session:
        digest = hashlib.sha256(stage.proxy_file(id_).read_bytes()).hexdigest()
        session.execute(sa.update(RenditionRow).values(sha256=digest))
    return id_


def ensured(stage):
    with stage.database.read() as session:
        return stage.proxies.ensure(assets.many(session, AssetRow.id.is_not(None)))


def test_a_proxy_is_uploaded_once(stage):
    id_ = one(stage)
    first, again = ensured(stage), ensured(stage)

    assert first.keys == again.keys == {id_: "proxies/000000/clip_0_1.mp4"}
    assert stage.store.get(first.keys[id_]) == stage.proxy_file(id_).read_bytes()


def test_b19_a_local_proxy_of_the_right_size_and_other_content_is_not_sent(stage):
    id_ = one(stage)
    size = stage.proxy_file(id_).stat().st_size
    stage.proxy_file(id_).write_bytes(b"x" * size)

    assert ensured(stage).failed == {id_: "The proxy's file is gone or damaged."}
    assert list(stage.store.list("proxies/")) == []


def test_a_damaged_proxy_is_made_again_for_the_next_try(stage):
    id_ = one(stage)
    stage.proxy_file(id_).unlink()
    ensured(stage)

    assert stage.rows(RenditionRow) == []
