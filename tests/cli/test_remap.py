# SPDX-License-Identifier: BSD-3-Clause
"""``spintile remap`` from end to end, its files in ``eval`` and ``cosim``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed_tools import usable_or_skip
from spintile.cli.main import main
from spintile.cosim.tools import find_icarus

WINE = ("--data", "wine", "--chip", "demo", "--repair", "none", "--quiet")


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    result = main([*arguments, "--json"])
    shown = capsys.readouterr()
    assert result == code, shown.err
    return json.loads(shown.out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a trained network ``wine.safetensors`` and defective dies ``p.nc``."""
    monkeypatch.chdir(tmp_path)
    trained = ("--hidden", "8", "--input-bits", "2", "--regime", "software", "--epochs", "60")
    run_json(capsys, "train", *WINE, *trained, "--out", "wine.safetensors")
    drawn = ("--short", "0.02", "--stuck-p", "0.02", "--stuck-ap", "0.02")
    run_json(capsys, "die", "sample", "--chip", "demo", "--dies", "4", *drawn, "--out", "p.nc")
    return tmp_path


@pytest.mark.parametrize("inputs", ["chip", "host"])
@pytest.mark.parametrize(
    ("knowledge", "repair"),
    [
        ("self-test", ()),
        ("population", ()),
        ("flags", ()),
        ("self-test", ("--repair", "check", "--flags", "chosen")),
    ],
)
def test_every_die_gets_files_that_eval_answers_alike(
    folder: Path, capsys: pytest.CaptureFixture[str], inputs: str, knowledge: str, repair: tuple[str, ...]
) -> None:
    asked = ("wine.safetensors", "p.nc", *WINE, *repair)
    found = run_json(capsys, "remap", *asked, "--inputs", inputs, "--knowledge", knowledge, "--out", "r")
    plain = run_json(capsys, "eval", *asked)
    assert found["software"] == plain["software"]
    assert [die["plain"] for die in found["dies"]] == list(plain["accuracies"].values())
    for die in found["dies"]:
        number = die["number"]
        files = (f"r/die-{number}.safetensors", "p.nc", *WINE, "--placement", f"r/die-{number}.json")
        shown = run_json(capsys, "eval", *files, *repair)
        assert shown["accuracies"][str(number)] == die["remapped"]
        assert shown["software"] == plain["software"]
        assert die["after"] <= die["before"]
    if knowledge != "flags" and not repair:
        assert np.mean([die["remapped"] for die in found["dies"]]) > plain["accuracy"]["mean"] + 3


def test_a_mapping_is_good_for_its_own_die(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_json(capsys, "remap", "wine.safetensors", "p.nc", *WINE, "--out", "r")
    own, foreign = [], []
    for number in range(4):
        files = (f"r/die-{number}.safetensors", "p.nc", *WINE, "--placement", f"r/die-{number}.json")
        accuracies = run_json(capsys, "eval", *files)["accuracies"]
        own.append(accuracies[str(number)])
        foreign += [value for die, value in accuracies.items() if die != str(number)]
    assert np.mean(own) > np.mean(foreign)


def test_the_rtl_runs_a_remapped_network_and_a_fault_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usable_or_skip(find_icarus())
    run_json(capsys, "remap", "wine.safetensors", "p.nc", *WINE, "--dies", "2", "--out", "r")
    assert sorted(path.name for path in (folder / "r").glob("die-*")) == ["die-2.json", "die-2.safetensors"]
    files = ("r/die-2.safetensors", "p.nc", "--dies", "2", "--images", "3", *WINE, "--placement", "r/die-2.json")
    shown = run_json(capsys, "cosim", *files, "--engine", "icarus", "--out", "c")
    assert shown["compared"] > 0
    assert shown["mismatches"] == 0
    assert main(["cosim", *files, "--engine", "icarus", "--out", "f", "--fault", "die-image"]) == 1
    assert "RTL and golden model differ" in capsys.readouterr().err


def test_a_placement_of_another_network_and_unknown_dies_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("wine.safetensors", "p.nc", *WINE)
    run_json(capsys, "remap", *asked, "--dies", "1,3", "--inputs", "host", "--out", "r")
    assert main(["eval", *asked, "--placement", "r/die-1.json"]) == 2
    assert "r/die-1.json" in capsys.readouterr().err
    assert main(["remap", *asked, "--dies", "9"]) == 2
    assert "--dies must be dies of p.nc (0 to 3), not 9" in capsys.readouterr().err
