# SPDX-License-Identifier: BSD-3-Clause
"""The cocotb bench: loads a program over AXI4-Lite, streams images, stands in for the array, keeps every event.

Runs inside the simulator's process. Its job comes in the file that ``SPINTILE_JOB`` names; what it found goes to the
file that ``SPINTILE_OUTCOME`` names.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, Event, ReadOnly, RisingEdge
from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource
from spintile.model.files import write_atomically
from spintile.model.golden import DieImage

from .array_pins import AnalogSide, ArrayModel, PinError
from .comparison import Comparison, Difference
from .host import BenchError, Host
from .job import BenchJob
from .limits import cycle_limits
from .recorder import Recorder
from .scoreboard import compare

__all__ = ["Bench", "Pins", "run_job"]

PERIOD_NS = 10


class Pins(Protocol):
    """What stands at the array's pins: told of every cycle by the bench."""

    samples: int

    def start(self) -> None:
        """Levels before the first cycle."""

    def drive(self) -> None:
        """Just after a rising edge: set what the design reads in this cycle."""

    def observe(self) -> None:
        """Once the cycle has settled: look at the pins, count samples; PinError if they break the protocol."""


class Bench:
    """Host and array around one design.

    Parameters
    ----------
    dut : handle
        The periphery, exported with ``trace=True``.
    job : BenchJob
        What to run.
    seed : int
        For pauses and stalls.
    """

    def __init__(self, dut: Any, job: BenchJob, seed: int = 0) -> None:
        self.dut = dut
        self.job = job
        self.seed = seed
        self.cycles = 0
        self.failure: Exception | None = None
        self._factory = _array_factory(job.array)
        self.pins = self.make_pins()
        self.recorder = self.make_recorder()
        self._quiet = 0
        self._results = 0
        self._wanted = 0
        self._deadline = 0
        self.cycles_per_image: float | None = None
        self._changed = Event()

    def make_pins(self) -> Pins:
        """What stands at the array's pins."""
        job = self.job
        model = self._factory(job.image, 0)
        return AnalogSide(self.dut, job.geometry, model, job.settle, self.seed, job.disturbance.stall)

    def make_recorder(self) -> Recorder:
        """What keeps the trace."""
        return Recorder(self.dut, self.job.geometry)

    async def connect_die(self, position: int) -> None:
        """Put the die at that position where ``make_pins`` said."""
        assert isinstance(self.pins, AnalogSide)
        self.pins.model = self._factory(self.job.image, position)

    async def start(self) -> None:
        """Clock, reset, drivers."""
        dut = self.dut
        dut.rst.value = 1
        self.pins.start()
        dut.report__tready.value = 1  # no command is given: nothing comes
        self.host = Host(dut, self.job)
        self.source = AxiStreamSource(
            AxiStreamBus.from_prefix(dut, "image_"), dut.clk, byte_lanes=self.job.geometry.word_bits // 8
        )
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "result_"), dut.clk, byte_lanes=4)
        Clock(dut.clk, PERIOD_NS, unit="ns").start()
        await ClockCycles(dut.clk, 4)
        dut.rst.value = 0
        cocotb.start_soon(self._watch())
        await ClockCycles(dut.clk, 2)

    async def _watch(self) -> None:
        """Every cycle: drive the array's answers, then look at what has settled."""
        edge, settled = RisingEdge(self.dut.clk), ReadOnly()
        pins, recorder = self.pins, self.recorder
        patience, _ = self._limits()
        samples = 0
        while True:
            await edge
            pins.drive()
            await settled
            self.cycles += 1
            try:
                pins.observe()
                self._results += recorder.observe()
            except ValueError as error:
                self._fail(BenchError(f"outputs of the design must be 0 or 1, and are not: {error}"))
                return
            except Exception as error:
                self._fail(error)
                return
            if pins.samples != samples:
                samples, self._quiet = pins.samples, 0
            else:
                self._quiet += 1
            if self._wanted:
                if self._results >= self._wanted:
                    self._wanted = 0
                    self._changed.set()
                elif self._quiet > patience:
                    self._fail(BenchError(f"design must go on reading, and has not for {patience} cycles"))
                    return
                elif self.cycles > self._deadline:
                    self._fail(BenchError(f"design must be done with its images, and is not by cycle {self.cycles}"))
                    return

    def _limits(self) -> tuple[int, int]:
        """Cycles without a sample, and cycles for all images, after which the design counts as hung."""
        job = self.job
        images, reads = len(job.stream), len(job.kernels)
        return cycle_limits(
            job.geometry, job.image.adc_bits, job.settle, job.program.beats, images, reads, job.disturbance
        )

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._changed.set()

    def send(self, count: int | None = None) -> None:
        """Queue images for the stream, all of them unless told how many."""
        size = self.job.geometry.word_bits // 8
        for words in self.job.stream[:count].tolist():
            self.source.send_nowait(b"".join(word.to_bytes(size, "little") for word in words))

    async def soft_reset(self, after: int) -> None:
        """Send images, drop them half-way, and see that the array is let go.

        Raises
        ------
        BenchError
            If a line is still driven, or the chip is busy or reports an error.
        """
        await self.host.control("enable")
        # No more than fit the memory: a packet cut in the middle would be the host's fault.
        self.send(2)
        await self.source.wait()
        await ClockCycles(self.dut.clk, after)
        await self.host.control("soft_reset")
        await ClockCycles(self.dut.clk, 3)
        await ReadOnly()
        for name in ("select", "row_mode", "gate", "sample", "strobe"):
            value = int(getattr(self.dut, f"array__{name}").value)
            if value:
                raise BenchError(f"array pin {name} must be 0 after a soft reset, not 0x{value:x}")
        await RisingEdge(self.dut.clk)
        await self.host.expect_idle()
        self.sink.clear()

    async def run_die(self, position: int, done: Callable[[int], None]) -> tuple[Comparison, dict[str, int]]:
        """All images with one die at the pins: the comparison, and the performance counters.

        If the design hangs, reports an error or breaks the protocol of the pins, ``failure`` is set and there are no
        counters; what was seen until then is compared all the same.
        """
        job = self.job
        await self.connect_die(position)
        self.recorder.clear()
        self._results = self._quiet = 0
        self.cycles_per_image = None
        self._deadline = self.cycles + self._limits()[1]
        self.recorder.on_result = done
        if job.image.column_offset.ndim == 2:
            await self.host.load_offsets(position)
        if job.image.flags is not None:
            await self.host.load_flags(position)
        await self.host.write("IMAGE_INDEX", job.first_index)
        await self.host.control("enable", "clear_counters")
        self.send()
        saturated = len(job.stream) - len(job.layers)
        if saturated > 0 and await self._results_are(saturated + 1):
            self.cycles_per_image = await self._rate(saturated)
        if await self._results_are(len(job.stream)):
            await ClockCycles(self.dut.clk, 4)  # a result too many would come now
        comparison = compare(job.expected(position), self.recorder.events())
        if self.failure is not None:
            return comparison, {}
        try:
            await self.host.expect_idle()
            await self.host.control()
            self._check_stream()
            names = ("CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT")
            counters = {name.lower(): await self.host.read(name) for name in names}
            reads = len(job.kernels) * len(job.stream)
            if counters["reads"] != reads:
                raise BenchError(f"READS must be {reads} after {len(job.stream)} images, not {counters['reads']}")
        except BenchError as error:
            self.failure = error
            return comparison, {}
        return comparison, counters

    async def _results_are(self, wanted: int) -> bool:
        """Wait for that many results of this die; False if something failed instead."""
        if self.failure is None:
            self._changed.clear()
            self._wanted = wanted
            await self._changed.wait()
        return self.failure is None

    async def _rate(self, images: int) -> float | None:
        """Cycles per image by the counters, over the results that left while every layer had an image to work on.

        Called when ``images + 1`` results have left: with L layers the last L - 1 come out of a pipeline that drains,
        and sooner. None if the next result leaves before the counters are read.
        """
        names = ("IMAGES", "FIRST_RESULT", "LAST_RESULT", "IMAGES")
        before, first, last, after = [await self.host.read(name) for name in names]
        return (last - first) / images if before == after == images + 1 else None

    def _check_stream(self) -> None:
        """The host must see on the stream what the trace says, in the order of the images."""
        frames = [bytes(self.sink.recv_nowait().tdata) for _ in range(self.sink.count())]
        seen = [int.from_bytes(frame, "little") for frame in frames]
        wanted = [label & 0xFF | (image & 0xFFFFFF) << 8 for label, image in self.recorder.results]
        if seen != wanted:
            raise BenchError(
                f"result stream must carry {len(wanted)} results as the activation gave them, not {len(seen)}"
            )
        order = [image - self.job.first_index for _, image in self.recorder.results]
        if order != list(range(len(order))):
            raise BenchError(f"results must come in the order of the images, not {order}")


