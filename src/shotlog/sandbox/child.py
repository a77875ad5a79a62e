"""The child's side of ``Sandbox``: reads one request a line, answers one line each."""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from shotlog.errors import AppError, Unavailable

#: The disk's trouble is not the file's: the work must be done again, not the file refused.
_DISK_TROUBLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_NO_ROOM = (Unavailable.code, "Free disk space, then start again.")
_PARENT_LOOK_S = 1.0


def main(argv: Sequence[str]) -> None:
    """Serve requests from stdin until it closes."""
    memory_bytes, parent, *preload = argv
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the parent, which ends us
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if int(memory_bytes):
        with contextlib.suppress(ValueError, OSError):  # macOS does not know this limit
            resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # codecs that print must not garble the replies
    for module in preload:
        importlib.import_module(module)
    for line in sys.stdin.buffer:
        replies.write(json.dumps(_serve(json.loads(line))).encode() + b"\n")
        replies.flush()


def _end_with(parent: int) -> None:
    # A parent that was killed cannot end us, and a long conversion would go on for nobody.
    while os.getppid() == parent:
        time.sleep(_PARENT_LOOK_S)
    os._exit(1)


def _serve(request: dict[str, Any]) -> dict[str, Any]:
    module, _, name = request["function"].partition(":")
    if not module.startswith("shotlog."):
        return _failure("media_crashed", f"{module} is not ours to run.")
    try:
        return {"result": getattr(importlib.import_module(module), name)(**request["arguments"])}
    except AppError as error:
        return _failure(error.code, error.message, error.hint)
    except MemoryError:
        return _failure("media_memory", "Needs more memory than one media file may take.")
    except OSError as error:
        code, hint = ("media_unreadable", "") if error.errno not in _DISK_TROUBLE else _NO_ROOM
        return _failure(code, f"{type(error).__name__}: {error}", hint)
    except Exception as error:  # noqa: BLE001 - one file's surprise is that file's refusal
        return _failure("media_unreadable", f"{type(error).__name__}: {error}")


def _failure(code: str, message: str, hint: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": hint}}


if __name__ == "__main__":
    main(sys.argv[1:])
