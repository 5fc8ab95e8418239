# SPDX-License-Identifier: BSD-3-Clause
"""Both sides of a proof, opened at registers and cells: logic between the same named points, for ABC.

What comes out of a register, a block RAM, the PLL or a pin is an input of both sides; what goes into one is an output.
Registers are the same if their nets have the same name. If both begin alike, and equal inputs give equal outputs, then
no run tells the sides apart: what registers hold next follows from what they hold, one step after the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .side import Bit, Register, Side

__all__ = ["Opened", "open_sides"]


@dataclass
class Opened:
    """Two combinational networks with the same inputs and outputs, in BLIF.

    Attributes
    ----------
    gold, gate : str
        The networks.
    points : dict of str to str
        Name of each output in them: what it is.
    differing : list of str
        Points that differ already as they are written: what a register holds first, a cell that one side lacks.
    registers, merged, constant, unseen : int
        Flip-flops of the RTL that the netlist has; those of them that share one; that it has as a constant; and that
        it has no net of, since nothing looks at them.
    """

    gold: str = ""
    gate: str = ""
    points: dict[str, str] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    registers: int = 0
    merged: int = 0
    constant: int = 0
    unseen: int = 0


class _Network:
    """A BLIF model in the making."""

    def __init__(self, name: str, side: Side) -> None:
        self._side = side
        self._head = name
        self._lines: list[str] = [".names zero", ".names one", "1"]
        self._driven: set[Bit] = set()
        for output, (inputs, table) in side.tables.items():
            rows = [format(row, f"0{len(inputs)}b")[::-1] + " 1" for row, value in enumerate(table) if value == "1"]
            self._lines += [f".names {' '.join(map(self.net, inputs))} n{output}", *rows]
            self._driven.add(output)

    def net(self, bit: Bit) -> str:
        """Name of a net or of a constant; what may be either is 0."""
        return f"n{bit}" if isinstance(bit, int) else "one" if bit == "1" else "zero"

    def drive(self, bit: Bit, source: str, inverted: bool = False) -> None:
        """A net that is an input, or its inverse, once."""
        if isinstance(bit, int) and bit not in self._driven:
            self._lines += [f".names {source} n{bit}", f"{int(not inverted)} 1"]
            self._driven.add(bit)

    def give(self, point: str, bit: Bit, inverted: bool = False) -> None:
        """An output that is a net, or its inverse."""
        self._lines += [f".names {self.net(bit)} {point}", f"{int(not inverted)} 1"]

    def next(self, point: str, register: Register, inverted: bool = False) -> None:
        """An output that is what a register holds in the next cycle, leaving out what sets it at once."""
        enable, reset, data, old = (
            self.net(bit) for bit in (register.enable, register.reset, register.data, register.output)
        )
        ones = ["0--1 1", "101- 1", *(["11-- 1"] if register.value == "1" else [])]
        zeros = ["0--0 1", "100- 1", *(["11-- 1"] if register.value == "0" else [])]
        self._lines += [f".names {enable} {reset} {data} {old} {point}", *(zeros if inverted else ones)]

    def latch(self, register: Register) -> None:
        """A register that stays one."""
        held, following = f"l{register.output}", f"f{register.output}"
        self.next(following, register)
        # What sets it at once is there in the same cycle, and in the next.
        sudden = self.net(register.sudden)
        rows = ["-1 1", "1- 1"] if register.value == "1" else ["10 1"]
        for source, name in ((held, f"n{register.output}"), (following, f"s{register.output}")):
            self._lines += [f".names {source} {sudden} {name}", *rows]
        self._lines.append(f".latch s{register.output} {held} {register.first}")
        self._driven.add(register.output)

    def text(self, inputs: list[str], outputs: list[str]) -> str:
        """All of it; nets that nothing drives are 0."""
        undriven = [f".names n{bit}" for bit in sorted(self._used() - self._driven)]
        head = [f".model {self._head}", f".inputs {' '.join(inputs)}", f".outputs {' '.join(outputs)}"]
        return "\n".join([*head, *self._lines, *undriven, ".end", ""])

    def _used(self) -> set[int]:
        names = (name for line in self._lines if line.startswith(".names") for name in line.split()[1:])
        return {int(name[1:]) for name in names if name[0] == "n" and name[1:].isdecimal()}


def open_sides(gold: Side, gate: Side) -> Opened:
    """Open the RTL (``gold``) and the netlist (``gate``) at the same points."""
    opened = Opened()
    left, right = _Network("gold", gold), _Network("gate", gate)
    inputs: list[str] = []

    def enter() -> str:
        inputs.append(f"i{len(inputs)}")
        return inputs[-1]

    def point(what: str) -> str:
        name = f"o{len(opened.points)}"
        opened.points[name] = what
        return name

    for name in sorted(gold.ports.keys() | gate.ports.keys()):
        sides = [side.ports.get(name, {"bits": [], "direction": ""}) for side in (gold, gate)]
        if sides[0]["direction"] != sides[1]["direction"] or len(sides[0]["bits"]) != len(sides[1]["bits"]):
            opened.differing.append(f"port {name}")
            continue
        for bits in zip(sides[0]["bits"], sides[1]["bits"], strict=True):
            if sides[0]["direction"] == "output":
                output = point(name)
                left.give(output, bits[0])
                right.give(output, bits[1])
            else:
                source = enter()
                left.drive(bits[0], source)
                right.drive(bits[1], source)
    for name in sorted(gold.boxes.keys() | gate.boxes.keys()):
        cells = gold.boxes.get(name), gate.boxes.get(name)
        if cells[0] is None or cells[1] is None or _kind(cells[0]) != _kind(cells[1]):
            opened.differing.append(f"cell {name}")
            continue
        for port in sorted(cells[0]["connections"].keys() | cells[1]["connections"].keys()):
            ends = [cell["connections"].get(port, []) for cell in cells if cell is not None]
            for place, bits in enumerate(itertools.zip_longest(*ends, fillvalue="x")):
                if cells[1]["port_directions"][port] == "output":
                    source = enter()
                    left.drive(bits[0], source)
                    right.drive(bits[1], source)
                elif bits[0] != "x":  # what the RTL leaves open may be anything
                    output = point(f"{name}.{port}[{place}]")
                    left.give(output, bits[0])
                    right.give(output, bits[1])
    shown: dict[int, str] = {}
    for register, name in _named(gold, gate):
        partner, inverted, constant = gate.register_of(gate.names[name]) if name in gate.names else (None, False, "")
        what = f"{name[0]}[{name[1]}]"
        if constant in ("0", "1"):
            opened.constant += 1
            left.drive(register.output, "one" if constant == "1" else "zero")
            left.next(output := point(what), register)
            right.give(output, constant)
            if register.first != constant:
                opened.differing.append(f"{what}: what it holds first")
        elif partner is None:
            opened.unseen += 1
            left.latch(register)
        else:
            opened.registers += 1
            opened.merged += partner.output in shown
            source = shown.setdefault(partner.output, "") or enter()
            shown[partner.output] = source
            left.drive(register.output, source, inverted)
            right.drive(partner.output, source)
            left.next(output := point(what), register)
            right.next(output, partner, inverted)
            for part in ("clock", "sudden"):
                left.give(output := point(f"{what}: {part}"), getattr(register, part))
                right.give(output, getattr(partner, part))
            if register.sudden != "0" and (register.value != partner.value) != inverted:
                opened.differing.append(f"{what}: what it is set to")
            if (register.first != partner.first) != inverted:
                opened.differing.append(f"{what}: what it holds first")
    for number, register in gate.registers.items():
        if number not in shown:
            right.latch(register)
    outputs = list(opened.points)
    opened.gold, opened.gate = left.text(inputs, outputs), right.text(inputs, outputs)
    return opened


def _named(gold: Side, gate: Side) -> Iterator[tuple[Register, tuple[str, int]]]:
    """Registers of the RTL, each with a name that tells it in the netlist; where none does, with one not in it."""
    names: dict[Bit, list[tuple[str, int]]] = {}
    for name, bit in gold.names.items():
        names.setdefault(bit, []).append(name)
    for register in gold.registers.values():
        known = names.get(register.output, [])
        told = (name for name in known if _shown(gate, name))
        yield register, next(told, (register.cell, 0))


def _shown(gate: Side, name: tuple[str, int]) -> bool:
    """Whether a net of the netlist shows a register, or is a constant."""
    return name in gate.names and gate.register_of(gate.names[name]) != (None, False, "")


def _kind(cell: Mapping[str, Any]) -> tuple[Any, Any]:
    """What a cell is."""
    return cell["type"], cell["parameters"]
