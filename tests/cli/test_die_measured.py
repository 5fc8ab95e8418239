# SPDX-License-Identifier: BSD-3-Clause
"""Measured dies from a file to statistics, through the commands' own functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from spintile.cli.commands.die import compare, fit, import_dies
from spintile.cli.errors import BadInput
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, load_population, sample_population, save_population
from spintile.model.dies.fitting import load_fit
from spintile.model.geometry import preset

CELL = Cell.preset("demo")
PROCESS = DefectStatistics(spread=0.05, die_spread=0.02, short=0.02, open=0.01, stuck_p=0.01, stuck_ap=0.01)


def run(*arguments: str) -> None:
    """A command line below ``spintile die``; errors come through."""
    app = typer.Typer(add_completion=False)
    app.command("import")(import_dies)
    app.command("fit")(fit)
    app.command("compare")(compare)
    typer.main.get_command(app).main(args=list(arguments), prog_name="die", standalone_mode=False)


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    run(*arguments, "--json")
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    truth = sample_population(preset("demo"), CELL, PROCESS, 8, seed=1)
    save_population(truth, "truth.nc")
    np.savez("measured.npz", g_p=truth.g_p * 1e6, g_ap=truth.g_ap * 1e6)
    return tmp_path


def test_measured_dies_become_a_population_and_a_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--unit", "uS", "--chip", "demo", "--out", "m.nc", "--preview", "m.png")
    found = run_json(capsys, "import", "measured.npz", *arguments)
    truth, imported = load_population("truth.nc"), load_population("m.nc")
    assert np.array_equal(imported.defect, truth.defect)
    assert found["defects"] == {name: int(number.sum()) for name, number in truth.counts().items() if name != "none"}
    assert (folder / "m.png").read_bytes().startswith(b"\x89PNG")
    run("import", "measured.npz", *arguments)
    assert "stuck-ap" in capsys.readouterr().out


def test_dies_of_another_chip_are_refused(folder: Path) -> None:
    sentence = r"^measured.npz: dies must be those of borders, 32 kernels of 25 x 25, not 8 of 16 x 8$"
    with pytest.raises(BadInput, match=sentence):
        run("import", "measured.npz", "--unit", "uS", "--chip", "borders")
    assert not (folder / "population.nc").exists()


def test_a_fit_is_written_drawn_and_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(
        capsys, "fit", "truth.nc", "--chip", "demo", "--out", "f.toml", "--figure", "f.svg", "--draws", "9"
    )
    fit = load_fit("f.toml")
    assert found["statistics"] == fit.statistics.as_dict() == DefectStatistics.load("f.toml").as_dict()
    assert fit.estimates["short"].low < 0.02 < fit.estimates["short"].high
    assert fit.origin["source"] == "truth.nc"
    assert set(found["goodness"]["p_values"]) == {"short", "open", "stuck_p", "stuck_ap", "pairs"}
    assert "<svg" in (folder / "f.svg").read_text()
    run("fit", "truth.nc", "--chip", "demo")
    shown = capsys.readouterr()
    assert "95 % interval" in shown.out
    assert "no clusters: their interval includes 0" in shown.err


def test_two_populations_are_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = sample_population(preset("demo"), CELL, PROCESS.replace(short=0.06), 8, seed=2)
    save_population(other, "other.nc")
    found = run_json(
        capsys, "compare", "truth.nc", "other.nc", "--chip", "demo", "--out", "c.pdf", "--permutations", "999"
    )
    assert found["different"] == ["short"]
    assert (folder / "c.pdf").read_bytes().startswith(b"%PDF")
    run("compare", "truth.nc", "truth.nc", "--chip", "demo", "--permutations", "99")
    assert "yes" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("import", "measured.npz", "--name", "g_p"),
            "--name must be an array and its place, such as g_p=wafer3/on, not 'g_p'",
        ),
        (
            ("import", "measured.npz", "--unit", "uS", "--preview", "m.jpg"),
            "--preview must end in .png, .svg or .pdf, not 'm.jpg'",
        ),
        (("import", "measured.npz", "--unit", "uS", "--out", "no/m.nc"), "no/m.nc: its folder must exist"),
        (("fit", "absent.nc"), "absent.nc: a population must be a file, and there is none"),
        (("fit", "truth.nc", "--out", "no/f.toml"), "no/f.toml: its folder must exist"),
        (("compare", "truth.nc", "absent.nc"), "absent.nc: a population must be a file, and there is none"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(BadInput, match=f"^{sentence}$"):
        run(*arguments)
