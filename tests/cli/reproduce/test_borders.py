# SPDX-License-Identifier: BSD-3-Clause
"""A small slice of the digits: every file, the same bytes after being killed, the RTL and a fault in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from needed_tools import needs_icarus
from spintile.cli.errors import BadInput
from spintile.cli.flows.reproduce.borders import cases
from spintile.cli.flows.reproduce.borders.outputs import FILES, write_outputs
from spintile.cli.flows.reproduce.borders.rtl import chosen_network, verify_on_rtl
from spintile.cli.flows.reproduce.borders.settings import CLAIMED, SETTINGS, BordersSettings
from spintile.cli.flows.reproduce.borders.study import BordersRun, run_borders
from spintile.cli.main import main

TINY: dict[str, Any] = {
    "epochs": 1,
    "train_images": 1000,
    "images": 60,
    "dies": 2,
    "transfer_dies": 2,
    "flips": (2.0,),
    "draws": 2,
    "landscape_images": 20,
    "mapping_seeds": 0,
    "rtl_images": 2,
    "rtl_dies": 1,
    "engine": "model",
}
REPAIRED: tuple[Literal["blind", "flags"], ...] = ("blind", "flags")
_SLICE = "import sys; from pathlib import Path; from test_borders import whole; whole(Path(sys.argv[1]))"


def quiet(step: str, done: float, remark: str = "") -> None:
    """Progress for nobody."""


def whole(folder: Path) -> tuple[dict[str, Any], BordersRun]:
    """Everything that the command does but the RTL, small."""
    folder.mkdir(parents=True, exist_ok=True)
    run = run_borders(BordersSettings.of("quick", **TINY), folder, jobs=1, progress=quiet)
    return write_outputs(run, folder)[0], run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], BordersRun]:
    folder = tmp_path_factory.mktemp("borders")
    report, run = whole(folder)
    return folder, report, run


def test_the_report_holds_what_is_asked_for(finished: tuple[Path, dict[str, Any], BordersRun]) -> None:
    folder, report, _ = finished
    assert json.loads((folder / "report.json").read_text())["rates"] == report["rates"]
    for rate in ("0.2", "0.5", "1"):
        for kind in ("software", "unaware", "statistics_aware", "blind", "flagged"):
            found = report["rates"][rate][kind]
            assert 0 <= found["min"] <= found["mean"] <= 100
            assert found["low"] <= found["mean"] <= found["high"]
    assert np.shape(report["transfer"]["matrix"]) == (2, 2)
    assert report["rtl"] is None
    page = (folder / "report.html").read_text()
    for words in (
        "Claims and verdicts",
        "Networks made for one die",
        "How flat the loss is",
        "judged by the RTL alone",
    ):
        assert words in page


def test_killed_and_run_again_it_ends_with_the_same_bytes(
    finished: tuple[Path, dict[str, Any], BordersRun], tmp_path: Path
) -> None:
    undisturbed, folder = finished[0], tmp_path / "killed"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    process = subprocess.Popen([sys.executable, "-c", _SLICE, str(folder)], env={**os.environ, "PYTHONPATH": path})
    deadline = time.monotonic() + 300
    while process.poll() is None and not list(folder.glob("sweeps/*/tasks/*.*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("sweeps/*/tasks/*.*")}
    assert kept
    whole(folder)
    for name in FILES:
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())


def test_answers_are_those_of_the_golden_model(finished: tuple[Path, dict[str, Any], BordersRun]) -> None:
    from spintile.model.evaluation import evaluate_on_dies
    from spintile.model.training.digits import fresh_images, unpack_network

    run = finished[2]
    given = cases.conditions(0.5, repair="flags")
    training = cases.network_for(given, run.settings)
    network = unpack_network(cases.placed_for(run.networks[training, 0]["network"], given))
    inputs, labels = fresh_images(network, "mnist", 60)
    found = evaluate_on_dies(network, given.chip(), given.dies(2), inputs, labels, flags=True)
    asked = run.answers[cases.Question(training, given, 2)]
    np.testing.assert_array_equal(asked[0], found.accuracies)
    # Other dies answer otherwise.
    others = evaluate_on_dies(network, given.chip(), given.dies([7, 8]), inputs, labels, flags=True)
    assert not np.array_equal(asked[0], others.accuracies)


@needs_icarus
def test_the_rtl_agrees_and_a_fault_shows(finished: tuple[Path, dict[str, Any], BordersRun], tmp_path: Path) -> None:
    run = finished[2]
    assert chosen_network(run)[1] == 0
    found = verify_on_rtl(run, tmp_path / "rtl", engine="icarus", progress=quiet)
    assert (found["mismatches"], found["images"], found["dies"]) == (0, 2, 1)
    assert found["compared"] > 0
    broken = verify_on_rtl(run, tmp_path / "broken", engine="icarus", fault="die-image", progress=quiet)
    assert broken["mismatches"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "0"], "--seeds must be from 1 to 1,000, not 0"),
        (["--quick", "--full"], "--quick and --full must not be given together"),
        (["--data", "nowhere"], "nowhere: must be a folder of IDX files, and is none"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    assert main(["reproduce", "borders", "--engine", "model", "--out", str(folder), *arguments]) == 2
    assert capsys.readouterr().err == f"spintile: {said}\n"
    assert not folder.exists()


def test_every_effort_asks_for_the_claimed_rates_and_what_is_given() -> None:
    for effort in ("quick", "default", "full"):
        settings = BordersSettings.of(effort, seeds=3, engine=None)
        assert settings.seeds == 3
        asked = {question.conditions.rate for question in cases.questions(settings)}
        assert set(CLAIMED) <= asked
    with pytest.raises(BadInput, match="--dies must be at least 36"):
        BordersSettings.of("full", dies=12)


def test_each_network_is_trained_and_each_question_asked_once() -> None:
    settings = BordersSettings.of("full")
    questions = cases.questions(settings)
    assert len(questions) == len(set(questions))
    networks = cases.trainings(questions, settings)
    assert len(networks) == len(set(networks))
    assert [training.further for training, _ in networks] == [False] * 5 + [True] * (len(networks) - 5)
    # The transfer matrix takes 36 networks of one seed; only the known dies have one for each seed.
    given = cases.conditions(cases.STUDIED_RATE)
    made = [seed for training, seed in networks if training.regime == "die_aware" and training.conditions == given]
    assert len(made) == 36 + settings.known_dies * (settings.seeds - 1)


def test_one_network_answers_for_every_rate_and_with_repair_for_every_strength() -> None:
    settings = BordersSettings.of("full")
    plain = [
        cases.network_for(cases.conditions(rate, setting), settings) for rate in (0.1, 5.0) for setting in SETTINGS
    ]
    assert len(set(plain)) == len(SETTINGS)
    repaired = [
        cases.network_for(cases.conditions(rate, setting, repair), settings)
        for rate in (0.1, 5.0)
        for setting in SETTINGS
        for repair in REPAIRED
    ]
    assert len(set(repaired)) == 2  # with wires and without
