# SPDX-License-Identifier: BSD-3-Clause
"""Area and logic depth of each block of the periphery, in an open standard-cell library where there is one.

The library is OSU's for 0.18 um, as Debian's package ``qflow-tech-osu018`` has it; without it, gates are counted.
Memories stay apart, as bits: on silicon they are macros. Nothing is placed or routed: area is that of the cells, depth
is cells in a row between registers, without wires.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from spintile.model.geometry import Geometry

from ..design import TOP, periphery_verilog
from ..yosys import parameter_value, run_yosys

__all__ = ["LIBRARY", "BlockArea", "ChipArea", "area_of"]

#: Cells where a path ends: flip-flops and latches of the library, memories, and the blocks within the top.
_ENDS = ("DFF*", "LATCH*", "$mem*", f"{TOP}.*")
#: Where Debian's package puts the library.
LIBRARY = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")


@dataclass(frozen=True)
class BlockArea:
    """One block.

    Parameters
    ----------
    name : str
        Of the top's submodule; ``top`` for what lies between them.
    cells : int
        Gates and flip-flops.
    flip_flops : int
        Flip-flops among them.
    memory_bits : int
        Bits in memories, not in the cells.
    area : float or None
        Of the cells [um2]; None without a library.
    depth : int
        Most gates in a row from a register or input to a register or output.
    """

    name: str
    cells: int
    flip_flops: int
    memory_bits: int
    area: float | None
    depth: int


@dataclass(frozen=True)
class ChipArea:
    """All blocks of a chip, largest first, and the library's name (``gates`` without one)."""

    geometry: str
    library: str
    blocks: tuple[BlockArea, ...]

    @property
    def cells(self) -> int:
        """Cells of all blocks."""
        return sum(block.cells for block in self.blocks)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "cells": self.cells}


def area_of(
    geometry: Geometry, *, library: Path | None = LIBRARY, verilog: str | None = None, cache: Path | None = None
) -> ChipArea:
    """Synthesise a chip's periphery block by block.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    library : Path or None
        Liberty file of the cells; None, or a file that is not there: gates of Yosys.
    verilog : str, optional
        Another design with the same top.
    cache : Path, optional
        Where the exported Verilog is kept.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    RuntimeError
        If synthesis fails; one line.
    """
    text = periphery_verilog(geometry, cache=cache) if verilog is None else verilog
    blocks = re.findall(rf"^module \\?({TOP}\.\w+) ?[(;]", text, re.MULTILINE)
    mapped = library is not None and library.is_file()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.v").write_text(text)
        if library is not None and mapped:
            (folder / "cells.lib").write_bytes(library.read_bytes())
        gates = ("dfflibmap -liberty cells.lib", "abc -liberty cells.lib") if mapped else ("abc",)
        names = [f"\\{block}" for block in blocks]
        steps = ["read_verilog design.v", f"hierarchy -check -top {TOP}", "proc"]
        steps += [f"setattr -mod -set keep_hierarchy 1 {block}" for block in names]
        steps += [
            "flatten", "opt", "wreduce", "alumacc", "opt", "memory -nomap", "opt -full",
            "tee -o memories.json stat -json", "select -write memories.txt t:$mem_v2", "write_rtlil memories.il",
            "techmap", "opt -fast", *gates, "opt_clean -purge",
            f"tee -o cells.json stat -json {'-liberty cells.lib' if mapped else ''}",
        ]  # fmt: skip
        if mapped:
            steps.append("read_liberty -lib -ignore_miss_func cells.lib")  # which pins of a cell are inputs
        for number, block in enumerate([*names, TOP]):
            ends = " ".join(f"{block}/t:{kind} %d" for kind in _ENDS)
            steps.append(f"tee -o depth{number}.log ltp -noff {block}/* {ends}")
        run_yosys(steps, folder)
        stated = json.loads((folder / "cells.json").read_text())["modules"]
        bits = _memory_bits((folder / "memories.il").read_text())
        found = []
        for number, block in enumerate([*blocks, TOP]):
            depth = re.search(r"length=(\d+)", (folder / f"depth{number}.log").read_text())
            found.append(_block(block, stated[f"\\{block}"], bits.get(block, 0), int(depth.group(1)) if depth else 0))
    if mapped:
        # Yosys's area of the top has its blocks in it.
        top = found[-1]
        own = (top.area or 0.0) - sum(block.area or 0.0 for block in found[:-1])
        found[-1] = replace(top, area=round(own, 6))
    found.sort(key=lambda block: -block.cells)
    return ChipArea(geometry.name, library.stem if library is not None and mapped else "gates", tuple(found))


def _block(name: str, stated: dict[str, Any], bits: int, depth: int) -> BlockArea:
    """A block from what ``stat`` says of its module; the blocks in it and its memories do not count as cells."""
    kinds = {
        kind: int(count if isinstance(count, int) else count["count"])
        for kind, count in stated["num_cells_by_type"].items()
        if not kind.lstrip("\\").startswith((TOP, "$mem", "$scopeinfo"))
    }
    area = stated.get("area")
    return BlockArea(
        name=name.partition(".")[2] or "top",
        cells=sum(kinds.values()),
        flip_flops=sum(count for kind, count in kinds.items() if re.search(r"DFF", kind)),
        memory_bits=bits,
        area=None if area is None else float(area),
        depth=depth,
    )


def _memory_bits(rtlil: str) -> dict[str, int]:
    """Bits in memories by module."""
    found: dict[str, int] = {}
    for module, body in re.findall(r"^module \\?(\S+)\n(.*?)^end$", rtlil, re.MULTILINE | re.DOTALL):
        for cell in re.findall(r"^  cell \$mem_v2 .*\n((?:    .*\n)*)", body, re.MULTILINE):
            sizes = dict(re.findall(r"parameter (?:signed )?\\(SIZE|WIDTH) (\S+)", cell))
            found[module] = found.get(module, 0) + parameter_value(sizes["SIZE"]) * parameter_value(sizes["WIDTH"])
    return found
