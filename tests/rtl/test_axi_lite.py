# SPDX-License-Identifier: BSD-3-Clause
"""The AXI4-Lite subordinate turns any legal order of its channels into single accesses and answers each once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth import Elaboratable, Module, Signal
from amaranth.lib.memory import Memory
from amaranth.sim import SimulatorContext
from chip_bench import axi_read, axi_write
from spintile.rtl.axi_lite import OKAY, SLVERR, AxiLiteSubordinate
from stream_bench import no_path, run


class Words(Elaboratable):
    """A subordinate before a memory of 64 words; other addresses are refused."""

    def __init__(self) -> None:
        self.subordinate = AxiLiteSubordinate()
        self.bus = self.subordinate.bus
        self.writes: list[tuple[int, int]] = []

    def elaborate(self, platform: object) -> Module:
        m = Module()
        access = self.subordinate.access
        m.submodules.subordinate = self.subordinate
        m.submodules.words = words = Memory(shape=32, depth=64, init=[])
        write, read = words.write_port(), words.read_port()
        wrong = Signal()
        m.d.sync += wrong.eq(access.read_address >= 0x100)
        m.d.comb += [
            access.write_error.eq(access.write_address >= 0x100),
            write.addr.eq(access.write_address >> 2),
            write.data.eq(access.write_data),
            write.en.eq(access.write & ~access.write_error),
            access.read_error.eq(wrong),
            read.en.eq(access.read),
            read.addr.eq(access.read_address >> 2),
            access.read_data.eq(read.data),
        ]
        return m

    async def watch(self, ctx: SimulatorContext) -> None:
        """Notes every access of the write side."""
        access = self.subordinate.access
        while True:
            _, _, write, address, data = await ctx.tick().sample(access.write, access.write_address, access.write_data)
            if write:
                self.writes.append((int(address), int(data)))


def test_words_written_are_read_and_errors_answered() -> None:
    dut = Words()

    async def host(ctx: SimulatorContext) -> None:
        assert await axi_write(ctx, dut.bus, 0x10, 0x1234_5678) == OKAY
        assert await axi_write(ctx, dut.bus, 0x14, 0xFFFF_FFFF) == OKAY
        assert await axi_read(ctx, dut.bus, 0x10) == (0x1234_5678, OKAY)
        assert await axi_read(ctx, dut.bus, 0x17) == (0xFFFF_FFFF, OKAY)
        assert await axi_write(ctx, dut.bus, 0x100, 1) == SLVERR
        assert await axi_read(ctx, dut.bus, 0x100) == (0, SLVERR)

    run(dut, host, background=[dut.watch])
    assert dut.writes == [(0x10, 0x1234_5678), (0x14, 0xFFFF_FFFF), (0x100, 1)]


@pytest.mark.parametrize("strobe", [0, 1, 0b0110, 0b1110])
def test_partial_strobes_write_nothing_and_are_refused(strobe: int) -> None:
    dut = Words()

    async def host(ctx: SimulatorContext) -> None:
        assert await axi_write(ctx, dut.bus, 0x10, 5, strobe) == SLVERR
        assert await axi_write(ctx, dut.bus, 0x10, 6) == OKAY

    run(dut, host, background=[dut.watch])
    assert dut.writes == [(0x10, 6)]


@pytest.mark.parametrize("seed", range(4))
def test_channels_may_come_in_any_order_with_any_pauses(seed: int) -> None:
    dut = Words()
    bus = dut.bus
    chance = random.Random(seed)
    writes = [(4 * chance.randrange(96), chance.getrandbits(32)) for _ in range(30)]
    reads = [4 * chance.randrange(96) for _ in range(30)]
    responses: list[int] = []
    answers: list[int] = []

    async def offer(ctx: SimulatorContext, valid: Any, ready: Any, payload: Any, values: list[int]) -> None:
        own = random.Random(f"{seed} {payload.name}")
        for value in values:
            await ctx.tick().repeat(1 + own.choice([0, 0, 1, 5]))
            ctx.set(payload, value)
            ctx.set(valid, 1)
            await ctx.tick().until(ready)
            ctx.set(valid, 0)

    async def addresses(ctx: SimulatorContext) -> None:
        await offer(ctx, bus.awvalid, bus.awready, bus.awaddr, [address for address, _ in writes])

    async def data(ctx: SimulatorContext) -> None:
        ctx.set(bus.wstrb, 0xF)
        await offer(ctx, bus.wvalid, bus.wready, bus.wdata, [value for _, value in writes])

    async def questions(ctx: SimulatorContext) -> None:
        await offer(ctx, bus.arvalid, bus.arready, bus.araddr, reads)

    async def collect(ctx: SimulatorContext, valid: Any, ready: Any, payload: Any, into: list[int]) -> None:
        own = random.Random(seed)
        held = None
        while len(into) < 30:
            take = own.random() < 0.4
            ctx.set(ready, take)
            _, _, offered, value = await ctx.tick().sample(valid, payload)
            assert held is None or (offered and held == value), "an answer must stay until it is taken"
            held = value if offered and not take else None
            if offered and take:
                into.append(int(value))

    async def write_responses(ctx: SimulatorContext) -> None:
        await collect(ctx, bus.bvalid, bus.bready, bus.bresp, responses)

    async def read_responses(ctx: SimulatorContext) -> None:
        await collect(ctx, bus.rvalid, bus.rready, bus.rresp, answers)

    benches = (addresses, data, questions, write_responses, read_responses)
    run(dut, *benches, background=[dut.watch])
    assert dut.writes == writes
    assert responses == [OKAY if address < 0x100 else SLVERR for address, _ in writes]
    assert answers == [OKAY if address < 0x100 else SLVERR for address in reads]


def test_no_ready_follows_a_valid_in_the_same_cycle() -> None:
    dut = Words()
    bus = dut.bus

    async def host(ctx: SimulatorContext) -> None:
        for number in range(10):
            await axi_write(ctx, bus, 4 * number, number)
            assert await axi_read(ctx, bus, 4 * number) == (number, OKAY)

    outputs = [bus.awready, bus.wready, bus.arready, bus.bvalid, bus.rvalid]
    inputs = [bus.awvalid, bus.wvalid, bus.arvalid, bus.bready, bus.rready]
    run(dut, host, background=[dut.watch, no_path(inputs, outputs)])
