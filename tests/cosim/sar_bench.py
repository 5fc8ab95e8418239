# SPDX-License-Identifier: BSD-3-Clause
"""cocotb module: the converter stub of sar_stub.v against the array's pins."""

from __future__ import annotations

import os
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge
from spintile.cosim.array_pins import AnalogSide
from spintile.model.geometry import Geometry
from spintile.model.golden.arithmetic import convert

GEOMETRY = Geometry(name="stub", rows=5, cols=4, kernels=3, adc_bits=6, fraction_bits=5)
READS = int(os.environ.get("STUB_READS", "100"))
FAULT = os.environ.get("STUB_FAULT", "")


class PatternArray:
    """Sums that depend on kernel, rows and ordinal, and go far beyond the converters' range on both sides."""

    def __init__(self, geometry: Geometry) -> None:
        rng = np.random.default_rng(3)
        self.q = rng.integers(-700, 1500, (geometry.kernels, geometry.rows, geometry.cols))
        self.sums: list[np.ndarray] = []

    def sample(self, kernel: int, rows: np.ndarray, image: int, ordinal: int) -> np.ndarray:
        self.sums.append(rows @ self.q[kernel] + ordinal)
        return self.sums[-1]


@cocotb.test()
async def codes_are_those_of_the_contract(dut: Any) -> None:
    array = PatternArray(GEOMETRY)
    pins = AnalogSide(dut, GEOMETRY, array, settle=0, stall=float(os.environ.get("STUB_STALL") or 0))
    dut.rst.value = 1
    pins.start()
    Clock(dut.clk, 10, "ns").start()
    edge, settled = RisingEdge(dut.clk), ReadOnly()
    for _ in range(3):
        await edge
    seen = cycles = 0
    while seen < READS:
        await edge
        dut.rst.value = 0
        pins.drive()
        await settled
        pins.observe()
        cycles += 1
        if dut.codes_valid.value:
            ordinal, packed = int(dut.codes_ordinal.value), int(dut.codes.value)
            codes = [(packed >> (6 * c)) & 63 for c in range(4)]
            expected = convert(array.sums[ordinal], 6, 5).tolist()
            if FAULT == "code" and ordinal == 20:
                expected[1] ^= 1
            assert codes == expected, f"read {ordinal}: {codes} must be {expected}"
            assert ordinal == seen
            seen += 1
    if not os.environ.get("STUB_STALL"):
        assert cycles == 7 * READS + 2
    dut._log.warning("cycles %d", cycles)
