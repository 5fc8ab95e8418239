# SPDX-License-Identifier: BSD-3-Clause
"""The analog side of the pins while cells are written: pulses act on the array, reads see what it has become.

What a pulse does depends on the pins alone: its width is counted in cycles, its voltage follows from ``level``, and the
cells that it reaches from the lines' modes and gates.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry

from ..array_pins import AnalogSide, ArrayModel, PinError
from .pulses import Pulse, PulseRules, PulseWatch

__all__ = ["WritableArray", "WritingSide"]


class WritableArray(ArrayModel, Protocol):
    """An array model that write pulses change; one without ``pulse`` keeps its states whatever the pulses."""

    def pulse(
        self,
        kernel: int,
        rows: NDArray[np.bool_],
        cols: NDArray[np.bool_],
        toward_p: bool,
        volts: float,
        width_ns: float,
    ) -> None:
        """One write pulse, from its first edge to its last.

        Parameters
        ----------
        kernel : int
            The selected kernel.
        rows, cols : bool arrays (rows,), (cols,)
            The row in a write mode, and the columns that are written with it.
        toward_p : bool
            The row is above the columns, which favours P; else below them.
        volts : float
            What the level of the write DAC puts across a written cell [V].
        width_ns : float
            How long [ns].
        """
        ...


class WritingSide(AnalogSide):
    """Drives the comparators, watches the pins, and hands pulses to the array.

    Reading six vectors costs more than all else that is done in a cycle. A bench that sets ``changed`` whenever one of
    ``line_pins`` changes may set ``told``: then they are read only after that.

    Parameters
    ----------
    dut : handle
        The simulated design, with ports named ``array__*``.
    geometry : Geometry
        Its shape.
    model : ArrayModel
        What answers a sample, and if it is a :class:`WritableArray` what pulses change.
    rules : PulseRules
        What pulses are allowed.
    dac_step : float
        Voltage of one code of the write DAC [V].
    clock_period : float
        One cycle, as pulses count them [ns].
    settle, seed, stall
        As for ``AnalogSide``.
    stuck : (column, level) or None
        A comparator that always gives that level: a deliberate fault.
    """

    def __init__(
        self,
        dut: Any,
        geometry: Geometry,
        model: ArrayModel,
        rules: PulseRules,
        *,
        dac_step: float,
        clock_period: float,
        settle: int = 0,
        seed: int = 0,
        stall: float = 0.0,
        stuck: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(dut, geometry, model, settle, seed, stall)
        self.watch = PulseWatch(rules)
        self._dac_step = dac_step
        self._clock_period = clock_period
        self.stuck = stuck
        names = ("select", "row_mode", "col_mode", "gate")
        #: Pins that drive the lines, in the order in which ``PulseWatch.observe`` takes them.
        self.line_pins = (*(self._pins[name] for name in names), dut.array__level, self._pins["pulse"])
        #: Whether one of them may have changed since they were last read; and whether someone says when they do.
        self.changed, self.told = True, False
        self._levels = (0, 0, 0, 0, 0, 0)
        self._rows = np.eye(geometry.rows, dtype=np.bool_)
        self._columns: dict[int, NDArray[np.bool_]] = {}

    @property
    def pulses(self) -> int:
        """Pulses seen since the beginning."""
        return self.watch.pulses

    def observe(self) -> None:
        """Once the cycle has settled: as :class:`AnalogSide`, and let a pulse that has ended act on the array.

        Raises
        ------
        PinError
            If the pins break the protocol.
        """
        super().observe()
        if self.stuck is not None and self._answer is not None:
            column, level = self.stuck
            self._answer = self._answer & ~(1 << column) | level << column

    def _observe_lines(self) -> tuple[int, int]:
        if self.changed:
            self.changed = not self.told
            self._levels = self._read_lines()
        driven = self._levels[:2]
        done = self.watch.observe(*self._levels)
        if done is not None:
            self._apply(done)
        if driven != self._driven:
            self._driven, self._driven_for = driven, 0
        else:
            self._driven_for += 1
        return driven

    def _read_lines(self) -> tuple[int, int, int, int, int, int]:
        """Levels of ``line_pins``."""
        select, row_mode, col_mode, gate, level, pulse = (int(pin.value) for pin in self.line_pins)
        return select, row_mode, col_mode, gate, level, pulse

    def _observe_sample(self, select: int, row_mode: int) -> None:
        if self._read_lines() != self._levels:
            raise RuntimeError("the simulator must tell of every change of the array's pins, and has not")
        if row_mode & (row_mode - 1):
            raise PinError(f"at most one row may be read while the host does not infer, not 0o{row_mode:o}")
        super()._observe_sample(select, row_mode)

    def _apply(self, pulse: Pulse) -> None:
        write = getattr(self.model, "pulse", None)
        if write is None:
            return
        columns = self._columns.get(pulse.columns)
        if columns is None:
            bits = [pulse.columns >> column & 1 for column in range(self.geometry.cols)]
            columns = self._columns[pulse.columns] = np.array(bits, np.bool_)
        write(
            pulse.kernel,
            self._rows[pulse.row],
            columns,
            pulse.toward_p,
            pulse.level * self._dac_step,
            pulse.cycles * self._clock_period,
        )
