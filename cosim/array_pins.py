# SPDX-License-Identifier: BSD-3-Clause
"""The analog side of the array's pins: what stands in for the kernels while the RTL is simulated.

Only what answers a sample is physics, and that is what users replace: anything with the one method of
:class:`ArrayModel`. ``cosim/README.md`` has a worked example. The rest is the protocol of the pins::

    cycle        t         t+1        t+2            t+B      t+B+1
    sample   | 1        | 0        | 0       |     | 0       | 1 (next read)
    strobe   | 0        | 1        | 1       | ... | 1       | 0
    trial    |          | bit B-1  | bit B-2 |     | bit 0   |
    compar.  |          |          | of B-1  |     | of 1    | of 0
    latched  |        S ^ held ------------------------------^ next S

A trial follows in the same cycle from the comparators of the trial before. So in every cycle the comparators are
driven first, just after the rising edge, and the pins are read once all signals of that cycle have settled. That
order holds in every simulator, whether registers have changed yet when the edge is reported or not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage, column_sums

__all__ = ["AnalogSide", "ArrayModel", "Comparators", "DieArray", "PinError"]

_PINS = (
    *(
        "kernel",
        "select",
        "row_mode",
        "col_mode",
        "gate",
        "sample",
        "differential",
        "phase",
        "strobe",
        "trial",
        "pulse",
    ),
    *("comparator", "ready", "tag_image", "tag_ordinal"),
)


class PinError(AssertionError):
    """The periphery did something to the array's pins that the protocol forbids."""


class ArrayModel(Protocol):
    """What a kernel's columns show when they are sampled."""

    def sample(self, kernel: int, rows: NDArray[np.bool_], image: int, ordinal: int) -> NDArray[np.int64]:
        """Column sums S of one read, noise included.

        Parameters
        ----------
        kernel : int
            The selected kernel.
        rows : bool array (rows,)
            Rows at the read voltage; the others are at the reference.
        image, ordinal : int
            Index of the image in its data set and ordinal of the read in its program, for reproducible noise.

        Returns
        -------
        int64 array (cols,)
            In LSB/2^F, of any magnitude: the converters clamp.
        """
        ...


@dataclass(frozen=True)
class DieArray:
    """One die of a die image: the bit-exact contract's own array model."""

    image: DieImage
    die: int

    def sample(self, kernel: int, rows: NDArray[np.bool_], image: int, ordinal: int) -> NDArray[np.int64]:
        """Sums by ``golden.column_sums``."""
        return column_sums(self.image, self.die, kernel, rows, image, ordinal)


class Comparators:
    """One strobed comparator per column, answering whole vectors of trial codes at once.

    Packed integers hold one field of ``bits`` bits per column, column 0 lowest.

    Parameters
    ----------
    cols, bits, fraction_bits : int
        Columns, width of a trial code, and F.
    """

    def __init__(self, cols: int, bits: int, fraction_bits: int) -> None:
        self.cols = cols
        self.bits = bits
        self.fraction_bits = fraction_bits
        self._tops = sum(1 << (column * bits + bits - 1) for column in range(cols))
        self._format = f"0{cols * bits}b"
        self._levels = 0
        self._never = 0
        self._plus_larger = 0

    def latch(self, sums: NDArray[np.int64]) -> None:
        """Hold the sums of a new sample."""
        # S + 2^(F-1) >= trial << F holds just when (S + 2^(F-1)) >> F >= trial; a negative level meets no trial.
        levels = (np.asarray(sums, np.int64) + (1 << (self.fraction_bits - 1))) >> self.fraction_bits
        bits = (np.clip(levels, 0, (1 << self.bits) - 1)[:, None] >> np.arange(self.bits)) & 1
        self._levels = _packed(bits.ravel())
        self._never = _packed(levels < 0)
        paired = self.cols // 2 * 2
        answers = np.zeros(self.cols, np.bool_)
        answers[0:paired:2] = sums[0:paired:2] >= sums[1:paired:2]
        self._plus_larger = _packed(answers)

    def answer(self, trial: int) -> int:
        """Bit c: ``S[c] + 2^(F-1) >= trial[c] << F``."""
        # All fields are compared by one subtraction: their top bits are kept apart, so no borrow leaves a field.
        a, b, tops = self._levels, trial, self._tops
        difference = (a | tops) - (b & ~tops)
        less = ((~a & b) | (~(a ^ b) & ~difference)) & tops
        met = format(tops & ~less, self._format)[:: self.bits]
        return int(met, 2) & ~self._never

    def answer_differential(self) -> int:
        """Bit of each plus column: ``S[plus] >= S[minus]``; the others 0."""
        return self._plus_larger


