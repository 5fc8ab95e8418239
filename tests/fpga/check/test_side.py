# SPDX-License-Identifier: BSD-3-Clause
"""Netlists taken apart: what a net shows, and every difference between two sides is a point of its own."""

from __future__ import annotations

from typing import Any

import pytest
from spintile.fpga.check.opened import open_sides
from spintile.fpga.check.side import Side


def module(kind: str, init: str = "0", **wires: Any) -> dict[str, Any]:
    """A flip-flop of some kind between ports ``d`` and ``q``; ``n`` is its inverse."""
    connections = {"C": [2], "D": [3], "Q": [4], **wires}
    flip_flop = {"type": kind, "connections": connections, "parameters": {}}
    table = {"type": "SB_LUT4", "parameters": {"LUT_INIT": "01"}, "connections": {"I0": [4], "O": [5]}}
    ports = {"clk": ("input", 2), "d": ("input", 3), "q": ("output", 4)}
    return {
        "ports": {name: {"direction": way, "bits": [bit]} for name, (way, bit) in ports.items()},
        "cells": {"f": flip_flop, "l": table},
        "netnames": {
            "q": {"bits": [4], "hide_name": 0, "attributes": {"init": init}},
            "n": {"bits": [5], "hide_name": 0, "attributes": {}},
        },
    }


@pytest.mark.parametrize(("kind", "enable", "reset", "sudden", "value"), [
    ("SB_DFF", "1", "0", "0", "0"),
    ("SB_DFFE", 6, "0", "0", "0"),
    ("SB_DFFSR", "1", 7, "0", "0"),
    ("SB_DFFSS", "1", 7, "0", "1"),
    ("SB_DFFR", "1", "0", 7, "0"),
    ("SB_DFFS", "1", "0", 7, "1"),
    ("SB_DFFESR", 6, 7, "0", "0"),
    ("SB_DFFESS", 6, 7, "0", "1"),
    ("SB_DFFER", 6, "0", 7, "0"),
    ("SB_DFFES", 6, "0", 7, "1"),
])  # fmt: skip
def test_flip_flops_are_what_their_names_say(
    kind: str, enable: int | str, reset: int | str, sudden: int | str, value: str
) -> None:
    (register,) = Side(module(kind, E=[6], R=[7], S=[7])).registers.values()
    assert (register.enable, register.reset, register.sudden, register.value) == (enable, reset, sudden, value)


def test_falling_edges_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^f: must be a flip-flop of the rising edge, not SB_DFFN$"):
        Side(module("SB_DFFN"))


def test_a_net_shows_a_register_its_inverse_or_a_constant() -> None:
    side = Side(module("SB_DFF"))
    register = side.registers[4]
    assert side.register_of(4) == (register, False, "")
    assert side.register_of(5) == (register, True, "")
    assert side.register_of("1") == (None, False, "1")
    assert side.register_of(3) == (None, False, "")


def test_what_a_register_holds_first_is_compared() -> None:
    assert not open_sides(Side(module("$_DFF_P_")), Side(module("SB_DFF"))).differing
    opened = open_sides(Side(module("$_DFF_P_", "1")), Side(module("SB_DFF")))
    assert opened.differing == ["q[0]: what it holds first"]


def test_a_cell_that_one_side_lacks_is_a_difference() -> None:
    more = module("SB_DFF")
    more["cells"]["r"] = {"type": "SB_RAM40_4K", "parameters": {}, "connections": {}, "port_directions": {}}
    assert open_sides(Side(module("$_DFF_P_")), Side(more)).differing == ["cell r"]
