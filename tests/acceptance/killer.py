"""Run a command that kills itself at one chosen point, as ``kill -9`` from outside would just there.

``killer.py PLAN ARGUMENT...``: PLAN is an object with

- ``point``: ``module:name`` of the function, or ``module:Class.name`` of the method, to stop at;
- ``when``: ``before`` or ``after`` the real call; ``nth``: at which call;
- ``wait_for``: a file that must be there first, made by the test;
- ``freeze``: in place of killing, stop the media processes in the middle of what they do, make this
  file, and go on: the test then does to the process what it wants;
- ``set``: ``module:name`` -> value, put in place beforehand.

Without ``point`` nothing stops; with ``limit`` no file may grow beyond so many bytes, for the command and
its media processes.
"""

import gc
import importlib
import itertools
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from shotlog.cli.main import main
from shotlog.sandbox.pool import Sandbox


def find(point):
    module, _, path = point.partition(":")
    *owners, name = path.split(".")
    owner = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    return owner, name


def end(plan):
    while "wait_for" in plan and not Path(plan["wait_for"]).exists():
        time.sleep(0.01)
    if "freeze" in plan:
        for sandbox in [each for each in gc.get_objects() if isinstance(each, Sandbox)]:
            for pid in sandbox.pids:
                os.kill(pid, signal.SIGSTOP)
        Path(plan["freeze"]).touch()
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def prepare(plan):
    if "limit" in plan:
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan["limit"], resource.RLIM_INFINITY))
    for target, value in plan.get("set", {}).items():
        owner, name = find(target)
        assert hasattr(owner, name), target
        setattr(owner, name, value)


def set_trap(plan):
    owner, name = find(plan["point"])
    real, calls, nth = getattr(owner, name), itertools.count(1), plan.get("nth", 1)

    def trapped(*arguments, **options):
        here = next(calls) == nth
        if here and plan["when"] == "before":
            end(plan)
        result = real(*arguments, **options)
        if here and plan["when"] == "after":
            end(plan)
        return result

    setattr(owner, name, trapped)


if __name__ == "__main__":
    chosen = json.loads(sys.argv[1])
    prepare(chosen)
    if "point" in chosen:
        set_trap(chosen)
    main(sys.argv[2:])
