# SPDX-License-Identifier: BSD-3-Clause
"""A kernel's netlist, through the command and through ngspice."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from spintile.cli.main import main
from spintile.model.array.netlist import read_currents
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, sample_population, save_population
from spintile.model.geometry import preset


@pytest.fixture
def population(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    statistics = DefectStatistics(spread=0.05, die_spread=0.0, short=0.02, open=0.02, stuck_p=0.0, stuck_ap=0.0)
    save_population(sample_population(preset("demo"), Cell.preset("demo"), statistics, 2, 3), Path("dies.nc"))
    return Path("dies.nc")


def ngspice_currents(netlist: Path, cols: int) -> np.ndarray:
    printed = subprocess.run(["ngspice", "-b", str(netlist)], capture_output=True, text=True, check=True)
    return read_currents(printed.stdout, cols)


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not on PATH")
def test_ngspice_agrees_with_the_currents_shown(population: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["die", "netlist", str(population), "--die", "1", "--kernel", "2", "--rows", "0,3-9", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    ours = np.array(shown["column_currents"])
    theirs = ngspice_currents(Path("kernel.cir"), preset("demo").cols)
    assert np.abs(ours - theirs).max() <= 1e-9 * np.abs(ours).max()

    # One resistor of the file changed by a thousandth must be seen.
    text = Path("kernel.cir").read_text().splitlines()
    place = next(i for i, line in enumerate(text) if line.startswith("rcell3_"))
    *head, value = text[place].split()
    text[place] = " ".join([*head, repr(float(value) * 1.001)])
    Path("faulty.cir").write_text("\n".join(text) + "\n")
    faulty = ngspice_currents(Path("faulty.cir"), preset("demo").cols)
    assert np.abs(ours - faulty).max() > 1e-9 * np.abs(ours).max()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--die", "7"], "--die must be one of 0 to 1, not 7"),
        (["--kernel", "8"], "--kernel must be from 0 to 7, not 8"),
        (["--rows", "3,16"], "--rows must be from 0 to 15, not 16"),
        (["--voltage", "nan"], "--voltage must be a finite number of volts, not nan"),
    ],
)
def test_what_does_not_exist_is_one_line(
    population: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["die", "netlist", str(population), *arguments]) == 2
    assert capsys.readouterr().err.strip() == f"spintile: {sentence}"
    assert not Path("kernel.cir").exists()
