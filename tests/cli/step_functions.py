# SPDX-License-Identifier: BSD-3-Clause
"""Functions that the tests of the step runner run in processes of their own."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from spintile.cli.flows.steps import StepProgress


def write(folder: Path, progress: StepProgress, name: str, text: str, source: str = "") -> dict[str, Any]:
    """Write a file, the contents of another before the text."""
    progress(0.5, "half way")
    before = (folder / source).read_text() if source else ""
    (folder / name).write_text(before + text)
    with (folder / "log").open("a") as log:
        log.write(f"{name}\n")
    return {"length": len(before + text)}


def fail(folder: Path, progress: StepProgress) -> dict[str, Any]:
    """Complain as a library does."""
    raise ValueError("rate must be from 0 to 1, not 2")


def vanish(folder: Path, progress: StepProgress) -> dict[str, Any]:
    """End without a word, as a process killed for its memory does."""
    os._exit(9)


def linger(folder: Path, progress: StepProgress) -> dict[str, Any]:
    """Run until ended; leave a sign that the way out was taken."""
    try:
        (folder / "lingering").touch()
        time.sleep(600)
    finally:
        (folder / "left").touch()
    return {}


def wait_then_fail(folder: Path, progress: StepProgress) -> dict[str, Any]:
    """Fail once the lingering step is there."""
    while not (folder / "lingering").exists():
        time.sleep(0.01)
    raise ValueError("stop")
