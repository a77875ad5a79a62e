"""The end that a run comes to when nothing disturbs it, to compare others with."""

import json

from acceptance.installation import Installation
from once import once

#: Six good films: two chunks of three.
CHUNKS = {"batch_max_records": 3, "batch_min_records": 1}
#: Six good films: one chunk of four, and a tail of two that is asked on demand.
TAIL = {"batch_max_records": 4, "batch_min_records": 4}


def undisturbed(session_folder, films, settings):
    """Return how all looks after one run that nothing disturbs; made once for all tests."""
    name = "undisturbed-" + "-".join(str(value) for value in settings.values())
    note = session_folder / f"{name}.json"
    with once(session_folder / f"{name}.lock"):
        if not note.exists():
            home = Installation(session_folder / name, **settings)
            done = home.run("run", films, "--yes", code=3)
            note.write_text(json.dumps({"done": done, "account": home.account()}))
    return json.loads(note.read_text())
