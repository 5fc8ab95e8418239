# SPDX-License-Identifier: BSD-3-Clause
"""The logic of a mutated design as an and-inverter graph, its memories taken out."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..yosys import parameter_value, run_yosys
from .mutants import SELECT, MutatedDesign

__all__ = ["Logic", "cut_memories", "logic_of", "read_aiger"]

#: Memories of a few words become registers: what a queue holds follows from what was put into it.
_QUEUES = ("memory_map t:$mem_v2 r:SIZE<=8 %i", "opt_clean")
#: What write_aiger can take: single-bit gates, registers without enables or resets.
_GATES = (
    "setundef -zero",
    "setundef -zero -undriven",
    "opt_clean",
    "dffunmap",
    "simplemap",
    "techmap",
    "opt_clean",
    "aigmap",
    "clean",
    "write_aiger -ascii -symbols logic.aag",
)


@dataclass(frozen=True, eq=False)
class Logic:
    """And-inverter graph: literal 2v is variable v, 2v + 1 its inverse, 0 false.

    Parameters
    ----------
    inputs : int array
        Literals of the ports and of what memories read.
    states : int array (registers, 3)
        Register, its next state, and its first state: a literal 0, 1, or its own where it has none.
    select : tuple of int
        Literals of ``mutant_select``, lowest bit first.
    gates : int array (gates, 3)
        Output and two inputs, in an order in which inputs come first.
    results : int array
        Literals that must not change: ports, and what goes into memories.
    stored : dict of int to tuple of int
        Variable of a bit that a memory reads: places of the results that decide what it is.
    guards : tuple of tuple of int
        For each result, literals one of which must be 1 for it to count; none if it always does: a word and its address
        matter to a memory that is enabled.
    """

    inputs: NDArray[np.int64]
    states: NDArray[np.int64]
    select: tuple[int, ...]
    gates: NDArray[np.int64]
    results: NDArray[np.int64]
    stored: dict[int, tuple[int, ...]]
    guards: tuple[tuple[int, ...], ...]


def logic_of(design: MutatedDesign) -> Logic:
    """The combinational logic of a mutated design.

    Raises
    ------
    RuntimeError
        If Yosys fails; one line.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "flat.il").write_text(design.rtlil)
        (folder / "apply.ys").write_text("".join(f"{mutant.command}\n" for mutant in design.mutants))
        run_yosys(["read_rtlil flat.il", "script apply.ys", "opt_clean", *_QUEUES, "write_rtlil mutated.il"], folder)
        (folder / "cut.il").write_text(cut_memories((folder / "mutated.il").read_text()))
        run_yosys(["read_rtlil cut.il", *_GATES], folder)
        return read_aiger((folder / "logic.aag").read_text())


def cut_memories(rtlil: str) -> str:
    """RTLIL with the memories taken out: what they read is an input, what goes into them is an output."""
    number = 0

    def cut(found: re.Match[str]) -> str:
        nonlocal number
        body = found.group(0)
        ports = dict(re.findall(r"connect \\(\w+) (.*)", body))
        sizes = re.findall(r"parameter (?:signed )?\\(WIDTH|ABITS|RD_PORTS|WR_PORTS) (\S+)", body)
        values = {name: parameter_value(word) for name, word in sizes}
        widths = {"RD_DATA": values["RD_PORTS"] * values["WIDTH"]}
        for side in ("RD", "WR"):
            widths[f"{side}_ADDR"] = values[f"{side}_PORTS"] * values["ABITS"]
        for port in ("RD_EN", "RD_ARST", "RD_SRST"):
            widths[port] = values["RD_PORTS"]
        widths["WR_EN"] = widths["WR_DATA"] = values["WR_PORTS"] * values["WIDTH"]
        lines: list[str] = []
        for port, width in widths.items():
            if not width:
                continue
            wire, place = f"\\memory{number}_{port}", 900000 + 20 * number + len(lines)
            direction = "input" if port == "RD_DATA" else "output"
            lines.append(f"  wire width {width} {direction} {place} {wire}")
            pair = (ports[port], wire) if port == "RD_DATA" else (wire, ports[port])
            lines.append(f"  connect {pair[0]} {pair[1]}")
        number += 1
        return "\n".join(lines) + "\n"

    return re.sub(r"  cell \$mem_v2 .*\n(?:    .*\n)*  end\n", cut, rtlil)


