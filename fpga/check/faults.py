# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults: one bit of one lookup table turned over, in a netlist or in a bitstream's text."""

from __future__ import annotations

import json
import random
from typing import Any

__all__ = ["flip_bitstream", "flip_netlist"]

#: Where a cell lies in the 54 columns of an unpacked logic tile, and how a table's 16 bits lie in its two lines.
_CELL = 36
_TABLE = (4, 14, 15, 5, 6, 16, 17, 7, 3, 13, 12, 2, 1, 11, 10, 0)


def flip_netlist(netlist: str, seed: int) -> str:
    """Turn over one bit of a lookup table, in Yosys's JSON.

    Parameters
    ----------
    netlist : str
        Of an iCE40.
    seed : int
        Chooses table and bit, among those that inputs which are constant let through.

    Raises
    ------
    ValueError
        If there is no lookup table.
    """
    design: dict[str, Any] = json.loads(netlist)
    tables = [
        cell for module in design["modules"].values() for cell in module["cells"].values() if cell["type"] == "SB_LUT4"
    ]
    if not tables:
        raise ValueError("netlist must have a lookup table, and has none")
    chance = random.Random(seed)
    cell = chance.choice(tables)
    place = sum(
        (chance.randrange(2) if isinstance(bit, int) else int(bit == "1")) << weight
        for weight, bit in enumerate(cell["connections"].get(f"I{number}", ["0"])[0] for number in range(4))
    )
    table = cell["parameters"]["LUT_INIT"].rjust(16, "0")[-16:].replace("x", "0")
    cell["parameters"]["LUT_INIT"] = _flipped(table, 15 - place)
    return json.dumps(design)


def flip_bitstream(unpacked: str, seed: int) -> str:
    """Turn over one bit of a lookup table that is in use, in the text of an unpacked bitstream.

    A logic tile has 16 lines of 54 bits; two lines are a cell, and the 20 bits from column 36 on are its own: 16 of
    its table and 4 of its flip-flop.

    Parameters
    ----------
    unpacked : str
        Of icepack's format.
    seed : int
        Chooses table and bit: the one of all inputs 0, or of one of them 1, which more tables let through than others.

    Raises
    ------
    ValueError
        If no lookup table is in use.
    """
    lines = unpacked.splitlines()
    chance = random.Random(seed)
    tiles = [number + 1 for number, line in enumerate(lines) if line.startswith(".logic_tile")]
    cells = [first + 2 * cell for first in tiles for cell in range(8) if _in_use(lines[first + 2 * cell :][:2])]
    if not cells:
        raise ValueError("bitstream must use a lookup table, and uses none")
    line, place = chance.choice(cells), _TABLE[chance.choice((0, 1, 2, 4, 8))]
    row, column = line + place // 10, _CELL + place % 10
    lines[row] = _flipped(lines[row], column)
    return "\n".join(lines) + "\n"


def _in_use(cell: list[str]) -> bool:
    """Whether a cell's table is neither all 0 nor all 1."""
    bits = {cell[place // 10][_CELL + place % 10] for place in _TABLE}
    return len(bits) == 2


def _flipped(text: str, place: int) -> str:
    return text[:place] + ("0" if text[place] == "1" else "1") + text[place + 1 :]
