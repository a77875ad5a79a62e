from shotlog.blobs.opening import open_buckets, open_store

__all__ = ["open_buckets", "open_store"]
