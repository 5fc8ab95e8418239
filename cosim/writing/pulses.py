# SPDX-License-Identifier: BSD-3-Clause
"""Write pulses as the pins show them: what each one was, and what the pins must not do around it.

Pure: integers of one cycle in, a finished pulse out. A pulse with two cycles of setup, one row and gated columns::

    cycle       0      1      2      3      4      5      6      7      8
    select   |  0   |  k   |  k   |  k   |  k   |  k   |  k   |  k   |  0   |
    gate     |  0   | mask | mask | mask | mask | mask | mask | mask |  0   |
    level    |  0   | code | code | code | code | code | code | code |  0   |
    row      | ref. | ref. | ref. | WRITE| WRITE| WRITE| ref. | ref. | ref. |
    pulse    |  0   |  0   |  0   |  1   |  1   |  1   |  0   |  0   |  0   |
                    |   setup     |    width 3         |  recovery   |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spintile.model.geometry import Geometry

from ..array_pins import PinError

__all__ = ["Pulse", "PulseRules", "PulseWatch"]


@dataclass(frozen=True)
class Pulse:
    """One write pulse, as its pins told it.

    Parameters
    ----------
    kernel : int
        The selected kernel.
    row : int
        The row in a write mode.
    columns : int
        Bit c: column c is written: its gate is on (gated) or it is in the opposite write mode (passive).
    toward_p : bool
        The row is above the columns: the pulse favours P.
    level : int
        Code of the write DAC.
    cycles : int
        Cycles that it lasted.
    floating : bool
        The other lines floated.
    """

    kernel: int
    row: int
    columns: int
    toward_p: bool
    level: int
    cycles: int
    floating: bool = False


@dataclass(frozen=True)
class PulseRules:
    """What pulses may be on the pins of this chip, with these settings.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    setup : int
        Cycles for which select, gates and level stand before and after each pulse.
    passive : bool
        Written columns are in the opposite write mode and every gate is on; else gates select them.
    floating : bool
        Lines that are not written float during the pulse; else they stay at the reference.
    widths : mapping of (toward_p, level) to a set of int
        Cycles of the programmed steps, by direction and level; another pulse is none of the steps. Empty: any.
    """

    geometry: Geometry
    setup: int
    passive: bool = False
    floating: bool = False
    widths: Mapping[tuple[bool, int], frozenset[int]] = field(default_factory=dict)


class PulseWatch:
    """Follows the write pins cycle by cycle.

    Parameters
    ----------
    rules : PulseRules
        What is allowed.
    """

    def __init__(self, rules: PulseRules) -> None:
        self.rules = rules
        geometry = rules.geometry
        self._row_ones = sum(1 << (3 * row) for row in range(geometry.rows))
        self._col_ones = sum(1 << (3 * col) for col in range(geometry.cols))
        self._all_gates = (1 << geometry.cols) - 1
        self.pulses = 0
        self._at_rest = False
        self._interrupted = False
        self._last: tuple[int, ...] = (0, 0, 0, 0, 0, 0)
        self._rested = 0  # cycles for which select, gates and level have stood with every line at the reference
        self._recover = 0  # cycles of recovery that are still due
        self._pulse: Pulse | None = None
        self._cycles = 0
        self._longest = 0

    def interrupt(self) -> None:
        """An abort or a reset is on its way: from now on a pulse and its recovery may be cut short."""
        self._interrupted = True
        self._recover = 0

    def expect_rest(self) -> None:
        """The abort or the reset has taken effect: from now on every line must rest."""
        self.interrupt()
        self._at_rest = True

    def resume(self) -> None:
        """Commands may drive the lines again."""
        self._at_rest = self._interrupted = False

    def observe(self, select: int, row_mode: int, col_mode: int, gate: int, level: int, pulse: int) -> Pulse | None:
        """The pins of one settled cycle; the pulse that ended with the cycle before, if one did.

        Parameters
        ----------
        select, gate : int
            One bit per kernel, per column.
        row_mode, col_mode : int
            Three bits per line.
        level : int
            Code of the write DAC.
        pulse : int
            Whether this is a cycle of a write pulse.

        Raises
        ------
        PinError
            If the pins break the protocol.
        """
        now = (select, row_mode, col_mode, gate, level, pulse)
        if self._at_rest and any(now):
            raise PinError(f"every line must rest after an abort or a reset, not {_told(now)}")
        if now == self._last:
            if pulse:
                self._cycles += 1
                if self._cycles > self._longest:
                    self._too_long()
            elif not row_mode | col_mode:
                self._rested += 1
                self._recover -= self._recover > 0
            return None
        before, self._last = self._last, now
        if any(now):
            self._check(now)
        done = self._end() if self._pulse is not None and not pulse else None
        if (select, gate, level) != (before[0], before[3], before[4]):
            self._check_recovered()
            self._rested = 0
        if pulse:
            self._begin(now)
            self._rested = 0
        elif row_mode | col_mode:
            self._check_recovered()
            self._rested = 0
        else:
            self._rested += 1
            self._recover -= self._recover > 0
        return done

    def _check_recovered(self) -> None:
        if self._recover:
            setup = self.rules.setup
            raise PinError(
                f"select, gates and level must stand for {setup} cycles after a pulse, not {setup - self._recover}"
            )

    def _check(self, now: tuple[int, ...]) -> None:
        """What must hold in every cycle in which something is driven."""
        select, row_mode, col_mode, _, level, pulse = now
        if select & (select - 1):
            raise PinError(f"select must be one-hot or 0, not 0b{select:b}")
        if not select:
            raise PinError(f"every line must rest while no kernel is selected, not {_told(now)}")
        rows, cols = _Modes(row_mode, self._row_ones), _Modes(col_mode, self._col_ones)
        for name, modes in (("row", rows), ("column", cols)):
            if modes.unknown:
                raise PinError(f"{name} modes must be from 0 to 4, not 0o{modes.packed:o}")
        if cols.read:
            raise PinError(f"column modes must not be read, not 0o{col_mode:o}")
        if not pulse:
            if rows.driven_by_pulse or cols.driven_by_pulse:
                raise PinError(f"lines must be in a write mode, or float, only with pulse, not {_told(now)}")
            if row_mode and level:
                raise PinError(f"level must be 0 while a row is read, not {level}")
        elif rows.read:
            raise PinError(f"no row may be read during a pulse, not 0o{row_mode:o}")

    def _begin(self, now: tuple[int, ...]) -> None:
        """A pulse begins, or its pins change while it lasts."""
        select, row_mode, col_mode, gate, level, _ = now
        if self._pulse is not None:
            raise PinError(f"pins must be stable during a pulse, not {_told(now)}")
        rules = self.rules
        if self._rested < rules.setup:
            raise PinError(
                f"select, gates and level must stand for {rules.setup} cycles before a pulse, not {self._rested}"
            )
        rows, cols = _Modes(row_mode, self._row_ones), _Modes(col_mode, self._col_ones)
        written = rows.positive | rows.negative
        if not written or written & (written - 1):
            raise PinError(f"exactly one row must be in a write mode during a pulse, not 0o{row_mode:o}")
        toward_p = bool(rows.positive)
        if rules.passive:
            if gate != self._all_gates:
                raise PinError(f"gates must all be on in a pulse of a passive array, not 0b{gate:b}")
            opposite, same = (cols.negative, cols.positive) if toward_p else (cols.positive, cols.negative)
            if not opposite or same:
                raise PinError(f"written columns must be in the mode opposite to the row's, not 0o{col_mode:o}")
            columns = _squeeze(opposite)
        else:
            if not gate:
                raise PinError("at least one gate must be on in a pulse, not none")
            if cols.positive or cols.negative:
                raise PinError(f"columns must be at the reference in a pulse, not 0o{col_mode:o}")
            columns = gate
        self._check_unselected(rows, cols, columns)
        widths = rules.widths.get((toward_p, level), frozenset())
        if rules.widths and not widths:
            raise PinError(f"level must be one of the steps towards {'P' if toward_p else 'AP'}, not {level}")
        self._longest = max(widths) if widths else 1 << 62
        row = (written.bit_length() - 1) // 3
        floating = bool(rows.floats or cols.floats)
        self._pulse = Pulse(select.bit_length() - 1, row, columns, toward_p, level, 0, floating)
        self._cycles = 1

    def _check_unselected(self, rows: _Modes, cols: _Modes, columns: int) -> None:
        """Every line that is not written floats, or none does."""
        written = sum(1 << (3 * col) for col in range(self.rules.geometry.cols) if columns >> col & 1)
        others = {"rows": self._row_ones & ~(rows.positive | rows.negative), "columns": self._col_ones & ~written}
        for (name, unselected), modes in zip(others.items(), (rows, cols), strict=True):
            if modes.floats != (unselected if self.rules.floating else 0):
                must = "float" if self.rules.floating else "be at the reference"
                raise PinError(
                    f"{name} that are not written must {must} in a pulse, and no others, not 0o{modes.packed:o}"
                )

    def _end(self) -> Pulse:
        assert self._pulse is not None
        pulse, self._pulse = self._pulse, None
        widths = self.rules.widths.get((pulse.toward_p, pulse.level), frozenset())
        if widths and self._cycles not in widths and not self._interrupted:
            raise PinError(f"pulse must last {_or(widths)} cycles at level {pulse.level}, not {self._cycles}")
        self._recover = 0 if self._interrupted else self.rules.setup
        self.pulses += 1
        return Pulse(pulse.kernel, pulse.row, pulse.columns, pulse.toward_p, pulse.level, self._cycles, pulse.floating)

    def _too_long(self) -> None:
        assert self._pulse is not None
        raise PinError(
            f"pulse must last at most {self._longest} cycles at level {self._pulse.level}, not {self._cycles}"
        )


class _Modes:
    """Packed line modes taken apart: in each mask, bit 3i stands for line i."""

    def __init__(self, packed: int, ones: int) -> None:
        low, middle, high = packed & ones, (packed >> 1) & ones, (packed >> 2) & ones
        self.packed = packed
        self.read = low & ~middle & ~high
        self.positive = middle & ~low & ~high
        self.negative = middle & low & ~high
        self.floats = high & ~middle & ~low
        self.unknown = high & (middle | low)

    @property
    def driven_by_pulse(self) -> int:
        """Lines in a mode that only a pulse may give them."""
        return self.positive | self.negative | self.floats


def _squeeze(mask: int) -> int:
    """Every third bit of a mask."""
    return int(bin(mask)[2:][::-1][::3][::-1] or "0", 2)


def _or(values: frozenset[int]) -> str:
    return " or ".join(str(value) for value in sorted(values))


def _told(pins: tuple[int, ...]) -> str:
    select, row_mode, col_mode, gate, level, pulse = pins
    return (
        f"select 0b{select:b}, rows 0o{row_mode:o}, columns 0o{col_mode:o}, gates 0b{gate:b}, level {level}, "
        f"pulse {pulse}"
    )
