# SPDX-License-Identifier: BSD-3-Clause
"""The cocotb bench of the write path: gives commands, stands in for the array, takes the report.

Runs inside the simulator's process. Its job lies in the folder that ``SPINTILE_FOLDER`` names, and so does what it
found. It compares nothing: words go back as they came.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Event, ReadOnly, RisingEdge, ValueChange
from numpy.typing import NDArray
from spintile.model.programming import WriteCommand, make_array
from spintile.model.writing import WriteArray

from ..array_pins import ArrayModel, PinError
from ..host import BenchError
from .analog_side import WritingSide
from .array import array_factory
from .controller import WriteController, pulse_rules
from .job import WritingBenchJob, WritingOutcome
from .report_sink import ReportSink

__all__ = ["WritingBench"]

PERIOD_NS = 10
#: Cycles without a sample, a pulse or a word after which the design counts as hung, besides the longest pulse.
_PATIENCE = 2000


class WritingBench:
    """Host and array around one design.

    Parameters
    ----------
    dut : handle
        The periphery.
    job : WritingBenchJob
        What to do.
    seed : int
        For pauses and stalls.
    """

    def __init__(self, dut: Any, job: WritingBenchJob, seed: int = 0) -> None:
        self.dut, self.job = dut, job
        self.cycles = 0
        self.failure: Exception | None = None
        self.array: WriteArray
        self._factory = array_factory(job.array)
        chip, disturbance = job.chip, job.disturbance
        self.pins = WritingSide(
            dut,
            chip.geometry,
            self._fresh(0),
            pulse_rules(job.loaded),
            dac_step=chip.writing.dac_step,
            clock_period=chip.writing.clock_period,
            settle=job.settle,
            seed=seed,
            stall=disturbance.stall,
        )
        self.sink = ReportSink(dut, disturbance.result_pause, seed + 1)
        pauses = (1 - disturbance.stall) * (1 - disturbance.result_pause)
        longest = max(job.loaded.writing.widths) + 2 * job.loaded.writing.setup_cycles
        self._patience = round((_PATIENCE + longest) / pauses)
        self._quiet = 0
        self._waiting = False
        self._changed = Event()

    def _fresh(self, position: int) -> ArrayModel:
        """The die at a position as it was before any pulse."""
        job = self.job
        initial = None if job.initial is None else job.initial[[position]]
        self.array = make_array(job.chip, job.population.select([position]), job.seed, initial)
        return self._factory(self.array, job.chip)

    async def start(self) -> None:
        """Clock, reset, drivers."""
        dut = self.dut
        dut.rst.value = 1
        self.pins.start()
        self.sink.start()
        for name in ("image__tvalid", "image__tdata", "image__tlast"):
            getattr(dut, name).value = 0
        dut.result__tready.value = 1
        self.controller = WriteController(dut, self.job.loaded)
        Clock(dut.clk, PERIOD_NS, unit="ns").start()
        await ClockCycles(dut.clk, 4)
        dut.rst.value = 0
        for pin in self.pins.line_pins:
            cocotb.start_soon(self._follow(pin))
        self.pins.told = True
        cocotb.start_soon(self._watch())
        await ClockCycles(dut.clk, 2)

    async def _follow(self, pin: Any) -> None:
        """Tell the analog side when a pin changes: a tenth of the cycles, so that it reads all pins in those only."""
        change, pins = ValueChange(pin), self.pins
        while True:
            await change
            pins.changed = True

    async def _watch(self) -> None:
        """Every cycle: drive the array's answers, then look at what has settled."""
        edge, settled = RisingEdge(self.dut.clk), ReadOnly()
        pins, sink = self.pins, self.sink
        events = 0
        while True:
            await edge
            pins.drive()
            sink.drive()
            await settled
            self.cycles += 1
            try:
                pins.observe()
                sink.observe()
            except ValueError as error:
                self._fail(BenchError(f"outputs of the design must be 0 or 1, and are not: {error}"))
                return
            except Exception as error:
                self._fail(error)
                return
            seen = pins.samples + pins.pulses + len(sink.words)
            self._quiet = self._quiet + 1 if seen == events else 0
            events = seen
            if self._waiting:
                if sink.ended:
                    self._waiting = False
                    self._changed.set()
                elif self._quiet > self._patience:
                    self._fail(BenchError(f"command must go on, and has not for {self._patience} cycles"))
                    return

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._waiting = False
        self._changed.set()

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def prepare(self, position: int) -> None:
        """Reset, put the die at ``position`` to the pins, load settings and drop the attempts that are to be dropped.

        Raises
        ------
        BenchError, PinError
            If the design does not do what it must.
        """
        job, controller, disturbance = self.job, self.controller, self.job.disturbance
        stuck = job.stuck
        self.pins.stuck = stuck[1:] if stuck is not None and stuck[0] == position else None
        self.pins.model = self._fresh(position)
        if position:
            await self._reset()
        await controller.load(job.settle)
        if disturbance.reset_after:
            await self._drop(position, disturbance.reset_after, self._reset)
            await controller.load(job.settle)
        if disturbance.soft_reset_after:
            await self._drop(position, disturbance.soft_reset_after, lambda: controller.control("soft_reset"))
        if disturbance.abort_after:
            await self._drop(position, disturbance.abort_after, controller.abort, aborts=True)

    async def _reset(self) -> None:
        """The reset input: in the cycle after its first edge every line rests."""
        watch, edge = self.pins.watch, RisingEdge(self.dut.clk)
        watch.interrupt()
        self.dut.rst.value = 1
        await edge
        watch.expect_rest()
        await ClockCycles(self.dut.clk, 2)
        self.dut.rst.value = 0
        await ClockCycles(self.dut.clk, 2)
        watch.resume()

    async def _drop(
        self, position: int, after: int, drop: Callable[[], Awaitable[None]], *, aborts: bool = False
    ) -> None:
        """Begin the first command, drop it, see that every line rests, and put the die back as it was."""
        controller, watch, sink = self.controller, self.pins.watch, self.sink
        command = self.job.commands[0]
        await self._targets(command, position)
        sink.clear()
        await controller.begin(command)
        await ClockCycles(self.dut.clk, after)
        watch.interrupt()
        if not aborts:
            sink.interrupt()
        await drop()
        watch.expect_rest()
        # Words that are on their way may still be taken; of a soft reset none is left.
        await ClockCycles(self.dut.clk, round(8 / (1 - self.job.disturbance.result_pause)) + 8)
        self._check()
        await controller.dropped(aborted=aborts)
        await controller.expect_idle()
        watch.resume()
        sink.clear()
        self.pins.model = self._fresh(position)

    async def _targets(self, command: WriteCommand, position: int) -> None:
        if command.targets is not None:
            targets = command.targets
            await self.controller.load_targets(targets[position] if targets.ndim == 4 else targets)

    async def run(self, command: WriteCommand, position: int) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
        """One command from start to ``tlast``: its words and when they were taken [ns].

        Raises
        ------
        BenchError, PinError
            If the design does not do what it must.
        """
        await self._targets(command, position)
        self.sink.clear()
        self._quiet = 0
        await self.controller.begin(command)
        self._check()
        if not self.sink.ended:
            self._changed.clear()
            self._waiting = True
            await self._changed.wait()
            self._check()
        await self.controller.idle()
        await self.controller.expect_idle()
        self._check()
        return np.array(self.sink.words, np.uint64), np.array(self.sink.times, np.float64)

    def states(self) -> NDArray[np.bool_]:
        """States left at the pins (kernels, rows, cols): the model's own, if it tells them."""
        told = getattr(self.pins.model, "states", None)
        return np.array(self.array.state[0] if told is None else told, np.bool_)


