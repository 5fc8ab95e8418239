# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of a block: a module around it with assertions, assumptions and covers that have names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Any

from amaranth import Module, ResetSignal, Signal, Value
from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, Elaboratable, ShapeLike
from amaranth.hdl import Cover as CoverStatement
from amaranth.lib.wiring import Component, In

from .opened import Opened

__all__ = ["Properties"]


class Properties(Elaboratable):
    """Blocks, and what must hold of them in every cycle of every run.

    Every input of a block is free: the solver may give it any value in any cycle. ``rst`` is free too, so that each
    claim also holds across a reset at any moment. The first cycle of a run is the state after a reset.

    ::

        properties = Properties("row driver")
        driver = properties.block(RowDriver(geometry))
        select = driver.block.lines.select
        properties.claim("one_kernel", (select & (select - 1)) == 0)
        properties.cover("last_kernel", select[-1])
        prove(properties, depth=1)

    Parameters
    ----------
    title : str
        What verdicts call it.

    Attributes
    ----------
    module : Module
        Where a property set keeps registers of its own (*ghosts*).
    claims, lemmas, assumptions, covers : dict of str to Value
        By name, in the order in which they were made.
    """

    _MustUse__silence = True

    def __init__(self, title: str) -> None:
        self.title = title
        self.module = Module()
        self.module._MustUse__silence = True  # a property set that is made and not proved is no mistake
        self.claims: dict[str, Value] = {}
        self.lemmas: dict[str, Value] = {}
        self.assumptions: dict[str, Value] = {}
        self.covers: dict[str, Value] = {}
        self._ports: list[Signal] = []
        self._text: str | None = None
        self._pasts = 0
        self._opened: list[Opened] = []

    @property
    def ports(self) -> dict[str, tuple[Signal, None]]:
        """Free inputs, as ``rtlil.convert`` takes them: each once, under a name of its own."""
        table: dict[str, tuple[Signal, None]] = {}
        for signal in {id(port): port for port in self._ports}.values():
            name = wanted = signal.name or "unnamed"
            while name in table or name in ("clk", "rst"):
                name = f"{wanted}__{len(table)}"
            table[name] = (signal, None)
        return table

    def block(
        self, block: Component, name: str = "block", *, driven: Collection[str] = (), cut: Collection[str] = ()
    ) -> Opened:
        """Put a block in, its inputs free.

        Parameters
        ----------
        block : Component
            The block.
        name : str
            What traces call it.
        driven : collection of str
            Inputs (``a__b``) that the property set drives itself.
        cut : collection of str
            Submodules (``writer.gate``) to leave out. Whatever they drive is free, so that what is proved holds
            whatever they do.

        Returns
        -------
        Opened
            The block, its ports under ``.block`` and its registers by name.
        """
        opened = Opened(block, cut=cut)
        self._ports += opened.freed
        self.module.submodules[name] = opened
        self._opened.append(opened)
        for path, member, value in block.signature.flatten(block):
            if member.flow == In and "__".join(map(str, path)) not in driven:
                self._ports.append(Value.cast(value))
        return opened

    def free(self, shape: ShapeLike, name: str) -> Any:
        """An input that may take any value in any cycle."""
        signal = Signal(shape, name=name)
        self._ports.append(Value.cast(signal))
        return signal

    def constant(self, shape: ShapeLike, name: str) -> Any:
        """A value that is chosen once, freely, and stays."""
        signal = self.free(shape, name)
        self.steady(name, signal)
        return signal

    def steady(self, name: str, value: Any) -> None:
        """Assume that a value never changes."""
        value = Value.cast(value)
        began = Signal(name=f"{name}_began", reset_less=True)
        self.module.d.sync += began.eq(1)
        self.assume(f"{name}_is_steady", ~began | (value == self.past(value)))

    def past(self, value: Any, init: int = 0) -> Signal:
        """A value of the cycle before, across resets too; ``init`` in the first cycle."""
        value = Value.cast(value)
        self._pasts += 1
        before = Signal(value.shape(), name=f"past_{self._pasts}", init=init, reset_less=True)
        self.module.d.sync += before.eq(value)
        return before

    def after_reset(self) -> Signal:
        """Whether ``rst`` was set in the cycle before; 1 in the first cycle of a run."""
        return self.past(ResetSignal(), init=1)

    def claim(self, name: str, condition: Any) -> None:
        """Claim that a condition holds in every cycle."""
        self._add(self.claims, name, condition)

    def lemma(self, name: str, condition: Any) -> None:
        """Prove together with the claims what holds of the set's own registers alone: no property of a block."""
        self._add(self.lemmas, name, condition)

    def assume(self, name: str, condition: Any) -> None:
        """Restrict the runs to those in which a condition holds in every cycle."""
        self._add(self.assumptions, name, condition)

    def cover(self, name: str, condition: Any) -> None:
        """Ask for a run in which a condition holds at last: what is claimed is not claimed of nothing."""
        self._add(self.covers, name, condition)

    def only(self, *names: str) -> Properties:
        """The same with no other claims than these.

        Raises
        ------
        ValueError
            If one of them is no claim, or the set has been proved already.
        """
        self._check_open()
        for name in names:
            if name not in self.claims:
                near = ", ".join(difflib.get_close_matches(name, self.claims, 5)) or "nothing like it"
                raise ValueError(f"claim must be one of {self.title}, not {name!r}: it has {near}")
        self.claims, self.lemmas = {name: self.claims[name] for name in names}, {}
        return self

    def broken(self) -> Properties:
        """The same with one fault, any one, and a cover for each claim: a run in which it does not hold.

        The fault is one signal of the blocks, chosen once, that takes any value whenever it likes. A claim that no such
        fault can break says nothing about the blocks.

        Raises
        ------
        ValueError
            If the set has been proved already.
        """
        self._check_open()
        which, hits, value = self.constant(16, "disturbed"), self.free(1, "hits"), self.free(64, "disturbance")
        first = 0
        for opened in self._opened:
            first = opened.disturb(which, hits, value, first)
        self.covers = {name: ~condition for name, condition in self.claims.items()}
        self.claims, self.lemmas = {}, {}
        return self

    def rtlil(self) -> str:
        """The design with its claims, assumptions and covers; made once, and nothing can be added after it."""
        if self._text is None:
            self._text = rtlil.convert(self, name="top", ports=self.ports, platform="formal", emit_src=False)
        return self._text

    def _check_open(self) -> None:
        if self._text is not None:
            raise ValueError(f"{self.title} must be complete before it is proved, and not be changed after")

    def _add(self, table: dict[str, Value], name: str, condition: Any) -> None:
        self._check_open()
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError(f"name of a property must be in lower case with underscores, not {name!r}")
        if any(name in known for known in (self.claims, self.lemmas, self.assumptions, self.covers)):
            raise ValueError(f"name of a property must be new, and {name!r} is taken")
        value = Value.cast(condition)
        if len(value) != 1:
            # The complement of a number of several bits is never 0: such a condition would hold of anything.
            raise ValueError(f"condition of {name!r} must be a single bit, not {len(value)}")
        table[name] = value

    def elaborate(self, platform: object) -> Module:
        """The module with its claims, assumptions and covers as statements, their names as messages."""
        checks = self.claims | self.lemmas
        for statement, table in ((Assert, checks), (Assume, self.assumptions), (CoverStatement, self.covers)):
            self.module.d.comb += [statement(condition, name) for name, condition in table.items()]
        return self.module
