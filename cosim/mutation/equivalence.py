# SPDX-License-Identifier: BSD-3-Clause
"""Proves mutants equivalent, by their logic first and then by what the chip can reach.

First every output, next state and word into a memory that leads to a port must be the same function of all inputs,
states and words out of memories, with and without the fault: by structure, else by Z3. Where some state tells them
apart, ``induction`` asks whether the chip ever comes to such a state, and whether the difference ever leaves the
registers that it reaches.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..formal.proving import find_solver
from ..tools import require
from .graph import Graph
from .induction import prove_unreachable
from .logic import Logic

__all__ = ["prove_equivalent"]


def prove_equivalent(
    logic: Logic, mutants: Iterable[int], *, limit: float = 20.0, reachable: float = 30.0
) -> Iterator[tuple[int, str]]:
    """Settle mutants one by one.

    Parameters
    ----------
    logic : Logic
        Of the mutated design.
    mutants : iterable of int
        Values of ``mutant_select``.
    limit : float
        Seconds for Z3 on each question.
    reachable : float
        Seconds for ABC, where there is one, on reachable states, for each distance that it follows a difference; 0:
        they are not asked for.

    Yields
    ------
    (int, str)
        The mutant, and ``equivalent``; ``unreachable`` if only states that the chip never reaches tell it;
        ``different`` if some state and input tell it; or ``unknown``.

    Raises
    ------
    MissingTool
        If there is no Z3.
    """
    solver = require(find_solver()).command[0]
    graph = Graph(logic)
    for mutant in mutants:
        said = _settle(graph, mutant, solver, limit)
        if said != "equivalent" and reachable and prove_unreachable(graph, mutant, reachable):
            said = "unreachable"
        yield mutant, said


def _settle(graph: Graph, mutant: int, solver: str, limit: float) -> str:
    logic, mutated = graph.logic, graph.fold(mutant)

    def following(place: int, table: dict[int, int]) -> int:
        number = int(logic.states[place, 1])
        return table[number // 2] ^ number & 1

    pairs = set()
    sides: list[tuple[set[int], set[int]]] = []
    for kind, (literal, count) in enumerate(((graph.result, len(logic.results)), (following, len(logic.states)))):
        for place in range(count):
            pair = literal(place, graph.literal), literal(place, mutated)
            if pair[0] == pair[1]:
                continue
            # Where nothing leads to a port, with or without the fault, a difference is none.
            sides = sides or [graph.seen(graph.literal), graph.seen(mutated)]
            if any(place in side[kind] for side in sides):
                pairs.add(pair)
    if not pairs:
        return "equivalent"
    if any((graph.value(left) != graph.value(right)).any() for left, right in pairs):
        return "different"
    said = _solve(graph, sorted(pairs), solver, limit)
    return {"unsat": "equivalent", "sat": "different"}.get(said, "unknown")


def _solve(graph: Graph, pairs: list[tuple[int, int]], solver: str, limit: float) -> str:
    """Whether any of the pairs of literals can differ: ``sat``, ``unsat`` or something else."""
    clauses: list[list[int]] = [[-1]]
    seen: set[int] = set()

    def name(literal: int) -> int:
        return -(literal // 2 + 1) if literal & 1 else literal // 2 + 1

    todo = [literal // 2 for pair in pairs for literal in pair]
    while todo:
        variable = todo.pop()
        inputs = None if variable in seen else graph.inputs_of(variable)
        seen.add(variable)
        if inputs is not None:
            out, left, right = variable + 1, *map(name, inputs)
            clauses += [[-out, left], [-out, right], [out, -left, -right]]
            todo += [number // 2 for number in inputs]
    differing = []
    for place, (left, right) in enumerate(pairs):
        a, b, flag = name(left), name(right), graph.size + 2 + place
        clauses += [[-flag, a, b], [-flag, -a, -b]]
        differing.append(flag)
    clauses.append(differing)
    top = graph.size + 2 + len(pairs)
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
