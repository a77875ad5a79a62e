"""Importing this loads all that a child needs to look at media; name it in a sandbox's ``preload``."""

from shotlog.vision import ocr, watch

__all__ = ["watch"]

ocr.warm()
