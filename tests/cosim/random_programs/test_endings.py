# SPDX-License-Identifier: BSD-3-Clause
"""Faults while programs run: a sound chip comes through each, and each check finds a chip that is broken for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from broken_chip import FAULTS, SMALL, TINY, broken_library
from cosim_cases import WIDE
from needed_tools import engine_or_skip
from spintile.cosim.compiled import Library, build_library
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.random_programs.case import (
    ENDINGS,
    TRAFFIC,
    Case,
    Ending,
    EndingKind,
    HiddenLayer,
    Program,
    Traffic,
    TrafficKind,
)
from spintile.cosim.random_programs.play import play

#: Every kind of access four times, spread over the run, channels held back in turn.
BUSY = tuple(
    Traffic(kind, 5 * number, 77 * number, 29 * number, number % 3, number % 4, number % 7)
    for number in range(4)
    for kind in TRAFFIC
)
DEEP = Program(
    3, (23,), (HiddenLayer(8),), classes=7, adc_bits=6, repair="pair_check", images=5, noise=0.7, traffic=BUSY
)


@pytest.fixture(scope="module")
def sound() -> Library:
    engine_or_skip("compiled")
    return build_library(periphery_verilog(WIDE), TOP, WIDE)


@pytest.mark.parametrize("kind", ENDINGS)
def test_a_chip_comes_through_every_ending(kind: EndingKind, sound: Library) -> None:
    for cycle, data in ((0, 0), (7, 0x27), (190, 0x1234567), (333, 0x2A402A4B)):
        for place in (0, 1, 23):
            ended = dataclasses.replace(DEEP, ending=Ending(kind, cycle, place, data, again=True))
            verdict = play(Case(WIDE, (ended, DEEP)), sound)
            assert verdict == dataclasses.replace(verdict, endings=(kind, "finish"), wrong=""), (cycle, data, place)


def test_the_same_case_takes_the_same_cycles(sound: Library) -> None:
    case = Case(WIDE, tuple(dataclasses.replace(DEEP, pauses=(0.5, 0.5, 0.2), ending=Ending("loose")) for _ in "ab"))
    assert play(case, sound) == play(case, sound)


def test_programs_that_do_not_fit_are_left_out(sound: Library) -> None:
    large = dataclasses.replace(DEEP, shape=(4000,))
    assert play(Case(WIDE, (large, DEEP)), sound).endings == ("finish",)


def ends(kind: EndingKind, cycle: int = 0) -> Program:
    """The small program with that ending, and once more after it."""
    return dataclasses.replace(SMALL, ending=Ending(kind, cycle, again=True))


def meets(*kinds: TrafficKind, places: Sequence[int] = range(9), data_delay: int = 0) -> Program:
    """The small program with accesses of these kinds meanwhile, their answers taken late."""
    accesses = tuple(
        Traffic(kind, place, 0x155, 9 * number, data_delay=data_delay, answer_delay=6)
        for number, place in enumerate(places)
        for kind in kinds
    )
    return dataclasses.replace(SMALL, traffic=accesses)


#: What finds each fault, and what it then says.
FOUND = {
    "an answer to a write is taken back": (meets("write"), "bus must hold its answer to a write until it is taken"),
    "a write is answered before its data": (meets("write", data_delay=3), "bus must answer a write only after it was"),
    "errors are not told": (ends("late_last"), "STATUS must be 0x08 after a misplaced tlast, not 0x00"),
    "busy is not told": (ends("not_ready"), "STATUS must be 0x01 while the chip waits, not 0x00"),
    "a refusal is not told": (meets("start"), "a command that was started while images run must be refused"),
    "holes read as if something were there": (meets("bad_read"), "must be answered with 2, not 0"),
    "a result is taken back": (ends("no_taker"), "a result must stand until it is taken"),
    "a line stays driven": (ends("soft_reset", cycle=40), "array pin gate must be 0 at rest, not 0x1"),
    "a part of a word is written": (meets("bad_strobe", places=[-1]), "must be answered with 2, not 0"),
    "tlast is where it should be": (ends("late_last"), "images before the misplaced tlast, and no other"),
    "ready is not waited for": (ends("not_ready"), "sample must wait for ready"),
    "a reset does nothing": (ends("reset", cycle=40), "STATUS must be 0x00 after a reset, not 0x01"),
    "a soft reset does nothing": (ends("soft_reset", cycle=40), "must be 0"),
    "a comparator is wrong": (ends("finish"), "codes: die 0, image 0, layer 0, kernel 0, read 0, column 0: must be"),
    "enable cannot be cleared": (ends("bad_setting"), "must"),
    "registers change by reads": (meets("read", "write"), "must"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_a_chip_is_found_by_what_is_meant_to_find_it(fault: str) -> None:
    program, sentence = FOUND[fault]
    broken, number = broken_library(fault)
    case = Case(TINY, (program, SMALL))
    assert play(case, broken).wrong == ""
    verdict = play(case, broken, connect=lambda engine: engine.poke("fault", number))
    assert verdict.wrong.startswith(f"program {len(verdict.endings) - 1}, ")
    assert sentence in verdict.wrong
