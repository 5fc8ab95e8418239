# SPDX-License-Identifier: BSD-3-Clause
"""Access to a block's registers by name, so that what is claimed of it stays out of its source."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any

from amaranth import Const, Module, ResetSignal, Shape, Signal, Value
from amaranth.hdl import Elaboratable, Fragment, MemoryInstance

__all__ = ["Opened"]


class Opened(Elaboratable):
    """An elaborated block whose inner signals can be named.

    Registers are named as in the source, those of a submodule after its name: ``row_driver.driving``. The state of
    ``m.FSM(name="state")`` is ``state_state``. A signal is known wherever it is assigned or used; where several in
    one place have the same name, a register goes before a wire that is assigned there, and that before one only used.

    Parameters
    ----------
    block : Elaboratable
        What is opened; its ports stay usable.
    cut : collection of str
        Submodules to leave out.

    Attributes
    ----------
    freed : list of Signal
        What the submodules left out would drive.

    Raises
    ------
    ValueError
        If there is no such submodule.
    """

    _MustUse__silence = True  # opening a block to look at its names is no mistake

    def __init__(self, block: Any, cut: Collection[str] = ()) -> None:
        self.block = block
        self.freed: list[Signal] = []
        self._fragment = Fragment.get(block, "formal")
        self._registers: dict[str, list[Signal]] = {}
        self._wires: dict[str, list[Signal]] = {}
        self._used: dict[str, list[Signal]] = {}
        self._collect(self._fragment, "")
        for path in cut:
            self._leave_out(path)

    def _leave_out(self, path: str) -> None:
        above, _, last = path.rpartition(".")
        self.freed += _driven(self._inside(path))
        parent = self._inside(above) if above else self._fragment
        parent.subfragments[:] = [entry for entry in parent.subfragments if entry[1] != last]

    def _inside(self, path: str) -> Fragment:
        """The submodule of that name."""
        fragment = self._fragment
        for step in path.split("."):
            found = [inner for inner, name, _ in fragment.subfragments if name == step]
            if not found:
                raise ValueError(f"submodule of {type(self.block).__name__} must exist, and {path!r} does not")
            fragment = found[0]
        return fragment

    def _collect(self, fragment: Fragment, prefix: str) -> None:
        for domain, statements in fragment.statements.items():
            for statement in statements:
                for signal in statement._lhs_signals():
                    _enter(self._wires if domain == "comb" else self._registers, prefix, signal)
                for signal in statement._rhs_signals():
                    _enter(self._used, prefix, signal)
        for inner, name, _ in fragment.subfragments:
            self._collect(inner, f"{prefix}{name}.")

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, sorted."""
        return tuple(sorted({*self._registers, *self._wires, *self._used}))

    def __getitem__(self, name: str) -> Signal:
        """The signal of that name.

        Raises
        ------
        ValueError
            If the block assigns to no signal of that name, or to several.
        """
        found = self._registers.get(name) or self._wires.get(name) or self._used.get(name, [])
        if len(found) == 1:
            return found[0]
        block = type(self.block).__name__
        if found:
            raise ValueError(f"name must mean one signal of {block}, and {name!r} means {len(found)}")
        near = [known for known in self.names if known.split(".")[-1] == name.split(".")[-1]]
        near = near or difflib.get_close_matches(name, self.names, 5)
        raise ValueError(
            f"name must be a signal of {block}, not {name!r}: it has {', '.join(near) or 'nothing like it'}"
        )

    def view(self, name: str, layout: Any) -> Any:
        """The signal of that name, seen through a layout."""
        return layout(self[name])

    def in_state(self, name: str, state: str) -> Value:
        """Whether a state machine is in a state.

        Parameters
        ----------
        name : str
            Name of its state signal, ``state_state`` for ``m.FSM(name="state")``.
        state : str
            Name of the state.

        Raises
        ------
        ValueError
            If it has no such state.
        """
        signal = self[name]
        numbers = {text: value for value, text in _state_names(signal).items()}
        if state not in numbers:
            raise ValueError(f"state must be one of {', '.join(sorted(numbers))}, not {state!r}")
        return signal == numbers[state]

    def word(self, memory: str, address: Any) -> Signal:
        """What a memory holds at an address in this cycle, seen through a port of its own.

        Raises
        ------
        ValueError
            If the block has no such memory.
        """
        instance = self._inside(memory)
        if not isinstance(instance, MemoryInstance):
            raise ValueError(f"memory of {type(self.block).__name__} must be a memory, and {memory!r} is none")
        name = memory.replace(".", "_")
        depth, width = instance._data.depth, Shape.cast(instance._data.shape).width
        held, seen = Signal(width, name=f"word_of_{name}"), Signal((depth - 1).bit_length(), name=f"address_in_{name}")
        self._fragment.add_statements("comb", seen.eq(address))
        instance.read_port(domain="comb", addr=seen, data=held, en=Const(1), transparent_for=())
        return held

    def disturb(self, which: Value, hits: Value, value: Value, first: int = 0) -> int:
        """Let one signal of the block take any value: signal ``which - first``, in the cycles with ``hits``.

        Parameters
        ----------
        which : Value
            Number of the signal that is disturbed; ports that the block assigns and wires count too, memories do not.
        hits : Value
            Whether it is, in this cycle: a wire at once, a register at its end, its reset notwithstanding.
        value : Value
            What it becomes: these bits, over and over.
        first : int
            Number of this block's first signal.

        Returns
        -------
        int
            Number after that of its last signal.
        """
        number = first
        for fragment in _fragments(self._fragment):
            driven = {
                domain: {id(signal): signal for statement in statements for signal in statement._lhs_signals()}
                for domain, statements in fragment.statements.items()
            }
            for domain, signals in driven.items():
                for key, signal in signals.items():
                    if any(key in others for other, others in driven.items() if other != domain):
                        continue  # some bits are registers and some are wires
                    upset = Module()
                    if domain != "comb" and not signal.reset_less:
                        signal._reset_less = True  # its reset becomes a statement, so that it may be lost as well
                        with upset.If(ResetSignal(domain)):
                            upset.d[domain] += signal.eq(signal.init)
                    with upset.If(hits & (which == number)):
                        upset.d[domain] += signal.eq(value.replicate(-(-len(signal) // len(value))))
                    fragment.add_statements(domain, *Fragment.get(upset, None).statements[domain])
                    number += 1
        return number

    def elaborate(self, platform: object) -> Fragment:
        """The block, elaborated once when it was opened."""
        return self._fragment


def _enter(table: dict[str, list[Signal]], prefix: str, signal: Signal) -> None:
    """Add a signal that has a name, once."""
    if signal.name:
        known = table.setdefault(f"{prefix}{signal.name}", [])
        if not any(signal is other for other in known):
            known.append(signal)


def _fragments(fragment: Fragment) -> Iterator[Fragment]:
    """A fragment and those inside it that are no memories."""
    if not isinstance(fragment, MemoryInstance):
        yield fragment
        for inner, _, _ in fragment.subfragments:
            yield from _fragments(inner)


def _driven(fragment: Fragment) -> list[Signal]:
    """Every signal that a fragment and those inside it drive."""
    driven: dict[int, Signal] = {}
    for statements in fragment.statements.values():
        for statement in statements:
            driven |= {id(signal): signal for signal in statement._lhs_signals()}
    for port in getattr(fragment, "_read_ports", ()):
        driven |= {id(signal): signal for signal in port._data._lhs_signals()}
    for inner, _, _ in fragment.subfragments:
        driven |= {id(signal): signal for signal in _driven(inner)}
    return list(driven.values())


def _state_names(signal: Signal) -> dict[int, str]:
    """Names of a state machine's states by number: its decoder answers ``name/number`` and fails past the last one."""
    names: dict[int, str] = {}
    if signal.decoder is not None:
        for number in range(1 << len(signal)):
            try:
                names[number] = signal.decoder(number).rpartition("/")[0]
            except KeyError:
                break
    return names
