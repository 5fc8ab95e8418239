# SPDX-License-Identifier: BSD-3-Clause
"""What amaranth-boards makes of a board: files for Yosys and nextpnr, and their command lines."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..boards import Board, BoardTop

__all__ = ["NAME", "PLACED", "Plan", "make_plan"]

#: Name of the design, and of its files.
NAME = "top"
#: nextpnr's report.
PLACED = "placed.json"
#: Memories of which a word is never read in the cycle in which it is written, or not looked at then: the die's, whose
#: scan begins again with every write, and the program's, which is written while nothing runs. Block RAM as it is will
#: do; without this Yosys adds registers that make such a read give the old word.
_NEVER_READ_AS_WRITTEN = ("twin.memory", "periphery.program")
#: Small memories at the beginning of a long path, by family: lookup tables answer at once where they can hold words;
#: block RAM of an ECP5 takes five nanoseconds.
_DISTRIBUTED: dict[str, tuple[str, ...]] = {
    "ecp5": ("periphery.program/m:segments", "periphery.program/m:instructions")
}


@dataclass(frozen=True)
class Plan:
    """A build, before it runs.

    Parameters
    ----------
    files : dict of str to str
        By name: RTLIL, Yosys script, pins and clocks.
    commands : tuple of tuple of str
        Command lines to run one after the other where the files are; first words are the programs' plain names.
    bitstream : str
        The file that comes out.
    """

    files: dict[str, str]
    commands: tuple[tuple[str, ...], ...]
    bitstream: str


def make_plan(board: Board, seed: int = 1) -> Plan:
    """Elaborate a board's gateware.

    Parameters
    ----------
    board : Board
        Which one.
    seed : int
        Of nextpnr's placement.

    Raises
    ------
    ModuleNotFoundError
        If amaranth-boards is not installed.
    """
    platform = board.make_platform()
    chip = f"{NAME}.gateware.linked.chip"
    reads = " ".join(f"{chip}.{path}/t:$memrd_v2" for path in _NEVER_READ_AS_WRITTEN)
    steps = [f"setparam -set COLLISION_X_MASK 1'1 {reads}"]
    steps += [f'setattr -set ram_style "distributed" {chip}.{path}' for path in _DISTRIBUTED.get(board.family, ())]
    plan = platform.prepare(
        BoardTop(board),
        NAME,
        emit_src=False,  # file names of this machine have no place in a bitstream's inputs
        script_after_read="\n".join(steps),
        synth_opts=list(board.synthesis),
        nextpnr_opts=["--seed", str(seed), "--report", PLACED, "--timing-allow-fail"],
    )
    files = {name: text if isinstance(text, str) else text.decode() for name, text in plan.files.items()}
    commands = tuple(tuple(words) for words in json.loads(files[f"build_{NAME}.json"])["commands"])
    kept = {name: text for name, text in files.items() if not name.startswith("build_") and not name.endswith(".v")}
    return Plan(kept, commands, NAME + (".bin" if board.family == "ice40" else ".bit"))
