# SPDX-License-Identifier: BSD-3-Clause
"""The page on area has a row for each block of the chip, and its sums are those of its rows."""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path

from spintile.cosim.signoff.area import BlockArea, ChipArea
from spintile.cosim.signoff.area_table import area_page
from spintile.model.geometry import preset
from spintile.rtl.export import MODULE, to_rtlil
from spintile.rtl.top import Top

PAGE = Path(__file__).parents[3] / "docs" / "area.md"
CHIP = ChipArea(
    "borders",
    "cells_of_a_test",
    (BlockArea("repair", 3000, 100, 12, 45600.0, 17), BlockArea("top", 1000, 0, 0, 4400.0, 3)),
)


def rows(page: str) -> dict[str, list[str]]:
    """Cells of the table by block."""
    found = [line.strip("| ").split(" | ") for line in page.splitlines() if re.match(r"\| (`\w+`|all) \|", line)]
    return {cells[0].strip("`"): cells[1:] for cells in found}


@functools.cache
def blocks() -> frozenset[str]:
    """Blocks of the top, the same on every chip; the smallest is the quickest."""
    text = to_rtlil(Top(preset("demo")))
    return frozenset(re.findall(rf"^module \\{MODULE}\.(\w+)$", text, re.MULTILINE))


def faults(page: str) -> list[str]:
    """Blocks that the chip lacks or the page lacks, and sums that are not those of the rows."""
    found = rows(page)
    wrong = sorted((blocks() | {"top", "all"}) ^ set(found))
    for column in range(3):
        numbers = {name: int(cells[column].replace(",", "")) for name, cells in found.items()}
        if numbers.get("all") != sum(number for name, number in numbers.items() if name != "all"):
            wrong.append(f"column {column}")
    return wrong


def test_the_page_is_of_this_chip() -> None:
    page = PAGE.read_text()
    assert faults(page) == []
    assert f"0x{preset('borders').digest():08x}" in page


def test_a_block_that_is_missing_or_a_sum_that_is_wrong_shows() -> None:
    page = PAGE.read_text()
    assert faults(re.sub(r"\| `gather` .*\n", "", page))[0] == "gather"
    assert "column 0" in faults(page.replace("| `bus` | ", "| `bus` | 1"))


def test_a_page_says_what_was_measured() -> None:
    page = area_page(preset("borders"), CHIP)
    assert rows(page) == {
        "repair": ["3,000", "100", "12", "45.6", "75.0 %", "17"],
        "top": ["1,000", "0", "0", "4.4", "25.0 %", "3"],
        "all": ["4,000", "100", "12", "50.0", "100.0 %", "17"],
    }
    assert "`cells_of_a_test`" in page
    assert "8-bit converters" in page


def test_without_a_library_there_is_no_area() -> None:
    gates = tuple(dataclasses.replace(block, area=None) for block in CHIP.blocks)
    assert rows(area_page(preset("borders"), dataclasses.replace(CHIP, blocks=gates)))["all"][3] == ""
