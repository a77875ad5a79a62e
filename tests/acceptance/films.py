"""Tiny films and photos, each with a word on screen that stands nowhere else."""

import errno
import os
import shutil
from pathlib import Path

from shotlog.media.samples import Scene, make_clip, make_photo

SIZE = {"width": 160, "height": 120, "fps": 5, "audio": False}
BROKEN = "half a film.mp4"
#: name -> the word on screen.
FILMS = {
    "harbour, morning.mp4": "BRIDGE",
    "day 1/clip.mp4": "MEADOW",
    "day 2/clip.mp4": "CASTLE",
    "sign post.jpg": "GARDEN",
    "IMG_1.jpg": "TOWER",
    "day 1/-menu.png": "LIBRARY",
}
LONGEST_NAME = "n" * 251 + ".mp4"
#: Names as real folders have them -> the word on screen.
HOSTILE = {
    "Video Nov 14 2025, 10 02 14 AM.mp4": "BRIDGE",
    "🐕 beach — été 名前.mp4": "MEADOW",
    'it\'s "quoted" & (copy) [1] %s.mp4': "CASTLE",
    "-leading dash.mp4": "GARDEN",
    LONGEST_NAME: "LIBRARY",
    "two\nlines.mp4": "TOWER",
    os.fsdecode(b"\xe9t\xe9 \xff.mp4"): "WINDMILL",
    "day 1/clip.mp4": "MARKET",
    "day 2/clip.mp4": "STATION",
    "no suffix": "ORCHARD",
}
REFUSED = ("notes.mp4", "empty.mp4", BROKEN)


def clip(path, word, **more):
    return make_clip(path, scenes=[Scene(1, "navy", word)], **{**SIZE, **more})


def make_films(folder):
    for name, word in FILMS.items():
        if name.endswith(".mp4"):
            clip(folder / name, word)
        else:
            make_photo(folder / name, text=word, size=(240, 160))
    halve(folder / "harbour, morning.mp4", folder / BROKEN)


def halve(whole, path):
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def make_hostile_folder(folder):
    """Fill *folder*, and return path -> word of the good files and the paths of those to be refused."""
    master, good = folder.with_name("master.mp4"), {}
    for name, word in HOSTILE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(clip(master, word), path)
        except OSError as error:  # there are file systems that take no undecodable name
            if error.errno != errno.EILSEQ:
                raise
        else:
            good[str(path)] = word
    (folder / "notes.mp4").write_text("Buy milk.\n" * 50)
    (folder / "empty.mp4").touch()
    halve(master, folder / BROKEN)
    return good, {str(folder / name) for name in REFUSED}


def snapshot(folder):
    """Return everything of each file that a program which only reads leaves as it was."""
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_mode, path.stat().st_ino, path.read_bytes())
        for path in sorted(Path(folder).rglob("*"), key=os.fsencode)
        if path.is_file()
    }
