"""Read the words in one picture, with RapidOCR and the models that its wheel carries."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr

from shotlog.errors import Unavailable

_MODELS = Path(rapidocr.__file__).parent / "models"
_LEAST_SCORE = 0.6
_SURE = 0.85  # what a line of fewer than four letters must reach: noise reads as short words
_LETTERS = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of words and where it stands, as shares of the picture's width and height."""

    text: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


def read(bgr: np.ndarray[Any, Any], *, most_lines: int, find_side: int) -> list[Line]:
    """Return the lines in *bgr*, top to bottom; only the *most_lines* tallest are read.

    Lines are looked for in a copy of at most *find_side* pixels, which decides the price, and read
    at full size.
    """
    engine = _engine()
    engine._load_det_model().limit_side_len = find_side  # noqa: SLF001 - loads once; the size is read per call
    found = engine(bgr, use_det=True, use_cls=False, use_rec=False)
    if found.boxes is None or not len(found.boxes):
        return []
    boxes = np.asarray(found.boxes, dtype=np.float32)
    heights = np.linalg.norm(boxes[:, 0] - boxes[:, 3], axis=1)
    tallest = np.sort(np.argsort(-heights, kind="stable")[:most_lines])
    boxes = boxes[tallest]
    result = engine.recognize_txt(engine.crop_text_regions(bgr, boxes))
    height, width = bgr.shape[:2]
    lines = []
    for box, text, score in zip(boxes, result.txts, result.scores, strict=True):
        clean = " ".join(str(text).split())
        if _plausible(clean, float(score)):
            (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
            edges = (left / width, top / height, right / width, bottom / height)
            lines.append(Line(clean, round(float(score), 3), *(round(float(edge), 4) for edge in edges)))
    return lines


def warm() -> None:
    """Load the models, so that the first file does not wait for them."""
    sheet = np.full((64, 256, 3), 255, dtype=np.uint8)
    cv2.putText(sheet, "warm", (40, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2)
    read(sheet, most_lines=1, find_side=256)


def _plausible(text: str, score: float) -> bool:
    letters = len(_LETTERS.findall(text))
    if letters < 2 or letters * 2 < len(text.replace(" ", "")):
        return False
    return score >= (_SURE if letters < 4 else _LEAST_SCORE)


@functools.lru_cache(maxsize=1)
def _engine() -> Any:
    cv2.setNumThreads(1)
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.model_path": _model("det"),
            "Det.limit_type": "max",
            "Rec.model_path": _model("rec"),
        }
    )


def _model(kind: str) -> str:
    found = sorted(_MODELS.glob(f"*_{kind}_*.onnx"))
    if not found:
        raise Unavailable(f"RapidOCR came without its {kind} model.", hint="Install rapidocr again.")
    return str(found[-1])
