# SPDX-License-Identifier: BSD-3-Clause
"""The host of a case: loads programs, runs images, and knows what the registers must hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from spintile.model.golden import Record

from ..compiled import CompiledEngine, Interference, Library, Outcome, Pauses, access_table
from ..compiled.outcome import RunShape
from ..compiled.session import host_counters, run_shape
from ..compiled.verdict import compare_batch
from ..job import CosimJob
from ..limits import cycle_limits
from ..loading import RegisterWrite, program_writes
from .case import Program
from .registers import Due, Registers, wrong_answer

__all__ = ["Host", "Wrong"]

#: Windows onto memories, which ``rst`` leaves as they are.
MEMORIES = ("SEGMENT", "INSTRUCTION", "THRESHOLD", "FLAG")
#: Pins that are 0 while no line is driven.
_AT_REST = ("select", "row_mode", "col_mode", "gate", "sample", "strobe", "pulse", "level")


class Wrong(AssertionError):
    """The chip did something that it must not; the message is one line."""


class Host:
    """A chip that has just been reset, and its host.

    Parameters
    ----------
    library : Library
        The chip.
    """

    def __init__(self, library: Library) -> None:
        self.engine = CompiledEngine(library)
        self.registers = Registers(library.geometry)
        self.engine.reset()
        self.engine.check_identity()

    def write_all(self, writes: Iterable[RegisterWrite]) -> None:
        """Write registers and windows."""
        kept = list(writes)
        self.engine.write_all(kept)
        self.registers.write_all(kept)

    def control(self, *names: str) -> None:
        """Write CONTROL with these fields set and the others clear."""
        self.engine.control(*names)
        self.registers.write_all([RegisterWrite("CONTROL", [int("enable" in names)])])

    def load(self, job: CosimJob, *, memories: bool = True) -> None:
        """Program, settings and die; without ``memories`` only what a reset takes away."""
        writes = program_writes(job.loaded, job.at_pins, job.repair, job.settle_cycles, job.geometry)
        self.write_all(each for each in writes if memories or each.name not in MEMORIES)
        self.write_all([RegisterWrite("IMAGE_INDEX", [job.first_index])])
        self.engine.set_pins(job.settle_cycles)
        self.engine.set_die(job.at_pins, 0)

    def stream(
        self,
        job: CosimJob,
        program: Program,
        *,
        due: Sequence[Due] = (),
        patience: int | None = None,
        deadline: int | None = None,
        quiet: bool = False,
        interference: Interference | None = None,
    ) -> Outcome:
        """The images of a job, with the program's pauses and gaps unless ``quiet``.

        Parameters
        ----------
        job : CosimJob
        program : Program
        due : sequence of Due
            Accesses meanwhile; what they show is checked.
        patience, deadline : int, optional
            As of ``CompiledEngine.run``; enough for a sound chip unless given.
        quiet : bool
        interference : Interference, optional
            Instead of the program's own; ``due`` then is not looked at.

        Raises
        ------
        Wrong
            If an access has a wrong answer.
        """
        words = job.stream(job.images)
        enough, all_cycles = cycle_limits(
            job.geometry,
            job.image.adc_bits,
            job.settle_cycles,
            words.shape[1],
            len(job.images),
            job.compiled.reads_per_image,
            job.disturbance,
        )
        table = access_table([each.access for each in due])
        held = sum(cycles for _, cycles in program.gaps) + program.results_held[1] + program.ready_held[1]
        held += sum(each.access.cycle + each.access.answer_delay for each in due) + 10_000
        own = Interference(
            accesses=table,
            gaps=_gaps(program, words),
            results_held=_window(program.results_held),
            ready_held=_window(program.ready_held),
        )
        outcome = self.engine.run(
            words,
            run_shape(job),
            first_index=job.first_index,
            patience=enough + held if patience is None else patience,
            deadline=all_cycles + held if deadline is None else deadline,
            pauses=None if quiet else Pauses(*program.pauses),
            seed=program.seed,
            interference=interference or (Interference(accesses=table) if quiet else own),
        )
        if not outcome.error:
            self.expect(wrong_answer(due, table))
        return outcome

    def check(self, outcome: Outcome, job: CosimJob, record: Record) -> None:
        """Everything that a run of all images must show, and the host's checks after it; ends with ``enable`` 0.

        Raises
        ------
        Wrong
            If anything differs.
        """
        self.expect(outcome.error)
        self.compare(outcome, job, record)
        host_counters(self.engine, outcome, job.first_index, job.compiled.reads_per_image * len(job.images))
        self.registers.write_all([RegisterWrite("CONTROL", [0])])

    def compare(self, outcome: Outcome, job: CosimJob, record: Record) -> None:
        """Codes, accumulators, activations and classes of all images of a job."""
        comparison = compare_batch(outcome, record, job, 0, job.first_index)
        if comparison.first is not None:
            raise Wrong(str(comparison.first))

    def run(self, job: CosimJob, program: Program, record: Record) -> None:
        """All images once more, with nothing in their way."""
        self.control("enable", "clear_counters")
        self.check(self.stream(job, program, quiet=True), job, record)

    def read_back(self) -> None:
        """Read every register: what it holds must be what was written into it, or what a reset made of it."""
        due = self.registers.lasting()
        table = access_table([each.access for each in due])
        nothing = np.zeros((0, 1), np.uint64)
        outcome = self.engine.run(nothing, RunShape((), ()), interference=Interference(accesses=table))
        self.expect(outcome.error or wrong_answer(due, table))

    def expect(self, wrong: str) -> None:
        """Raise Wrong unless there is nothing to say."""
        if wrong:
            raise Wrong(wrong)

    def expect_status(self, allowed: Iterable[int], what: str) -> int:
        """STATUS, which must be one of these; images in flight do not count."""
        status = self.engine.read("STATUS") & 0xFF
        wanted = sorted(allowed)
        if status not in wanted:
            raise Wrong(f"STATUS must be {' or '.join(f'0x{each:02x}' for each in wanted)} {what}, not 0x{status:02x}")
        return status

    def expect_rest(self) -> None:
        """No line is driven, and no result or image is on its way."""
        for name in _AT_REST:
            value = self.engine.peek(f"array__{name}")
            if value:
                raise Wrong(f"array pin {name} must be 0 at rest, not 0x{value:x}")
        if self.engine.peek("result__tvalid"):
            raise Wrong("no result must be offered at rest, and one is")

    def soft_reset(self) -> None:
        """Drop everything: lines rest, STATUS is 0, registers hold what they held."""
        self.control("soft_reset")
        self.engine.idle(2)
        self.expect_rest()
        self.expect_status([0], "after a soft reset")
        self.read_back()

    def reset(self) -> None:
        """``rst``: lines rest, STATUS is 0, registers hold what they held at first."""
        for name in ("awvalid", "wvalid", "bready", "arvalid", "rready"):
            self.engine.poke(f"s_axi__{name}", 0)
        self.engine.reset(1)
        self.registers.reset()
        self.expect_rest()
        self.expect_status([0], "after a reset")
        self.read_back()


def _window(held: tuple[int, int]) -> tuple[int, int]:
    first, cycles = held
    return (first, first + cycles) if cycles else (0, 0)


def _gaps(program: Program, words: NDArray[np.uint64]) -> NDArray[np.uint32] | None:
    if not program.gaps:
        return None
    gaps = np.zeros(words.shape, np.uint32)
    for word, cycles in program.gaps:
        gaps.flat[word % words.size] = cycles
    return gaps
