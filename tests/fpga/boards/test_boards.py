# SPDX-License-Identifier: BSD-3-Clause
"""Boards: each is what amaranth-boards has, its clock comes out of its PLL, its lights and line exist."""

from __future__ import annotations

import dataclasses

import pytest
from spintile.fpga.bitstream.plan import make_plan
from spintile.fpga.boards import BOARDS, Board, board
from spintile.fpga.gateware.top import LIGHTS
from spintile.fpga.link.uart import divisor_for
from tiny_board import TINY


def small(known: Board) -> Board:
    """The same board with a chip that is elaborated at once."""
    return dataclasses.replace(known, geometry=TINY.geometry, features=TINY.features)


@pytest.mark.parametrize("name", BOARDS)
def test_the_clock_that_is_asked_for_is_the_pll_s(name: str) -> None:
    known = board(name)
    assert known.clock().rate(known.make_platform().default_clk_frequency) == known.clock_hz
    assert divisor_for(known.clock_hz, known.baud) >= 4


@pytest.mark.parametrize("name", BOARDS)
def test_lights_are_fields_of_the_gateware_s(name: str) -> None:
    known = board(name)
    assert set(known.lights) <= set(LIGHTS.members)
    platform = known.make_platform()
    for resource, number in known.lights.values():
        assert platform.lookup(resource, number).ios


def test_a_board_that_there_is_not() -> None:
    with pytest.raises(ValueError, match=r"^board must be one of icebreaker, ulx3s, not 'arty'$"):
        board("arty")


def test_a_pll_that_gives_another_clock_is_seen() -> None:
    known = dataclasses.replace(small(board("icebreaker")), clock_hz=25_000_000)
    assert "clock.clock 25.0" not in make_plan(known).files["top.pcf"]
