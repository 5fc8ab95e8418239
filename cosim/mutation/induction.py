# SPDX-License-Identifier: BSD-3-Clause
"""Proves that no run from the first state tells a mutant, with ABC's property-directed reachability.

Beside the design stand only the registers that the fault can change, with the fault in them; all others are shared. If
nothing that leaves them ever differs, in any run, then the shared ones are right to be shared, and the mutant is never
told. How far the difference is followed is a choice: the nearer, the smaller the question; the farther, the more of it
may fade away. What memories read is taken as free and the same on both sides: what goes into them must be the same.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..tools import Tool
from .graph import Graph

__all__ = ["find_abc", "prove_unreachable"]

#: Registers on the way of a difference, one after the other, that are made twice.
_DEPTHS = (0, 1, 3)
#: More registers than these are never made twice.
_MOST = 2000


def find_abc() -> Tool:
    """ABC on PATH, under the names that it has in Debian and beside Yosys."""
    tool = Tool("ABC", "proofs that mutants change nothing", "install it (Debian: apt-get install berkeley-abc)")
    path = shutil.which("berkeley-abc") or shutil.which("yosys-abc")
    if path is None:
        return tool
    return dataclasses.replace(tool, version="found", source=path, command=(path,))


def prove_unreachable(graph: Graph, mutant: int, limit: float) -> bool:
    """Whether no run tells the mutant; False if one does, or if it is not known, or there is no ABC.

    Parameters
    ----------
    graph : Graph
        The design, and its mutants.
    mutant : int
        Value of ``mutant_select``.
    limit : float
        Seconds for ABC at each depth.
    """
    tool = find_abc()
    if not tool.usable:
        return False
    twins: dict[int, int] = {}  # variables of registers made twice
    for depth in range(max(_DEPTHS) + 1):
        mutated = graph.fold(mutant, twins)
        outputs, states = _differing(graph, mutated)
        rest = [place for place in states if int(graph.logic.states[place, 0]) // 2 not in twins]
        if not outputs and not rest:
            return True
        if depth in _DEPTHS or not rest:
            bad = _bad(graph, mutated, outputs, rest)
            if bad == 0 or _never(graph, mutated, twins, bad, tool, limit):
                return True
            if not rest or len(twins) + len(rest) > _MOST:
                return False
        for place in rest:
            twins[int(graph.logic.states[place, 0]) // 2] = graph.new()
    return False


def _literal(table: dict[int, int], number: int) -> int:
    return table[number // 2] ^ number & 1


def _differing(graph: Graph, mutated: dict[int, int]) -> tuple[list[int], list[int]]:
    """Results, and next states, that are not the same literal with the mutant; by place."""
    results, following = graph.logic.results.tolist(), graph.logic.states[:, 1].tolist()
    differ = [
        [place for place, number in enumerate(part) if _literal(graph.literal, number) != _literal(mutated, number)]
        for part in (results, following)
    ]
    return differ[0], differ[1]


def _bad(graph: Graph, mutated: dict[int, int], outputs: list[int], states: list[int]) -> int:
    """Literal that is 1 where a result that counts or a shared register's next state differs."""
    logic = graph.logic
    bad = 0
    for place in outputs:
        bad = graph.either(bad, graph.unequal(graph.result(place, graph.literal), graph.result(place, mutated)))
    for place in states:
        number = int(logic.states[place, 1])
        bad = graph.either(bad, graph.unequal(_literal(graph.literal, number), _literal(mutated, number)))
    return bad


def _never(graph: Graph, mutated: dict[int, int], twins: dict[int, int], bad: int, tool: Tool, limit: float) -> bool:
    """Whether ``bad`` is 0 in every run from the first state."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "miter.aag"
        (Path(folder) / "miter.aig").write_bytes(_aiger(graph, mutated, twins, bad))
        steps = f"read_aiger {path.with_suffix('.aig')}; strash; pdr -T {max(1, round(limit))}"
        try:
            done = subprocess.run(
                [*tool.command, "-c", steps], capture_output=True, text=True, check=False, timeout=limit + 60
            )
        except subprocess.TimeoutExpired:
            return False
    return re.search(r"Property proved|Networks are equivalent|const 0|trivially", done.stdout) is not None


def _aiger(graph: Graph, mutated: dict[int, int], twins: dict[int, int], bad: int) -> bytes:
    """Binary AIGER with one output, of what it depends on; registers that begin as 1 are stored inverted."""
    registers: dict[int, tuple[int, int]] = {}  # variable: next literal, first literal
    for state, following, first in graph.logic.states.tolist():
        registers[state // 2] = (_literal(graph.literal, following), first)
        if state // 2 in twins:
            registers[twins[state // 2] // 2] = (_literal(mutated, following), first)
    needed, order = _cone(graph, registers, bad)
    states = [variable for variable in needed if variable in registers]
    inputs = [variable for variable in needed if variable and variable not in registers]
    number = {0: 0}
    for variable in (*inputs, *states, *order):
        number[variable] = len(number)
    inverted = {variable for variable in states if registers[variable][1] == 1}

    def out(literal: int) -> int:
        return 2 * number[literal // 2] + ((literal & 1) ^ (literal // 2 in inverted))

    lines = [f"aig {len(number) - 1} {len(inputs)} {len(states)} 1 {len(order)}"]
    for variable in states:
        following, first = registers[variable]
        own = 2 * number[variable]
        # A register without a first state may begin as anything.
        lines.append(f"{out(following) ^ (variable in inverted)}{f' {own}' if first > 1 else ''}")
    lines.append(str(out(bad)))
    body = bytearray()
    for variable in order:
        inputs_of = graph.inputs_of(variable)
        assert inputs_of is not None
        high, low = sorted(map(out, inputs_of), reverse=True)
        for delta in (2 * number[variable] - high, high - low):
            while delta >= 128:
                body.append(delta & 127 | 128)
                delta >>= 7
            body.append(delta)
    return ("\n".join(lines) + "\n").encode() + bytes(body)


def _cone(graph: Graph, registers: dict[int, tuple[int, int]], bad: int) -> tuple[list[int], list[int]]:
    """What a literal depends on, over all cycles: inputs and registers, and gates in an order of theirs."""
    leaves: dict[int, None] = {}
    gates: dict[int, None] = {}
    todo = [bad // 2]
    while todo:
        variable = todo.pop()
        if variable in leaves or variable in gates:
            continue
        inputs = graph.inputs_of(variable)
        if inputs is not None:
            gates[variable] = None
            todo += [number // 2 for number in inputs]
        else:
            leaves[variable] = None
            if variable in registers:
                todo.append(registers[variable][0] // 2)
    # Gates were numbered as they were made, inputs first.
    return [variable for variable in leaves if variable], sorted(gates)
