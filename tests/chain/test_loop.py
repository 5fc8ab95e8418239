# SPDX-License-Identifier: BSD-3-Clause
"""The life of a die as one chain: written, characterised, fitted, trained for, written again, and asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed_tools import needs_icarus
from spintile.cli.main import main
from spintile.model.dies import load_population

#: A chip of 1,024 cells, and a network on it whose accuracy comes in steps of 3 points: not to test the gap with.
SMALL: dict[str, Any] = {
    "format_version": 1,
    "chip": "demo",
    "data": "wine",
    "hidden": [8],
    "output_copies": 1,
    "input_bits": 2,
    "dies": 2,
    "fresh_dies": 1,
    "rtl_dies": 1,
    "rtl_images": 2,
    "epochs": 20,
    "tuning_epochs": 5,
    "trainings": 1,
    "gap": 100.0,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config(**changes: Any) -> str:
    values = {**SMALL, **changes}
    Path("small.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return "small.toml"


@needs_icarus
def test_a_die_goes_round_the_loop_through_the_rtl(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["loop", "--config", config(engine="icarus"), "--out", "run", "--jobs", "2", "--quiet", "--json"])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    report = json.loads((folder / "run" / "report.json").read_text())
    assert json.loads(shown.out) == report
    assert set(report["accuracy"]) == {"true_statistics", "fitted_statistics"}
    assert all(0 < value <= 100 for value in report["accuracy"].values())
    assert report["write"]["failed_before_verify"] > report["write"]["failed_after_verify"] == 0
    assert report["characterise"]["precision"] == report["characterise"]["recall"] == 1.0
    for part, least in (("measure", 2 * 5 * 1024), ("program", 1024), ("infer", 1)):
        assert report["rtl"][part]["engine"] == "icarus"
        assert report["rtl"][part]["compared"] >= least
        assert report["rtl"][part]["mismatches"] == 0
    truth, found = load_population("run/truth.nc"), load_population("run/recovered.nc")
    assert np.array_equal(found.defect, truth.defect[:2])
    suite = ElementTree.parse("run/results.xml").getroot()
    assert (suite.get("failures"), int(suite.get("tests", "0"))) == ("0", len(report["checks"]))
    page = (folder / "run" / "report.html").read_text()
    assert "The life of a die" in page
    assert page.count("<svg") >= 5

    assert main(["loop", "--config", "run/config.toml", "--out", "run", "--quiet", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert all(step["reused"] for step in again["steps"].values())
    assert {**again, "seconds": 0, "steps": 0} == {**report, "seconds": 0, "steps": 0}


def test_training_for_the_fit_is_as_good_as_training_for_the_truth(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"chip": "borders", "data": "mnist", "hidden": [36], "input_bits": 1, "output_copies": 3, "gap": 0.5}
    sizes = {"dies": 8, "fresh_dies": 4, "train_images": 20000, "epochs": 4, "tuning_epochs": 4, "test_images": 5000}
    path = config(**settings, **sizes, engine="model")
    code = main(["loop", "--config", path, "--out", "run", "--jobs", "2", "--quiet", "--json"])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    report = json.loads(shown.out)
    assert min(report["accuracy"].values()) > 80
    assert report["write"]["failed_after_verify"] == 0
    assert report["rtl"]["measure"] == {
        "engine": "model", "compared": 0, "mismatches": 0, "first_difference": None, "cycles": 0
    }  # fmt: skip
    assert sum(report["fit"]["covered"].values()) >= len(report["fit"]["covered"]) - 4


def test_what_a_killed_loop_had_finished_is_not_done_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(engine="model")
    command = [sys.executable, "-m", "spintile.cli", "loop", "--config", path, "--out", "run", "--jobs", "1", "--quiet"]
    with subprocess.Popen(command, start_new_session=True) as process:
        done = folder / "run" / ".steps" / "measure-0.json"
        while not done.exists() and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    assert done.exists()
    assert not (folder / "run" / "report.json").exists()
    assert main(["loop", "--config", path, "--out", "run", "--jobs", "2", "--quiet", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert steps["dies"]["reused"]
    assert steps["measure-0"]["reused"]
    assert not steps["evaluate-fitted-0"]["reused"]
