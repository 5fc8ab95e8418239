# SPDX-License-Identifier: BSD-3-Clause
"""Writing and characterising through the commands: small dies, by the golden model and by the RTL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed_tools import needs_icarus
from spintile.cli.flows.writing.campaigns import recovery_campaign, with_converters
from spintile.cli.main import main
from spintile.model.chip import Chip
from spintile.model.dies import load_population, sample_population, save_population

CHIP = Chip.preset("demo")


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    result = main([*arguments, "--json", "--quiet"])
    shown = capsys.readouterr()
    assert result == code, shown.err
    return json.loads(shown.out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    statistics = CHIP.statistics.replace(short=0.01, open=0.01, stuck_p=0.01, stuck_ap=0.01)
    save_population(sample_population(CHIP.geometry, CHIP.cell, statistics, 3, seed=2), "p.nc")
    return tmp_path


def test_a_pattern_is_written_and_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(capsys, "write", "checkerboard", "p.nc", "--chip", "demo", "--engine", "model", "--out", "w")
    assert found == json.loads((folder / "w" / "write.json").read_text())
    assert (found["holds"], found["cells"], found["failed_after_verify"]) == (True, 3 * 1024, 0)
    assert found["reported"] == len((folder / "w" / "failures.csv").read_text().splitlines()) - 1
    assert 'failures="0"' in (folder / "w" / "results.xml").read_text()
    assert "Checkerboard written into 3 dies" in (folder / "w" / "report.html").read_text()
    assert main(["write", "checkerboard", "p.nc", "--chip", "demo", "--engine", "model", "--out", "w", "--quiet"]) == 0
    assert "healthy cells that failed" in capsys.readouterr().out
    # On what is there already, nothing has to switch: the first read would have been right.
    options = ("--chip", "demo", "--engine", "model", "--start", "w/states.safetensors", "--out", "again")
    again = run_json(capsys, "write", "checkerboard", "p.nc", *options)
    assert again["failing_after_step"]["healthy"][0] == 0.0
    assert again["failed_before_verify"] == 0


def test_a_network_is_written_and_answers_with_what_was_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--data", "wine", "--chip", "demo")
    train = ("--hidden", "8", "--input-bits", "2", "--regime", "software", "--epochs", "40", "--out", "n.safetensors")
    assert main(["train", *common, *train, "--quiet"]) == 0
    capsys.readouterr()
    run_json(capsys, "write", "n.safetensors", "p.nc", "--chip", "demo", "--engine", "model", "--out", "w")
    ideal = run_json(capsys, "eval", "n.safetensors", "p.nc", *common)
    written = run_json(capsys, "eval", "n.safetensors", "p.nc", *common, "--states", "w/states.safetensors")
    assert written["accuracies"] == ideal["accuracies"]  # program-and-verify left every healthy cell right
    run_json(capsys, "write", "random", "p.nc", "--chip", "demo", "--engine", "model", "--out", "r")
    other = run_json(capsys, "eval", "n.safetensors", "p.nc", *common, "--states", "r/states.safetensors")
    assert other["accuracy"]["mean"] < ideal["accuracy"]["mean"]


def test_devices_are_recovered_from_their_codes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_json(capsys, "characterise", "p.nc", "--chip", "demo", "--engine", "model", "--out", "c")
    truth, recovered = load_population("p.nc"), load_population("c/recovered.nc")
    assert (found["precision"], found["recall"], found["wrong_classes"]) == (1.0, 1.0, 0)
    assert found["defects"] == np.count_nonzero(truth.defect)
    assert np.array_equal(recovered.defect, truth.defect)
    assert np.array_equal(recovered.die_ids, truth.die_ids)
    assert found["largest_error_lsb"] <= 0.5 + 2**-8  # a code is rounded, and before it the die image to 2^-8
    assert np.abs(recovered.g_p - truth.g_p)[truth.defect == 0].max() <= found["lsb_siemens"]
    assert main(["characterise", "p.nc", "--chip", "demo", "--engine", "model", "--out", "c", "--dies", "2,0"]) == 0
    assert "all but pinholes" in capsys.readouterr().out
    assert load_population("c/recovered.nc").die_ids.tolist() == [2, 0]
    fit = run_json_plain(capsys, "die", "fit", "c/recovered.nc", "--chip", "demo", "--chip-out", "chip.toml")
    chip = Chip.load("chip.toml")
    assert chip.statistics.as_dict() == fit["statistics"]
    assert chip.cell.r_p == pytest.approx(CHIP.cell.r_p, rel=0.05)


def run_json_plain(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Of a command that knows no --quiet."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@needs_icarus
def test_the_rtl_writes_and_reads_what_the_model_does(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--chip", "demo", "--dies", "1")
    by_rtl = run_json(capsys, "write", "random", "p.nc", *options, "--engine", "icarus", "--out", "rtl")
    by_model = run_json(capsys, "write", "random", "p.nc", *options, "--engine", "model", "--out", "model")
    assert by_rtl["rtl"]["compared"] >= 2 * 1024
    assert by_rtl["rtl"]["mismatches"] == 0
    for name in ("reported", "pulses", "failing_after_step", "failed_before_verify"):
        assert by_rtl[name] == by_model[name]
    for name in ("failures.csv", "states.safetensors"):
        assert (folder / "rtl" / name).read_bytes() == (folder / "model" / name).read_bytes()


@needs_icarus
@pytest.mark.parametrize("command", [["write", "random"], ["characterise"]], ids=lambda words: words[0])
def test_a_deliberate_fault_turns_the_run_red(
    folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    options = ["--chip", "demo", "--dies", "1", "--engine", "icarus", "--out", "f", "--fault", "comparator"]
    assert main([*command, "p.nc", *options, "--quiet"]) == 1
    shown = capsys.readouterr()
    assert "that differ between RTL and golden model must be 0, not " in shown.err
    assert "die 1" in shown.err
    assert shown.err.count("\n") == 1
    assert 'failures="1"' in (folder / "f" / "results.xml").read_text()
    assert not (folder / "f" / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["write", "stripes", "p.nc"], "targets must be checkerboard, all-p, all-ap, random, a network"),
        (["write", "absent.npy", "p.nc"], "absent.npy: there is no such file"),
        (["write", "absent.safetensors", "p.nc"], "absent.safetensors: there is no such file"),
        (["write", "checkerboard", "absent.nc"], "absent.nc: there is no such file"),
        (["write", "checkerboard", "p.nc", "--dies", "3"], "--dies must be dies of p.nc (0 to 2), not 3"),
        (["write", "checkerboard", "p.nc", "--dies", "1,1"], "--dies must name every die once, not die 1 twice"),
        (["write", "checkerboard", "p.nc", "--dies", "x"], "--dies must be numbers like 0,2,5-8, not 'x'"),
        (["write", "checkerboard", "p.nc", "--chip", "borders"], "p.nc: dies must be those of borders, 32 kernels"),
        (["write", "checkerboard", "p.nc", "--adc-bits", "12"], "--adc-bits must be at most 8, what the converters of"),
        (["write", "checkerboard", "p.nc", "--adc-bits", "2"], "the converters must tell one P device from an AP one"),
        (["write", "checkerboard", "p.nc", "--start", "p.nc"], "p.nc: must be a safetensors file"),
        (["write", "checkerboard", "p.nc", "--fault", "gate"], "--fault must not be given with --engine model"),
        (["characterise", "absent.nc"], "absent.nc: there is no such file"),
        (["characterise", "p.nc", "--dies", "7"], "--dies must be dies of p.nc (0 to 2), not 7"),
        (["characterise", "p.nc", "--chip", "drolet"], "p.nc: dies must be those of drolet"),
        (["characterise", "p.nc", "--repeats", "33"], "Invalid value for '--repeats'"),
        (["loop", "--dies", "0"], "dies: input should be greater than or equal to 1, not 0"),
        (["loop", "--rtl-dies", "40"], "rtl_dies must be at most all dies (36), not 40"),
        (["loop", "--chip", "drolet"], "must have devices that pulses write"),
        (["loop", "--statistics", "absent.toml"], "absent.toml: there is no such file"),
        (["loop", "--config", "absent.toml"], "absent.toml: there is no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    chip = [] if "--chip" in arguments or arguments[0] == "loop" else ["--chip", "demo"]
    assert main([*arguments, *chip, "--engine", "model", "--quiet"]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["p.nc"]


def test_two_runs_in_one_folder_do_not_mix(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from spintile.cli.flows.files import exclusive

    (folder / "w").mkdir()
    command = ["write", "checkerboard", "p.nc", "--chip", "demo", "--engine", "model", "--out", "w", "--quiet"]
    with exclusive(folder / "w"):
        assert main(command) == 2
    assert "must not be in use by another run" in capsys.readouterr().err
    assert not (folder / "w" / "write.json").exists()


def test_dies_of_another_process_are_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = CHIP.cell.replace(r_p=CHIP.cell.r_p * 1.3)
    save_population(sample_population(CHIP.geometry, cell, CHIP.statistics, 2, seed=2), "other.nc")
    run_json_plain(capsys, "die", "fit", "other.nc", "--chip", "demo", "--out", "f.toml", "--chip-out", "f_chip.toml")
    options = ["--dies", "1", "--out", "s.nc", "--quiet"]
    assert main(["die", "sample", "--chip", "demo", "--statistics", "f.toml", *options]) == 0
    assert "f.toml: was fitted to cells of G_P" in capsys.readouterr().err
    assert main(["die", "sample", "--chip", "f_chip.toml", *options]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["borders", "borders-12bit"])
def test_converters_of_other_bits_keep_the_full_scale(name: str) -> None:
    chip = Chip.preset(name)
    finer = with_converters(chip, 10)
    assert finer.adc_bits == finer.geometry.adc_bits == 10
    scales = [one.sensing.full_scale_current(one.geometry, one.cell) for one in (chip, finer)]
    assert scales[0] == pytest.approx(scales[1], rel=1e-12)


def test_the_campaign_holds_the_mean_error_to_half_a_percent_where_codes_are_fine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chip = with_converters(Chip.preset("demo"), 12)
    assert recovery_campaign(chip, dies=2, seed=1, progress=lambda *_: None)["holds"]
    monkeypatch.setattr("spintile.cli.flows.writing.campaigns.LARGEST_MEAN_ERROR", 0.001)
    report = recovery_campaign(chip, dies=2, seed=1, progress=lambda *_: None)
    assert not report["holds"]
    assert "0.5 % on average" in report["reason"]
