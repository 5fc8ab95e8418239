# SPDX-License-Identifier: BSD-3-Clause
"""Makes ``docs/area.md``: ``python -m spintile.cosim.signoff.area_table PATH``; three minutes of one processor."""

from __future__ import annotations

import sys
from pathlib import Path

from spintile.model.files import write_atomically
from spintile.model.geometry import Geometry, preset

from .area import LIBRARY, ChipArea, area_of

__all__ = ["area_page"]

_HEAD = """<!-- SPDX-License-Identifier: BSD-3-Clause -->
<!-- Made by python -m spintile.cosim.signoff.area_table docs/area.md: do not change it by hand. -->
# Area and depth

The periphery of `{name}` ({kernels} kernels of {rows} x {cols}, {pairs} pairs, {adc_bits}-bit converters, columns to
each: {shared}; geometry hash 0x{digest:08x}), by block, in the cells of `{library}`. Memories are apart, in bits:
on silicon they are macros. Area is the sum of the cells without placement and wires. Depth is the most gates in a
row from a register, memory or port of the block to another, and no time.

ADC bits: {adc_columns} registers of successive approximation, {adc_bits} bits each, are part of `read_path`; codes of
{adc_bits} bits set the width of every pair in `accumulator`, which holds column repair and medians. Comparators,
sample-and-hold and DACs are analog and not in it.
"""


def area_page(geometry: Geometry, chip: ChipArea) -> str:
    """The page of one chip: a row for each block, largest first, and the sum."""
    rows = [
        (
            f"`{block.name}`", f"{block.cells:,}", f"{block.flip_flops:,}", f"{block.memory_bits:,}",
            _thousands(block.area), _share(block.cells, chip.cells), f"{block.depth}",
        )
        for block in chip.blocks
    ]  # fmt: skip
    areas = [block.area for block in chip.blocks if block.area is not None]
    rows.append(
        (
            "all",
            f"{chip.cells:,}",
            f"{sum(block.flip_flops for block in chip.blocks):,}",
            f"{sum(block.memory_bits for block in chip.blocks):,}",
            _thousands(sum(areas) if areas else None),
            _share(chip.cells, chip.cells),
            f"{max(block.depth for block in chip.blocks)}",
        )
    )
    head = ("block", "cells", "flip-flops", "memory bits", "area [1000 um2]", "of all cells", "depth")
    table = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    filled = _HEAD.format(
        name=geometry.name, kernels=geometry.kernels, rows=geometry.rows, cols=geometry.cols, pairs=geometry.pairs,
        adc_bits=geometry.adc_bits, shared=geometry.columns_per_adc, adc_columns=geometry.cols,
        digest=geometry.digest(), library=chip.library,
    )  # fmt: skip
    return "\n".join([filled, *table, ""])


def _thousands(area: float | None) -> str:
    return "" if area is None else f"{area / 1e3:,.1f}"


def _share(cells: int, of: int) -> str:
    return f"{100 * cells / max(of, 1):.1f} %"


def main() -> int:
    """Write the page to the path of the command line."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m spintile.cosim.signoff.area_table PATH\n")
        return 2
    if not LIBRARY.is_file():
        sys.stderr.write(f"the cells of {LIBRARY.stem} must be there: install Debian's qflow-tech-osu018\n")
        return 1
    geometry = preset("borders")
    write_atomically(Path(sys.argv[1]), area_page(geometry, area_of(geometry)).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
