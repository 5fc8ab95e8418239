# SPDX-License-Identifier: BSD-3-Clause
"""The cocotb bench for periphery and twin: a host that loads dies over a stream, and nothing at analog pins."""

from __future__ import annotations

from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, RisingEdge

from ..array_pins import PinError
from ..bench import Bench, run_job
from ..host import BenchError
from .words import die_words

__all__ = ["TwinBench", "TwinSide"]


class TwinSide:
    """Watches the pins between periphery and twin.

    Parameters
    ----------
    dut : handle
        The design, with its outputs ``array__*``.
    """

    def __init__(self, dut: Any) -> None:
        self.samples = 0
        self._dut = dut
        self._sample, self._select, self._kernel = dut.array__sample, dut.array__select, dut.array__kernel

    def start(self) -> None:
        """Levels before the first cycle."""
        self._dut.die__tvalid.value = 0
        self._dut.die__tlast.value = 0
        self._dut.die__tdata.value = 0

    def drive(self) -> None:
        """Nothing: the twin answers."""

    def observe(self) -> None:
        """Once the cycle has settled: count its sample.

        Raises
        ------
        PinError
            If a kernel is sampled that is not the selected one.
        """
        if self._sample.value:
            self.samples += 1
            kernel, select = int(self._kernel.value), int(self._select.value)
            if select != 1 << kernel:
                raise PinError(f"select must be one-hot for kernel {kernel} at a sample, not 0b{select:b}")


class TwinBench(Bench):
    """Host and streams around periphery and twin."""

    def make_pins(self) -> TwinSide:
        """The side of the pins that is watched."""
        return TwinSide(self.dut)

    async def connect_die(self, position: int) -> None:
        """Load a die.

        Raises
        ------
        BenchError
            If the loader did not take it as a whole die.
        """
        dut = self.dut
        words = die_words(self.job.image, position, self.job.geometry).ravel().view(np.uint32)
        edge = RisingEdge(dut.clk)
        dut.die__tvalid.value = 1
        for word in words[:-1].tolist():
            dut.die__tdata.value = word
            await edge
        dut.die__tdata.value = int(words[-1])
        dut.die__tlast.value = 1
        await edge
        dut.die__tvalid.value = 0
        dut.die__tlast.value = 0
        await ClockCycles(dut.clk, 4)
        if not int(dut.loaded.value) or int(dut.error.value):
            raise BenchError("loader must have taken a whole die, and has not")


@cocotb.test()
async def cosimulate(dut: Any) -> None:
    """Every die's images through the design; fails at the first difference from the golden model."""
    await run_job(TwinBench, dut)
