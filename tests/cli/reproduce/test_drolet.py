# SPDX-License-Identifier: BSD-3-Clause
"""A small slice of the half-moons: the report, its verdicts, and the same bytes after being killed."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spintile.cli.errors import BadInput
from spintile.cli.flows.reproduce.drolet.outputs import FILES, write_outputs
from spintile.cli.flows.reproduce.drolet.plan import DroletRun, run_drolet
from spintile.cli.flows.reproduce.drolet.results import make_claims, make_report
from spintile.cli.flows.reproduce.drolet.settings import DroletSettings
from spintile.cli.main import main

TINY: dict[str, Any] = {
    "seeds": 1,
    "transfers": 40,
    "points": 60,
    "epochs": 40,
    "narrow": {"starts": 1, "clean_steps": 10, "short_steps": 0, "long_steps": 10, "transfers": 8},
    "wide": {"hidden": 48, "scales": (20.0, 2.0), "starts": 1, "clean_steps": 3, "short_steps": 0, "long_steps": 3},
    "rtl_dies": 0,
    "engine": "model",
    "grid": 7,
}
_SLICE = (
    "import sys; from pathlib import Path; from test_drolet import whole; "
    "from spintile.cli.flows.reproduce.drolet.settings import DroletSettings; whole(Path(sys.argv[1]))"
)


def quiet(step: str, done: float, remark: str = "") -> None:
    """Progress for nobody."""


def whole(folder: Path) -> tuple[dict[str, Any], DroletRun]:
    """Everything that the command does, small."""
    folder.mkdir(parents=True, exist_ok=True)
    run = run_drolet(DroletSettings(**TINY), folder, jobs=1, progress=quiet)
    return write_outputs(run, folder)[0], run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], DroletRun]:
    folder = tmp_path_factory.mktemp("drolet")
    report, run = whole(folder)
    return folder, report, run


def test_the_report_holds_what_is_asked_for(finished: tuple[Path, dict[str, Any], DroletRun]) -> None:
    folder, report, _ = finished
    assert json.loads((folder / "report.json").read_text())["hardware_aware"] == report["hardware_aware"]
    for name in ("regular", "hardware_aware", "wider", "best"):
        assert 0 <= report[name]["share"]["median"] <= 100
    assert report["transfers"] == 40
    assert {"compared", "mismatches"} <= report["rtl"].keys()
    assert report["hardware_aware"]["arrays"] == [2, 2]
    assert report["hardware_aware"]["devices"] == 66
    assert "share_on_chip" in report["hardware_aware"]
    page = (folder / "report.html").read_text()
    for words in ("Claims and verdicts", "How networks are written", "row by row", "does not hold"):
        assert words in page


def test_killed_and_run_again_it_ends_with_the_same_bytes(
    finished: tuple[Path, dict[str, Any], DroletRun], tmp_path: Path
) -> None:
    undisturbed, folder = finished[0], tmp_path / "killed"
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen([sys.executable, "-c", _SLICE, str(folder)], env={**os.environ, "PYTHONPATH": path})
    deadline = time.monotonic() + 300
    while process.poll() is None and not list(folder.glob("sweeps/run_case-*/tasks/*.safetensors")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("sweeps/run_case-*/tasks/*.safetensors")}
    assert kept
    whole(folder)
    for name in FILES:
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())


def good_run() -> DroletRun:
    """A default run in which everything holds."""

    def result(share: float, clean: float, neurons: int) -> dict[str, Any]:
        figures = {"share": share, "mean": 95.0, "clean": clean}
        targets = [np.full((neurons, 3, 2), 100, np.float32), np.full((1, neurons + 1, 2), 100, np.float32)]
        return {
            "targets": targets,
            "scales": [20.0, 7.0],
            "arrays": [2, 2],
            "shape": f"2-{neurons}-1",
            "ideal": figures,
            "wires": figures,
        }

    shares = {"regular": 3.0, "regular_10": 20.0, "regular_5": 57.0, "hardware_aware": 84.0, "wider": 97.0}
    results = {
        key: [result(share + seed / 10, 98.5, 48 if key == "wider" else 8) for seed in range(5)]
        for key, share in shares.items()
    }
    die = {"engine": "icarus", "points": 200, "compared": 100, "mismatches": 0, "first_difference": None, "right": 190}
    return DroletRun(DroletSettings(engine="icarus"), results, [dict(die) for _ in range(4)])


def _set(run: DroletRun, key: str, figure: str, value: float) -> None:
    for result in run.results[key]:
        result["ideal"] = {**result["ideal"], figure: value}


def test_a_good_run_holds() -> None:
    claims = make_claims(good_run())
    assert all(claim.holds for claim in claims if claim.judged)
    assert make_report(good_run(), claims)["rtl"]["compared"] == 400
    assert good_run().typical("hardware_aware") == 2


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (lambda run: _set(run, "hardware_aware", "share", 79.9), "hardware-aware 2-8-1, share"),
        (lambda run: _set(run, "hardware_aware", "clean", 96.9), "hardware-aware 2-8-1, clean accuracy"),
        (lambda run: _set(run, "regular", "share", 40.0), "gain over regular training"),
        (lambda run: _set(run, "wider", "share", 89.0), "wider network, share"),
        (lambda run: run.dies[3].update(mismatches=1), "RTL equal to the golden model"),
        (lambda run: [die.update(compared=0) for die in run.dies], "RTL equal to the golden model"),
    ],
)
def test_each_fault_turns_its_claim_red(fault: Callable[[DroletRun], object], named: str) -> None:
    run = copy.deepcopy(good_run())
    fault(run)
    assert named in [claim.name for claim in make_claims(run) if claim.judged and not claim.holds]


def test_a_quick_run_is_judged_by_gain_and_rtl_alone() -> None:
    quick = dataclasses.replace(good_run(), settings=DroletSettings.of("quick", engine="icarus", seeds=5))
    judged = [claim.name for claim in make_claims(quick) if claim.judged]
    assert judged == ["gain over regular training", "RTL equal to the golden model"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "0"], "--seeds must be from 1 to 1,000, not 0"),
        (["--transfers", "0"], "--transfers must be from 1 to 1,000,000, not 0"),
        (["--transfers", "3"], "--transfers must be at least 4, as many as the RTL runs, not 3"),
        (["--quick", "--full"], "--quick and --full must not be given together"),
        (["--disturbance", "none.csv"], "none.csv: there is no such file"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    assert main(["reproduce", "drolet", "--engine", "model", "--out", str(folder), *arguments]) == 2
    assert capsys.readouterr().err == f"spintile: {said}\n"
    assert not folder.exists()


def test_an_effort_is_changed_by_what_is_given() -> None:
    settings = DroletSettings.of("full", seeds=3, transfers=None)
    assert (settings.seeds, settings.transfers, settings.further) == (3, 10_000, True)
    with pytest.raises(BadInput, match="--seeds"):
        DroletSettings.of("default", seeds=-1)
