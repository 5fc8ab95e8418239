# SPDX-License-Identifier: BSD-3-Clause
"""A die of 20,000 devices fits the block RAM that it was planned for, and logic does not take its place."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.lib.memory import Memory
from spintile.cosim.formal import faulty
from spintile.cosim.tools import find_yosys
from spintile.cosim.twin.area import fpga_cells
from spintile.model.geometry import Geometry, preset
from spintile.rtl.twin import Twin
from spintile.rtl.twin.die_memory import DieMemory

pytestmark = pytest.mark.skipif(not find_yosys().usable, reason="Yosys is missing")


class _Unclocked(Memory):
    """A memory that is read in the same cycle."""

    def read_port(self, **_: Any) -> Any:
        return super().read_port(domain="comb")


TINY = Geometry(name="tiny", rows=3, cols=2, kernels=2, adc_bits=2, fraction_bits=2)


def test_the_memory_of_the_borders_die_is_28_block_rams_of_an_ecp5() -> None:
    cells = fpga_cells(DieMemory(preset("borders")), "ecp5")
    # 28 words of 32 kernels, 500 bits wide: 1024 x 18 each.
    assert cells["DP16KD"] == 28
    assert "TRELLIS_DPR16X4" not in cells


def test_the_memory_of_the_demo_die_is_10_block_rams_of_an_ice40() -> None:
    cells = fpga_cells(DieMemory(preset("demo")), "ice40")
    assert cells["SB_RAM40_4K"] == 10


def test_a_memory_read_without_a_clock_is_seen() -> None:
    block = faulty(DieMemory, "reader.en.eq(self.enable),", "", using={"Memory": _Unclocked})
    cells = fpga_cells(block(TINY.replace(kernels=8)), "ice40")
    assert "SB_RAM40_4K" not in cells
    assert fpga_cells(DieMemory(TINY.replace(kernels=8)), "ice40")["SB_RAM40_4K"]


def test_the_twin_needs_no_multiplier() -> None:
    cells = fpga_cells(Twin(TINY), "ecp5")
    assert "MULT18X18D" not in cells
    assert cells["LUT4"]


def test_only_known_families() -> None:
    family: Any = "gowin"
    with pytest.raises(ValueError, match=r"^family must be one of ecp5, ice40, not 'gowin'$"):
        fpga_cells(Twin(TINY), family)
