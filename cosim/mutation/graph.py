# SPDX-License-Identifier: BSD-3-Clause
"""Logic with and without a mutant as one graph in which equal gates are one gate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .logic import Logic

__all__ = ["Graph"]

_WORDS = 64


class Graph:
    """The logic with ``mutant_select`` 0: literals by structure, and values in random states.

    Parameters
    ----------
    logic : Logic
        Of the mutated design.
    """

    def __init__(self, logic: Logic) -> None:
        self.logic = logic
        self.gates: list[tuple[int, int, int]] = []
        self._known: dict[tuple[int, int], int] = {}
        free = [*logic.inputs.tolist(), *logic.states[:, 0].tolist()]
        self._first = max(int(logic.gates[:, 0].max(initial=0)), *free, *logic.select, 0) // 2 + 1
        self.size = self._first
        self._gates = logic.gates.tolist()
        self._at = {gate[0] // 2: place for place, gate in enumerate(self._gates)}
        self.literal = self.fold(0)
        generator = np.random.default_rng(0)
        self._values: dict[int, NDArray[np.uint64]] = {0: np.zeros(_WORDS, np.uint64)}
        for literal in free:
            self._values[literal // 2] = generator.integers(0, 1 << 64, _WORDS, dtype=np.uint64)

    def fold(self, mutant: int, replaced: dict[int, int] | None = None) -> dict[int, int]:
        """Literals of all variables with a mutant, and with some variables replaced; equal gates are made one.

        With a mutant, only literals that differ from those without are worked out.
        """
        literal: dict[int, int]
        if mutant:
            literal = _Overlay(self.literal)
        else:
            literal = {0: 0}
            for number in (*self.logic.inputs.tolist(), *self.logic.states[:, 0].tolist()):
                literal[number // 2] = number
        for bit, number in enumerate(self.logic.select):
            literal[number // 2] = mutant >> bit & 1
        literal.update(replaced or {})
        changed = {number // 2 for bit, number in enumerate(self.logic.select) if mutant >> bit & 1}
        changed.update(replaced or {})
        for out, a, b in self._gates:
            if mutant and a // 2 not in changed and b // 2 not in changed:
                continue
            found = self.gate(literal[a // 2] ^ a & 1, literal[b // 2] ^ b & 1)
            if not mutant:
                literal[out // 2] = found
            elif found != self.literal[out // 2]:
                literal[out // 2] = found
                changed.add(out // 2)
        return literal

    def result(self, place: int, table: dict[int, int]) -> int:
        """Literal of a result where it counts, else 0.

        Enables are those without a mutant: that they are the same with it is a question of its own.
        """
        number = int(self.logic.results[place])
        found = table[number // 2] ^ number & 1
        if not self.logic.guards[place]:
            return found
        counts = 0
        for guard in self.logic.guards[place]:
            counts = self.either(counts, self.literal[guard // 2] ^ guard & 1)
        return self.gate(found, counts)

    def seen(self, table: dict[int, int]) -> tuple[set[int], set[int]]:
        """What can ever be seen at the ports, by the wires alone: places of results, and of registers.

        Parameters
        ----------
        table : dict of int to int
            Literals, as :meth:`fold` gives them.
        """
        results, states = self.logic.results.tolist(), self.logic.states.tolist()
        place_of = {state // 2: place for place, (state, _, _) in enumerate(states)}
        in_memory = {place for places in self.logic.stored.values() for place in places}
        seen = set(range(len(results))) - in_memory
        registers: set[int] = set()
        visited: set[int] = set()
        todo = [table[results[place] // 2] // 2 for place in seen]
        while todo:
            variable = todo.pop()
            if variable in visited:
                continue
            visited.add(variable)
            inputs = self.inputs_of(variable)
            if inputs is not None:
                todo += [number // 2 for number in inputs]
            elif variable in place_of:
                registers.add(place_of[variable])
                todo.append(table[states[place_of[variable]][1] // 2] // 2)
            else:
                more = [place for place in self.logic.stored.get(variable, ()) if place not in seen]
                seen.update(more)
                todo += [table[results[place] // 2] // 2 for place in more]
        return seen, registers

    def new(self) -> int:
        """A literal of a new variable."""
        self.size += 1
        self.gates.append((0, 0, 0))  # keeps the place
        return 2 * (self.size - 1)

    def gate(self, left: int, right: int) -> int:
        """Literal of the conjunction of two."""
        left, right = sorted((left, right))
        if left == 0 or left ^ right == 1:
            return 0
        if left == 1 or left == right:
            return right
        found = self._known.get((left, right))
        if found is None:
            found = self._known[left, right] = 2 * self.size
            self.gates.append((found, left, right))
            self.size += 1
        return found

    def either(self, left: int, right: int) -> int:
        """Literal of the disjunction of two."""
        return self.gate(left ^ 1, right ^ 1) ^ 1

    def unequal(self, left: int, right: int) -> int:
        """Literal that is 1 where two differ."""
        return self.either(self.gate(left, right ^ 1), self.gate(left ^ 1, right))

    def inputs_of(self, variable: int) -> tuple[int, int] | None:
        """Literals of a gate's inputs; None for what is no gate."""
        if variable < self._first:
            return None
        out, left, right = self.gates[variable - self._first]
        return (left, right) if out else None

    def value(self, literal: int) -> NDArray[np.uint64]:
        """Values of a literal in the random states."""
        todo = [literal // 2]
        while todo:
            top = todo[-1]
            if top in self._values:
                todo.pop()
                continue
            inputs = self.inputs_of(top)
            assert inputs is not None
            missing = [number // 2 for number in inputs if number // 2 not in self._values]
            if missing:
                todo.extend(missing)
                continue
            left, right = (~self._values[n // 2] if n & 1 else self._values[n // 2] for n in inputs)
            self._values[top] = left & right
            todo.pop()
        value = self._values[literal // 2]
        return ~value if literal & 1 else value


class _Overlay(dict[int, int]):
    """Literals that differ from a base."""

    def __init__(self, base: dict[int, int]) -> None:
        super().__init__()
        self._base = base

    def __missing__(self, key: int) -> int:
        return self._base[key]
