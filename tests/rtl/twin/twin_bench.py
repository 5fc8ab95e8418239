# SPDX-License-Identifier: BSD-3-Clause
"""Vocabulary of the twin's tests: load a die, drive lines, sample, convert by successive approximation."""

from __future__ import annotations

import random
from typing import Any

from amaranth.sim import SimulatorContext
from spintile.rtl.pins import LineMode
from spintile.rtl.twin import Twin
from stream_bench import plain, run

__all__ = ["TwinUser", "check_reads", "check_times"]


class TwinUser:
    """Periphery and host of one twin; every coroutine begins and ends just after a clock edge."""

    def __init__(self, ctx: SimulatorContext, twin: Twin) -> None:
        self.ctx = ctx
        self.twin = twin

    async def load(self, words: list[int], *, pause: float = 0.0, seed: int = 0) -> None:
        """A die, entry by entry."""
        chance, die = random.Random(seed), self.twin.die
        for number, word in enumerate(words):
            while chance.random() < pause:
                await self.ctx.tick()
            self.ctx.set(die.tvalid, 1)
            self.ctx.set(die.tdata, word)
            self.ctx.set(die.tlast, number == len(words) - 1)
            await self.ctx.tick()
            self.ctx.set(die.tvalid, 0)
            self.ctx.set(die.tlast, 0)
        await self.ctx.tick().repeat(2)

    def drive(self, kernel: int, rows: int) -> None:
        """Put a read on the lines."""
        geometry, pins = self.twin.geometry, self.twin.array
        modes = [LineMode.READ if rows >> row & 1 else LineMode.REFERENCE for row in range(geometry.rows)]
        self.ctx.set(pins.row_mode, modes)
        self.ctx.set(pins.kernel, kernel)
        self.ctx.set(pins.select, 1 << kernel)

    async def settle(self, limit: int = 100) -> int:
        """Wait for ready; cycles that it took."""
        for cycles in range(limit):
            if self.ctx.get(self.twin.array.ready):
                return cycles
            await self.ctx.tick()
        raise AssertionError(f"lines must settle within {limit} cycles")

    async def sample(self) -> None:
        """Sample what has settled."""
        self.ctx.set(self.twin.array.sample, 1)
        await self.ctx.tick()
        self.ctx.set(self.twin.array.sample, 0)

    async def answer(self, trials: list[int], *, differential: bool = False) -> int:
        """The comparators of one trial."""
        pins = self.twin.array
        self.ctx.set(pins.trial, trials)
        self.ctx.set(pins.strobe, 1)
        self.ctx.set(pins.differential, differential)
        await self.ctx.tick()
        self.ctx.set(pins.strobe, 0)
        self.ctx.set(pins.trial, [0] * len(trials))
        return int(self.ctx.get(pins.comparator))

    async def convert(self, bits: int) -> list[int]:
        """Codes of the held sums, all columns at once."""
        cols = self.twin.geometry.cols
        if bits == 1:
            larger = await self.answer([1 - c % 2 for c in range(cols)], differential=True)
            codes = [0] * cols
            for plus in range(0, cols - 1, 2):
                codes[plus] = larger >> plus & 1
                codes[plus + 1] = 1 - codes[plus]
            return codes
        codes = [0] * cols
        for bit in reversed(range(bits)):
            trials = [code | 1 << bit for code in codes]
            met = await self.answer(trials)
            codes = [trials[c] if met >> c & 1 else codes[c] for c in range(cols)]
        return codes

    def direct(self, bits: int) -> tuple[bool, list[int]]:
        """The direct interface: whether its codes are new, and the codes."""
        self.ctx.set(self.twin.adc_bits, bits)
        payload: Any = self.ctx.get(self.twin.direct.payload)
        return bool(self.ctx.get(self.twin.direct.valid)), plain(payload)


def check_reads(twin: Twin, die: Any, reads: list[tuple[int, int]], contract: Any) -> None:
    """Load a die, make reads of it, and compare every code of every width, by comparators and direct.

    The lines of the next read come while the one before is converted, as the periphery has it.

    Parameters
    ----------
    twin : Twin
        The design.
    die : PlainDie
        What is loaded.
    reads : list of (kernel, rows)
        What is read.
    contract : function (sums, bits, fraction_bits) -> codes
        What must come.
    """
    geometry = twin.geometry

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(die.stream()))
        assert ctx.get(twin.loaded)
        user.drive(*reads[0])
        for number, (kernel, rows) in enumerate(reads):
            await user.settle()
            await user.sample()
            if number + 1 < len(reads):
                user.drive(*reads[number + 1])
            sums = die.sums(kernel, rows)
            for bits in range(1, geometry.adc_bits + 1):
                wanted = contract(sums, bits, geometry.fraction_bits)
                new, direct = user.direct(bits)
                assert new == (bits == 1), "direct codes must be new in the cycle after their sample, and only then"
                assert direct == wanted, f"direct codes of {bits} bits must be {wanted}, not {direct}"
                codes = await user.convert(bits)
                assert codes == wanted, f"codes of {bits} bits must be {wanted}, not {codes}"

    run(twin, testbench, limit=200_000)


def check_times(twin: Twin, die: Any, reads: list[tuple[int, int]]) -> None:
    """Reads as fast as the twin allows: n + 3 cycles to settle, none if the lines stay as they are."""

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(die.stream()))
        before = None
        for kernel, rows in reads:
            user.drive(kernel, rows)
            cycles = await user.settle()
            wanted = rows.bit_count() + 3 if (kernel, rows) != before else 0
            assert before is None or cycles == wanted, f"lines must settle after {wanted} cycles, not {cycles}"
            before = kernel, rows
            await user.sample()

    run(twin, testbench, limit=200_000)
