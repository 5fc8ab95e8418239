# SPDX-License-Identifier: BSD-3-Clause
"""Mutants of the periphery: one fault each in its flattened netlist, all in one design, chosen by an input.

Yosys draws the mutants from the netlist (``mutate``): a bit of a cell's port is stuck at 0 or 1, inverted, or inverted
or stuck while another bit of the port is 1. An input ``mutant_select`` says which fault is there; with 0 there is none.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import spintile.rtl
from spintile.model.geometry import Geometry
from spintile.rtl.export import to_rtlil
from spintile.rtl.top import Top

from ..yosys import run_yosys

__all__ = ["SELECT", "Mutant", "MutatedDesign", "mutate", "parse_mutants"]

#: The input that says which fault is there.
SELECT = "mutant_select"
#: What must be done before, or ``mutate`` picks ports of memories' contents too, and no Verilog can be written.
FLATTEN = ("proc", "flatten", "opt", "memory_collect", "opt_clean")


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Parameters
    ----------
    number : int
        Value of ``mutant_select`` that makes it, from 1.
    mode : str
        ``inv``, ``const0``, ``const1``, ``cnot0``, ``cnot1``: what becomes of the bit.
    cell, port : str
        Cell of the flattened netlist, and its port.
    bit : int
        Bit of the port.
    wire : str
        Name and bit of the wire there, where it has a name.
    source : str
        Nearest line of this project's RTL, ``file.py:line``; empty where Yosys knows none.
    command : str
        Arguments of Yosys's ``mutate``.
    """

    number: int
    mode: str
    cell: str
    port: str
    bit: int
    wire: str
    source: str
    command: str

    @property
    def block(self) -> str:
        """The top's submodule that it is in, by the name of its cell or wire; ``top`` for the rest."""
        for name in (self.cell.removeprefix("$flatten").replace("\\", ""), self.wire):
            head, dot, _ = name.partition(".")
            if dot and re.fullmatch(r"[a-z_]+", head):
                return head
        return "top"

    @property
    def text(self) -> str:
        """One line for people."""
        return f"{self.source or self.block}: {self.mode} {self.wire or self.cell} ({self.port}[{self.bit}])"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "block": self.block}


@dataclass(frozen=True)
class MutatedDesign:
    """Verilog with all mutants in it.

    Parameters
    ----------
    geometry : Geometry
        The chip's.
    verilog : str
        Module ``spintile_top`` with the input ``mutant_select``.
    rtlil : str
        The flattened design without mutants.
    mutants : tuple of Mutant
        By number.
    """

    geometry: Geometry
    verilog: str
    rtlil: str
    mutants: tuple[Mutant, ...]


def mutate(geometry: Geometry, count: int, seed: int = 0, *, source: str | None = None) -> MutatedDesign:
    """Draw mutants of a chip's periphery.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    count : int
        How many mutants, at least 1.
    seed : int
        Of the draw: same geometry, count, seed and RTL give the same mutants.
    source : str, optional
        RTLIL of another design with the same ports.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    RuntimeError
        If Yosys fails; one line.
    """
    if count < 1:
        raise ValueError(f"count of mutants must be at least 1, not {count}")
    width = (count + 1).bit_length()
    text = to_rtlil(Top(geometry, trace=True), sources=True) if source is None else source
    draw = f"mutate -list {count} -seed {seed} -ctrl {SELECT} {width} 1 -o mutants.txt"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.il").write_text(text)
        run_yosys(["read_rtlil design.il", *FLATTEN, "write_rtlil flat.il", draw], folder)
        flat = (folder / "flat.il").read_text()
        mutants = parse_mutants((folder / "mutants.txt").read_text())
        verilog = mutated_verilog(flat, mutants, folder)
    return MutatedDesign(geometry, verilog, flat, mutants)


def mutated_verilog(flat: str, mutants: Sequence[Mutant], folder: Path) -> str:
    """Verilog of a flattened design with these mutants in it."""
    (folder / "flat.il").write_text(flat)
    (folder / "apply.ys").write_text("".join(f"{mutant.command}\n" for mutant in mutants))
    run_yosys(["read_rtlil flat.il", "script apply.ys", "opt_clean", "write_verilog -noattr mutated.v"], folder)
    return (folder / "mutated.v").read_text()


def parse_mutants(text: str) -> tuple[Mutant, ...]:
    """Mutants from the lines that ``mutate -list`` writes."""
    return tuple(_parse(line) for line in text.splitlines() if line.startswith("mutate ") and "-mode none" not in line)


def _parse(line: str) -> Mutant:
    words = line.split()
    options: dict[str, list[str]] = {}
    place = 1
    while place < len(words):
        name = words[place]
        size = 3 if name == "-ctrl" else 1
        options.setdefault(name, []).extend(words[place + 1 : place + 1 + size])
        place += 1 + size
    wire = options.get("-wire", [""])[0].removeprefix("\\")
    return Mutant(
        number=int(options["-ctrl"][2]),
        mode=options["-mode"][0],
        cell=options["-cell"][0],
        port=options["-port"][0].removeprefix("\\"),
        bit=int(options["-portbit"][0]),
        wire=f"{wire}[{options['-wirebit'][0]}]" if wire else "",
        source=nearest_source(options.get("-src", [])),
        command=line.split(" -wire ")[0].split(" -src ")[0],
    )


def nearest_source(sources: Sequence[str]) -> str:
    """The last of some ``path:line`` that lies in this project's RTL, from the folder ``rtl`` on; else empty."""
    ours = [str(Path(folder).resolve()) for folder in spintile.rtl.__path__]
    for source in reversed([part for text in sources for part in text.strip('"').split("|")]):
        for folder in ours:
            if source.startswith(f"{folder}/"):
                return f"rtl/{source[len(folder) + 1 :]}"
    return ""
