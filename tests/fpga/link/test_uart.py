# SPDX-License-Identifier: BSD-3-Clause
"""Bytes pass the serial line, one after the other and at clocks that differ; what has no stop bit is dropped."""

from __future__ import annotations

import pytest
from amaranth.sim import SimulatorContext
from spintile.fpga.link.uart import UartReceiver, UartTransmitter, divisor_for
from stream_bench import run

BYTES = [0x00, 0xFF, 0x55, 0xAA, 0x7E, 0x01, 0x80]


def receive(line: list[int], divisor: int) -> list[int]:
    """What a receiver makes of the levels of a line, a cycle each."""
    receiver = UartReceiver(divisor)
    got: list[int] = []

    async def bench(ctx: SimulatorContext) -> None:
        for level in line + [1] * 4 * divisor:
            ctx.set(receiver.rx, level)
            if ctx.get(receiver.received.valid):
                got.append(ctx.get(receiver.received.payload))
            await ctx.tick()

    run(receiver, bench, limit=100_000)
    return got


def transmit(data: list[int], divisor: int) -> list[int]:
    """Levels of a transmitter's line, a cycle each."""
    transmitter = UartTransmitter(divisor)
    line: list[int] = []

    async def bench(ctx: SimulatorContext) -> None:
        left = list(data)
        for _ in range(len(data) * 10 * divisor + 2 * divisor):
            ctx.set(transmitter.sent.valid, bool(left))
            ctx.set(transmitter.sent.payload, left[0] if left else 0)
            line.append(ctx.get(transmitter.tx))
            if ctx.get(transmitter.sent.ready) and left:
                left.pop(0)
            await ctx.tick()
        assert not left

    run(transmitter, bench, limit=100_000)
    return line


@pytest.mark.parametrize("divisor", [4, 5, 24])
def test_bytes_pass_one_after_the_other(divisor: int) -> None:
    assert receive(transmit(BYTES, divisor), divisor) == BYTES


@pytest.mark.parametrize("stretch", [0.97, 1.03])
def test_bytes_pass_between_clocks_that_differ(stretch: float) -> None:
    line = transmit(BYTES, 24)
    other = [line[min(len(line) - 1, int(cycle / stretch))] for cycle in range(int(len(line) * stretch))]
    assert receive(other, 24) == BYTES


def test_ends_that_differ_too_much_do_not_understand_each_other() -> None:
    assert receive(transmit(BYTES, 24), 20) != BYTES


def test_a_byte_without_its_stop_bit_is_dropped() -> None:
    broken = [0] * 4 * 10
    assert receive([1] * 8 + broken + [1] * 60, 4) == []
    assert receive([1] * 8 + broken + [1] * 60 + transmit([0x42], 4), 4) == [0x42]


def test_divisors_are_whole_and_near_enough() -> None:
    assert divisor_for(24e6, 1_000_000) == 24
    assert divisor_for(60e6, 115_200) == 521
    with pytest.raises(ValueError, match=r"^baud must be at most 3000000 with a clock of 1.2e\+07 Hz, not 4000000$"):
        divisor_for(12e6, 4_000_000)
    with pytest.raises(ValueError, match=r"^baud must divide the clock of 2.4e\+07 Hz to within 2 %, not 5000000: 48"):
        divisor_for(24e6, 5_000_000)