@cocotb.test()
async def write_cells(dut: Any) -> None:
    """Every command on every die; fails if the design hangs, reports an error or breaks the protocol of the pins."""
    folder = Path(os.environ["SPINTILE_FOLDER"])
    job = WritingBenchJob.load(folder)
    bench = WritingBench(dut, job, int(os.environ.get("COCOTB_RANDOM_SEED", "0")))
    words: list[list[NDArray[np.uint64]]] = []
    times: list[list[NDArray[np.float64]]] = []
    counters: list[list[tuple[int, int]]] = []
    states: list[NDArray[np.bool_]] = []
    initial: list[NDArray[np.bool_]] = []
    error = ""
    started = time.perf_counter()
    try:
        await bench.start()
        await bench.controller.check_identity()
        for position in range(job.population.dies):
            words.append([])
            times.append([])
            counters.append([])
            await bench.prepare(position)
            initial.append(bench.array.initial[0].copy())
            for command in job.commands:
                done, taken = await bench.run(command, position)
                words[-1].append(done)
                times[-1].append(taken)
                counters[-1].append(await bench.controller.counts())
                (folder / "progress").write_text(str(sum(len(die) for die in words)))
            states.append(bench.states())
    except (BenchError, PinError) as failure:
        error = str(failure)
        if words and bench.sink.words and not bench.sink.ended and len(words[-1]) < len(job.commands):
            # What came before it went wrong tells where.
            words[-1].append(np.array(bench.sink.words, np.uint64))
            times[-1].append(np.array(bench.sink.times, np.float64))
    shape = (0, *job.population.shape[1:])
    WritingOutcome(
        words,
        times,
        counters,
        np.stack(states) if states else np.zeros(shape, np.bool_),
        np.stack(initial) if initial else np.zeros(shape, np.bool_),
        error,
        bench.cycles,
        bench.pins.pulses,
        bench.pins.samples,
        time.perf_counter() - started,
    ).save(folder / "outcome.safetensors")
    assert not error, error
