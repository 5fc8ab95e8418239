# SPDX-License-Identifier: BSD-3-Clause
"""Vocabulary of the datapath's tests: sources and sinks with pauses, an array behind the pins, a watchdog."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from amaranth.lib.data import Const, StructLayout
from amaranth.sim import Simulator, SimulatorContext

Testbench = Callable[[SimulatorContext], Awaitable[None]]


def run(dut: Any, *testbenches: Testbench, background: Iterable[Testbench] = (), limit: int = 20_000) -> None:
    """Simulates until every testbench has returned; AssertionError after ``limit`` cycles."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    for testbench in background:
        simulator.add_testbench(testbench, background=True)

    async def watchdog(ctx: SimulatorContext) -> None:
        for _ in range(limit):
            await ctx.tick()
        raise AssertionError(f"still running after {limit} cycles")

    simulator.add_testbench(watchdog, background=True)
    simulator.run()


def plain(value: Any) -> Any:
    """A sampled payload as dictionaries, lists and integers."""
    if isinstance(value, Const):
        layout = value.shape()
        if isinstance(layout, StructLayout):
            return {name: plain(value[name]) for name in layout.members}
        return [plain(value[index]) for index in range(layout.length)]
    return int(value.value) if hasattr(value, "value") else int(value)


def source(stream: Any, payloads: Iterable[dict[str, Any]], *, pause: float = 0.0, seed: int = 0) -> Testbench:
    """Puts payloads on a stream; before each, with probability ``pause`` per cycle, nothing."""

    async def testbench(ctx: SimulatorContext) -> None:
        chance = random.Random(seed)
        for payload in payloads:
            while chance.random() < pause:
                await ctx.tick()
            ctx.set(stream.payload, payload)
            ctx.set(stream.valid, 1)
            taken = False
            while not taken:
                _, _, taken = await ctx.tick().sample(stream.ready)
            ctx.set(stream.valid, 0)

    return testbench


def sink(stream: Any, count: int, taken: list[tuple[int, Any]], *, pause: float = 0.0, seed: int = 1) -> Testbench:
    """Takes ``count`` payloads with the cycle in which each was handed over; not ready with probability ``pause``.

    While it is not ready it also checks that a payload once offered stays as it is.
    """

    async def testbench(ctx: SimulatorContext) -> None:
        chance = random.Random(seed)
        cycle = 0
        offered = None
        while len(taken) < count:
            ready = chance.random() >= pause
            ctx.set(stream.ready, ready)
            _, _, valid, payload = await ctx.tick().sample(stream.valid, stream.payload)
            assert offered is None or (valid and plain(payload) == offered), "an offered payload must stay until taken"
            offered = plain(payload) if valid and not ready else None
            if valid and ready:
                taken.append((cycle, plain(payload)))
            cycle += 1
        ctx.set(stream.ready, 0)

    return testbench


def flow(port: Any, seen: list[tuple[int, Any]]) -> Testbench:
    """Listens to a flow for good: run it in the background."""

    async def testbench(ctx: SimulatorContext) -> None:
        cycle = 0
        while True:
            _, _, valid, payload = await ctx.tick().sample(port.valid, port.payload)
            if valid:
                seen.append((cycle, plain(payload)))
            cycle += 1

    return testbench


def no_path(inputs: Iterable[Any], outputs: Iterable[Any]) -> Testbench:
    """Turns each one-bit input over in the middle of every cycle: no output may follow before the clock's edge."""

    async def testbench(ctx: SimulatorContext) -> None:
        watched = list(outputs)
        while True:
            await ctx.tick()
            await ctx.delay(0.25e-6)
            before = [ctx.get(output) for output in watched]
            for signal in inputs:
                value = ctx.get(signal)
                ctx.set(signal, not value)
                assert [ctx.get(output) for output in watched] == before, f"{signal!r} reaches a watched output"
                ctx.set(signal, value)

    return testbench


class ArrayBehindPins:
    """An array that answers trials from given column sums, and garbage whenever the protocol lets it.

    Parameters
    ----------
    pins : interface
        An ``ArrayPins`` or ``ConverterPins`` interface.
    sums : function of (image, ordinal) to a list of integers
        S of every column [LSB/2^F].
    fraction_bits, columns_per_adc : int
        F and m.
    rounding : int, optional
        Added to S before the comparison: 2^(F-1) unless a fault is wanted.
    """

    def __init__(
        self,
        pins: Any,
        sums: Callable[[int, int], list[int]],
        fraction_bits: int,
        columns_per_adc: int,
        rounding: int | None = None,
    ) -> None:
        self.pins = pins
        self.sums = sums
        self.fraction_bits = fraction_bits
        self.shared = columns_per_adc
        self.rounding = 1 << (fraction_bits - 1) if rounding is None else rounding
        self.samples: list[int] = []  # cycles
        self.tags: list[tuple[int, int]] = []
        self.strobes: list[int] = []

    async def testbench(self, ctx: SimulatorContext) -> None:
        """Latches at a sample, answers in the cycle after a strobe; comparators out of turn are random."""
        pins = self.pins
        chance = random.Random(7)
        columns = len(pins.comparator)
        latched = [0] * columns
        cycle = 0
        while True:
            sampled = await ctx.tick().sample(
                pins.sample, pins.tag_image, pins.tag_ordinal, pins.strobe, pins.phase, pins.trial, pins.differential
            )
            _, _, sample, image, ordinal, strobe, phase, trial, differential = sampled
            answer = [chance.random() < 0.5 for _ in range(columns)]
            assert not (sample and strobe), "a sample and a trial must not meet in one cycle"
            if not strobe:
                assert not any(plain(trial)), "without a strobe every trial must be 0"
            else:
                self.strobes.append(cycle)
                for column in range(columns):
                    if column % self.shared != phase:
                        assert plain(trial)[column] == 0, "the trial of a column out of its phase must be 0"
                    elif not differential:
                        level = plain(trial)[column] << self.fraction_bits
                        answer[column] = latched[column] + self.rounding >= level
                    elif column % 2 == 0 and column + 1 < columns:
                        assert plain(trial)[column] == 1, "with one bit the trial of a plus column must be 1"
                        answer[column] = latched[column] >= latched[column + 1]
            if sample:
                latched = list(self.sums(image, ordinal))
                self.samples.append(cycle)
                self.tags.append((image, ordinal))
            ctx.set(pins.comparator, sum(bit << column for column, bit in enumerate(answer)))
            cycle += 1


def contract_codes(sums: list[int], adc_bits: int, fraction_bits: int) -> list[int]:
    """Codes of a read as the bit-exact contract writes them."""
    if adc_bits > 1:
        top = (1 << adc_bits) - 1
        return [min(max((value + (1 << (fraction_bits - 1))) >> fraction_bits, 0), top) for value in sums]
    codes = [0] * len(sums)
    for plus in range(0, len(sums) - 1, 2):
        codes[plus] = int(sums[plus] >= sums[plus + 1])
        codes[plus + 1] = 1 - codes[plus]
    return codes
