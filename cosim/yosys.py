# SPDX-License-Identifier: BSD-3-Clause
"""Yosys scripts in a folder of their own, and numbers of the text that Yosys writes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .tools import find_yosys, require

__all__ = ["parameter_value", "run_yosys"]


def run_yosys(steps: Sequence[str], folder: Path) -> str:
    """Run Yosys steps, one a line, in a folder; returns what it printed.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    RuntimeError
        If a step fails; one line, with the first reason.
    """
    tool = require(find_yosys())
    (folder / "steps.ys").write_text("\n".join(steps) + "\n")
    done = subprocess.run(
        [*tool.command, "-s", "steps.ys"],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        told = re.findall(r"^.*(?:ERROR|Warning: found logic loop|rror:).*$", done.stdout + done.stderr, re.MULTILINE)
        raise RuntimeError(f"Yosys must accept the design, not fail with: {told[-1].strip() if told else 'no reason'}")
    return done.stdout


def parameter_value(word: str) -> int:
    """A number of RTLIL: ``12``, or ``4'1100`` with unknown bits as 0."""
    _, quote, bits = word.partition("'")
    return int(bits.replace("x", "0") or "0", 2) if quote else int(word)
