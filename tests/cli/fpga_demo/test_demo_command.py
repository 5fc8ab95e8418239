# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga demo`` as it is called: what it shows and makes, and one line where something is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from demo_cases import FAULTY_CLASS, faulty, network, playing, subject
from needed_tools import usable_or_skip
from spintile.cli.errors import BadInput
from spintile.cli.flows.fpga_demo import subject as subjects
from spintile.cli.flows.fpga_demo.activity import golden_activity
from spintile.cli.flows.fpga_demo.digits import chosen_digits, show_digits
from spintile.cli.flows.fpga_demo.pictures import known_picture
from spintile.cli.main import main
from spintile.cosim.tools import find_compiler, find_make, find_verilator, find_yosys
from spintile.fpga.boards import ICEBREAKER
from spintile.model.chip import Chip
from spintile.model.dies import load_population, save_population
from spintile.model.network import load_network, save_network

FILES = ("--network", "network.safetensors", "--population", "population.nc", "--board", "icebreaker")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the network and the dies."""
    usable_or_skip(find_verilator(), find_compiler(), find_make(), find_yosys())
    monkeypatch.chdir(tmp_path)
    save_network(network(), "network.safetensors")
    save_population(subject().population, "population.nc")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> tuple[str, str]:
    result = main(["fpga", "demo", *FILES, "--quiet", *options])
    shown = capsys.readouterr()
    assert result == code, shown.err
    return shown.out, shown.err


def test_digits_and_their_die_are_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out, _ = run(capsys, "--virtual", "--digit", "20", "--count", "3", "--die", "1")
    assert out.startswith("Die 1: 1,024 devices, ")
    assert [int(found) for found in re.findall(r"test image (\d+) is a", out)] == [20, 21, 22]
    prepared = subject().prepared(1)
    wanted = [golden_activity(prepared, known_picture(subject(), index).inputs).class_ for index in (20, 21, 22)]
    assert [int(found) for found in re.findall(r"the board says (\d)", out)] == wanted
    assert "the golden model's on this machine" in " ".join(out.split())
    assert "\x1b" not in out
    assert not (folder / "runs").exists()  # with both files given nothing is made


def test_programs_get_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "--virtual", "--count", "4", "--seed", "5", "--json")
    found: dict[str, Any] = json.loads(out)
    assert (found["images"], found["wrong"], found["lost"], found["network"]) == (4, 0, 0, "48-8-10")
    assert [answer["index"] for answer in found["answers"]] == chosen_digits(subject(), "random", 4, 5)
    assert found["correct"] == sum(answer["class"] == answer["label"] for answer in found["answers"])
    again, _ = run(capsys, "--virtual", "--count", "4", "--seed", "5", "--json")
    for answer in (answers := json.loads(again))["answers"] + found["answers"]:
        del answer["milliseconds"]
    assert answers == found


def test_a_board_that_lies_ends_with_a_failed_check(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "load_subject", lambda *_, **__: faulty())
    out, err = run(capsys, "--virtual", "--digit", "0", "--count", "6", code=1)
    assert f"the board says {FAULTY_CLASS}, and the golden model " in out
    assert re.match(
        rf"spintile: board and golden model differ: class of image \d: must be \d, not {FAULTY_CLASS}\n$", err
    )


def test_a_port_that_is_busy_or_pulled_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with playing(folder) as (session, terminal):
        # The session has the port.
        _, err = run(capsys, "--port", "port", code=2)
        assert err == "spintile: port: another program has this port: close it first\n"
        terminal.unplug(power=True)
        found = show_digits(session, [3, 4], lambda answer: None)
    assert (found["images"], found["lost"], found["wrong"], found["correct"]) == (2, 2, 0, 0)
    assert "there is no such port" in found["error"]


@pytest.mark.parametrize(("options", "message"), [
    ((), "either --port with the board's serial port or --virtual must be given, and not both"),
    (("--port", "nothing"), "nothing: there is no such port: plug the board in, and look for it with"),
    (("--virtual", "--die", "5"), "--die must be dies of population.nc (0 to 1), not 5"),
    (("--virtual", "--digit", "x"), "--digit must be the number of a test image or random, not 'x'"),
    (("--virtual", "--digit", "9999", "--count", "2"), "--digit plus --count must be at most 10000 for mnist-8x6, not"),
    (("--virtual", "--count", "10001"), "--count must be at most 10000 for mnist-8x6, not 10001"),
    (("--virtual", "--page", "--json"), "--json must not be given with --page"),
    (("--virtual", "--page", "--count", "2"), "--count must not be given with --page"),
    (("--virtual", "--listen", "80"), "--listen must be given with --page only"),
    (("--virtual", "--network", "population.nc"), "population.nc: "),
    (("--virtual", "--data", "mnist"), "mnist: side must be 14 and levels 16, not 7 and 16; give a folder"),
    (("--virtual", "--data", "wine"), "network.safetensors: must be a network for images like those of wine, 13 and"),
    (("--virtual", "--board", "ulx3s"), "population.nc: dies must be those of borders, 32 kernels of 25 x 25, not"),
])  # fmt: skip
def test_what_cannot_be_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], message: str
) -> None:
    out, err = run(capsys, *options, code=2)
    assert out == ""
    assert err.startswith(f"spintile: {message}"), err
    assert len(err.splitlines()) == 1


def test_the_page_is_served_until_it_is_interrupted(folder: Path) -> None:
    command = [sys.executable, "-m", "spintile.cli", "fpga", "demo", *FILES, "--quiet", "--virtual", "--page"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A process in the background may be deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        line = program.stdout.readline()
        url = re.fullmatch(r"(http://127\.0\.0\.1:\d+/): draw a digit; Ctrl-C ends it\n", line)
        assert url, line
        with urllib.request.urlopen(url[1] + "state", timeout=20) as answer:
            assert json.load(answer)["link"] == "ready"
        program.send_signal(signal.SIGINT)
        said = program.stderr.read()
    assert program.returncode == 130
    assert said == "spintile: interrupted; nothing was left half written\n"


def test_a_network_and_dies_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "_EPOCHS", 1)
    monkeypatch.setattr(subjects, "_TUNING_EPOCHS", 1)
    chip = Chip.preset("icebreaker")
    told: list[str] = []

    def progress(step: str, done: float, remark: str = "") -> None:
        if done == 1.0:
            told.append(f"{step} {remark}".strip())

    found = [subjects.trained(ICEBREAKER, chip, tmp_path, seed=1, progress=progress) for _ in range(2)]
    assert found[0] == found[1]
    steps = ["draw the dies", "train in software", "train for defective dies"]
    assert told == [*steps, *(f"{step} reused" for step in steps)]
    trained = load_network(found[0][0])
    assert trained.input_shape == (48,)
    assert trained.metadata["dataset"] == "mnist-8x6"
    assert float(trained.metadata["software_accuracy"]) > 25  # of what one pass teaches; chance is 10
    assert load_population(found[0][1]).dies == subjects.DIES


def test_a_board_of_another_size_needs_a_network(tmp_path: Path) -> None:
    import dataclasses

    other = dataclasses.replace(ICEBREAKER, name="other", layers=(30, 8, 10))
    with pytest.raises(BadInput, match=r"^--network must be given for other: no bundled digits have 30 pixels$"):
        subjects.trained(other, Chip.preset("icebreaker"), tmp_path, seed=1, progress=lambda *_: None)
