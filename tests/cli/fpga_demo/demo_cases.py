# SPDX-License-Identifier: BSD-3-Clause
"""A network for digits on the smallest board, simulated behind a port; and one whose board lies."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from needed_tools import usable_or_skip
from spintile.cli.flows.boards import Prepared
from spintile.cli.flows.fpga_demo.session import PATIENCE, Session
from spintile.cli.flows.fpga_demo.subject import Subject
from spintile.cosim.tools import find_compiler, find_make, find_verilator, find_yosys
from spintile.fpga.boards import ICEBREAKER
from spintile.fpga.host.board import Board
from spintile.fpga.host.contents import Contents
from spintile.fpga.host.serial_port import SerialPort
from spintile.fpga.virtual.library import build_board
from spintile.fpga.virtual.pseudo_terminal import PseudoTerminal
from spintile.fpga.virtual.simulation import SimulatedBoard
from spintile.model.chip import Chip
from spintile.model.data import load
from spintile.model.dies import sample_population
from spintile.model.evaluation import compile_for
from spintile.model.network import Layer, Network

__all__ = ["FAULTY_CLASS", "faulty", "network", "playing", "subject"]

#: What the lying board says, whatever it is asked.
FAULTY_CLASS = 6


@cache
def network() -> Network:
    """48-8-10 with drawn weights: what it answers is nobody's guess."""
    chance = np.random.default_rng(3)
    weights = [chance.choice(np.array([-1, 1], np.int8), shape) for shape in ((8, 48), (10, 8))]
    hidden = Layer("dense", weights[0], (48,), 1, thresholds=chance.integers(-3, 4, (8, 1)), invert=np.zeros(8, bool))
    return Network((hidden, Layer("dense", weights[1], (8,), 1, bias=chance.integers(-3, 4, 10))))


@cache
def subject() -> Subject:
    """That network, and two dies with defects."""
    chip = Chip.preset("icebreaker")
    statistics = dataclasses.replace(chip.statistics, short=0.01, open=0.01)
    dies = sample_population(chip.geometry, chip.cell, statistics, [0, 1], 1)
    return Subject(network(), dies, load("mnist-8x6"), chip, Path("population.nc"), 1)


class FaultySubject(Subject):
    """The board gets another bias than the golden model."""

    def prepared(self, number: int) -> Prepared:
        sound = super().prepared(number)
        *before, output = self.network.layers
        assert output.bias is not None
        bias = output.bias.copy()
        bias[FAULTY_CLASS] += 60
        other = Network((*before, dataclasses.replace(output, bias=bias)))
        compiled = compile_for(other, self.chip)
        return dataclasses.replace(sound, contents=Contents.of(compiled, sound.image, 0, sound.contents.repair))


def faulty() -> FaultySubject:
    """The same network and dies."""
    known = subject()
    return FaultySubject(*(getattr(known, field.name) for field in dataclasses.fields(known)))


@contextlib.contextmanager
def playing(folder: Path, what: Subject | None = None, die: int = 0) -> Iterator[tuple[Session, PseudoTerminal]]:
    """A session with a simulated board, and its cable."""
    usable_or_skip(find_verilator(), find_compiler(), find_make(), find_yosys())
    library = build_board(ICEBREAKER.geometry, ICEBREAKER.features)
    with PseudoTerminal(SimulatedBoard(library), folder / "port") as terminal:
        line = SerialPort(str(terminal.port), 1_000_000)
        board = Board(line, ICEBREAKER.geometry, timeout=2.0, backoff=0.05, **PATIENCE)
        session = Session(board, subject() if what is None else what, die)
        session.load(lambda step, done, remark="": None)
        yield session, terminal
        board.close()
