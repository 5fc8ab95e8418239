# SPDX-License-Identifier: BSD-3-Clause
"""What lines take, through the commands: of dies alone, and of dies with a network on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from spintile.cli.main import main
from spintile.model.chip import Chip
from spintile.model.dies import DefectStatistics, sample_population, save_population


@pytest.fixture
def population(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    chip = Chip.preset("demo")
    save_population(sample_population(chip.geometry, chip.cell, DefectStatistics.demo(), [3, 5], 1), "dies.nc")
    return "dies.nc"


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def test_wires_of_dies_are_shown_and_drawn(population: str, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("die", "wires", population, "--chip", "demo", "--reads", "8")
    ideal = shown(capsys, *common)
    lossy = shown(capsys, *common, "--segment", "3", "--sense", "40", "--out", "map.png")
    assert ideal["left_at_worst_column"] == pytest.approx({"3": 1.0, "5": 1.0})
    assert all(0.5 < left < 0.95 for left in lossy["left_at_worst_column"].values())
    assert (lossy["wires"]["row_segment"], lossy["wires"]["col_sense"], lossy["reads"]) == (3.0, 40.0, 64)
    for one, other in zip(ideal["linear_error"], lossy["linear_error"], strict=True):
        assert other["mean_codes"] > 2 * one["mean_codes"]
    assert Path("map.png").read_bytes().startswith(b"\x89PNG")
    assert main([*common, "--die", "5", "--segment", "3", "--quiet"]) == 0
    table = capsys.readouterr().out
    assert "3 / 3 Ohm per segment" in table
    assert "left at the worst column" in table


def test_lines_that_make_an_array_unusable_are_one_line_on_standard_error(
    population: str, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["die", "wires", population, "--chip", "demo", "--reads", "1", "--quiet"]
    assert main([*common, "--segment", "100"]) == 0
    said = capsys.readouterr().err
    assert said.startswith("spintile: warning: wires take more than half of the current of the typical cell of some ")
    assert said.count("\n") == 1
    assert main([*common, "--segment", "1"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--die", "4"], "--die must be dies of dies.nc (3 to 5), not 4"),
        (["--kernel", "8"], "--kernel must be from 0 to 7, not 8"),
        (["--chip", "borders"], "dies must be those of borders"),
        (["--out", "map.txt"], "--out must end in .png, .svg or .pdf, not 'map.txt'"),
    ],
)
def test_what_does_not_exist_is_one_line(
    population: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["die", "wires", population, "--chip", "demo", "--quiet", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.fixture
def wine(population: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Arguments of an evaluation of a small network."""
    common = ["--data", "wine", "--chip", "demo", "--quiet"]
    train = ["train", *common, "--hidden", "8", "--input-bits", "2", "--regime", "software", "--epochs", "60"]
    assert main([*train, "--out", "wine.safetensors"]) == 0
    capsys.readouterr()
    return ["wine.safetensors", population, *common]


def test_eval_reports_what_linearity_costs(wine: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--segment", "3", "--linear-error", "--full-images", "10"]
    lossy = shown(capsys, "eval", *wine, *asked)
    found = lossy["linear_error"]
    assert found["images"] == 10
    assert [one["die"] for one in found["codes"]] == [one["die"] for one in found["answers"]] == [3, 5]
    assert all(0 < one["mean_codes"] < 1 for one in found["codes"])
    assert all(0 <= one["different"] <= 3 for one in found["answers"])
    assert "linear_error" not in shown(capsys, "eval", *wine, "--segment", "3")
    assert main(["eval", *wine, *asked]) == 0
    assert "die image against the full solve" in capsys.readouterr().out
    # Wires change answers; without the option the chip's own, ideal ones count.
    assert shown(capsys, "eval", *wine, "--segment", "25")["accuracies"] != shown(capsys, "eval", *wine)["accuracies"]
    capsys.readouterr()


def test_calibrated_offsets_give_the_accuracy_back(wine: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    chip = Chip.preset("demo")
    chip.replace(sensing=chip.sensing.replace(offset_sigma=6.0, pedestal=24.0)).save("offsets.toml")
    arguments = ["offsets.toml" if argument == "demo" else argument for argument in wine]
    plain = shown(capsys, "eval", *arguments)["accuracy"]["mean"]
    calibrated = shown(capsys, "eval", *arguments, "--calibrate")["accuracy"]["mean"]
    without = shown(capsys, "eval", *wine)["accuracy"]["mean"]
    assert plain < without - 5
    assert calibrated > without - 3
