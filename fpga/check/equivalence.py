# SPDX-License-Identifier: BSD-3-Clause
"""Proof that a netlist is its RTL in every run from power-up on: outputs, block RAM and flip-flops, point by point."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spintile.cosim.mutation.induction import find_abc
from spintile.cosim.tools import require
from spintile.cosim.yosys import run_yosys

from ..bitstream.plan import NAME
from ..boards import Board
from .opened import Opened, open_sides
from .side import Side

__all__ = ["Equivalence", "prove_netlist"]

#: To gates of a bit, and flip-flops without enables. What may be either value is first left to the other of two.
_GATES = (
    "opt_expr -mux_undef",
    "setundef -zero",
    "setundef -init -zero",
    "dffunmap",
    "simplemap",
    "techmap",
    f"select {NAME}",
)
#: Cycles and seconds in which a difference is looked for before a proof is.
_LOOK = "bmc3 -F 8 -T 20"


@dataclass(frozen=True)
class Equivalence:
    """What was proved.

    Parameters
    ----------
    status : {"proved", "different", "unknown"}
        ``unknown``: not in the time that there was.
    points : int
        Outputs, inputs of block RAM and other cells, next states of flip-flops: each must be the same on both sides.
    registers, merged, unseen : int
        Flip-flops of the RTL that the netlist has by name; those of them that share one; those that it has not by
        name: nothing looks at them, or the proof follows them from power-up.
    message : str
        What differs; empty if nothing does.
    """

    status: str
    points: int
    registers: int
    merged: int
    unseen: int
    message: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything was proved."""
        return self.status == "proved"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}


def prove_netlist(board: Board, folder: str | Path, *, netlist: str | None = None, limit: float = 300.0) -> Equivalence:
    """Prove the netlist in a build's folder against its RTL with the memories mapped.

    The RTL goes through synthesis up to where memories have become block RAM and sums and comparisons are still whole:
    what is proved is all that comes after, gates, lookup tables, carries and flip-flops.

    Parameters
    ----------
    board : Board
        Which board it was built for; of the family ``ice40``.
    folder : path
        Of the build.
    netlist : str, optional
        Another netlist in place of the folder's (deliberate faults).
    limit : float
        Seconds for ABC.

    Raises
    ------
    MissingTool
        If there is no Yosys or ABC.
    ValueError
        If the family's netlists cannot be proved.
    RuntimeError
        If Yosys fails.
    """
    if board.family != "ice40":
        raise ValueError(f"family must be ice40 to prove a netlist, not {board.family}")
    tool = require(dataclasses.replace(find_abc(), lost="proof that a netlist is its RTL"))
    text = (Path(folder) / f"{NAME}.json").read_text() if netlist is None else netlist
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        opened = open_sides(_rtl(board, Path(folder), work), Side(json.loads(text)["modules"][NAME]))
        if opened.differing:
            return _result(opened, "different", opened.differing[0])
        (work / "gold.blif").write_text(opened.gold)
        (work / "gate.blif").write_text(opened.gate)
        found = re.search(
            r"Output (\d+) .*asserted", _ask(tool.command, f"miter -m gold.blif gate.blif; {_LOOK}", work, limit)
        )
        if found:
            # ABC puts the points in the order of their names.
            return _result(opened, "different", opened.points[sorted(opened.points)[int(found[1])]])
        said = _ask(tool.command, "dsec gold.blif gate.blif", work, limit)
    if "NOT EQUIVALENT" in said:
        return _result(opened, "different", "some point")
    return _result(opened, "proved" if "Networks are equivalent" in said else "unknown")


def _rtl(board: Board, folder: Path, work: Path) -> Side:
    """The RTL of a build, its memories mapped."""
    (work / f"{NAME}.il").write_bytes((folder / f"{NAME}.il").read_bytes())
    told = [line for line in (folder / f"{NAME}.ys").read_text().splitlines() if line.startswith("setparam")]
    synthesis = f"synth_{board.family} {' '.join(board.synthesis)} -top {NAME} -run begin:map_gates"
    run_yosys([f"read_rtlil {NAME}.il", *told, synthesis, *_GATES, "write_json -selected gold.json"], work)
    return Side(json.loads((work / "gold.json").read_bytes())["modules"][NAME])


def _ask(abc: tuple[str, ...], command: str, folder: Path, limit: float) -> str:
    """What ABC says; nothing if it takes too long."""
    try:
        done = subprocess.run(
            [*abc, "-c", command], cwd=folder, capture_output=True, text=True, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def _result(opened: Opened, status: str, where: str = "") -> Equivalence:
    message = {
        "proved": "",
        "different": f"netlist must be its RTL, and differs at {where}",
        "unknown": "netlist must be proved, and was not in the time that there was",
    }[status]
    return Equivalence(status, len(opened.points), opened.registers, opened.merged, opened.unseen, message)
