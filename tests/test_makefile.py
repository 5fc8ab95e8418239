# SPDX-License-Identifier: BSD-3-Clause
"""What ``make`` says when something is missing: one line, before anything is downloaded."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: What the check itself and a shell need.
PROGRAMS = ("sh", "make", "sed", "echo", "env")


def tools(folder: Path, *programs: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Run ``make tools`` with only some programs on PATH."""
    folder.mkdir()
    for name in (*PROGRAMS, *programs):
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    return subprocess.run(
        [str(folder / "make"), "--no-print-directory", "tools", f"PYTHON={python}"],
        cwd=ROOT,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Lines of standard error that are not make's own."""
    return [line for line in done.stderr.splitlines() if not line.startswith("make")]


def test_nothing_is_said_when_nothing_is_missing(tmp_path: Path) -> None:
    done = tools(tmp_path / "bin", "g++", "perl")
    assert (done.returncode, done.stdout, said(done)) == (0, "", [])


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        (("perl",), "spintile: no C++ compiler found: install one (Debian: apt-get install g++)"),
        (("g++",), "spintile: perl not found, Verilator needs it: install it (Debian: apt-get install perl)"),
    ],
)
def test_a_missing_tool_is_one_line(tmp_path: Path, programs: tuple[str, ...], message: str) -> None:
    done = tools(tmp_path / "bin", *programs)
    assert done.returncode != 0
    assert said(done) == [message]


def test_an_old_python_is_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = tools(tmp_path / "bin", "g++", "perl", python=str(old))
    assert done.returncode != 0
    assert said(done) == [
        f"spintile: Python must be 3.11 or newer and {old} is not: install python3.11, "
        "or run make PYTHON=/path/to/python3.11"
    ]
