"""Look at one file, in the child process: gives the facts that the answers are written from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import cv2

from shotlog.vision import look, ocr
from shotlog.vision.analysis import Analysis, Faces, Look, Shot
from shotlog.vision.captions import captions, printed
from shotlog.vision.decode import Film
from shotlog.vision.faces import FaceWatch, find_faces
from shotlog.vision.photo import open_photo
from shotlog.vision.shots import ShotFinder
from shotlog.vision.sound import SoundMeter
from shotlog.vision.words import WordWatch

_MOST_LINES, _FIND_SIDE = 80, 960


def watch_video(path: str) -> dict[str, Any]:
    """Return the ``Analysis`` of a video as plain JSON values.

    Raises:
        MediaRefused: it cannot be opened, or not one frame can be decoded.
    """
    cv2.setNumThreads(1)
    with Film(Path(path)) as film:
        sound, looks, finder = SoundMeter(), look.LookMeter(), ShotFinder()
        words, faces = WordWatch(film.expected_s), FaceWatch(film.expected_s)
        for frame in film.frames(sound):
            looks.add(frame.time_s, frame.small, frame.grey)
            finder.add(frame.time_s, frame.small)
            faces.add(frame)
            words.add(frame)
        duration_s = round(film.duration_s, 2)
        words.finish(duration_s)
        stretches = finder.stretches(duration_s)
        analysis = Analysis(
            kind="video",
            width=film.size[0],
            height=film.size[1],
            look=looks.overall(stretches),
            duration_s=duration_s,
            shots=[_shot(looks, start, end) for start, end in stretches],
            words=captions(words.sightings),
            faces=faces.faces(duration_s),
            has_audio=film.has_audio,
            sounds=sound.spans(duration_s),
            bad_packets=film.bad_packets,
        )
    return dataclasses.asdict(analysis)


def look_at_photo(path: str) -> dict[str, Any]:
    """Return the ``Analysis`` of a photo as plain JSON values.

    Raises:
        MediaRefused: it cannot be opened as a photo.
    """
    cv2.setNumThreads(1)
    bgr, (width, height) = open_photo(Path(path))
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    analysis = Analysis(
        kind="photo",
        width=width,
        height=height,
        look=Look(look.colour_names(look.colour_shares(bgr)), look.brightness_name(float(grey.mean()))),
        words=printed(ocr.read(bgr, most_lines=_MOST_LINES, find_side=_FIND_SIDE)),
        faces=Faces(sum(face.has_eye for face in find_faces(grey))),
    )
    return dataclasses.asdict(analysis)


def _shot(looks: look.LookMeter, start_s: float, end_s: float) -> Shot:
    key_s = looks.sharpest(start_s, end_s)
    return Shot(round(start_s, 2), round(end_s, 2), round(key_s, 2), looks.between(start_s, end_s))
