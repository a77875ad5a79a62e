"""Run the command line as ``python -m shotlog``."""

from __future__ import annotations

from shotlog.cli.main import main

if __name__ == "__main__":
    main()