def _array_factory(name: str) -> Callable[[DieImage, int], ArrayModel]:
    """The callable that ``module:callable`` names."""
    module, _, attribute = name.partition(":")
    factory: Callable[[DieImage, int], ArrayModel] = getattr(importlib.import_module(module), attribute)
    return factory


def _pauses(seed: int, probability: float) -> Iterator[bool]:
    generator = random.Random(seed)
    while True:
        yield generator.random() < probability


class _Progress:
    """Tells the parent process how many images are done, a few times a second at most."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._images = 0
        self._told = 0.0

    def __call__(self, results: int) -> None:
        self._images += results
        now = time.monotonic()
        if self._path and now - self._told > 0.2:
            Path(self._path).write_text(str(self._images))
            self._told = now


@cocotb.test()
async def cosimulate(dut: Any) -> None:
    """Every die's images through the design; fails at the first difference from the golden model."""
    await run_job(Bench, dut)


async def run_job(bench_of: type[Bench], dut: Any) -> None:
    """The job that ``SPINTILE_JOB`` names, in a bench; its outcome goes to the file that ``SPINTILE_OUTCOME`` names."""
    job = BenchJob.load(os.environ["SPINTILE_JOB"])
    seed = int(os.environ.get("COCOTB_RANDOM_SEED", "0"))
    bench = bench_of(dut, job, seed)
    progress = _Progress(os.environ.get("SPINTILE_PROGRESS"))
    dies: list[dict[str, Any]] = []
    first: Difference | None = None
    error = ""
    processor = 0.0
    started = time.perf_counter()
    try:
        await bench.start()
        await bench.host.check_identity()
        await bench.host.load()
        if job.disturbance.soft_reset_after:
            await bench.soft_reset(job.disturbance.soft_reset_after)
        if job.disturbance.image_pause:
            bench.source.set_pause_generator(_pauses(seed + 1, job.disturbance.image_pause))
        if job.disturbance.result_pause:
            bench.sink.set_pause_generator(_pauses(seed + 2, job.disturbance.result_pause))
        for position in range(job.dies):
            began = time.process_time()
            comparison, counts = await bench.run_die(position, progress)
            processor += time.process_time() - began
            first = first or comparison.first
            outcome = {**comparison.as_dict(), "counters": counts, "cycles_per_image": bench.cycles_per_image}
            dies.append({"die": int(job.image.die_ids[position]), **outcome})
            if bench.failure is not None:
                raise bench.failure
    except (BenchError, PinError) as failure:
        error = str(failure)
    found = {
        "dies": dies,
        "error": error,
        "cycles": bench.cycles,
        "seconds": time.perf_counter() - started,
        "processor": processor,
    }
    write_atomically(os.environ["SPINTILE_OUTCOME"], json.dumps(found).encode())
    assert first is None, str(first)
    assert not error, error
