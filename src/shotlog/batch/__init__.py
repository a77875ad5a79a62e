"""The batch library: names, chunks and folders that a batch job accepts, over any object store.

It needs no database: give it files and a store (`shotlog.blobs.open_store`, or anything else that
fulfils `shotlog.domain.ports.BlobStore`), and it cuts, names, stages, verifies and cleans up.
"""

from shotlog.batch.cleanup import Cleanup, cleanup_batch_folder
from shotlog.batch.names import distinct_names, needs_sanitization, sanitize_filename, sanitize_s3_key
from shotlog.batch.splitting import (
    BatchChunk,
    BatchFile,
    BatchLimits,
    chunk_lengths,
    estimate_chunk_count,
    iter_chunks,
    split_batch_by_size,
)
from shotlog.batch.staging import StagedFiles, prepare_batch_files, staged_keys, upload_manifest
from shotlog.batch.verification import Verification, verify_files_exist

__all__ = [
    "BatchChunk",
    "BatchFile",
    "BatchLimits",
    "Cleanup",
    "StagedFiles",
    "Verification",
    "chunk_lengths",
    "cleanup_batch_folder",
    "distinct_names",
    "estimate_chunk_count",
    "iter_chunks",
    "needs_sanitization",
    "prepare_batch_files",
    "sanitize_filename",
    "sanitize_s3_key",
    "split_batch_by_size",
    "staged_keys",
    "upload_manifest",
    "verify_files_exist",
]
