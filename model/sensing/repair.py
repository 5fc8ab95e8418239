# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the column repair as the integers that the RTL's registers hold."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ..array import WireLossWarning, Wires, transfer_matrix
from ..device import Cell
from ..geometry import Geometry
from .sensing import Sensing

RepairMode = Literal["none", "range_guard", "pair_check", "check"]

#: Modes that rest on the sum of a pair: they need binary weights and an ADC that sees every short.
PAIR_MODES: tuple[RepairMode, ...] = ("pair_check", "check")

#: Least ADC full scale, in units of rows * G_P, at which the pair check sees every short.
PAIR_CHECK_FULL_SCALE = 1.2

#: Margins that suit a mode (base, per driven row), in units of G_P. Check looks at both sides of the expected sum and
#: asks only whether it is met: it works best with a tighter margin than a mode that has to name the culprit.
MARGINS: dict[RepairMode, tuple[float, float]] = {
    "none": (1.0, 0.02),
    "range_guard": (1.0, 0.02),
    "pair_check": (1.0, 0.02),
    "check": (0.4, 0.01),
}


@dataclass(frozen=True)
class Repair:
    """Column repair: its mode and its nominal constants.

    Parameters
    ----------
    mode : {"none", "range_guard", "pair_check", "check"}
        What is done to a pair's difference before it is accumulated; the formulas are in ``golden.arithmetic``.
    strict : bool
        Pair check only: a pair whose sum shows a short but neither of whose columns is above the range adds 0.
    K : int or tuple of int
        Nominal G_P + G_AP of one driven row [LSB/2^F]: of all pairs, or of each (wires favour some).
    P, D : int
        Nominal G_P and G_P - G_AP of one driven row [LSB/2^F].
    m0, m1 : int
        Margin M(n) = (m0 + n*m1) >> F of a read with n driven rows [LSB/2^F].

    Raises
    ------
    ValueError
        For an unknown mode, a negative constant or an empty K.
    """

    mode: RepairMode = "none"
    strict: bool = False
    K: int | tuple[int, ...] = 0
    P: int = 0
    D: int = 0
    m0: int = 0
    m1: int = 0

    def __post_init__(self) -> None:
        if self.mode not in get_args(RepairMode):
            raise ValueError(f"repair: mode must be one of {', '.join(get_args(RepairMode))}, not {self.mode!r}")
        for name in ("P", "D", "m0", "m1"):
            if not _is_constant(getattr(self, name)):
                raise ValueError(f"repair: {name} must be a non-negative integer, not {getattr(self, name)!r}")
        sums = self.K if isinstance(self.K, tuple) else (self.K,)
        if not sums or not all(_is_constant(value) for value in sums):
            raise ValueError(f"repair: K must be a non-negative integer or one for each pair, not {self.K!r}")

    @property
    def mode_code(self) -> int:
        """The mode as the RTL's ``REPAIR`` register encodes it: 0 none, 1 range guard, 2 pair check, 3 check."""
        return get_args(RepairMode).index(self.mode)

    @property
    def clamps(self) -> bool:
        """Whether no difference leaves the repair larger than n*D >> F."""
        return self.mode in PAIR_MODES

    def pair_sums(self, pairs: int) -> tuple[int, ...]:
        """K of each pair.

        Raises
        ------
        ValueError
            If there are constants for another number of pairs.
        """
        sums = self.K if isinstance(self.K, tuple) else (self.K,) * pairs
        if len(sums) != pairs:
            raise ValueError(f"repair: K must have one constant for each of {pairs} pairs, not {len(sums)}")
        return sums

    def replace(self, **changes: Any) -> Repair:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    @classmethod
    def nominal(
        cls,
        mode: RepairMode,
        geometry: Geometry,
        cell: Cell,
        sensing: Sensing,
        *,
        strict: bool = False,
        margin_base: float = 1.0,
        margin_row: float = 0.02,
        wires: Wires | None = None,
    ) -> Repair:
        """Constants of a nominal chip: blind to the die.

        Parameters
        ----------
        mode, strict
            As the fields. Where pair check and check are not legal (B < 2, or a full scale below 1.2 * rows * G_P) a
            ``UserWarning`` says why and the mode becomes "none".
        geometry, cell, sensing
            The chip.
        margin_base, margin_row : float
            Margin in units of G_P: M(n) = margin_base + n * margin_row. It must exceed the spread of a healthy pair's
            sum and stay below what a short adds.
        wires : Wires or None
            Line resistances; None: ideal. With resistance, P and D are means over a nominal kernel (``nominal_cell``).
            Check has one K for each pair of it; other modes have one for all, and their m1 grows by how far the pair
            that wires favour most lies above it.
        """
        if mode != "none" and sensing.bits(geometry) < 2:
            warnings.warn(f"{mode} repair needs an ADC of at least 2 bits, not 1: no repair", stacklevel=2)
            mode = "none"
        if mode in PAIR_MODES:
            full_scale = sensing.full_scale_in_rows(geometry, cell)
            if full_scale < PAIR_CHECK_FULL_SCALE * (1 - 1e-9):
                warnings.warn(
                    f"{mode} repair needs an ADC full scale of at least {PAIR_CHECK_FULL_SCALE} * rows * G_P, "
                    f"not {full_scale:.3g}: no repair",
                    stacklevel=2,
                )
                mode = "none"
        scale = sensing.steps_per_siemens(geometry, cell)
        nominal = nominal_cell(geometry.rows, geometry.cols, cell, wires or Wires())
        g_p, g_ap, uneven = (value * scale for value in (nominal.g_p, nominal.g_ap, nominal.uneven))
        pair_sums: int | tuple[int, ...] = round(g_p + g_ap)
        if mode == "check" and nominal.pair_sums:
            pair_sums, uneven = tuple(round(value * scale) for value in nominal.pair_sums), 0.0
        return cls(
            mode=mode,
            strict=strict,
            K=pair_sums,
            P=round(g_p),
            D=round(g_p - g_ap),
            m0=round(margin_base * g_p),
            m1=round(margin_row * g_p + uneven),
        )


def _is_constant(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class NominalCell(NamedTuple):
    """What devices of a nominal kernel add to their columns per volt on their row [S].

    ``g_p`` and ``g_ap`` are means over the kernel; ``uneven`` is how much more than ``g_p + g_ap`` the pair that the
    wires favour most adds, on average over its rows. ``pair_sums`` is what a row adds to both columns of each pair, on
    average over the rows; empty: ``g_p + g_ap`` to every one.
    """

    g_p: float
    g_ap: float
    uneven: float
    pair_sums: tuple[float, ...] = ()


@functools.lru_cache(maxsize=64)
def nominal_cell(rows: int, cols: int, cell: Cell, wires: Wires) -> NominalCell:
    """A nominal kernel, half of whose devices are in either state and the two of a pair in opposite ones.

    With ideal wires the means are the cell's own conductances.
    """
    if wires.ideal:
        return NominalCell(cell.g_p, cell.g_ap, 0.0)
    row, col = np.indices((rows, cols))
    parallel = (row + col // 2 + col) % 2 == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WireLossWarning)  # the dies' own transfer matrices warn
        arrives = transfer_matrix(np.where(parallel, cell.g_p, cell.g_ap), wires)
    g_p, g_ap = float(arrives[parallel].mean()), float(arrives[~parallel].mean())
    paired = cols // 2 * 2
    sums = arrives[:, :paired].reshape(rows, -1, 2).sum(axis=2).mean(axis=0)
    return NominalCell(g_p, g_ap, max(0.0, float(sums.max()) - (g_p + g_ap)), tuple(sums.tolist()))
