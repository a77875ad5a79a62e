"""A program that takes one run of an installation to its end, unless it is killed before."""

import json
import sys

from shotlog.bootstrap import build
from shotlog.settings import Settings


def main(settings, **request):
    """Run, and print the account."""
    with build(Settings(**settings)) as app, app.workbench() as bench:
        run = bench.start_run(app.requests.fresh(**request))
        print("begun", flush=True)  # noqa: T201 - the test reads it
        bench.wait_for_run(run.id, lambda _: None)
        print(json.dumps(app.reports.run_summary(run.id, None)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), **json.loads(sys.argv[2]))
