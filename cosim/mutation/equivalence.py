# SPDX-License-Identifier: BSD-3-Clause
"""Proves mutants equivalent: with the fault, every output, register and memory input is the same function as without.

Registers and memories' read ports are taken as free inputs, so what is proved holds in every state, reachable or not;
a mutant that only differs in states that the chip never reaches is not proved by this, and stays a survivor.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..formal.proving import find_solver
from ..tools import require
from ..yosys import parameter_value, run_yosys
from .mutants import SELECT, MutatedDesign

__all__ = ["Logic", "logic_of", "prove_equivalent"]

#: What write_aiger can take: single-bit gates, registers without enables or resets.
_GATES = (
    "setattr -unset init w:*",
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
_WORDS = 64


@dataclass(frozen=True, eq=False)
class Logic:
    """And-inverter graph: literal 2v is variable v, 2v + 1 its inverse, 0 false.

    Parameters
    ----------
    inputs : int array
        Variables of the ports, registers and memory data.
    select : tuple of int
        Literals of ``mutant_select``, lowest bit first.
    gates : int array (gates, 3)
        Output and two inputs, in an order in which inputs come first.
    results : int array
        Literals that must not change: ports, next states, what goes into memories.
    """

    inputs: NDArray[np.int64]
    select: tuple[int, ...]
    gates: NDArray[np.int64]
    results: NDArray[np.int64]


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
        run_yosys(["read_rtlil flat.il", "script apply.ys", "opt_clean", "write_rtlil mutated.il"], folder)
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
    registers = [[int(word) for word in line.split()[:2]] for line in lines[place : place + latches]]
    place += latches
    results = [int(line) for line in lines[place : place + outputs]]
    place += outputs + sum(others)
    table = np.array([[int(word) for word in line.split()] for line in lines[place : place + gates]], np.int64)
    place += gates
    select: dict[int, int] = {}
    for line in lines[place:]:
        found = re.fullmatch(rf"i(\d+) {SELECT}(?:\[(\d+)\])?", line)
        if found:
            select[int(found.group(2) or 0)] = ports[int(found.group(1))]
    chosen = tuple(select[bit] for bit in sorted(select))
    return Logic(
        np.array([port for port in ports if port not in chosen] + [state for state, _ in registers], np.int64),
        chosen,
        table.reshape(-1, 3),
        np.array(results + [following for _, following in registers], np.int64),
    )


def prove_equivalent(logic: Logic, mutants: Iterable[int], *, limit: float = 20.0) -> Iterator[tuple[int, str]]:
    """Settle mutants one by one.

    Parameters
    ----------
    logic : Logic
        Of the mutated design.
    mutants : iterable of int
        Values of ``mutant_select``.
    limit : float
        Seconds for the solver on each.

    Yields
    ------
    (int, str)
        The mutant, and ``equivalent``; ``different`` if some state and input tells them apart; or ``unknown``.

    Raises
    ------
    MissingTool
        If there is no Z3.
    """
    solver = require(find_solver()).command[0]
    base = _Cofactor(logic)
    for mutant in mutants:
        yield mutant, _settle(logic, base, mutant, solver, limit)


class _Cofactor:
    """The logic with ``mutant_select`` 0: literals by structure, and values of random states."""

    def __init__(self, logic: Logic) -> None:
        self.known: dict[tuple[int, int], int] = {}
        self.gates: list[tuple[int, int, int]] = []
        self.size = int(max(logic.gates[:, 0].max(initial=0), logic.inputs.max(initial=0))) // 2 + 1
        self.literal = self.fold(logic, 0, None)
        generator = np.random.default_rng(0)
        self.values: dict[int, NDArray[np.uint64]] = {0: np.zeros(_WORDS, np.uint64)}
        for literal in logic.inputs.tolist():
            self.values[literal // 2] = generator.integers(0, 1 << 64, _WORDS, dtype=np.uint64)

    def fold(self, logic: Logic, mutant: int, base: dict[int, int] | None) -> dict[int, int]:
        """Literals of all variables, with equal gates made one; only those that differ where there is a base."""
        literal: dict[int, int] = {} if base is None else _Overlay(base)
        if base is None:
            literal[0] = 0
            literal.update({number // 2: number for number in logic.inputs.tolist()})
        for bit, number in enumerate(logic.select):
            literal[number // 2] = mutant >> bit & 1
        changed = {number // 2 for bit, number in enumerate(logic.select) if mutant >> bit & 1}
        for out, a, b in logic.gates.tolist():
            if base is not None and a // 2 not in changed and b // 2 not in changed:
                continue
            left, right = sorted((literal[a // 2] ^ a & 1, literal[b // 2] ^ b & 1))
            found = self._gate(left, right)
            if base is None:
                literal[out // 2] = found
            elif found != base[out // 2]:
                literal[out // 2] = found
                changed.add(out // 2)
        return literal

    def _gate(self, left: int, right: int) -> int:
        if left == 0 or left ^ right == 1:
            return 0
        if left == 1 or left == right:
            return right
        found = self.known.get((left, right))
        if found is None:
            found = self.known[left, right] = 2 * self.size
            self.gates.append((found, left, right))
            self.size += 1
        return found

    def value(self, literal: int) -> NDArray[np.uint64]:
        """Values of a literal in the random states."""
        self._evaluate(literal // 2)
        value = self.values[literal // 2]
        return ~value if literal & 1 else value

    def _evaluate(self, variable: int) -> None:
        todo = [variable]
        while todo:
            top = todo[-1]
            if top in self.values:
                todo.pop()
                continue
            _, a, b = self._by_variable[top]
            missing = [number // 2 for number in (a, b) if number // 2 not in self.values]
            if missing:
                todo.extend(missing)
                continue
            left, right = self.values[a // 2], self.values[b // 2]
            self.values[top] = (~left if a & 1 else left) & (~right if b & 1 else right)
            todo.pop()

    @property
    def _by_variable(self) -> _Gates:
        return _Gates(self.gates)


class _Gates:
    """Gates by variable: they were numbered as they were made."""

    def __init__(self, gates: list[tuple[int, int, int]]) -> None:
        self._gates = gates
        self._first = gates[0][0] // 2 if gates else 0

    def __getitem__(self, variable: int) -> tuple[int, int, int]:
        return self._gates[variable - self._first]

    def __contains__(self, variable: int) -> bool:
        return variable >= self._first


class _Overlay(dict[int, int]):
    """Literals that differ from a base."""

    def __init__(self, base: dict[int, int]) -> None:
        super().__init__()
        self._base = base

    def __missing__(self, key: int) -> int:
        return self._base[key]


def _settle(logic: Logic, base: _Cofactor, mutant: int, solver: str, limit: float) -> str:
    mutated = base.fold(logic, mutant, base.literal)
    pairs = set()
    for result in logic.results.tolist():
        left, right = base.literal[result // 2] ^ result & 1, mutated[result // 2] ^ result & 1
        if left != right:
            pairs.add((left, right))
    if not pairs:
        return "equivalent"
    if any((base.value(left) != base.value(right)).any() for left, right in pairs):
        return "different"
    said = _solve(base, sorted(pairs), solver, limit)
    return {"unsat": "equivalent", "sat": "different"}.get(said, "unknown")


def _solve(base: _Cofactor, pairs: list[tuple[int, int]], solver: str, limit: float) -> str:
    """Whether any of the pairs of literals can differ: ``sat``, ``unsat`` or something else."""
    gates = base._by_variable
    clauses: list[list[int]] = []
    seen: set[int] = set()

    def name(literal: int) -> int:
        return -(literal // 2 + 1) if literal & 1 else literal // 2 + 1

    todo = [literal // 2 for pair in pairs for literal in pair]
    while todo:
        variable = todo.pop()
        if variable in seen:
            continue
        seen.add(variable)
        if variable in gates:
            out, a, b = gates[variable]
            clauses += [[-name(out), name(a)], [-name(out), name(b)], [name(out), -name(a), -name(b)]]
            todo += [a // 2, b // 2]
    clauses.append([-name(0)])
    differing = []
    for place, (left, right) in enumerate(pairs):
        a, b, flag = name(left), name(right), base.size + 2 + place
        clauses += [[-flag, a, b], [-flag, -a, -b]]
        differing.append(flag)
    clauses.append(differing)
    top = base.size + 2 + len(pairs)
    text = f"p cnf {top} {len(clauses)}\n" + "".join(f"{' '.join(map(str, clause))} 0\n" for clause in clauses)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.cnf"
        path.write_text(text)
        command = [solver, "-dimacs", f"-T:{max(1, round(limit))}", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout.split()
    if "UNSATISFIABLE" in said or "unsat" in said:
        return "unsat"
    return "sat" if "SATISFIABLE" in said or "sat" in said else "unknown"
