# SPDX-License-Identifier: BSD-3-Clause
"""Serial line: 8 data bits, no parity, one stop bit, the lowest bit first."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import stream
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import Component, In, Out
from spintile.rtl.tokens import Flow

__all__ = ["UartReceiver", "UartTransmitter", "divisor_for"]

#: A receiver that looks once a bit wants that many cycles of it.
_LEAST = 4
#: Two ends that differ by more than this drift out of the last bit.
_TOLERANCE = 0.02


def divisor_for(clock_hz: float, baud: int) -> int:
    """Cycles of a bit.

    Raises
    ------
    ValueError
        If the clock is too slow, or no whole number of cycles comes within 2 % of that rate.
    """
    divisor = round(clock_hz / baud)
    if divisor < _LEAST:
        raise ValueError(f"baud must be at most {int(clock_hz) // _LEAST} with a clock of {clock_hz:g} Hz, not {baud}")
    if abs(clock_hz / divisor / baud - 1) > _TOLERANCE:
        raise ValueError(
            f"baud must divide the clock of {clock_hz:g} Hz to within 2 %, not {baud}: {clock_hz / divisor:.0f} is the "
            "nearest"
        )
    return divisor


class UartReceiver(Component):
    """Looks at the middle of every bit.

    Parameters
    ----------
    divisor : int
        Cycles of a bit, at least 4.

    Members
    -------
    rx : In(1)
        The line, of any clock; 1 while it rests.
    received : Out(Flow of 8)
        A byte, in one cycle half-way through its stop bit. One without a stop bit is dropped.
    """

    def __init__(self, divisor: int) -> None:
        self.divisor = divisor
        super().__init__({"rx": In(1, init=1), "received": Out(Flow(8))})

    def elaborate(self, platform: object) -> Module:
        """A timer of bits and a shift register."""
        m = Module()
        line, before = Signal(init=1), Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, line, init=1)
        timer = Signal(range(self.divisor + self.divisor // 2))
        bits = Signal(8)
        left = Signal(range(10))
        m.d.comb += self.received.payload.eq(bits)
        m.d.sync += before.eq(line)
        with m.If(left == 0):
            # The middle of the first data bit is a bit and a half after the falling edge.
            m.d.sync += timer.eq(self.divisor + self.divisor // 2 - 1)
            with m.If(before & ~line):
                m.d.sync += left.eq(9)
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [timer.eq(self.divisor - 1), left.eq(left - 1)]
            with m.If(left == 1):
                m.d.comb += self.received.valid.eq(line)
            with m.Else():
                m.d.sync += bits.eq(Cat(bits[1:], line))
        return m


class UartTransmitter(Component):
    """A byte takes ten bits; the next is taken with the end of its stop bit.

    Parameters
    ----------
    divisor : int
        Cycles of a bit, at least 4.

    Members
    -------
    tx : Out(1)
        The line; 1 while it rests.
    sent : In(stream of 8)
        Bytes to send.
    """

    def __init__(self, divisor: int) -> None:
        self.divisor = divisor
        super().__init__({"tx": Out(1, init=1), "sent": In(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        """A timer of bits and a shift register."""
        m = Module()
        timer = Signal(range(self.divisor))
        bits = Signal(9, init=0x1FF)
        left = Signal(range(11))
        m.d.comb += [self.tx.eq(bits[0]), self.sent.ready.eq(left == 0)]
        with m.If(self.sent.valid & self.sent.ready):
            m.d.sync += [bits.eq(Cat(Const(0, 1), self.sent.payload)), left.eq(10), timer.eq(self.divisor - 1)]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(left != 0):
            m.d.sync += [bits.eq(Cat(bits[1:], Const(1, 1))), left.eq(left - 1), timer.eq(self.divisor - 1)]
        return m
