# SPDX-License-Identifier: BSD-3-Clause
"""Commands for boards, with the smallest board simulated: golden answers, and one line where something is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed_tools import usable_or_skip
from spintile.cli.main import main
from spintile.cosim.tools import find_compiler, find_make, find_verilator, find_yosys
from spintile.model.chip import Chip
from spintile.model.dies import sample_population, save_population
from spintile.model.network import Layer, Network, save_network

FILES = ("network.safetensors", "population.nc")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a network for digits of 8 x 8 and two dies of the smallest board."""
    usable_or_skip(find_verilator(), find_compiler(), find_make(), find_yosys())
    monkeypatch.chdir(tmp_path)
    chance = np.random.default_rng(1)
    chip = Chip.preset("icebreaker")
    weights = [chance.choice(np.array([-1, 1], np.int8), shape) for shape in ((4, 64), (10, 4))]
    hidden = Layer("dense", weights[0], (64,), 1, thresholds=chance.integers(-3, 4, (4, 1)), invert=np.zeros(4, bool))
    output = Layer("dense", weights[1], (4,), 1, bias=chance.integers(-3, 4, 10))
    save_network(Network((hidden, output)), FILES[0])
    save_population(sample_population(chip.geometry, chip.cell, chip.statistics, [0, 1], 1), FILES[1])
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """What a command shows and complains of; it must end with the given code."""
    result = main(list(arguments))
    shown = capsys.readouterr()
    assert result == code, shown.err
    return shown.out, shown.err


def answers(capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    out, _ = run(
        capsys, "fpga", "run", *FILES, "--board", "icebreaker", "--data", "digits", "--json", "--quiet", *options
    )
    return json.loads(out)


def test_digits_on_a_virtual_board_are_answered_as_golden(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = answers(capsys, "--virtual", "--images", "60", "--die", "1", "--first", "7", "--out", "report.json")
    assert (report["images"], report["wrong"], report["lost"], report["restarts"]) == (60, 0, 0, 0)
    assert report["images_per_second"] > 0
    assert json.loads((folder / "report.json").read_text())["images"] == 60
    out, _ = run(capsys, "fpga", "program", *FILES, "--board", "icebreaker", "--virtual", "--json", "--quiet")
    assert json.loads(out)["bytes"] == 4 * 16 * 11 * 8


def test_a_served_board_is_found_at_its_port(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        sys.executable,
        "-m",
        "spintile.cli",
        "fpga",
        "serve",
        "port",
        "--board",
        "icebreaker",
        "--flipped",
        "1e-3",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as board:
        assert board.stdout is not None
        try:
            assert board.stdout.readline() == "port: a board with icebreaker; Ctrl-C ends it\n"
            report = answers(capsys, "--port", "port", "--images", "100")
            assert (report["images"], report["wrong"], report["lost"]) == (100, 0, 0)
        finally:
            board.terminate()  # as Ctrl-C, which a process in the background may be deaf to
    assert board.returncode == 128 + 15
    assert not (folder / "port").exists()


def test_a_campaign_on_the_link_finds_no_wrong_answer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "bench", "link", "--frames", "400", "--jobs", "1", "--seed", "2", "--json", "--quiet")
    report = json.loads(out)
    assert len(report["scenarios"]) == 8
    assert report["total"]["frames"] >= 400
    assert (report["total"]["wrong"], report["total"]["lost"]) == (0, 0)


@pytest.mark.parametrize(("command", "options", "message"), [
    ("run", (), "either --port with the board's serial port or --virtual must be given, and not both"),
    ("run", ("--port", "x", "--virtual"), "either --port with the board's serial port or --virtual must be given"),
    ("program", ("--port", "nothing"), "nothing: there is no such port: plug the board in, and look for it with"),
    ("run", ("--board", "abacus", "--virtual"), "--board: board must be one of icebreaker, ulx3s, not 'abacus'"),
    ("program", ("--virtual", "--die", "5"), "--die must be dies of population.nc (0 to 1), not 5"),
    ("run", ("--virtual", "--images", "999999"), "--first plus --images must be at most"),
    ("run", ("--virtual", "--board", "ulx3s"), "population.nc"),
])  # fmt: skip
def test_what_cannot_be_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, options: tuple[str, ...], message: str
) -> None:
    chosen = options if "--board" in options else (*options, "--board", "icebreaker")
    data = ("--data", "digits") if command == "run" else ()
    _, err = run(capsys, "fpga", command, *FILES, *chosen, *data, "--quiet", code=2)
    assert err.startswith(f"spintile: {message}"), err
    assert len(err.splitlines()) == 1


def test_lines_that_do_not_exist_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = run(capsys, "bench", "link", "--scenario", "rain", code=2)
    assert re.match(r"spintile: --scenario must be one of clean, flipped, .*, not 'rain'$", err.strip())
    (folder / "taken").write_text("")
    _, err = run(capsys, "fpga", "serve", "taken", code=2)
    assert err == "spintile: taken: must not exist yet\n"
