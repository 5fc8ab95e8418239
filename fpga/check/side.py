# SPDX-License-Identifier: BSD-3-Clause
"""A netlist in Yosys's JSON, taken apart: logic, registers, and cells that both sides of a proof have alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Bit", "Register", "Side"]

#: A net's number, or a constant: "0", "1", or "x", which may be either.
Bit = int | str
#: Tables of the logic, as the rows of inputs that give 1, lowest row first; ports in the order of their weights.
_LOGIC: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "$_BUF_": (("A",), "Y", "01"),
    "$_NOT_": (("A",), "Y", "10"),
    "$_AND_": (("A", "B"), "Y", "0001"),
    "$_OR_": (("A", "B"), "Y", "0111"),
    "$_XOR_": (("A", "B"), "Y", "0110"),
    "$_XNOR_": (("A", "B"), "Y", "1001"),
    "$_MUX_": (("A", "B", "S"), "Y", "01010011"),
    "SB_CARRY": (("I0", "I1", "CI"), "CO", "00010111"),
}
_LUT = ("I0", "I1", "I2", "I3")
#: Enable first, or reset alone, as the names of iCE40's flip-flops say it: SB_DFF, N, E, S or R, S or R.
_FLIP_FLOP = re.compile(r"SB_DFF(?P<falling>N?)(?P<enable>E?)(?P<reset>S?)(?P<value>[SR]?)")


@dataclass(frozen=True)
class Register:
    """A flip-flop of one bit.

    Parameters
    ----------
    cell : str
        Its name.
    output : int
        The net that it drives.
    clock, data : Bit
    enable : Bit
        The data is taken where it is 1.
    reset : Bit
        Sets it to ``value`` where it is 1, in the next cycle, if it is enabled.
    sudden : Bit
        Sets it to ``value`` at once.
    value : str
    first : str
        What it holds after configuration.
    """

    cell: str
    output: int
    clock: Bit
    data: Bit
    enable: Bit = "1"
    reset: Bit = "0"
    sudden: Bit = "0"
    value: str = "0"
    first: str = "0"


class Side:
    """One side of a proof.

    Parameters
    ----------
    module : mapping
        A flat module of Yosys's JSON: lookup tables, carries and flip-flops of an iCE40, or gates of a bit, and cells
        that are taken as they are.

    Attributes
    ----------
    tables : dict of int to (tuple of Bit, str)
        Logic that drives a net: its inputs and its table.
    registers : dict of int to Register
        By the net that they drive.
    boxes : dict of str to mapping
        All other cells, by name.
    names : dict of (str, int) to Bit
        Nets by public name and place in it.
    ports : mapping
        Of the module.

    Raises
    ------
    ValueError
        If there is a flip-flop of a kind that is not known.
    """

    def __init__(self, module: Mapping[str, Any]) -> None:
        self.tables: dict[int, tuple[tuple[Bit, ...], str]] = {}
        self.registers: dict[int, Register] = {}
        self.boxes: dict[str, Mapping[str, Any]] = {}
        self.names: dict[tuple[str, int], Bit] = {}
        self.ports = module["ports"]
        first: dict[Bit, str] = {}
        for name, net in module["netnames"].items():
            values = str(net["attributes"].get("init", ""))
            for place, bit in enumerate(net["bits"]):
                if not net.get("hide_name"):
                    self.names[name, place] = bit
                if place < len(values) and values[-1 - place] in "01":
                    first[bit] = values[-1 - place]
        for name, cell in module["cells"].items():
            kind = cell["type"]
            if kind == "$scopeinfo":
                continue
            wires: dict[str, Any] = {port: bits[0] if bits else "0" for port, bits in cell["connections"].items()}
            if kind == "SB_LUT4":
                table = cell["parameters"]["LUT_INIT"].rjust(16, "0")[-16:][::-1].replace("x", "0")
                self.tables[wires["O"]] = tuple(wires.get(port, "0") for port in _LUT), table
            elif kind in _LOGIC:
                inputs, output, table = _LOGIC[kind]
                self.tables[wires[output]] = tuple(wires.get(port, "0") for port in inputs), table
            elif "DFF" in kind or "LATCH" in kind:
                self.registers[wires["Q"]] = _register(name, kind, wires, first.get(wires["Q"], "0"))
            else:
                self.boxes[name] = cell

    def register_of(self, bit: Bit) -> tuple[Register | None, bool, str]:
        """The register that a net shows, whether inverted, or the constant that it is, or neither."""
        if isinstance(bit, str):
            return None, False, bit
        if bit in self.registers:
            return self.registers[bit], False, ""
        inputs, table = self.tables.get(bit, ((), ""))
        free = [place for place, wire in enumerate(inputs) if wire not in ("0", "1", "x")]
        fixed = sum(1 << place for place, wire in enumerate(inputs) if wire == "1")
        if not table or len(free) > 1:
            return None, False, ""
        if not free:
            return None, False, table[fixed]
        low, high = table[fixed], table[fixed | 1 << free[0]]
        if low == high:
            return None, False, low
        register = self.registers.get(int(inputs[free[0]]))
        return (register, low == "1", "") if register else (None, False, "")


def _register(name: str, kind: str, wires: Mapping[str, Any], first: str) -> Register:
    if kind == "$_DFF_P_":
        return Register(name, wires["Q"], wires["C"], wires["D"], first=first)
    if kind in ("$_DFF_PP0_", "$_DFF_PP1_"):
        value = kind[-2]
        return Register(name, wires["Q"], wires["C"], wires["D"], sudden=wires["R"], value=value, first=first)
    found = _FLIP_FLOP.fullmatch(kind)
    if found is None or found["falling"]:
        raise ValueError(f"{name}: must be a flip-flop of the rising edge, not {kind}")
    enable = wires.get("E", "1") if found["enable"] else "1"
    if not found["value"] and not found["reset"]:
        return Register(name, wires["Q"], wires["C"], wires["D"], enable)
    # SR and SS wait for the clock, R and S do not.
    waits, letter = bool(found["reset"] and found["value"]), found["value"] or found["reset"]
    wire, value = wires[letter], "1" if letter == "S" else "0"
    reset, sudden = (wire, "0") if waits else ("0", wire)
    return Register(name, wires["Q"], wires["C"], wires["D"], enable, reset, sudden, value)
