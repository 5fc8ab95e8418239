# SPDX-License-Identifier: BSD-3-Clause
"""Clocks: what drives the domain ``sync`` from a board's oscillator, with the PLL of its FPGA."""

from __future__ import annotations

from typing import Any

from amaranth import ClockDomain, ClockSignal, Const, Instance, Module, Signal
from amaranth.hdl import Elaboratable
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer

__all__ = ["Ecp5Pll", "Ice40Pll", "Oscillator"]

#: Cycles that ``sync`` rests after configuration: block RAM of an iCE40 reads zeros for some microseconds.
POWER_ON_CYCLES = 1 << 10


class Oscillator(Elaboratable):
    """The board's oscillator as it is: drives ``sync``, the domain of who holds it, in reset for the first cycles."""

    def elaborate(self, platform: Any) -> Module:
        """A domain without reset that counts, and the reset of ``sync``."""
        m = Module()
        source = platform.request(platform.default_clk, dir="-")
        clock, ready = self.drive(m, source, platform)
        raw = ClockDomain("power_on", reset_less=True, local=True)
        m.domains += raw
        waited = Signal(range(POWER_ON_CYCLES))
        done = Signal()
        m.d.comb += [raw.clk.eq(clock), ClockSignal("sync").eq(clock)]
        with m.If(~done):
            m.d.power_on += waited.eq(waited + 1)
            m.d.power_on += done.eq(waited == POWER_ON_CYCLES - 1)
        m.submodules.reset = ResetSynchronizer(~done | ~ready, domain="sync")
        return m

    def drive(self, m: Module, source: Any, platform: Any) -> tuple[Signal, Any]:
        """The clock, and whether it is steady."""
        m.submodules.buffer = buffer = io.Buffer("i", source)
        clock = Signal(name="clock")
        m.d.comb += clock.eq(buffer.i)
        return clock, Const(1)

    def rate(self, oscillator: float) -> float:
        """Rate of the clock from the oscillator's [Hz]; place and route derives it, too."""
        return oscillator


class Ice40Pll(Oscillator):
    """``SB_PLL40_PAD``: the oscillator times ``multiply`` over ``divide``, a power of two.

    Parameters
    ----------
    multiply, divide : int
        The PLL's own oscillator runs at the board's clock times ``multiply``, from 533 to 1066 MHz.
    """

    def __init__(self, multiply: int, divide: int) -> None:
        self._multiply, self._divide = multiply, divide

    def drive(self, m: Module, source: Any, platform: Any) -> tuple[Signal, Any]:
        """The PLL, beside the pin."""
        clock, locked = Signal(name="clock"), Signal()
        m.submodules.pll = Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_PLLOUT_SELECT="GENCLK",
            p_DIVR=Const(0, 4),
            p_DIVF=Const(self._multiply - 1, 7),
            p_DIVQ=Const(self._divide.bit_length() - 1, 3),
            p_FILTER_RANGE=Const(1, 3),
            i_PACKAGEPIN=source.io,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )
        return clock, locked

    def rate(self, oscillator: float) -> float:
        """What the PLL makes of it."""
        return oscillator * self._multiply / self._divide


class Ecp5Pll(Oscillator):
    """``EHXPLLL``: the oscillator times ``multiply`` over ``divide``.

    Parameters
    ----------
    multiply, divide : int
        Whole numbers; the PLL's own oscillator runs at the output's rate times ``own``, from 400 to 800 MHz.
    own : int
        That multiple.
    """

    def __init__(self, multiply: int, divide: int, own: int) -> None:
        self._multiply, self._divide, self._own = multiply, divide, own

    def drive(self, m: Module, source: Any, platform: Any) -> tuple[Signal, Any]:
        """The PLL behind the pin's buffer; its output is fed back."""
        m.submodules.buffer = buffer = io.Buffer("i", source)
        clock, locked = Signal(name="clock"), Signal()
        m.submodules.pll = Instance(
            "EHXPLLL",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA",
            p_OUTDIVIDER_MUXB="DIVB",
            p_OUTDIVIDER_MUXC="DIVC",
            p_OUTDIVIDER_MUXD="DIVD",
            p_CLKI_DIV=self._divide,
            p_CLKFB_DIV=self._multiply,
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_DIV=self._own,
            p_CLKOP_CPHASE=self._own // 2,
            p_CLKOP_FPHASE=0,
            p_FEEDBK_PATH="CLKOP",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_CLKI=buffer.i,
            i_CLKFB=clock,
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_CLKOP=clock,
            o_LOCK=locked,
        )
        return clock, locked

    def rate(self, oscillator: float) -> float:
        """What the PLL makes of it."""
        return oscillator * self._multiply / self._divide