def read_aiger(text: str) -> Logic:
    """Logic from the ASCII form of AIGER."""
    lines = text.splitlines()
    _, inputs, latches, outputs, gates, *others = map(int, lines[0].split()[1:])
    place = 1
    ports = [int(line) for line in lines[place : place + inputs]]
    place += inputs
    states = [[*map(int, line.split()), 0][:3] for line in lines[place : place + latches]]
    place += latches
    results = [int(line) for line in lines[place : place + outputs]]
    place += outputs + sum(others)
    table = np.array([[int(word) for word in line.split()] for line in lines[place : place + gates]], np.int64)
    place += gates
    select: dict[int, int] = {}
    names: dict[str, int] = {}
    for line in lines[place:]:
        found = re.fullmatch(rf"i(\d+) {SELECT}(?:\[(\d+)\])?", line)
        if found:
            select[int(found.group(2) or 0)] = ports[int(found.group(1))]
        found = re.fullmatch(r"([io])(\d+) (\S+)", line)
        if found:
            number = int(found.group(2))
            names[found.group(3)] = number if found.group(1) == "o" else ports[number] // 2
    chosen = tuple(select[bit] for bit in sorted(select))
    return Logic(
        np.array([port for port in ports if port not in chosen], np.int64),
        np.array(states, np.int64).reshape(-1, 3),
        chosen,
        table.reshape(-1, 3),
        np.array(results, np.int64),
        _stored(names),
        _guards(names, results),
    )


def _stored(names: dict[str, int]) -> dict[int, tuple[int, ...]]:
    """What each bit that is read follows from, by the names of :func:`cut_memories`: its own data, and the controls."""
    shared: dict[str, list[int]] = {}
    own: dict[tuple[str, str], list[int]] = {}
    for name, place in names.items():
        found = re.fullmatch(r"(memory\d+)_(\w+?)(?:\[(\d+)\])?", name)
        if found is None or found.group(2) == "RD_DATA":
            continue
        if found.group(2) in ("WR_DATA", "WR_EN"):
            own.setdefault((found.group(1), found.group(3) or "0"), []).append(place)
        else:
            shared.setdefault(found.group(1), []).append(place)
    stored = {}
    for name, variable in names.items():
        found = re.fullmatch(r"(memory\d+)_RD_DATA(?:\[(\d+)\])?", name)
        if found:
            memory = found.group(1)
            stored[variable] = (*own.get((memory, found.group(2) or "0"), ()), *shared.get(memory, ()))
    return stored


def _guards(names: dict[str, int], results: list[int]) -> tuple[tuple[int, ...], ...]:
    """Enables of each result that goes into a memory of one port each way, by the names of :func:`cut_memories`."""
    guards: list[tuple[int, ...]] = [()] * len(results)
    enabling: dict[str, dict[str, int]] = {}
    for name, place in names.items():
        found = re.fullmatch(r"(memory\d+_(?:RD|WR)_EN)(?:\[(\d+)\])?", name)
        if found:
            enabling.setdefault(found.group(1), {})[found.group(2) or "0"] = results[place]
    for name, place in names.items():
        found = re.fullmatch(r"(memory\d+_(?:RD|WR))_(ADDR|DATA)(?:\[(\d+)\])?", name)
        if found is None or "_RD_DATA" in name:
            continue
        # A word has an enable for each bit; an address counts if there is any.
        enables = enabling.get(f"{found.group(1)}_EN", {})
        own = enables[found.group(3) or "0"] if found.group(2) == "DATA" else None
        guards[place] = (own,) if own is not None else tuple(sorted(set(enables.values())))
    return tuple(guards)
