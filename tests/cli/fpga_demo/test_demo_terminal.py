# SPDX-License-Identifier: BSD-3-Clause
"""What the terminal shows: the digit, the answer, the layers and the die's defects, in any width and encoding."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from demo_cases import subject
from spintile.cli.flows.fpga_demo.activity import Activity, LayerActivity
from spintile.cli.flows.fpga_demo.pictures import Picture
from spintile.cli.flows.fpga_demo.session import Answer
from spintile.cli.flows.fpga_demo.terminal import answer_lines, die_lines, glyphs_for
from spintile.model.chip import Chip
from spintile.model.dies import Population, ideal_population

VALUES = np.array([[0, 1, 0], [1, 1, 0]], np.uint8)
LAYER = LayerActivity(np.array([[1, 0, 0, 1, 1]], np.int16), 1)
SCORES = np.array([-4, 10, 3])
ANSWER = Answer(Picture(VALUES, VALUES.ravel(), 7, 1), Activity((LAYER,), SCORES, 1), 1, 2.5, None)


def shown(answer: Answer = ANSWER, width: int = 100, encoding: str = "utf-8") -> list[str]:
    return [line.plain.rstrip() for line in answer_lines(answer, 1, width, glyphs_for(encoding))]


def test_a_digit_stands_beside_its_answer() -> None:
    assert shown() == [
        "┌──────┐   ✓ the board says 1; test image 7 is a 1",
        "│  ██  │",
        "│████  │     0                               -4",
        "└──────┘   ▸ 1  ████████████████████████    +10",
        "             2  ████████████                 +3",
        "Layer 1: 3 of 5 active, 5 neurons",
        "  █··██",
    ]


def test_without_unicode_and_room_everything_is_still_there() -> None:
    lines = shown(width=40, encoding="ascii")
    assert lines[:5] == ["+------+", "|  ##  |", "|####  |", "+------+", ""]
    assert lines[5] == "ok the board says 1; test image 7 is a 1"
    assert "".join(lines).isascii()
    assert shown(width=5)[-2:] == ["  █··", "  ██"]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"class_": 2}, "✗ the board says 2, and the golden model 1; test image 7 is a 1"),
        ({"class_": None, "error": "port: the board is gone"}, "✗ no answer: port: the board is gone; test image 7"),
        ({"picture": Picture(VALUES, VALUES.ravel(), 7, 2)}, "the board says 1, as the golden model does; test image"),
        ({"picture": Picture(VALUES, VALUES.ravel())}, "✓ the board says 1"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, object], verdict: str) -> None:
    answer = dataclasses.replace(ANSWER, **changes)  # type: ignore[arg-type]
    line = shown(answer)[0]
    assert line.removeprefix("┌──────┐   ").startswith(verdict)
    assert ("test image" in line) == (answer.picture.label is not None)


def test_grey_inputs_have_shades() -> None:
    values = np.arange(16, dtype=np.uint8).reshape(1, 16)
    grey = dataclasses.replace(ANSWER, picture=Picture(values, values.ravel()))
    _, line, *_ = answer_lines(grey, 15, 120, glyphs_for("utf-8"))
    shades = line.plain[1:33:2]
    assert shades[0] == " "
    assert shades[-1] == "█"
    assert [" ░▒▓█".index(shade) for shade in shades] == sorted(" ░▒▓█".index(shade) for shade in shades)


def with_defects(preset: str) -> Population:
    chip = Chip.preset(preset)
    sound = ideal_population(chip.geometry, chip.cell)
    defect = sound.defect.copy()
    defect[0, 0, 1, 2] = 1
    defect[0, 1, 7, 0] = 2
    defect[0, 1, 7, 1] = 4
    return dataclasses.replace(sound, defect=defect)


def test_small_kernels_are_drawn_device_by_device() -> None:
    lines = [line.plain for line in die_lines(with_defects("icebreaker"), 80, glyphs_for("utf-8"))]
    assert lines[0] == "Die 0: 1,024 devices, 1 short, 1 open, 0 stuck-P, 1 stuck-AP"
    assert lines[1].strip() == "s short  o open  P stuck-P  A stuck-AP  · healthy"
    assert lines[3].split() == [str(kernel) for kernel in range(8)]
    assert lines[5].split()[0] == "··s·····"
    assert lines[11].split()[1] == "oA······"
    assert sum("".join(lines[4:]).count(mark) for mark in "soA") == 3


@pytest.mark.parametrize("width", [40, 80, 120])
def test_large_kernels_fit_the_screen(width: int) -> None:
    lines = [line.plain for line in die_lines(with_defects("borders"), width, glyphs_for("utf-8"))]
    assert len(lines) <= 30 or width == 40
    assert max(len(line) for line in lines[2:]) <= width
    drawn = "".join(lines[2:])
    assert drawn.count("s") == 1  # alone in its place
    assert drawn.count("*") == 1  # an open and a device stuck in AP, side by side


def test_a_real_die_is_counted_as_its_population_says() -> None:
    die = subject().die(1)
    first = next(iter(die_lines(die, 80, glyphs_for("utf-8")))).plain
    counts = {name: int(found[0]) for name, found in die.counts().items()}
    assert first == (
        f"Die 1: 1,024 devices, {counts['short']} short, {counts['open']} open, {counts['stuck_p']} stuck-P, "
        f"{counts['stuck_ap']} stuck-AP"
    )
