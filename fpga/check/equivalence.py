# SPDX-License-Identifier: BSD-3-Clause
"""Proof that a netlist is its RTL: every flip-flop, output and input of a block RAM, one by one."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from spintile.cosim.yosys import run_yosys

from ..bitstream.plan import NAME
from ..boards import Board

__all__ = ["Equivalence", "prove_netlist"]

#: The library whose cells become logic again, and which of them: block RAM, PLL and pins are the same on both sides.
_LOGIC = {
    "ice40": ("-D NO_ICE40_DEFAULT_ASSIGNMENTS +/ice40/cells_sim.v", "t:SB_LUT4 t:SB_CARRY t:SB_DFF* %u %u"),
    "ecp5": ("+/ecp5/cells_sim.v", "t:LUT4 t:CCU2C t:PFUMX t:L6MUX21 t:TRELLIS_FF %u %u %u %u"),
}


@dataclass(frozen=True)
class Equivalence:
    """Points at which both sides were compared.

    Parameters
    ----------
    points : int
        All of them.
    unproven : tuple of str
        Those that were not proved, by name.
    """

    points: int
    unproven: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all of them were proved, and there are any."""
        return self.points > 0 and not self.unproven


def prove_netlist(board: Board, folder: str | Path, changes: tuple[str, ...] = ()) -> Equivalence:
    """Prove the netlist in a build's folder against its RTL with the memories mapped.

    The RTL goes through synthesis up to where memories have become block RAM, and no further: what is proved are the
    steps after that, to lookup tables, carries and flip-flops.

    Parameters
    ----------
    board : Board
        Which board it was built for.
    folder : path
        Of the build.
    changes : tuple of str
        Steps of Yosys on the netlist (deliberate faults).

    Raises
    ------
    MissingTool
        If there is no Yosys.
    RuntimeError
        If Yosys fails.
    """
    library, logic = _LOGIC[board.family]
    synthesis = f"synth_{board.family} {' '.join(board.synthesis)} -top {NAME}"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for kept in (f"{NAME}.il", f"{NAME}.json", f"{NAME}.ys"):
            (work / kept).write_bytes((Path(folder) / kept).read_bytes())
        begins = [line for line in (work / f"{NAME}.ys").read_text().splitlines() if line.startswith("setparam")]
        said = run_yosys(
            [
                f"read_rtlil {NAME}.il",
                *begins,
                f"{synthesis} -run begin:map_ffram",
                f"rename {NAME} gold",
                "design -stash gold",
                f"read_json {NAME}.json",
                *changes,
                f"techmap -autoproc -map {library} {logic}",
                f"rename {NAME} gate",
                "design -copy-from gold -as gold gold",
                "async2sync",
                "equiv_make gold gate both",
                "hierarchy -top both",
                "equiv_struct",
                "equiv_simple -undef",
                "equiv_induct -undef",
                "equiv_status",
            ],
            work,
        )
    found = re.findall(r"Found (\d+) \$equiv cells in both", said)
    unproven = re.findall(r"^\s*Unproven \$equiv \S+: (\S+)", said, re.MULTILINE)
    return Equivalence(int(found[-1]) if found else 0, tuple(unproven))