class AnalogSide:
    """Drives the comparators and watches the pins of one kernel group, cycle by cycle.

    Knows no scheduler: the bench calls :meth:`drive` just after each rising edge, and :meth:`observe` once the
    signals of that cycle have settled.

    Parameters
    ----------
    dut : handle
        The simulated design, with ports named ``array__*``.
    geometry : Geometry
        Its shape.
    model : ArrayModel
        What answers a sample; may be replaced between reads.
    settle : int
        Cycles that a read must be driven before its sample.
    seed : int
        For the comparators' level while no answer is due, and for stalls.
    stall : float
        Probability of ``ready`` being low in a cycle.
    """

    def __init__(
        self, dut: Any, geometry: Geometry, model: ArrayModel, settle: int = 0, seed: int = 0, stall: float = 0.0
    ) -> None:
        self.geometry = geometry
        self.model = model
        self.settle = settle
        self.samples = 0
        self._random = random.Random(seed)
        self._stall = stall
        self._comparators = Comparators(geometry.cols, geometry.adc_bits, geometry.fraction_bits)
        self._pins = {name: getattr(dut, f"array__{name}") for name in _PINS}
        self._strobe, self._sample = self._pins["strobe"], self._pins["sample"]
        self._trial, self._phase = self._pins["trial"], self._pins["phase"]
        self._select, self._row_mode = self._pins["select"], self._pins["row_mode"]
        self._ready = True
        self._answer: int | None = None
        self._due = False
        self._driven: tuple[int, int] = (0, 0)
        self._driven_for = 0
        field = (1 << geometry.adc_bits) - 1
        m = geometry.columns_per_adc
        self._phase_mask = [
            sum(field << (column * geometry.adc_bits) for column in range(phase, geometry.cols, m))
            for phase in range(m)
        ]
        self._other_modes = sum(0b110 << (3 * row) for row in range(geometry.rows))
        self._row_format = f"0{3 * geometry.rows}b"

    def drive(self) -> None:
        """Just after a rising edge: comparators of the trial before, and ready."""
        if self._answer is not None:
            self._pins["comparator"].value = self._answer
            self._answer = None
            self._due = True
        elif self._due:
            # No answer is due: any level must do.
            self._pins["comparator"].value = self._random.getrandbits(self.geometry.cols)
            self._due = False
        if self._stall:
            self._ready = self._random.random() >= self._stall
            self._pins["ready"].value = int(self._ready)

    def start(self) -> None:
        """Levels before the first cycle."""
        self._pins["comparator"].value = 0
        self._pins["ready"].value = 1

    def observe(self) -> None:
        """Once the cycle has settled: answer its trial, latch its sample, check what is driven.

        Raises
        ------
        PinError
            If the pins break the protocol.
        """
        if self._strobe.value:
            trial = int(self._trial.value)
            mask = self._phase_mask[int(self._phase.value) if self.geometry.columns_per_adc > 1 else 0]
            if trial & ~mask:
                raise PinError(f"trial must be 0 for columns of other phases, not 0x{trial:x}")
            if self._pins["differential"].value:
                self._answer = self._comparators.answer_differential()
            else:
                self._answer = self._comparators.answer(trial)
        driven = self._observe_lines()
        if self._sample.value:
            self._observe_sample(*driven)

    def _observe_lines(self) -> tuple[int, int]:
        """What is selected and how the rows are driven: checked, and for how long it has been so."""
        driven = (int(self._select.value), int(self._row_mode.value))
        if driven != self._driven:
            self._driven, self._driven_for = driven, 0
            self._check_lines(*driven)
        else:
            self._driven_for += 1
        return driven

    def _check_lines(self, select: int, row_mode: int) -> None:
        if select & (select - 1):
            raise PinError(f"select must be one-hot or 0, not 0b{select:b}")
        if row_mode & self._other_modes:
            raise PinError(f"row modes must be reference or read, not 0b{row_mode:b}")
        if int(self._pins["pulse"].value):
            raise PinError("pulse must be 0 while the chip infers")
        if row_mode and not select:
            raise PinError(f"rows must be at the reference while no kernel is selected, not 0b{row_mode:b}")

    def _observe_sample(self, select: int, row_mode: int) -> None:
        pins = self._pins
        kernel = int(pins["kernel"].value)
        if select != 1 << kernel:
            raise PinError(f"select must be one-hot for kernel {kernel} at a sample, not 0b{select:b}")
        if int(pins["col_mode"].value):
            raise PinError(f"column modes must be reference at a sample, not 0b{int(pins['col_mode'].value):b}")
        if int(pins["gate"].value) != (1 << self.geometry.cols) - 1:
            raise PinError(f"gates must all be on at a sample, not 0b{int(pins['gate'].value):b}")
        if int(pins["pulse"].value):
            raise PinError("pulse must be 0 at a sample")
        if not self._ready:
            raise PinError("sample must wait for ready")
        if self._driven_for < self.settle:
            raise PinError(f"rows must be driven for {self.settle} cycles before a sample, not {self._driven_for}")
        bits = format(row_mode, self._row_format)[::-1][::3]
        rows = np.frombuffer(bits.encode(), np.uint8) == ord("1")
        sums = self.model.sample(kernel, rows, int(pins["tag_image"].value), int(pins["tag_ordinal"].value))
        self._comparators.latch(sums)
        self.samples += 1


def _packed(bits: NDArray[Any]) -> int:
    """Little-endian integer of an array of bits."""
    return int.from_bytes(np.packbits(np.asarray(bits, np.uint8), bitorder="little").tobytes(), "little")
