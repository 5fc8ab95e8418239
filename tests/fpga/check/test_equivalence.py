# SPDX-License-Identifier: BSD-3-Clause
"""The netlist of a build is proved to be its RTL; a lookup table with one bit turned over is found out."""

from __future__ import annotations

from pathlib import Path

import pytest
from needed_tools import usable_or_skip
from spintile.cosim.mutation.induction import find_abc
from spintile.fpga.bitstream import build_bitstream
from spintile.fpga.bitstream.programs import find_program
from spintile.fpga.boards import ULX3S
from spintile.fpga.check.equivalence import prove_netlist
from spintile.fpga.check.faults import flip_netlist
from tiny_board import TINY


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the tiny board's build."""
    usable_or_skip(find_abc(), *(find_program(name) for name in ("yosys", "nextpnr-ice40", "icepack")))
    return build_bitstream(TINY, tmp_path_factory.mktemp("tiny")).folder


def test_the_netlist_is_its_rtl(folder: Path) -> None:
    proof = prove_netlist(TINY, folder)
    assert proof.status == "proved", proof.message
    assert proof.registers > 1_000
    assert proof.points > 4_000


def test_a_bit_of_a_lookup_table_turned_over_is_found(folder: Path) -> None:
    proof = prove_netlist(TINY, folder, netlist=flip_netlist((folder / "top.json").read_text(), 1))
    assert proof.status == "different"
    assert proof.message.startswith("netlist must be its RTL, and differs at ")
    assert not proof.passed


def test_other_families_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^family must be ice40 to prove a netlist, not ecp5$"):
        prove_netlist(ULX3S, tmp_path)
