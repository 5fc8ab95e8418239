# SPDX-License-Identifier: BSD-3-Clause
"""Column currents of a netlist by ngspice, for tests that hold the array solvers against it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from spintile.model.array.netlist import read_currents

needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice (Debian package ngspice) is not installed"
)


def ngspice_currents(netlist: str, cols: int, folder: Path) -> NDArray[np.float64]:
    """Operating point of the netlist: current into every column's sense amplifier [A]."""
    path = folder / "kernel.cir"
    path.write_text(netlist)
    done = subprocess.run(["ngspice", "-b", path.name], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return read_currents(done.stdout, cols)


def relative_error(found: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Largest difference over the largest column current."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())
