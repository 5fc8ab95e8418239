# SPDX-License-Identifier: BSD-3-Clause
"""``spintile verify``: any stages, dies and images; its report, its exit code, one line for what it cannot do."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cosim_cases import dense
from needed_tools import engine_or_skip
from spintile.cli.flows.verification.cases import CASES
from spintile.cli.flows.verification.presets import Preset, train_preset
from spintile.cli.flows.verification.selection import Selection, stages_of, subjects_of
from spintile.cli.main import main
from spintile.model.chip import Chip
from spintile.model.dies import sample_population, save_population
from spintile.model.network import Network, load_network, save_network
from verification_cases import Told

#: A random case that fits the smallest preset, in the simulator that builds at once.
SMALL = ("--case", "binary", "--chip", "demo", "--stage", "cocotb", "--engine", "icarus", "--images", "2", "--quiet")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save_wine(path: Path) -> None:
    """A random network for the wines."""
    rng = np.random.default_rng(0)
    save_network(Network((dense(rng, 13, 6), dense(rng, 6, 3, output=True))), path)


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main(["verify", *words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_report_has_what_was_compared_and_null_for_the_rest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine_or_skip("icarus")
    shown = run(capsys, *SMALL, "--stage", "golden", "--dies", "0,2", "--out", "v")
    report = json.loads((folder / "v" / "report.json").read_text())
    assert report == shown
    assert report["holds"]
    assert (report["dies"], report["images"], report["mismatches"]) == (2, 2, 0)
    assert report["compared"] == sum(entry["compared"] for entry in report["cases"]) > 100
    assert report["seconds"] > 0
    assert report["mutants"] is report["properties"] is report["difference"] is None
    assert set(report["coverage"]) >= {"bins", "hit", "waived"}
    assert "<h2>Status</h2>" in (folder / "v" / "report.html").read_text()
    assert 'failures="0"' in (folder / "v" / "results.xml").read_text()


def test_a_fault_ends_red_and_the_printed_command_repeats_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine_or_skip("icarus")
    report = run(capsys, *SMALL, "--fault", "threshold", "--seed", "5", "--out", "v", code=1)
    smallest = report["difference"]
    assert (smallest["die"], smallest["images"]) == (0, 1)
    assert (folder / "v" / smallest["waves"]).is_file()
    words = shlex.split(smallest["command"])
    again = run(capsys, *words[2:], "--out", "again", "--quiet", code=1)
    assert again["difference"]["message"] == smallest["message"]
    assert again["difference"]["command"] == smallest["command"]
    assert (again["dies"], again["images"]) == (1, 1)


def test_a_network_of_ones_own_is_verified_on_dies_of_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chip = Chip.preset("demo")
    save_wine(folder / "wine.safetensors")
    save_population(sample_population(chip.geometry, chip.cell, chip.statistics, 3, 0), folder / "p.nc")
    common = ("--network", "wine.safetensors", "--data", "wine", "--chip", "demo", "--stage", "golden", "--quiet")
    report = run(capsys, *common, "--population", "p.nc", "--out", "v")
    entry = report["cases"][0]
    assert (entry["name"], entry["stage"], entry["dies"]) == ("wine", "golden", 3)
    assert 0 <= entry["accuracy"] <= 100
    part = run(capsys, *common, "--population", "p.nc", "--dies", "2", "--first", "4", "--images", "6", "--out", "v")
    assert (part["dies"], part["images"], part["compared"]) == (1, 6, 6)
    drawn = run(capsys, *common, "--dies", "0-4", "--images", "2", "--out", "v")
    assert drawn["dies"] == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--stage", "silicon"), "--stage must be one of golden, cocotb, compiled, twin, netlist, not 'silicon'"),
        (("--stage", "twin", "--stage", "twin"), "--stage must name each once, not 'twin' twice"),
        (("--stage", "twin", "--engine", "icarus"), "--engine must go with --stage cocotb, which is not among twin"),
        (("--engine", "compiled"), "--engine must be one of verilator, icarus, not 'compiled'"),
        (("--stage", "netlist", "--target", "gold"), "--target must be one of generic, ice40, ecp5, not 'gold'"),
        (("--case", "nothing"), "--case must be one of dense, deep, convolution, "),
        (("--preset", "big"), "--preset must be one of dense, conv, not 'big'"),
        (("--population", "p.nc"), "--population must go with --preset or --network: random cases have their own"),
        (("--data", "wine"), "--data must go with --network, not 'wine' without one"),
        (("--dies", "1,1"), "--dies must name every die once, not die 1 twice"),
        (("--dies", "x"), "--dies must be numbers like 0,2,5-8, not 'x'"),
        (("--network", "none.safetensors"), "none.safetensors: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["verify", *words, "--quiet", "--out", "v"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"spintile: {said}")
    assert shown.count("\n") == 1
    assert not list(folder.rglob("report.*"))


def test_more_images_than_there_are_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_wine(folder / "wine.safetensors")
    words = ("--network", "wine.safetensors", "--data", "wine", "--chip", "demo", "--stage", "golden", "--quiet")
    assert main(["verify", *words, "--first", "25", "--images", "1000"]) == 2
    assert "--first plus --images must be at most 30 for wine, not 1025" in capsys.readouterr().err


def test_stages_have_their_simulators_and_targets() -> None:
    stages = stages_of(["cocotb", "twin", "netlist"], ["icarus", "verilator"], [])
    assert [stage.key for stage in stages] == ["cocotb-icarus", "cocotb-verilator", "twin", "netlist-generic"]
    assert stages[0].options == ("--stage", "cocotb", "--engine", "icarus")


def test_all_random_cases_run_unless_something_is_chosen(tmp_path: Path) -> None:
    chip = Chip.preset("borders")
    subjects = subjects_of(Selection(), chip, tmp_path, seed=0, progress=Told())
    assert [each.name for each in subjects] == [case.name for case in CASES]
    assert Selection(presets=("dense",)).random_cases == ()
    later = subjects_of(Selection(cases=("deep",), first=4, images=3), chip, tmp_path, seed=0, progress=Told())[0]
    deep = next(each for each in subjects if each.name == "deep")
    assert (later.images.values == deep.images.values[4:7]).all()


def test_the_network_of_a_preset_is_trained_once(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    tiny = Preset("tiny", "", hidden=(2,), epochs=1, train_images=500)
    told = Told()
    first = train_preset(tiny, tmp_path, seed=1, progress=told)
    assert [layer.neurons for layer in first.layers] == [2, 10]
    stamp = (tmp_path / "network-tiny.safetensors").stat().st_mtime_ns
    again = train_preset(tiny, tmp_path, seed=1, progress=told)
    assert told.steps[-1] == ("train tiny", 1.0, "reused")
    assert (tmp_path / "network-tiny.safetensors").stat().st_mtime_ns == stamp
    assert (again.layers[0].weights == first.layers[0].weights).all()
    assert load_network(tmp_path / "network-tiny.safetensors").classes == 10
